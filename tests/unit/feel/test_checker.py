"""What the checker finds before anything runs: guards, units, members, and the words it says it in."""

from __future__ import annotations

import pytest

from engine.feel import ir, types
from engine.feel.checker import check_expression, check_unary_tests, check_value
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scope import FunctionSymbol, Scope, Symbol, conjuncts, path_of
from engine.feel.types import (
    ANY,
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    ContextType,
    ListType,
    NullableType,
    NumberType,
    RangeType,
    StringType,
    Type,
    accepts,
    join,
    parse_type,
    parse_unit,
    type_text,
    unit_product,
    unit_text,
)

MONEY, POINTS, MONTH = (NumberType(parse_unit(u)) for u in ("CNY/month", "points", "month"))


def _condition(text: str) -> tuple[object, ...]:
    node, _ = parse_expression(text)
    assert node is not None
    return conjuncts(node)


PERSON = ContextType((("age", NullableType(NUMBER)), ("outcome", STRING)))
SCOPE = Scope(
    names={
        "salary": Symbol(MONEY),
        "overall": Symbol(POINTS),
        "months": Symbol(MONTH),
        "n": Symbol(NullableType(NUMBER)),
        "flag": Symbol(NullableType(BOOLEAN)),
        "outcome": Symbol(StringType(("offer", "human_review"))),
        "pay": Symbol(MONEY, conditions=_condition('outcome = "offer"')),  # type: ignore[arg-type]
        "c": Symbol(ContextType((("x", NullableType(NUMBER)),))),
        "people": Symbol(ListType(PERSON)),
        "things": Symbol(ListType(ANY)),
        "xs": Symbol(ListType(NUMBER)),
        "ys": Symbol(ListType(NullableType(NUMBER))),
        "half": Symbol(NUMBER, constant=ir.Constant(None, type=NUMBER)),
    },
    functions={
        "tier": FunctionSymbol((("of", StringType(("a", "b"))), ("pay", MONEY)), POINTS),
        "lib.rate": FunctionSymbol((), NUMBER),
    },
)


def told(text: str, scope: Scope = SCOPE) -> list[str]:
    node, faults = parse_expression(text)
    assert node is not None, faults
    return [f.code.id for f in check_expression(node, scope)[1]]


def type_of(text: str) -> Type:
    node, _ = parse_expression(text)
    assert node is not None
    made, faults = check_expression(node, SCOPE)
    assert not faults
    return made.type


UNGUARDED, UNIT, NOT_APPLICABLE = "FEEL-NULL-001", "FEEL-UNIT-001", "FEEL-NULL-002"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("is defined(n) and n > 1", []),
        ("n != null and n > 1", []),
        ("null != n and n > 1", []),
        ("n = null or n > 1", []),
        ("not(n = null) and n > 1", []),
        ("not(n = null or overall > 5) and n > 1", []),
        ("if not(is defined(n)) then 0 else n", []),
        ("(is defined(n) or overall > 5) and n > 1", [UNGUARDED]),
        ("n = null and n > 1", [UNGUARDED]),
        ("is defined(n) or n > 1", [UNGUARDED]),
        ("n + 1", [UNGUARDED]),
        ("abs(n)", [UNGUARDED]),
        ("n in [1..2]", [UNGUARDED]),
        ("xs[n]", [UNGUARDED]),
        ("flag and true", [UNGUARDED]),
        ("if flag then 1 else 2", [UNGUARDED]),
        ("is defined(flag) and flag", []),
        ("c.x + 1", [UNGUARDED]),
        ("is defined(c.x) and c.x > 1", []),
        ("is defined(c.x) and (some c in people satisfies c.age > 1)", [UNGUARDED]),
        ("is defined(n) and (some n in ys satisfies n > 1)", [UNGUARDED]),
        ("people[age > 1]", [UNGUARDED]),
        ("people[is defined(age) and age > 1]", []),
        ("people[item.age != null and item.age > 1]", []),
        ("is defined(n) and count(people[age > n]) > 0", [UNGUARDED]),
        ('tier("a", n)', [UNGUARDED]),
    ],
)
def test_a_missing_value_needs_a_guard(text: str, codes: list[str]) -> None:
    assert told(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("pay", [NOT_APPLICABLE]),
        ('if outcome = "offer" then pay else salary', []),
        ('outcome = "offer" and pay > 5', []),
        ("is applicable(pay) and pay > 5", []),
        ("if is applicable(pay) then pay else salary", []),
        ("if is applicable(pay) then salary else pay", [NOT_APPLICABLE]),
        ('outcome != "offer" or pay > 5', [NOT_APPLICABLE]),
        # Another `outcome`, of the same name, proves nothing.
        ('some outcome in ["offer"] satisfies outcome = "offer" and pay > 5', [NOT_APPLICABLE]),
        ('count(people[outcome = "offer" and pay > 5]) > 0', [NOT_APPLICABLE]),
        ('outcome = "offer" and count(people[outcome = "x" and pay > 5]) > 0', []),
        ('count(things[outcome = "offer" and pay > 5]) > 0', [NOT_APPLICABLE]),
        ("is applicable(nothing)", ["FEEL-NAME-001"]),
    ],
)
def test_a_decision_is_read_where_it_applies(text: str, codes: list[str]) -> None:
    assert told(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("salary + overall", [UNIT]),
        ("salary - 100", []),
        ("salary < overall", [UNIT]),
        ("salary between 1 and overall", [UNIT]),
        ("salary in [1..overall]", [UNIT]),
        ("salary in [salary, overall]", [UNIT]),
        ("if true then salary else overall", ["FEEL-TYPE-006"]),
        ("[salary, overall]", [UNIT]),
        ("[salary, 1]", []),
        ("sum([salary, overall])", [UNIT]),
        ("sum(salary, overall)", [UNIT]),
        ("max(salary, overall)", [UNIT]),
        ("mode(salary, overall)", [UNIT]),
        ("append([salary], overall)", [UNIT]),
        ("concatenate([salary], [overall])", [UNIT]),
        ("insert before([salary], 1, overall)", [UNIT]),
        ("modulo(salary, overall)", [UNIT]),
        ("modulo(salary, 7)", []),
        ("sqrt(salary)", [UNIT]),
        ("product([salary])", [UNIT]),
        ("salary ** overall", [UNIT]),
        ("salary ** 0.5", [UNIT]),
        ("2 ** salary", [UNIT]),
        ("interpolate(overall, 80, salary, 90, salary)", []),
        ("interpolate(overall, salary, 1, 90, 2)", [UNIT]),
        ("interpolate(overall, 80, salary, 90, overall)", [UNIT]),
        ('tier("a", overall)', ["FEEL-TYPE-002"]),
    ],
)
def test_units_go_together(text: str, codes: list[str]) -> None:
    assert told(text) == codes


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("salary * months", "CNY"),
        ("salary * 2", "CNY/month"),
        ("2 * salary", "CNY/month"),
        ("salary / salary", "1"),
        ("salary / months", "CNY/month^2"),
        ("1 / months", "1/month"),
        ("salary ** 2", "CNY^2/month^2"),
        ("salary ** -1", "month/CNY"),
        ("100 + salary", "CNY/month"),
        ("-salary", "CNY/month"),
        ("round half up(salary, 2)", "CNY/month"),
        ("mean([salary, 5])", "CNY/month"),
        ("interpolate(overall, 80, 8000, 90, salary)", "CNY/month"),
        ("if true then 1 else salary", "CNY/month"),
    ],
)
def test_units_multiply_and_divide(text: str, unit: str) -> None:
    found = type_of(text)
    assert isinstance(found, NumberType)
    assert unit_text(found.unit) == unit


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('outcome = "ofer"', ["FEEL-TYPE-008"]),
        ('"ofer" = outcome', ["FEEL-TYPE-008"]),
        ('outcome in ("offer", "ofer")', ["FEEL-TYPE-008"]),
        ('outcome in ["offer", "ofer"]', ["FEEL-TYPE-008"]),
        ("tier(a, salary)", []),
        ("tier(d, salary)", ["FEEL-NAME-004"]),
        ('tier("d", salary)', []),
        ("tier(of: a, pay: salary)", []),
        ("tier(off: a, pay: salary)", ["FEEL-TYPE-004", "FEEL-TYPE-003"]),
        ("tier(a)", ["FEEL-TYPE-003"]),
        ("lib.rate()", []),
        ("lib.rate(1)", ["FEEL-TYPE-003"]),
        ("lib.rat()", ["FEEL-NAME-001"]),
        ("salry", ["FEEL-NAME-001"]),
        ("half", []),
        ("5 in c", ["FEEL-TYPE-009"]),
        ("[1..2] in [1..2]", ["FEEL-TYPE-001", "FEEL-TYPE-001"]),
        ('sum(xs, "a")', ["FEEL-TYPE-002"]),
        ("(function(x: nothing) x)(1)", []),
    ],
)
def test_names_and_members(text: str, codes: list[str]) -> None:
    assert told(text) == codes


@pytest.mark.parametrize(
    ("cell", "column", "codes"),
    [
        ("offer, human_review", StringType(("offer", "human_review")), []),
        ("ofer", StringType(("offer", "human_review")), ["FEEL-NAME-004"]),
        ("= offer", StringType(("offer", "human_review")), []),
        ("?", BOOLEAN, []),
        ("? + 1", NUMBER, ["FEEL-TYPE-005"]),
        ("null", NUMBER, []),
        ("not(null)", NUMBER, []),
        ("null", NullableType(NUMBER), []),
        ("not(null)", NullableType(NUMBER), []),
        ("not(5)", NullableType(NUMBER), []),
        ("null, 5", NullableType(NUMBER), []),
        ('"a"', NullableType(NUMBER), ["FEEL-TYPE-009"]),
        ("xs", NUMBER, []),
        ("xs", STRING, ["FEEL-TYPE-009"]),
        ("< overall", MONEY, [UNIT]),
    ],
)
def test_cells(cell: str, column: Type, codes: list[str]) -> None:
    tests, faults = parse_unary_tests(cell)
    assert tests is not None, faults
    assert [f.code.id for f in check_unary_tests(tests, column, SCOPE)[1]] == codes


@pytest.mark.parametrize(
    ("text", "wanted", "codes"),
    [
        ("salary", MONEY, []),
        ("1", MONEY, []),
        ("overall", MONEY, [UNIT]),
        ("n", NUMBER, [UNGUARDED]),
        ("n", NullableType(NUMBER), []),
        ('"a"', NUMBER, ["FEEL-TYPE-002"]),
        ("offer", StringType(("offer",)), []),
        ("ofer", StringType(("offer",)), ["FEEL-NAME-004"]),
        ('"ofer"', StringType(("offer",)), ["FEEL-TYPE-008"]),
        ('if true then "offer" else "ofer"', StringType(("offer",)), ["FEEL-TYPE-008"]),
        ("?", StringType(("offer",)), ["FEEL-NAME-001"]),
        ("outcome", STRING, []),
    ],
)
def test_a_value_fits_its_declared_type(text: str, wanted: Type, codes: list[str]) -> None:
    node, _ = parse_expression(text)
    assert node is not None
    assert [f.code.id for f in check_value(node, wanted, SCOPE)[1]] == codes


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        (NUMBER, NUMBER, NUMBER),
        (NUMBER, NULL, NullableType(NUMBER)),
        (NULL, NUMBER, NullableType(NUMBER)),
        (NullableType(NUMBER), NUMBER, NullableType(NUMBER)),
        (NullableType(NUMBER), STRING, None),
        (ANY, STRING, ANY),
        (MONEY, NUMBER, MONEY),
        (MONEY, POINTS, None),
        (StringType(("a",)), StringType(("b", "a")), StringType(("a", "b"))),
        (StringType(("a",)), STRING, STRING),
        (ListType(NUMBER), ListType(MONEY), ListType(MONEY)),
        (ListType(NUMBER), ListType(STRING), None),
        (RangeType(NUMBER), RangeType(NUMBER), RangeType(NUMBER)),
        (RangeType(NUMBER), RangeType(STRING), None),
        (ContextType(), ContextType((("a", NUMBER),)), ContextType()),
        (ContextType((("a", NUMBER),)), ContextType((("b", NUMBER),)), None),
        (ContextType((("a", NUMBER),)), ContextType((("a", STRING),)), None),
        (ContextType((("a", NUMBER),)), ContextType((("a", MONEY),)), ContextType((("a", MONEY),))),
        (NUMBER, STRING, None),
    ],
)
def test_types_join(left: Type, right: Type, joined: Type | None) -> None:
    assert join(left, right) == joined


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        (NullableType(NUMBER), NULL, True),
        (NUMBER, NullableType(NUMBER), False),
        (ListType(NUMBER), ListType(STRING), False),
        (RangeType(NUMBER), RangeType(NUMBER), True),
        (ContextType(), ContextType((("a", NUMBER),)), True),
        (ContextType((("a", NUMBER),)), ContextType((("a", NUMBER), ("b", NUMBER))), True),
        (ContextType((("a", NUMBER),)), ContextType((("b", NUMBER),)), False),
        (types.FunctionType(None, ANY), types.FunctionType((), NUMBER), True),
        (types.DATE, types.DATE, True),
        (types.DATE, types.TIME, False),
    ],
)
def test_types_accept(wanted: Type, given: Type, fits: bool) -> None:
    assert accepts(wanted, given) is fits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number", "number"),
        ("list<string>", "list<string>"),
        ("range<date>", "range<date>"),
        ("list<list<number>>", "list<list<number>>"),
        ("context", "context"),
        ("date and time", "date and time"),
        ("Any", "any"),
    ],
)
def test_types_are_written_as_they_are_read(text: str, said: str) -> None:
    found = parse_type(text)
    assert found is not None
    assert type_text(found) == said


def test_types_that_are_none() -> None:
    assert parse_type("list<nothing>") is None
    assert parse_type("list<" * 5_000 + "number" + ">" * 5_000) is None
    assert parse_unit("CNY//month") is None
    assert parse_unit("") is None
    assert type_text(types.FunctionType(None, ANY)) == "function"
    assert unit_product(None, None) is None
    assert types.plain_number(ListType(StringType(("a",)))) == ListType(STRING)
    assert path_of(parse_expression("(1).x")[0]) is None  # type: ignore[arg-type]
