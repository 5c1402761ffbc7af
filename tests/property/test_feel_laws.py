"""Laws of FEEL: arithmetic, order, three-valued logic, rounding, interpolation, and that nothing ever crashes."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, localcontext
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.feel import Months, Range, evaluate, evaluate_unary, to_feel
from engine.feel.backends.interpreter import FaultError, evaluate_ir
from engine.feel.builtins import FUNCTIONS, OPERATORS
from engine.feel.builtins.patterns import matches
from engine.feel.checker import check_expression
from engine.feel.ir import Ir, Read, walk
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scope import Scope, Symbol
from engine.feel.types import (
    ContextType,
    ListType,
    NullableType,
    NumberType,
    StringType,
    Type,
    parse_type,
)
from engine.kernel.decimals import CONTEXT
from engine.kernel.errors import DocumentError, EvaluationError
from tests.support import programs

if TYPE_CHECKING:
    from engine.feel.values import Value

Mode = Literal["strict", "dmn"]
numbers = st.decimals(-(10**12), 10**12, places=4)
scores = st.decimals(-50, 150, places=6)
scales = st.integers(-3, 6)
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def value(expression: str, **inputs: object) -> Any:  # noqa: ANN401 - a test knows what it asked for
    return evaluate(expression, inputs)


@given(numbers, numbers, numbers)
def test_arithmetic(a: Decimal, b: Decimal, c: Decimal) -> None:
    assert value("a + b = b + a", a=a, b=b)
    assert value("(a + b) + c = a + (b + c)", a=a, b=b, c=c)
    assert value("a * (b + 1) = a * b + a", a=a, b=b)
    assert value("a - a = 0 and a + 0 = a and a * 1 = a and -(-a) = a", a=a)
    assert value("a + b - b = a", a=a, b=b)


@given(numbers, numbers)
def test_modulo_is_the_rest_of_a_floor(a: Decimal, b: Decimal) -> None:
    if b:
        rest = value("modulo(a, b)", a=a, b=b)
        assert abs(rest) < abs(b)
        assert rest == 0 or (rest < 0) == (b < 0)
        assert (a - rest) % b == 0


ordered = st.one_of(
    st.tuples(numbers, numbers, numbers),
    st.tuples(st.text(max_size=4), st.text(max_size=4), st.text(max_size=4)),
    st.tuples(st.dates(), st.dates(), st.dates()),
    st.tuples(st.timedeltas(), st.timedeltas(), st.timedeltas()),
)


@given(ordered)
def test_order_is_total(three: tuple[Any, Any, Any]) -> None:
    a, b, c = three
    asked = "[a < b, a = b, a > b]"
    assert sum(value(asked, a=a, b=b)) == 1
    assert value("(a <= b) = not(a > b) and (a != b) = not(a = b)", a=a, b=b)
    assert value("not(a <= b and b <= c) or a <= c", a=a, b=b, c=c)
    assert value("min([a, b]) <= max([a, b])", a=a, b=b)


THREE: tuple[bool | None, ...] = (True, False, None)
RANK = {False: 0, None: 1, True: 2}


@pytest.mark.parametrize(("p", "q"), list(product(THREE, THREE)))
def test_three_valued_logic(p: bool | None, q: bool | None) -> None:
    """Table 38: `and` is the lesser of false < unknown < true, `or` the greater."""

    def run(text: str) -> object:
        return evaluate(text, {"p": p, "q": q}, mode="dmn")

    lesser, greater = min(p, q, key=RANK.__getitem__), max(p, q, key=RANK.__getitem__)
    assert run("p and q") is lesser
    assert run("p or q") is greater
    assert run("all([p, q])") is lesser
    assert run("any([p, q])") is greater
    assert run("every x in [p, q] satisfies x") is lesser
    assert run("some x in [p, q] satisfies x") is greater
    assert run("not(p)") is (None if p is None else not p)


ROUNDINGS = ("round up", "round down", "round half up", "round half down", "floor", "ceiling")


@given(numbers, scales, st.sampled_from([*ROUNDINGS, "decimal"]))
def test_rounding(n: Decimal, scale: int, how: str) -> None:
    rounded = value(f"{how}(n, s)", n=n, s=scale)
    step = Decimal(1).scaleb(-scale)
    assert abs(rounded - n) < step
    assert rounded % step == 0
    assert value(f"{how}(n, s)", n=rounded, s=scale) == rounded
    if how.startswith("round half") or how == "decimal":
        assert abs(rounded - n) * 2 <= step
    if how == "floor":
        assert rounded <= n
    if how == "ceiling":
        assert rounded >= n
    if how == "round up":
        assert abs(rounded) >= abs(n)
    if how == "round down":
        assert abs(rounded) <= abs(n)


@given(numbers, numbers, scales, st.sampled_from([*ROUNDINGS, "decimal"]))
def test_rounding_keeps_the_order(a: Decimal, b: Decimal, scale: int, how: str) -> None:
    low, high = sorted([a, b])
    assert value(f"{how}(a, s) <= {how}(b, s)", a=low, b=high, s=scale)


@given(scores, scores, st.tuples(scores, scores), st.tuples(numbers, numbers))
def test_interpolation_rises_and_stays_in_its_band(
    score: Decimal, other: Decimal, ends: tuple[Decimal, Decimal], pay: tuple[Decimal, Decimal]
) -> None:
    """For every score: the pay is in the band, and never falls when the score rises."""
    if ends[0] == ends[1]:
        return
    (x0, x1), (y0, y1), (low, high) = sorted(ends), sorted(pay), sorted([score, other])
    asked = "interpolate(x, x0, y0, x1, y1)"
    band = {"x0": x0, "x1": x1, "y0": y0, "y1": y1}
    lower, upper = value(asked, x=low, **band), value(asked, x=high, **band)
    assert y0 <= lower <= upper <= y1
    assert value(asked, x=x0, **band) == y0
    assert value(asked, x=x1, **band) == y1


@given(st.text(max_size=12), st.text(max_size=4), st.integers(1, 12))
def test_texts(text: str, part: str, place: int) -> None:
    assert value("string length(t + p) = string length(t) + string length(p)", t=text, p=part)
    assert value("contains(t, p)", t=text, p=part) is (part in text)
    if part and part in text:
        assert value("substring before(t, p) + p + substring after(t, p)", t=text, p=part) == text
    if place <= len(text):
        assert value("substring(t, n)", t=text, n=place) == text[place - 1 :]
        assert value("substring(t, -n)", t=text, n=place) == text[len(text) - place :]
    assert value('string join(split(t, "-"), "-")', t=text) == text


@given(st.lists(numbers, max_size=8), numbers)
def test_lists(xs: list[Decimal], x: Decimal) -> None:
    assert value("sort(xs)", xs=xs) == sorted(xs)
    assert value("reverse(reverse(xs))", xs=xs) == xs
    assert value("count(append(xs, x)) = count(xs) + 1", xs=xs, x=x)
    assert value("list contains(xs, x)", xs=xs, x=x) is (x in xs)
    assert value("distinct values(concatenate(xs, xs)) = distinct values(xs)", xs=xs)
    assert value("count(xs[item > x]) + count(xs[item <= x]) = count(xs)", xs=xs, x=x)
    assert value("sum(xs)", xs=xs) == sum(xs)
    assert value("sum(append(xs, x)) = sum(xs) + x", xs=xs, x=x)
    if xs:
        assert value("min(xs) <= mean(xs) and mean(xs) <= max(xs)", xs=xs)
        assert value("min(xs) <= median(xs) and median(xs) <= max(xs)", xs=xs)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.integers(-500, 500))
def test_months_stay_at_the_day_or_the_end(day: dt.date, months: int) -> None:
    moved = value("d + m", d=day, m=Months(months))
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + dt.timedelta(1)).day == 1)


# --- nothing ever crashes ----------------------------------------------------------------------

WORDS = [
    *'()[]{}.,:+-*/<>=?|"@', "..", "**", "<=", "!=", " and ", " or ", "not(", "if ", " then ",
    " else ", "for i in ", " return ", "some i in ", " satisfies ", " between ", " in ", "null",
    "true", "1", "2.5", "0", "010", "a", "xs", "c", "item", "客户", "＞", "function(x)", " instance of ",
    '"t"', '@"2026-01-31"', '@"P1M"', "date(", "string length(", "sum(", "1..3", "[1..3)", "// x\n", "/*",
    "\u0301", "\ud800", "😀", "\u2028", "\\", "'",
]  # fmt: skip
noise = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=25).map("".join)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
    | st.times(timezones=st.none() | st.just(dt.UTC))
    | st.timedeltas()
    | st.builds(Months, st.integers(-(10**6), 10**6))
    | st.builds(Range, st.integers(0, 9).map(Decimal), st.integers(0, 9).map(Decimal)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
modes = st.sampled_from(["strict", "dmn"])


@settings(max_examples=200, suppress_health_check=QUIET)
@given(noise, modes)
@example("a in (" * 200 + "1", "strict")
@example("not(" * 200, "strict")
@example("-" * 5_000 + "1", "strict")
@example("1" + " + 1" * 4_000, "strict")
@example("f(" + " a" * 5_000, "dmn")
@example("for " + "a " * 5_000, "dmn")
@example("1e999999999999999999999", "dmn")
@example("[" * 19_000, "dmn")
def test_reading_any_text_ends_with_a_tree_or_faults_in_the_text(text: str, mode: Mode) -> None:
    for node, faults in (parse_expression(text, mode=mode), parse_unary_tests(text, mode=mode)):
        assert (node is None) == bool(faults)
        for fault in faults:
            assert 0 <= fault.start <= len(text)
            assert fault.end is not None
            assert fault.start <= fault.end <= max(len(text), 1)


@settings(max_examples=200, suppress_health_check=QUIET)
@given(noise | programs.expressions(), anything, anything, modes)
def test_evaluating_anything_ends_with_a_value_or_a_diagnostic(
    text: str, a: object, xs: object, mode: Mode
) -> None:
    inputs = {"a": a, "b": 1, "n": None, "f": True, "s": "red", "t": "", "xs": xs, "d": None}
    for run in (evaluate, lambda t, i, mode: evaluate_unary(t, a, i, mode=mode)):
        try:
            run(text, inputs, mode=mode)
        except DocumentError as error:
            told = error.diagnostics
        except EvaluationError as error:
            told = (error.fault,)
        else:
            continue
        assert told
        assert all(d.message("zh") for d in told)


CALLS = [
    *((name, f"{name}({{}})") for name in FUNCTIONS),
    *((name, f"a {name} b") for name in OPERATORS if name != "negate"),
]


@settings(max_examples=12, suppress_health_check=QUIET)
@given(st.lists(anything, min_size=4, max_size=4), modes)
def test_every_function_takes_anything_or_says_why_not(values: list[object], mode: Mode) -> None:
    names = ("a", "b", "c", "d")
    inputs = dict(zip(names, values, strict=True))
    for _, call in CALLS:
        for count in (0, 1, 2, 3, 4) if "{}" in call else (2,):
            text = call.replace("{}", ", ".join(names[:count]))
            try:
                evaluate(text, inputs, mode=mode)
            except (DocumentError, EvaluationError):
                continue


@settings(max_examples=200)
@given(st.text("ab().*+?|[]{}^$\\-,12dwp", max_size=12), st.text("ab1-", max_size=30))
def test_any_pattern_is_searched_or_refused(pattern: str, text: str) -> None:
    try:
        evaluate("matches(t, p)", {"t": text, "p": pattern})
    except EvaluationError as error:
        refused = error.fault.code.id
    else:
        return
    assert refused in {"FEEL-EVAL-020", "FEEL-BOUND-010"}


@given(
    st.lists(
        st.sampled_from(["a", "b", "(a|b)", "a?", "b*?", "[ab]", ".", "(?:ab)+", "a{1,2}"]),
        max_size=6,
    ),
    st.text("ab", max_size=8),
)
def test_patterns_fit_what_the_same_ones_of_python_fit(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    assert matches(text, pattern) is bool(re.search(pattern, text))
    assert matches(text, f"^{pattern}$") is bool(re.fullmatch(pattern, text))
    if not re.fullmatch(pattern, ""):
        assert evaluate('replace(t, p, "<$0>")', {"t": text, "p": pattern}) == re.sub(
            pattern, lambda m: f"<{m[0]}>", text
        )


# --- static types hold ------------------------------------------------------------------------


def _declared(name: str, declared: dict[str, Any]) -> Type:
    if name in {"a", "b", "n"}:
        number = NumberType((), Decimal(-100), Decimal(100), 4)
        return NullableType(number) if name == "n" else number
    if "one_of" in declared:
        return StringType(tuple(declared["one_of"]))
    found = parse_type(declared["type"])
    assert found is not None
    return found


DECLARED = {name: _declared(name, declared) for name, declared in programs.INPUTS.items()}
SCOPE = Scope(names={name: Symbol(type_) for name, type_ in DECLARED.items()})


def holds(found: Value, type_: Type) -> bool:
    """Whether a value lies within what its type says of it."""
    match type_:
        case NumberType():
            if not isinstance(found, Decimal):
                return False
            places = max(0, -int(found.normalize(CONTEXT).as_tuple().exponent))
            return (
                (type_.low is None or found >= type_.low)
                and (type_.high is None or found <= type_.high)
                and (type_.scale is None or places <= type_.scale)
            )
        case StringType():
            return isinstance(found, str) and (type_.members is None or found in type_.members)
        case ListType():
            return isinstance(found, tuple) and all(holds(item, type_.item) for item in found)
        case ContextType(fields=fields) if fields is not None and isinstance(found, dict):
            return all(holds(found[name], inner) for name, inner in fields)
        case _:
            return True


@settings(max_examples=150, suppress_health_check=QUIET)
@given(programs.expressions(), st.lists(programs.cases(), min_size=3, max_size=3))
def test_every_value_lies_within_its_static_type(text: str, cases: list[dict[str, Any]]) -> None:
    """What the block kernel and the proofs build on: bounds, places and members, of every part."""
    node, _ = parse_expression(text)
    assert node is not None
    made, faults = check_expression(node, SCOPE)
    if faults:
        return
    for case in cases:
        values = {name: to_feel(given_) for name, given_ in case.items()}
        assert all(
            holds(values[name], type_) or values[name] is None for name, type_ in DECLARED.items()
        )
        with localcontext(CONTEXT):
            for part in walk(made):
                try:
                    found = evaluate_ir(part, values)
                except FaultError:
                    continue
                if not _reads_local(part) and not _is_guarded(part, case):
                    assert holds(found, part.type), (part, found)


def _is_guarded(part: Ir, case: dict[str, Any]) -> bool:
    """Whether a guard outside `part` keeps it from being read in this case."""
    return any(
        isinstance(n, Read) and case.get(n.name, 0) is None and n.type != DECLARED["n"]
        for n in walk(part)
    )


def _reads_local(part: Ir) -> bool:
    return any(isinstance(n, Read) and n.local for n in walk(part))


@given(numbers, numbers)
def test_holds_is_a_ruler(low: Decimal, high: Decimal) -> None:
    """The ruler itself: it must refuse what lies outside."""
    low, high = sorted([low, high])
    type_ = NumberType(None, low, high, 4)
    assert holds(low, type_)
    assert not holds(high + 1, type_)
    assert not holds(low - 1, type_)
    assert not holds(Decimal("0.00001"), NumberType(scale=4))
    assert not holds(("x",), ListType(StringType(("y",))))
    assert not holds({"a": Decimal(5)}, ContextType((("a", type_ if low > 5 else StringType()),)))


@pytest.mark.parametrize(
    "text",
    [
        "round half up(a, 0)",
        "floor(a * b, 1)",
        "interpolate(a, 0, 1, 10, 2)",
        "insert before([1, 2], 1, a)",
        "list replace([1, 2], 1, a)",
        "append([1], a)",
        "max(1, a)",
        "if f then 1 else a",
        "[1, a][1]",
    ],
)
def test_bounds_are_found_where_they_can_be(text: str) -> None:
    """Of values mixed into a literal's list, no bound of the literal is left."""
    node, _ = parse_expression(text)
    assert node is not None
    made, faults = check_expression(node, SCOPE)
    assert not faults
    with localcontext(CONTEXT):
        for a in ("-100", "-0.0001", "3.14159", "99.9999", "100"):
            found = evaluate_ir(
                made,
                {"a": Decimal(a).quantize(Decimal("0.0001")), "b": Decimal("99.99"), "f": False},
            )
            assert holds(found, made.type)
