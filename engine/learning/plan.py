"""The exact learning plan: the best set of items for one person, proved, ordered and explained."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

from engine.kernel.decimals import from_fraction
from engine.learning.binding import find_binding
from engine.learning.cache import PlanCache, Request
from engine.learning.documents import (
    LearningPlan,
    PlanLimits,
    PlannedBundle,
    PlannedGap,
    RemainingGap,
    SkillShort,
)
from engine.learning.gaps import not_assessed
from engine.learning.planner.prices import cost_of, left_of, taken_whole
from engine.learning.planner.problem import Situation, in_sequence, reached_level
from engine.learning.planner.program import Program
from engine.learning.planner.search import Search
from engine.learning.planner.solver import MAX_NODES
from engine.learning.situation import NO_LIMITS, NOTHING, check_effort, describe_situation
from engine.learning.steps import describe_steps, mean_level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from engine.learning.planner.problem import Demand
    from engine.learning.planner.search import Choice, Remaining
    from engine.learning.planner.solver import Effort
    from engine.learning.skill_graph import SkillGraph

_MILLION = 10**6


def plan(  # noqa: PLR0913 - each is a fact about the person that stands by itself
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits = NO_LIMITS,
    passed: Collection[str] = NOTHING,
    booked: Collection[str] = NOTHING,
    preference: str | None = None,
    forced: Collection[str] = NOTHING,
    excluded: Collection[str] = NOTHING,
    mentor_load: Mapping[str, int] | None = None,
    levels: Mapping[str, Decimal] | None = None,
    seconds: Decimal | None = None,
    nodes: int = MAX_NODES,
    cache: PlanCache | None = None,
) -> LearningPlan:
    """Make the exact plan for one person from their scores (0 to 100) by competency.

    `passed` items are not repeated; `booked` ones are kept between equals; `forced` ones are in
    the plan and `excluded` ones are not; `mentor_load` counts the learners of each mentor. `levels` are
    those of single skills, where more is known than the score of their competency. The search ends after `seconds` of the solver, or
    `nodes` of one of its programs; what is not proved then says how far from proved it is. Only
    proved plans go into `cache`. Raises DocumentError for what the catalog does not know and for
    scores outside 0 to 100; a score that is absent is listed, never taken as 0.
    """
    asked = _ask(
        graph,
        role,
        scores,
        limits=limits,
        passed=passed,
        booked=booked,
        preference=preference,
        forced=forced,
        excluded=excluded,
        mentor_load=mentor_load,
        levels=levels,
    )
    known = cache.find(asked) if cache is not None else None
    if known is not None:
        return known
    effort, program = check_effort(seconds, nodes), Program(asked.situation)
    choices = list(Search(program, effort).best())
    made = _describe(asked, program, choices[-1] if choices else None, effort)
    if cache is not None and made.proved:
        cache.keep(asked, made)
    return made


def plan_anytime(  # noqa: PLR0913 - the same facts as for `plan`
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits = NO_LIMITS,
    passed: Collection[str] = NOTHING,
    booked: Collection[str] = NOTHING,
    preference: str | None = None,
    forced: Collection[str] = NOTHING,
    excluded: Collection[str] = NOTHING,
    mentor_load: Mapping[str, int] | None = None,
    seconds: Decimal | None = None,
    nodes: int = MAX_NODES,
) -> Iterator[LearningPlan]:
    """Give a first plan at once, with how far it can be from the best, then the plan of `plan`.

    Where no first plan is found, the exact one is the only one. What is wrong with the arguments
    is raised when the first is asked for.
    """
    asked = _ask(
        graph,
        role,
        scores,
        limits=limits,
        passed=passed,
        booked=booked,
        preference=preference,
        forced=forced,
        excluded=excluded,
        mentor_load=mentor_load,
    )
    effort, program = check_effort(seconds, nodes), Program(asked.situation)
    choice = None
    for choice in Search(program, effort).best():
        yield _describe(asked, program, choice, effort)
    if choice is None:
        yield _describe(asked, program, None, effort)


def _ask(  # noqa: PLR0913 - the same facts as for `plan`
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits,
    passed: Collection[str],
    booked: Collection[str],
    preference: str | None,
    forced: Collection[str],
    excluded: Collection[str],
    mentor_load: Mapping[str, int] | None,
    levels: Mapping[str, Decimal] | None = None,
) -> Request:
    """Check what is asked, all of it, and put it in one form whatever form it came in."""
    situation = describe_situation(
        graph,
        role,
        scores,
        limits=limits,
        passed=passed,
        booked=booked,
        preference=preference,
        forced=forced,
        excluded=excluded,
        levels=levels,
    )
    return Request(
        situation,
        role,
        tuple(sorted(passed)),
        tuple(sorted(booked)),
        preference,
        tuple(sorted((mentor_load or {}).items())),
    )


def _describe(
    asked: Request, program: Program, choice: Choice | None, effort: Effort
) -> LearningPlan:
    situation = asked.situation
    graph = situation.graph
    items = _in_order(situation, choice.items) if choice else ()
    steps = describe_steps(situation, items, dict(asked.mentor_load))
    gaps = tuple(_planned(situation, program.demands, items))
    status: Literal["complete", "partial", "infeasible"] = "partial" if choice else "infeasible"
    if choice and all(gap.closed for gap in gaps):
        status = "complete"
    remaining = choice.remaining if choice else None
    # What binds is asked of a final answer only: it takes as many searches as there are limits.
    binds = status != "complete" and remaining is None
    return LearningPlan(
        schema_version="1",
        kind="learning_plan",
        catalog=graph.used,
        models=graph.models.get(asked.role, ()),
        role=asked.role,
        status=status,
        proved=remaining is None,
        remaining=_shown(remaining) if remaining else None,
        gaps=gaps,
        not_assessed=not_assessed(graph, asked.role, situation.scores),
        steps=steps,
        bundles=tuple(
            PlannedBundle(
                id=bundle.id,
                name=bundle.name,
                cost=cost_of(graph, left_of(bundle, situation.passed), situation.passed),
                saved=saved,
            )
            for bundle, saved in taken_whole(graph, items, situation.passed)
        ),
        hours=sum((step.hours for step in steps), Decimal(0)),
        cost=cost_of(graph, items, situation.passed),
        currency=graph.currency,
        binding=find_binding(situation, choice, effort) if binds else (),
        limits=situation.limits,
        passed=asked.passed,
        booked=asked.booked,
        preference=asked.preference,
        forced=tuple(sorted(situation.forced)),
        excluded=tuple(sorted(situation.excluded)),
    )


def _shown(remaining: Remaining) -> RemainingGap:
    """Write what remains in decimals, rounded outward: the gap is never shown less than it is."""
    return RemainingGap(
        objective=remaining.objective,
        priority=remaining.priority,
        value=Decimal(ceil(remaining.value * _MILLION)) / _MILLION,
        bound=Decimal(floor(remaining.bound * _MILLION)) / _MILLION,
    )


def _in_order(situation: Situation, items: frozenset[str]) -> tuple[str, ...]:
    """Order the items: mandatory first, then by the gap they close, never before what they need."""
    leaves = [
        {leaf for leaf, _ in situation.graph.leaves[gap.competency]} for gap in situation.gaps
    ]
    graph = situation.graph
    taught = {
        item: {leaf for t in graph.items[item].teaches for leaf, _ in graph.leaves[t.skill]}
        for item in items
    }

    def rank(item: str) -> tuple[bool, int, str]:
        closes = [n for n, below in enumerate(leaves) if not below.isdisjoint(taught[item])]
        return item not in situation.mandatory, min(closes, default=len(leaves)), item

    return in_sequence(situation, items, rank)


def _planned(
    situation: Situation, demands: Iterable[Demand], items: Collection[str]
) -> Iterator[PlannedGap]:
    """Give each gap the level that `items` bring it to; it is closed if none is short."""
    for gap in situation.gaps:
        after = mean_level(situation, gap, items)
        short = tuple(
            SkillShort(
                skill=needed.leaf,
                name=situation.graph.names[needed.leaf],
                after=from_fraction(reached_level(situation.graph, needed, items)),
            )
            for needed in demands
            if needed.competency == gap.competency
            and reached_level(situation.graph, needed, items) < needed.target
        )
        yield PlannedGap(**dict(gap), after=from_fraction(after), closed=not short, short=short)
