"""The plan of one person: gaps, limits, prerequisites, ties, mentors, and what the door refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.plan import plan
from engine.learning.planner import search
from engine.learning.planner.solver import Row, Solution, minimise
from tests.support.catalogs import item, node, part, small_graph, target, teaches, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.learning.skill_graph import SkillGraph

LISTEN = teaches("listen", "0.4")
TWO_SKILLS = {
    "nodes": [node("talk", "competency"), node("listen"), node("read")],
    "edges": [part("listen", "talk")],
}


def ids(made: LearningPlan) -> list[str]:
    return [step.item for step in made.steps]


def planned(graph: SkillGraph, score: str = "70", **given: Any) -> LearningPlan:  # noqa: ANN401
    return plan(graph, "seller", {"talk": Decimal(score)}, **given)


# --- what is asked of a plan -----------------------------------------------------------------


def test_a_gap_is_closed_by_the_fewest_hours() -> None:
    long, short = item("long", LISTEN, hours="9"), item("short", LISTEN, hours="2.5")
    made = planned(small_graph(items=[long, short]))
    assert (ids(made), made.status, made.proved, made.hours) == (
        ["short"],
        "complete",
        True,
        Decimal("2.5"),
    )
    [gap] = made.gaps
    assert (gap.score, gap.after, gap.target, gap.closed) == (
        Decimal(70),
        Decimal(82),
        Decimal(80),
        True,
    )


def test_between_equal_hours_the_cheaper_then_the_booked_then_the_first_id() -> None:
    pair = [item("b", LISTEN), item("a", LISTEN)]
    assert ids(planned(small_graph(items=pair))) == ["a"]
    assert ids(planned(small_graph(items=pair), booked={"b"})) == ["b"]
    cheap = [item("b", LISTEN), item("a", LISTEN, cost="1.50")]
    assert ids(planned(small_graph(items=cheap), booked={"a"})) == ["b"]


def test_a_target_that_is_met_exactly_is_met() -> None:
    half = small_graph(items=[item("half", teaches("listen", "0.5"))])
    made = planned(half, "60")
    assert (made.status, made.gaps[0].after) == ("complete", Decimal(80))


def test_a_target_that_is_missed_by_a_hair_is_missed() -> None:
    almost = teaches("listen", "0.4999")
    graph = small_graph(items=[item("almost", almost), item("more", teaches("listen", "0.01"))])
    made = planned(graph, "60")
    assert (ids(made), made.status) == (["almost", "more"], "complete")
    made = planned(small_graph(items=[item("almost", almost)]), "60")
    assert (made.status, made.binding, made.gaps[0].after) == (
        "partial",
        ("catalog",),
        Decimal("79.996"),
    )
    assert [short.skill for short in made.gaps[0].short] == ["listen"]


def test_above_a_ceiling_only_a_higher_ceiling_counts() -> None:
    low = [item(f"low-{n}", teaches("listen", "0.5", "75"), hours="1") for n in (1, 2, 3)]
    high = item("high", teaches("listen", "0.3"), hours="9")
    made = planned(small_graph(items=[*low, high]), "60")
    assert (ids(made), made.gaps[0].after) == (["high", "low-1"], Decimal("82.5"))
    assert planned(small_graph(items=low), "60").status == "partial"


def test_a_more_important_gap_is_closed_first_when_hours_are_short() -> None:
    graph = small_graph(
        nodes=[node("talk", "competency"), node("lead", "competency")],
        edges=[],
        targets=[target("talk", priority="2"), target("lead", priority="1")],
        items=[
            item("talk-course", teaches("talk", "0.6")),
            item("lead-course", teaches("lead", "0.4")),
        ],
    )
    limits = PlanLimits(hours_a_week=Decimal(5), weeks=1)
    made = plan(graph, "seller", {"talk": Decimal(50), "lead": Decimal(75)}, limits=limits)
    assert ids(made) == ["lead-course"]
    assert [(gap.competency, gap.closed) for gap in made.gaps] == [("lead", True), ("talk", False)]
    assert made.binding == ("hours", "weeks")


def test_without_a_gap_only_what_is_mandatory() -> None:
    graph = small_graph(
        items=[item("course", LISTEN), item("safety", teaches("listen", "0.1"))],
        mandatory=[{"role": "seller", "item": "safety", "clause": "HR-2.1"}],
    )
    made = planned(graph, "80")
    assert ([(s.item, s.mandatory) for s in made.steps], made.gaps) == ([("safety", "HR-2.1")], ())
    assert ids(planned(graph, "80", passed={"safety"})) == []


def test_a_missing_score_is_listed_and_never_zero() -> None:
    made = plan(small_graph(), "seller", {})
    assert (made.gaps, made.steps, made.status) == ((), (), "complete")
    assert [open_.competency for open_ in made.not_assessed] == ["talk"]


def test_a_passed_item_is_owned_and_its_gain_not_repeated() -> None:
    first = item("first", LISTEN, hours="1")
    second = item("second", LISTEN, requires={"all": [{"item": "first"}]})
    graph = small_graph(items=[first, second])
    assert ids(planned(graph)) == ["first"]
    assert ids(planned(graph, passed={"first"})) == ["second"]


# --- prerequisites ---------------------------------------------------------------------------


def test_prerequisites_come_along_and_come_first() -> None:
    graph = small_graph(
        **TWO_SKILLS,
        items=[
            item(
                "a-goal",
                LISTEN,
                requires={"all": [{"item": "base"}], "any": [{"item": "x"}, {"item": "y"}]},
            ),
            item("base", teaches("read", "0.1")),
            item("x", teaches("read", "0.1"), hours="5"),
            item("y", teaches("read", "0.1"), hours="3", requires={"all": [{"item": "base"}]}),
        ],
    )
    made = planned(graph)
    assert ids(made) == ["base", "y", "a-goal"]
    base, y, goal = made.steps
    assert [n.id for n in base.needed_by] == ["y", "a-goal"]
    assert [n.id for n in goal.after] == ["base", "y"]
    assert (y.closes, goal.closes[0].before, goal.closes[0].after) == ((), Decimal(70), Decimal(82))


LEVEL = {"all": [{"skill": "read", "level": "60"}]}


def test_a_level_of_skill_is_brought_about_where_the_score_is_lower() -> None:
    graph = small_graph(
        nodes=[node("talk", "competency"), node("write", "competency"), node("read")],
        edges=[part("read", "write")],
        targets=[target("talk")],
        items=[
            item("goal", teaches("talk", "0.4"), requires=LEVEL),
            item("primer", teaches("read", "0.2", "65"), hours="1"),
            item("reader", teaches("read", "0.2"), hours="2"),
            item("library", teaches("read", "0.5"), hours="9"),
        ],
    )
    scores = {"talk": Decimal(70), "write": Decimal(60)}
    assert ids(plan(graph, "seller", scores)) == ["goal"]
    assert ids(plan(graph, "seller", scores | {"write": Decimal(50)})) == ["primer", "goal"]
    low = plan(graph, "seller", scores | {"write": Decimal(40)})
    assert ids(low) == ["primer", "reader", "goal"]
    made = plan(graph, "seller", scores | {"write": Decimal("37.5")})
    assert ids(made) == ["primer", "reader", "goal"]
    assert [n.id for n in made.steps[2].after] == ["primer", "reader"]
    unknown = plan(graph, "seller", {"talk": Decimal(70)})
    assert ids(unknown) == ["goal"]
    assert [(c.skill, c.level) for c in unknown.steps[0].confirm] == [("read", Decimal(60))]


def test_a_skill_of_two_competencies_has_the_lower_of_their_scores() -> None:
    graph = small_graph(
        nodes=[*(node(name, "competency") for name in ("talk", "write", "tell")), node("read")],
        edges=[part("read", "write"), part("read", "tell")],
        items=[
            item("goal", teaches("talk", "0.4"), requires=LEVEL),
            item("reader", teaches("read", "0.3")),
        ],
    )
    scores = {"talk": Decimal(70), "write": Decimal(50), "tell": Decimal(90)}
    assert ids(plan(graph, "seller", scores)) == ["reader", "goal"]


def test_items_do_not_hold_each_other_up_in_a_circle() -> None:
    ring = [
        item("a", LISTEN, hours="1", requires={"any": [{"item": "b"}, {"item": "way-in"}]}),
        item("b", teaches("read", "0.1"), hours="1", requires={"all": [{"item": "a"}]}),
        item("way-in", teaches("read", "0.1"), hours="7"),
    ]
    assert ids(planned(small_graph(**TWO_SKILLS, items=ring))) == ["way-in", "a"]


def test_an_item_does_not_lift_itself_over_its_own_threshold() -> None:
    needs = {"all": [{"skill": "listen", "level": "72"}]}
    both = [
        item("advanced", teaches("listen", "0.3"), hours="1", requires=needs),
        item("basic", teaches("listen", "0.1", "75"), hours="1"),
    ]
    made = planned(small_graph(items=both))
    assert (ids(made), made.status) == (["basic", "advanced"], "complete")
    alone = planned(small_graph(items=both[:1]))
    assert (ids(alone), alone.status) == ([], "partial")


# --- limits ----------------------------------------------------------------------------------


def test_each_limit_that_binds_is_named() -> None:
    dear = item("dear", LISTEN, cost="300", hours="1")
    slow = item(
        "slow",
        teaches("listen", "0.2"),
        cost="0",
        cadence={"every": "month", "times": "2", "hours": "2"},
    )
    foreign = item("foreign", LISTEN, language=["fr"], cost="900")
    graph = small_graph(items=[dear, slow, foreign])
    limits = PlanLimits(budget=Decimal(299), weeks=6, languages=("zh", "en"))
    made = planned(graph, limits=limits)
    assert (ids(made), made.status, made.binding) == ([], "partial", ("budget", "weeks"))
    assert planned(graph, limits=PlanLimits(budget=Decimal(300))).status == "complete"


def test_limits_that_bind_only_together_are_all_named() -> None:
    graph = small_graph(items=[item("c", LISTEN, language=["fr"], cost="900")])
    limits = PlanLimits(budget=Decimal(1), languages=("zh",))
    assert planned(graph, limits=limits).binding == ("budget", "languages")


@pytest.mark.parametrize(
    ("limits", "binding"),
    [
        (PlanLimits(hours_a_week=Decimal("1.9"), weeks=2), ("hours", "weeks")),
        (PlanLimits(languages=("en",)), ("languages",)),
        (PlanLimits(hours_a_week=Decimal(1)), ()),
    ],
)
def test_what_is_mandatory_must_fit(limits: PlanLimits, binding: tuple[str, ...]) -> None:
    graph = small_graph(mandatory=[{"role": "seller", "item": "course", "clause": "HR-2.1"}])
    made = planned(graph, "90", limits=limits)
    assert (made.status, made.binding) == ("infeasible" if binding else "complete", binding)


def test_a_mandatory_item_that_nobody_lets_in_is_infeasible_by_the_catalog() -> None:
    needs = {"all": [{"skill": "listen", "level": "75"}]}
    graph = small_graph(
        items=[item("course", LISTEN, requires=needs)],
        mandatory=[{"role": "seller", "item": "course", "clause": "HR-2.1"}],
    )
    made = planned(graph, "70")
    assert (made.status, made.binding, made.steps) == ("infeasible", ("catalog",), ())


# --- variants, preferences, mentors ----------------------------------------------------------


VARIANTS = [
    item("notes-book", LISTEN, variant="notes", formats=["reading"]),
    item("notes-film", LISTEN, variant="notes", formats=["video"]),
]
VISUAL = [{"id": "visual", "name": text("visual"), "suits": ["video", "mindmap"]}]


def test_a_preference_chooses_between_equals_and_nothing_more() -> None:
    graph = small_graph(items=VARIANTS, preferences=VISUAL)
    assert ids(planned(graph)) == ["notes-book"]
    assert ids(planned(graph, preference="visual")) == ["notes-film"]
    shorter = [item("course", LISTEN, hours="3"), *VARIANTS]
    assert ids(planned(small_graph(items=shorter, preferences=VISUAL), preference="visual")) == [
        "course"
    ]


def test_two_variants_are_one_content() -> None:
    graph = small_graph(items=VARIANTS)
    made = planned(graph, "50")
    assert (len(made.steps), made.status) == (1, "partial")
    assert planned(graph, passed={"notes-film"}).steps == ()


def test_a_variant_does_for_a_mandatory_item() -> None:
    rule = [{"role": "seller", "item": "notes-book", "clause": "HR-2.1"}]
    graph = small_graph(items=VARIANTS, preferences=VISUAL, mandatory=rule)
    [step] = planned(graph, "90", preference="visual").steps
    assert (step.item, step.mandatory) == ("notes-film", "HR-2.1")
    assert planned(graph, "90", passed={"notes-film"}).steps == ()


def test_a_mentor_with_a_free_slot_is_found_or_the_step_is_flagged() -> None:
    members = [{"person": "m-1", "slots_per_week": "1"}, {"person": "m-2", "slots_per_week": "2"}]
    pool = {"id": "people", "kind": "mentor_pool", "name": text("people"), "members": members}
    mentored = item("mentored", LISTEN, kind="mentoring", mentors={"pool": "people"})
    graph = small_graph(items=[mentored], resources=[pool])

    def mentor(**load: int) -> tuple[str | None, tuple[str, ...]]:
        taken = {name.replace("_", "-"): count for name, count in load.items()}
        [step] = planned(graph, mentor_load=taken).steps
        return step.mentor, step.flags

    assert mentor() == ("m-1", ())
    assert mentor(m_1=1) == ("m-2", ())
    assert mentor(m_1=1, m_2=2) == (None, ("no_mentor",))


# --- the door --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda g: plan(g, "seler", {}), ["PLAN-INPUT-001"]),
        (lambda g: plan(g, "seller", {"tolk": Decimal(1)}), ["PLAN-INPUT-002"]),
        (lambda g: plan(g, "seller", {"listen": Decimal(1)}), ["PLAN-INPUT-002"]),
        (lambda g: plan(g, "seller", {"talk": Decimal("100.01")}), ["PLAN-INPUT-003"]),
        (lambda g: plan(g, "seller", {"talk": Decimal(-1)}), ["PLAN-INPUT-003"]),
        (lambda g: plan(g, "seller", {"talk": Decimal("NaN")}), ["PLAN-INPUT-003"]),
        (lambda g: plan(g, "seller", {}, passed={"curse"}, booked={"x"}), ["PLAN-INPUT-004"] * 2),
        (lambda g: plan(g, "seller", {}, preference="visul"), ["PLAN-INPUT-005"]),
    ],
)
def test_what_the_door_refuses(call: Callable[[SkillGraph], object], expected: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        call(small_graph(preferences=VISUAL))
    assert [d.code.id for d in caught.value.diagnostics] == expected
    assert all(
        d.message(lang) and d.help(lang) for d in caught.value.diagnostics for lang in ("zh", "en")
    )


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(DocumentError) as caught:
        plan(small_graph(), "seler", {"tolk": Decimal(1)}, passed={"corse"})
    assert [d.near for d in caught.value.diagnostics] == ["seller", "talk", "course"]


# --- a solver that cannot be trusted ---------------------------------------------------------


PAIR = [item("b", LISTEN), item("a", LISTEN)]
UNDONE = Solution({}, proved=False, bound=0)


def test_an_answer_that_does_not_hold_exactly_is_not_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(objective: Any, bounds: Any, rows: Any, effort: Any) -> Solution:  # noqa: ANN401
        return Solution({column: high for column, (_, high) in bounds.items()}, True, 0)

    monkeypatch.setattr(search, "minimise", wrong)
    made = planned(small_graph(items=PAIR))
    assert (len(ids(made)), made.proved) == (1, False)
    assert made.remaining is not None
    assert (made.remaining.objective, made.remaining.bound) == ("cost", Decimal(0))


def test_no_answer_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "minimise", lambda *_: UNDONE)
    monkeypatch.setattr(search, "round_up", lambda *_: frozenset())
    rule = [{"role": "seller", "item": "a", "clause": "HR-2.1"}]
    with pytest.raises(EvaluationError) as caught:
        planned(small_graph(items=PAIR, mandatory=rule))
    assert caught.value.fault.code.id == "PLAN-SOLVER-001"


def test_the_solver_says_when_nothing_holds() -> None:
    free = {0: (0, 1), 1: (0, 1)}
    assert minimise({0: 1}, free, [Row({0: 1, 1: 1}, 3)]) is None
    assert minimise({}, {}, [Row({}, 1)]) is None
    assert minimise({}, {}, []) == Solution({}, proved=True, bound=0)
    assert minimise({0: 3, 1: 2}, free, [Row({0: 1, 1: 1}, 1)]) == Solution(
        {0: 0, 1: 1}, proved=True, bound=2
    )
