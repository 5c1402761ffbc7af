"""Dates, times and durations: how they are made, written, and what properties they have (10.3.4.1, 10.3.4.7)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.operators import MAX_MONTHS, MAX_TEXT, OUT_OF_CALENDAR, TEXT_TOO_LONG
from engine.feel.builtins.registry import signature
from engine.feel.types import DATE, DATE_TIME, DAYS, MONTHS, NUMBER, STRING, TIME, NumberType, Type
from engine.feel.values import Months, NoValueError, Range, Value, kind_of
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

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3])(?::[0-9]{2}){2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_N = "([0-9]{1,12})"
_MONTHS = re.compile(rf"(-?)P(?=[0-9])(?:{_N}Y)?(?:{_N}M)?")
_DAYS = re.compile(
    rf"(-?)P(?=[0-9]|T[0-9])(?:{_N}D)?(?:T(?=[0-9])(?:{_N}H)?(?:{_N}M)?(?:{_N}(\.[0-9]{{1,9}})?S)?)?"
)


def _wrong(text: Value, kind: str) -> NoValueError:
    return NoValueError(NOT_TEMPORAL, text=str(text)[:60], kind=kind, example=_EXAMPLES[kind])


def date(text: str) -> dt.date:
    """Read `2026-01-31`."""
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise _wrong(text, "date")


def time(text: str) -> dt.time:
    """Read `09:30:00`, with an offset or without."""
    try:
        if _TIME.fullmatch(text):
            return dt.time.fromisoformat(_micro(text))
    except ValueError:
        pass
    raise _wrong(text, "time")


def date_time(text: str) -> dt.datetime:
    """Read `2026-01-31T09:30:00`, with an offset or without; a date alone is its midnight."""
    day, mark, clock = text.partition("T")
    if not mark and _DATE.fullmatch(text):
        return dt.datetime.combine(date(text), dt.time())
    try:
        return dt.datetime.combine(date(day), time(clock))
    except NoValueError:
        raise _wrong(text, "date and time") from None


def _micro(text: str) -> str:
    """Cut a fraction of a second to the microseconds that Python keeps."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def duration(text: str) -> Months | dt.timedelta:
    """Read `P1Y2M` or `P3DT4H5M6S` (ISO 8601)."""
    if match := _MONTHS.fullmatch(text):
        sign, years, months = match.groups()
        count = int(years or 0) * 12 + int(months or 0)
        if count > MAX_MONTHS:
            raise NoValueError(OUT_OF_CALENDAR)
        return Months(-count if sign else count)
    if match := _DAYS.fullmatch(text):
        sign, days, hours, minutes, seconds, fraction = match.groups()
        micro = int((fraction or ".0")[1:7].ljust(6, "0"))
        try:
            length = dt.timedelta(
                int(days or 0), int(seconds or 0), micro, 0, int(minutes or 0), int(hours or 0)
            )
        except OverflowError:
            raise NoValueError(OUT_OF_CALENDAR) from None
        return -length if sign else length
    raise _wrong(text, "duration")


def literal(text: str) -> Value:
    """Read what stands in `@"…"`: the kind shows in the form."""
    if text.lstrip("-").startswith("P"):
        return duration(text)
    if "T" in text:
        return date_time(text)
    return time(text) if ":" in text else date(text)


def _date_of(year: Decimal, month: Decimal, day: Decimal) -> dt.date:
    try:
        return dt.date(_int(year), _int(month), _int(day))
    except (ValueError, OverflowError):
        raise _wrong(f"{year}-{month}-{day}", "date") from None


def _int(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise ValueError(number)
    return int(number)


def _time_of(
    hour: Decimal, minute: Decimal, second: Decimal, offset: dt.timedelta | None = None
) -> dt.time:
    try:
        whole = int(second)
        micro = int((second - whole) * 1_000_000)
        zone = None if offset is None else dt.timezone(offset)
        return dt.time(_int(hour), _int(minute), whole, micro, zone)
    except (ValueError, OverflowError):
        raise _wrong(f"{hour}:{minute}:{second}", "time") from None


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _clock(value: Value) -> dt.time:
    if isinstance(value, dt.datetime):
        return value.timetz()
    return value if isinstance(value, dt.time) else dt.time(tzinfo=dt.UTC)


def _months_between(start: dt.date, end: dt.date) -> Months:
    first, last = _day(start), _day(end)
    sign = 1 if last >= first else -1
    early, late = (first, last) if sign > 0 else (last, first)
    months = (late.year - early.year) * 12 + late.month - early.month - (late.day < early.day)
    return Months(sign * months)


def _string(value: Value) -> str:
    text = text_of(value)
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
        case dt.datetime() | dt.date() | dt.time():
            return re.sub(r"(\.\d*?)0+(?=$|[+Z-])", r"\1", value.isoformat().replace("+00:00", "Z"))
        case Months():
            return _months_text(value.count)
        case dt.timedelta():
            return _days_text(value)
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


def _months_text(count: int) -> str:
    years, months = divmod(abs(count), 12)
    body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
    return f"{'-' if count < 0 else ''}P{body}"


def _days_text(length: dt.timedelta) -> str:
    size = abs(length)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{size.microseconds:06d}".rstrip("0").rstrip(".") if size.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    body = (f"{size.days}D" if size.days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if length < dt.timedelta(0) else ''}P{body or 'T0S'}"


# --- properties (10.3.2.3, tables 65 and 66) ---------------------------------------------------


def _offset(value: Value) -> Value:
    return value.utcoffset() if isinstance(value, dt.datetime | dt.time) else None


def _whole(number: int) -> Decimal:
    return Decimal(number)


_CALENDAR: dict[str, tuple[Type, Callable[..., Value]]] = {
    "year": (NumberType(None, Decimal(1), Decimal(9999), 0), lambda v: _whole(v.year)),
    "month": (NumberType(None, Decimal(1), Decimal(12), 0), lambda v: _whole(v.month)),
    "day": (NumberType(None, Decimal(1), Decimal(31), 0), lambda v: _whole(v.day)),
    "weekday": (NumberType(None, Decimal(1), Decimal(7), 0), lambda v: _whole(v.isoweekday())),
}
_OF_CLOCK: dict[str, tuple[Type, Callable[..., Value]]] = {
    "hour": (NUMBER, lambda v: _whole(v.hour)),
    "minute": (NUMBER, lambda v: _whole(v.minute)),
    "second": (NUMBER, lambda v: _whole(v.second) + _whole(v.microsecond) / 1_000_000),
    "time offset": (types.nullable(DAYS), _offset),
    "timezone": (types.nullable(STRING), lambda _: None),
}
_LENGTH: dict[str, tuple[Type, Callable[..., Value]]] = {
    "days": (NUMBER, lambda v: _signed(v, abs(v).days)),
    "hours": (NUMBER, lambda v: _signed(v, abs(v).seconds // 3600)),
    "minutes": (NUMBER, lambda v: _signed(v, abs(v).seconds // 60 % 60)),
    "seconds": (
        NUMBER,
        lambda v: _signed(v, abs(v).seconds % 60) + _signed(v, abs(v).microseconds) / 1_000_000,
    ),
}


def _signed(length: dt.timedelta, part: int) -> Decimal:
    return Decimal(-part if length < dt.timedelta(0) else part)


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


def _on(result: Type, run: Callable[[dt.date], Value]) -> tuple[object, ...]:
    return (signature("date: date", result, run), signature("date: date and time", result, run))


BUILTINS = {
    "date": (
        signature("from: string", DATE, date),
        signature("from: date and time", DATE, _day),
        signature("from: date", DATE, _day),
        signature("year: number, month: number, day: number", DATE, _date_of),
    ),
    "time": (
        signature("from: string", TIME, time),
        signature("from: date and time", TIME, _clock),
        signature("from: time", TIME, _clock),
        signature("from: date", TIME, _clock),
        signature(
            "hour: number, minute: number, second: number, offset: days and time duration? = none",
            TIME,
            _time_of,
        ),
    ),
    "date and time": (
        signature("from: string", DATE_TIME, date_time),
        signature("from: date and time", DATE_TIME, lambda value: value),
        signature("from: date", DATE_TIME, lambda day: dt.datetime.combine(day, dt.time())),
        signature(
            "year: number, month: number, day: number, hour: number, minute: number, second: number",
            DATE_TIME,
            lambda y, mo, d, h, mi, s: dt.datetime.combine(_date_of(y, mo, d), _time_of(h, mi, s)),
        ),
        signature("date: date, time: time", DATE_TIME, dt.datetime.combine),
        signature(
            "date: date and time, time: time",
            DATE_TIME,
            lambda d, t: dt.datetime.combine(d.date(), t),
        ),
    ),
    "duration": signature("from: string", types.ANY, duration),
    "years and months duration": (
        signature("from: date, to: date", MONTHS, _months_between),
        signature("from: date and time, to: date and time", MONTHS, _months_between),
        signature("from: date, to: date and time", MONTHS, _months_between),
        signature("from: date and time, to: date", MONTHS, _months_between),
    ),
    "string": signature("from: present", STRING, _string),
    "day of year": _on(NUMBER, lambda d: _whole(d.timetuple().tm_yday)),
    "day of week": _on(STRING, lambda d: _DAY_NAMES[d.weekday()]),
    "month of year": _on(STRING, lambda d: _MONTH_NAMES[d.month - 1]),
    "week of year": _on(NUMBER, lambda d: _whole(d.isocalendar().week)),
}
"""The temporal functions by name, and `string`."""
