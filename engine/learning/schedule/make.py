"""The schedule of one plan: the best of several orders, held against what no order can beat."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice, permutations
from typing import TYPE_CHECKING

from engine.kernel.canonical import canonical_json, content_hash
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code
from engine.kernel.documents import Text
from engine.kernel.errors import DocumentError
from engine.learning.schedule.documents import (
    LateStep,
    Meeting,
    Remedy,
    Schedule,
    ScheduledStep,
    ScheduledWeek,
    Unplaced,
)
from engine.learning.schedule.placing import (
    Frame,
    Key,
    Layout,
    Work,
    earliest_week,
    join_parts,
    lay_out,
    works_of,
)
from engine.learning.schedule.working_days import UNITS, WEEK, WorkingDays, monday_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.kernel.diagnostics import Diagnostic
    from engine.learning.documents import LearningPlan
    from engine.learning.schedule.documents import Status
    from engine.learning.skill_graph import SkillGraph

START_RANGE = Code(
    "SCHEDULE-INPUT-001",
    "`{text}` is not between {first} and {last}",
    "`{text}` 不在 {first} 与 {last} 之间",
    "correct the year",
    "请更正年份",
)
DEADLINE_FIRST = Code(
    "SCHEDULE-INPUT-002",
    "the deadline {deadline} is before the start {start}",
    "截止日 {deadline} 早于开始日 {start}",
    "give a later deadline",
    "请给出更晚的截止日",
)
HOURS_RANGE = Code(
    "SCHEDULE-INPUT-003",
    "`{text}` hours a week are outside {range}",
    "每周 `{text}` 学时不在 {range} 之内",
    "give the hours that a week leaves for learning, to the hundredth",
    "请给出每周可用于学习的学时，精确到百分之一",
)
OTHER_CATALOG = Code(
    "SCHEDULE-INPUT-004",
    "the plan was made from another version of the catalog: it has no `{item}`",
    "该计划来自另一版本的目录：没有 `{item}`",
    "make the plan again",
    "请重新生成计划",
)

FULL_WEEK = Decimal(40)
"""The hours a week where no limit is given: a working week."""
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)
_ORDERS = 124
_EARLIER_WEEKS = 12


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be laid out."""

    plan: LearningPlan
    graph: SkillGraph
    frame: Frame
    deadline: dt.date | None
    site: str | None


def make_schedule(  # noqa: PLR0913 - each is a fact about the weeks that stands by itself
    graph: SkillGraph,
    plan: LearningPlan,
    *,
    start: dt.date,
    worked: WorkingDays,
    hours_a_week: Decimal | None = None,
    deadline: dt.date | None = None,
    site: str | None = None,
) -> Schedule:
    """Lay a plan out from `start` on, at most `hours_a_week` (40 if nowhere said) in each week.

    A step begins after what it needs; a self-paced step may begin on the day on which that ends.
    Of the orders tried the one that ends first is kept; ties go to the smaller sum of end dates,
    then to the order tried first. Raises DocumentError for dates and hours that make no sense.
    """
    hours = hours_a_week or plan.limits.hours_a_week or FULL_WEEK
    _check(graph, plan, start, deadline, hours)
    frame = Frame(start, worked, int(hours * UNITS))
    question = _Question(plan, graph, frame, deadline, site)
    works = _works(question)
    earliest = earliest_week(works, frame)
    layout = _best(works, frame, earliest)
    steps = tuple(_steps(question, layout))
    finish = max((step.last for step in steps), default=None)
    late = tuple(_late(steps, deadline))
    status: Status = "impossible" if layout.unplaced else ("late" if late else "fits")
    return Schedule(
        schema_version="1",
        kind="schedule",
        plan=content_hash(canonical_json(plan.model_dump(mode="json"))),
        role=plan.role,
        start=start,
        deadline=deadline,
        hours_a_week=hours,
        site=site,
        status=status,
        finish=finish,
        earliest_week=earliest if works else None,
        proved=bool(finish) and not layout.unplaced and monday_of(finish or start) == earliest,
        weeks=tuple(_weeks(steps)),
        steps=steps,
        late=late,
        unplaced=tuple(_unplaced(question, layout)),
        remedies=() if status == "fits" else tuple(_remedies(question, finish, status)),
    )


def check_day(day: dt.date) -> Iterator[Diagnostic]:
    """Hold a day to the years that can be planned."""
    if not _FIRST <= day <= _LAST:
        first, last = _FIRST.isoformat(), _LAST.isoformat()
        yield START_RANGE.at(None, text=day.isoformat(), first=first, last=last)


def _check(
    graph: SkillGraph,
    plan: LearningPlan,
    start: dt.date,
    deadline: dt.date | None,
    hours: Decimal,
) -> None:
    found = [found for day in (start, deadline) if day for found in check_day(day)]
    if deadline is not None and deadline < start:
        found.append(
            DEADLINE_FIRST.at(None, deadline=deadline.isoformat(), start=start.isoformat())
        )
    if not (hours.is_finite() and 0 < hours <= 168 and (hours * UNITS) % 1 == 0):  # noqa: PLR2004 - the hours of a week
        shown = decimal_text(hours) if hours.is_finite() else str(hours)
        found.append(HOURS_RANGE.at(None, text=shown, range="(0..168]"))
    found += [
        OTHER_CATALOG.at(None, item=step.item)
        for step in plan.steps
        if step.item not in graph.items
    ]
    if found:
        raise DocumentError(found)


def _works(question: _Question) -> tuple[Work, ...]:
    steps = [(step.item, tuple(lead.id for lead in step.after)) for step in question.plan.steps]
    return works_of(steps, question.graph.items, question.frame, question.site)


# --- orders ---------------------------------------------------------------------------------------


def _best(works: Sequence[Work], frame: Frame, earliest: dt.date | None) -> Layout:
    """Try orders until one ends in the earliest week; every order of few steps, some of many."""
    best: Layout | None = None
    for order in islice(_orders(works), _ORDERS):
        layout = lay_out(order, frame)
        if best is None or _rank(layout) < _rank(best):
            best = layout
        if not best.unplaced and (not works or monday_of(_rank(best)[1]) == earliest):
            break
    return best if best is not None else Layout(frame)


def _rank(layout: Layout) -> tuple[int, dt.date, int]:
    ends = [placed.last for placed in layout.placed.values()]
    start = layout.frame.start
    return (
        len(layout.unplaced),
        max(ends, default=start),
        sum((end - start).days for end in ends),
    )


def _orders(works: Sequence[Work]) -> Iterator[Sequence[Work]]:
    """Give the plan's order, then what leads on for longest, then what has the fewest dates."""
    tail = _tails(works)
    yield works
    yield sorted(works, key=lambda w: -tail[w.key])
    yield sorted(works, key=lambda w: (w.sessions is None, w.cadence is None, -tail[w.key]))
    yield sorted(works, key=lambda w: (w.cadence is None, w.sessions is None, -tail[w.key]))
    yield from permutations(works)


def _tails(works: Sequence[Work]) -> dict[Key, int]:
    """Give for each step the hours of the longest chain that begins with it."""
    units = {work.key: work.units for work in works}
    tail = dict(units)
    for work in reversed(works):
        for lead, _ in work.leads:
            tail[lead] = max(tail[lead], units[lead] + tail[work.key])
    return tail


# --- the answer -----------------------------------------------------------------------------------


def _hours(units: int) -> Decimal:
    return Decimal(units) / UNITS


def _steps(question: _Question, layout: Layout) -> Iterator[ScheduledStep]:
    for step in question.plan.steps:
        placed = join_parts(layout, step.item)
        if placed is not None:
            yield ScheduledStep(
                item=step.item,
                name=step.name,
                first=placed.meetings[0][0],
                last=placed.last,
                site=placed.site,
                meetings=tuple(
                    Meeting(date=day, hours=_hours(units)) for day, units in placed.meetings
                ),
            )


def _late(steps: Sequence[ScheduledStep], deadline: dt.date | None) -> Iterator[LateStep]:
    for step in steps:
        if deadline is not None and step.last > deadline:
            days = (step.last - deadline).days
            yield LateStep(item=step.item, name=step.name, last=step.last, days=days)


def _unplaced(question: _Question, layout: Layout) -> Iterator[Unplaced]:
    for step in question.plan.steps:
        reasons = [reason for key, reason in layout.unplaced.items() if key[0] == step.item]
        if reasons:
            yield Unplaced(item=step.item, name=step.name, reason=reasons[0])


def _weeks(steps: Sequence[ScheduledStep]) -> Iterator[ScheduledWeek]:
    hours: dict[dt.date, Decimal] = {}
    for meeting in (meeting for step in steps for meeting in step.meetings):
        monday = monday_of(meeting.date)
        hours[monday] = hours.get(monday, Decimal(0)) + meeting.hours
    for monday, units in sorted(hours.items()):
        yield ScheduledWeek(monday=monday, hours=units)


def _remedies(question: _Question, finish: dt.date | None, status: str) -> Iterator[Remedy]:
    """Try one change after another: more hours, an earlier start, any site, a later deadline."""
    frame = question.frame
    full = replace(question, frame=replace(frame, limit=int(FULL_WEEK) * UNITS))
    more = range(frame.limit // UNITS + 1, int(FULL_WEEK) + 1) if _fits(full) else ()
    for hours in more:
        if _fits(replace(question, frame=replace(frame, limit=hours * UNITS))):
            text = Text(zh=f"每周 {hours} 学时即可", en=f"it fits with {hours} hours a week")
            yield Remedy(change="hours_a_week", value=str(hours), text=text)
            break
    for weeks in range(1, _EARLIER_WEEKS + 1):
        start = frame.start - weeks * WEEK
        if start >= _FIRST and _fits(replace(question, frame=replace(frame, start=start))):
            day = start.isoformat()
            text = Text(zh=f"从 {day} 开始即可", en=f"it fits when it begins on {day}")
            yield Remedy(change="start", value=day, text=text)
            break
    if question.site is not None and _fits(replace(question, site=None)):
        text = Text(zh="可去任何地点参加场次即可", en="it fits when sessions at any site count")
        yield Remedy(change="site", value="", text=text)
    if status == "late" and finish is not None:
        day = finish.isoformat()
        text = Text(zh=f"截止日改为 {day} 即可", en=f"it fits with the deadline {day}")
        yield Remedy(change="deadline", value=day, text=text)


def _fits(question: _Question) -> bool:
    """Whether the plan fits under changed circumstances, by the four orders that come first."""
    works = _works(question)
    for order in islice(_orders(works), 4):
        layout = lay_out(order, question.frame)
        ends = [placed.last for placed in layout.placed.values()]
        in_time = question.deadline is None or max(ends, default=dt.date.min) <= question.deadline
        if not layout.unplaced and in_time:
            return True
    return False
