"""One person's plan as an integer program, and the exact check of what a solver says of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, lcm
from typing import TYPE_CHECKING

from engine.learning.levels import demand, level_after
from engine.learning.skill_graph import SkillLevel
from engine.learning.solver import Row, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from decimal import Decimal

    from engine.learning.documents import Gap, LearningItem, PlanLimits
    from engine.learning.skill_graph import Alternative, Group, SkillGraph

_WEEKS = {
    "workday": Fraction(1, 5),
    "week": Fraction(1),
    "fortnight": Fraction(2),
    "month": Fraction(13, 3),
}
_TIES_AT_ONCE = 16


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

    def level(self, leaf: str) -> Fraction | None:
        """Give the lowest score of the competencies that a leaf is part of; None: not assessed."""
        known = [
            Fraction(score)
            for competency, score in self.scores.items()
            if any(leaf == part for part, _ in self.graph.leaves[competency])
        ]
        return min(known, default=None)


@dataclass(frozen=True, slots=True)
class Demand:
    """A leaf of a weak competency: from where to where, and what its shortfall weighs."""

    competency: str
    leaf: str
    start: Fraction
    target: Fraction
    weight: Fraction
    priority: int

    @property
    def shortfall(self) -> Variable:
        """The variable that holds what is missing, in milli-nats."""
        return ("short", self.competency, self.leaf)


@dataclass(frozen=True, slots=True)
class Problem:
    """The program: its variables, the rows that bind them, the objectives one after another."""

    situation: Situation
    demands: tuple[Demand, ...]
    bounds: Mapping[Variable, int]
    rows: tuple[Row, ...]
    unmet: tuple[Mapping[Variable, int], ...]
    wishes: tuple[Mapping[Variable, int], ...]


def build_problem(situation: Situation) -> Problem:
    """Write one person's situation as an integer program."""
    demands = tuple(_demands(situation))
    candidates = _candidates(situation, demands)
    levels = sorted(
        {
            alternative
            for item in candidates
            for group in open_groups(situation, item)
            for alternative in group
            if isinstance(alternative, SkillLevel)
        },
        key=lambda level: (level.skill, level.level),
    )
    bounds = {take(item): 1 for item in candidates}
    bounds |= {d.shortfall: max(1, demand(d.start, d.target)) for d in demands}
    bounds |= {_reached(level): 1 for level in levels}
    rows = [
        *(row for each in demands for row in _demand_rows(situation, each, candidates)),
        *(row for level in levels for row in _level_rows(situation, level, candidates)),
        *(row for item in candidates for row in _prerequisite_rows(situation, item, candidates)),
        *_variant_rows(situation, candidates),
        *(
            Row({take(i): 1 for i in (item,) if i in candidates}, 1)
            for item in sorted(situation.forced)
        ),
        *_limit_rows(situation, candidates),
    ]
    return Problem(
        situation,
        demands,
        bounds,
        tuple(rows),
        tuple(_unmet(demands)),
        tuple(_wishes(situation, candidates)),
    )


def take(item: str) -> Variable:
    """Name the variable that is 1 where the plan takes `item`."""
    return ("take", item)


def taken(values: Mapping[Variable, int]) -> frozenset[str]:
    """List the items that a solution takes."""
    return frozenset(v[1] for v, value in values.items() if v[0] == "take" and value)


def _reached(level: SkillLevel) -> Variable:
    return ("level", level.skill, str(level.level))


# --- what there is to choose from ----------------------------------------------------------------


def _demands(situation: Situation) -> Iterator[Demand]:
    for gap in situation.gaps:
        start, target = Fraction(gap.score), Fraction(gap.target)
        for leaf, weight in situation.graph.leaves[gap.competency]:
            yield Demand(gap.competency, leaf, start, target, weight, gap.priority)


def _candidates(situation: Situation, demands: Iterable[Demand]) -> tuple[str, ...]:
    """List the items that can matter: they teach a demand, are mandatory, or lead there."""
    graph = situation.graph
    wanted = {gain.item for d in demands for gain in graph.gains[d.leaf] if gain.ceiling > d.start}
    wanted.update(*(graph.variants(item) for item in situation.mandatory), situation.forced)
    found: set[str] = set()
    while wanted:
        item = wanted.pop()
        if item not in found and _available(situation, item):
            found.add(item)
            wanted.update(*(supporters(graph, group) for group in open_groups(situation, item)))
    return tuple(sorted(found))


def supporters(graph: SkillGraph, group: Group) -> set[str]:
    """List the items that can make a prerequisite hold."""
    found: set[str] = set()
    for alternative in group:
        if isinstance(alternative, str):
            found.add(alternative)
        else:
            found |= {gain.item for leaf in alternative.leaves for gain in graph.gains[leaf]}
    return found


def _available(situation: Situation, item: str) -> bool:
    """Whether a person may take `item`: not passed in any variant, understood, and not too long."""
    limits, described = situation.limits, situation.graph.items[item]
    if not situation.passed.isdisjoint(situation.graph.variants(item)):
        return False
    if item in situation.excluded:
        return False
    if limits.languages is not None and set(limits.languages).isdisjoint(described.language):
        return False
    return limits.weeks is None or _weeks(described) <= limits.weeks


def _weeks(item: LearningItem) -> Fraction:
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


# --- rows ----------------------------------------------------------------------------------------


def _way_rows(
    situation: Situation,
    leaf: str,
    way: tuple[Fraction, Fraction],
    candidates: Collection[str],
) -> Iterator[tuple[dict[Variable, int], int]]:
    """Give, from the start and from each ceiling on the way, what counts and how much is needed."""
    start, target = way
    gains = [
        gain
        for gain in situation.graph.gains[leaf]
        if gain.item in candidates and gain.ceiling > start
    ]
    for least in sorted({start} | {gain.ceiling for gain in gains if gain.ceiling < target}):
        counts = {take(gain.item): gain.milli_nats for gain in gains if gain.ceiling > least}
        yield counts, demand(least, target)


def _demand_rows(
    situation: Situation, needed: Demand, candidates: Collection[str]
) -> Iterator[Row]:
    way = (needed.start, needed.target)
    for counts, least in _way_rows(situation, needed.leaf, way, candidates):
        yield Row({**counts, needed.shortfall: 1}, least)


def _level_rows(
    situation: Situation, level: SkillLevel, candidates: Collection[str]
) -> Iterator[Row]:
    for leaf in level.leaves:
        start = situation.level(leaf)
        if start is not None and start < level.level:
            for counts, least in _way_rows(situation, leaf, (start, level.level), candidates):
                yield Row({**counts, _reached(level): -least}, 0)


def _prerequisite_rows(
    situation: Situation, item: str, candidates: Collection[str]
) -> Iterator[Row]:
    for group in open_groups(situation, item):
        terms = {take(item): -1}
        for alternative in group:
            if isinstance(alternative, SkillLevel):
                terms[_reached(alternative)] = 1
            elif alternative in candidates and alternative != item:
                terms[take(alternative)] = 1
        yield Row(terms, 0)


def _variant_rows(situation: Situation, candidates: Collection[str]) -> Iterator[Row]:
    """At most one of the items with one content; one of them for each mandatory item."""
    for item in candidates:
        same = [other for other in situation.graph.variants(item) if other in candidates]
        if len(same) > 1 and item == min(same):
            yield Row({take(other): -1 for other in same}, -1)
    for item in situation.mandatory:
        yield Row({take(o): 1 for o in situation.graph.variants(item) if o in candidates}, 1)


def _limit_rows(situation: Situation, candidates: Collection[str]) -> Iterator[Row]:
    limits, items = situation.limits, situation.graph.items
    if limits.budget is not None:
        cost = {item: Fraction(items[item].cost) for item in candidates}
        yield _at_most(cost, Fraction(limits.budget))
    if limits.hours_a_week is not None and limits.weeks is not None:
        hours = {item: Fraction(items[item].hours) for item in candidates}
        yield _at_most(hours, Fraction(limits.hours_a_week) * limits.weeks)


def _at_most(amounts: Mapping[str, Fraction], limit: Fraction) -> Row:
    unit = _unit(amounts.values())
    return Row({take(i): -int(a / unit) for i, a in amounts.items() if a}, -floor(limit / unit))


def _unit(amounts: Iterable[Fraction]) -> Fraction:
    """Find the largest number that all amounts are whole multiples of: small numbers solve well."""
    positive = [amount for amount in amounts if amount]
    common = lcm(*(amount.denominator for amount in positive))
    return Fraction(gcd(*(int(amount * common) for amount in positive)) or 1, common)


# --- objectives ----------------------------------------------------------------------------------


def _unmet(demands: tuple[Demand, ...]) -> Iterator[Mapping[Variable, int]]:
    """Give the weighted shortfall of each priority, the most important first."""
    for priority in sorted({d.priority for d in demands}):
        weights = {d.shortfall: d.weight for d in demands if d.priority == priority}
        unit = _unit(weights.values())
        yield {variable: int(weight / unit) for variable, weight in weights.items()}


def _wishes(situation: Situation, candidates: tuple[str, ...]) -> Iterator[Mapping[Variable, int]]:
    """Give what is made least after the gaps: hours, cost, changes, what suits less, items, ids."""
    items = {item: situation.graph.items[item] for item in candidates}
    for amounts in (
        {item: Fraction(described.hours) for item, described in items.items()},
        {item: Fraction(described.cost) for item, described in items.items()},
    ):
        unit = _unit(amounts.values())
        yield {take(item): int(amount / unit) for item, amount in amounts.items()}
    yield {take(item): -1 for item in candidates if item in situation.booked}
    if situation.suits:
        yield {take(i): 1 for i, described in items.items() if not _suits(situation, described)}
    yield {take(item): 1 for item in candidates}
    for at in range(0, len(candidates), _TIES_AT_ONCE):
        block = candidates[at : at + _TIES_AT_ONCE]
        yield {take(item): -(1 << len(block) - n) for n, item in enumerate(block)}


def _suits(situation: Situation, item: LearningItem) -> bool:
    return not situation.suits.isdisjoint({item.modality, *item.formats})


# --- the exact check -----------------------------------------------------------------------------


def find_cuts(problem: Problem, values: Mapping[Variable, int]) -> list[Row]:
    """Give the rows that a solution breaks and the program did not know; none if it truly holds.

    A target counts as reached only if the exact level says so (logarithms were rounded in its
    favour), and nothing may support itself in a circle.
    """
    situation, items = problem.situation, taken(values)
    cuts = []
    for needed in problem.demands:
        claimed = values[needed.shortfall] == 0
        if claimed and reached_level(situation.graph, needed, items) < needed.target:
            others = (gain.item for gain in situation.graph.gains[needed.leaf])
            more = {take(i): 1 for i in others if i not in items and take(i) in problem.bounds}
            cuts.append(Row({needed.shortfall: 1, **more}, 1))
    stuck = items - set(in_sequence(situation, items, lambda item: item))
    ways = {
        take(supporter): 1
        for item in sorted(stuck)
        for group in open_groups(situation, item)
        for supporter in sorted(supporters(situation.graph, group) - items)
        if take(supporter) in problem.bounds
    }
    return cuts + [Row({**ways, take(item): -1}, 0) for item in sorted(stuck)]


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
    done: list[str] = []
    while ready := [
        item
        for item in items
        if item not in done
        and all(any(holds(situation, a, done) for a in g) for g in situation.graph.groups[item])
    ]:
        done.append(min(ready, key=rank))  # type: ignore[arg-type]
    return tuple(done)


def unassessed(situation: Situation, alternative: SkillLevel) -> bool:
    """Whether no score speaks of some leaf of a needed skill."""
    return any(situation.level(leaf) is None for leaf in alternative.leaves)
