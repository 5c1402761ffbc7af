"""Cases written from the text of DMN 1.5, chapter 10: an expression, its strict meaning, and the standard's.

A line is `expression => strict | dmn`; without the bar both mean the same. A value is written as FEEL
writes it, and `!CODE` is the diagnostic that says why there is none. In `.cells` files a value and a bar
stand before the unary tests, and the two meanings are parted by `;`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from engine.feel import evaluate, evaluate_unary, to_feel
from engine.feel.builtins.temporal import text_of
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
INPUTS: dict[str, Any] = {
    "a": 10,
    "b": Decimal(3),
    "n": None,
    "s": "foobar",
    "xs": [1, 2, 3],
    "c": {"x": 1, "y": {"z": "t"}},
    "people": [{"name": "Wei", "age": 40}, {"name": "Bo", "age": 25}, {"name": "Ann", "age": 35}],
    "d": dt.date(2026, 1, 15),
}
NOW = dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
Mode = Literal["strict", "dmn"]
MODES: tuple[Mode, ...] = ("strict", "dmn")


def rows(suffix: str, part: str) -> Iterator[Any]:
    """Read the tables: one parameter set for each line and mode."""
    for path in sorted(HERE.glob(f"*{suffix}")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                left, _, right = line.rpartition(" =>")
                strict, bar, dmn = right.partition(part)
                for mode, expected in zip(MODES, (strict, dmn if bar else strict), strict=True):
                    name = f"{path.stem}:{number} {mode}"
                    yield pytest.param(left.strip(), mode, expected.strip(), id=name)


def answer(run: Callable[[], object]) -> str:
    """Write what came out as the tables write it."""
    try:
        value = run()
    except DocumentError as error:
        return f"!{error.diagnostics[0].code.id}"
    except EvaluationError as error:
        return f"!{error.fault.code.id}"
    return text_of((to_feel(value),))[1:-1]


@pytest.mark.parametrize(("expression", "mode", "expected"), [*rows(".feel", " | ")])
def test_expressions(expression: str, mode: Mode, expected: str) -> None:
    assert answer(lambda: evaluate(expression, INPUTS, mode=mode, now=NOW)) == expected


@pytest.mark.parametrize(("cell", "mode", "expected"), [*rows(".cells", " ; ")])
def test_unary_tests(cell: str, mode: Mode, expected: str) -> None:
    value, _, tests = cell.partition(" |")
    given = evaluate(value)
    assert answer(lambda: evaluate_unary(tests.strip(), given, INPUTS, mode=mode)) == expected


def test_there_are_enough_of_them() -> None:
    """A table that is not found would pass in silence."""
    assert len(list(rows(".feel", " | "))) + len(list(rows(".cells", " ; "))) > 1_200
