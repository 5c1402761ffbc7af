"""Which limits keep a plan from closing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.kernel.errors import EvaluationError
from engine.learning.planner.program import Program
from engine.learning.planner.search import NO_ANSWER, Search
from engine.learning.situation import NO_LIMITS, NOTHING

if TYPE_CHECKING:
    from engine.learning.documents import Limit
    from engine.learning.planner.problem import Situation
    from engine.learning.planner.search import Choice
    from engine.learning.planner.solver import Effort


def find_binding(situation: Situation, choice: Choice | None, effort: Effort) -> tuple[Limit, ...]:
    """Name the limits whose lifting alone would close more; all that are set if only together.

    `choice` is the best under the limits, None if nothing can be. Nothing is named where the search ended before that was known.
    """
    limits = situation.limits
    lifted: dict[Limit, Situation] = {}
    if limits.budget is not None:
        lifted["budget"] = _without(situation, "budget")
    if limits.hours_a_week is not None and limits.weeks is not None:
        lifted["hours"] = _without(situation, "hours_a_week")
    if limits.weeks is not None:
        lifted["weeks"] = _without(situation, "weeks")
    if limits.languages is not None:
        lifted["languages"] = _without(situation, "languages")
    if situation.forced or situation.excluded:
        lifted["wishes"] = replace(situation, forced=NOTHING, excluded=NOTHING)
    unbound = replace(situation, limits=NO_LIMITS, forced=NOTHING, excluded=NOTHING)
    now = _worth_of(choice)
    try:
        free = _worth(unbound, effort) if lifted else now
        binding = [name for name, without in lifted.items() if _worth(without, effort) < now]
    except EvaluationError:
        return ()
    if not binding and free < now:
        binding = list(lifted)
    return (*binding, "catalog") if any(free) else tuple(binding)


def _without(situation: Situation, limit: str) -> Situation:
    return replace(situation, limits=situation.limits.model_copy(update={limit: None}))


def _worth(situation: Situation, effort: Effort) -> tuple[int, ...]:
    """Give the least that stays unmet, worse if nothing can be."""
    choice = next(Search(Program(situation), effort).best(gaps_only=True), None)
    if choice is not None and not choice.proved:
        raise EvaluationError(NO_ANSWER.at(None, status="unfinished"))
    return _worth_of(choice)


def _worth_of(choice: Choice | None) -> tuple[int, ...]:
    return (1,) if choice is None else (0, *choice.unmet)
