"""Equal hires as one group, and what each way of each item set costs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.learning.cohort.options import ItemSet
    from engine.learning.cohort.placements import Ints, Ways

AIMS = 3
"""Unmet gaps, overdue gaps, weeks to target: each weighted, one after another."""
NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Choice:
    """One item set with its ways; `costs[a, w]` is what way w costs in aim a, in whole numbers.

    `closed[g, w]` is the week in which gap g closes, NEVER where the set does not close it.
    """

    items: ItemSet
    ways: Ways
    closed: Ints
    costs: Ints


@dataclass(frozen=True, slots=True)
class Group:
    """Hires who are the same in all that counts, in the order in which they are served."""

    hires: tuple[int, ...]
    arrival: int
    reachable: tuple[bool, ...]
    alone: tuple[int, ...]
    choices: tuple[Choice, ...]


def make_group(
    hires: Sequence[int],
    arrival: int,
    *,
    weeks: int,
    waiting: tuple[int, int],
    found: Sequence[tuple[ItemSet, Ways]],
) -> Group:
    """Weigh the ways of the item sets, the best first; `waiting` is a weight and a limit."""
    closed = [_closed(items, ways) for items, ways in found]
    count = len(found[0][0].closers)
    alone = tuple(
        min((int(c[gap].min()) for c in closed if c.shape[1]), default=NEVER)
        for gap in range(count)
    )
    reachable = tuple(any(items.closers[gap] for items, _ in found) for gap in range(count))
    choices = tuple(
        Choice(items, ways, each, _costs(each, alone, reachable, (arrival, *waiting, weeks)))
        for (items, ways), each in zip(found, closed, strict=True)
        if each.shape[1]
    )
    return Group(tuple(hires), arrival, reachable, alone, choices)


def _closed(items: ItemSet, ways: Ways) -> Ints:
    """Give for each gap and way the first week by whose end some least group of steps has ended."""
    closed = np.full((len(items.closers), len(ways.ends)), NEVER, dtype=np.int64)
    for gap, closers in enumerate(items.closers):
        for closer in closers:
            closed[gap] = np.minimum(closed[gap], ways.ends[:, list(closer)].max(axis=1))
    return closed


def _costs(
    closed: Ints, alone: Sequence[int], reachable: Sequence[bool], terms: tuple[int, int, int, int]
) -> Ints:
    arrival, weight, limit, weeks = terms
    costs = np.zeros((AIMS, closed.shape[1]), dtype=np.int64)
    for gap, in_reach in enumerate(reachable):
        if not in_reach:
            continue
        never = closed[gap] == NEVER
        late = ~never & (closed[gap] - alone[gap] > limit)
        costs[0] += weight * never
        costs[1] += weight * late
        # A gap that stays open counts as one that closes in the week after the last.
        costs[2] += weight * (np.where(never, weeks, closed[gap]) + 1 - arrival)
    return costs
