"""Dates, times and durations: how they are made, written, and what properties they have (10.3.4.1, 10.3.4.7)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from engine.feel import types
from engine.feel.builtins.operators import MAX_TEXT, TEXT_TOO_LONG
from engine.feel.builtins.registry import signature
from engine.feel.chronology import (
    DAY,
    MAX_YEAR,
    SECOND,
    Date,
    DateTime,
    Duration,
    Time,
    combined,
    date_from,
    date_of,
    date_part,
    date_text,
    date_time_text,
    day_number,
    duration_of,
    duration_text,
    length,
    months_of,
    months_text,
    nanoseconds,
    narrow,
    offset,
    time_of,
    time_part,
    time_text,
    zone_name,
)
from engine.feel.types import DATE, DATE_TIME, DAYS, MONTHS, NUMBER, STRING, TIME, NumberType, Type
from engine.feel.values import (
    Months,
    NoValueError,
    Range,
    Value,
    WideDate,
    WideDateTime,
    WideDuration,
    WideTime,
    bounded,
    kind_of,
)
from engine.feel.zones import named_zone
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_TEMPORAL = Code(
    "FEEL-EVAL-060",
    "`{text}` is not a {kind}",
    "`{text}` 不是 {kind}",
    "write it as `{example}`",
    "请写成 `{example}`",
)
NO_TEXT = Code(
    "FEEL-EVAL-061",
    "a {kind} cannot be written as a text",
    "{kind} 不能写成文字",
    "use one of its parts",
    "请使用其中一部分",
)
_EXAMPLES = {
    "date": "2026-01-31",
    "time": "09:30:00+08:00",
    "date and time": "2026-01-31T09:30:00+08:00",
    "duration": "P1Y2M or P3DT4H",
}

_DATE = re.compile(r"(-?(?:[0-9]{4}|[1-9][0-9]{4,8}))-([0-9]{2})-([0-9]{2})")
_CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9})[0-9]*)?")
_END_OF_DAY = re.compile(r"24:00:00(?=(?:\.0+)?(?:[Zz@+-]|$))")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-5][0-9])(?::([0-5][0-9]))?")
_ZONED = re.compile(r"(.*?)([Zz]|[+-][0-9:]*|@.*)?")
_N = "([0-9]{1,12})"
_MONTHS = re.compile(rf"(-?)P(?=[0-9])(?:{_N}Y)?(?:{_N}M)?")
_DAYS = re.compile(
    rf"(-?)P(?=[0-9]|T[0-9])(?:{_N}D)?(?:T(?=[0-9])(?:{_N}H)?(?:{_N}M)?(?:{_N}(?:\.([0-9]{{1,9}})[0-9]*)?S)?)?"
)
MAX_OFFSET = dt.timedelta(hours=18)


def _wrong(text: Value, kind: str) -> NoValueError:
    return NoValueError(NOT_TEMPORAL, text=str(text)[:60], kind=kind, example=_EXAMPLES[kind])


def _read_date(text: str) -> Date:
    """Read `2026-01-31`; a year of more than four digits, or below zero, is the standard's alone."""
    try:
        if match := _DATE.fullmatch(text):
            return date_from(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise _wrong(text, "date")


def _read_time(text: str) -> Time:
    """Read `09:30:00`, with an offset, with the name of a zone, or without."""
    match = _ZONED.fullmatch(text)
    clock = _CLOCK.fullmatch(match[1]) if match else None
    if match is None or clock is None or int(clock[1]) > 23:  # noqa: PLR2004 - hours of a day
        raise _wrong(text, "time")
    zone = _zone(match[2]) if match[2] else None
    if match[2] and zone is None:
        raise _wrong(text, "time")
    seconds = (int(clock[1]) * 60 + int(clock[2])) * 60 + int(clock[3])
    return time_of(seconds * SECOND + int((clock[4] or "").ljust(9, "0")), zone)


def _zone(text: str) -> dt.tzinfo | None:
    """Read `Z`, `+08:00` or `@Asia/Shanghai`; None when it is none of them."""
    if text in {"Z", "z"}:
        return dt.UTC
    if text.startswith("@"):
        return named_zone(text[1:])
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    ahead = dt.timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return _fixed(-ahead if match[1] == "-" else ahead)


def _fixed(ahead: dt.timedelta) -> dt.tzinfo | None:
    return dt.timezone(ahead) if abs(ahead) <= MAX_OFFSET else None


def _read_date_time(text: str) -> DateTime:
    """Read `2026-01-31T09:30:00`, with a zone or without; a date alone is its midnight."""
    day, mark, clock = text.partition("T")
    try:
        return combined(_read_date(day), _read_time(clock) if mark else dt.time())
    except NoValueError:
        raise _wrong(text, "date and time") from None


def _read_duration(text: str) -> Months | Duration:
    """Read `P1Y2M` or `P3DT4H5M6S` (ISO 8601)."""
    if match := _MONTHS.fullmatch(text):
        sign, years, months = match.groups()
        count = int(years or 0) * 12 + int(months or 0)
        return months_of(-count if sign else count)
    if match := _DAYS.fullmatch(text):
        sign, days, hours, minutes, seconds, fraction = match.groups()
        whole = (int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)
        size = (whole * 60 + int(seconds or 0)) * SECOND + int((fraction or "").ljust(9, "0"))
        return duration_of(-size if sign else size)
    raise _wrong(text, "duration")


date, time, date_time = narrow(_read_date), narrow(_read_time), narrow(_read_date_time)
duration = narrow(_read_duration)
"""How rules and their inputs read the texts of dates, times and durations."""


def _standard_time(text: str) -> Time:
    """Read a time as XML Schema does, which has `24:00:00` for midnight too."""
    return _read_time(_END_OF_DAY.sub("00:00:00", text))


def _standard_date_time(text: str) -> DateTime:
    """Read a date and time as XML Schema does: at `24:00:00` the next day begins."""
    day, mark, clock = text.partition("T")
    made = _read_date_time(day + mark + _END_OF_DAY.sub("00:00:00", clock))
    if not _END_OF_DAY.match(clock):
        return made
    return combined(date_of(day_number(made) + 1), time_part(made))


def _literal(text: str, time: Callable[[str], Time], date_time: Callable[[str], DateTime]) -> Value:
    """Read what stands in `@"…"`: the kind shows in the form."""
    if text.lstrip("-").startswith("P"):
        return _read_duration(text)
    if "T" in text.partition("@")[0]:
        return date_time(text)
    return time(text) if ":" in text.partition("@")[0] else _read_date(text)


def standard_literal(text: str) -> Value:
    """Read the literal as the standard has it."""
    return _literal(text, _standard_time, _standard_date_time)


literal = narrow(lambda text: _literal(text, _read_time, _read_date_time))
"""The literal as rules have it."""


def _date_of(year: Decimal, month: Decimal, day: Decimal) -> Date:
    try:
        return date_from(_int(year), _int(month), _int(day))
    except (ValueError, OverflowError):
        raise _wrong(f"{year}-{month}-{day}", "date") from None


def _int(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > MAX_YEAR:
        raise ValueError(number)
    return int(number)


def _time_of(
    hour: Decimal, minute: Decimal, second: Decimal, offset: Duration | None = None
) -> Time:
    try:
        size = (_int(hour) * 60 + _int(minute)) * 60 * SECOND + int(second * SECOND)
        zone = None
        if offset is not None:
            zone = _fixed(dt.timedelta(seconds=length(offset) // SECOND))
        fits = 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60  # noqa: PLR2004 - a clock
        if fits and (offset is None or zone is not None):
            return time_of(size, zone)
    except (ValueError, OverflowError):
        pass
    raise _wrong(f"{hour}:{minute}:{second}", "time")


def _clock(value: Value) -> Time:
    if kind_of(value) == "date":
        return dt.time(tzinfo=dt.UTC)
    return time_part(cast("DateTime", value))


def _midnight_here(day: Date) -> DateTime:
    return combined(day, dt.time())


def _months_between(start: Value, end: Value) -> Months:
    """Count the whole months from one day to another, whatever the clocks say."""
    first, last = _moment(start), _moment(end)
    sign = 1 if last >= first else -1
    early, late = (first, last) if sign > 0 else (last, first)
    months = (late[0] - early[0]) * 12 + late[1] - early[1] - (late[2:] < early[2:])
    return months_of(sign * months)


def _moment(value: Value) -> tuple[int, int, int]:
    day = date_part(cast("DateTime", value))
    return day.year, day.month, day.day


def _string(value: Value) -> str:
    text = text_of(bounded(value))
    if len(text) > MAX_TEXT:
        raise NoValueError(TEXT_TOO_LONG, limit=MAX_TEXT)
    return text


def text_of(value: Value) -> str:
    """Write any value as FEEL's `string` does."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case dt.datetime() | WideDateTime():
            return date_time_text(value)
        case dt.date() | WideDate():
            return date_text(value)
        case dt.time() | WideTime():
            return time_text(value)
        case Months():
            return months_text(value)
        case dt.timedelta() | WideDuration():
            return duration_text(value)
        case None:
            return "null"
        case tuple():
            return "[" + ", ".join(_quoted(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{_key(k)}: {_quoted(v)}" for k, v in value.items()) + "}"
        case Range():
            return _range_text(value)
        case _:
            pass
    raise NoValueError(NO_TEXT, kind=kind_of(value))


def _quoted(value: Value) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return text_of(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[^\W\d][\w ]*", name) else _quoted(name)


def _range_text(value: Range) -> str:
    low = "" if value.low is None else _quoted(value.low)
    high = "" if value.high is None else _quoted(value.high)
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"


# --- properties (10.3.2.3, tables 65 and 66) ---------------------------------------------------


def _offset_of(value: Value) -> Value:
    ahead = offset(cast("DateTime", value))
    return None if ahead is None else duration_of(ahead)


def _whole(number: int) -> Decimal:
    return Decimal(number)


def _weekday(day: Date) -> int:
    return (day_number(day) - 1) % 7 + 1


def _second(clock: Time) -> Decimal:
    return Decimal(nanoseconds(clock) % (60 * SECOND)) / SECOND


_CALENDAR: dict[str, tuple[Type, Callable[..., Value]]] = {
    "year": (NumberType(None, Decimal(1), Decimal(9999), 0), lambda v: _whole(v.year)),
    "month": (NumberType(None, Decimal(1), Decimal(12), 0), lambda v: _whole(v.month)),
    "day": (NumberType(None, Decimal(1), Decimal(31), 0), lambda v: _whole(v.day)),
    "weekday": (NumberType(None, Decimal(1), Decimal(7), 0), lambda v: _whole(_weekday(v))),
}
_OF_CLOCK: dict[str, tuple[Type, Callable[..., Value]]] = {
    "hour": (NUMBER, lambda v: _whole(v.hour)),
    "minute": (NUMBER, lambda v: _whole(v.minute)),
    "second": (NUMBER, _second),
    "time offset": (types.nullable(DAYS), _offset_of),
    "timezone": (types.nullable(STRING), zone_name),
}
_LENGTH: dict[str, tuple[Type, Callable[..., Value]]] = {
    "days": (NUMBER, lambda v: _part(v, DAY, None)),
    "hours": (NUMBER, lambda v: _part(v, 3600 * SECOND, 24)),
    "minutes": (NUMBER, lambda v: _part(v, 60 * SECOND, 60)),
    "seconds": (NUMBER, lambda v: _part(v, 1, 60 * SECOND) / SECOND),
}


def _part(duration: Duration, unit: int, cycle: int | None) -> Decimal:
    """How often a unit is in a duration, and with `cycle` what whole ones of the next unit leave of it."""
    size = length(duration)
    count = abs(size) // unit
    return Decimal((-1 if size < 0 else 1) * (count if cycle is None else count % cycle))


PROPERTIES: dict[str, dict[str, tuple[Type, Callable[..., Value]]]] = {
    "date": _CALENDAR,
    "date and time": {**_CALENDAR, **_OF_CLOCK},
    "time": _OF_CLOCK,
    "days and time duration": _LENGTH,
    "years and months duration": {
        "years": (NUMBER, lambda v: _whole(int(Decimal(v.count) / 12))),
        "months": (NUMBER, lambda v: _whole(v.count - 12 * int(Decimal(v.count) / 12))),
    },
    "range": {
        "start": (types.ANY, lambda v: v.low),
        "end": (types.ANY, lambda v: v.high),
        "start included": (types.BOOLEAN, lambda v: v.low is not None and v.low_closed),
        "end included": (types.BOOLEAN, lambda v: v.high is not None and v.high_closed),
    },
}
"""The properties of each kind of value: their type and how to find them."""

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _on(result: Type, run: Callable[[Date], Value]) -> tuple[object, ...]:
    return (signature("date: date", result, run), signature("date: date and time", result, run))


def _day_of_year(day: Date) -> Decimal:
    return _whole(day_number(day) - day_number(date_from(day.year, 1, 1)) + 1)


def _week_of_year(day: Date) -> Decimal:
    """Number the week by ISO 8601: it belongs to the year that its Thursday is in."""
    thursday = date_of(day_number(day) - _weekday(day) + 4)
    return _whole((int(_day_of_year(thursday)) - 1) // 7 + 1)


_TIME_OF = (
    signature("from: date and time", TIME, _clock),
    signature("from: time", TIME, _clock),
    signature("from: date", TIME, _clock),
    signature(
        "hour: number, minute: number, second: number, offset: days and time duration? = none",
        TIME,
        _time_of,
    ),
)
_DATE_TIME_OF = (
    signature("from: date and time", DATE_TIME, lambda value: value),
    signature("from: date", DATE_TIME, _midnight_here),
    signature(
        "year: number, month: number, day: number, hour: number, minute: number, second: number",
        DATE_TIME,
        lambda y, mo, d, h, mi, s: combined(_date_of(y, mo, d), _time_of(h, mi, s)),
    ),
    signature("date: date, time: time", DATE_TIME, combined),
    signature(
        "date: date and time, time: time",
        DATE_TIME,
        lambda d, t: combined(date_part(d), t),
    ),
)
BUILTINS = {
    "date": (
        signature("from: string", DATE, _read_date),
        signature("from: date and time", DATE, date_part),
        signature("from: date", DATE, lambda value: value),
        signature("year: number, month: number, day: number", DATE, _date_of),
    ),
    "time": (signature("from: string", TIME, _read_time), *_TIME_OF),
    "date and time": (signature("from: string", DATE_TIME, _read_date_time), *_DATE_TIME_OF),
    "duration": signature("from: string", types.ANY, duration),
    "years and months duration": (
        signature("from: date, to: date", MONTHS, _months_between),
        signature("from: date and time, to: date and time", MONTHS, _months_between),
        signature("from: date, to: date and time", MONTHS, _months_between),
        signature("from: date and time, to: date", MONTHS, _months_between),
    ),
    "string": signature("from: present", STRING, _string),
    "day of year": _on(NUMBER, _day_of_year),
    "day of week": _on(STRING, lambda d: _DAY_NAMES[_weekday(d) - 1]),
    "month of year": _on(STRING, lambda d: _MONTH_NAMES[d.month - 1]),
    "week of year": _on(NUMBER, _week_of_year),
}
"""The temporal functions by name, and `string`."""

STANDARD = {
    "duration": signature("from: string", types.ANY, _read_duration),
    "time": (signature("from: string", TIME, _standard_time), *_TIME_OF),
    "date and time": (signature("from: string", DATE_TIME, _standard_date_time), *_DATE_TIME_OF),
}
"""The functions that mean more in the standard."""
