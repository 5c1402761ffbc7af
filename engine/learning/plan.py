"""The exact learning plan: the best set of items for one person, proved, ordered and explained."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from engine.kernel.decimals import from_fraction
from engine.learning.documents import LearningPlan, PlanLimits, PlannedGap, SkillShort
from engine.learning.gaps import not_assessed
from engine.learning.problem import (
    Situation,
    build_problem,
    in_sequence,
    reached_level,
)
from engine.learning.search import choose
from engine.learning.situation import NO_LIMITS, NOTHING, describe_situation
from engine.learning.steps import describe_steps, mean_level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from engine.learning.documents import Limit
    from engine.learning.problem import Problem
    from engine.learning.skill_graph import SkillGraph


def plan(  # noqa: PLR0913 - each is a fact about the person that stands by itself
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits = NO_LIMITS,
    passed: Collection[str] = NOTHING,
    booked: Collection[str] = NOTHING,
    preference: str | None = None,
    mentor_load: Mapping[str, int] | None = None,
) -> LearningPlan:
    """Make the exact plan for one person from their scores (0 to 100) by competency.

    `passed` items are not repeated; `booked` ones are kept between equals; `mentor_load` counts
    the learners that each mentor has already. Raises DocumentError for what the catalog does not
    know and for scores outside 0 to 100; a score that is absent is listed, never taken as 0.
    """
    situation = describe_situation(
        graph,
        role,
        scores,
        limits=limits,
        passed=passed,
        booked=booked,
        preference=preference,
    )
    problem = build_problem(situation)
    choice = choose(problem)
    items = _in_order(situation, choice.items) if choice else ()
    steps = describe_steps(situation, items, mentor_load or {})
    gaps = tuple(_planned(problem, items))
    status: Literal["complete", "partial", "infeasible"] = "partial" if choice else "infeasible"
    if choice and all(gap.closed for gap in gaps):
        status = "complete"
    return LearningPlan(
        schema_version="1",
        kind="learning_plan",
        catalog=graph.used,
        role=role,
        status=status,
        proved=choice.proved if choice else True,
        gaps=gaps,
        not_assessed=not_assessed(graph, role, scores),
        steps=steps,
        hours=sum((step.hours for step in steps), Decimal(0)),
        cost=sum((step.cost for step in steps), Decimal(0)),
        currency=graph.currency,
        binding=() if status == "complete" else _binding(situation),
        limits=limits,
        passed=tuple(sorted(passed)),
        booked=tuple(sorted(booked)),
        preference=preference,
    )


# --- what binds ----------------------------------------------------------------------------------


def _binding(situation: Situation) -> tuple[Limit, ...]:
    """Name the limits whose lifting alone would close more; all that are set if only together."""
    lifted: dict[Limit, PlanLimits] = {}
    limits = situation.limits
    if limits.budget is not None:
        lifted["budget"] = limits.model_copy(update={"budget": None})
    if limits.hours_a_week is not None and limits.weeks is not None:
        lifted["hours"] = limits.model_copy(update={"hours_a_week": None})
    if limits.weeks is not None:
        lifted["weeks"] = limits.model_copy(update={"weeks": None})
    if limits.languages is not None:
        lifted["languages"] = limits.model_copy(update={"languages": None})

    def worth(limits: PlanLimits) -> tuple[int, ...]:
        choice = choose(build_problem(replace(situation, limits=limits)), gaps_only=True)
        return (1,) if choice is None else (0, *choice.unmet)

    now, free = worth(limits), worth(NO_LIMITS)
    binding = [limit for limit, without in lifted.items() if worth(without) < now]
    if not binding and free < now:
        binding = list(lifted)
    return (*binding, "catalog") if any(free) else tuple(binding)


# --- the answer ----------------------------------------------------------------------------------


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


def _planned(problem: Problem, items: Collection[str]) -> Iterator[PlannedGap]:
    """Give each gap the level that `items` bring it to; it is closed if none is short."""
    situation = problem.situation
    for gap in situation.gaps:
        after = mean_level(situation.graph, gap.competency, Fraction(gap.score), items)
        short = tuple(
            SkillShort(
                skill=needed.leaf,
                name=situation.graph.names[needed.leaf],
                after=from_fraction(reached_level(situation.graph, needed, items)),
            )
            for needed in problem.demands
            if needed.competency == gap.competency
            and reached_level(situation.graph, needed, items) < needed.target
        )
        yield PlannedGap(**dict(gap), after=from_fraction(after), closed=not short, short=short)
