"""The doors for models: compiled once, evaluated with what the caller brings, and faults that keep their place."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest

from engine.feel import (
    Function,
    Run,
    compile_expression,
    compile_unary_tests,
    evaluate_compiled,
    evaluate_kept,
    types,
)
from engine.feel.values import WideDate, WideDateTime, converted
from engine.kernel.decimals import CONTEXT
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    from engine.feel import Expression
    from engine.feel.values import Value

NOW = dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC)


def value(made: Expression, run: Run | None = None, **values: Value) -> Value:
    """Evaluate in the decimal context, as a caller does."""
    with localcontext(CONTEXT):
        return evaluate_compiled(made, values, run or Run("dmn"))


def test_names_and_entries_with_spaces_are_those_that_are_given() -> None:
    made = compile_expression(
        "Loan Amount / Applicant.Monthly Income",
        ["Loan Amount", "Applicant"],
        entries=["Monthly Income"],
    )
    with localcontext(CONTEXT):
        applicant = {"Monthly Income": Decimal(50)}
        found = evaluate_compiled(
            made, {"Loan Amount": Decimal(100), "Applicant": applicant}, Run("dmn")
        )
    assert found == 2
    with pytest.raises(DocumentError) as caught:
        compile_expression("Loan Amount", source="decision.dmn")
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert (span.path, span.line, span.column) == ("decision.dmn", 1, 6)


def test_the_entry_names_leave_the_functions_alone() -> None:
    made = compile_expression("count(list.count)", ["list"], entries=["count"])
    assert value(made, list={"count": (Decimal(1),)}) == 1


def test_an_input_may_have_the_name_of_a_function() -> None:
    made = compile_expression('date("2026-01-31").year + count', ["date", "count"])
    assert value(made, date=dt.date(2020, 1, 1), count=Decimal(1)) == 2027
    shadowed = compile_expression("max(1, 2)", ["max"])
    assert value(shadowed, max=Function(("a", "b"), lambda a, b: a + b)) == 3
    assert value(shadowed, max=None) == 2


def test_a_name_may_start_with_a_word_of_the_language() -> None:
    names = ["true north", "if any", "not known", "date of birth", "in stock"]
    made = compile_expression("[true north, if any, not known, date of birth, in stock]", names)
    with localcontext(CONTEXT):
        found = evaluate_compiled(made, {n: n for n in names}, Run("dmn"))
    assert found == tuple(names)


def test_unary_tests_are_about_a_value() -> None:
    made = compile_unary_tests("> limit, not known", ["limit", "not known"])
    with localcontext(CONTEXT):
        values = {"?": Decimal(5), "limit": Decimal(4), "not known": Decimal(1)}
        assert evaluate_compiled(made, values, Run("dmn")) is True
    with pytest.raises(DocumentError):
        compile_unary_tests("> ")


def test_the_types_of_the_model_are_known() -> None:
    person = types.ContextType((("name", types.STRING),))
    made = compile_expression("p instance of tPerson", ["p"], types={"tPerson": person})
    assert value(made, p={"name": "Wei"}) is True
    assert value(made, p={"name": Decimal(1)}) is False
    call = compile_expression("(function(p: tPerson) p)(1)", types={"tPerson": person})
    assert value(call) is None


def test_each_expression_tells_its_own_faults() -> None:
    """A function of the model runs another expression in between; every fault keeps its text."""
    run = Run("dmn")
    body = compile_expression("x / 0", ["x"], source="bkm")
    function = Function(("x",), lambda x: evaluate_compiled(body, {"x": x}, run))
    made = compile_expression('[1 + "a", f(1), 2 + "b"]', ["f"], source="decision")
    assert value(made, run, f=function) == (None, None, None)
    told = [(d.code.id, d.span.path, d.span.column) for d in run.told if d.span is not None]
    assert told == [
        ("FEEL-EVAL-002", "bkm", 1),
        ("FEEL-EVAL-001", "decision", 2),
        ("FEEL-EVAL-001", "decision", 17),
    ]
    assert run.faults == []


def test_a_bound_ends_an_evaluation_and_has_its_place() -> None:
    run = Run("dmn")
    made = compile_expression("1 + f(1)", ["f"], source="decision")

    def again(x: Value) -> Value:
        return again(x)

    function = Function(("x",), again)
    with pytest.raises(EvaluationError, match="FEEL-BOUND-031"):
        value(made, run, f=function)


def test_a_run_counts_across_expressions() -> None:
    run, made = Run("dmn"), compile_expression("count(for i in 1..80000 return i)")
    assert value(made, run) == 80_000
    assert value(made, run) == 80_000
    with pytest.raises(EvaluationError, match="FEEL-BOUND-030"):
        value(made, run)


def test_now_is_given() -> None:
    assert evaluate_kept("now()", now=NOW).value == NOW
    assert evaluate_kept("today()", now=NOW).value == NOW.date()
    assert evaluate_kept("now()").value is None
    assert [d.code.id for d in evaluate_kept("now()").faults] == ["FEEL-EVAL-079"]


def test_arguments_and_results_are_converted_to_what_is_declared() -> None:
    function = Function(
        ("x",), lambda x: (x,), (types.ListType(types.NUMBER),), types.ListType(types.ANY)
    )
    run = Run("dmn")
    made = compile_expression("f(1)", ["f"])
    assert value(made, run, f=function) == ((Decimal(1),),)
    wrong = Function(("x",), lambda _: "text", (types.NUMBER,), types.NUMBER)
    assert value(compile_expression('f("a")', ["f"]), run, f=wrong) is None
    assert [d.code.id for d in run.told] == ["FEEL-EVAL-076", "FEEL-EVAL-076"]


MIDNIGHT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (None, types.NUMBER, None),
        (Decimal(1), types.NUMBER, Decimal(1)),
        (Decimal(1), types.ListType(types.NUMBER), (Decimal(1),)),
        ((Decimal(1),), types.NUMBER, Decimal(1)),
        ((Decimal(1),), types.nullable(types.NUMBER), Decimal(1)),
        (dt.date(2026, 1, 31), types.DATE_TIME, MIDNIGHT),
        (dt.date(2026, 1, 31), types.ListType(types.DATE_TIME), (MIDNIGHT,)),
        (WideDate(-1, 1, 31), types.DATE_TIME, WideDateTime(-1, 1, 31, 0, 0, 0, 0, dt.UTC)),
        ({"a": Decimal(1), "b": 2}, types.ContextType((("a", types.NUMBER),)), {"a": 1, "b": 2}),
    ],
)
def test_conversions(given: Value, wanted: types.Type, expected: Value) -> None:
    assert converted(given, wanted) == expected
