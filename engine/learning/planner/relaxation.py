"""What no plan can be better than, and which items can be in a plan that is nearly as good."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from engine.learning.planner.covers import find_covers
from engine.learning.planner.solver import LinearProgram, Row, rounded_up, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from engine.learning.planner.program import Program
    from engine.learning.planner.solver import Effort, Relaxed

_ROUNDS = 60


class Relaxation:
    """The program of one objective over fractions, with the rows of only those columns in use.

    Leaving rows out can only make the optimum better, so it bounds every plan. The prices of the
    rows are floats made whole; what follows from them is exact, by weak duality: the objective of
    any plan is at least `bound` plus the reduced costs of what it takes.
    """

    def __init__(
        self,
        program: Program,
        objective: Callable[[int], int],
        rows: Iterable[Row],
        bounds: Mapping[int, tuple[int, int]],
        effort: Effort,
    ) -> None:
        """Write the base rows and `rows`; `bounds` holds where it differs from the program's."""
        self._program, self._objective, self._bounds = program, objective, bounds
        self._lp = LinearProgram(effort)
        self._lp.add_rows([Row({}, -limit.most) for limit in program.limits])
        self._opened: set[int] = set()
        self._write([*program.base, *rows])
        self._open(sorted(program.roots()))
        self._reduced: dict[int, int] = {}
        self._limit_prices: tuple[int, ...] = ()
        self._far: dict[int, int] = {}
        self._reach: int | None = 0
        self.used: tuple[int, ...] = ()
        self.covers: list[Row] = []
        self.bound = 0

    def solve(self) -> bool:
        """Solve, opening the rows of what comes into use, until nothing new does; False: infeasible."""
        for _ in range(_ROUNDS):
            found = self._lp.solve()
            if found is None:
                return False
            self._price(found)
            opened = self._open(found.fullness)
            if not self._cover(found.fullness) and not opened:
                break
        return True

    @property
    def least(self) -> int:
        """The least whole number that the objective can be."""
        return rounded_up(self.bound)

    def slack(self, value: int) -> int:
        """Give how much reduced cost a plan may hold whose objective is `value` or better."""
        return scaled(value) - self.bound

    def within(self, slack: int | None) -> set[int]:
        """List the columns of all plans whose reduced costs sum to `slack` at most; None: of all.

        Whatever a plan takes hangs on something that is asked for, so each of its items lies on a
        path of needs down from there, all of it in the plan.
        """
        if not self._far or (self._reach is not None and (slack is None or slack > self._reach)):
            self._explore(slack)
        if slack is None:
            return _usable(self._program, set(self._far))
        return _usable(self._program, {c for c, far in self._far.items() if far <= slack})

    def _explore(self, slack: int | None) -> None:
        """Measure how far columns lie from what is asked for, up to `slack`."""
        near = [(max(0, self.reduced(column)), column) for column in self._program.roots()]
        heapify(near)
        self._far, self._reach = {}, slack
        while near:
            far, column = heappop(near)
            if slack is not None and far > slack:
                break
            if column in self._far:
                continue
            self._far[column] = far
            for other in self._program.supporters(column):
                if other not in self._far:
                    heappush(near, (far + max(0, self.reduced(other)), other))

    def reduced(self, column: int) -> int:
        """Give the reduced cost of a column, in the unit of prices."""
        known = self._reduced.get(column)
        if known is None:
            known = scaled(self._objective(column))
            for price, limit in zip(self._limit_prices, self._program.limits, strict=True):
                known += price * limit.amounts[column]
            self._reduced[column] = known
        return known

    def _open(self, columns: Iterable[int]) -> bool:
        """Write the rows of columns; False if there was none that is new."""
        fresh = [column for column in columns if column not in self._opened]
        self._opened.update(fresh)
        rows = [row for column in fresh for row in self._program.rows(column)]
        self._write(rows)
        return bool(rows)

    def _cover(self, fullness: Mapping[int, int]) -> bool:
        """Write conditions of whole numbers that the fractions break; False if they break none."""
        cuts = list(find_covers(self._covering(), fullness))
        self.covers += cuts
        self._write(cuts)
        return bool(cuts)

    def _covering(self) -> Iterator[Row]:
        """Give the base rows with what is fixed taken off."""
        for row in self._program.base:
            fixed = {
                c: low for c in row.terms if (low := self._limits_of(c)[0]) == self._limits_of(c)[1]
            }
            terms = {c: factor for c, factor in row.terms.items() if c not in fixed}
            least = row.least - sum(row.terms[c] * low for c, low in fixed.items())
            if all(factor > 0 and self._program.is_item(c) for c, factor in terms.items()):
                yield Row({c: min(factor, least) for c, factor in terms.items()}, least)

    def _write(self, rows: Collection[Row]) -> None:
        if not rows:
            return
        columns = dict.fromkeys(c for row in rows for c in row.terms if c not in self._lp.columns)
        if columns:
            limits = self._program.limits
            self._lp.add_columns(
                {column: self._objective(column) for column in columns},
                {column: self._limits_of(column) for column in columns},
                {c: {n: -limit.amounts[c] for n, limit in enumerate(limits)} for c in columns},
            )
        self._lp.add_rows(list(rows))

    def _limits_of(self, column: int) -> tuple[int, int]:
        return self._bounds.get(column, self._program.bounds[column])

    def _price(self, found: Relaxed) -> None:
        """Work out the bound and the reduced costs from the prices, in whole numbers."""
        reduced = {column: scaled(self._objective(column)) for column in self._lp.columns}
        bound = 0
        for terms, least, price in zip(self._lp.terms, self._lp.least, found.prices, strict=True):
            if price:
                bound += price * least
                for column, factor in terms.items():
                    reduced[column] -= price * factor
        for column, cost in reduced.items():
            low, high = self._limits_of(column)
            bound += cost * (low if cost >= 0 else high)
        self.used, self.bound, self._reduced = tuple(found.fullness), bound, reduced
        self._limit_prices = found.prices[: len(self._program.limits)]


def _usable(program: Program, pool: set[int]) -> set[int]:
    """Leave out what needs something that is not there, and what needs that in its turn."""
    lost: list[int] = []
    leaning: dict[int, list[list[int]]] = {}
    for column in pool:
        for row in program.rows(column):
            if row.least:
                continue
            ways = [other for other, f in row.terms.items() if f > 0 and other in pool]
            if not ways:
                lost.append(column)
            left = [column, len(ways)]
            for other in ways:
                leaning.setdefault(other, []).append(left)
    while lost:
        column = lost.pop()
        if column not in pool:
            continue
        pool.discard(column)
        for left in leaning.get(column, ()):
            left[1] -= 1
            if not left[1]:
                lost.append(left[0])
    return pool
