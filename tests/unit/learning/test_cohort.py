"""Cohorts: who is served when, what is short, what the rule of waiting does, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from api.folder import read_folder
from engine.content import read_content
from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from engine.learning.cohort.documents import Cohort, CohortPlan, Waiting
from engine.learning.cohort.explain import explain_cohort, explain_hire
from engine.learning.cohort.make import Progress, plan_cohort
from engine.learning.cohort.table import parse_cohort
from engine.learning.cohort.waiting import weigh_waiting
from engine.learning.schedule.working_days import WorkingDays
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from tests.benchmarks.cohorts import START, WEEKS, cohort_case
from tests.support.catalogs import item, small_graph, teaches
from tests.support.source import ROOT

MONDAY = dt.date(2026, 11, 30)
NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
MENTORED = {
    "hours": "4",
    "cadence": {"every": "week", "times": "2", "hours": "2"},
    "mentors": {"pool": "few"},
}
POOL = {
    "id": "few",
    "kind": "mentor_pool",
    "name": {"zh": "导师", "en": "mentors"},
    "members": [{"person": "m", "slots_per_week": "1"}],
}


def hire(id_: str, **keys: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON data
    head = {"id": id_, "role": "seller", "arrival": "2026-11-30", "hours_a_week": "4"}
    return {**head, "scores": {"talk": "70"}, **keys}


def planned(
    *hires: dict[str, Any],
    items: list[dict[str, Any]] | None = None,
    waiting: dict[str, Waiting] | None = None,
    weeks: int = 8,
    **given: Any,  # noqa: ANN401 - what is said of the weeks
) -> CohortPlan:
    made = items or [item("talked", teaches("listen", "0.4"), **MENTORED)]
    graph = small_graph(items=made, resources=[POOL])
    data = {"schema_version": "1", "kind": "cohort", "hires": list(hires)}
    cohort = Cohort.model_validate(data)
    plain = Waiting(weight=1, weight_past_limit=1, limit=50)
    waits = {each.id: (waiting or {}).get(each.id, plain) for each in cohort.hires}
    return plan_cohort(
        graph, cohort, waits, start=MONDAY, weeks=weeks, worked=WorkingDays(), **given
    )


def first_weeks(made: CohortPlan) -> dict[str, int]:
    return {each.hire: each.items[0].first_week for each in made.hires if each.items}


def test_equal_hires_are_served_by_arrival_then_id_and_it_is_shown() -> None:
    late = hire("a", arrival="2026-12-02")
    made = planned(hire("c"), hire("b"), hire("d", arrival="2026-11-23"))
    assert first_weeks(made) == {"d": 1, "b": 3, "c": 5}
    assert made.hires[0].alike == ("d", "b", "c")
    assert "equal hires, in their order: d, b, c" in explain_hire(made, made.hires[0], "en")
    assert "条件相同者，按先后：d、b、c" in explain_hire(made, made.hires[0], "zh")
    other = planned(late, hire("b"))
    assert first_weeks(other) == {"b": 1, "a": 3}


def test_who_weighs_more_is_served_first() -> None:
    heavy = {"z": Waiting(weight=9, weight_past_limit=27, limit=0)}
    made = planned(hire("a"), hire("z"), waiting=heavy)
    assert first_weeks(made) == {"z": 1, "a": 3}
    assert [aim.arrival_order for aim in made.aims] == [0, 2 + 9 * 4 + 18 * 2]
    assert [aim.value for aim in made.aims] == [0, 9 * 2 + 4]


def test_who_waits_past_the_limit_is_marked_and_told() -> None:
    limits = {name: Waiting(weight=1, weight_past_limit=3, limit=1) for name in "ab"}
    made = planned(hire("a"), hire("b"), waiting=limits)
    (gap,) = made.hires[1].gaps
    assert (gap.week, gap.alone, gap.waits, gap.overdue) == (4, 2, 2, True)
    assert made.aims[1].value == 2 + 4 + 2 * 1
    assert "1 gap waits past the limit" in explain_cohort(made, "en")
    assert "1 项差距的等待超过上限" in explain_cohort(made, "zh")
    assert "2 weeks later than alone (past the limit)" in explain_hire(made, made.hires[1], "en")
    assert "为他人等待 2 周（超过上限）" in explain_hire(made, made.hires[1], "zh")


def test_a_bottleneck_says_what_one_more_slot_brings() -> None:
    made = planned(*(hire(f"h{n}") for n in range(3)), weeks=5)
    assert [aim.value for aim in made.aims] == [1, 2 + 4 + 6]
    for one in made.bottlenecks:
        assert (one.pool, one.slots) == ("few", 1)
        assert one.closes is not None
        assert one.saves is not None
    told = explain_cohort(made, "en")
    assert "bottleneck: mentors in week" in told
    assert "瓶颈：第" in explain_cohort(made, "zh")
    pools = {week.week: (week.taken, week.slots) for week in made.pools}
    assert pools == dict.fromkeys(range(1, 5), (1, 1))


def test_one_more_seat_is_the_difference_of_two_plans() -> None:
    def seated(seats: int) -> CohortPlan:
        sessions = [
            {"date": "2026-12-02", "site": "Here", "seats": str(seats)},
            {"date": "2026-12-16", "site": "Here", "seats": "9"},
        ]
        shop = item("shop", teaches("listen", "0.4"), kind="workshop", sessions=sessions)
        return planned(hire("a"), hire("b"), items=[shop])

    short, enough = seated(1), seated(2)
    (seat,) = short.bottlenecks
    assert (seat.item, seat.week, seat.site, seat.slots) == ("shop", 1, "Here", 1)
    assert seat.saves == short.aims[1].value - enough.aims[1].value == 2
    assert "one more saves 2 weighted weeks (solved again)" in explain_cohort(short, "en")
    assert enough.bottlenecks == ()


def test_each_hire_only_takes_what_is_for_them() -> None:
    items = [
        item("zh-only", teaches("listen", "0.4"), language=["zh"], hours="2"),
        item("en-too", teaches("listen", "0.4"), language=["en"], hours="3"),
        item(
            "there",
            teaches("listen", "0.4"),
            hours="1",
            language=["en", "zh"],
            sessions=[{"date": "2026-12-02", "site": "There", "seats": "5"}],
        ),
    ]
    made = planned(
        hire("a", languages=["en"], site="Here"),
        hire("b", passed=["zh-only"], site="Here"),
        hire("c", site="There"),
        items=items,
    )
    assert {h.hire: [i.item for i in h.items] for h in made.hires} == {
        "a": ["en-too"],
        "b": ["en-too"],
        "c": ["there"],
    }


def test_a_gap_that_nothing_closes_is_told_and_keeps_nobody_waiting() -> None:
    made = planned(hire("a", scores={"talk": "40"}), hire("b"))
    assert made.aims[0].value == 0
    (gap,) = made.hires[0].gaps
    assert (gap.reachable, gap.week) == (False, None)
    assert "no set of items closes it" in explain_hire(made, made.hires[0], "en")
    assert "没有条目组合能够弥合" in explain_hire(made, made.hires[0], "zh")


def test_what_does_not_fit_the_weeks_stays_open() -> None:
    made = planned(hire("a", arrival="2026-12-07"), hire("b", arrival="2027-06-01"), weeks=2)
    assert [aim.value for aim in made.aims] == [2, 2 + 1]
    assert "not closed within 2 weeks" in explain_hire(made, made.hires[0], "en")
    assert "2 周内未弥合" in explain_hire(made, made.hires[0], "zh")


def test_of_too_many_ways_some_are_left_out_and_counted() -> None:
    every = {"every": "week", "times": "1", "hours": "1"}
    items = [
        item(f"m{n}", teaches("listen", "0.1"), **{**MENTORED, "hours": "1", "cadence": every})
        for n in range(5)
    ]
    made = planned(hire("a", scores={"talk": "67"}), items=items, weeks=24)
    assert made.options_left_out > 0
    assert made.hires[0].gaps[0].week is not None
    assert len({i.first_week for i in made.hires[0].items}) == len(made.hires[0].items) == 5


def test_where_the_days_are_too_full_only_the_weeks_are_given() -> None:
    def shops(*dates: str) -> CohortPlan:
        return planned(
            hire("a", hours_a_week="10"),
            items=[
                item(
                    f"shop{n}",
                    teaches("listen", "0.2"),
                    hours="5",
                    sessions=[{"date": date, "site": "Here", "seats": "1"}],
                )
                for n, date in enumerate(dates)
            ],
        )

    full, fine = shops("2026-12-02", "2026-12-02"), shops("2026-12-02", "2026-12-03")
    assert [(i.last_week, i.meetings) for i in full.hires[0].items] == [(1, ()), (1, ())]
    assert [len(i.meetings) for i in fine.hires[0].items] == [1, 1]
    alone = planned(hire("a"), items=[item("alone", teaches("listen", "0.4"), hours="4")])
    (only,) = alone.hires[0].items
    assert [m.date.isoformat() for m in only.meetings][0::3] == ["2026-11-30", "2026-12-03"]
    assert "2026-11-30 to 2026-12-03" in explain_hire(alone, alone.hires[0], "en")


def test_nothing_begins_before_the_first_day() -> None:
    made = planned(hire("a", arrival="2026-11-02"))
    assert made.hires[0].items[0].first_week == 1
    late = Cohort.model_validate(
        {"schema_version": "1", "kind": "cohort", "hires": [hire("a", hours_a_week="8")]}
    )
    alone = item("alone", teaches("listen", "0.4"), hours="8")
    found = plan_cohort(
        small_graph(items=[alone]),
        late,
        {"a": Waiting(weight=1, weight_past_limit=1, limit=9)},
        start=MONDAY + dt.timedelta(days=4),
        weeks=3,
        worked=WorkingDays(),
    )
    assert (found.start, found.hires[0].items[0].last_week) == (MONDAY, 2)


def test_the_budget_of_a_hire_is_kept() -> None:
    items = [
        item("dear", teaches("listen", "0.4"), hours="1", cost="500"),
        item("cheap", teaches("listen", "0.4"), hours="4", cost="10"),
    ]
    made = planned(hire("a", budget="100"), hire("b"), items=items)
    assert [h.items[0].item for h in made.hires] == ["cheap", "dear"]


def test_a_hire_without_gaps_takes_nothing() -> None:
    made = planned(hire("a", scores={"talk": "95"}))
    assert (made.hires[0].items, made.hires[0].gaps, made.proved) == ((), (), True)


@pytest.mark.slow
def test_out_of_time_the_gap_is_told_and_is_no_less_than_the_true_one() -> None:
    graph, cohort, waiting = cohort_case(4)

    def answer(progress: Progress | None) -> CohortPlan:
        return plan_cohort(
            graph,
            cohort,
            waiting,
            start=START,
            weeks=WEEKS,
            worked=WorkingDays(),
            bottlenecks=1,
            progress=progress,
        )

    told: list[str] = []
    best, hasty = answer(Progress(told=told.append)), answer(Progress(seconds_left=lambda: 0.0))
    assert best.proved
    assert best == answer(None)
    assert told
    assert not hasty.proved
    for exact, quick in zip(best.aims, hasty.aims, strict=True):
        assert quick.bound <= exact.value <= quick.value or exact.aim == "weeks"
        assert quick.gap * quick.value >= 100 * (quick.value - quick.bound)
    assert "at most" in explain_cohort(hasty, "en")
    assert "相差至多" in explain_cohort(hasty, "zh")
    assert all(one.saves is None for one in hasty.bottlenecks)


# --- the rule of waiting --------------------------------------------------------------------------


def test_a_rule_that_gives_no_whole_numbers_is_refused() -> None:
    data = {
        "schema_version": "1",
        "kind": "rule_set",
        "id": "half",
        "version": "1.0.0",
        "title": {"zh": "半", "en": "half"},
        "owner": "hr",
        "clause": "-",
        "feel": "1",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "inputs": {
            "priority": {"type": "number"},
            "weeks_waited": {"type": "number"},
            "weeks_left": {"type": "number", "nullable": True},
        },
        "decisions": {
            "weight": {"type": "number", "value": "priority / 2"},
            "weight_past_limit": {"type": "number", "value": "priority"},
            "limit": {"type": "number", "value": "weeks_waited - 1"},
        },
    }
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    for priority in ("3", "4"):  # half a weight, then a limit below nothing
        cohort = Cohort.model_validate(
            {"schema_version": "1", "kind": "cohort", "hires": [hire("a", priority=priority)]}
        )
        with pytest.raises(DocumentError) as caught:
            weigh_waiting(compile_rule_set(loaded), cohort, MONDAY)
        assert [d.code.id for d in caught.value.diagnostics] == ["COHORT-WAITING-001"]


def test_the_rule_weighs_and_the_planner_reads_its_outcome() -> None:
    rules = read_content(read_folder(ROOT).files).rule_set("cohort-waiting@1.0.0", NOW)
    cohort = Cohort.model_validate(
        {
            "schema_version": "1",
            "kind": "cohort",
            "hires": [
                hire("a", probation_ends="2027-01-04"),
                hire("b", priority="5", weeks_waited="2"),
            ],
        }
    )
    said = weigh_waiting(rules, cohort, MONDAY)
    assert {i: (w.weight, w.weight_past_limit, w.limit) for i, w in said.items()} == {
        "a": (12, 36, 4),
        "b": (12, 36, 6),
    }
    assert "Probation ends in less than 8 weeks" in {r.en for r in said["a"].reasons}
    other = read_content(read_folder(ROOT).files).rule_set("bonus@1.0.0", NOW)
    with pytest.raises(DocumentError) as caught:
        weigh_waiting(other, cohort, MONDAY)
    assert [d.code.id for d in caught.value.diagnostics] == ["COHORT-WAITING-001"] * 2


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hires", "given", "code"),
    [
        ([], {}, "COHORT-INPUT-002"),
        ([hire("a"), hire("a")], {}, "COHORT-INPUT-001"),
        ([hire(f"h{n}") for n in range(5001)], {}, "COHORT-INPUT-003"),
        ([hire("a")], {"weeks": 0}, "COHORT-INPUT-004"),
        ([hire("a")], {"weeks": 53}, "COHORT-INPUT-004"),
        ([hire("a", scores={"tolk": "70"})], {}, "COHORT-INPUT-005"),
        ([hire("a", role="seler")], {}, "COHORT-INPUT-005"),
    ],
)
def test_nonsense_is_refused(hires: list[dict[str, Any]], given: Any, code: str) -> None:  # noqa: ANN401 - keywords
    with pytest.raises(DocumentError) as caught:
        planned(*hires, **given)
    assert caught.value.diagnostics[0].code.id == code


def test_days_beyond_all_weeks_are_held_off() -> None:
    made = planned(hire("a", arrival="9999-12-31"), hire("b", arrival="0001-01-01"))
    assert [len(h.items) for h in made.hires] == [0, 1]
    for day in (dt.date(1, 1, 1), dt.date(9999, 12, 31)):
        with pytest.raises(DocumentError) as caught:
            plan_cohort(
                small_graph(),
                Cohort.model_validate(ONE),
                {},
                start=day,
                weeks=4,
                worked=WorkingDays(),
            )
        assert [d.code.id for d in caught.value.diagnostics] == ["SCHEDULE-INPUT-001"]


ONE = {"schema_version": "1", "kind": "cohort", "hires": [hire("a")]}
TABLE = "id,role,arrival,hours_a_week,languages,site,talk\na,seller,2026-11-30,4,zh;en,,70\n\n"


def test_a_table_is_read_as_a_spreadsheet_saves_it() -> None:
    (one,) = parse_cohort(TABLE, "hires.csv", {"talk"}).hires
    assert one.languages == ("zh", "en")
    assert (one.site, one.scores, one.priority) == (None, {"talk": Decimal(70)}, 3)
    as_json = Cohort(schema_version="1", kind="cohort", hires=(one,)).model_dump_json()
    assert parse_cohort(as_json, "hires.json", {"talk"}).hires == (one,)
    written = 'schema_version: "1"\nkind: cohort\nhires:\n  - {id: a, role: seller, arrival: 2026-11-30, hours_a_week: 4, languages: [zh, en], scores: {talk: 70}}\n'
    assert parse_cohort(written, "hires.yaml", {"talk"}).hires == (one,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (",\n;", ["COHORT-TABLE-001 1"] * 4 + ["COHORT-TABLE-004 1"]),
        (TABLE.replace("arrival,", "arival,"), ["COHORT-TABLE-001 1", "COHORT-TABLE-004 1"]),
        (TABLE.replace("site", "talk"), ["COHORT-TABLE-002 1"]),
        (TABLE.replace(",70", ",70,80"), ["COHORT-TABLE-003 2"]),
        (TABLE.replace("talk", "tolk"), ["COHORT-TABLE-004 1"]),
        (TABLE.replace("zh;en", '"zh'), ["COHORT-TABLE-005 3"]),
        (TABLE.replace("2026-11-30", "30.11.2026"), ["DOC-TYPE-008 2"]),
        (TABLE.replace(",70", ",101"), ["CAT-VALUE-001 2"]),
        (TABLE.replace("\na,", "\nAnna Schmidt,"), ["COHORT-VALUE-001 2"]),
        (TABLE.replace("site", "priority").replace(",,", ",9,"), ["CAT-VALUE-001 2"]),
    ],
)
def test_what_is_wrong_in_a_table_is_found_in_its_line(text: str, found: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_cohort(text, "hires.csv", {"talk"})
    assert [
        f"{d.code.id} {d.span.line if d.span else 0}" for d in caught.value.diagnostics
    ] == found


def test_an_empty_table_is_a_cohort_without_hires() -> None:
    assert parse_cohort("\n", "hires.csv", ()).hires == ()


def test_broken_json_is_refused() -> None:
    with pytest.raises(DocumentError):
        parse_cohort('{"kind": "cohort"}', "hires.json", ())
