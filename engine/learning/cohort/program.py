"""The master program of a cohort on HiGHS, in arrays: linear with its prices, and whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, TypeAlias

import highspy
import numpy as np

from engine.kernel.errors import EvaluationError
from engine.learning.planner.search import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.learning.cohort.placements import Ints

Floats: TypeAlias = "NDArray[np.float64]"

SCALE = 1 << 20
"""Prices are rounded to whole numbers of this fraction, so that a bound made of them is exact."""
_MAX_NODES = 20_000
_OPTIONS: Mapping[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    # Objectives are whole numbers: what is left under one is nothing.
    "mip_abs_gap": 0.999,
    "mip_max_nodes": _MAX_NODES,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One way of one item set for one group: its costs by aim, and how often it takes each slot."""

    group: int
    choice: int
    way: int
    costs: tuple[int, ...]
    slots: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What binds the columns: a group's count exactly, slots and earlier aims at most."""

    counts: tuple[int, ...]
    capacity: tuple[int, ...]
    reached: tuple[int, ...]

    @property
    def aim(self) -> int:
        """The aim that is made least: the one after those that were reached."""
        return len(self.reached)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of the slots and of the earlier aims, in whole numbers of 1/SCALE."""

    slots: Ints
    aims: Ints


class LinearMaster:
    """The linear program over the columns so far; columns are added, prices are read."""

    def __init__(self, rows: Rows) -> None:
        """Start without columns."""
        self.rows = rows
        self.solver = _solver()
        low = [*map(float, rows.counts)]
        high = [*map(float, rows.counts)]
        low += [-highspy.kHighsInf] * (len(rows.capacity) + len(rows.reached))
        high += [*map(float, rows.capacity), *map(float, rows.reached)]
        empty = np.zeros(0, dtype=np.int32)
        self.solver.addRows(len(low), np.array(low), np.array(high), 0, empty, empty, np.zeros(0))

    def add(self, columns: Sequence[Column]) -> None:
        """Add columns."""
        starts, index, value = _entries(self.rows, columns)
        cost = np.array([float(c.costs[self.rows.aim]) for c in columns])
        count = len(columns)
        self.solver.addCols(
            count,
            cost,
            np.zeros(count),
            np.full(count, highspy.kHighsInf),
            len(index),
            starts,
            index,
            value,
        )

    def shares(self) -> list[float]:
        """Give how much of each column the last solution takes."""
        return list(self.solver.getSolution().col_value)

    def solve(self) -> tuple[float, Prices]:
        """Solve; gives the value and the prices, none of them negative."""
        self.solver.run()
        status = self.solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise EvaluationError(
                NO_ANSWER.at(None, status=self.solver.modelStatusToString(status))
            )
        duals = np.array(self.solver.getSolution().row_dual)[len(self.rows.counts) :]
        whole = np.maximum(0, np.rint(-duals * SCALE)).astype(np.int64)
        slots = len(self.rows.capacity)
        return float(self.solver.getInfo().objective_function_value), Prices(
            whole[:slots], whole[slots:]
        )


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """How often each column is taken, and a bound below every answer over these columns."""

    taken: tuple[int, ...]
    bound: int
    finished: bool


def solve_whole(
    rows: Rows, columns: Sequence[Column], known: Sequence[int], seconds: float | None
) -> WholeAnswer | None:
    """Solve over whole numbers from a `known` answer; None where the search found none."""
    solver = _solver()
    if seconds is not None:
        solver.setOptionValue("time_limit", max(0.1, seconds))
    starts, index, value = _entries(rows, columns)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(columns), len(rows.counts) + len(rows.capacity) + rows.aim
    model.col_cost_ = np.array([float(c.costs[rows.aim]) for c in columns])
    model.col_lower_ = np.zeros(len(columns))
    model.col_upper_ = np.array([float(rows.counts[c.group]) for c in columns])
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    counts = np.array(rows.counts, dtype=np.float64)
    limits = np.array([*rows.capacity, *rows.reached], dtype=np.float64)
    model.row_lower_ = np.concatenate([counts, np.full(len(limits), -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([counts, limits])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, index, value
    solver.passModel(model)
    given = highspy.HighsSolution()
    given.col_value = [float(n) for n in known]
    solver.setSolution(given)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    taken = tuple(round(value) for value in solver.getSolution().col_value)
    bound = float(info.mip_dual_bound)
    outward = ceil(bound - max(1e-6, abs(bound) * 1e-9)) if abs(bound) < highspy.kHighsInf else 0
    return WholeAnswer(
        taken, floor(outward), solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    )


def holds(rows: Rows, columns: Sequence[Column], taken: Sequence[int]) -> bool:
    """Whether an answer keeps every row, summed exactly."""
    counts, used = [0] * len(rows.counts), [0] * len(rows.capacity)
    reached = [0] * len(rows.reached)
    for column, times in zip(columns, taken, strict=True):
        counts[column.group] += times
        for slot, each in column.slots:
            used[slot] += each * times
        for aim in range(rows.aim):
            reached[aim] += column.costs[aim] * times
    return (
        tuple(counts) == rows.counts
        and min(taken, default=0) >= 0
        and all(u <= most for u, most in zip(used, rows.capacity, strict=True))
        and all(r <= most for r, most in zip(reached, rows.reached, strict=True))
    )


def _solver() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _OPTIONS.items():
        solver.setOptionValue(option, value)
    return solver


def _entries(rows: Rows, columns: Sequence[Column]) -> tuple[Ints, Ints, Floats]:
    """Write columns as HiGHS reads them: where each begins, its rows, its factors."""
    groups, slots = len(rows.counts), len(rows.counts) + len(rows.capacity)
    starts, index, value = [0], [], []
    for column in columns:
        index.append(column.group)
        value.append(1.0)
        for slot, each in column.slots:
            index.append(groups + slot)
            value.append(float(each))
        for aim in range(rows.aim):
            if column.costs[aim]:
                index.append(slots + aim)
                value.append(float(column.costs[aim]))
        starts.append(len(index))
    return (
        np.array(starts, dtype=np.int32),
        np.array(index, dtype=np.int32),
        np.array(value, dtype=np.float64),
    )
