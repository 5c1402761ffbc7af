"""Calendar arithmetic on days and nanoseconds, beyond what `datetime` holds (DMN 1.5, 10.3.2.3.4–10.3.2.3.8).

Every operation goes through whole numbers: a date is the number of its day, a time the nanoseconds since
midnight, a duration a count of nanoseconds. What `datetime` can hold comes out as its classes, the rest as
the wide ones of `values`; `narrow` keeps rules to the former.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from engine.feel.values import (
    Months,
    NoValueError,
    Value,
    WideDate,
    WideDateTime,
    WideDuration,
    WideTime,
)
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

OUT_OF_CALENDAR = Code(
    "FEEL-EVAL-005",
    "the date lies outside the years 1 to 9999",
    "日期超出 1 至 9999 年",
    "check the values that go in",
    "请检查参与计算的值",
)
BEYOND_CALENDAR = Code(
    "FEEL-EVAL-062",
    "the date or duration is beyond 999999999 years",
    "日期或时长超出 999999999 年",
    "check the values that go in",
    "请检查参与计算的值",
)
OFFSETS = Code(
    "FEEL-EVAL-006",
    "`{op}` does not work on a time with an offset and one without",
    "`{op}` 不能用于一个带时区偏移、另一个不带的时间",
    "write both with an offset, as in `09:30:00+08:00`, or both without",
    "请两边都写时区偏移，例如 `09:30:00+08:00`，或都不写",
)
NAMED_ZONE = Code(
    "FEEL-EVAL-063",
    "the named time zone `{zone}` is not allowed in rules",
    "规则中不允许使用命名时区 `{zone}`",
    "write the offset, as in `09:30:00+08:00`",
    "请写时区偏移，例如 `09:30:00+08:00`",
)

Date: TypeAlias = dt.date | WideDate
Time: TypeAlias = dt.time | WideTime
DateTime: TypeAlias = dt.datetime | WideDateTime
Duration: TypeAlias = dt.timedelta | WideDuration

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
_NAMED = re.compile(r":[0-9]{2}(?:\.[0-9]+)?@(.{0,60})")
MAX_YEAR = 999_999_999
MAX_MONTHS = 12 * 10**9
_CYCLE = 146_097
"""Days in 400 years, after which the calendar repeats itself."""
_FIRST = dt.date(2000, 1, 1).toordinal()
_LONGEST = 366 * MAX_YEAR * DAY


def day_number(day: Date | DateTime) -> int:
    """Count a day from the first of year 1, which is 1; raises ValueError for a date that there is not."""
    cycles, year = divmod(day.year, 400)
    return dt.date(2000 + year, day.month, day.day).toordinal() + (cycles - 5) * _CYCLE


def date_of(number: int) -> Date:
    """Give the day of a number."""
    cycles, rest = divmod(number - _FIRST, _CYCLE)
    day = dt.date.fromordinal(_FIRST + rest)
    return date_from(day.year + 400 * cycles, day.month, day.day)


def date_from(year: int, month: int, day: int) -> Date:
    """Make a date of its parts; raises ValueError for one that there is not."""
    if dt.MINYEAR <= year <= dt.MAXYEAR:
        return dt.date(year, month, day)
    if abs(year) > MAX_YEAR:
        raise NoValueError(BEYOND_CALENDAR)
    made = WideDate(year, month, day)
    day_number(made)
    return made


def nanoseconds(clock: Time | DateTime) -> int:
    """Count from midnight, by the clock of the place."""
    wide = isinstance(clock, WideTime | WideDateTime)
    fraction = clock.nanosecond if wide else clock.microsecond * 1000  # type: ignore[union-attr]
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * SECOND + fraction


def time_of(count: int, zone: dt.tzinfo | None) -> Time:
    """Give the time so many nanoseconds after midnight; whole days are left out."""
    seconds, fraction = divmod(count % DAY, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    if fraction % 1000:
        return WideTime(hour, minute, second, fraction, zone)
    return dt.time(hour, minute, second, fraction // 1000, zone)


def combined(day: Date | DateTime, clock: Time) -> DateTime:
    """Join a date and a time."""
    if isinstance(clock, dt.time) and isinstance(day, dt.date):
        return dt.datetime.combine(day, clock)
    fraction = nanoseconds(clock) % SECOND
    return WideDateTime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, fraction, clock.tzinfo
    )


def date_part(value: Date | DateTime) -> Date:
    """The day of a date and time, or the date itself."""
    return date_from(value.year, value.month, value.day)


def time_part(value: Time | DateTime) -> Time:
    """The clock of a date and time, with its zone, or the time itself."""
    return time_of(nanoseconds(value), value.tzinfo)


def length(duration: Duration) -> int:
    """Count the nanoseconds of a duration."""
    if isinstance(duration, WideDuration):
        return duration.nanoseconds
    return duration // dt.timedelta(microseconds=1) * 1000


def duration_of(count: int) -> Duration:
    """Give the duration of so many nanoseconds."""
    if abs(count) > _LONGEST:
        raise NoValueError(BEYOND_CALENDAR)
    if count % 1000 == 0 and abs(count) < 999_999_999 * DAY:
        return dt.timedelta(microseconds=count // 1000)
    return WideDuration(count)


def offset(value: Time | DateTime) -> int | None:
    """How far the clock is ahead of UTC, in nanoseconds; None without a zone, or where it varies by the day."""
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(value, dt.time | WideTime):
        found = zone.utcoffset(None)
    elif isinstance(value, dt.datetime):
        found = value.utcoffset()
    else:  # the rules of a zone repeat as the calendar does
        alike = dt.datetime(2000 + value.year % 400, value.month, value.day)  # noqa: DTZ001 - its zone comes next
        found = (
            (alike + dt.timedelta(seconds=nanoseconds(value) // SECOND))
            .replace(tzinfo=zone)
            .utcoffset()
        )
    return None if found is None else length(found)


def zone_name(value: Time | DateTime) -> str | None:
    """The IANA name of its zone, if it has one."""
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def instant(value: DateTime) -> int:
    """Count the nanoseconds to a point in time; without a zone, as if it were UTC."""
    return day_number(value) * DAY + nanoseconds(value) - (offset(value) or 0)


def key(value: Value) -> tuple[bool, int]:
    """What a temporal value is ordered and compared by: whether it has a zone, and a number."""
    match value:
        case dt.datetime() | WideDateTime():
            return value.tzinfo is not None, instant(value)
        case dt.date() | WideDate():
            return False, day_number(value)
        case dt.time() | WideTime():
            ahead = offset(value)
            return ahead is not None, nanoseconds(value) - (ahead or 0)
        case dt.timedelta() | WideDuration():
            return False, length(value)
        case Months():
            return False, value.count
        case _:
            pass
    raise TypeError(value)


def shifted(value: DateTime, count: int) -> DateTime:
    """Move a point in time by nanoseconds; in a zone, by those that pass and not by those of the clock."""
    moved = instant(value) + count
    if isinstance(value.tzinfo, ZoneInfo):
        return _in_zone(moved, value.tzinfo)
    return _at(moved + (offset(value) or 0), value.tzinfo)


def _at(count: int, zone: dt.tzinfo | None) -> DateTime:
    number, rest = divmod(count, DAY)
    return combined(date_of(number), time_of(rest, zone))


def _in_zone(moment: int, zone: ZoneInfo) -> DateTime:
    """Read a point in time by the clocks of a zone, of which one in the same place of the cycle tells."""
    number, rest = divmod(moment, DAY)
    cycles = (number - _FIRST) // _CYCLE if not 1 < number < dt.date.max.toordinal() else 0
    day = dt.date.fromordinal(number - cycles * _CYCLE)
    there = dt.datetime.combine(day, dt.time(tzinfo=dt.UTC)) + dt.timedelta(seconds=rest // SECOND)
    local = there.astimezone(zone)
    made = _at(moment + length(local.utcoffset() or dt.timedelta()), zone)
    return made.replace(fold=local.fold) if isinstance(made, dt.datetime) else made


def difference(left: DateTime, right: DateTime) -> Duration:
    """Subtract two points in time; one with a zone and one without have no distance."""
    if (left.tzinfo is None) != (right.tzinfo is None):
        raise NoValueError(OFFSETS, op="-")
    return duration_of(instant(left) - instant(right))


def add_months(day: Date, months: int) -> Date:
    """Move a date by months; the day is lowered to the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(2000 + year % 400, month + 1)[1]
    return date_from(year, month + 1, min(day.day, last))


def narrow(run: Callable[..., Value]) -> Callable[..., Value]:
    """Keep a function to what rules have: the years 1 to 9999, microseconds, and no named zones.

    A text that names a zone is refused before the zone is looked for: a rule reads no file.
    """

    def call(*arguments: Value) -> Value:
        for text in arguments:
            if isinstance(text, str) and (match := _NAMED.search(text)):
                raise NoValueError(NAMED_ZONE, zone=match[1])
        return _narrowed(run(*arguments))

    return call


def _narrowed(value: Value) -> Value:
    match value:
        case (
            dt.time(tzinfo=ZoneInfo(key=name))
            | dt.datetime(tzinfo=ZoneInfo(key=name))
            | WideTime(tzinfo=ZoneInfo(key=name))
            | WideDateTime(tzinfo=ZoneInfo(key=name))
        ):
            raise NoValueError(NAMED_ZONE, zone=name)
        case WideTime():
            return time_of(nanoseconds(value) // 1000 * 1000, value.tzinfo)
        case WideDateTime() if dt.MINYEAR <= value.year <= dt.MAXYEAR:
            clock = time_of(nanoseconds(value) // 1000 * 1000, value.tzinfo)
            return combined(date_part(value), clock)
        case WideDuration() if abs(value.nanoseconds) < 999_999_999 * DAY:
            sign = -1 if value.nanoseconds < 0 else 1
            return duration_of(sign * (abs(value.nanoseconds) // 1000 * 1000))
        case WideDate() | WideDateTime() | WideDuration():
            raise NoValueError(OUT_OF_CALENDAR)
        case _:
            pass
    return value


# --- how they are written ----------------------------------------------------------------------


def date_text(day: Date | DateTime) -> str:
    """Write `2026-01-31`; a year has at least four digits, and a sign only below zero."""
    return f"{'-' if day.year < 0 else ''}{abs(day.year):04d}-{day.month:02d}-{day.day:02d}"


def time_text(clock: Time | DateTime) -> str:
    """Write `09:30:00`, with the fraction of a second and the zone where there are any."""
    fraction = nanoseconds(clock) % SECOND
    text = f"{clock.hour:02d}:{clock.minute:02d}:{clock.second:02d}"
    if fraction:
        text += f".{fraction:09d}".rstrip("0")
    return text + _zone_text(clock)


def _zone_text(clock: Time | DateTime) -> str:
    if (name := zone_name(clock)) is not None:
        return f"@{name}"
    ahead = offset(clock)
    if ahead is None:
        return ""
    if ahead == 0:
        return "Z"
    minutes, seconds = divmod(abs(ahead) // SECOND, 60)
    text = f"{'-' if ahead < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return text + (f":{seconds:02d}" if seconds else "")


def date_time_text(value: DateTime) -> str:
    """Write `2026-01-31T09:30:00+08:00`."""
    return f"{date_text(value)}T{time_text(value)}"


def duration_text(duration: Duration) -> str:
    """Write `P3DT4H5M6S`, each part below that of the next larger one."""
    count = length(duration)
    days, rest = divmod(abs(count), DAY)
    seconds, fraction = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    tail = f".{fraction:09d}".rstrip("0") if fraction else ""
    clock = (f"{hours}H" if hours else "") + (f"{minute}M" if minute else "")
    clock += f"{second}{tail}S" if second or tail else ""
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if count < 0 else ''}P{body or 'T0S'}"


def months_of(count: int) -> Months:
    """Give the duration of so many months."""
    if abs(count) > MAX_MONTHS:
        raise NoValueError(BEYOND_CALENDAR)
    return Months(count)


def months_text(months: Months) -> str:
    """Write `P1Y2M`."""
    years, rest = divmod(abs(months.count), 12)
    body = (f"{years}Y" if years else "") + (f"{rest}M" if rest or not years else "")
    return f"{'-' if months.count < 0 else ''}P{body}"
