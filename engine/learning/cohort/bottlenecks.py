"""Which slots are short: what one more would bring, found by solving again with it."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from engine.learning.cohort.documents import Bottleneck, PoolWeek
from engine.learning.cohort.master import Master
from engine.learning.cohort.program import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.learning.cohort.master import Answer
    from engine.learning.cohort.placements import Supply
    from engine.learning.skill_graph import SkillGraph


def pool_weeks(supply: Supply, answer: Answer) -> Iterator[PoolWeek]:
    """Count the slots of every pool and week that are taken."""
    taken = _taken(answer)
    for slot, (name, week, site) in sorted(enumerate(supply.names), key=lambda each: each[1][:2]):
        if site is None and taken[slot]:
            yield PoolWeek(pool=name, week=week + 1, taken=taken[slot], slots=supply.capacity[slot])


def _taken(answer: Answer) -> Counter[int]:
    taken: Counter[int] = Counter()
    for column, times in answer.taken:
        for slot, each in column.slots:
            taken[slot] += each * times
    return taken


def find_bottlenecks(
    graph: SkillGraph, supply: Supply, master: Master, answer: Answer, count: int
) -> Iterator[Bottleneck]:
    """Give the `count` full slots with the highest prices, if any, each solved again with one more.

    What one more slot closes and saves is the difference of two plans; it is left open where
    either is not proved.
    """
    taken = _taken(answer)
    prices = answer.prices.slots
    full = [s for s, most in enumerate(supply.capacity) if taken[s] == most and prices[s]]
    full.sort(key=lambda slot: (-int(prices[slot]), supply.names[slot][:2], slot))
    for slot in full[:count]:
        name, week, site = supply.names[slot]
        closes = saves = None
        if not master.hurried():
            closes, saves = _one_more(master, answer, slot)
        pool = graph.pools[name] if site is None else None
        at = week if site is None else week // 7
        price = Decimal(int(prices[slot])) / SCALE
        yield Bottleneck(
            pool=name if pool else None,
            item=None if pool else name,
            name=pool.name if pool else graph.items[name].name,
            week=at + 1,
            site=site,
            slots=supply.capacity[slot],
            closes=closes,
            saves=saves,
            price=price.quantize(Decimal("0.01"), ROUND_HALF_EVEN),
        )


def _one_more(master: Master, answer: Answer, slot: int) -> tuple[int | None, int | None]:
    capacity = list(master.capacity)
    capacity[slot] += 1
    more = Master(
        master.groups,
        capacity,
        master.seconds_left,
        master.told,
        list(master.columns),
        dict(master.place),
    )
    found = more.solve(
        Counter({master.place[c.group, c.choice, c.way]: n for c, n in answer.taken})
    )
    if any(aim.value != aim.bound for aim in (*answer.aims, *found.aims)):
        return None, None
    unmet, weeks = (
        before.value - after.value for before, after in zip(answer.aims, found.aims, strict=True)
    )
    return unmet, weeks
