"""On random plans and calendars a schedule keeps its laws, and is never earlier than its bound nor later than proved."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning.plan import plan
from engine.learning.schedule.make import make_schedule
from engine.learning.schedule.working_days import WorkingDays, monday_of
from tests.support.catalogs import item, small_graph, teaches

if TYPE_CHECKING:
    from engine.learning.documents import LearningPlan
    from engine.learning.schedule.documents import Schedule
    from engine.learning.skill_graph import SkillGraph

MONDAY = dt.date(2026, 11, 30)
DAYS = [MONDAY + dt.timedelta(days=n) for n in range(70)]


@st.composite
def catalogs(draw: st.DrawFn) -> SkillGraph:
    names = [f"i{n}" for n in range(draw(st.integers(1, 5)))]
    made = []
    for number, name in enumerate(names):
        keys: dict[str, Any] = {"hours": draw(st.sampled_from(["2", "3.5", "9", "16"]))}
        match draw(st.sampled_from(["alone", "alone", "rhythm", "session", "block"])):
            case "rhythm":
                every = draw(st.sampled_from(["workday", "week", "week", "fortnight", "month"]))
                times = draw(st.integers(1, 4))
                keys |= {
                    "cadence": {"every": every, "times": str(times), "hours": "1.5"},
                    "hours": str(Decimal("1.5") * times),
                }
            case "session":
                days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
                keys["sessions"] = [
                    {
                        "date": day.isoformat(),
                        "site": draw(st.sampled_from(["Here", "There"])),
                        "seats": "1",
                    }
                    for day in days
                ]
                keys["days"] = draw(st.sampled_from(["1", "2"]))
            case _:
                pass
        if number and draw(st.booleans()):
            need: dict[str, Any] = {"item": draw(st.sampled_from(names[:number]))}
            if draw(st.booleans()):
                need["completion"] = draw(st.sampled_from(["0", "50", "80"]))
            keys["requires"] = {"all": [need]}
        made.append(item(name, teaches("listen", "0.3"), **keys))
    rules = [{"role": "seller", "item": name, "clause": "HR-2"} for name in names]
    return small_graph(items=made, mandatory=rules)


CALENDARS = st.builds(
    WorkingDays,
    st.frozensets(st.sampled_from(DAYS), max_size=12),
    st.frozensets(st.sampled_from([d for d in DAYS if d.weekday() > 4]), max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(
    catalogs(),
    CALENDARS,
    st.sampled_from(DAYS[:9]),
    st.sampled_from(["2", "5", "8", "10.5", "40"]),
    st.sampled_from([None, "Here"]),
)
def test_a_schedule_keeps_its_laws(
    graph: SkillGraph, worked: WorkingDays, start: dt.date, hours: str, site: str | None
) -> None:
    made = plan(graph, "seller", {"talk": Decimal(70)})
    shown = make_schedule(
        graph, made, start=start, worked=worked, hours_a_week=Decimal(hours), site=site
    )
    _holds(graph, made, shown, worked)
    again = make_schedule(
        graph, made, start=start, worked=worked, hours_a_week=Decimal(hours), site=site
    )
    assert shown == again
    assert {s.item for s in shown.steps} | {u.item for u in shown.unplaced} == {
        s.item for s in made.steps
    }
    if shown.finish and shown.earliest_week and not shown.unplaced:
        assert shown.earliest_week <= monday_of(shown.finish)
        assert shown.proved is (shown.earliest_week == monday_of(shown.finish))


def _holds(graph: SkillGraph, made: LearningPlan, shown: Schedule, worked: WorkingDays) -> None:
    weeks: Counter[dt.date] = Counter()
    days: Counter[dt.date] = Counter()
    longest: dict[dt.date, Decimal] = {}
    by_item = {step.item: step for step in shown.steps}
    for step in shown.steps:
        whole = graph.items[step.item]
        assert sum(m.hours for m in step.meetings) == whole.hours
        assert step.meetings[0].date == step.first >= shown.start
        assert (step.site is None) is not bool(whole.sessions)
        for meeting in step.meetings:
            day = meeting.date
            weeks[monday_of(day)] += meeting.hours  # type: ignore[assignment]
            days[day] += meeting.hours  # type: ignore[assignment]
            longest[day] = max(meeting.hours, longest.get(day, Decimal(0)))
            assert day in worked.extra or day not in worked.days_off
            assert whole.sessions or worked.works(day)
        for need in whole.requires.all:
            lead = by_item[need.item]  # type: ignore[union-attr]
            share = need.completion  # type: ignore[union-attr]
            _comes_first(graph, lead, step, Decimal(100) if share is None else share)
        if whole.cadence and whole.cadence.every == "week":
            mondays = [monday_of(m.date) for m in step.meetings]
            assert len(set(mondays)) == len(mondays)
    assert all(hours <= shown.hours_a_week for hours in weeks.values())
    assert all(hours <= max(Decimal(8), longest[day]) for day, hours in days.items())
    assert {w.monday: w.hours for w in shown.weeks} == dict(weeks)


def _comes_first(graph: SkillGraph, lead: Any, step: Any, percent: Decimal) -> None:  # noqa: ANN401 - scheduled steps
    """Hold that by the day before a step (the same day, if it has no dates) the share was done."""
    whole = graph.items[step.item]
    dated = bool(whole.sessions or whole.cadence)
    done = sum(
        m.hours
        for m in lead.meetings
        if m.date < step.first or (not dated and m.date == step.first)
    )
    assert done > 0
    assert done * 100 >= percent * graph.items[lead.item].hours


# --- against every way of a few steps -------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 3])), min_size=1, max_size=2),
    st.lists(st.sampled_from([2, 3, 5]), max_size=2),
    st.sampled_from([3, 4, 5]),
)
def test_the_finish_week_lies_between_the_bound_and_what_every_way_gives(
    rhythms: list[tuple[int, int]], alone: list[int], limit: int
) -> None:
    items = [
        item(
            f"r{n}",
            teaches("listen", "0.3"),
            hours=str(times * hours),
            cadence={"every": "week", "times": str(times), "hours": str(hours)},
        )
        for n, (times, hours) in enumerate(rhythms)
    ] + [item(f"a{n}", teaches("listen", "0.3"), hours=str(h)) for n, h in enumerate(alone)]
    rules = [{"role": "seller", "item": i["id"], "clause": "HR-2"} for i in items]
    graph = small_graph(items=items, mandatory=rules)
    made = plan(graph, "seller", {"talk": Decimal(70)})
    shown = make_schedule(
        graph, made, start=MONDAY, worked=WorkingDays(), hours_a_week=Decimal(limit)
    )
    assert shown.finish
    assert shown.earliest_week
    found = (shown.finish - MONDAY).days // 7
    best = _first_week_of_all(rhythms, alone, limit)
    assert (shown.earliest_week - MONDAY).days // 7 <= best <= found
    if shown.proved:
        assert found == best


def _first_week_of_all(rhythms: list[tuple[int, int]], alone: list[int], limit: int) -> int:
    """Try every pair of first weeks; hours without dates then fill what is left of each week."""
    best = 99
    for starts in product(range(8), repeat=len(rhythms)):
        used: Counter[int] = Counter()
        for start, (times, hours) in zip(starts, rhythms, strict=True):
            for week in range(start, start + times):
                used[week] += hours
        if any(hours > limit for hours in used.values()):
            continue
        left, week = sum(alone), 0
        while left > 0:
            left -= limit - used[week]
            week += 1
        ends = [start + times - 1 for start, (times, _) in zip(starts, rhythms, strict=True)]
        best = min(best, max([*ends, week - 1]))
    return best
