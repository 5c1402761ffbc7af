"""Serving one after another: each hire takes the best plan at the earliest slots that are left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.learning.cohort.groups import Choice
    from engine.learning.cohort.master import Master


def in_arrival_order(master: Master, order: Sequence[int]) -> Counter[int]:
    """Serve hires in `order` (numbers of groups, once for each hire); gives the columns taken.

    A hire takes the first of the item sets that still has room, which is the planner's own best,
    at its earliest weeks; the next set only where the first has no room at all.
    """
    left = list(master.capacity)
    taken: Counter[int] = Counter()
    for group in order:
        for number, choice in enumerate(master.groups[group].choices):
            way = _earliest(choice, left)
            if way is not None:
                column = master.column(group, number, way)
                for slot, each in master.columns[column].slots:
                    left[slot] -= each
                taken[column] += 1
                break
    return taken


def _earliest(choice: Choice, left: Sequence[int]) -> int | None:
    """Find the way with the least weeks that has room; of equal ones the first."""
    ways = choice.ways
    free = np.ones(len(ways.starts), dtype=np.bool_)
    for k, table in enumerate(ways.tables):
        each = np.array(
            [all(left[slot] > 0 for slot in start.slots) for start in table.starts], dtype=np.bool_
        )
        free &= each[ways.starts[:, k]]
    open_ = np.flatnonzero(free)
    for at in open_[np.argsort(choice.costs[-1][open_], kind="stable")]:
        # Two items of one pool in one week take two slots.
        if all(left[slot] >= n for slot, n in Counter(ways.slots(int(at))).items()):
            return int(at)
    return None
