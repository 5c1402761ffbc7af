"""The operators (DMN 1.5, 10.3.2.3 and tables 50–55): arithmetic and comparison of every kind of value."""

from __future__ import annotations

import functools
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import TYPE_CHECKING, cast

from engine.feel import types
from engine.feel.builtins.registry import COMPARABLE, signature
from engine.feel.chronology import (
    DAY,
    OFFSETS,
    Date,
    DateTime,
    Duration,
    Time,
    add_months,
    combined,
    date_of,
    date_part,
    day_number,
    difference,
    duration_of,
    key,
    length,
    months_of,
    nanoseconds,
    shifted,
    time_of,
    time_part,
)
from engine.feel.types import BOOLEAN, NumberType, Type
from engine.feel.values import (
    Months,
    NoValueError,
    Range,
    Value,
    bounded,
    given_as,
    kind_of,
    midnight,
)
from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

DIVISION_BY_ZERO = Code(
    "FEEL-EVAL-002",
    "division by zero",
    "除数为零",
    "test the divisor first, as in `if x = 0 then … else …`",
    "请先判断除数，例如 `if x = 0 then … else …`",
)
TOO_LARGE = Code(
    "FEEL-EVAL-003",
    "the result is too large or not a real number",
    "结果过大或不是实数",
    "check the values that go in",
    "请检查参与计算的值",
)
UNLIKE = Code(
    "FEEL-EVAL-004",
    "`{op}` does not work on {left} and {right}",
    "`{op}` 不能用于 {left} 与 {right}",
    "both sides must be of one type",
    "两边须为同一类型",
)
TEXT_TOO_LONG = Code(
    "FEEL-BOUND-011",
    "a text may have at most {limit} characters",
    "文字最多 {limit} 个字符",
    "shorten it",
    "请缩短",
)
MAX_TEXT = 1_000_000


def guarded(run: Callable[..., Value]) -> Callable[..., Value]:
    """Turn the arithmetic signals of `decimal` and `datetime` into faults."""

    @functools.wraps(run)
    def call(*arguments: Value) -> Value:
        try:
            return run(*arguments)
        except DivisionByZero:
            raise NoValueError(DIVISION_BY_ZERO) from None
        except InvalidOperation as signal:
            zero = "DivisionUndefined" in str(signal)
            raise NoValueError(DIVISION_BY_ZERO if zero else TOO_LARGE) from None
        except Overflow:
            raise NoValueError(TOO_LARGE) from None

    return call


def _joined(left: str, right: str) -> str:
    if len(left) + len(right) > MAX_TEXT:
        raise NoValueError(TEXT_TOO_LONG, limit=MAX_TEXT)
    return left + right


def _days_after(day: Date, duration: Duration) -> Date:
    """Move a date, which is the midnight it starts with, and give the date that is reached."""
    return date_of(day_number(day) + length(duration) // DAY)


def _add_time(clock: Time, count: int) -> Time:
    return time_of(nanoseconds(clock) + count, clock.tzinfo)


def _subtract_times(left: Time, right: Time) -> Duration:
    (zoned, first), (other_zoned, second) = key(left), key(right)
    if zoned != other_zoned:
        raise NoValueError(OFFSETS, op="-")
    return duration_of(first - second)


def _add_months_to(value: DateTime, months: Months) -> DateTime:
    return combined(add_months(date_part(value), months.count), time_part(value))


def _scaled(duration: Duration, factor: Decimal, *, divide: bool = False) -> Duration:
    """Multiply or divide a duration; what is below its smallest part is cut off."""
    size = Decimal(length(duration))
    return duration_of(int(size / factor if divide else size * factor))


def _negated(duration: Duration) -> Duration:
    return duration_of(-length(duration))


def as_date_time(value: Value) -> DateTime:
    """Read a date as its midnight in UTC, where a date and time is meant (10.3.2.9.4)."""
    return cast("DateTime", value if kind_of(value) == "date and time" else midnight(value))


def compare(left: Value, right: Value) -> int:
    """Order two values of one comparable kind: negative, zero or positive."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in COMPARABLE:
        raise NoValueError(UNLIKE, op="<", left=given_as(left), right=given_as(right))
    if kind in TEMPORAL:
        (zoned, first), (other_zoned, second) = key(left), key(right)
        if zoned != other_zoned:
            raise NoValueError(OFFSETS, op="<")
        return first - second
    return int(left > right) - int(left < right)  # type: ignore[operator]


TEMPORAL = COMPARABLE - {"number", "string"}


def equal(left: Value, right: Value) -> bool:
    """Compare for equality: null equals only null, unlike kinds have no answer."""
    if isinstance(left, tuple | dict):
        bounded(left)
    return _equal(left, right)


def _equal(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        raise NoValueError(UNLIKE, op="=", left=given_as(left), right=given_as(right))
    if kind in TEMPORAL:
        (zoned, first), (other_zoned, second) = key(left), key(right)
        if zoned != other_zoned:
            raise NoValueError(OFFSETS, op="=")
        return first == second
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(
            _same(a, b) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(v, right[k]) for k, v in left.items())
    if isinstance(left, Range) and isinstance(right, Range):
        closed = (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed)
        return closed and _same(left.low, right.low) and _same(left.high, right.high)
    return left == right


def _same(left: Value, right: Value) -> bool:
    try:
        return _equal(left, right)
    except NoValueError:
        return False


def same(left: Value, right: Value) -> bool:
    """Whether two items are equal; items of unlike kinds are not."""
    if isinstance(left, tuple | dict):
        bounded(left)
    return _same(left, right)


def includes(range_: Range, value: Value) -> bool:
    """Whether a value lies in a range."""
    if range_.low is not None:
        order = compare(value, range_.low)
        if order < 0 or (order == 0 and not range_.low_closed):
            return False
    if range_.high is not None:
        order = compare(value, range_.high)
        if order > 0 or (order == 0 and not range_.high_closed):
            return False
    return True


def contains(tests: Value, value: Value) -> bool:
    """Whether `value` fits one test of `in`: a range, a list that holds it, or an equal value."""
    if isinstance(tests, Range):
        return includes(tests, value)
    if isinstance(tests, tuple):
        return any(_fits(test, value) for test in tests) or same(tests, value)
    return equal(value, tests)


def _fits(test: Value, value: Value) -> bool:
    if isinstance(test, Range) and not isinstance(value, Range):
        return value is not None and includes(test, value)
    return same(test, value)


# --- the types of results ----------------------------------------------------------------------


def _sum_type(arguments: tuple[Type, ...], sign: int = 1) -> Type:
    left, right = arguments
    if not isinstance(left, NumberType) or not isinstance(right, NumberType):
        return types.NUMBER
    low, high = (right.low, right.high) if sign > 0 else (_minus(right.high), _minus(right.low))
    return NumberType(
        left.unit if right.unit is None else right.unit,
        bound(lambda a, b: a + b, left.low, low, ROUND_FLOOR),
        bound(lambda a, b: a + b, left.high, high, ROUND_CEILING),
        None if left.scale is None or right.scale is None else max(left.scale, right.scale),
    )


def bound(
    run: Callable[[Decimal, Decimal], Decimal],
    left: Decimal | None,
    right: Decimal | None,
    rounding: str,
) -> Decimal | None:
    """Find an end of a result's interval, rounded outwards; None when a side has none or it is too large."""
    if left is None or right is None:
        return None
    with localcontext(CONTEXT) as context:
        context.rounding = rounding
        try:
            return run(left, right)
        except (Overflow, InvalidOperation):
            return None


def _minus(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.copy_negate()


def _product_type(arguments: tuple[Type, ...]) -> Type:
    left, right = arguments
    if not isinstance(left, NumberType) or not isinstance(right, NumberType):
        return types.NUMBER
    pairs = [(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    lows = [bound(lambda a, b: a * b, a, b, ROUND_FLOOR) for a, b in pairs]
    highs = [bound(lambda a, b: a * b, a, b, ROUND_CEILING) for a, b in pairs]
    return NumberType(
        types.unit_product(left.unit, right.unit),
        None if None in lows else min(n for n in lows if n is not None),
        None if None in highs else max(n for n in highs if n is not None),
        None if left.scale is None or right.scale is None else left.scale + right.scale,
    )


def _quotient_type(arguments: tuple[Type, ...]) -> Type:
    left, right = arguments
    if not isinstance(left, NumberType) or not isinstance(right, NumberType):
        return types.NUMBER
    return NumberType(types.unit_product(left.unit, right.unit, -1))


def _negated_type(arguments: tuple[Type, ...]) -> Type:
    (type_,) = arguments
    if not isinstance(type_, NumberType):
        return types.NUMBER
    return NumberType(type_.unit, _minus(type_.high), _minus(type_.low), type_.scale)


def _power_type(arguments: tuple[Type, ...]) -> Type | None:
    """A unit is raised by a whole number that is written down; by no other."""
    base, exponent = arguments
    if not isinstance(base, NumberType) or not isinstance(exponent, NumberType):
        return types.NUMBER
    if exponent.unit:
        return None
    if not base.unit:
        return NumberType(base.unit)
    power = exponent.low
    known = power is not None and power == exponent.high and exponent.scale == 0
    if not known or power is None or abs(power) > _HIGHEST_POWER:
        return None
    return NumberType(types.unit_power(base.unit, int(power)))


_HIGHEST_POWER = 9


_D, _M, _DT = "days and time duration", "years and months duration", "date and time"


def _signature(
    left: str, right: str, result: object, run: Callable[..., Value], inline: str | None = None
) -> object:
    return signature(f"left: {left}, right: {right}", result, guarded(run), inline)  # type: ignore[arg-type]


_ADD = (
    _signature("number", "number", _sum_type, lambda a, b: a + b, "({0} + {1})"),
    _signature("string", "string", "string", _joined),
    _signature("date", _D, "date", _days_after),
    _signature(_D, "date", "date", lambda a, b: _days_after(b, a)),
    _signature(_DT, _D, _DT, lambda a, b: shifted(a, length(b))),
    _signature(_D, _DT, _DT, lambda a, b: shifted(b, length(a))),
    _signature("time", _D, "time", lambda a, b: _add_time(a, length(b))),
    _signature(_D, "time", "time", lambda a, b: _add_time(b, length(a))),
    _signature("date", _M, "date", lambda a, b: add_months(a, b.count)),
    _signature(_M, "date", "date", lambda a, b: add_months(b, a.count)),
    _signature(_DT, _M, _DT, _add_months_to),
    _signature(_M, _DT, _DT, lambda a, b: _add_months_to(b, a)),
    _signature(_D, _D, _D, lambda a, b: duration_of(length(a) + length(b))),
    _signature(_M, _M, _M, lambda a, b: months_of(a.count + b.count)),
)
_SUBTRACT = (
    _signature("number", "number", lambda t: _sum_type(t, -1), lambda a, b: a - b, "({0} - {1})"),
    _signature("date", "date", _D, lambda a, b: duration_of((day_number(a) - day_number(b)) * DAY)),
    _signature(_DT, _DT, _D, difference),
    _signature("time", "time", _D, _subtract_times),
    _signature("date", _D, "date", lambda a, b: _days_after(a, _negated(b))),
    _signature(_DT, _D, _DT, lambda a, b: shifted(a, -length(b))),
    _signature("time", _D, "time", lambda a, b: _add_time(a, -length(b))),
    _signature("date", _M, "date", lambda a, b: add_months(a, -b.count)),
    _signature(_DT, _M, _DT, lambda a, b: _add_months_to(a, Months(-b.count))),
    _signature(_D, _D, _D, lambda a, b: duration_of(length(a) - length(b))),
    _signature(_M, _M, _M, lambda a, b: months_of(a.count - b.count)),
)
_MULTIPLY = (
    _signature("number", "number", _product_type, lambda a, b: a * b, "({0} * {1})"),
    _signature(_D, "number", _D, _scaled),
    _signature("number", _D, _D, lambda a, b: _scaled(b, a)),
    _signature(_M, "number", _M, lambda a, b: months_of(int(a.count * b))),
    _signature("number", _M, _M, lambda a, b: months_of(int(a * b.count))),
)
_DIVIDE = (
    _signature("number", "number", _quotient_type, lambda a, b: a / b, "({0} / {1})"),
    _signature(_D, "number", _D, lambda a, b: _scaled(a, b, divide=True)),
    _signature(_D, _D, "number", lambda a, b: Decimal(length(a)) / Decimal(length(b))),
    _signature(_M, "number", _M, lambda a, b: months_of(int(a.count / b))),
    _signature(_M, _M, "number", lambda a, b: Decimal(a.count) / b.count),
)


def _comparison(test: Callable[[int], bool], sign: str) -> tuple[object, ...]:
    return (
        _signature(
            "number", "number", BOOLEAN, lambda a, b: test(compare(a, b)), f"({{0}} {sign} {{1}})"
        ),
        _signature("comparable", "comparable", BOOLEAN, lambda a, b: test(compare(a, b))),
    )


BUILTINS = {
    "+": _ADD,
    "-": _SUBTRACT,
    "*": _MULTIPLY,
    "/": _DIVIDE,
    "**": _signature("number", "number", _power_type, lambda a, b: a**b, "({0} ** {1})"),
    "negate": (
        signature("value: number", _negated_type, guarded(lambda a: -a), "(-{0})"),
        signature(f"value: {_D}", _D, guarded(_negated)),
        signature(f"value: {_M}", _M, guarded(lambda a: Months(-a.count))),
    ),
    "<": _comparison(lambda order: order < 0, "<"),
    "<=": _comparison(lambda order: order <= 0, "<="),
    ">": _comparison(lambda order: order > 0, ">"),
    ">=": _comparison(lambda order: order >= 0, ">="),
    "=": (
        _signature("number", "number", BOOLEAN, equal, "({0} == {1})"),
        _signature("string", "string", BOOLEAN, equal, "({0} == {1})"),
        _signature("boolean", "boolean", BOOLEAN, equal, "({0} is {1})"),
        _signature("any", "any", BOOLEAN, equal),
    ),
    "!=": (
        _signature("number", "number", BOOLEAN, lambda a, b: not equal(a, b), "({0} != {1})"),
        _signature("string", "string", BOOLEAN, lambda a, b: not equal(a, b), "({0} != {1})"),
        _signature("boolean", "boolean", BOOLEAN, lambda a, b: not equal(a, b), "({0} is not {1})"),
        _signature("any", "any", BOOLEAN, lambda a, b: not equal(a, b)),
    ),
    "in": _signature("any", "any", BOOLEAN, lambda value, tests: contains(tests, value)),
}
"""The operators by sign: left and right, or the one value."""


def _before_mixed(sign: str, result: object, run: Callable[..., Value]) -> tuple[object, ...]:
    """Put before what an operator means what it does for a date beside a date and time (10.3.2.9.4)."""
    plain = BUILTINS[sign]
    mixed = guarded(lambda left, right: run(as_date_time(left), as_date_time(right)))
    pairs = ((_DT, "date"), ("date", _DT))
    return (
        *(signature(f"left: {a}, right: {b}", result, mixed) for a, b in pairs),  # type: ignore[arg-type]
        *(plain if isinstance(plain, tuple) else (plain,)),
    )


def fits_test(value: Value, tests: Value) -> Value:
    """Whether a value fits what a unary test gives: a test that is true by itself fits all (7.3.3)."""
    if isinstance(tests, bool) and not isinstance(value, bool):
        return tests
    return contains(tests, value)


def fits_condition(value: Value, condition: Value) -> Value:
    """Whether a test about `?` holds; one that gives no truth value is a test as any other."""
    if condition is None or isinstance(condition, bool):
        return condition
    return contains(condition, value)


STANDARD = {
    "-": _before_mixed("-", _D, difference),
    "<": _before_mixed("<", BOOLEAN, lambda a, b: compare(a, b) < 0),
    "<=": _before_mixed("<=", BOOLEAN, lambda a, b: compare(a, b) <= 0),
    ">": _before_mixed(">", BOOLEAN, lambda a, b: compare(a, b) > 0),
    ">=": _before_mixed(">=", BOOLEAN, lambda a, b: compare(a, b) >= 0),
    "**": _signature("number", "number", _power_type, lambda a, b: a**b if b else Decimal(1)),
    "in": _signature("any", "any", BOOLEAN, fits_test),
    "?": _signature("any", "any", BOOLEAN, fits_condition),
}
"""The operators that mean more in the standard."""
