"""What an executor knows while it runs: facts by type, what has fired, when it is too much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.chaining.program import derive, holds
from engine.kernel.diagnostics import Code
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.chaining.program import CompiledInference, CompiledRule, Fact

MAX_FACTS = 2_000
MAX_FIRINGS = 5_000
MAX_COMBINATIONS = 1_000_000

TOO_MUCH = Code(
    "CHAIN-RUN-001",
    "these facts are too many: more than {limit} {what}",
    "事实过多：超过 {limit} 个{what_zh}",
    "give fewer facts at once, or let the rules ask for more",
    "请减少一次给出的事实，或让规则的条件更严",
)


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that a rule applied: the fact of each variable, and the facts that follow."""

    rule: str
    clause: str
    matched: tuple[tuple[str, Fact], ...]
    derived: tuple[Fact, ...]


class Memory:
    """The facts and firings of one run; both grow only, so their final state knows no order."""

    def __init__(self, compiled: CompiledInference, given: Iterable[Fact]) -> None:
        self.facts: dict[str, dict[Fact, None]] = {name: {} for name in compiled.types}
        self.firings: dict[tuple[int, tuple[Fact, ...]], Firing] = {}
        self._rules = compiled.rules
        self._add(given)

    def all_facts(self) -> list[Fact]:
        """All facts there are now, in canonical order."""
        return sorted(fact for facts in self.facts.values() for fact in facts)

    def fire(self, rule: CompiledRule, bound: Mapping[str, Fact]) -> list[Fact]:
        """Apply a rule whose `when` is met, once, unless a fact forbids it; gives the new facts."""
        matched = tuple(bound[pattern.variable] for pattern in rule.when)
        key = (rule.position, matched)
        if key in self.firings or self._forbidden(rule, bound):
            return []
        if len(self.firings) == MAX_FIRINGS:
            raise _too_much(MAX_FIRINGS, "firings", "次触发")
        derived = tuple(sorted({derive(head, bound) for head in rule.then}))
        names = (pattern.variable for pattern in rule.when)
        self.firings[key] = Firing(
            rule.id, rule.clause, tuple(zip(names, matched, strict=True)), derived
        )
        return self._add(derived)

    def _forbidden(self, rule: CompiledRule, bound: Mapping[str, Fact]) -> bool:
        """Whether a fact of `unless` is there; as the strata below are complete, that stays so."""
        return any(
            all(
                holds(condition, {**bound, pattern.variable: fact})
                for condition in pattern.conditions
            )
            for pattern in rule.unless
            for fact in self.facts[pattern.fact]
        )

    def _add(self, facts: Iterable[Fact]) -> list[Fact]:
        new = []
        for fact in facts:
            if fact not in self.facts[fact.type]:
                self.facts[fact.type][fact] = None
                new.append(fact)
        if sum(map(len, self.facts.values())) > MAX_FACTS:
            raise _too_much(MAX_FACTS, "facts", "事实")
        touched = {fact.type for fact in new}
        for rule in self._rules:
            patterns = (*rule.when, *rule.unless)
            if touched.intersection(pattern.fact for pattern in patterns):
                self._check_combinations(rule)
        return new

    def _check_combinations(self, rule: CompiledRule) -> None:
        """Refuse what would take minutes or gigabytes: the matcher holds every partial match."""
        tried = math.prod(len(self.facts[pattern.fact]) for pattern in rule.when)
        tried *= max(1, sum(len(self.facts[pattern.fact]) for pattern in rule.unless))
        if tried > MAX_COMBINATIONS:
            raise _too_much(
                MAX_COMBINATIONS, f"combinations for rule `{rule.id}`", f"组合（规则 `{rule.id}`）"
            )


def _too_much(limit: int, what: str, what_zh: str) -> EvaluationError:
    return EvaluationError(TOO_MUCH.at(None, limit=f"{limit:,}", what=what, what_zh=what_zh))
