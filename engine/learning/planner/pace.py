"""When each item of a plan can begin and end at the earliest, and what a late one would need."""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from engine.learning.levels import level_after
from engine.learning.planner.problem import open_groups, supporters, weeks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.learning.planner.problem import Situation
    from engine.learning.skill_graph import Alternative, Group

_AT_ONCE = Fraction(0)


class Pace:
    """The earliest weeks of a set of items, each begun as soon as what it needs is done.

    Items with a cadence take its weeks, the others none: what they take are hours.
    """

    def __init__(self, situation: Situation, items: Collection[str]) -> None:
        """Let time run over the items; what can never begin has no start."""
        self._situation = situation
        self._items = frozenset(items)
        self._groups = {item: tuple(open_groups(situation, item)) for item in items}
        self._leads: dict[str, set[str]] = {}
        for item, groups in self._groups.items():
            for group in groups:
                for supporter in supporters(situation.graph, group) & self._items:
                    self._leads.setdefault(supporter, set()).add(item)
        self.starts: dict[str, Fraction] = {}
        self._run()

    def _run(self) -> None:
        waiting = [(_AT_ONCE, item) for item, groups in self._groups.items() if not groups]
        waiting.sort()
        while waiting:
            start, item = heappop(waiting)
            if item in self.starts:
                continue
            self.starts[item] = start
            for later in self._leads.get(item, ()):
                begins = None if later in self.starts else self._begin(later)
                if begins is not None:
                    heappush(waiting, (begins, later))

    def _begin(self, item: str) -> Fraction | None:
        """Give when all prerequisites of an item hold; None: not by what has begun."""
        starts = [self._group_holds(item, group) for group in self._groups[item]]
        known = [start for start in starts if start is not None]
        return max(known, default=_AT_ONCE) if len(known) == len(starts) else None

    def _group_holds(self, item: str, group: Group) -> Fraction | None:
        ways = (self._holds_from(item, alternative) for alternative in group)
        return min((way for way in ways if way is not None), default=None)

    def _holds_from(self, item: str, need: Alternative) -> Fraction | None:
        if isinstance(need, str):
            return self._done(item, need)
        graph, latest = self._situation.graph, _AT_ONCE
        for leaf in need.leaves:
            start = self._situation.level(leaf)
            if start is None or start >= need.level:
                continue
            gains = [g for g in graph.gains[leaf] if g.item in self.starts]
            gains.sort(key=lambda gain: self._end(gain.item))
            for count in range(1, len(gains) + 1):
                if level_after(start, gains[:count]) >= need.level:
                    latest = max(latest, self._end(gains[count - 1].item))
                    break
            else:
                return None
        return latest

    def _done(self, item: str, before: str) -> Fraction | None:
        """Give when enough of `before` is done for `item`."""
        if before not in self.starts:
            return None
        share = self._situation.graph.shares.get((item, before), Fraction(1))
        return self.starts[before] + share * self._weeks(before)

    def _weeks(self, item: str) -> Fraction:
        return weeks_of(self._situation.graph.items[item])

    def _end(self, item: str) -> Fraction:
        return self.starts[item] + self._weeks(item)

    def late(self) -> Mapping[str, frozenset[str]]:
        """Give for each item that ends too late or never begins the items that could help it.

        None of them is among these items; without one of them it stays late, whatever is left out.
        """
        weeks = self._situation.limits.weeks
        return {
            item: frozenset(self._helpers(item))
            for item in sorted(self._items)
            if item not in self.starts or (weeks is not None and self._end(item) > weeks)
        }

    def _helpers(self, late: str) -> set[str]:
        """Follow back what an item waits for longest, and collect what else could have done."""
        found: set[str] = set()
        left, seen = [late], {late}
        while left:
            item = left.pop()
            start = self.starts.get(item)
            group = min(
                (g for g in self._groups[item] if self._group_holds(item, g) == start),
                key=lambda g: len(supporters(self._situation.graph, g) - self._items),
                default=None,
            )
            if group is None or start == _AT_ONCE:
                continue
            helpers = supporters(self._situation.graph, group) - {item}
            found |= helpers - self._items
            for before in sorted(helpers & self._items - seen):
                begun = before in self.starts
                if not begun or (start is not None and self._end(before) >= start):
                    seen.add(before)
                    left.append(before)
        return found
