"""The reference chainer: what an inference means, said in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.chaining.memory import Memory
from engine.chaining.program import holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.chaining.program import CompiledInference, CompiledRule, Fact


def chain(compiled: CompiledInference, given: Iterable[Fact]) -> Memory:
    """Fire all that follows from the given facts, stratum by stratum; raises EvaluationError.

    Facts come forward one at a time. A combination is met once: when its last fact comes forward.
    """
    memory = Memory(compiled, given)
    for rules in compiled.strata:
        forward: dict[str, list[Fact]] = {name: [] for name in compiled.types}
        queue = memory.all_facts()
        for fact in queue:
            for rule in rules:
                for bound in _combinations(rule, fact, forward):
                    queue += memory.fire(rule, bound)
            forward[fact.type].append(fact)
    return memory


def _combinations(
    rule: CompiledRule, fact: Fact, forward: dict[str, list[Fact]]
) -> Iterator[dict[str, Fact]]:
    """Give each way to meet `when` with `fact` as one variable and earlier facts as the others."""
    for place, pattern in enumerate(rule.when):
        if pattern.fact == fact.type:
            yield from _extend(rule, place, fact, forward, {})


def _extend(
    rule: CompiledRule,
    place: int,
    fact: Fact,
    forward: dict[str, list[Fact]],
    bound: dict[str, Fact],
) -> Iterator[dict[str, Fact]]:
    """Bind the next variable in every way that its conditions allow, each to a fact of its own."""
    if len(bound) == len(rule.when):
        yield bound
        return
    pattern = rule.when[len(bound)]
    for candidate in [fact] if len(bound) == place else forward[pattern.fact]:
        if candidate not in bound.values():
            longer = {**bound, pattern.variable: candidate}
            if all(holds(condition, longer) for condition in pattern.conditions):
                yield from _extend(rule, place, fact, forward, longer)
