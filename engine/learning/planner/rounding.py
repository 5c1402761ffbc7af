"""A first plan at once: what an optimum over fractions uses most, with all that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.learning.levels import level_after
from engine.learning.planner.prices import cost_of, left_of
from engine.learning.planner.problem import holds, open_groups, supporters
from engine.learning.skill_graph import SkillLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from decimal import Decimal

    from engine.learning.planner.program import Program
    from engine.learning.skill_graph import Alternative

_DEEPEST = 60
"""Chains of prerequisites that are longer are left to the search, which does not go down them."""


def round_up(program: Program, used: Sequence[int]) -> frozenset[str]:
    """Take what is asked for, then what closes a gap, as `used` names it and then the shortest.

    Each comes with what it needs; what turns out to be needless is dropped again. Nothing here is
    proved, and whether the result may be taken is for the caller to check.
    """
    draft = _Draft(program, used)
    draft.take_what_is_asked()
    draft.close_gaps()
    return frozenset(draft.without_the_needless())


class _Draft:
    """A plan while it is drawn up."""

    def __init__(self, program: Program, used: Sequence[int]) -> None:
        self._program, self._situation = program, program.situation
        self._graph = program.situation.graph
        self._rank = {program.names[c][1]: n for n, c in enumerate(used) if program.is_item(c)}
        self._items: set[str] = set()
        self._leans: dict[str, list[str]] = {}
        self._places: dict[str, list[int]] = {}
        for place, needed in enumerate(program.demands):
            for gain in self._graph.gains[needed.leaf]:
                if gain.ceiling > needed.start:
                    self._places.setdefault(gain.item, []).append(place)

    def take_what_is_asked(self) -> None:
        """Take one form of each mandatory item, and what is forced."""
        for item in sorted(self._situation.forced):
            self._bring(item)
        for item in self._situation.mandatory:
            forms = self._graph.variants(item)
            if self._items.isdisjoint(forms):
                self._bring_one(forms)

    def close_gaps(self) -> None:
        """Take what closes a gap, as long as the limits allow."""
        for item in sorted(self._places, key=self._order):
            if item not in self._items and any(self._open(place) for place in self._places[item]):
                self._bring(item)

    def without_the_needless(self) -> set[str]:
        """Drop what closes nothing that the rest does not close, the longest first."""
        asked = set(self._situation.forced)
        for item in self._situation.mandatory:
            asked.update(self._graph.variants(item))
        for bundle in self._graph.bundles:
            asked.update(bundle.items if bundle.together else ())
        dropped = True
        while dropped:
            dropped = False
            for item in sorted(self._items - asked, key=self._hours, reverse=True):
                rest = self._items - {item}
                if self._closes_nothing_more(item, rest) and self._supports_nothing(item, rest):
                    self._items = rest
                    dropped = True
        return self._items

    def _closes_nothing_more(self, item: str, rest: set[str]) -> bool:
        return all(
            self._program.shortfall(place, rest) == self._program.shortfall(place, self._items)
            for place in self._places.get(item, ())
        )

    def _supports_nothing(self, item: str, rest: set[str]) -> bool:
        """Whether all that leans on an item can still be begun without it."""
        return all(
            any(holds(self._situation, need, rest) for need in group)
            for other in self._leaning().get(item, ())
            if other in rest
            for group in open_groups(self._situation, other)
        )

    def _leaning(self) -> dict[str, list[str]]:
        if not self._leans:
            for other in sorted(self._items):
                for group in open_groups(self._situation, other):
                    for item in supporters(self._graph, group) & self._items:
                        self._leans.setdefault(item, []).append(other)
        return self._leans

    def _order(self, item: str) -> tuple[int, Decimal, str]:
        return self._rank.get(item, len(self._rank)), self._hours(item), item

    def _hours(self, item: str) -> Decimal:
        return self._graph.items[item].hours

    def _open(self, place: int) -> bool:
        least = self._program.bounds[self._program.shortfalls[place]][0]
        return self._program.shortfall(place, self._items) > least

    def _bring(self, item: str, trail: frozenset[str] = frozenset()) -> bool:
        """Take an item with all that it needs; False, and nothing is taken, if that cannot be."""
        if item in self._items:
            return True
        if item in trail or len(trail) == _DEEPEST or self._program.item(item) is None:
            return False
        if not self._items.isdisjoint(self._graph.variants(item)):
            return False
        before, trail = set(self._items), trail | {item}
        brought = all(
            any(holds(self._situation, need, self._items) for need in group)
            or self._bring_one(group, trail)
            for group in open_groups(self._situation, item)
        )
        self._items.add(item)
        if brought and self._bring_mates(item, trail) and self._within_limits():
            return True
        self._items = before
        return False

    def _bring_one(self, needs: Iterable[Alternative], trail: frozenset[str] = frozenset()) -> bool:
        items = sorted((need for need in needs if isinstance(need, str)), key=self._order)
        levels = (need for need in needs if isinstance(need, SkillLevel))
        return any(self._bring(item, trail) for item in items) or any(
            self._bring_level(level, trail) for level in levels
        )

    def _bring_level(self, needed: SkillLevel, trail: frozenset[str]) -> bool:
        before = set(self._items)
        for leaf in needed.leaves:
            start = self._situation.level(leaf)
            gains = sorted(self._graph.gains[leaf], key=lambda gain: self._order(gain.item))
            for gain in gains:
                now = [g for g in gains if g.item in self._items]
                if start is None or level_after(start, now) >= needed.level:
                    break
                self._bring(gain.item, trail)
            if not holds(self._situation, SkillLevel(leaf, (leaf,), needed.level), self._items):
                self._items = before
                return False
        return True

    def _bring_mates(self, item: str, trail: frozenset[str]) -> bool:
        """Take the rest of the bundles that are taken all or not at all."""
        return all(
            self._bring(mate, trail) if mate not in trail else True
            for bundle in self._graph.bundles
            if bundle.together and item in bundle.items
            for mate in left_of(bundle, self._situation.passed)
        )

    def _within_limits(self) -> bool:
        return within_limits(self._program, self._items)


def within_limits(program: Program, items: Collection[str]) -> bool:
    """Whether the hours and the cost of items are within the limits, exactly."""
    situation = program.situation
    limits, graph = situation.limits, situation.graph
    if limits.budget is not None and cost_of(graph, items, situation.passed) > limits.budget:
        return False
    if limits.hours_a_week is None or limits.weeks is None:
        return True
    return sum(graph.items[item].hours for item in items) <= limits.hours_a_week * limits.weeks
