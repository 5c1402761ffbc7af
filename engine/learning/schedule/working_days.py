"""Which days are worked, and on which days a rhythm falls; holidays come in as sets of dates."""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.learning.documents import Cadence

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
WORKDAYS = 5
UNITS = 100
"""Hours are counted in hundredths, whole numbers."""
DAY_UNITS = 8 * UNITS
"""What a day holds, unless one longer event has it for itself."""
LONGEST_WEEKS = 104
"""How far a schedule looks ahead."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday without the `days_off`, and the weekend days that are worked instead."""

    days_off: frozenset[dt.date] = frozenset()
    extra: frozenset[dt.date] = frozenset()

    def works(self, day: dt.date) -> bool:
        """Whether a day is worked."""
        if day in self.extra:
            return True
        return day.weekday() < WORKDAYS and day not in self.days_off

    def days_from(self, day: dt.date, until: dt.date) -> Iterator[dt.date]:
        """List the worked days from `day` up to `until`, both included."""
        while day <= until:
            if self.works(day):
                yield day
            day += DAY

    def week(self, monday: dt.date, *, not_before: dt.date = dt.date.min) -> tuple[dt.date, ...]:
        """List the worked days of a week, none of them before `not_before`."""
        days = (monday + n * DAY for n in range(7))
        return tuple(day for day in days if day >= not_before and self.works(day))


def monday_of(day: dt.date) -> dt.date:
    """Give the Monday of a day's week."""
    return day - day.weekday() * DAY


def pace(limit: int) -> int:
    """Give what a day takes of learning without dates: a fifth of the week, to the half hour."""
    half = UNITS // 2
    return min(DAY_UNITS, -(-limit // (WORKDAYS * half)) * half)


def room_in_week(days: int, limit: int) -> int:
    """Give what a week with so many worked days holds of learning without dates."""
    return min(limit, days * pace(limit))


def rhythm(
    cadence: Cadence, first: dt.date, worked: WorkingDays, until: dt.date
) -> tuple[tuple[dt.date, ...], ...] | None:
    """Give for each time of a rhythm that begins on `first` its possible days, the wished one first.

    A meeting moves within its week when its day is not worked; a week without a worked day is
    passed over and the rhythm goes on after it. None: it does not end by `until`.
    """
    if cadence.every == "workday":
        days = islice(worked.days_from(first, until), cadence.times)
        each = tuple((day,) for day in days)
        return each if len(each) == cadence.times else None
    found: list[tuple[dt.date, ...]] = [(first,)]
    base = first
    for time in range(1, cadence.times):
        base = (
            _months_after(first, time)
            if cadence.every == "month"
            else base + (WEEK if cadence.every == "week" else 2 * WEEK)
        )
        while not (around := _around(base, worked)):
            base += WEEK
            if base > until:
                return None
        if around[0] > until:
            return None
        found.append(around)
    return tuple(found)


def _around(day: dt.date, worked: WorkingDays) -> tuple[dt.date, ...]:
    """List the worked days of a week: from the wished one on, then those before it, nearest first."""
    week = worked.week(monday_of(day))
    return (*(d for d in week if d >= day), *(d for d in reversed(week) if d < day))


def _months_after(day: dt.date, count: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
