"""Plans that were made before, kept for whoever asks the same again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from engine.learning.documents import LearningPlan
    from engine.learning.planner.problem import Situation


@dataclass(frozen=True, slots=True)
class Request:
    """All that a plan is made from, in one form."""

    situation: Situation
    role: str
    passed: tuple[str, ...]
    booked: tuple[str, ...]
    preference: str | None
    mentor_load: tuple[tuple[str, int], ...]

    def key(self) -> Hashable:
        """Give what two requests with the same plan have in common: the hashes of what it is made from, and the facts."""
        scores, graph = self.situation.scores, self.situation.graph
        return (
            graph.used.hash,
            tuple(model.hash for model in graph.models.get(self.role, ())),
            self.role,
            tuple(sorted((name, decimal_text(score)) for name, score in scores.items())),
            self.situation.limits,
            self.passed,
            self.booked,
            self.preference,
            self.situation.forced,
            self.situation.excluded,
            tuple(sorted(self.situation.levels.items())),
            self.mentor_load,
        )


class PlanCache:
    """The plans that were asked for last, up to a number; it holds nothing that it was not given."""

    def __init__(self, most: int = 1024) -> None:
        """Begin empty; the plan that was not asked for the longest makes room for the next."""
        self._most = most
        self._plans: OrderedDict[Hashable, LearningPlan] = OrderedDict()

    def find(self, asked: Request) -> LearningPlan | None:
        """Give the plan that was made for the same request."""
        key = asked.key()
        found = self._plans.pop(key, None)
        if found is not None:
            self._plans[key] = found
        return found

    def keep(self, asked: Request, made: LearningPlan) -> None:
        """Keep a plan."""
        self._plans[asked.key()] = made
        while len(self._plans) > self._most:
            self._plans.popitem(last=False)
