"""The sets of items that a hire may take: the single planner's own, joined over the gaps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from typing import TYPE_CHECKING

from engine.learning.alternatives import best_plans
from engine.learning.levels import level_after
from engine.learning.planner.prices import cost_of
from engine.learning.planner.problem import holds, in_sequence, open_groups, supporters
from engine.learning.skill_graph import SkillLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.learning.documents import Gap
    from engine.learning.planner.problem import Situation
    from engine.learning.skill_graph import SkillGraph

_EACH = {1: 8, 2: 6, 3: 4, 4: 3}
_EACH_OF_MANY = 2
_SETS = 40
_SETS_ALIKE = 8
_MOST_STEPS = 12

Steps = tuple[tuple[str, tuple[str, ...]], ...]
"""Items in an order in which they can be taken, each with those of them that come before it."""


@dataclass(frozen=True, slots=True)
class ItemSet:
    """A set of items; `closers` holds for each gap the least groups of steps that close it."""

    steps: Steps
    closers: tuple[tuple[tuple[int, ...], ...], ...]
    hours: Decimal
    cost: Decimal

    @property
    def items(self) -> tuple[str, ...]:
        """The items in their order."""
        return tuple(item for item, _ in self.steps)


@dataclass(slots=True)
class OptionMaker:
    """Makes the options of hires on one graph and keeps what it found for hires who are alike."""

    graph: SkillGraph
    sensitive: frozenset[str] = frozenset()
    found: dict[object, tuple[frozenset[str], ...]] = field(default_factory=dict)
    closing: dict[object, tuple[frozenset[str], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the competencies whose scores decide whether something can begin."""
        asked = {
            leaf
            for groups in self.graph.groups.values()
            for group in groups
            for need in group
            if isinstance(need, SkillLevel)
            for leaf in need.leaves
        }
        self.sensitive = frozenset(
            competency
            for competency in self.graph.competencies
            if any(leaf in asked for leaf, _ in self.graph.leaves[competency])
        )

    def options(self, situation: Situation) -> tuple[tuple[ItemSet, ...], int]:
        """List the item sets of a hire, the planner's own first, and count those left out.

        For each gap the few best sets (and the best without each mentor pool) come from the
        planner; they are joined over the gaps, or over some of them, and freed of what nothing
        needs. Between sets with the same shared items the one with fewer hours stays.
        """
        gaps = situation.gaps
        each = [self._for_gap(situation, gap, _EACH.get(len(gaps), _EACH_OF_MANY)) for gap in gaps]
        base = self._planner(replace(situation, gaps=()), 1)
        whole = self._planner(
            replace(situation, gaps=tuple(g for g, s in zip(gaps, each, strict=True) if s)), 1
        )
        made: dict[frozenset[str], ItemSet] = {}
        for joined in (*whole, *_joined(each, base)):
            one = self._finish(situation, joined)
            if one is not None:
                made.setdefault(frozenset(one.items), one)
        kept = _kept(tuple(made.values()), self.graph)
        return kept, len(made) - len(kept)

    def _planner(self, situation: Situation, count: int) -> tuple[frozenset[str], ...]:
        """Ask the planner for its best sets that leave nothing unmet."""
        limits = situation.limits
        key = (
            situation.gaps,
            tuple(sorted((c, s) for c, s in situation.scores.items() if c in self.sensitive)),
            tuple(situation.mandatory),
            limits.languages,
            limits.budget,
            situation.passed,
            situation.excluded,
            count,
        )
        if key not in self.found:
            plans = best_plans(situation, count)
            self.found[key] = tuple(frozenset(p.items) for p in plans if not any(p.unmet))
        return self.found[key]

    def _for_gap(self, situation: Situation, gap: Gap, count: int) -> tuple[frozenset[str], ...]:
        alone = replace(situation, gaps=(gap,))
        sets = self._planner(alone, count)
        pools = {p for items in sets for i in items if (p := self._pool(i)) is not None}
        for pool in sorted(pools):
            without = {i for i in self.graph.items if self._pool(i) == pool}
            without -= set(situation.mandatory)
            sets += self._planner(replace(alone, excluded=situation.excluded | without), 1)
        return tuple(dict.fromkeys(sets))

    def _pool(self, item: str) -> str | None:
        source = self.graph.items[item].mentors
        return source.pool if source else None

    def _finish(self, situation: Situation, items: frozenset[str]) -> ItemSet | None:
        """Free a set of what nothing needs and order it; None where it is not allowed."""
        graph = self.graph
        closed = [n for n, gap in enumerate(situation.gaps) if self._closes(gap, items)]
        needed = {same for item in situation.mandatory for same in graph.variants(item)}
        for item in sorted(items - needed, key=lambda i: (-graph.items[i].hours, i)):
            less = items - self._with(item)
            kept = needed.intersection(items) <= less
            if kept and all(self._closes(situation.gaps[n], less) for n in closed):
                items = less if _whole(situation, less) else items
        if len({graph.variants(i) for i in items}) < len(items) or len(items) > _MOST_STEPS:
            return None
        cost = cost_of(graph, items, situation.passed)
        if situation.limits.budget is not None and cost > situation.limits.budget:
            return None
        order = in_sequence(situation, items, lambda item: item)
        if len(order) < len(items):
            return None
        return ItemSet(
            tuple((item, leads_of(situation, order[:n], item)) for n, item in enumerate(order)),
            tuple(self._closers(gap, order) for gap in situation.gaps),
            sum((graph.items[i].hours for i in items), start=Decimal(0)),
            cost,
        )

    def _with(self, item: str) -> set[str]:
        """Give an item with all that is only taken together with it."""
        whole = [set(bundle.items) for bundle in self.graph.bundles if bundle.together]
        found = {item}
        while more := {i for items in whole if items & found for i in items} - found:
            found |= more
        return found

    def _closes(self, gap: Gap, items: Collection[str]) -> bool:
        return any(closer <= set(items) for closer in self._least(gap, items))

    def _closers(self, gap: Gap, order: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        place = {item: n for n, item in enumerate(order)}
        return tuple(tuple(sorted(place[i] for i in closer)) for closer in self._least(gap, order))

    def _least(self, gap: Gap, items: Collection[str]) -> tuple[frozenset[str], ...]:
        """List the least groups of the items that bring every skill of a gap to its target."""
        leaves = [leaf for leaf, _ in self.graph.leaves[gap.competency]]
        teaching = {g.item for leaf in leaves for g in self.graph.gains[leaf]}.intersection(items)
        key = (gap.competency, gap.score, gap.target, frozenset(teaching))
        if key not in self.closing:
            least: list[frozenset[str]] = []
            for size in range(1, len(teaching) + 1):
                for group in map(frozenset, combinations(sorted(teaching), size)):
                    if any(known <= group for known in least):
                        continue
                    if all(self._reaches(gap, leaf, group) for leaf in leaves):
                        least.append(group)
            self.closing[key] = tuple(least)
        return self.closing[key]

    def _reaches(self, gap: Gap, leaf: str, items: Collection[str]) -> bool:
        gains = (gain for gain in self.graph.gains[leaf] if gain.item in items)
        return level_after(Fraction(gap.score), gains) >= gap.target


def _joined(
    each: Sequence[Sequence[frozenset[str]]], base: Sequence[frozenset[str]]
) -> Iterator[frozenset[str]]:
    """Join a set of each gap, or of some of them, with what is mandatory; all gaps come first."""
    nothing: tuple[frozenset[str], ...] = (frozenset(),)
    for size in range(len(each), -1, -1):
        for chosen in combinations(range(len(each)), size):
            for sets in product(*(each[n] for n in chosen), base or nothing):
                yield frozenset().union(*sets)


def _kept(sets: Sequence[ItemSet], graph: SkillGraph) -> tuple[ItemSet, ...]:
    """Keep the best of those that share the same, a few of those that close the same gaps."""
    ranked = sorted(sets, key=lambda s: (s.hours, s.cost, s.items))
    seen: set[object] = set()
    count: dict[object, int] = {}
    kept = []
    for one in ranked:
        shared = frozenset(
            i for i in one.items if graph.items[i].mentors or graph.items[i].sessions
        )
        closed = tuple(bool(c) for c in one.closers)
        if (shared, closed) not in seen and count.get(closed, 0) < _SETS_ALIKE:
            seen.add((shared, closed))
            count[closed] = count.get(closed, 0) + 1
            kept.append(one)
    best = sorted(kept, key=lambda s: (-sum(map(bool, s.closers)), s.hours, s.cost, s.items))
    # The least set, which closes nothing, always has a place: it is what a hire takes at the worst.
    return tuple(dict.fromkeys([*best[: _SETS - 1], best[-1]])) if best else ()


def _whole(situation: Situation, items: frozenset[str]) -> bool:
    return len(in_sequence(situation, items, lambda item: item)) == len(items)


def leads_of(situation: Situation, before: Sequence[str], item: str) -> tuple[str, ...]:
    """List the items before `item` that make hold what it needs; later ones add nothing."""
    leads = set()
    for group in open_groups(situation, item):
        helpful = supporters(situation.graph, group)
        for at, step in enumerate(before):
            if step in helpful and not any(holds(situation, a, before[:at]) for a in group):
                leads.add(step)
    return tuple(step for step in before if step in leads)
