"""The cohort solved aim after aim: columns are made by price, the answer is proved by the bound.

Prices of slots split the cohort into its groups. Whatever the prices, what the groups take at
least, less what all slots are worth, is a bound that no plan can beat; in whole numbers it is
exact. Every column that a better plan could hold lies within the gap between bound and answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.learning.cohort.groups import AIMS
from engine.learning.cohort.program import (
    SCALE,
    Column,
    LinearMaster,
    Prices,
    Rows,
    holds,
    solve_whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from engine.learning.cohort.groups import Group
    from engine.learning.cohort.placements import Ints, Ways

_MOST_ROUNDS = 400
_MOST_COLUMNS = 60_000
_MOST_NEAR = 400_000
_WITHIN = 1e-6
_AIM_NAMES = ("gaps 差距", "weeks 周数")
_SHARES = (0.01, 0.03, 0.1)
"""How far columns may be from the least of their group, in parts of the gap, while one searches."""
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class AimReached:
    """The value of an aim and the bound below it."""

    value: int
    bound: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns that are taken, each with how often, and how far each aim was proved."""

    taken: tuple[tuple[Column, int], ...]
    aims: tuple[AimReached, ...]
    prices: Prices


@dataclass(slots=True)
class Master:
    """The groups and slots, the columns so far, and what is asked while it runs."""

    groups: Sequence[Group]
    capacity: Sequence[int]
    seconds_left: Callable[[], float] | None = None
    told: Callable[[str], None] | None = None
    columns: list[Column] = field(default_factory=list)
    place: dict[tuple[int, int, int], int] = field(default_factory=dict)
    useful: list[int] = field(default_factory=list)

    def column(self, group: int, choice: int, way: int) -> int:
        """Number a column, made at its first use."""
        key = (group, choice, way)
        if key not in self.place:
            one = self.groups[group].choices[choice]
            self.place[key] = len(self.columns)
            costs = tuple(int(one.costs[aim, way]) for aim in range(AIMS))
            slots = tuple(sorted(Counter(one.ways.slots(way)).items()))
            self.columns.append(Column(group, choice, way, costs, slots))
        return self.place[key]

    def solve(self, start: Counter[int]) -> Answer:
        """Meet the aims one after another from a plan that holds; `start` counts its columns."""
        best, aims = start, list[AimReached]()
        prices = Prices(np.zeros(len(self.capacity), dtype=np.int64), np.zeros(0, dtype=np.int64))
        counts = tuple(len(group.hires) for group in self.groups)
        for _ in range(AIMS):
            rows = Rows(counts, tuple(self.capacity), tuple(a.value for a in aims))
            best, reached, prices = _Aim(self, rows, best).reach()
            aims.append(reached)
        return Answer(
            tuple((self.columns[at], times) for at, times in sorted(best.items()) if times),
            tuple(aims),
            prices,
        )

    def hurried(self) -> bool:
        """Whether the time that was given is over."""
        return self.seconds_left is not None and self.seconds_left() <= 0


class _Aim:
    """One aim: the linear program by column generation, then whole numbers within the gap."""

    def __init__(self, master: Master, rows: Rows, best: Counter[int]) -> None:
        self.master, self.rows, self.best = master, rows, best
        self.bound = 0
        self.scaled = 0
        self.prices = Prices(
            np.zeros(len(rows.capacity), dtype=np.int64), np.zeros(rows.aim, dtype=np.int64)
        )

    @property
    def value(self) -> int:
        return self._worth(self.best)

    def _worth(self, taken: Counter[int]) -> int:
        columns = self.master.columns
        return sum(columns[at].costs[self.rows.aim] * times for at, times in taken.items())

    def reach(self) -> tuple[Counter[int], AimReached, Prices]:
        self._note(self.prices)  # without prices: what each group takes if it were alone
        if self.bound < self.value:
            made, settled = self._generate()
            self._search(settled)
            for share in _SHARES:
                if self.bound < self.value and not self.master.hurried():
                    self._search(self._close(made, share))
        if self.bound < self.value and not self.master.hurried():
            within = self._within()
            if within is not None:
                self._search(within, whole=True)
        return self.best, AimReached(self.value, min(self.bound, self.value)), self.prices

    # --- the bound ----------------------------------------------------------------------------

    def _note(self, prices: Prices) -> list[tuple[int, int, int]]:
        """Price every group; keep the bound if it is the best so far. Gives value, choice, way."""
        found = list(cheapest(self.master.groups, self.rows.aim, prices))
        total = sum(
            value * count for (value, _, _), count in zip(found, self.rows.counts, strict=True)
        )
        total -= sum(int(p) * c for p, c in zip(prices.slots, self.rows.capacity, strict=True))
        total -= sum(int(p) * c for p, c in zip(prices.aims, self.rows.reached, strict=True))
        if total > self.scaled or not self.scaled:
            self.scaled, self.prices = total, prices
            self.bound = max(self.bound, -(-total // SCALE))
        return found

    def _generate(self) -> tuple[list[int], list[int]]:
        """Add the cheapest column of every group until none lowers the linear program.

        Gives the columns, and those of them that are left when a group that the linear program
        has settled keeps only what it takes there and in the plan so far.
        """
        linear = LinearMaster(self.rows)
        numbers = sorted({*self.master.useful, *self.best})
        seen = set(numbers)
        linear.add([self.master.columns[n] for n in numbers])
        for number in range(_MOST_ROUNDS):
            value, prices = linear.solve()
            found = self._note(prices)
            if self.master.told is not None:
                name = _AIM_NAMES[self.rows.aim]
                self.master.told(f"{name} · {self.bound}–{self.value} · {number + 1}")
            cheap = (self.master.column(g, choice, way) for g, (_, choice, way) in enumerate(found))
            fresh = [n for n in cheap if n not in seen]
            at_least = value - _WITHIN * max(1.0, abs(value))
            if not fresh or self.bound >= at_least or self.bound >= self.value:
                break
            if self.master.hurried():
                break
            linear.add([self.master.columns[n] for n in fresh])
            numbers += fresh
            seen.update(fresh)
        self.master.useful = numbers
        taken = dict(zip(numbers, linear.shares(), strict=False))
        open_ = {
            self.master.columns[n].group for n, x in taken.items() if abs(x - round(x)) > _WITHIN
        }
        settled = {
            n for n, x in taken.items() if x > _HALF or self.master.columns[n].group in open_
        }
        return sorted(numbers), sorted(settled | set(self.best))

    # --- whole numbers ------------------------------------------------------------------------

    def _close(self, numbers: Iterable[int], share: float) -> list[int]:
        """Number those of the columns that cost little more than the least of their group."""
        most = int((self.value * SCALE - self.scaled) * share)
        least = [value for value, _, _ in cheapest(self.master.groups, self.rows.aim, self.prices)]
        columns = self.master.columns
        close = {n for n in numbers if self._cost(columns[n]) <= least[columns[n].group] + most}
        return sorted(close | set(self.best))

    def _cost(self, column: Column) -> int:
        """Give the cost of a column under the prices, scaled."""
        earlier = zip(column.costs, self.prices.aims, strict=False)
        return (
            column.costs[self.rows.aim] * SCALE
            + sum(cost * int(price) for cost, price in earlier)
            + sum(int(self.prices.slots[slot]) * each for slot, each in column.slots)
        )

    def _within(self) -> list[int] | None:
        """Number the columns that a better plan could hold; None if there are too many.

        Of columns of a group with the same slots the least in all aims is enough.
        """
        gap = self.value * SCALE - self.scaled
        least: dict[object, tuple[tuple[int, ...], int, int, int]] = {}
        for count, (at, number, way) in enumerate(
            near(self.master.groups, self.rows.aim, self.prices, gap)
        ):
            if count > _MOST_NEAR:
                return None
            choice = self.master.groups[at].choices[number]
            costs = tuple(int(cost) for cost in choice.costs[: self.rows.aim + 1, way])
            key = (at, tuple(sorted(choice.ways.slots(way))), costs[:-1])
            found = (costs, at, number, way)
            least[key] = min(least.get(key, found), found)
            if len(least) > _MOST_COLUMNS:
                return None
        numbers = {self.master.column(*found[1:]) for found in least.values()}
        return sorted(numbers | set(self.best))

    def _search(self, numbers: Iterable[int], *, whole: bool = False) -> None:
        """Search the columns for a better plan; with all within the gap, its end is the proof."""
        at = list(numbers)
        columns = [self.master.columns[n] for n in at]
        left = self.master.seconds_left
        seconds = left() if left is not None else None
        answer = solve_whole(self.rows, columns, [self.best[n] for n in at], seconds)
        if answer is None:
            return
        taken = Counter({n: times for n, times in zip(at, answer.taken, strict=True) if times})
        if holds(self.rows, columns, answer.taken) and self._worth(taken) < self.value:
            self.best = taken
        if whole:
            # A plan outside these columns is no better than the one the gap was taken from.
            self.bound = max(self.bound, min(self.value, answer.bound))


# --- prices ---------------------------------------------------------------------------------------


def cheapest(groups: Sequence[Group], aim: int, prices: Prices) -> Iterator[tuple[int, int, int]]:
    """Give for each group its least cost under prices, scaled, with the choice and way that has it."""
    worth: dict[int, Ints] = {}
    for group in groups:
        found = []
        for number, choice in enumerate(group.choices):
            cost = _priced(choice.costs, aim, prices) + _slots_worth(choice.ways, prices, worth)
            way = int(cost.argmin())
            found.append((int(cost[way]), number, way))
        yield min(found)


def near(
    groups: Sequence[Group], aim: int, prices: Prices, gap: int
) -> Iterator[tuple[int, int, int]]:
    """List the columns that cost less than `gap` more than the cheapest of their group."""
    worth: dict[int, Ints] = {}
    for at, group in enumerate(groups):
        costs = [
            _priced(choice.costs, aim, prices) + _slots_worth(choice.ways, prices, worth)
            for choice in group.choices
        ]
        least = min(int(cost.min()) for cost in costs)
        for number, cost in enumerate(costs):
            for way in np.flatnonzero(cost < least + max(1, gap)):
                yield at, number, int(way)


def _priced(costs: NDArray[np.int32], aim: int, prices: Prices) -> Ints:
    total: Ints = costs[aim].astype(np.int64) * SCALE
    for earlier in range(aim):
        total = total + costs[earlier] * prices.aims[earlier]
    return total


def _slots_worth(ways: Ways, prices: Prices, worth: dict[int, Ints]) -> Ints:
    """Give what the slots of each way are worth; the same ways are priced once."""
    if id(ways) not in worth:
        worth[id(ways)] = ways.worth(np.append(prices.slots, 0))
    return worth[id(ways)]
