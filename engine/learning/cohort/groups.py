"""Equal hires as one group, and what each way of each item set costs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.learning.cohort.documents import Waiting
    from engine.learning.cohort.options import ItemSet
    from engine.learning.cohort.placements import Small, Ways

AIMS = 2
"""Unmet gaps, then weeks to target: each weighted."""
NEVER = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One item set with its ways; `costs[a, w]` is what way w costs in aim a, in whole numbers.

    `closed[g, w]` is the week in which gap g closes, NEVER where the set does not close it.
    """

    items: ItemSet
    ways: Ways
    closed: Small
    costs: NDArray[np.int32]


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
    waiting: Waiting,
    found: Sequence[tuple[ItemSet, Ways]],
) -> Group:
    """Weigh the ways of the item sets, the best first, by what the waiting rule said."""
    closed = [_closed(items, ways) for items, ways in found]
    alone = _alone(closed, weeks)
    count = len(found[0][0].closers)
    reachable = tuple(any(items.closers[gap] for items, _ in found) for gap in range(count))
    choices = tuple(
        Choice(items, ways, each, _costs(each, alone, reachable, arrival, weeks, waiting))
        for (items, ways), each in zip(found, closed, strict=True)
        if each.shape[1]
    )
    return Group(tuple(hires), arrival, reachable, alone, choices)


def _closed(items: ItemSet, ways: Ways) -> Small:
    """Give for each gap and way the first week by whose end some least group of steps has ended."""
    closed = np.full((len(items.closers), len(ways.ends)), NEVER, dtype=np.int16)
    for gap, closers in enumerate(items.closers):
        for closer in closers:
            closed[gap] = np.minimum(closed[gap], ways.ends[:, list(closer)].max(axis=1))
    return closed


def _alone(closed: Sequence[Small], weeks: int) -> tuple[int, ...]:
    """Give the weeks of the hire's own best way, if nobody else were there: most closed, then soonest."""
    best: tuple[int, int, tuple[int, ...]] | None = None
    for each in closed:
        if each.shape[1]:
            never = (each == NEVER).sum(axis=0)
            total = np.minimum(each, weeks).sum(axis=0, dtype=np.int64)
            way = int(np.lexsort((total, never))[0])
            found = (int(never[way]), int(total[way]), tuple(int(week) for week in each[:, way]))
            best = found if best is None else min(best, found)
    return best[2] if best else ()


def _costs(  # noqa: PLR0913, PLR0917 - what a cost is made of
    closed: Small,
    alone: Sequence[int],
    reachable: Sequence[bool],
    arrival: int,
    weeks: int,
    waiting: Waiting,
) -> NDArray[np.int32]:
    """Weigh gaps and weeks; a gap that stays open counts as closed in the week after the last."""
    costs = np.zeros((AIMS, closed.shape[1]), dtype=np.int32)
    for gap, in_reach in enumerate(reachable):
        if in_reach:
            costs[0] += waiting.weight * (closed[gap] == NEVER)
            week = np.minimum(closed[gap], weeks).astype(np.int32)
            late = np.maximum(0, week - min(alone[gap], weeks) - waiting.limit)
            costs[1] += waiting.weight * (week + 1 - min(arrival, weeks))
            costs[1] += (waiting.weight_past_limit - waiting.weight) * late
    return costs
