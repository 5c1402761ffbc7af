"""The peer of the planner: the full closure of prerequisites, handed whole to HiGHS."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.learning.planner.program import Program
from engine.learning.planner.solver import Effort, Row, minimise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from engine.learning.planner.problem import Situation

TIES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Whole:
    """What the peer came to: seconds in all and before the order of ids, items, values if finished."""

    seconds: float
    without_order: float
    items: int
    values: list[int] | None


def solve_whole(situation: Situation, cap: Decimal) -> Whole:
    """Meet the planner's objectives one after another over every item that can matter.

    It is stopped after `cap` seconds of the solver. It does less than the planner: it checks neither
    circles nor exact levels, and has no plan to describe.
    """
    begun = time.perf_counter()
    program, effort = Program(situation), Effort(cap)
    closure, left = set(program.roots()), list(program.roots())
    while left:
        for other in program.supporters(left.pop()):
            if other not in closure:
                closure.add(other)
                left.append(other)
    columns = {column: program.bounds[column] for column in (*closure, *program.shortfalls)}
    rows = [*program.base, *(row for column in closure for row in program.rows(column))]
    items = sorted(column for column in closure if program.is_item(column))
    values: list[int] = []
    finished, middle = True, begun
    for number, objective in enumerate(_objectives(program, items)):
        found = minimise(objective, columns, rows, effort)
        if found is None or not found.proved:
            finished = False
            break
        values.append(found.bound)
        rows.append(Row({column: -factor for column, factor in objective.items()}, -found.bound))
        if number == len(program.unmet()) + 2:
            middle = time.perf_counter()
    ended = time.perf_counter()
    return Whole(
        ended - begun,
        (middle if middle > begun else ended) - begun,
        len(items),
        values if finished else None,
    )


def _objectives(program: Program, items: list[int]) -> Iterator[Mapping[int, int]]:
    """Give gaps by priority, hours, cost, number of items, and then the order of ids, in blocks."""
    yield from (terms for _, _, terms in program.unmet())
    yield {column: program.hours[column] // 100 for column in items}
    yield {column: program.cost[column] // 5000 for column in items}
    yield dict.fromkeys(items, 1)
    items.sort(key=program.names.__getitem__)
    for at in range(0, len(items), TIES_AT_ONCE):
        block = items[at : at + TIES_AT_ONCE]
        yield {column: -(1 << len(block) - n) for n, column in enumerate(block)}
