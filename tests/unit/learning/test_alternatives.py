"""The best few sets of items, what must be in them, and what must not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning.alternatives import Option, best_plans
from engine.learning.situation import NO_LIMITS, describe_situation
from tests.support.catalogs import item, small_graph, teaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.learning.skill_graph import SkillGraph

HOURS = {"a": "3", "b": "4", "c": "4", "d": "9"}
ITEMS = [item(i, teaches("listen", "0.4"), hours=h, cost="10") for i, h in HOURS.items()]


def options(count: int, score: str = "70", **given: Any) -> tuple[Option, ...]:  # noqa: ANN401
    graph = small_graph(items=[*ITEMS, item("weak", teaches("listen", "0.1"), hours="1")])
    return best_plans(describe_situation(graph, "seller", {"talk": Decimal(score)}, **given), count)


def test_the_best_come_first_and_none_holds_another() -> None:
    found = options(10)
    assert [o.items for o in found] == [("a",), ("b",), ("c",), ("d",), ("weak",), ()]
    assert [o.hours for o in found] == [Decimal(n) for n in (3, 4, 4, 9, 1, 0)]
    assert [o.unmet[0] > 0 for o in found] == [False] * 4 + [True] * 2
    assert (found[0].cost, found[0].proved) == (Decimal(10), True)
    assert options(2) == found[:2]


def test_what_is_forced_is_in_each_and_what_is_excluded_in_none() -> None:
    assert [o.items for o in options(2, forced={"weak"})] == [("a", "weak"), ("b", "weak")]
    assert [o.items for o in options(1, excluded={"a", "b"})] == [("c",)]


def test_without_a_gap_the_only_plan_is_to_do_nothing() -> None:
    assert [o.items for o in options(3, "90")] == [()]


def test_what_cannot_be_has_no_plan() -> None:
    graph = small_graph(items=[item("course", teaches("listen", "0.4"), language=["zh"])])
    limits = {"languages": ("en",)}
    asked = describe_situation(
        graph,
        "seller",
        {"talk": Decimal(70)},
        forced={"course"},
        limits=NO_LIMITS.model_copy(update=limits),
    )
    assert best_plans(asked, 1) == ()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda g: describe_situation(g, "seller", {}, forced={"corse"}), "PLAN-INPUT-004"),
        (
            lambda g: describe_situation(g, "seller", {}, forced={"course"}, excluded={"course"}),
            "PLAN-INPUT-006",
        ),
        (
            lambda g: describe_situation(g, "seller", {}, forced={"course"}, passed={"course"}),
            "PLAN-INPUT-007",
        ),
        (lambda g: best_plans(describe_situation(g, "seller", {}), 0), "PLAN-INPUT-008"),
        (lambda g: best_plans(describe_situation(g, "seller", {}), 101), "PLAN-INPUT-008"),
    ],
)
def test_what_the_door_refuses(call: Callable[[SkillGraph], object], expected: str) -> None:
    with pytest.raises(DocumentError) as caught:
        call(small_graph())
    [found] = caught.value.diagnostics
    assert found.code.id == expected
    assert all(found.message(lang) and found.help(lang) for lang in ("zh", "en"))
