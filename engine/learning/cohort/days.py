"""The days of one hire's weeks: what is shared stays in its weeks, the rest fills the days around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.learning.schedule.documents import Meeting
from engine.learning.schedule.placing import Frame, Work, join_parts, lay_out, works_of
from engine.learning.schedule.working_days import UNITS, WEEK, rhythm

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from engine.learning.cohort.options import Steps
    from engine.learning.cohort.placements import Start, Supply


@dataclass(frozen=True, slots=True)
class Laid:
    """One hire's item set as it was placed: starts of shared items, first and last weeks of all."""

    steps: Steps
    starts: Mapping[str, Start]
    begins: Mapping[str, int]
    ends: Mapping[str, int]
    arrival: dt.date
    limit: int
    site: str | None


def days_of(supply: Supply, laid: Laid) -> dict[str, tuple[Meeting, ...]]:
    """Give the meetings of each item; none at all where the days do not hold what the weeks do.

    That happens where two shared items fall on days that are full: weeks count hours, not days.
    """
    frame = Frame(laid.arrival, supply.worked, laid.limit)
    works = works_of(laid.steps, supply.items, frame, laid.site)
    pinned = [_pinned(supply, laid, work) for work in works]
    pinned.sort(key=lambda w: (w.sessions is None, laid.ends[w.key[0]], w.key))
    layout = lay_out(pinned, frame)
    if layout.unplaced:
        return {}
    found = {}
    for item, _ in laid.steps:
        placed = join_parts(layout, item)
        if placed is None or supply.week_of(placed.last) > laid.ends[item]:
            return {}
        found[item] = tuple(
            Meeting(date=day, hours=Decimal(units) / UNITS) for day, units in placed.meetings
        )
    return found


def _pinned(supply: Supply, laid: Laid, work: Work) -> Work:
    """Leave a shared item no other days than those of its start, and the rest none before its week."""
    start = laid.starts.get(work.key[0])
    if start is None:
        return replace(work, not_before=supply.start + laid.begins[work.key[0]] * WEEK)
    if start.session is not None:
        chosen = [s for s in work.sessions or () if (s[1][0][0], s[0]) == start.session]
        return replace(work, sessions=tuple(chosen))
    if work.cadence is None:
        return work
    monday = supply.start + start.first * WEEK
    days = supply.worked.week(monday, not_before=laid.arrival)
    times = rhythm(work.cadence, days[0], supply.worked, supply.until) or ()
    units = int(work.cadence.hours * UNITS)
    meetings = tuple((day, units) for day, *_ in times)
    return replace(work, cadence=None, sessions=(("", meetings),))
