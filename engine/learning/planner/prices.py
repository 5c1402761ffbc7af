"""What items cost together: some bundles have a price, which is below the sum of their items."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.learning.documents import Bundle
    from engine.learning.skill_graph import SkillGraph


def left_of(bundle: Bundle, passed: Collection[str]) -> tuple[str, ...]:
    """List what of a bundle is still to be taken."""
    return tuple(item for item in bundle.items if item not in passed)


def saving(graph: SkillGraph, bundle: Bundle, passed: Collection[str]) -> Decimal:
    """Say what the price of a bundle saves against the sum of what is still to be taken of it."""
    alone = sum((graph.items[item].cost for item in left_of(bundle, passed)), Decimal(0))
    return Decimal(0) if bundle.cost is None else max(Decimal(0), alone - bundle.cost)


def taken_whole(
    graph: SkillGraph, items: Collection[str], passed: Collection[str]
) -> Iterator[tuple[Bundle, Decimal]]:
    """List the bundles that `items` complete and that save something, with what they save."""
    for bundle in graph.bundles:
        saved = saving(graph, bundle, passed)
        if saved and all(item in items for item in left_of(bundle, passed)):
            yield bundle, saved


def cost_of(graph: SkillGraph, items: Collection[str], passed: Collection[str]) -> Decimal:
    """Say what `items` cost, with every bundle that they complete at its price."""
    alone = sum((graph.items[item].cost for item in items), Decimal(0))
    return alone - sum((saved for _, saved in taken_whole(graph, items, passed)), Decimal(0))
