"""On small catalogs with limits, a plan anew keeps as much of what is booked as any that closes as much."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning.alternatives import best_plans
from engine.learning.documents import PlanLimits
from engine.learning.plan import plan
from engine.learning.results.follow_up import follow_up
from engine.learning.results.ledger import collect
from engine.learning.results.replan import replan
from engine.learning.situation import describe_situation
from tests.support.catalogs import item, small_graph, teaches
from tests.support.follow_ups import NOW, booking, enrolment, rules

if TYPE_CHECKING:
    from engine.learning.skill_graph import SkillGraph

NAMES = [f"i{n}" for n in range(6)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[SkillGraph, PlanLimits, list[str]]:
    made = []
    for name in NAMES:
        keys: dict[str, Any] = {"hours": draw(st.sampled_from(["1", "2", "3", "5"]))}
        if draw(st.integers(0, 3)) == 0:
            keys["requires"] = {"all": [{"item": draw(st.sampled_from(NAMES[:2]))}]}
        if draw(st.integers(0, 4)) == 0:
            keys["variant"] = "same"
        gain = draw(st.sampled_from(["0.1", "0.2", "0.35"]))
        made.append(item(name, teaches("listen", gain), **keys))
    made[0].pop("requires", None)
    made[1].pop("requires", None)
    hours = draw(st.sampled_from([4, 6, 8, 20]))
    booked = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return small_graph(items=made), PlanLimits(hours_a_week=Decimal(hours), weeks=1), sorted(booked)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_as_much_stays_as_can(case: tuple[SkillGraph, PlanLimits, list[str]]) -> None:
    graph, limits, booked = case
    scores = {"talk": Decimal(65)}
    made = plan(graph, "seller", scores, limits=limits)
    enrolled = enrolment(*(booking(name, "2026-10-01", "2026-11-01") for name in booked))
    known = follow_up(graph, made, enrolled, collect([]), rules(), NOW)
    new = replan(graph, made, enrolled, known)

    def unmet(forced: tuple[str, ...]) -> tuple[int, ...] | None:
        found = best_plans(
            describe_situation(graph, "seller", scores, limits=limits, forced=forced), 1
        )
        return found[0].unmet if found else None

    free = unmet(())
    kept = next(
        size
        for size in range(len(booked), -1, -1)
        if any(unmet(some) == free for some in combinations(booked, size))
    )
    stays = sum(step.item in booked for step in new.plan.steps)
    assert stays <= kept
    if kept >= len(booked) - 1:
        assert stays == kept
    assert [gap.closed for gap in new.plan.gaps] == [gap.closed for gap in made.gaps]
