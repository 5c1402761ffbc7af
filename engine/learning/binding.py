"""Which limits keep a plan from closing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.kernel.errors import EvaluationError
from engine.learning.program import Program
from engine.learning.search import NO_ANSWER, Search
from engine.learning.situation import NO_LIMITS

if TYPE_CHECKING:
    from engine.learning.documents import Limit, PlanLimits
    from engine.learning.problem import Situation
    from engine.learning.search import Choice
    from engine.learning.solver import Effort


def find_binding(situation: Situation, choice: Choice | None, effort: Effort) -> tuple[Limit, ...]:
    """Name the limits whose lifting alone would close more; all that are set if only together.

    `choice` is the best under the limits, None if nothing can be. Nothing is named where the search ended before that was known.
    """
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
    try:
        now = _worth_of(choice)
        free = _worth(situation, NO_LIMITS, effort) if lifted else now
        binding = [
            name for name, without in lifted.items() if _worth(situation, without, effort) < now
        ]
    except EvaluationError:
        return ()
    if not binding and free < now:
        binding = list(lifted)
    return (*binding, "catalog") if any(free) else tuple(binding)


def _worth(situation: Situation, limits: PlanLimits, effort: Effort) -> tuple[int, ...]:
    """Give the least that stays unmet under some limits, worse if nothing can be."""
    search = Search(Program(replace(situation, limits=limits)), effort)
    choice = next(search.best(gaps_only=True), None)
    if choice is not None and not choice.proved:
        raise EvaluationError(NO_ANSWER.at(None, status="unfinished"))
    return _worth_of(choice)


def _worth_of(choice: Choice | None) -> tuple[int, ...]:
    return (1,) if choice is None else (0, *choice.unmet)
