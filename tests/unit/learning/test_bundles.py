"""Bundles: taken whole or not at all, at one price, and what is refused of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.explain import explain_plan
from engine.learning.plan import plan
from tests.support.catalogs import findings, item, small_graph, teaches, text

if TYPE_CHECKING:
    from collections.abc import Collection

HALF = teaches("listen", "0.25")
ITEMS = [
    item("a", HALF, hours="2", cost="100"),
    item("b", HALF, hours="2", cost="100"),
    item("c", HALF, hours="2", cost="90"),
    item("d", HALF, hours="2", cost="90"),
]


def bundle(*items: str, **keys: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML data
    return {"id": "-".join(("of", *items)), "name": text("set"), "items": list(items), **keys}


def planned(
    *bundles: dict[str, Any],
    budget: str | None = None,
    passed: Collection[str] = (),
    score: str = "65",
) -> LearningPlan:
    graph = small_graph(items=ITEMS, bundles=list(bundles))
    limits = PlanLimits.model_validate({"budget": budget} if budget is not None else {})
    return plan(graph, "seller", {"talk": Decimal(score)}, limits=limits, passed=passed)


def ids(made: LearningPlan) -> list[str]:
    return [step.item for step in made.steps]


def test_without_a_price_a_bundle_is_a_heading() -> None:
    assert (ids(planned(bundle("a", "b"))), planned().bundles) == (["c", "d"], ())


def test_the_price_of_a_bundle_makes_it_the_cheaper_choice() -> None:
    made = planned(bundle("a", "b", cost="150"))
    assert (ids(made), made.cost) == (["a", "b"], Decimal(150))
    [taken] = made.bundles
    assert (taken.id, taken.cost, taken.saved) == ("of-a-b", Decimal(150), Decimal(50))
    assert "150 CNY, 50 CNY less than one by one" in explain_plan(made, "en")
    assert "打包 150 CNY，比单买省 50 CNY" in explain_plan(made, "zh")


def test_a_budget_is_held_by_the_price_that_is_paid() -> None:
    assert planned(budget="150").status == "partial"
    made = planned(bundle("a", "b", cost="150"), budget="150")
    assert (made.status, made.cost, made.proved) == ("complete", Decimal(150), True)


def test_a_member_that_closes_nothing_is_taken_where_the_bundle_costs_less_with_it() -> None:
    cheap = bundle("a", "b", "c", cost="120")
    made = planned(cheap, budget="120")
    assert (ids(made), made.cost) == (["a", "b", "c"], Decimal(120))


def test_what_was_passed_is_neither_asked_for_nor_charged_again() -> None:
    offer = bundle("a", "b", cost="150")
    made = planned(offer, passed={"a"})
    assert (ids(made), made.cost, made.bundles) == (["c", "d"], Decimal(180), ())
    half_price = bundle("a", "b", "c", cost="110")
    made = planned(half_price, passed={"a"})
    assert (ids(made), made.cost) == (["b", "c"], Decimal(110))
    together = bundle("a", "c", together="true")
    assert ids(planned(together)) == ["a", "c"]
    assert ids(planned(together, passed={"a"})) == ["c", "d"]


def test_together_is_all_or_none() -> None:
    trio = bundle("a", "c", "d", together="true")
    made = planned(trio)
    assert (ids(made), made.hours) == (["a", "c", "d"], Decimal(6))
    assert planned(trio, score="74").steps[0].item == "b"


@pytest.mark.parametrize(
    ("bundles", "expected"),
    [
        ([bundle("a", "b", cost="200")], []),
        ([bundle("a", "b", cost="200.01")], ["CAT-BUNDLE-001"]),
        ([bundle("a", "a", together="true")], ["CAT-BUNDLE-002"]),
        ([bundle("a", "b", cost="1"), bundle("b", "c", cost="1")], ["CAT-BUNDLE-003"]),
        ([bundle("a", "b", cost="1"), bundle("b", "c", together="true")], []),
        ([bundle(together="true")], ["CAT-BUNDLE-005"]),
        ([bundle("a", "nothing", cost="1")], ["CAT-ID-002"]),
        ([bundle()], []),
    ],
)
def test_what_is_refused(bundles: list[dict[str, Any]], expected: list[str]) -> None:
    told = findings(items=ITEMS, bundles=bundles)
    assert [line.split()[0] for line in told] == expected


def test_two_forms_of_one_content_are_no_bundle() -> None:
    forms = [item(name, HALF, variant="same") for name in ("a", "b")]
    [told] = findings(items=forms, bundles=[bundle("a", "b", together="true")])
    assert told.startswith("CAT-BUNDLE-004")
