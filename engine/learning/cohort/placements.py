"""All ways to lay a set of items over the weeks of a cohort, as arrays: one row is one way."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.learning.schedule.placing import Frame, Work, works_of
from engine.learning.schedule.working_days import (
    DAY,
    UNITS,
    WEEK,
    WorkingDays,
    monday_of,
    rhythm,
    room_in_week,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from engine.learning.cohort.options import Steps
    from engine.learning.documents import Cadence, LearningItem, MentorPool
    from engine.learning.schedule.placing import Key

Ints: TypeAlias = "NDArray[np.int64]"
Small: TypeAlias = "NDArray[np.int16]"
"""Weeks and numbers of starts: there are many ways, and both are small."""

MOST_WAYS = 100_000
_MOST_ORDERS = 24


@dataclass(frozen=True, slots=True)
class Start:
    """One way to take a shared item: its first and last week, hours by week, and slots it takes."""

    first: int
    last: int
    hours: tuple[tuple[int, int], ...]
    slots: tuple[int, ...]
    session: tuple[dt.date, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The starts of a shared item; `slots[n]` are the slots of start n, filled up with -1."""

    starts: tuple[Start, ...]
    slots: Ints


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to take one set of items.

    `starts[w, k]` numbers the start of the k-th shared item in `tables[k]`; `begins[w, s]` and
    `ends[w, s]` are the first and last weeks of step s.
    """

    shared: tuple[int, ...]
    tables: tuple[Table, ...]
    starts: Small
    begins: Small
    ends: Small
    whole: bool
    """Whether these are all ways; of too many, starts and orders are left out evenly."""

    def slots(self, way: int) -> tuple[int, ...]:
        """List the slots that one way takes."""
        return tuple(
            slot
            for k, table in enumerate(self.tables)
            for slot in table.starts[self.starts[way, k]].slots
        )

    def worth(self, prices: Ints) -> Ints:
        """Give what the slots of each way are worth; the last price is that of no slot, 0."""
        total = np.zeros(len(self.starts), dtype=np.int64)
        for k, table in enumerate(self.tables):
            total += prices[table.slots].sum(axis=1)[self.starts[:, k]]
        return total


@dataclass(slots=True)
class Supply:
    """The weeks of a cohort and what is shared in them: slots of pools by week, seats of sessions."""

    items: Mapping[str, LearningItem]
    pools: Mapping[str, MentorPool]
    start: dt.date
    weeks: int
    worked: WorkingDays
    capacity: list[int] = field(default_factory=list)
    names: list[tuple[str, int, str | None]] = field(default_factory=list)
    places: dict[tuple[str, int, str | None], int] = field(default_factory=dict)
    known: dict[object, Ways] = field(default_factory=dict)
    tables: dict[object, Table] = field(default_factory=dict)

    @property
    def until(self) -> dt.date:
        """The last day of the last week."""
        return self.start + self.weeks * WEEK - DAY

    def week_of(self, day: dt.date) -> int:
        """Number the week of a day, from 0."""
        return (monday_of(day) - self.start).days // 7

    def slot(self, kind: str, week: int, site: str | None, capacity: int) -> int:
        """Number a slot: a pool in a week, or an item's session at a site by its day."""
        name = (kind, week, site)
        if name not in self.places:
            self.places[name] = len(self.names)
            self.names.append(name)
            self.capacity.append(capacity)
        return self.places[name]

    def ways(self, steps: Steps, arrival: dt.date, limit: int, site: str | None) -> Ways:
        """List the ways of a set for one arrival, weekly limit and site."""
        key = (steps, arrival, limit, site)
        if key not in self.known:
            self.known[key] = _Laying(self, steps, arrival, limit, site).ways()
        return self.known[key]


class _Laying:
    """Lays one set of items over the weeks: shared items first, hours without dates around them."""

    def __init__(
        self, supply: Supply, steps: Steps, arrival: dt.date, limit: int, site: str | None
    ) -> None:
        frame = Frame(arrival, supply.worked, limit)
        self.supply, self.frame, self.limit = supply, frame, limit
        self.place = {item: n for n, (item, _) in enumerate(steps)}
        works = works_of(steps, supply.items, frame, site)
        self.shared = [w for w in works if w.sessions is not None or w.cadence is not None]
        self.alone = [w for w in works if w.sessions is None and w.cadence is None]
        self.days = [
            len(supply.worked.week(supply.start + n * WEEK, not_before=arrival))
            for n in range(supply.weeks)
        ]
        self.room = np.array([room_in_week(days, limit) for days in self.days], dtype=np.int64)
        self.reach: dict[Key, Ints] = {}

    def ways(self) -> Ways:
        tables = [self._table(work) for work in self.shared]
        starts, used, whole = self._combined(tables)
        most = min(_MOST_ORDERS, max(1, MOST_WAYS // max(1, len(starts))))
        orders = list(islice(self._orders(), most + 1))
        parts = [self._filled(order, tables, starts, used) for order in orders[:most]]
        return self._undominated(tables, starts, parts, whole=whole and len(orders) <= most)

    # --- shared items -------------------------------------------------------------------------

    def _table(self, work: Work) -> Table:
        """Make the table of an item, once for hires who can take it on the same days."""
        key = (work.key[0], self.frame.start, work.sessions)
        if key not in self.supply.tables:
            starts = tuple(self._starts(work))
            longest = max((len(start.slots) for start in starts), default=0)
            slots = [[*start.slots, *[-1] * (longest - len(start.slots))] for start in starts]
            self.supply.tables[key] = Table(
                starts, np.array(slots, dtype=np.int64).reshape(len(starts), longest)
            )
        return self.supply.tables[key]

    def _starts(self, work: Work) -> Iterator[Start]:
        supply, item = self.supply, self.supply.items[work.key[0]]
        if work.sessions is not None:
            for session in sorted(item.sessions, key=lambda s: (s.date, s.site)):
                found = [
                    m
                    for place, m in work.sessions
                    if place == session.site and m[0][0] == session.date
                ]
                if found and supply.start <= found[0][0][0] and found[0][-1][0] <= supply.until:
                    day = (session.date - supply.start).days
                    slot = supply.slot(item.id, day, session.site, session.seats)
                    yield self._start(found[0], (slot,), (session.date, session.site))
        if work.cadence is not None:
            yield from self._rhythms(item, work.cadence)

    def _rhythms(self, item: LearningItem, cadence: Cadence) -> Iterator[Start]:
        supply, units = self.supply, int(cadence.hours * UNITS)
        for week in range(supply.weeks):
            days = supply.worked.week(supply.start + week * WEEK, not_before=self.frame.start)
            times = rhythm(cadence, days[0], supply.worked, supply.until) if days else None
            if times is None:
                continue
            meetings = tuple((day, units) for day, *_ in times)
            weeks = sorted({supply.week_of(day) for day, _ in meetings})
            slots: tuple[int, ...] = ()
            if item.mentors:
                pool = supply.pools[item.mentors.pool]
                most = sum(member.slots_per_week for member in pool.members)
                slots = tuple(supply.slot(pool.id, n, None, most) for n in weeks)
            yield self._start(meetings, slots, None)

    def _start(
        self,
        meetings: tuple[tuple[dt.date, int], ...],
        slots: tuple[int, ...],
        session: tuple[dt.date, str] | None,
    ) -> Start:
        hours: dict[int, int] = {}
        for day, units in meetings:
            week = self.supply.week_of(day)
            hours[week] = hours.get(week, 0) + units
        weeks = tuple(sorted(hours.items()))
        return Start(weeks[0][0], weeks[-1][0], weeks, slots, session)

    def _combined(self, tables: Sequence[Table]) -> tuple[Ints, Ints, bool]:
        """Cross the starts of the shared items, without those that break a limit or an order.

        Gives them, the hours that they take, and whether none was left out for their number.
        """
        weeks, whole = self.supply.weeks, True
        starts = np.zeros((1, 0), dtype=np.int64)
        used = np.zeros((1, weeks), dtype=np.int64)
        for k, (work, table) in enumerate(zip(self.shared, tables, strict=True)):
            hours = np.zeros((len(table.starts), weeks), dtype=np.int64)
            for n, start in enumerate(table.starts):
                for week, units in start.hours:
                    hours[n, week] = units
            most = max(1, MOST_WAYS // max(1, len(starts)))
            chosen = np.arange(0, len(table.starts), max(1, -(-len(table.starts) // most)))
            whole &= len(chosen) == len(table.starts)
            left = np.repeat(np.arange(len(starts)), len(chosen))
            right = np.tile(chosen, len(starts))
            total = used[left] + hours[right]
            fits = (total <= self.limit).all(axis=1)
            first = np.array([start.first for start in table.starts], dtype=np.int64)
            for lead, share in work.leads:
                at = next((j for j, w in enumerate(self.shared[:k]) if w.key == lead), None)
                if at is not None:
                    reached = np.array(
                        [_reached(s, share) for s in tables[at].starts], dtype=np.int64
                    )
                    fits &= first[right] > reached[starts[left, at]]
            starts = np.column_stack([starts[left[fits]], right[fits]])
            used = total[fits]
        return starts, used, whole

    # --- hours without dates ------------------------------------------------------------------

    def _orders(self) -> Iterator[tuple[Work, ...]]:
        """List the orders of the works without dates in which nothing comes before what it needs."""

        def extend(done: tuple[Work, ...]) -> Iterator[tuple[Work, ...]]:
            if len(done) == len(self.alone):
                yield done
            keys = {w.key for w in done}
            open_ = {w.key for w in self.alone} - keys
            for work in self.alone:
                if work.key in open_ and not any(lead in open_ for lead, _ in work.leads):
                    yield from extend((*done, work))

        return extend(())

    def _filled(
        self,
        order: Sequence[Work],
        tables: Sequence[Table],
        starts: Ints,
        used: Ints,
    ) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Fill the hours left in each week, work by work; drop ways in which something is too late."""
        ways = len(starts)
        weeks = self.supply.weeks
        room = np.minimum(self.room, np.maximum(0, self.limit - used))
        first: dict[Key, Ints] = {}
        last: dict[Key, Ints] = {}
        for k, work in enumerate(self.shared):
            first[work.key] = _column([s.first for s in tables[k].starts])[starts[:, k]]
            last[work.key] = _column([s.last for s in tables[k].starts])[starts[:, k]]
        kept = np.ones(ways, dtype=np.bool_)
        for work in order:
            ready = np.zeros(ways, dtype=np.int64)
            for lead, share in work.leads:
                at = next((j for j, w in enumerate(self.shared) if w.key == lead), None)
                after = (
                    last[lead]
                    if at is None
                    else _column([_reached(s, share) for s in tables[at].starts])[starts[:, at]] + 1
                )
                ready = np.maximum(ready, after)
            free = np.where(np.arange(weeks) >= ready[:, None], room, 0)
            done = np.minimum(free.cumsum(axis=1), work.units)
            room -= np.diff(done, axis=1, prepend=0)
            kept &= done[:, -1] == work.units
            first[work.key] = (done == 0).sum(axis=1)
            last[work.key] = (done < work.units).sum(axis=1)
        for work in self.shared:
            for lead, _ in work.leads:
                if lead in {w.key for w in self.alone}:
                    kept &= first[work.key] > last[lead]
        begins, ends = self._by_step(first, last, ways)
        return begins, ends, kept

    def _by_step(
        self, first: Mapping[Key, Ints], last: Mapping[Key, Ints], ways: int
    ) -> tuple[Ints, Ints]:
        begins = np.full((ways, len(self.place)), self.supply.weeks, dtype=np.int64)
        ends = np.zeros((ways, len(self.place)), dtype=np.int64)
        for key in first:
            step = self.place[key[0]]
            begins[:, step] = np.minimum(begins[:, step], first[key])
            ends[:, step] = np.maximum(ends[:, step], last[key])
        return begins, ends

    def _undominated(
        self,
        tables: Sequence[Table],
        starts: Ints,
        parts: Sequence[tuple[Ints, Ints, NDArray[np.bool_]]],
        *,
        whole: bool,
    ) -> Ways:
        """Join the orders; of ways with the same starts drop those that end nothing earlier."""
        kept = [part[2].copy() for part in parts]
        for one, (_, ends, _) in enumerate(parts):
            for other, (_, others, _) in enumerate(parts):
                if one == other:
                    continue
                beaten = (others <= ends).all(axis=1)
                if other > one:
                    beaten &= (others < ends).any(axis=1)
                kept[one] &= ~(beaten & kept[other])

        def join(rows: Sequence[Ints]) -> Small:
            return np.concatenate(
                [each[keep] for each, keep in zip(rows, kept, strict=True)]
            ).astype(np.int16)

        return Ways(
            tuple(self.place[work.key[0]] for work in self.shared),
            tuple(tables),
            join([starts] * len(parts)),
            join([part[0] for part in parts]),
            join([part[1] for part in parts]),
            whole,
        )


def _column(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _reached(start: Start, share: Fraction) -> int:
    """Give the week in which a share of a shared item's hours is done."""
    wanted, done = share * sum(units for _, units in start.hours), 0
    for week, units in start.hours:
        done += units
        if done >= wanted:
            return week
    return start.last
