"""Models of our own from the standard's text, and the values that each decision of theirs must have.

Beside `NAME.dmn` stands `NAME.cases`; a line is `decision :: inputs :: value`, the last two in FEEL. `call`
before the name invokes a service or function; `!CODE` after the value names a fault that must be kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.dmn import DmnModel, load
from engine.feel import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
IMPORTED = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.dmn")}
BY_NAMESPACE = {
    load(text, imports=IMPORTED).namespace: text
    for name, text in IMPORTED.items()
    if name.startswith("imported")
}


def case_lines() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.glob("*.cases")):
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield path.stem, line


_LOADED: dict[str, DmnModel] = {}


def model(name: str) -> DmnModel:
    if name not in _LOADED:
        _LOADED[name] = load(
            IMPORTED[f"{name}.dmn"], imports={**IMPORTED, **BY_NAMESPACE}, path=f"{name}.dmn"
        )
    return _LOADED[name]


@pytest.mark.parametrize(("name", "line"), list(case_lines()))
def test_a_decision_has_the_value_that_the_standard_gives(name: str, line: str) -> None:
    asked, inputs, expected = (part.strip() for part in line.split(" :: "))
    expected, _, code = (part.strip() for part in expected.partition(" !"))
    given = evaluate(inputs, mode="dmn")
    assert isinstance(given, dict), f"not FEEL: {inputs}"
    loaded = model(name)
    if asked.startswith("call "):
        result = loaded.invoke(asked.removeprefix("call ").strip(), given)
    else:
        result = loaded.evaluate(asked, given)
    wanted = evaluate(expected, mode="dmn")
    assert result.value == wanted, [f.message() for f in result.faults]
    assert type(result.value) is type(wanted)
    codes = {f.code.id for f in result.faults}
    assert (code in codes) if code else True, codes


def test_every_model_has_cases_and_every_decision_is_asked_for() -> None:
    asked: dict[str, set[str]] = {}
    for name, line in case_lines():
        asked.setdefault(name, set()).add(line.partition(" :: ")[0].removeprefix("call ").strip())
    for path in FOLDER.glob("*.dmn"):
        loaded = model(path.stem)
        known = {*loaded.decisions, *loaded.invocables}
        if not path.stem.startswith("imported"):
            # A function has no value to compare; the decisions that call it do.
            called = {n for n in known if any(w in n for w in ("product", "function"))}
            assert not known - called - asked.get(path.stem, set()), path.name
