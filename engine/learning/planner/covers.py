"""Conditions that whole numbers fulfil and fractions need not: they lift the bound of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.learning.planner.solver import WHOLE, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CLEARLY = 1000
"""A condition is written where fractions miss it by a thousandth; less is not worth a row."""


def find_covers(rows: Iterable[Row], fullness: Mapping[int, int]) -> Iterator[Row]:
    """Give for covering rows, all factors above 0, conditions that `fullness` (in parts) breaks.

    If all of some items A are taken, the others still have to cover what is left: their gains
    count for no more than that (the knapsack cover inequality of Carr, Fleischer, Leung and
    Phillips, 2000), and there are at least as many of them as the largest gains make necessary.
    Where not all of A are taken, both are needed all the more.
    """
    for row in rows:
        order = sorted(row.terms, key=lambda column: (-fullness.get(column, 0), column))
        left = row.least
        for at in range(len(order)):
            if left <= 0 or (at and not fullness.get(order[at - 1], 0)):
                break
            rest = order[at:]
            counted = {column: min(row.terms[column], left) for column in rest}
            many = dict.fromkeys(rest, 1)
            for cut in (Row(counted, left), Row(many, _fewest(counted.values(), left))):
                reached = sum(f * fullness.get(column, 0) for column, f in cut.terms.items())
                if reached < cut.least * (WHOLE - _CLEARLY):
                    yield cut
            left -= row.terms[order[at]]


def _fewest(gains: Iterable[int], least: int) -> int:
    """Say how many of the gains it takes to reach `least`; one more than there are if none do."""
    count = 0
    for gain in sorted(gains, reverse=True):
        if least <= 0:
            break
        least -= gain
        count += 1
    return count if least <= 0 else count + 1
