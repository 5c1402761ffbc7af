"""Why not another item, which sets come next, and the least that would make more possible."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning.choices import PlanChoices, weigh_choices
from engine.learning.choices_text import explain_choices
from engine.learning.documents import PlanLimits
from engine.learning.plan import plan
from engine.learning.situation import describe_situation
from tests.support.catalogs import (
    item,
    node,
    part,
    shipped_graph,
    small_graph,
    target,
    teaches,
)
from tests.support.golden import assert_golden

if TYPE_CHECKING:
    from engine.learning.skill_graph import SkillGraph

LISTEN = teaches("listen", "0.4")


def weighed(graph: SkillGraph, score: str = "70", **given: Any) -> PlanChoices:  # noqa: ANN401
    options = {key: given.pop(key) for key in ("asked", "rejected", "others") if key in given}
    scores = {"talk": Decimal(score)}
    made = plan(graph, "seller", scores, **given)
    return weigh_choices(describe_situation(graph, "seller", scores, **given), made, **options)


def test_a_rejected_item_says_what_it_takes_more() -> None:
    items = [
        item("short", LISTEN),
        item("long", LISTEN, hours="9.5", cost="120"),
        item("bad", teaches("listen", "0.1")),
    ]
    choices = weighed(small_graph(items=items))
    assert [(r.item, r.why, r.hours, r.cost, r.closes) for r in choices.rejected] == [
        ("long", "worse", Decimal("5.5"), Decimal(120), True),
        ("bad", "worse", Decimal(4), Decimal(0), True),
    ]
    assert [n.id for n in choices.rejected[0].replaces] == ["short"]
    assert choices.rejected[1].replaces == ()


def test_what_an_item_needs_first_comes_with_it() -> None:
    deep = item("deep", LISTEN, hours="3", requires={"all": [{"item": "basics"}]})
    basics = item("basics", teaches("other", "0.1"), hours="2")
    graph = small_graph(
        nodes=[node("talk", "competency"), node("listen"), node("other")],
        items=[item("short", LISTEN), deep, basics],
    )
    [rejected] = weighed(graph).rejected
    assert (rejected.item, rejected.hours) == ("deep", Decimal(1))
    assert [n.id for n in rejected.adds] == ["basics"]


@pytest.mark.parametrize(
    ("keys", "given", "why"),
    [
        ({}, {"passed": {"long"}}, "passed"),
        ({"language": ["en"]}, {"limits": PlanLimits(languages=("zh",))}, "languages"),
        ({"cost": "500"}, {"limits": PlanLimits(budget=Decimal(100))}, "budget"),
        ({"hours": "40"}, {"limits": PlanLimits(hours_a_week=Decimal(5), weeks=2)}, "hours_a_week"),
        (
            {"cadence": {"every": "month", "times": "4", "hours": "1"}},
            {"limits": PlanLimits(weeks=4)},
            "weeks",
        ),
        ({"requires": {"all": [{"item": "owned"}]}, "variant": "same"}, {}, "conflict"),
    ],
)
def test_what_stands_against_an_item_is_named(
    keys: dict[str, Any], given: dict[str, Any], why: str
) -> None:
    must = item("owned", teaches("listen", "0.01"), hours="1", variant="same")
    rule = [{"role": "seller", "item": "owned", "clause": "HR-1"}]
    graph = small_graph(
        items=[item("short", LISTEN), item("long", LISTEN, **{"hours": "4", **keys}), must],
        mandatory=rule if why == "conflict" else [],
    )
    choices = weighed(graph, asked=("long",), rejected=0, **given)
    assert [(r.item, r.why) for r in choices.rejected] == [("long", why)]


def test_an_item_in_the_plan_needs_no_excuse() -> None:
    graph = small_graph(items=[item("short", LISTEN)])
    assert weighed(graph, asked=("short",)).rejected == ()


def test_an_item_nobody_knows_is_refused() -> None:
    with pytest.raises(DocumentError, match="PLAN-INPUT-004"):
        weighed(small_graph(), asked=("cuorse",))


def test_the_next_best_sets_come_in_order() -> None:
    items = [item(f"i{n}", LISTEN, hours=str(n)) for n in (1, 2, 3, 4)]
    choices = weighed(small_graph(items=items), others=2)
    assert [[n.id for n in o.items] for o in choices.others] == [["i2"], ["i3"]]
    assert [(o.hours, o.closes) for o in choices.others] == [(Decimal(1), True), (Decimal(2), True)]


# --- what would make it possible -------------------------------------------------------------------


def relaxed(**given: Any) -> list[tuple[str, str, str, bool]]:  # noqa: ANN401
    items = [
        item("cheap", teaches("listen", "0.2"), hours="3", cost="50"),
        item("dear", LISTEN, hours="7", cost="180.25", language=["en"]),
        item(
            "slow",
            teaches("listen", "0.35"),
            hours="6",
            cost="20",
            cadence={"every": "week", "times": "6", "hours": "1"},
        ),
    ]
    limits = PlanLimits(**given)
    choices = weighed(small_graph(items=items), limits=limits)
    return [(r.limit, r.now, r.needed, r.alone) for r in choices.relaxations]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"budget": Decimal(10)}, [("budget", "10", "20", True)]),
        ({"budget": Decimal("19.99")}, [("budget", "19.99", "20", True)]),
        ({"budget": Decimal(20)}, []),
        (
            {"weeks": 5, "budget": Decimal(100)},
            [("budget", "100", "180.25", True), ("weeks", "5", "6", True)],
        ),
        (
            {"hours_a_week": Decimal(1), "weeks": 5, "languages": ("en",)},
            [("hours_a_week", "1", "1.4", True), ("weeks", "5", "7", True)],
        ),
        (
            {"hours_a_week": Decimal("0.5"), "weeks": 4, "budget": Decimal(10)},
            [("budget", "10", "20", False), ("hours_a_week", "0.5", "1.5", False)],
        ),
    ],
)
def test_the_least_change_of_a_limit_is_found(
    given: dict[str, Any], expected: list[tuple[str, str, str, bool]]
) -> None:
    assert relaxed(**given) == expected


def test_the_language_that_is_enough_is_named() -> None:
    graph = small_graph(items=[item("a", LISTEN, language=["fr", "de"])])
    choices = weighed(graph, limits=PlanLimits(languages=("zh",)))
    assert [(r.limit, r.needed, r.alone) for r in choices.relaxations] == [
        ("languages", "zh, de", True)
    ]


def test_what_the_catalog_cannot_do_is_named_with_how_far_it_leads() -> None:
    graph = small_graph(items=[item("low", teaches("listen", "0.9", "75"))])
    choices = weighed(graph, limits=PlanLimits(budget=Decimal(5)))
    assert choices.relaxations == ()
    [skill] = choices.unreachable
    assert (skill.skill, skill.reachable, skill.target) == ("listen", Decimal(75), Decimal(80))


def test_an_infeasible_plan_says_what_its_mandatory_items_need() -> None:
    rules = [{"role": "seller", "item": "safety", "clause": "HR-1"}]
    safety = item("safety", teaches("listen", "0.1"), hours="30", cost="500")
    graph = small_graph(items=[safety, item("short", LISTEN)], mandatory=rules)
    choices = weighed(graph, limits=PlanLimits(budget=Decimal(100)))
    assert [(r.limit, r.needed) for r in choices.relaxations] == [("budget", "500")]
    assert choices.others == ()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_choices_of_the_articles_person_are_told(lang: Any) -> None:  # noqa: ANN401
    graph, role = shipped_graph(), "sales-rep-fmcg"
    scores = {"negotiation": Decimal(70), "customer_orientation": Decimal(70)}
    told = []
    for limits in (
        PlanLimits(),
        PlanLimits(budget=Decimal(100)),
        PlanLimits(hours_a_week=Decimal(2), weeks=4),
        PlanLimits(hours_a_week=Decimal(2), weeks=4, languages=("en",)),
    ):
        made = plan(graph, role, scores, limits=limits)
        situation = describe_situation(graph, role, scores, limits=limits)
        told.append(
            explain_choices(
                weigh_choices(
                    situation,
                    made,
                    asked=("negotiation-coaching",)
                    if "negotiation-coaching" in graph.items
                    else (),
                ),
                lang,
            )
        )
    assert_golden(f"plans/choices.{lang}.txt", "\n\n".join(told) + "\n")


def test_nothing_to_choose_is_told_as_nothing() -> None:
    graph = small_graph(
        nodes=[node("talk", "competency"), node("listen")],
        edges=[part("listen", "talk")],
        targets=[target("talk")],
        items=[item("short", LISTEN)],
    )
    assert explain_choices(weighed(graph, others=0), "en") == ""
