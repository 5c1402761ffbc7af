"""What is asked of one person's plan, and what holds once some items are done: exact, by no solver."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from engine.learning.levels import TOP, level_after

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from decimal import Decimal

    from engine.learning.documents import Gap, LearningItem, PlanLimits
    from engine.learning.skill_graph import Alternative, Group, SkillGraph, SkillLevel

_WEEKS = {
    "workday": Fraction(1, 5),
    "week": Fraction(1),
    "fortnight": Fraction(2),
    "month": Fraction(13, 3),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one person and what a plan may take."""

    graph: SkillGraph
    gaps: tuple[Gap, ...]
    scores: Mapping[str, Decimal]
    mandatory: Mapping[str, str]
    limits: PlanLimits
    passed: frozenset[str]
    booked: frozenset[str]
    suits: frozenset[str]
    forced: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    levels: Mapping[str, Decimal] = field(default_factory=dict)
    _levels: Mapping[str, Fraction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up once which level each leaf has."""
        levels: dict[str, Fraction] = {}
        for competency, score in self.scores.items():
            for leaf, _ in self.graph.leaves[competency]:
                levels[leaf] = min(Fraction(score), levels.get(leaf, TOP))
        levels |= {leaf: Fraction(level) for leaf, level in self.levels.items()}
        object.__setattr__(self, "_levels", levels)

    def start(self, gap: Gap, leaf: str) -> Fraction:
        """Give the level from which a leaf of a gap starts: its own, or the competency's score."""
        return Fraction(self.levels.get(leaf, self.scores[gap.competency]))

    def level(self, leaf: str) -> Fraction | None:
        """Give a leaf's own level, or the lowest score above it; None: not assessed."""
        return self._levels.get(leaf)


@dataclass(frozen=True, slots=True)
class Demand:
    """A leaf of a weak competency: from where to where, and what its shortfall weighs."""

    competency: str
    leaf: str
    start: Fraction
    target: Fraction
    weight: Fraction
    priority: int


def find_demands(situation: Situation) -> tuple[Demand, ...]:
    """List what every leaf of a weak competency is to be brought to."""
    return tuple(
        Demand(
            gap.competency,
            leaf,
            situation.start(gap, leaf),
            Fraction(gap.target),
            weight,
            gap.priority,
        )
        for gap in situation.gaps
        for leaf, weight in situation.graph.leaves[gap.competency]
    )


def supporters(graph: SkillGraph, group: Group) -> set[str]:
    """List the items that can make a prerequisite hold."""
    found: set[str] = set()
    for alternative in group:
        if isinstance(alternative, str):
            found.add(alternative)
        else:
            found |= {gain.item for leaf in alternative.leaves for gain in graph.gains[leaf]}
    return found


def available(situation: Situation, item: str) -> bool:
    """Whether a person may take `item`: not passed in any variant, understood, and not too long."""
    limits, described = situation.limits, situation.graph.items[item]
    if not situation.passed.isdisjoint(situation.graph.variants(item)):
        return False
    if item in situation.excluded:
        return False
    if limits.languages is not None and set(limits.languages).isdisjoint(described.language):
        return False
    return limits.weeks is None or weeks_of(described) <= limits.weeks


def weeks_of(item: LearningItem) -> Fraction:
    """Give the weeks that an item takes by its cadence; none without one."""
    return item.cadence.times * _WEEKS[item.cadence.every] if item.cadence else Fraction(0)


def open_groups(situation: Situation, item: str) -> Iterator[Group]:
    """List the prerequisites of `item` that hold for this person only if the plan makes them so."""
    for group in situation.graph.groups[item]:
        if not any(holds(situation, a, frozenset()) for a in group):
            yield group


def holds(situation: Situation, alternative: Alternative, done: Collection[str]) -> bool:
    """Whether an alternative holds once `done` is done; a level that nobody assessed is assumed."""
    if isinstance(alternative, str):
        return alternative in done or alternative in situation.passed
    for leaf in alternative.leaves:
        start = situation.level(leaf)
        gains = (gain for gain in situation.graph.gains[leaf] if gain.item in done)
        if start is not None and level_after(start, gains) < alternative.level:
            return False
    return True


def reached_level(graph: SkillGraph, needed: Demand, items: Collection[str]) -> Fraction:
    """Give the level that `items` truly bring a leaf to."""
    gains = (gain for gain in graph.gains[needed.leaf] if gain.item in items)
    return level_after(needed.start, gains)


def in_sequence(
    situation: Situation, items: Collection[str], rank: Callable[[str], object]
) -> tuple[str, ...]:
    """Order items so that what each needs is done before it, lowest rank first.

    What can never begin is left out.
    """
    done: set[str] = set()
    order: list[str] = []
    waiting = {item: tuple(open_groups(situation, item)) for item in items}
    leads: dict[str, list[str]] = {}
    for item, groups in waiting.items():
        for supporter in set().union(*(supporters(situation.graph, g) for g in groups)):
            leads.setdefault(supporter, []).append(item)
    ready = [(rank(item), item) for item, groups in waiting.items() if not groups]
    heapify(ready)
    began = {item for _, item in ready}
    while ready:
        item = heappop(ready)[1]
        done.add(item)
        order.append(item)
        for later in leads.get(item, ()):
            if later not in began and all(
                any(holds(situation, a, done) for a in group) for group in waiting[later]
            ):
                began.add(later)
                heappush(ready, (rank(later), later))
    return tuple(order)


def unassessed(situation: Situation, alternative: SkillLevel) -> bool:
    """Whether no score speaks of some leaf of a needed skill."""
    return any(situation.level(leaf) is None for leaf in alternative.leaves)
