"""The simplest value of a stretch: what stands for all values between two bounds of a table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.types import NumberType
from engine.feel.values import Months
from engine.kernel.decimals import CONTEXT, plain_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.feel.types import Type
    from engine.feel.values import Range, Value

_MOST_PLACES = 20
"""Between two numbers that are nearer to each other than this many places no third one is looked for."""


def between(low: Value, high: Value, type_: Type, declared: Range | None) -> tuple[Value, ...]:
    """A value strictly between two ends, or the end itself where they are one; none when there is none.

    An end that is None is open; the value also keeps the type's bounds and places, and the declared range.
    """
    bounds = type_ if isinstance(type_, NumberType) else NumberType(scale=_PLACES.get(type_))
    lows, highs = _Ends(bounds.low), _Ends(bounds.high)
    if declared is not None:
        lows.add(_ordinal(declared.low), closed=declared.low_closed, higher=True)
        highs.add(_ordinal(declared.high), closed=declared.high_closed, higher=False)
    same = low is not None and low == high
    lows.add(_ordinal(low), closed=same, higher=True)
    highs.add(_ordinal(high), closed=same, higher=False)
    if type_ != bounds and type_ not in _PLACES:
        return ()
    found = _simplest(lows, highs, bounds.scale)
    return () if found is None else (_value(found, type_),)


class _Ends:
    """The strictest of several ends on one side."""

    def __init__(self, end: Decimal | None) -> None:
        self.end, self.closed = end, True

    def add(self, end: Decimal | None, *, closed: bool, higher: bool) -> None:
        if end is None:
            return
        if self.end is None or (end > self.end if higher else end < self.end):
            self.end, self.closed = end, closed
        elif end == self.end:
            self.closed = self.closed and closed


def _simplest(low: _Ends, high: _Ends, scale: int | None) -> Decimal | None:
    """The number with the fewest places between two ends, the middle one of those."""
    with localcontext(CONTEXT) as context:
        context.prec = 200
        for places in range(min(_MOST_PLACES, _MOST_PLACES if scale is None else scale) + 1):
            first = None if low.end is None else _first(low.end, places, closed=low.closed)
            last = None if high.end is None else -_first(-high.end, places, closed=high.closed)
            if first is None or last is None:
                only = last if first is None else first
                return Decimal(0 if only is None else only).scaleb(-places)
            if first <= last:
                return ((first + last) // 2).scaleb(-places)
        if low.end is not None and low.end == high.end and low.closed and high.closed:
            return low.end if scale is None else None
    return None


def _first(low: Decimal, places: int, *, closed: bool) -> Decimal:
    """The first whole count of steps above an end, or at it when it is closed."""
    scaled = low.scaleb(places)
    count = scaled.to_integral_value("ROUND_CEILING")
    return count + 1 if count == scaled and not closed else count


_PLACES: dict[Type, int] = {types.DATE: 0, types.MONTHS: 0, types.DAYS: 6}


def _ordinal(value: Value) -> Decimal | None:
    """Count a value that has an order: days for a date, months and seconds for durations."""
    match value:
        case Decimal():
            return value
        case dt.date():
            return Decimal(value.toordinal())
        case Months():
            return Decimal(value.count)
        case dt.timedelta():
            return Decimal(value // dt.timedelta(microseconds=1)).scaleb(-6)
        case _:
            pass
    return None


def _value(number: Decimal, type_: Type) -> Value:
    if type_ == types.DATE:
        return dt.date.fromordinal(int(number)) if number > 0 else dt.date(2026, 1, 1)
    if type_ == types.MONTHS:
        return Months(int(number))
    if type_ == types.DAYS:
        return dt.timedelta(microseconds=int(number.scaleb(6)))
    return plain_number(number)


def unlike(texts: Iterable[str]) -> str:
    """A text that is none of those given."""
    text, known = "other", set(texts)
    while text in known:
        text += "-"
    return text
