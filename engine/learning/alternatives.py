"""The best few sets of items for one situation; `best_plans` is the door that others build on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code
from engine.kernel.errors import DocumentError
from engine.learning.planner.prices import cost_of
from engine.learning.planner.program import Program
from engine.learning.planner.search import Search

if TYPE_CHECKING:
    from engine.learning.planner.problem import Situation
    from engine.learning.planner.solver import Effort

COUNT_RANGE = Code(
    "PLAN-INPUT-008",
    "{count} plans are asked for; it may be 1 to {most}",
    "要求 {count} 个方案；应为 1 到 {most} 个",
    "ask for fewer",
    "请减少数量",
)
MOST = 100


@dataclass(frozen=True, slots=True)
class Option:
    """One set of items: `unmet` holds the weighted shortfall left at each priority, in milli-nats.

    `items` are in the order of their ids; all `unmet` are 0 where every target is reached;
    `proved` says that no set but those before it is better.
    """

    items: tuple[str, ...]
    unmet: tuple[int, ...]
    hours: Decimal
    cost: Decimal
    proved: bool


def best_plans(
    situation: Situation, count: int, effort: Effort | None = None
) -> tuple[Option, ...]:
    """Give the `count` best sets of items, the best first; fewer where there are no more.

    What must or must not be in them stands in the situation: see `forced` and `excluded` of
    `describe_situation`. A set that holds an earlier one whole is no alternative and is left out.
    Better means: less unmet by priority, then hours, cost, changes to what is booked, preference,
    number of items, ids. An impossible situation has none. `effort` limits the search. Raises DocumentError for a count
    outside 1 to 100.
    """
    if not 1 <= count <= MOST:
        raise DocumentError([COUNT_RANGE.at(None, count=count, most=MOST)])
    search = Search(Program(situation), effort)
    found: list[Option] = []
    barred: list[frozenset[str]] = []
    while len(found) < count and (choices := list(search.best(barred))):
        choice = choices[-1]
        barred.append(choice.items)
        ids = tuple(sorted(choice.items))
        hours = sum((situation.graph.items[item].hours for item in ids), Decimal(0))
        cost = cost_of(situation.graph, ids, situation.passed)
        found.append(Option(ids, choice.unmet, hours, cost, choice.proved))
    return tuple(found)
