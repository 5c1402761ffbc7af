"""Weeks: chains of prerequisites with a rhythm, begun needs, and what could help a late item."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.plan import plan
from engine.learning.planner.pace import Pace
from engine.learning.situation import describe_situation
from tests.support.catalogs import item, node, part, small_graph, teaches

GOOD = teaches("listen", "0.4")
OTHER = teaches("read", "0.1")
NODES = {
    "nodes": [node("talk", "competency"), node("listen"), node("read")],
    "edges": [part("listen", "talk")],
}


def weekly(name: str, times: int, *taught: dict[str, Any], **keys: Any) -> dict[str, Any]:  # noqa: ANN401
    rhythm = {"every": "week", "times": str(times), "hours": "1"}
    return item(name, *taught, cadence=rhythm, hours=str(times), **keys)


def planned(items: list[dict[str, Any]], weeks: int | None) -> LearningPlan:
    limits = PlanLimits(weeks=weeks)
    return plan(small_graph(**NODES, items=items), "seller", {"talk": Decimal(70)}, limits=limits)


def ids(made: LearningPlan) -> list[str]:
    return [step.item for step in made.steps]


CHAIN = [
    weekly("base", 3, OTHER),
    weekly("goal", 3, GOOD, requires={"all": [{"item": "base"}]}),
    item("dear", GOOD, hours="90"),
]


def test_a_chain_that_ends_after_the_deadline_is_cut_off() -> None:
    assert ids(planned(CHAIN, 6)) == ["base", "goal"]
    made = planned(CHAIN, 5)
    assert (ids(made), made.proved) == (["dear"], True)
    late = planned(CHAIN[:2], 5)
    assert (late.status, late.binding) == ("partial", ("weeks",))


def test_what_need_only_be_begun_does_not_hold_up() -> None:
    begun = {"requires": {"all": [{"item": "base", "completion": "50"}]}}
    items = [CHAIN[0], weekly("goal", 3, GOOD, **begun), CHAIN[2]]
    assert ids(planned(items, 5)) == ["base", "goal"]
    assert ids(planned(items, 4)) == ["dear"]


def test_a_need_of_a_skill_may_be_begun_too() -> None:
    edge = {"type": "requires", "from": "listen", "all": [{"item": "base", "completion": "0"}]}
    graph = small_graph(
        nodes=NODES["nodes"],
        edges=[*NODES["edges"], edge],
        items=[CHAIN[0], weekly("goal", 3, GOOD)],
    )
    limits = PlanLimits(weeks=3)
    made = plan(graph, "seller", {"talk": Decimal(70)}, limits=limits)
    assert (ids(made), made.status) == (["base", "goal"], "complete")


def test_another_way_in_is_found_where_the_first_is_late() -> None:
    quick = item("quick", OTHER, hours="40")
    either = {"requires": {"any": [{"item": "base"}, {"item": "quick"}]}}
    items = [CHAIN[0], quick, weekly("goal", 3, GOOD, **either)]
    assert ids(planned(items, 6)) == ["base", "goal"]
    assert ids(planned(items, 5)) == ["quick", "goal"]


def test_a_level_is_there_when_enough_is_done() -> None:
    lift = [
        weekly("slow", 4, teaches("read", "0.5")),
        item("fast", teaches("read", "0.5"), hours="30"),
    ]
    goal = weekly("goal", 2, GOOD, requires={"all": [{"skill": "read", "level": "75"}]})
    graph = small_graph(
        nodes=[*NODES["nodes"], node("write", "competency")],
        edges=[*NODES["edges"], part("read", "write")],
        items=[*lift, goal],
    )
    scores = {"talk": Decimal(70), "write": Decimal(60)}
    made = {
        weeks: ids(plan(graph, "seller", scores, limits=PlanLimits(weeks=weeks)))
        for weeks in (6, 5)
    }
    assert made == {6: ["slow", "goal"], 5: ["fast", "goal"]}


def test_what_is_late_names_what_could_help_and_nothing_else() -> None:
    ways = {"requires": {"any": [{"item": "base"}, {"item": "quick"}]}}
    items = [CHAIN[0], item("quick", OTHER), weekly("goal", 3, GOOD, **ways), item("far", OTHER)]
    asked = describe_situation(
        small_graph(**NODES, items=items),
        "seller",
        {"talk": Decimal(70)},
        limits=PlanLimits(weeks=5),
    )
    pace = Pace(asked, {"base", "goal"})
    assert pace.starts == {"base": 0, "goal": 3}
    assert pace.late() == {"goal": frozenset({"quick"})}
    assert Pace(asked, {"goal"}).late() == {"goal": frozenset({"base", "quick"})}
    assert Pace(asked, {"quick", "goal"}).late() == {}
