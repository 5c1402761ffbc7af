"""Dates and durations as plain numbers and back: days, seconds, months."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.values import Months

if TYPE_CHECKING:
    from engine.feel.values import Value

_SECOND = dt.timedelta(seconds=1)
_TICK = dt.timedelta(microseconds=1)
KINDS = frozenset({types.DATE.name, types.DAYS.name, types.MONTHS.name})
"""The kinds of values besides numbers that are counted."""


def counted(value: object) -> Fraction | None:
    """Count a date in days, a duration in seconds or months; a number is itself, anything else None."""
    match value:
        case bool() | dt.datetime():
            return None
        case Decimal() | int():
            return Fraction(value)
        case dt.date():
            return Fraction(value.toordinal())
        case dt.timedelta():
            return Fraction(value // _TICK, _SECOND // _TICK)
        case Months():
            return Fraction(value.count)
        case _:
            pass
    return None


def uncounted(kind: str, count: Fraction) -> Value:
    """The date or duration that a count stands for, the nearest whole one."""
    if kind == types.DAYS.name:
        return _TICK * round(count * (_SECOND // _TICK))
    if kind == types.MONTHS.name:
        return Months(round(count))
    last = dt.date.max.toordinal()
    return dt.date.fromordinal(min(max(round(count), 1), last))
