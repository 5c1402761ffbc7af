"""The exact learning plan: the best set of items for one person, proved, ordered and explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from engine.kernel.decimals import from_fraction
from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.documents import LearningPlan, PlanLimits, PlannedGap, SkillShort
from engine.learning.gaps import check_scores, not_assessed, rank_gaps
from engine.learning.problem import (
    Situation,
    build_problem,
    find_cuts,
    in_sequence,
    reached_level,
    taken,
)
from engine.learning.solver import NO_ANSWER, Row, Solution, minimise, total
from engine.learning.steps import describe_steps, mean_level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from engine.learning.documents import Limit
    from engine.learning.problem import Problem
    from engine.learning.skill_graph import SkillGraph
    from engine.learning.solver import Variable

UNKNOWN_ITEM = Code(
    "PLAN-INPUT-004",
    "the catalog has no item `{item}`",
    "目录中没有条目 `{item}`",
    "correct the id under `{place}`",
    "请更正 `{place}` 中的编号",
)
UNKNOWN_PREFERENCE = Code(
    "PLAN-INPUT-005",
    "the catalog has no preference `{preference}`",
    "目录中没有偏好 `{preference}`",
    "known preferences: {known}",
    "可用偏好：{known}",
)

NO_LIMITS = PlanLimits()
_NOTHING: frozenset[str] = frozenset()


def plan(  # noqa: PLR0913 - each is a fact about the person that stands by itself
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits = NO_LIMITS,
    passed: Collection[str] = _NOTHING,
    booked: Collection[str] = _NOTHING,
    preference: str | None = None,
    mentor_load: Mapping[str, int] | None = None,
) -> LearningPlan:
    """Make the exact plan for one person from their scores (0 to 100) by competency.

    `passed` items are not repeated; `booked` ones are kept between equals; `mentor_load` counts
    the learners that each mentor has already. Raises DocumentError for what the catalog does not
    know and for scores outside 0 to 100; a score that is absent is listed, never taken as 0.
    """
    found = check_scores(graph, role, scores)
    found += _check_wishes(graph, {"passed": passed, "booked": booked}, preference)
    if found:
        raise DocumentError(found)
    owned = frozenset(variant for item in passed for variant in graph.variants(item))
    mandatory = graph.mandatory.get(role, {})
    situation = Situation(
        graph=graph,
        gaps=rank_gaps(graph, role, scores),
        scores=scores,
        mandatory={item: clause for item, clause in mandatory.items() if item not in owned},
        limits=limits,
        passed=owned,
        booked=frozenset(booked),
        suits=frozenset(graph.preferences[preference].suits) if preference else _NOTHING,
    )
    problem = build_problem(situation)
    choice = _choose(problem)
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


def _check_wishes(
    graph: SkillGraph, named: Mapping[str, Collection[str]], preference: str | None
) -> list[Diagnostic]:
    found = [
        UNKNOWN_ITEM.at(None, item=item, place=place, near=nearest(item, graph.items))
        for place, items in named.items()
        for item in sorted(items)
        if item not in graph.items
    ]
    if preference is not None and preference not in graph.preferences:
        known = ", ".join(f"`{name}`" for name in sorted(graph.preferences))
        near = nearest(preference, graph.preferences)
        found.append(UNKNOWN_PREFERENCE.at(None, preference=preference, known=known, near=near))
    return found


# --- the search ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Choice:
    items: frozenset[str]
    unmet: tuple[int, ...]
    proved: bool


def _choose(problem: Problem, *, gaps_only: bool = False) -> _Choice | None:
    """Meet the objectives one after another, each without giving up those before; None: infeasible.

    A set is taken only if it holds exactly; where the solver's word and the exact sums differ,
    the last set that held stands, and is not called proved.
    """
    rows = list(problem.rows)
    objectives = problem.unmet if gaps_only else (*problem.unmet, *problem.wishes)
    values: Mapping[Variable, int] = {}
    unmet: list[int] = []
    proved = True
    for number, objective in enumerate(objectives or ({},)):
        solution = _solve(problem, objective, rows)
        if solution is None and number == 0:
            return None
        if solution is None or not _holds_exactly(rows, solution):
            if not values:
                raise EvaluationError(NO_ANSWER.at(None, status="inexact"))
            proved = False
            break
        values, proved = solution.values, proved and solution.proved
        reached = total(objective, values)
        rows.append(Row({variable: -factor for variable, factor in objective.items()}, -reached))
        unmet += [reached] if number < len(problem.unmet) else []
    return _Choice(taken(values), tuple(unmet), proved)


def _solve(problem: Problem, objective: Mapping[Variable, int], rows: list[Row]) -> Solution | None:
    """Solve, cut off what does not truly hold, and solve again; the cuts stay in `rows`."""
    while solution := minimise(objective, problem.bounds, rows):
        cuts = find_cuts(problem, solution.values)
        if not cuts:
            return solution
        rows += cuts
    return None


def _holds_exactly(rows: Iterable[Row], solution: Solution) -> bool:
    return all(total(row.terms, solution.values) >= row.least for row in rows)


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
        choice = _choose(build_problem(replace(situation, limits=limits)), gaps_only=True)
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
