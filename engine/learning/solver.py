"""Integer programs on HiGHS: the only place with floats, and none of them leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import highspy

from engine.kernel.diagnostics import Code
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NO_ANSWER = Code(
    "PLAN-SOLVER-001",
    "the solver ended without a plan: {status}",
    "求解器未给出计划：{status}",
    "make the catalog or the limits smaller",
    "请缩小目录或放宽限制",
)

_MAX_NODES = 200_000
_TOLERANCE = 1e-9

Variable: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A condition in whole numbers: the sum of the terms is at least `least`."""

    terms: Mapping[Variable, int]
    least: int


@dataclass(frozen=True, slots=True)
class Solution:
    """The values of all variables; `proved` unless the search ended before it was finished."""

    values: Mapping[Variable, int]
    proved: bool


def total(terms: Mapping[Variable, int], values: Mapping[Variable, int]) -> int:
    """Sum the terms at the given values, exactly."""
    return sum(factor * values[variable] for variable, factor in terms.items())


def minimise(
    objective: Mapping[Variable, int], bounds: Mapping[Variable, int], rows: Iterable[Row]
) -> Solution | None:
    """Find the least objective over whole numbers from 0 to `bounds`; None if no row set holds.

    The search is bounded by nodes, never by time, so the same program has the same answer.
    """
    rows = tuple(rows)
    if any(row.least > 0 and not row.terms for row in rows):
        return None  # HiGHS calls a program without variables empty, whatever its rows say
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _OPTIONS.items():
        solver.setOptionValue(option, value)
    solver.passModel(_model(objective, bounds, rows))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    finished = status in {highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty}
    if (
        not finished
        and solver.getInfo().primal_solution_status
        != highspy.SolutionStatus.kSolutionStatusFeasible
    ):
        raise EvaluationError(NO_ANSWER.at(None, status=solver.modelStatusToString(status)))
    found = solver.getSolution().col_value
    values = {variable: round(value) for variable, value in zip(bounds, found, strict=True)}
    return Solution(values, finished)


_OPTIONS: Mapping[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": _TOLERANCE,
    "primal_feasibility_tolerance": _TOLERANCE,
    "mip_max_nodes": _MAX_NODES,
}


def _model(
    objective: Mapping[Variable, int], bounds: Mapping[Variable, int], rows: tuple[Row, ...]
) -> highspy.HighsLp:
    """Write the program in HiGHS's own form, row by row."""
    place = {variable: index for index, variable in enumerate(bounds)}
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(bounds), len(rows)
    model.col_cost_ = [float(objective.get(variable, 0)) for variable in bounds]
    model.col_lower_ = [0.0] * len(bounds)
    model.col_upper_ = [float(bound) for bound in bounds.values()]
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(bounds)
    model.row_lower_ = [float(row.least) for row in rows]
    model.row_upper_ = [highspy.kHighsInf] * len(rows)
    starts, columns, factors = [0], [], []
    for row in rows:
        columns += [place[variable] for variable in row.terms]
        factors += [float(factor) for factor in row.terms.values()]
        starts.append(len(columns))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        starts,
        columns,
        factors,
    )
    return model
