"""Whatever the expression: a value or faults that lie in the text, within bounds, in both modes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.feel import evaluate, evaluate_kept, evaluate_unary
from engine.kernel.errors import DocumentError, EvaluationError
from tests.support import programs
from tests.support.expressions import expressions

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.diagnostics import Diagnostic

Mode = Literal["strict", "dmn"]
INPUTS = {"a": {"b": 1, "Full Name": "W"}, "Full Name": "W", "客户": None, "xs": [1, 2, 3]}
NOW = dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC)
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def told(run: Callable[[], object]) -> tuple[Diagnostic, ...] | None:
    """The faults that an evaluation ends with; None when it has a value."""
    try:
        run()
    except DocumentError as error:
        return tuple(error.diagnostics)
    except EvaluationError as error:
        return (error.fault,)
    return None


def lies_in(fault: Diagnostic, text: str) -> bool:
    """Whether a fault is said in both languages, about a stretch of one line of text."""
    span = fault.span
    placed = span is None or 1 <= span.column <= span.end_column <= len(text) + 1
    return bool(placed and fault.message("en") and fault.message("zh"))


@settings(max_examples=400, suppress_health_check=QUIET)
@given(expressions)
def test_any_expression_has_a_value_or_causes_in_the_text(text: str) -> None:
    kept: list[Diagnostic] = []
    ended = told(lambda: kept.extend(evaluate_kept(text, INPUTS, now=NOW).faults))
    assert ended is None or all(
        f.code.id.startswith(("FEEL-BOUND-", "FEEL-SYNTAX-")) for f in ended
    )
    assert all(lies_in(fault, text) for fault in (*kept, *(ended or ())))


@settings(max_examples=300, suppress_health_check=QUIET)
@given(expressions)
def test_any_expression_is_decided_or_refused_in_rules(text: str) -> None:
    ended = told(lambda: evaluate(text, INPUTS))
    assert ended is None or (ended and all(lies_in(fault, text) for fault in ended))


@settings(max_examples=200, suppress_health_check=QUIET)
@given(expressions, expressions, st.sampled_from(["strict", "dmn"]))
def test_any_cell_fits_or_does_not(text: str, value: str, mode: Mode) -> None:
    try:
        given_value = evaluate(value, INPUTS, mode="dmn")
        found = evaluate_unary(text, given_value, INPUTS, mode=mode)
    except (DocumentError, EvaluationError):
        return
    assert found in {True, False, None}


@settings(max_examples=150, suppress_health_check=QUIET)
@given(programs.expressions(), programs.cases())
def test_where_rules_have_a_value_the_standard_has_the_same(
    text: str, case: dict[str, object]
) -> None:
    """Rules mean less than the standard, and never something else; but the sum of nothing is 0 in them."""
    try:
        expected = evaluate(text, case)
    except (DocumentError, EvaluationError):
        return
    if "sum(" not in text:
        assert evaluate(text, case, mode="dmn") == expected


DOUBLED = ", ".join(f"a{i}: [a{i - 1}, a{i - 1}]" for i in range(1, 60))
BOUNDS = {
    f"{{a0: [1, 1], {DOUBLED}}}.a59": "FEEL-BOUND-032",
    f"{{a0: [1, 1], {DOUBLED}, r: string(a59)}}.r": "FEEL-BOUND-032",
    f"{{a0: [1, 1], {DOUBLED}, r: a59 = a59}}.r": "FEEL-BOUND-032",
    f"{{a0: [], {DOUBLED}, r: flatten(a59)}}.r": "FEEL-BOUND-032",
    f"{{a0: [], {DOUBLED}, r: distinct values(a59)}}.r": "FEEL-BOUND-032",
    f"{{a0: [], {DOUBLED}, r: list contains([a59], a59)}}.r": "FEEL-BOUND-032",
    f"{{a0: [], {DOUBLED}, r: a59 instance of list<list<number>>}}.r": "FEEL-BOUND-032",
    "for i in 1..10 ** 12 return i": "FEEL-BOUND-030",
    "some i in 1..10 ** 12 satisfies false": "FEEL-BOUND-030",
    "count((for i in 1..10 ** 6 return i)[item > 1])": "FEEL-BOUND-030",
    "{f: function(n) f(n + 1), r: f(1)}.r": "FEEL-BOUND-031",
    "string(for i in 1..300 return [partial[-1]])": "FEEL-BOUND-033",
    "for i in 1..10 ** 5 return count(partial)": "FEEL-BOUND-030",
    "{f: function(n) if n = 0 then 0 else f(n - 1) + f(n - 1), r: f(50)}.r": "FEEL-BOUND-034",
    "10 ** 999999": "FEEL-EVAL-003",
    "exp(10 ** 30)": "FEEL-EVAL-003",
    'string join(for i in 1..9 return string join(for j in 1..200 return string join(for k in 1..100 return "0123456789")))': "FEEL-BOUND-011",
    'matches(string join(for i in 1..11000 return "a"), "a+")': "FEEL-BOUND-010",
    'replace(string join(for i in 1..9000 return "a"), "a", string join(for i in 1..9000 return "b"))': "FEEL-BOUND-010",
}  # fmt: skip


@pytest.mark.parametrize("text", BOUNDS, ids=lambda text: text[-60:])
def test_every_bound_is_told(text: str) -> None:
    kept: list[Diagnostic] = []
    ended = told(lambda: kept.extend(evaluate_kept(text).faults))
    assert BOUNDS[text] in {fault.code.id for fault in (*kept, *(ended or ()))}
