"""Strata: an order of the rules in which what an `unless` asks about is complete before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.chaining.program import CompiledRule


@dataclass(frozen=True, slots=True)
class Cycle:
    """A chain of fact types that comes back to its start through an `unless` of `rule`."""

    rule: CompiledRule
    variable: str
    types: tuple[str, ...]


def find_cycles(rules: Sequence[CompiledRule]) -> list[Cycle]:
    """Give, for each `unless` that its own outcome could change, the shortest way round."""
    feeds: dict[str, set[str]] = {}
    for rule in rules:
        for pattern in (*rule.when, *rule.unless):
            feeds.setdefault(pattern.fact, set()).update(head.fact for head in rule.then)
    found = []
    for rule in rules:
        for pattern in rule.unless:
            ways = [
                (pattern.fact, *way)
                for head in sorted({head.fact for head in rule.then})
                if (way := _shortest(feeds, head, pattern.fact))
            ]
            if ways:
                found.append(Cycle(rule, pattern.variable, min(ways, key=len)))
    return found


def _shortest(feeds: dict[str, set[str]], start: str, end: str) -> tuple[str, ...] | None:
    """Find the shortest way from one type to another, both included."""
    queue: deque[tuple[str, ...]] = deque([(start,)])
    seen = {start}
    while queue:
        way = queue.popleft()
        if way[-1] == end:
            return way
        for following in sorted(feeds.get(way[-1], set()) - seen):
            seen.add(following)
            queue.append((*way, following))
    return None


def stratify(
    rules: Sequence[CompiledRule], types: Iterable[str]
) -> tuple[tuple[CompiledRule, ...], ...]:
    """Put each rule into the first stratum in which it can run; the rules must have no cycle."""
    height = dict.fromkeys(types, 0)
    level = [0] * len(rules)
    settled = False
    while not settled:
        settled = True
        for index, rule in enumerate(rules):
            level[index] = max(
                *(height[pattern.fact] for pattern in rule.when),
                *(height[pattern.fact] + 1 for pattern in rule.unless),
                0,
            )
            for head in rule.then:
                if height[head.fact] < level[index]:
                    height[head.fact] = level[index]
                    settled = False
    return tuple(
        tuple(rule for rule, own in zip(rules, level, strict=True) if own == stratum)
        for stratum in sorted(set(level))
    )
