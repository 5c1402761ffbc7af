"""The Python door of FEEL: what goes in, what comes out, and where a fault lies."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from decimal import Decimal, localcontext
from typing import Any

import pytest

from engine.feel import Months, evaluate, evaluate_unary, ir, to_feel, tree, types
from engine.feel.backends import python
from engine.feel.backends.interpreter import Run, evaluate_ir
from engine.feel.backends.python import compile_expression
from engine.feel.builtins import OPERATORS
from engine.feel.builtins.calling import call_builtin
from engine.feel.builtins.registry import signature
from engine.feel.checker import check_expression
from engine.feel.parser import parse_expression
from engine.feel.scope import Scope, Symbol
from engine.feel.types import ANY, BOOLEAN, NUMBER, NumberType
from engine.feel.values import (
    NOT_APPLICABLE,
    Function,
    NotApplicable,
    NoValueError,
    Range,
    call,
    is_instance,
    kind_of,
    type_of,
)
from engine.kernel.decimals import CONTEXT
from engine.kernel.errors import DocumentError, EvaluationError


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("80.00", "80"),
        ("-0", "0"),
        ("10 ** 3", "1000"),
        ("1.10 + 1.10", "2.2"),
        ("5 * 20", "100"),
        ("10 ** 33", "1" + "0" * 33),
        ("10 ** 40", "1E+40"),
        ("123456789012345678901234567890123400 / 100", "1234567890123456789012345678901234"),
    ],
)
def test_numbers_come_out_plain(text: str, written: str) -> None:
    assert str(evaluate(text)) == written


def test_values_go_in_and_come_out_as_python_has_them() -> None:
    given: dict[str, Any] = {
        "xs": (1, Decimal("2.50")),
        "c": {"d": dt.date(2026, 1, 31)},
        "m": Months(3),
    }
    found = evaluate("{xs: xs, c: c, m: m, t: true, z: null}", given)
    assert found == {
        "xs": [Decimal(1), Decimal("2.5")],
        "c": {"d": dt.date(2026, 1, 31)},
        "m": Months(3),
        "t": True,
        "z": None,
    }


@pytest.mark.parametrize("bad", [1.5, Decimal("NaN"), Decimal("1e7000"), b"x", {1: 2}, [object()]])
def test_values_that_feel_does_not_have_are_refused(bad: object) -> None:
    with pytest.raises(EvaluationError, match="FEEL-INPUT-001"):
        evaluate("x", {"x": bad})


def test_a_whole_number_beyond_34_digits_is_refused() -> None:
    with pytest.raises(EvaluationError, match="FEEL-INPUT-001"):
        evaluate("x", {"x": 10**7000 + 1})


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(EvaluationError, match="FEEL-INPUT-002"):
        evaluate("x", {"x": loop})


def test_a_value_too_large_to_give_out_is_refused() -> None:
    doubled = ", ".join(f"v{i + 1}: [v{i}, v{i}]" for i in range(30))
    with pytest.raises(EvaluationError, match="FEEL-BOUND-032"):
        evaluate(f"{{v0: [1], {doubled}}}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("salry + 1", (1, 1, 1, 6)),
        ("1 +\n  客户 + 2", (2, 3, 2, 5)),
        ('"客户" + nothing', (1, 8, 1, 15)),
        ('"😀" + nothing', (1, 7, 1, 14)),
        ("1 + (2 *", (1, 8, 1, 9)),
        ("1 ＋ 2", (1, 3, 1, 4)),
        ('"a\\q"', (1, 3, 1, 5)),
        ("f(\n1", (2, 1, 2, 2)),
    ],
)
def test_faults_lie_where_they_are(text: str, place: tuple[int, ...]) -> None:
    with pytest.raises(DocumentError) as caught:
        evaluate(text)
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert (span.line, span.column, span.end_line, span.end_column) == place


def test_all_findings_are_told_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        evaluate('nothing + 1 > 2 and "a" * 2 = 3 and neither')
    assert [d.code.id for d in caught.value.diagnostics] == [
        "FEEL-NAME-001",
        "FEEL-TYPE-001",
        "FEEL-NAME-001",
    ]


def test_a_near_name_is_offered() -> None:
    with pytest.raises(DocumentError) as caught:
        evaluate("overal > 80", {"overall": 80})
    assert caught.value.diagnostics[0].help("en").startswith("did you mean `overall`?")
    assert caught.value.diagnostics[0].help("zh").startswith("是否指 `overall`？")


def test_names_with_spaces_are_known_from_the_inputs_in_dmn_mode() -> None:
    inputs = {
        "Monthly Pay": 100,
        "rate": {"per cent": 5},
        "list": [{"in hand": 1}],
        "a-b": 7,
        "if x": 1,
    }
    assert evaluate("Monthly  Pay * rate.per cent", inputs, mode="dmn") == 500
    assert evaluate("list.in hand", inputs, mode="dmn") == [1]
    assert evaluate("a-b + 1", inputs, mode="dmn") == 8
    assert evaluate("if x + 1", inputs, mode="dmn") == 2
    assert evaluate("for each one in [1, 2] return each one + 1", mode="dmn") == [2, 3]
    assert evaluate("function(my x) my x + 1", mode="dmn") is not None
    assert evaluate("{my x: 1, y: my x + 1}.y", mode="dmn") == 2


def test_unary_tests_see_the_inputs() -> None:
    assert evaluate_unary("< limit", 5, {"limit": 6}) is True
    assert evaluate_unary("> limit, ? = 5", 5, {"limit": 6}) is True
    with pytest.raises(DocumentError):
        evaluate_unary("< limits", 5, {"limit": 6})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("+".join(["1"] * 250), "FEEL-BOUND-002"),
        ("(" * 60 + "1" + ")" * 60, "FEEL-BOUND-002"),
        ("- " * 70 + "1", "FEEL-BOUND-002"),
        ("1 in (" * 70 + "1" + ")" * 70, "FEEL-BOUND-002"),
        ("1" * 30_000, "FEEL-BOUND-001"),
    ],
)
def test_bounds_are_told(text: str, code: str) -> None:
    with pytest.raises(DocumentError, match=code):
        evaluate(text)


def test_what_lies_within_the_bounds_is_answered() -> None:
    assert evaluate("+".join(["1"] * 199)) == 199
    assert evaluate("(" * 50 + "1" + ")" * 50) == 1
    assert evaluate(" and ".join(["a in (1..5)"] * 90), {"a": 3}) is True


def test_a_caller_that_stands_deep_gets_a_diagnostic() -> None:
    def down(levels: int) -> object:
        if levels:
            return down(levels - 1)
        for text in ("(" * 55 + "1" + ")" * 55, "+".join(["1"] * 190)):
            with pytest.raises((DocumentError, EvaluationError), match="FEEL-BOUND"):
                evaluate(text)
        return None

    here = len(inspect.stack())
    down(sys.getrecursionlimit() - here - 90)


# --- the generated form ------------------------------------------------------------------------


def _both(text: str, **names: object) -> tuple[object, object]:
    node, faults = parse_expression(text)
    assert node is not None, faults
    scope = Scope(names={name: Symbol(type_of(to_feel(value))) for name, value in names.items()})
    made, faults = check_expression(node, scope)
    assert not faults
    values = {name: to_feel(value) for name, value in names.items()}
    run = compile_expression(made, tuple(values))
    with localcontext(CONTEXT):
        return evaluate_ir(made, values), run(*values.values())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("(for i in xs return function(x) x + i)[1](0)", {"xs": [1, 2]}),
        ("sort(xs, function(x, y) x > y)", {"xs": [1, 3, 2]}),
        ("(function(x, y) x - y)(y: 1, x: a)", {"a": 5}),
        ("{k: a, m: k + 1, f: function(x) x + m}.f(1)", {"a": 5}),
        ("xs[-1] + xs[1]", {"xs": [1, 3, 2]}),
        ("[1..a]", {"a": 5}),
        ("a in [1, 3, 5]", {"a": 5}),
        ("a instance of number", {"a": 5}),
        ("(< 5).end", {}),
        ("d.year + d.month", {"d": dt.date(2026, 1, 31)}),
        ("things[x > 1].x", {"things": [{"x": 1}, {"x": 2}]}),
        ("things[x > 1]", {"things": [{"x": 1}, {"x": 2, "y": 3}]}),
        ("is applicable(a)", {"a": 1}),
        ("if f then 1 else 2", {"f": True}),
        ("for i in xs return if i = 1 then i else i + partial[-1]", {"xs": [1, 2, 3]}),
        ("for i in xs, j in 1..i return count(partial) + i * j", {"xs": [1, 2, 3]}),
        ("(for i in xs return function(x) count(partial) + x)[1](2)", {"xs": [1]}),
        ("for i in xs return partial", {"xs": [1, 2], "partial": 5}),
        ("[[1, 2], xs][count(item[item > 1]) = 2]", {"xs": [1, 2, 3]}),
        ("things[count(ys[item = x]) = 1].x", {"things": [{"x": 1, "ys": [1, 2]}]}),
        ("range(s)", {"s": "[1..2]"}),
    ],
)
def test_the_generated_form_agrees(text: str, names: dict[str, object]) -> None:
    expected, found = _both(text, **names)
    assert found == expected


def test_the_generated_form_refuses_what_the_reference_refuses() -> None:
    with pytest.raises(NoValueError):
        call(5, ())
    with pytest.raises(NoValueError):
        call(Function(("x",), lambda x: x), (1,), ("y",))
    with pytest.raises(NoValueError):
        python.condition(None)
    assert python.entry_or({"a": 1}, "a", lambda: 2) == 1
    assert python.entry_or({}, "a", lambda: 2) == 2


def test_a_call_is_kept_from_going_on_for_ever() -> None:
    node, _ = parse_expression("(function(f) f(f))(function(f) f(f))")
    assert node is not None
    made, _ = check_expression(node, Scope())
    with pytest.raises(NoValueError), localcontext(CONTEXT):
        compile_expression(made, ())()


# --- the reference -----------------------------------------------------------------------------


def test_functions_of_the_rule_set_are_called() -> None:
    node = ir.Invoke("double", (ir.Constant(Decimal(2)),))
    assert evaluate_ir(node, {}, Run(functions={"double": lambda x: x * 2})) == 4


def test_what_does_not_apply() -> None:
    read = ir.Read("x")
    assert evaluate_ir(ir.Applicable("x"), {"x": NOT_APPLICABLE}) is False
    assert evaluate_ir(read, {"x": NOT_APPLICABLE}, Run("dmn")) is None
    with pytest.raises(NoValueError):
        evaluate_ir(read, {"x": NOT_APPLICABLE})
    assert repr(NotApplicable()) == "not applicable"
    assert kind_of(NOT_APPLICABLE) == "any"


def test_the_cause_of_a_null_is_kept() -> None:
    node, _ = parse_expression("1 / 0", mode="dmn")
    assert node is not None
    made, _ = check_expression(node, Scope(mode="dmn"))
    run = Run("dmn")
    with localcontext(CONTEXT):
        assert evaluate_ir(made, {}, run) is None
    assert [f.code.id for f in run.faults] == ["FEEL-EVAL-002"]


def test_values_are_checked_where_types_are_open() -> None:
    position = ir.At(ir.Constant(Decimal(5)), ir.Constant(Decimal(1)))
    with pytest.raises(NoValueError, match="FEEL-EVAL-075"):
        evaluate_ir(position, {})
    with pytest.raises(NoValueError, match="FEEL-EVAL-001"):
        call_builtin(OPERATORS["+"], [Decimal(1), "a"])
    assert is_instance(None, types.NULL)
    assert type_of(("a", Decimal(1))) == types.ListType(ANY)
    assert type_of(Range(None, Decimal(1))) == types.RangeType(NUMBER)
    assert type_of(Function((), lambda: None)) == types.FunctionType(None, ANY)


def test_trees_forget_their_places_when_they_are_compared() -> None:
    one, two = parse_expression("a  + 1")[0], parse_expression("a + 1")[0]
    assert one == two
    assert one is not None
    assert [type(n).__name__ for n in tree.walk(one)] == ["Binary", "Name", "Literal"]


def test_ir_questions() -> None:
    node, _ = parse_expression("a + 1 > sum(for i in [b] return i)")
    assert node is not None
    made, _ = check_expression(node, Scope(names={n: Symbol(NumberType()) for n in "ab"}))
    assert ir.reads(made) == {"a", "b"}
    assert not ir.is_constant(made)
    assert made.type == BOOLEAN


def test_a_signature_of_an_unknown_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="nothing"):
        signature("x: nothing", BOOLEAN, bool)


# --- wrong use of the door -----------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [5, "abc", ["x"]])
def test_inputs_that_are_no_mapping_are_refused(inputs: object) -> None:
    with pytest.raises(EvaluationError):
        evaluate("x", inputs)  # type: ignore[arg-type]


def test_a_filter_by_the_item_itself_is_no_position() -> None:
    with pytest.raises(DocumentError, match="FEEL-TYPE-005"):
        evaluate("[1, 2, 3][item]")
    assert evaluate("[1, 2, 3][2]") == 2


def test_an_input_may_have_the_name_of_a_built_in() -> None:
    assert evaluate("count([1, 2]) + count", {"count": 3}) == 5
