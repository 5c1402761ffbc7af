"""Calendars in and out: a country's days off and days worked instead, and a schedule as .ics."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from icalendar import Calendar, Event

from engine.kernel.decimals import decimal_text
from engine.kernel.errors import NotFoundError
from engine.learning.schedule.working_days import LONGEST_WEEKS, WorkingDays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Lang
    from engine.learning.schedule.documents import Meeting, Schedule, ScheduledStep

NO_HOLIDAYS = "none"
_YEARS = LONGEST_WEEKS // 52 + 2


def working_days(place: str, start: dt.date) -> WorkingDays:
    """Give the days that are worked in a country (`CN`) or a part of it (`US-NY`); `none` is Monday to Friday.

    Raises NotFoundError for a place whose holidays are not known.
    """
    if place == NO_HOLIDAYS:
        return WorkingDays()
    country, _, part = place.partition("-")
    years = range(max(dt.MINYEAR, start.year - 1), min(dt.MAXYEAR, start.year + _YEARS))
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        raise NotFoundError("country with known holidays", place) from None
    worked = {day for day in getattr(found, "weekend_workdays", ()) if day.year in years}
    worked -= set(found)
    return WorkingDays(frozenset(found), frozenset(worked))


def time_zone(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name; raises NotFoundError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotFoundError("time zone", name) from None


def schedule_calendar(
    schedule: Schedule,
    lang: Lang,
    *,
    stamp: dt.datetime,
    zone: ZoneInfo | None = None,
    begins: dt.time = dt.time(9),
) -> bytes:
    """Write a schedule as an iCalendar file (RFC 5545); the same arguments give the same bytes.

    Without a zone every meeting is an all-day event; with one it has its hours, and the meetings
    of a day follow each other from `begins` on. An event is named by the plan and its step.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Evenhand//Schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    begun: dict[dt.date, dt.datetime] = {}
    ordered = sorted(_meetings(schedule), key=lambda each: (each[2].date, each[0]))
    for _, step, meeting, number in ordered:
        event = Event()
        key = schedule.plan.removeprefix("sha256:")[:32]
        event.add("uid", f"{key}-{step.item}-{number}@evenhand")
        event.add("dtstamp", stamp.astimezone(dt.UTC).replace(microsecond=0))
        hours = decimal_text(meeting.hours)
        name = f"《{step.name.zh}》{hours} 小时" if lang == "zh" else f"{step.name.en}, {hours} h"
        event.add("summary", name)
        event.add("description", f"{step.name.zh} · {step.name.en}")
        if step.site:
            event.add("location", step.site)
        if zone is None:
            event.add("dtstart", meeting.date)
            event.add("dtend", meeting.date + dt.timedelta(days=1))
            event.add("transp", "TRANSPARENT")
        else:
            start = begun.get(meeting.date, dt.datetime.combine(meeting.date, begins, zone))
            end = start + dt.timedelta(seconds=int(meeting.hours * 3600))
            begun[meeting.date] = end
            event.add("dtstart", start)
            event.add("dtend", end)
        calendar.add_component(event)
    if zone is not None:
        calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _meetings(schedule: Schedule) -> Iterator[tuple[int, ScheduledStep, Meeting, int]]:
    for order, step in enumerate(schedule.steps):
        for number, meeting in enumerate(step.meetings, 1):
            yield order, step, meeting, number
