"""What a plan says while it is not proved, the first plan at once, and plans that are kept."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning import binding
from engine.learning.cache import PlanCache
from engine.learning.documents import PlanLimits
from engine.learning.explain import explain_plan
from engine.learning.plan import plan, plan_anytime
from engine.learning.planner import search
from engine.learning.planner.relaxation import Relaxation
from engine.learning.planner.solver import Effort, Solution, minimise
from engine.learning.situation import describe_situation
from tests.support.catalogs import item, node, part, small_graph, target, teaches

if TYPE_CHECKING:
    from engine.learning.documents import LearningPlan
    from engine.learning.skill_graph import SkillGraph

SCORES = {"talk": Decimal(60)}
# The first plan takes the shortest for what it closes; the best is another.
ITEMS = [
    item("wide", teaches("listen", "0.34"), teaches("read", "0.34"), hours="7"),
    item("both", teaches("listen", "0.5"), teaches("read", "0.5"), hours="10"),
    item("one", teaches("listen", "0.5"), hours="6"),
    item("two", teaches("read", "0.5"), hours="6"),
    item("twin", teaches("read", "0.5"), hours="6"),
]


def graph(**sections: Any) -> SkillGraph:  # noqa: ANN401 - YAML data
    base = {
        "nodes": [node("talk", "competency"), node("listen"), node("read")],
        "edges": [part("listen", "talk", "0.5"), part("read", "talk", "0.5")],
        "items": ITEMS,
    }
    return small_graph(**{**base, **sections})


def ids(made: LearningPlan) -> list[str]:
    return [step.item for step in made.steps]


def undone(*_: object) -> Solution:
    return Solution({}, proved=False, bound=-1)


# --- the first plan, and what remains ------------------------------------------------------------


def test_the_first_plan_says_how_far_it_can_be_from_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "round_up", lambda *_: frozenset({"one", "two"}))
    first, *_, last = plan_anytime(graph(), "seller", SCORES)
    assert last == plan(graph(), "seller", SCORES)
    assert (ids(last), last.proved, last.remaining) == (["both"], True, None)
    assert not first.proved
    assert first.remaining is not None
    assert (first.hours, first.remaining.value, first.remaining.bound) == (
        Decimal(12),
        Decimal(12),
        Decimal(10),
    )


def test_what_cannot_be_is_said_at_once() -> None:
    rule = [{"role": "seller", "item": "both", "clause": "HR-1"}]
    limits = PlanLimits(hours_a_week=Decimal(1), weeks=1)
    [made] = plan_anytime(graph(mandatory=rule), "seller", SCORES, limits=limits)
    assert (made.status, made.proved, made.binding) == ("infeasible", True, ("hours", "weeks"))


def test_a_search_that_is_cut_off_keeps_its_first_plan_and_says_what_remains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "minimise", undone)
    monkeypatch.setattr(search, "round_up", lambda *_: frozenset({"one", "two"}))
    made = plan(graph(), "seller", SCORES)
    assert (ids(made), made.status, made.proved) == (["one", "two"], "complete", False)
    assert made.remaining is not None
    assert (made.remaining.objective, made.remaining.priority) == ("hours", None)
    assert (made.remaining.value, made.remaining.bound) == (Decimal(12), Decimal(10))
    assert "not proved to be the best: hours 12, and no plan has less than 10" in explain_plan(
        made, "en"
    )
    assert "未能证明最优：学时为 12，任何计划都不会低于 10" in explain_plan(made, "zh")


def test_what_remains_of_a_gap_names_its_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "minimise", undone)
    monkeypatch.setattr(search, "round_up", lambda *_: frozenset({"one"}))
    made = plan(graph(), "seller", SCORES)
    assert (made.status, made.proved, made.binding) == ("partial", False, ())
    assert made.remaining is not None
    assert (made.remaining.objective, made.remaining.priority) == ("unmet", 1)
    assert made.remaining.bound == 0 < made.remaining.value
    assert "shortfall at priority 1" in explain_plan(made, "en")


def test_a_tie_that_is_cut_off_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [item(name, teaches("listen", "0.5"), teaches("read", "0.5")) for name in "ab"]
    monkeypatch.setattr(search, "minimise", undone)
    made = plan(graph(items=pair), "seller", SCORES)
    assert made.remaining is not None
    assert made.remaining.objective == "cost"


def test_more_equals_than_are_listed_are_settled_by_the_objectives_in_turn() -> None:
    names = [f"i{n:02}" for n in range(20)]
    many = [
        item(name, teaches("listen", "0.5"), teaches("read", "0.5"), modality="offline")
        for name in names
    ]
    likes = [{"id": "there", "name": {"zh": "a", "en": "a"}, "suits": ["offline"]}]
    equal = graph(items=many, preferences=likes)
    assert ids(plan(equal, "seller", SCORES)) == ["i00"]
    assert ids(plan(equal, "seller", SCORES, booked={"i07"}, preference="there")) == ["i07"]


def test_equals_cut_off_in_turn_are_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [item(f"i{n}", teaches("listen", "0.5"), teaches("read", "0.5")) for n in range(9)]
    calls = []

    def late(*given: Any) -> Solution | None:  # noqa: ANN401 - as the solver takes them
        calls.append(1)
        return minimise(*given) if len(calls) < 7 else undone()

    monkeypatch.setattr(search, "minimise", late)
    made = plan(graph(items=many), "seller", SCORES)
    assert (len(made.steps), made.proved) == (1, False)


def test_fractions_that_deny_a_plan_that_holds_are_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Relaxation, "solve", lambda _: False)
    made = plan(graph(), "seller", SCORES)
    assert (made.status, made.proved) == ("complete", False)


def test_a_limit_of_time_or_nodes_leaves_a_plan() -> None:
    for given in ({"seconds": Decimal("0.000001")}, {"nodes": 1}):
        made = plan(graph(), "seller", SCORES, **given)
        assert made.status == "complete"
        assert made.proved == (made.remaining is None)
    limits = PlanLimits(budget=Decimal(0), weeks=1, hours_a_week=Decimal(5))
    made = plan(graph(), "seller", SCORES, limits=limits, seconds=Decimal("0.000001"))
    assert (made.status, made.proved, made.binding) == ("partial", False, ())


@pytest.mark.parametrize(
    "given", [{"seconds": Decimal(0)}, {"seconds": Decimal("NaN")}, {"nodes": 0}]
)
def test_a_limit_that_leaves_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(DocumentError) as caught:
        plan(graph(), "seller", SCORES, **given)
    assert [d.code.id for d in caught.value.diagnostics] == ["PLAN-INPUT-009"]


def test_what_binds_is_not_said_where_the_search_for_it_ends_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = PlanLimits(budget=Decimal(0))
    dear = [item("dear", teaches("listen", "0.5"), teaches("read", "0.5"), cost="1")]
    assert plan(graph(items=dear), "seller", SCORES, limits=limits).binding == ("budget",)
    remaining = search.Remaining("hours", None, Fraction(2), Fraction(1))
    unfinished = search.Choice(frozenset(), (), remaining)
    monkeypatch.setattr(search.Search, "best", lambda *_, **__: iter([unfinished]))
    asked = describe_situation(graph(items=dear), "seller", SCORES, limits=limits)
    assert binding.find_binding(asked, search.Choice(frozenset(), (9,)), Effort()) == ()


# --- what is forced or ruled out -----------------------------------------------------------------


def test_a_plan_with_and_without_an_item() -> None:
    made = plan(graph(), "seller", SCORES, forced={"one"}, excluded={"both", "twin"})
    assert (ids(made), made.forced, made.excluded) == (["one", "two"], ("one",), ("both", "twin"))


def test_a_wish_that_cannot_be_is_named() -> None:
    made = plan(graph(), "seller", SCORES, excluded={"both", "one", "wide"})
    assert (made.status, made.binding) == ("partial", ("wishes",))
    assert "what is asked for or ruled out" in explain_plan(made, "en")


# --- plans that are kept -------------------------------------------------------------------------


def test_a_plan_is_kept_for_the_same_request_in_any_form() -> None:
    cache, made = PlanCache(), graph()
    first = plan(made, "seller", SCORES, cache=cache)
    assert plan(made, "seller", {"talk": Decimal("60.00")}, cache=cache) is first
    for given in (
        {"limits": PlanLimits(weeks=9)},
        {"passed": ["one"]},
        {"booked": ["one"]},
        {"forced": ["one"]},
        {"excluded": ["both"]},
        {"mentor_load": {"m": 1}},
    ):
        assert plan(made, "seller", SCORES, cache=cache, **given) is not first
    other = graph(items=ITEMS[1:])
    assert plan(other, "seller", SCORES, cache=cache).catalog != first.catalog
    assert plan(made, "seller", SCORES, cache=cache) is first


def test_the_cache_is_bounded_and_drops_what_was_not_asked_for_the_longest() -> None:
    cache, made = PlanCache(2), graph()
    kept = {n: plan(made, "seller", {"talk": Decimal(n)}, cache=cache) for n in (60, 61)}
    assert plan(made, "seller", {"talk": Decimal(60)}, cache=cache) is kept[60]
    plan(made, "seller", {"talk": Decimal(62)}, cache=cache)
    assert plan(made, "seller", {"talk": Decimal(60)}, cache=cache) is kept[60]
    assert plan(made, "seller", {"talk": Decimal(61)}, cache=cache) is not kept[61]


def test_what_is_not_proved_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = PlanCache()
    with monkeypatch.context() as patched:
        patched.setattr(search, "minimise", undone)
        patched.setattr(search, "round_up", lambda *_: frozenset({"one", "two"}))
        assert not plan(graph(), "seller", SCORES, cache=cache).proved
    assert plan(graph(), "seller", SCORES, cache=cache).proved


def test_a_target_that_leaves_nothing_to_choose_needs_no_search() -> None:
    lonely = graph(targets=[target("talk", "61")], items=[ITEMS[1]])
    assert ids(plan(lonely, "seller", SCORES)) == ["both"]


def test_a_long_chain_and_many_equals_end_in_a_plan() -> None:
    lift = teaches("listen", "0.5"), teaches("read", "0.5")
    chain = [item("i000", teaches("read", "0.01"))]
    for n in range(1, 150):
        before = {"all": [{"item": f"i{n - 1:03}"}]}
        taught = lift if n == 149 else (teaches("read", "0.01"),)
        chain.append(item(f"i{n:03}", *taught, requires=before))
    made = plan(graph(items=chain), "seller", SCORES)
    assert (len(made.steps), made.status, made.proved) == (150, "complete", True)
    equal = [item(f"i{n:03}", teaches("listen", "0.1"), teaches("read", "0.1")) for n in range(120)]
    made = plan(graph(items=equal), "seller", SCORES)
    assert ids(made) == [f"i{n:03}" for n in range(7)]
