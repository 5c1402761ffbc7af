"""How long a thing is kept: the longest duty over it, the day from which it may go, the day by which it must."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.jurisdictions.merge import Ground, Keep
    from engine.jurisdictions.periods import Period

_FRIDAY = 4
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Due:
    """The days of one thing: kept through `keep_until`, gone by `gone_by`; none where no law says one."""

    keep_until: dt.date | None
    gone_by: dt.date | None
    erase: bool
    grounds: tuple[Ground, ...]

    def is_due(self, day: dt.date) -> bool:
        """Whether on this day no duty keeps the thing any more, and it is to be erased or looked at."""
        return day > self.keep_until if self.keep_until else self.is_late(day)

    def is_late(self, day: dt.date) -> bool:
        """Whether the thing should have gone before this day."""
        return self.gone_by is not None and day > self.gone_by


def retained(since: dt.date, keep: Keep) -> Due:
    """Say how long something of the day `since` is kept by the law of its place."""
    return Due(
        None if keep.at_least is None else after(since, keep.at_least),
        None if keep.at_most is None else after(since, keep.at_most),
        keep.erase,
        keep.grounds,
    )


def after(day: dt.date, period: Period) -> dt.date:
    """Give the day that lies a period after another; the last day of a month that is too short.

    Business days leave out weekends alone, as everywhere with periods of law. A day beyond the
    calendar is its last.

    >>> from engine.jurisdictions.periods import parse_period
    >>> after(dt.date(2024, 2, 29), parse_period("3 years"))
    datetime.date(2027, 2, 28)
    """
    if period.unit in _MONTHS:
        months = day.year * 12 + day.month - 1 + period.count * _MONTHS[period.unit]
        year, month = divmod(months, 12)
        if year > dt.MAXYEAR:
            return dt.date.max
        last = calendar.monthrange(year, month + 1)[1]
        return dt.date(year, month + 1, min(day.day, last))
    try:
        if period.unit == "day":
            return day + dt.timedelta(days=period.count)
        weeks, rest = divmod(period.count, 5)
        day += dt.timedelta(weeks=weeks)
        while rest or day.weekday() > _FRIDAY:
            day += dt.timedelta(days=1)
            rest -= rest > 0 and day.weekday() <= _FRIDAY
    except OverflowError:
        return dt.date.max
    return day
