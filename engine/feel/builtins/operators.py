"""The operators (DMN 1.5, 10.3.2.3 and tables 50–55): arithmetic and comparison of every kind of value."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.registry import COMPARABLE, signature
from engine.feel.types import BOOLEAN, NumberType, Type
from engine.feel.values import Months, NoValueError, Range, Value, kind_of
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
OUT_OF_CALENDAR = Code(
    "FEEL-EVAL-005",
    "the date lies outside the years 1 to 9999",
    "日期超出 1 至 9999 年",
    "check the values that go in",
    "请检查参与计算的值",
)


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
        except OverflowError:
            raise NoValueError(OUT_OF_CALENDAR) from None

    return call


def add_months(day: dt.date, months: int) -> dt.date:
    """Move a date by months; the day is lowered to the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise NoValueError(OUT_OF_CALENDAR)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def _add_time(time: dt.time, duration: dt.timedelta) -> dt.time:
    return (dt.datetime.combine(dt.date(2000, 1, 1), time) + duration).timetz()


def _subtract_times(left: dt.time, right: dt.time) -> dt.timedelta:
    day = dt.date(2000, 1, 1)
    return dt.datetime.combine(day, left) - dt.datetime.combine(day, right)


def _seconds(duration: dt.timedelta) -> Decimal:
    return Decimal(duration // dt.timedelta(microseconds=1)) / 1_000_000


def _duration(seconds: Decimal) -> dt.timedelta:
    return dt.timedelta(microseconds=int(seconds * 1_000_000))


def compare(left: Value, right: Value) -> int:
    """Order two values of one comparable kind: negative, zero or positive."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in COMPARABLE:
        raise NoValueError(UNLIKE, op="<", left=_kind(left), right=_kind(right))
    try:
        return int(left > right) - int(left < right)  # type: ignore[operator]
    except TypeError:  # a time with an offset beside one without
        raise NoValueError(UNLIKE, op="<", left=_kind(left), right=_kind(right)) from None


def _kind(value: Value) -> str:
    return "a missing value" if value is None else kind_of(value)


def equal(left: Value, right: Value) -> bool:
    """Compare for equality: null equals only null, unlike kinds have no answer."""
    if left is None or right is None:
        return left is right
    if kind_of(left) != kind_of(right):
        raise NoValueError(UNLIKE, op="=", left=_kind(left), right=_kind(right))
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(
            equal(a, b) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(v, right[k]) for k, v in left.items())
    return left == right


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
        return value is not None and includes(tests, value)
    if isinstance(tests, tuple):
        return any(
            contains(test, value) if isinstance(test, Range) else _same(test, value)
            for test in tests
        )
    return equal(value, tests)


def _same(left: Value, right: Value) -> bool:
    return (
        (left is None) == (right is None) and kind_of(left) == kind_of(right) and equal(left, right)
    )


# --- the types of results ----------------------------------------------------------------------


def _sum_type(arguments: tuple[Type, ...], sign: int = 1) -> Type:
    left, right = arguments
    if not isinstance(left, NumberType) or not isinstance(right, NumberType):
        return types.NUMBER
    low, high = (right.low, right.high) if sign > 0 else (_minus(right.high), _minus(right.low))
    return NumberType(
        left.unit if right.unit is None else right.unit,
        None if left.low is None or low is None else left.low + low,
        None if left.high is None or high is None else left.high + high,
        None if left.scale is None or right.scale is None else max(left.scale, right.scale),
    )


def _minus(number: Decimal | None) -> Decimal | None:
    return None if number is None else -number


def _product_type(arguments: tuple[Type, ...]) -> Type:
    left, right = arguments
    if not isinstance(left, NumberType) or not isinstance(right, NumberType):
        return types.NUMBER
    ends = [
        a * b
        for a in (left.low, left.high)
        for b in (right.low, right.high)
        if a is not None and b is not None
    ]
    whole = len(ends) == 4  # noqa: PLR2004 - both ends of both sides
    scale = None if left.scale is None or right.scale is None else left.scale + right.scale
    unit = types.unit_product(left.unit, right.unit)
    return NumberType(unit, min(ends) if whole else None, max(ends) if whole else None, scale)


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


def _power_type(arguments: tuple[Type, ...]) -> Type:
    base = arguments[0]
    return NumberType(None if isinstance(base, NumberType) and base.unit is None else ())


_D, _M, _DT = "days and time duration", "years and months duration", "date and time"


def _signature(
    left: str, right: str, result: object, run: Callable[..., Value], inline: str | None = None
) -> object:
    return signature(f"left: {left}, right: {right}", result, guarded(run), inline)  # type: ignore[arg-type]


_ADD = (
    _signature("number", "number", _sum_type, lambda a, b: a + b, "({0} + {1})"),
    _signature("string", "string", "string", lambda a, b: a + b, "({0} + {1})"),
    _signature("date", _D, "date", lambda a, b: a + dt.timedelta(days=b // dt.timedelta(1))),
    _signature(_D, "date", "date", lambda a, b: b + dt.timedelta(days=a // dt.timedelta(1))),
    _signature(_DT, _D, _DT, lambda a, b: a + b),
    _signature(_D, _DT, _DT, lambda a, b: a + b),
    _signature("time", _D, "time", _add_time),
    _signature(_D, "time", "time", lambda a, b: _add_time(b, a)),
    _signature("date", _M, "date", lambda a, b: add_months(a, b.count)),
    _signature(_M, "date", "date", lambda a, b: add_months(b, a.count)),
    _signature(_DT, _M, _DT, lambda a, b: add_months(a, b.count)),
    _signature(_M, _DT, _DT, lambda a, b: add_months(b, a.count)),
    _signature(_D, _D, _D, lambda a, b: a + b),
    _signature(_M, _M, _M, lambda a, b: Months(a.count + b.count)),
)
_SUBTRACT = (
    _signature("number", "number", lambda t: _sum_type(t, -1), lambda a, b: a - b, "({0} - {1})"),
    _signature("date", "date", _D, lambda a, b: a - b),
    _signature(_DT, _DT, _D, lambda a, b: a - b),
    _signature("time", "time", _D, _subtract_times),
    _signature("date", _D, "date", lambda a, b: a - dt.timedelta(days=b // dt.timedelta(1))),
    _signature(_DT, _D, _DT, lambda a, b: a - b),
    _signature("time", _D, "time", lambda a, b: _add_time(a, -b)),
    _signature("date", _M, "date", lambda a, b: add_months(a, -b.count)),
    _signature(_DT, _M, _DT, lambda a, b: add_months(a, -b.count)),
    _signature(_D, _D, _D, lambda a, b: a - b),
    _signature(_M, _M, _M, lambda a, b: Months(a.count - b.count)),
)
_MULTIPLY = (
    _signature("number", "number", _product_type, lambda a, b: a * b, "({0} * {1})"),
    _signature(_D, "number", _D, lambda a, b: _duration(_seconds(a) * b)),
    _signature("number", _D, _D, lambda a, b: _duration(a * _seconds(b))),
    _signature(_M, "number", _M, lambda a, b: Months(int(a.count * b))),
    _signature("number", _M, _M, lambda a, b: Months(int(a * b.count))),
)
_DIVIDE = (
    _signature("number", "number", _quotient_type, lambda a, b: a / b, "({0} / {1})"),
    _signature(_D, "number", _D, lambda a, b: _duration(_seconds(a) / b)),
    _signature(_D, _D, "number", lambda a, b: _seconds(a) / _seconds(b)),
    _signature(_M, "number", _M, lambda a, b: Months(int(a.count / b))),
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
        signature(f"value: {_D}", _D, guarded(lambda a: -a)),
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
