"""One person's plan as an integer program that is written down only as far as somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, lcm
from typing import TYPE_CHECKING, TypeAlias

from engine.learning.levels import demand, level_after
from engine.learning.planner.prices import left_of, saving
from engine.learning.planner.problem import available, find_demands, open_groups, reached_level
from engine.learning.planner.solver import Row
from engine.learning.skill_graph import SkillLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from engine.learning.levels import SkillGain
    from engine.learning.planner.problem import Demand, Situation
    from engine.learning.skill_graph import Group

Name: TypeAlias = tuple[str, ...]
"""What a column stands for: `take` an item, a `level` reached, what a demand is `short` of, a `bundle`."""

HUNDREDTHS = 100
"""Hours and costs have two places at most."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What all items together may take at most: their amounts are listed by column."""

    amounts: list[int]
    most: int


class Program:
    """The columns and rows of one situation; what nobody asked for is not there yet.

    A row belongs to a column where it holds by itself as long as the column is 0: what an item
    needs matters only if it is taken. All other rows are `base`.
    """

    def __init__(self, situation: Situation) -> None:
        """Write what is asked of the plan: demands, what is mandatory, what is forced."""
        self.situation = situation
        self.demands = find_demands(situation)
        self.names: list[Name] = []
        self.bounds: list[tuple[int, int]] = []
        self.hours: list[int] = []
        self.cost: list[int] = []
        self._least_cost: list[int] = []
        self._place: dict[Name, int] = {}
        self._rows: dict[int, list[Row]] = {}
        self._absent: set[str] = set()
        self._prices = {
            item: b.id for b in situation.graph.bundles for item in b.items if b.cost is not None
        }
        self._bundles = {bundle.id: bundle for bundle in situation.graph.bundles}
        self._savings = {
            b.id: saving(situation.graph, b, situation.passed) for b in situation.graph.bundles
        }
        self.shortfalls = [self._shortfall(needed) for needed in self.demands]
        self.base: list[Row] = [*self._demand_rows(), *self._asked_rows()]
        self.limits = tuple(self._limits())

    # --- columns ---------------------------------------------------------------------------------

    def item(self, name: str) -> int | None:
        """Give the column of an item; None if the person cannot take it."""
        place = self._place.get(("take", name))
        if place is not None or name in self._absent:
            return place
        if not available(self.situation, name):
            self._absent.add(name)
            return None
        described = self.situation.graph.items[name]
        hours, cost = int(described.hours * HUNDREDTHS), int(described.cost * HUNDREDTHS)
        return self._column(("take", name), (0, 1), hours, cost, self._share(name, cost))

    def _share(self, name: str, cost: int) -> int:
        """Give what an item costs at least: its share of the price of its bundle, rounded down."""
        bundle = self._bundles.get(self._prices.get(name, ""))
        if bundle is None or not (saved := self._savings[bundle.id]):
            return cost
        alone = sum(
            Fraction(self.situation.graph.items[item].cost)
            for item in left_of(bundle, self.situation.passed)
        )
        return floor(cost * (1 - Fraction(saved) / alone))

    def _column(
        self, name: Name, bounds: tuple[int, int], hours: int = 0, cost: int = 0, least: int = 0
    ) -> int:
        place = self._place.get(name)
        if place is None:
            place = self._place[name] = len(self.names)
            self.names.append(name)
            self.bounds.append(bounds)
            self.hours.append(hours)
            self.cost.append(cost)
            self._least_cost.append(least)
        return place

    def _shortfall(self, needed: Demand) -> int:
        """Add the column of what is missing, in milli-nats; at least what nothing can close."""
        start, target = needed.start, needed.target
        gains = [g for g in self._gains(needed.leaf, start) if self.item(g.item) is not None]
        all_short = max(1, demand(start, target))
        least = 0 if level_after(start, gains) >= target else 1
        for floor_ in _floors(start, target, gains):
            closed = sum(gain.milli_nats for gain in gains if gain.ceiling > floor_)
            least = max(least, demand(floor_, target) - closed)
        return self._column(("short", needed.competency, needed.leaf), (least, all_short))

    def _gains(self, leaf: str, start: Fraction) -> list[SkillGain]:
        return [gain for gain in self.situation.graph.gains[leaf] if gain.ceiling > start]

    def taken(self, values: Mapping[int, int]) -> frozenset[str]:
        """List the items that a solution takes."""
        return frozenset(
            self.names[column][1]
            for column, value in values.items()
            if value and self.names[column][0] == "take"
        )

    def is_item(self, column: int) -> bool:
        """Whether a column stands for an item."""
        return self.names[column][0] == "take"

    # --- rows ------------------------------------------------------------------------------------

    def _way_rows(
        self, leaf: str, start: Fraction, target: Fraction
    ) -> Iterator[tuple[dict[int, int], int]]:
        """Give, from the start and from each ceiling on the way, what counts and how much is needed."""
        gains = self._gains(leaf, start)
        columns = {gain.item: self.item(gain.item) for gain in gains}
        gains = [gain for gain in gains if columns[gain.item] is not None]
        for least in _floors(start, target, gains):
            counts = {
                column: gain.milli_nats
                for gain in gains
                if gain.ceiling > least and (column := columns[gain.item]) is not None
            }
            yield counts, demand(least, target)

    def _demand_rows(self) -> Iterator[Row]:
        for needed, short in zip(self.demands, self.shortfalls, strict=True):
            for counts, least in self._way_rows(needed.leaf, needed.start, needed.target):
                most = least - self.bounds[short][0]
                if most > 0:
                    yield Row({**_capped(counts, most), short: 1}, least)

    def _asked_rows(self) -> Iterator[Row]:
        """Ask for one form of each mandatory item, and for each that is forced."""
        graph = self.situation.graph
        for item in self.situation.mandatory:
            yield Row(dict.fromkeys(self._columns(graph.variants(item)), 1), 1)
        for item in sorted(self.situation.forced):
            yield Row(dict.fromkeys(self._columns((item,)), 1), 1)

    def _columns(self, items: Iterable[str]) -> list[int]:
        return [column for item in items if (column := self.item(item)) is not None]

    def rows(self, column: int) -> list[Row]:
        """Give the rows that matter once a column is not 0."""
        found = self._rows.get(column)
        if found is None:
            name = self.names[column]
            write = {"take": self._item_rows, "level": self._level_rows}.get(name[0])
            found = self._rows[column] = list(write(column) if write else ())
        return found

    def _item_rows(self, column: int) -> Iterator[Row]:
        name = self.names[column][1]
        for group in open_groups(self.situation, name):
            yield Row({**self._group_terms(name, group), column: -1}, 0)
        for bundle in self._bundles.values():
            if bundle.together and name in bundle.items:
                for mate in left_of(bundle, self.situation.passed):
                    if mate != name:
                        yield Row({**dict.fromkeys(self._columns((mate,)), 1), column: -1}, 0)
        same = self._columns(self.situation.graph.variants(name))
        if len(same) > 1:
            yield Row(dict.fromkeys(sorted(same), -1), -1)

    def _group_terms(self, item: str, group: Group) -> dict[int, int]:
        terms = {}
        for alternative in group:
            if isinstance(alternative, SkillLevel):
                name = ("level", alternative.skill, str(alternative.level))
                terms[self._column(name, (0, 1))] = 1
            elif alternative != item and (column := self.item(alternative)) is not None:
                terms[column] = 1
        return terms

    def _level_rows(self, column: int) -> Iterator[Row]:
        _, skill, level = self.names[column]
        target = Fraction(level)
        for leaf, _ in self.situation.graph.leaves[skill]:
            start = self.situation.level(leaf)
            if start is not None and start < target:
                for counts, least in self._way_rows(leaf, start, target):
                    yield Row({**_capped(counts, least), column: -least}, 0)

    def supporters(self, column: int) -> Iterator[int]:
        """List the columns that a column may bring with it."""
        for row in self.rows(column):
            yield from (other for other, factor in row.terms.items() if factor > 0)
        bundle = self._prices.get(self.names[column][1]) if self.is_item(column) else None
        if bundle is not None and self.situation.limits.budget is not None:
            yield from self._columns(left_of(self._bundles[bundle], self.situation.passed))

    def roots(self) -> set[int]:
        """List the columns of items that are asked for by themselves."""
        return {
            column
            for row in self.base
            for column, factor in row.terms.items()
            if factor > 0 and self.is_item(column)
        }

    def bundles(self, pool: Collection[int]) -> Iterator[tuple[int, list[Row]]]:
        """Give the bundles that a pool holds whole: a column, whose cost is negative, and rows."""
        for id_, saved in self._savings.items():
            members = self._columns(left_of(self._bundles[id_], self.situation.passed))
            whole = len(members) == len(left_of(self._bundles[id_], self.situation.passed))
            if saved and whole and all(member in pool for member in members):
                column = self._column(("bundle", id_), (0, 1), cost=-int(saved * HUNDREDTHS))
                yield column, [Row({member: 1, column: -1}, 0) for member in members]

    def _limits(self) -> Iterator[Limit]:
        """Give what the items may take in all; of costs no more than what is sure to be paid."""
        limits = self.situation.limits
        if limits.budget is not None:
            yield Limit(self._least_cost, int(limits.budget * HUNDREDTHS))
        if limits.hours_a_week is not None and limits.weeks is not None:
            yield Limit(self.hours, int(limits.hours_a_week * HUNDREDTHS) * limits.weeks)

    # --- objectives ------------------------------------------------------------------------------

    def unmet(self) -> tuple[tuple[int, Fraction, dict[int, int]], ...]:
        """Give for each priority its unit and the weighted shortfall, the most important first."""
        found = []
        for priority in sorted({needed.priority for needed in self.demands}):
            weights: dict[int, Fraction] = {}
            for needed, short in zip(self.demands, self.shortfalls, strict=True):
                if needed.priority == priority:
                    weights[short] = weights.get(short, Fraction(0)) + needed.weight
            unit = unit_of(weights.values())
            terms = {column: int(weight / unit) for column, weight in weights.items()}
            found.append((priority, unit, terms))
        return tuple(found)

    def shortfall(self, place: int, items: Collection[str]) -> int:
        """Give what a set of items leaves a demand short of, in milli-nats."""
        needed = self.demands[place]
        reached = reached_level(self.situation.graph, needed, items) >= needed.target
        if reached:
            return 0
        gains = [
            gain
            for gain in self._gains(needed.leaf, needed.start)
            if self.item(gain.item) is not None
        ]
        most = 1
        for least in _floors(needed.start, needed.target, gains):
            closed = sum(g.milli_nats for g in gains if g.ceiling > least and g.item in items)
            most = max(most, demand(least, needed.target) - closed)
        return most


def _capped(gains: Mapping[int, int], most: int) -> dict[int, int]:
    """Count gains for no more than is needed: whole numbers do not notice, fractions bound better."""
    return {column: min(gain, most) for column, gain in gains.items()}


def _floors(start: Fraction, target: Fraction, gains: Iterable[SkillGain]) -> list[Fraction]:
    """List the levels above which something else counts: the start and each ceiling on the way."""
    return sorted({start} | {gain.ceiling for gain in gains if gain.ceiling < target})


def unit_of(amounts: Iterable[Fraction]) -> Fraction:
    """Find the largest number that all amounts are whole multiples of: small numbers solve well."""
    positive = [amount for amount in amounts if amount]
    common = lcm(*(amount.denominator for amount in positive))
    return Fraction(gcd(*(int(amount * common) for amount in positive)) or 1, common)
