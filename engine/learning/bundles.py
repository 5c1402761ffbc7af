"""Whether bundles of items can be taken whole, and whether their prices make sense."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded
    from engine.learning.documents import Catalog

DEARER = Code(
    "CAT-BUNDLE-001",
    "the bundle `{id}` costs {cost}, and its items one by one {sum}",
    "组合 `{id}` 的价格是 {cost}，而各条目合计 {sum}",
    "give a price that is not above the sum, or leave `cost` out",
    "请填写不高于合计的价格，或删除 `cost`",
)
LISTED_TWICE = Code(
    "CAT-BUNDLE-002",
    "`{item}` stands twice in the bundle `{id}`",
    "`{item}` 在组合 `{id}` 中出现两次",
    "keep one",
    "请保留一个",
)
TWO_PRICES = Code(
    "CAT-BUNDLE-003",
    "`{item}` is in two bundles with a price: `{other}` and `{id}`",
    "`{item}` 同在两个有价格的组合中：`{other}` 和 `{id}`",
    "leave it in one, so that what it costs is plain",
    "请只保留在一个组合中，使价格明确",
)
SAME_CONTENT = Code(
    "CAT-BUNDLE-004",
    "the bundle `{id}` can never be taken whole: `{one}` and `{other}` hold the same content",
    "组合 `{id}` 永远无法整体选用：`{one}` 与 `{other}` 内容相同",
    "keep one of the two",
    "请保留其中一个",
)
EMPTY = Code(
    "CAT-BUNDLE-005",
    "the bundle `{id}` has no items",
    "组合 `{id}` 没有条目",
    "list its items, or delete it",
    "请列出条目，或删除该组合",
)


def check_bundles(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Find bundles that are empty, can never be taken whole, or have no price that makes sense.

    The items that they name are known to be there.
    """
    items = {item.id: item for item in loaded.document.items}
    priced: dict[str, str] = {}
    for index, bundle in enumerate(loaded.document.bundles):
        if not bundle.together and bundle.cost is None:
            continue
        place = ("bundles", index, "items")
        if not bundle.items:
            yield EMPTY.at(loaded.span(*place), id=bundle.id)
        for at, item in enumerate(bundle.items):
            if item in bundle.items[:at]:
                yield LISTED_TWICE.at(loaded.span(*place, at), item=item, id=bundle.id)
            elif (
                bundle.cost is not None
                and (other := priced.setdefault(item, bundle.id)) != bundle.id
            ):
                yield TWO_PRICES.at(loaded.span(*place, at), item=item, other=other, id=bundle.id)
        for one, other in combinations(dict.fromkeys(bundle.items), 2):
            if items[one].variant is not None and items[one].variant == items[other].variant:
                at = bundle.items.index(other)
                yield SAME_CONTENT.at(loaded.span(*place, at), id=bundle.id, one=one, other=other)
        alone = sum((items[item].cost for item in bundle.items), Decimal(0))
        if bundle.cost is not None and bundle.items and bundle.cost > alone:
            shown = {"cost": decimal_text(bundle.cost), "sum": decimal_text(alone)}
            yield DEARER.at(loaded.span("bundles", index, "cost"), id=bundle.id, **shown)
