"""Linear and integer programs on HiGHS: the only place with floats, and none of them leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

MAX_NODES = 200_000
SCALE = 1 << 24
"""Prices are whole multiples of 1 / SCALE, so that what follows from them is exact."""
WHOLE = 1_000_000
"""What a column that is 1 is full of."""
_TOLERANCE = 1e-9
_IN_USE = 1e-6
_OUTWARD = 1e-6
"""What is taken off a bound of HiGHS before it is rounded: more than its tolerances."""


@dataclass(slots=True)
class Effort:
    """How much the solver may still search: nodes of one program, seconds of all together.

    HiGHS counts the seconds. Without a limit of seconds the same program has the same answer.
    """

    seconds: Decimal | None = None
    nodes: int = MAX_NODES
    spent: float = 0.0

    def options(self) -> dict[str, bool | int | float]:
        """Give the options of HiGHS that hold it to what is left."""
        left = {} if self.seconds is None else {"time_limit": max(0.0, self._left())}
        return {**_OPTIONS, "mip_max_nodes": self.nodes, **left}

    def _left(self) -> float:
        return float(self.seconds or 0) - self.spent


@dataclass(frozen=True, slots=True)
class Row:
    """A condition in whole numbers on columns: the sum of the terms is at least `least`."""

    terms: Mapping[int, int]
    least: int


@dataclass(frozen=True, slots=True)
class Solution:
    """The values of all columns, none if none were found; no objective is below `bound`."""

    values: Mapping[int, int]
    proved: bool
    bound: int


@dataclass(frozen=True, slots=True)
class Relaxed:
    """An optimum over fractions: how full the columns in use are, and the prices of the rows."""

    fullness: Mapping[int, int]
    """In parts of WHOLE, the fullest first."""
    prices: tuple[int, ...]
    """In parts of SCALE."""


def total(terms: Mapping[int, int], values: Mapping[int, int]) -> int:
    """Sum the terms at the given values, exactly."""
    return sum(factor * values[column] for column, factor in terms.items())


def minimise(
    objective: Mapping[int, int],
    bounds: Mapping[int, tuple[int, int]],
    rows: Iterable[Row],
    effort: Effort | None = None,
) -> Solution | None:
    """Find the least objective over whole numbers within `bounds`; None if no row set holds."""
    rows = tuple(rows)
    if any(row.least > 0 and not row.terms for row in rows):
        return None  # HiGHS calls a program without columns empty, whatever its rows say
    effort = effort or Effort()
    solver = _solver(effort)
    solver.passModel(_model(objective, bounds, rows))
    solver.run()
    effort.spent += solver.getRunTime()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    finished = status in {highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty}
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if not finished and not found:
        least = max(lowest(objective, bounds), _outward(info.mip_dual_bound))
        return Solution({}, proved=False, bound=least)
    values = {
        column: round(value)
        for column, value in zip(bounds, solver.getSolution().col_value, strict=True)
    }
    reached = total(objective, values)
    least = max(lowest(objective, bounds), _outward(info.mip_dual_bound))
    bound = reached if finished else min(reached, least)
    return Solution(values, finished, bound)


def lowest(objective: Mapping[int, int], bounds: Mapping[int, tuple[int, int]]) -> int:
    """Give what an objective cannot be below, whatever the rows."""
    return sum(f * (bounds[c][0] if f > 0 else bounds[c][1]) for c, f in objective.items())


def _outward(bound: float) -> int:
    """Round a lower bound of whole numbers up to the next, after taking off what floats may err."""
    if not np.isfinite(bound):
        return -(1 << 62)
    return ceil(bound - _OUTWARD * max(1.0, abs(bound)))


_OPTIONS: Mapping[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": _TOLERANCE,
    "primal_feasibility_tolerance": _TOLERANCE,
}


def _solver(effort: Effort) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in effort.options().items():
        solver.setOptionValue(option, value)
    return solver


def _model(
    objective: Mapping[int, int],
    bounds: Mapping[int, tuple[int, int]],
    rows: Sequence[Row],
) -> highspy.HighsLp:
    """Write the program in HiGHS's own form, row by row."""
    place = {column: index for index, column in enumerate(bounds)}
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(bounds), len(rows)
    model.col_cost_ = np.array([objective.get(column, 0) for column in bounds], float)
    model.col_lower_ = np.array([low for low, _ in bounds.values()], float)
    model.col_upper_ = np.array([high for _, high in bounds.values()], float)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(bounds)
    model.row_lower_ = np.array([row.least for row in rows], float)
    model.row_upper_ = np.full(len(rows), highspy.kHighsInf)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_, matrix.index_, matrix.value_ = _sparse(
        [[place[column] for column in row.terms] for row in rows],
        [row.terms.values() for row in rows],
    )
    return model


def _sparse(
    indices: Sequence[Sequence[int]], factors: Sequence[Iterable[int]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give starts, indices and values of a matrix whose lines are listed one by one."""
    starts = np.zeros(len(indices) + 1, np.int32)
    np.cumsum([len(line) for line in indices], out=starts[1:])
    flat = np.array([index for line in indices for index in line], np.int32)
    return starts, flat, np.array([factor for line in factors for factor in line], float)


class LinearProgram:
    """A linear program that grows by columns and rows and keeps its basis between solutions."""

    def __init__(self, effort: Effort) -> None:
        """Begin with nothing."""
        self._effort = effort
        self._solver = _solver(effort)
        self.columns: dict[int, int] = {}
        self.terms: list[dict[int, int]] = []
        self.least: list[int] = []

    def add_columns(
        self,
        costs: Mapping[int, int],
        bounds: Mapping[int, tuple[int, int]],
        entries: Mapping[int, Mapping[int, int]],
    ) -> None:
        """Add columns with their costs, bounds, and entries in the rows that are there already."""
        for column in costs:
            self.columns[column] = len(self.columns)
        for column, line in entries.items():
            for row, factor in line.items():
                self.terms[row][column] = factor
        lines = [entries.get(column, {}) for column in costs]
        starts, index, value = _sparse([list(line) for line in lines], [x.values() for x in lines])
        low, high = zip(*(bounds[column] for column in costs), strict=True)
        self._solver.addCols(
            len(costs),
            np.array(list(costs.values()), float),
            np.array(low, float),
            np.array(high, float),
            len(index),
            starts[:-1],
            index,
            value,
        )

    def add_rows(self, rows: Sequence[Row]) -> None:
        """Add rows over columns that are there."""
        self.terms += [dict(row.terms) for row in rows]
        self.least += [row.least for row in rows]
        starts, index, value = _sparse(
            [[self.columns[column] for column in row.terms] for row in rows],
            [row.terms.values() for row in rows],
        )
        self._solver.addRows(
            len(rows),
            np.array([row.least for row in rows], float),
            np.full(len(rows), highspy.kHighsInf),
            len(index),
            starts[:-1],
            index,
            value,
        )

    def solve(self) -> Relaxed | None:
        """Solve over fractions; None if no fractions fulfil the rows.

        The prices are never negative, so that a bound follows from them whatever they are.
        """
        before = self._solver.getRunTime()
        self._solver.run()
        self._effort.spent += self._solver.getRunTime() - before
        if self._solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return None
        solution = self._solver.getSolution()
        level = np.array(solution.col_value)
        order = np.argsort(-level, kind="stable")
        names = list(self.columns)
        fullness = {
            names[place]: round(level[place] * WHOLE) for place in order if level[place] > _IN_USE
        }
        prices = tuple(max(0, round(price * SCALE)) for price in solution.row_dual)
        return Relaxed(fullness, prices or (0,) * len(self.least))


def scaled(value: int) -> int:
    """Give a whole number in the unit of prices."""
    return value * SCALE


def rounded_up(value: int) -> int:
    """Give the least whole number that is not below a number in the unit of prices."""
    return ceil(Fraction(value, SCALE))
