"""Functions of numbers (DMN 1.5, 10.3.4.5), and our `interpolate`."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import TYPE_CHECKING

from engine.feel.builtins.operators import DIVISION_BY_ZERO, bound, guarded
from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN, DAYS, MONTHS, NUMBER, ListType, NumberType, Type, join
from engine.feel.values import Months, NoValueError
from engine.kernel.decimals import DIGITS
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_SCALE = Code(
    "FEEL-EVAL-010",
    "a number of decimal places must be a whole number from -6111 to 6176",
    "小数位数须为 -6111 至 6176 的整数",
    "write 2 for cents",
    "例如分为 2",
)
NOT_RISING = Code(
    "FEEL-EVAL-011",
    "`interpolate` needs x0 below x1, and here {x0} is not below {x1}",
    "`interpolate` 要求 x0 小于 x1，而这里 {x0} 不小于 {x1}",
    "give the points from left to right",
    "请按从左到右的顺序给出两点",
)
OUT_OF_DOMAIN = Code(
    "FEEL-EVAL-012",
    "`{function}` has no value for {value}",
    "`{function}` 对 {value} 没有值",
    "check the value that goes in",
    "请检查参与计算的值",
)
_LOWEST_SCALE, _HIGHEST_SCALE = -6111, 6176


def places(scale: Decimal) -> int:
    """Read a number of decimal places."""
    if scale != scale.to_integral_value() or not _LOWEST_SCALE <= scale <= _HIGHEST_SCALE:
        raise NoValueError(BAD_SCALE)
    return int(scale)


def quantize(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    """Round to `scale` decimal places; a number that has no more places stays as it is."""
    exponent = -places(scale)
    if int(number.as_tuple().exponent) >= exponent:
        return number
    return number.quantize(Decimal((0, (1,), exponent)), rounding=rounding)


def round_half_up(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round to the nearest, a half away from zero."""
    return quantize(number, scale, ROUND_HALF_UP)


def round_half_down(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round to the nearest, a half towards zero."""
    return quantize(number, scale, ROUND_HALF_DOWN)


def round_up(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round away from zero."""
    return quantize(number, scale, ROUND_UP)


def round_down(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round towards zero."""
    return quantize(number, scale, ROUND_DOWN)


def round_half_even(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round to the nearest, a half to the even digit."""
    return quantize(number, scale, ROUND_HALF_EVEN)


def floor(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round down to the next lower number of `scale` places."""
    return quantize(number, scale, ROUND_FLOOR)


def ceiling(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round up to the next higher number of `scale` places."""
    return quantize(number, scale, ROUND_CEILING)


def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The remainder with the sign of the divisor: `dividend - divisor * floor(dividend / divisor)`."""
    if not divisor:
        raise NoValueError(DIVISION_BY_ZERO)
    remainder = dividend % divisor
    return remainder + divisor if remainder and (remainder < 0) != (divisor < 0) else remainder


def _rest_of_two(number: Decimal) -> Decimal:
    """What is left when two is taken away as often as it can be; a number beyond 34 digits is even."""
    return Decimal(0) if number.adjusted() >= DIGITS else abs(number) % 2


def interpolate(x: Decimal, x0: Decimal, y0: Decimal, x1: Decimal, y1: Decimal) -> Decimal:
    """Draw a straight line from (x0, y0) to (x1, y1), level on both sides; x0 must lie below x1.

    It multiplies before it divides, so that a result that a decimal can hold comes out exact; the last
    clamp keeps a rounded quotient from leaving the band.
    """
    if not x0 < x1:
        raise NoValueError(NOT_RISING, x0=x0, x1=x1)
    if x <= x0:
        return y0
    if x >= x1:
        return y1
    y = y0 + (x - x0) * (y1 - y0) / (x1 - x0)
    low, high = (y0, y1) if y0 <= y1 else (y1, y0)
    if y < low:
        return low
    return min(y, high)


def _in_domain(
    name: str, run: Callable[[Decimal], Decimal], valid: Callable[[Decimal], bool]
) -> Callable[[Decimal], Decimal]:
    def call(number: Decimal) -> Decimal:
        if not valid(number):
            raise NoValueError(OUT_OF_DOMAIN, function=name, value=number)
        return run(number)

    return call


# --- the types of results ----------------------------------------------------------------------


def _rounded_type(arguments: tuple[Type, ...]) -> Type:
    number = arguments[0]
    if not isinstance(number, NumberType):
        return NUMBER
    scale = _constant_places(arguments[1]) if len(arguments) > 1 else 0
    if scale is None:
        return NumberType(number.unit)
    # A bound may round outwards: widen it by one step of the rounding.
    low = _widened(number.low, scale, Decimal((1, (1,), -scale)), ROUND_FLOOR)
    high = _widened(number.high, scale, Decimal((0, (1,), -scale)), ROUND_CEILING)
    return NumberType(number.unit, low, high, max(scale, 0))


def _constant_places(type_: Type) -> int | None:
    if (
        isinstance(type_, NumberType)
        and type_.low is not None
        and type_.low == type_.high
        and type_.scale == 0
    ):
        return int(type_.low) if _LOWEST_SCALE <= type_.low <= _HIGHEST_SCALE else None
    return None


def _widened(end: Decimal | None, scale: int, step: Decimal, rounding: str) -> Decimal | None:
    if end is None or -int(end.as_tuple().exponent) <= scale:
        return end
    return bound(lambda a, b: a + b, end, step, rounding)


def _same_unit(arguments: tuple[Type, ...]) -> Type | None:
    joined = arguments[0]
    for argument in arguments[1:]:
        both = join(joined, argument)
        if both is None:
            return None
        joined = both
    return NumberType(joined.unit) if isinstance(joined, NumberType) else NUMBER


def without_unit(arguments: tuple[Type, ...]) -> Type | None:
    """The type of a function that has no meaning for a number with a unit."""
    number = arguments[0].item if isinstance(arguments[0], ListType) else arguments[0]
    return None if isinstance(number, NumberType) and number.unit else NUMBER


def _interpolated_type(arguments: tuple[Type, ...]) -> Type:
    both = join(arguments[2], arguments[4])
    return NumberType(both.unit, both.low, both.high) if isinstance(both, NumberType) else NUMBER


def _rounding(run: Callable[..., Decimal], mode: str) -> tuple[object, ...]:
    def prepare(scale: Decimal = Decimal(0)) -> Callable[[Decimal], Decimal]:
        unit = Decimal((0, (1,), -places(scale)))
        return lambda number: number.quantize(unit, mode)

    return (
        signature("n: number, scale: number = 0", _rounded_type, guarded(run), prepare=prepare),
    )


_ONE = "number: number"
BUILTINS = {
    "decimal": signature("n: number, scale: number", _rounded_type, guarded(round_half_even)),
    "round up": _rounding(round_up, ROUND_UP),
    "round down": _rounding(round_down, ROUND_DOWN),
    "round half up": _rounding(round_half_up, ROUND_HALF_UP),
    "round half down": _rounding(round_half_down, ROUND_HALF_DOWN),
    "floor": _rounding(floor, ROUND_FLOOR),
    "ceiling": _rounding(ceiling, ROUND_CEILING),
    "abs": (
        signature("n: number", _same_unit, abs),
        signature("n: days and time duration", DAYS, abs),
        signature("n: years and months duration", MONTHS, lambda n: Months(abs(n.count))),
    ),
    "modulo": signature("dividend: number, divisor: number", _same_unit, guarded(modulo)),
    "sqrt": signature(
        _ONE, without_unit, guarded(_in_domain("sqrt", lambda n: n.sqrt(), lambda n: n >= 0))
    ),
    "log": signature(
        _ONE, without_unit, guarded(_in_domain("log", lambda n: n.ln(), lambda n: n > 0))
    ),
    "exp": signature(_ONE, without_unit, guarded(lambda n: n.exp())),
    "odd": signature(_ONE, BOOLEAN, lambda n: _rest_of_two(n) == 1),
    "even": signature(_ONE, BOOLEAN, lambda n: _rest_of_two(n) == 0),
    "interpolate": signature(
        "x: number, x0: number, y0: number, x1: number, y1: number",
        _interpolated_type,
        guarded(interpolate),
    ),
}
"""The functions of numbers by name."""

STANDARD = {
    name: signature("n: number, scale: number", NUMBER, guarded(run))
    for name, run in (
        ("round up", round_up),
        ("round down", round_down),
        ("round half up", round_half_up),
        ("round half down", round_half_down),
    )
}
"""The functions that need a scale in the standard."""
