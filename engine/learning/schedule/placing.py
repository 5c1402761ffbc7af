"""Steps put into days one after another: each at its earliest, never over a day's or week's limit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.decimals import decimal_text
from engine.kernel.documents import Text
from engine.learning.documents import ItemNeed
from engine.learning.schedule.working_days import (
    DAY,
    DAY_UNITS,
    LONGEST_WEEKS,
    UNITS,
    WEEK,
    WORKDAYS,
    WorkingDays,
    monday_of,
    pace,
    rhythm,
    room_in_week,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.learning.documents import Cadence, LearningItem

Meetings: TypeAlias = tuple[tuple[dt.date, int], ...]
"""Days and the hours on each, in hundredths."""

_NO_SESSION = Text(zh="在可以开始之后没有可参加的场次", en="no session is left once it can begin")
_NO_ROOM = Text(
    zh="在可安排的周数内没有足够的学时", en="the weeks that can be planned do not hold its hours"
)


Key: TypeAlias = tuple[str, int]
"""An item, and which part of it, from 0."""


@dataclass(frozen=True, slots=True)
class Work:
    """A step, or a part of one: `sessions` are its dates, `cadence` its rhythm; neither: hours alone.

    `leads` are what comes first, and the share of each that has to be done; hours alone are also
    put on no day before `not_before`.
    """

    key: Key
    units: int
    leads: tuple[tuple[Key, Fraction], ...]
    cadence: Cadence | None = None
    sessions: tuple[tuple[str, Meetings], ...] | None = None
    not_before: dt.date = dt.date.min


@dataclass(frozen=True, slots=True)
class Frame:
    """From when, on which days and how much a week a plan is laid out."""

    start: dt.date
    worked: WorkingDays
    limit: int

    @property
    def until(self) -> dt.date:
        """The last day that is looked at."""
        return self.start + LONGEST_WEEKS * WEEK


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a step stands: its meetings, and the site of a dated session."""

    meetings: Meetings
    site: str | None = None

    @property
    def last(self) -> dt.date:
        """The day on which the step ends."""
        return self.meetings[-1][0]

    def reached(self, share: Fraction) -> dt.date:
        """Give the day on which a share of the hours is done; for 0, on which it has begun."""
        wanted, done = share * sum(units for _, units in self.meetings), 0
        for day, units in self.meetings:
            done += units
            if done >= wanted:
                return day
        return self.last


@dataclass(slots=True)
class Layout:
    """The days as they fill; `unplaced` says of a step why it has no day."""

    frame: Frame
    placed: dict[Key, Placed] = field(default_factory=dict)
    unplaced: dict[Key, Text] = field(default_factory=dict)
    days: dict[dt.date, int] = field(default_factory=dict)
    weeks: dict[dt.date, int] = field(default_factory=dict)
    alone: dict[dt.date, int] = field(default_factory=dict)

    def fits(self, day: dt.date, units: int) -> bool:
        """Whether a day and its week have room for one event."""
        used = self.days.get(day, 0)
        return (
            used + units <= max(DAY_UNITS, units)
            and self.weeks.get(monday_of(day), 0) + units <= self.frame.limit
        )

    def put(self, meetings: Iterable[tuple[dt.date, int]]) -> None:
        """Fill days."""
        for day, units in meetings:
            self.days[day] = self.days.get(day, 0) + units
            self.weeks[monday_of(day)] = self.weeks.get(monday_of(day), 0) + units

    def take_back(self, meetings: Iterable[tuple[dt.date, int]]) -> None:
        """Empty days again."""
        self.put((day, -units) for day, units in meetings)


def works_of(
    steps: Sequence[tuple[str, tuple[str, ...]]],
    items: Mapping[str, LearningItem],
    frame: Frame,
    site: str | None,
) -> tuple[Work, ...]:
    """Read steps, each with its leads before it, as what is placed; dates come from the items.

    Hours without dates are cut where a later step may begin: what is left then need not come first.
    """
    shares = {
        (step, lead): _share(items[step], items[lead], items)
        for step, leads in steps
        for lead in leads
    }
    made: dict[str, tuple[Work, ...]] = {}
    for step, before in steps:
        item = items[step]
        leads = tuple(_lead(made[lead], shares[step, lead]) for lead in before)
        if item.sessions or item.cadence:
            dates = tuple(_sessions(item, frame, site)) if item.sessions else None
            units = int(item.hours * UNITS)
            made[item.id] = (Work((item.id, 0), units, leads, item.cadence, dates),)
        else:
            wanted = {share for (_, lead), share in shares.items() if lead == item.id}
            made[item.id] = tuple(_parts(item, wanted, leads, frame))
    return tuple(work for works in made.values() for work in works)


def _lead(parts: Sequence[Work], share: Fraction) -> tuple[Key, Fraction]:
    """Name the part of a lead at whose end a share of it is done."""
    if len(parts) == 1:
        return parts[0].key, share
    wanted, done = share * sum(part.units for part in parts), 0
    for part in parts:
        done += part.units
        if done >= wanted:
            return part.key, Fraction(1)
    raise AssertionError  # all parts together are the whole


def _parts(
    item: LearningItem,
    shares: set[Fraction],
    leads: tuple[tuple[Key, Fraction], ...],
    frame: Frame,
) -> Iterator[Work]:
    """Cut an item's hours at the shares that later steps wait for; begun is a first day's work."""
    units = int(item.hours * UNITS)
    begun = min(units, pace(frame.limit))
    ends = sorted({max(1, ceil(share * units)) if share else begun for share in shares} | {units})
    for n, (start, end) in enumerate(pairwise([0, *ends])):
        yield Work(
            (item.id, n), end - start, leads if n == 0 else (((item.id, n - 1), Fraction(1)),)
        )


def _share(item: LearningItem, lead: LearningItem, items: Mapping[str, LearningItem]) -> Fraction:
    """Give how much of `lead` has to be done before `item`: all of it, where nothing else is said."""
    shares = [
        Fraction(need.completion) / 100
        for need in (*item.requires.all, *item.requires.any)
        if isinstance(need, ItemNeed) and need.completion is not None
        if need.item == lead.id
        or (lead.variant is not None and items[need.item].variant == lead.variant)
    ]
    return max(shares, default=Fraction(1))


def _sessions(item: LearningItem, frame: Frame, site: str | None) -> Iterator[tuple[str, Meetings]]:
    """List the sessions that can be attended: at the site, not before the start, on no day off."""
    days = max(1, -(-int((item.days or 1) * UNITS) // UNITS))
    units = int(item.hours * UNITS)
    for session in sorted(item.sessions, key=lambda s: (s.date, s.site)):
        dates = [session.date + n * DAY for n in range(days)]
        off = frame.worked.days_off - frame.worked.extra
        in_reach = frame.start <= dates[0] and dates[-1] <= frame.until and off.isdisjoint(dates)
        if in_reach and (site is None or session.site == site):
            parts = [units // days + (n < units % days) for n in range(days)]
            yield session.site, tuple(zip(dates, parts, strict=True))


def lay_out(works: Sequence[Work], frame: Frame) -> Layout:
    """Place the works in the order given, each after what it needs, at its earliest."""
    layout, left = Layout(frame), list(works)
    while left:
        settled = {*layout.placed, *layout.unplaced}
        ready = [w for w in left if all(lead in settled for lead, _ in w.leads)]
        work = ready[0] if ready else left[0]
        left.remove(work)
        waiting = [lead for lead, _ in work.leads if lead not in layout.placed]
        if waiting:
            lead = waiting[0][0]
            layout.unplaced[work.key] = Text(
                zh=f"它的前置 `{lead}` 无处可排", en=f"`{lead}`, which comes first, has no place"
            )
            continue
        found = _place(work, layout)
        if isinstance(found, Text):
            layout.unplaced[work.key] = found
        else:
            layout.placed[work.key] = found
            layout.put(found.meetings)
            if work.sessions is None and work.cadence is None:
                for day, units in found.meetings:
                    layout.alone[day] = layout.alone.get(day, 0) + units
    return layout


def join_parts(layout: Layout, item: str) -> Placed | None:
    """Join the parts of an item; None where one of them has no place."""
    parts = [placed for key, placed in layout.placed.items() if key[0] == item]
    if not parts or any(key[0] == item for key in layout.unplaced):
        return None
    days: dict[dt.date, int] = {}
    for day, units in (meeting for part in parts for meeting in part.meetings):
        days[day] = days.get(day, 0) + units
    return Placed(tuple(sorted(days.items())), parts[0].site)


def _place(work: Work, layout: Layout) -> Placed | Text:
    """Find the earliest place of a work whose leads are placed."""
    after = [layout.placed[lead].reached(share) for lead, share in work.leads]
    start = layout.frame.start
    if work.sessions is not None:
        ready = max((day + DAY for day in after), default=start)
        return _place_session(work, layout, ready)
    if work.cadence is not None:
        ready = max((day + DAY for day in after), default=start)
        return _place_rhythm(work, work.cadence, layout, ready)
    return _fill(work, layout, max([*after, work.not_before], default=start))


def _place_session(work: Work, layout: Layout, ready: dt.date) -> Placed | Text:
    full = False
    for site, meetings in work.sessions or ():
        if meetings[0][0] < ready:
            continue
        if _hold(layout, meetings):
            return Placed(meetings, site)
        full = True
    return _too_much(work, layout) if full else _NO_SESSION


def _hold(layout: Layout, meetings: Meetings) -> bool:
    """Whether all meetings have room together."""
    put: list[tuple[dt.date, int]] = []
    for day, units in meetings:
        if not layout.fits(day, units):
            break
        layout.put([(day, units)])
        put.append((day, units))
    layout.take_back(put)
    return len(put) == len(meetings)


def _place_rhythm(work: Work, cadence: Cadence, layout: Layout, ready: dt.date) -> Placed | Text:
    units = int(cadence.hours * UNITS)
    if units > layout.frame.limit:
        return _too_much(work, layout)
    for first in layout.frame.worked.days_from(ready, layout.frame.until):
        times = rhythm(cadence, first, layout.frame.worked, layout.frame.until)
        if times is None:
            break
        put: list[tuple[dt.date, int]] = []
        for days in times:
            day = next((d for d in days if layout.fits(d, units)), None)
            if day is None:
                break
            layout.put([(day, units)])
            put.append((day, units))
        layout.take_back(put)
        if len(put) == len(times):
            return Placed(tuple(put))
    return _too_much(work, layout)


def _fill(work: Work, layout: Layout, ready: dt.date) -> Placed | Text:
    """Spread hours over the worked days, at most the pace a day."""
    frame, left = layout.frame, work.units
    most = pace(frame.limit)
    weeks: dict[dt.date, int] = {}
    meetings = []
    for day in frame.worked.days_from(max(ready, frame.start), frame.until):
        room = min(
            left,
            most - layout.alone.get(day, 0),
            DAY_UNITS - layout.days.get(day, 0),
            frame.limit - layout.weeks.get(monday_of(day), 0) - weeks.get(monday_of(day), 0),
        )
        if room > 0:
            meetings.append((day, room))
            weeks[monday_of(day)] = weeks.get(monday_of(day), 0) + room
            left -= room
        if not left:
            return Placed(tuple(meetings))
    return _NO_ROOM


def _too_much(work: Work, layout: Layout) -> Text:
    """Say how many hours a week the step needs by itself, where that is more than there are."""
    need = least_limit(work)
    if need <= layout.frame.limit:
        return _NO_ROOM
    shown = decimal_text(Decimal(need) / UNITS)
    return Text(zh=f"一周需要 {shown} 小时", en=f"it needs {shown} hours in one week")


def least_limit(work: Work) -> int:
    """Give the hours that a step takes in its fullest week; 0 where they can be spread."""
    if work.sessions is not None:
        return min((_fullest(meetings) for _, meetings in work.sessions), default=0)
    if work.cadence is None:
        return 0
    units = int(work.cadence.hours * UNITS)
    if work.cadence.every != "workday":
        return units
    # Eight days in a row can be four and four; nine hold a whole week.
    most = 2 * (WORKDAYS - 1)
    return units * (WORKDAYS if work.cadence.times > most else -(-work.cadence.times // 2))


def _fullest(meetings: Meetings) -> int:
    weeks: dict[dt.date, int] = {}
    for day, units in meetings:
        weeks[monday_of(day)] = weeks.get(monday_of(day), 0) + units
    return max(weeks.values())


# --- the earliest that any layout can reach -------------------------------------------------------


def earliest_week(works: Sequence[Work], frame: Frame) -> dt.date | None:
    """Give a Monday before whose week no layout of the works can end; None: none ends at all.

    The larger of two bounds: every chain of steps as if it were alone, and all hours together
    against what the weeks hold.
    """
    ends: dict[Key, dt.date] = {}
    for work in works:  # a plan lists what comes first first
        known = [ends[lead] for lead, share in work.leads if share == 1]
        after = max(known, default=None)
        end = _earliest_end(work, frame, after)
        if end is None:
            return None
        ends[work.key] = end
    chain = max(ends.values(), default=frame.start)
    return max(monday_of(chain), _enough(works, frame))


def _earliest_end(work: Work, frame: Frame, after: dt.date | None) -> dt.date | None:
    ready = frame.start if after is None else after + DAY
    if work.sessions is not None:
        return min((m[-1][0] for _, m in work.sessions if m[0][0] >= ready), default=None)
    if work.cadence is None:
        placed = _fill(work, Layout(frame), frame.start if after is None else after)
        return placed.last if isinstance(placed, Placed) else None
    first = next(frame.worked.days_from(ready, frame.until), None)
    if first is None:
        return None
    cadence = work.cadence
    if cadence.every == "workday":
        times = rhythm(cadence, first, frame.worked, frame.until)
        return times[-1][0] if times else None
    span = {"week": 7, "fortnight": 14, "month": 28}[cadence.every] * (cadence.times - 1)
    return max(first, monday_of(first) + span * DAY)


def _enough(works: Sequence[Work], frame: Frame) -> dt.date:
    """Give the first week by whose end the weeks hold all hours."""
    dated = {monday_of(d) for w in works for _, m in w.sessions or () for d, _ in m}
    everything = sum(work.units for work in works)
    spread = sum(w.units for w in works if w.sessions is None and w.cadence is None)
    monday = monday_of(frame.start)
    while monday < frame.until:
        days = len(frame.worked.week(monday, not_before=frame.start))
        everything -= frame.limit if days or monday in dated else 0
        spread -= room_in_week(days, frame.limit)
        if everything <= 0 and spread <= 0:
            return monday
        monday += WEEK
    return monday
