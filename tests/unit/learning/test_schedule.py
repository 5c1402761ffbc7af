"""Plans laid out over weeks: rhythms, sessions, shares, what does not fit, and what would help."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning.documents import Cadence
from engine.learning.plan import plan
from engine.learning.schedule.explain import explain_schedule
from engine.learning.schedule.make import make_schedule
from engine.learning.schedule.working_days import WorkingDays, monday_of, rhythm
from tests.support.catalogs import item, shipped_graph, small_graph, teaches

if TYPE_CHECKING:
    from engine.learning.schedule.documents import Schedule

MONDAY = dt.date(2026, 11, 30)
EVERY_DAY = WorkingDays()
SHIPPED = shipped_graph()


def scheduled(*items: dict[str, Any], worked: WorkingDays = EVERY_DAY, **given: Any) -> Schedule:  # noqa: ANN401 - what is said of the weeks
    rules = [{"role": "seller", "item": i["id"], "clause": "HR-2"} for i in items]
    graph = small_graph(items=list(items), mandatory=rules)
    made = plan(graph, "seller", {"talk": Decimal(70)})
    return make_schedule(graph, made, start=MONDAY, worked=worked, **given)


def shipped(role: str, scores: dict[str, int], **given: Any) -> Schedule:  # noqa: ANN401 - what is said of the weeks
    made = plan(SHIPPED, role, {name: Decimal(score) for name, score in scores.items()})
    return make_schedule(SHIPPED, made, start=MONDAY, worked=EVERY_DAY, **given)


def dates(made: Schedule, of: str) -> list[str]:
    (step,) = (step for step in made.steps if step.item == of)
    return [meeting.date.isoformat() for meeting in step.meetings]


def session(day: str, site: str = "Here") -> dict[str, str]:
    return {"date": day, "site": site, "seats": "3"}


def one(**keys: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML data
    return item("one", teaches("listen", "0.4"), **keys)


def test_hours_without_dates_are_spread_over_the_days() -> None:
    made = scheduled(one(hours="9"), hours_a_week=Decimal(5))
    assert dates(made, "one") == [
        f"2026-{day}"
        for day in ["11-30", "12-01", "12-02", "12-03", "12-04", "12-07", "12-08", "12-09", "12-10"]
    ]
    assert (made.status, made.proved) == ("fits", True)
    assert [(w.monday, w.hours) for w in made.weeks] == [
        (MONDAY, Decimal(5)),
        (MONDAY + dt.timedelta(days=7), Decimal(4)),
    ]


def test_a_day_off_moves_a_meeting_within_its_week_and_a_week_off_puts_it_off() -> None:
    off = {"2026-12-07", *(f"2026-12-{d}" for d in range(14, 19))}
    worked = WorkingDays(frozenset(map(dt.date.fromisoformat, off)))
    cadence = {"every": "week", "times": "3", "hours": "1"}
    made = scheduled(one(hours="3", cadence=cadence), worked=worked)
    assert dates(made, "one") == ["2026-11-30", "2026-12-08", "2026-12-21"]


def test_a_worked_weekend_counts() -> None:
    worked = WorkingDays(extra=frozenset({dt.date(2026, 12, 5)}))
    cadence = {"every": "workday", "times": "6", "hours": "1"}
    assert (
        dates(scheduled(one(hours="6", cadence=cadence), worked=worked), "one")[-1] == "2026-12-05"
    )


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("fortnight", ["2026-12-31", "2027-01-14", "2027-01-28"]),
        ("month", ["2026-12-31", "2027-02-01", "2027-02-26"]),
    ],
)
def test_longer_rhythms(every: str, days: list[str]) -> None:
    cadence = Cadence.model_validate({"every": every, "times": 3, "hours": 1})
    found = rhythm(cadence, dt.date(2026, 12, 31), EVERY_DAY, dt.date(2027, 12, 31))
    assert found is not None
    wished = [str(each[0]) for each in found]
    # The last of January is a Sunday: the week has no later day, so an earlier one is wished.
    assert wished == [days[0], "2027-01-29" if every == "month" else days[1], days[2]]
    assert rhythm(cadence, dt.date(2026, 12, 31), EVERY_DAY, dt.date(2027, 1, 1)) is None


def test_a_later_step_waits_for_its_share_only() -> None:
    made = shipped(
        "marketing-analyst",
        {"data_analysis": 65, "consumer_insight": 80, "report_writing": 85},
        hours_a_week=Decimal(6),
    )
    excel, mentoring = dates(made, "excel-advanced"), dates(made, "mentor-market-report")
    assert excel[0] < mentoring[0] < excel[-1]
    assert made.proved


def test_the_first_session_that_can_be_reached_is_taken_at_the_site() -> None:
    sales = {"customer_orientation": 70, "negotiation": 70}
    made = shipped("sales-rep-fmcg", sales, hours_a_week=Decimal(20))
    assert dates(made, "ws-negotiation-roleplay") == ["2026-12-12"]
    there = shipped("sales-rep-fmcg", sales, hours_a_week=Decimal(20), site="Guangzhou")
    assert dates(there, "ws-negotiation-roleplay") == ["2027-01-16"]
    assert [s.site for s in there.steps if s.site] == ["Guangzhou"]


def test_what_ends_late_is_named_with_what_would_help() -> None:
    made = scheduled(one(hours="12"), hours_a_week=Decimal(4), deadline=dt.date(2026, 12, 11))
    assert made.status == "late"
    assert [(late.item, late.days) for late in made.late] == [("one", 6)]
    assert [(r.change, r.value) for r in made.remedies] == [
        ("hours_a_week", "6"),
        ("start", "2026-11-23"),
        ("deadline", "2026-12-17"),
    ]
    for lang, words in (("en", "6 days late"), ("zh", "晚 6 天")):
        assert words in explain_schedule(made, lang)  # type: ignore[arg-type]


def test_every_remedy_helps_when_it_is_taken() -> None:
    made = scheduled(one(hours="12"), hours_a_week=Decimal(4), deadline=dt.date(2026, 12, 11))
    hours = Decimal(made.remedies[0].value)
    better = scheduled(one(hours="12"), hours_a_week=hours, deadline=dt.date(2026, 12, 11))
    assert better.status == "fits"


@pytest.mark.parametrize(
    ("keys", "given", "reason"),
    [
        (
            {"hours": "9", "sessions": [session("2026-12-02")]},
            {"hours_a_week": Decimal(8)},
            "it needs 9 hours in one week",
        ),
        ({"sessions": [session("2026-11-02")]}, {}, "no session is left once it can begin"),
        ({"sessions": [session("2026-12-02")]}, {"site": "There"}, "no session is left"),
        (
            {"hours": "6", "cadence": {"every": "week", "times": "2", "hours": "3"}},
            {"hours_a_week": Decimal(2)},
            "it needs 3 hours in one week",
        ),
        (
            {"hours": "20", "cadence": {"every": "workday", "times": "10", "hours": "2"}},
            {"hours_a_week": Decimal(8)},
            "it needs 10 hours in one week",
        ),
        ({"hours": "400"}, {"hours_a_week": Decimal(1)}, "the weeks that can be planned"),
    ],
)
def test_a_step_without_any_place_says_why(
    keys: dict[str, Any], given: dict[str, Any], reason: str
) -> None:
    after = item("two", teaches("listen", "0.3"), requires={"all": [{"item": "one"}]})
    made = scheduled(one(**keys), after, **given)
    assert made.status == "impossible"
    assert not made.proved
    assert reason in made.unplaced[0].reason.en
    assert "`one`" in made.unplaced[1].reason.en
    for lang in ("en", "zh"):
        assert made.unplaced[0].reason[lang] in explain_schedule(made, lang)


def test_another_site_is_a_remedy() -> None:
    made = scheduled(one(sessions=[session("2026-12-02")]), site="There")
    assert [r.change for r in made.remedies] == ["site"]
    none = scheduled(one(sessions=[session("2026-09-01")]))
    assert not none.remedies or none.remedies[0].change == "start"


def test_a_session_on_a_day_off_is_none() -> None:
    off = WorkingDays(frozenset({dt.date(2026, 12, 2)}))
    assert scheduled(one(sessions=[session("2026-12-02")]), worked=off).status == "impossible"


def test_a_session_of_two_days_takes_both() -> None:
    made = scheduled(one(hours="15", days="1.5", sessions=[session("2026-12-05")]))
    assert dates(made, "one") == ["2026-12-05", "2026-12-06"]


def test_nothing_to_learn_is_a_schedule_without_weeks() -> None:
    made = shipped("marketing-analyst", {"data_analysis": 90}, deadline=MONDAY)
    assert (made.status, made.finish, made.weeks, made.earliest_week) == ("fits", None, (), None)
    assert explain_schedule(made, "en") == "marketing-analyst: the plan fits"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"deadline": dt.date(2026, 11, 29)}, "SCHEDULE-INPUT-002"),
        ({"deadline": dt.date(9999, 12, 31)}, "SCHEDULE-INPUT-001"),
        ({"hours_a_week": Decimal("0.001")}, "SCHEDULE-INPUT-003"),
        ({"hours_a_week": Decimal(-1)}, "SCHEDULE-INPUT-003"),
        ({"hours_a_week": Decimal("NaN")}, "SCHEDULE-INPUT-003"),
        ({"hours_a_week": Decimal(169)}, "SCHEDULE-INPUT-003"),
    ],
)
def test_nonsense_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        scheduled(one(), **given)
    assert [d.code.id for d in caught.value.diagnostics] == [code]


def test_a_plan_of_another_catalog_is_refused() -> None:
    made = plan(SHIPPED, "sales-rep-fmcg", {"negotiation": Decimal(70)})
    with pytest.raises(DocumentError) as caught:
        make_schedule(small_graph(), made, start=MONDAY, worked=EVERY_DAY)
    assert caught.value.diagnostics[0].code.id == "SCHEDULE-INPUT-004"


def test_weeks_begin_on_monday() -> None:
    assert monday_of(dt.date(2026, 12, 6)) == MONDAY
