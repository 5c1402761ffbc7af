"""The search for the best set of items: one objective after another, each answer checked exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel.errors import EvaluationError
from engine.learning.problem import find_cuts, take, taken
from engine.learning.solver import NO_ANSWER, Row, Solution, minimise, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.learning.problem import Problem
    from engine.learning.solver import Variable


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of items, the shortfall it leaves at each priority, and whether it is the best."""

    items: frozenset[str]
    unmet: tuple[int, ...]
    proved: bool


def choose(
    problem: Problem, *, gaps_only: bool = False, barred: Iterable[frozenset[str]] = ()
) -> Choice | None:
    """Meet the objectives one after another, each without giving up those before; None: infeasible.

    A set is taken only if it holds exactly; where the solver's word and the exact sums differ,
    the last set that held stands, and is not called proved. `barred` sets are left out, and so
    is whatever holds one of them whole.
    """
    rows = [*problem.rows, *(_bar(problem, items) for items in barred)]
    objectives = problem.unmet if gaps_only else (*problem.unmet, *problem.wishes)
    values: Mapping[Variable, int] = {}
    unmet: list[int] = []
    proved = True
    for number, objective in enumerate(objectives or ({},)):
        solution = _solve(problem, objective, rows)
        if solution is None and number == 0:
            return None
        if solution is None or not _holds_exactly(rows, solution):
            if not values:
                raise EvaluationError(NO_ANSWER.at(None, status="inexact"))
            proved = False
            break
        values, proved = solution.values, proved and solution.proved
        reached = total(objective, values)
        rows.append(Row({variable: -factor for variable, factor in objective.items()}, -reached))
        unmet += [reached] if number < len(problem.unmet) else []
    return Choice(taken(values), tuple(unmet), proved)


def _solve(problem: Problem, objective: Mapping[Variable, int], rows: list[Row]) -> Solution | None:
    """Solve, cut off what does not truly hold, and solve again; the cuts stay in `rows`."""
    while solution := minimise(objective, problem.bounds, rows):
        cuts = find_cuts(problem, solution.values)
        if not cuts:
            return solution
        rows += cuts
    return None


def _holds_exactly(rows: Iterable[Row], solution: Solution) -> bool:
    return all(total(row.terms, solution.values) >= row.least for row in rows)


def _bar(problem: Problem, items: frozenset[str]) -> Row:
    """Leave out a set and all that hold it whole: they only add to it."""
    terms = {take(item): -1 for item in sorted(items) if take(item) in problem.bounds}
    return Row(terms, 1 - len(items))
