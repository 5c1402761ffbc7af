"""Whether the names in a catalog are each given once and are all there, and its hours add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code, nearest
from engine.learning.documents import ItemNeed, Requires

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Loaded
    from engine.learning.documents import Catalog, Edge, LearningItem, Need

DUPLICATE = Code(
    "CAT-ID-001",
    "the id `{id}` is given twice",
    "编号 `{id}` 重复",
    "give each its own id",
    "请各用一个编号",
)
UNKNOWN_NODE = Code(
    "CAT-ID-002",
    "there is no {kind} `{id}` in this catalog",
    "目录中没有{kind_zh} `{id}`",
    "add it, or correct the name",
    "请补上或更正名称",
)
NOT_A_COMPETENCY = Code(
    "CAT-ID-003",
    "`{id}` is a skill, and a target asks for a competency",
    "`{id}` 是技能，而目标针对胜任力",
    "set the target on the competency that it is part of",
    "请把目标写在它所属的胜任力上",
)
CADENCE = Code(
    "CAT-ITEM-001",
    "the cadence makes {total} hours and the item says {hours}",
    "周期合计 {total} 小时，而条目写的是 {hours} 小时",
    "`hours` is times x hours of the cadence",
    "`hours` 应为周期的次数 × 每次小时数",
)

Place: TypeAlias = tuple[str | int, ...]


def check_names(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Find ids given twice, names of nothing, and hours that differ from their cadence."""
    yield from _check_ids(loaded)
    yield from _check_references(loaded)
    yield from _check_cadence(loaded)


def id_span(loaded: Loaded[Catalog], section: str, index: int) -> Span | None:
    """Place the id of an entry, or the entry where it has no id of its own."""
    node = loaded.node(section, index, "id")
    return loaded.span(section, index, "id") if node else loaded.span(section, index)


def _check_ids(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Find ids that are given twice."""
    whole = loaded.document
    keyed: dict[str, list[str]] = {
        "nodes": [node.id for node in whole.nodes],
        "items": [item.id for item in whole.items],
        "resources": [pool.id for pool in whole.resources],
        "bundles": [bundle.id for bundle in whole.bundles],
        "preferences": [preference.id for preference in whole.preferences],
        "targets": [f"{target.role}, {target.competency}" for target in whole.targets],
        "mandatory": [f"{rule.role}, {rule.item}" for rule in whole.mandatory],
        "edges": [_edge_id(edge) for edge in whole.edges],
    }
    for section, ids in keyed.items():
        seen: set[str] = set()
        for index, id_ in enumerate(ids):
            if id_ not in seen:
                seen.add(id_)
            else:
                yield DUPLICATE.at(id_span(loaded, section, index), id=id_)


def _edge_id(edge: Edge) -> str:
    rest = f", {edge.to}" if not isinstance(edge, Requires) else ""
    return f"{edge.type}, {edge.source}{rest}"


_MOST_GUESSES = 100
"""How many unknown names are compared with all known ones: a guess costs a look at each."""
_KINDS = {"node": "节点", "item": "条目", "mentor pool": "导师库"}


def _check_references(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Find names of nodes, items and mentor pools that are not there."""
    whole = loaded.document
    known = {
        "node": {node.id for node in whole.nodes},
        "item": {item.id for item in whole.items},
        "mentor pool": {pool.id for pool in whole.resources},
    }
    guesses = iter(range(_MOST_GUESSES))
    for kind, name, where in _references(whole):
        if name not in known[kind]:
            near = nearest(name, known[kind]) if next(guesses, None) is not None else None
            yield UNKNOWN_NODE.at(
                loaded.span(*where), kind=kind, kind_zh=_KINDS[kind], id=name, near=near
            )
    skills = {node.id for node in whole.nodes if node.kind == "skill"}
    for index, target in enumerate(whole.targets):
        if target.competency in skills:
            place = loaded.span("targets", index, "competency")
            yield NOT_A_COMPETENCY.at(place, id=target.competency)


def _references(whole: Catalog) -> Iterator[tuple[str, str, Place]]:
    """List every mention of a node, an item or a pool, with its place."""
    for index, edge in enumerate(whole.edges):
        yield "node", edge.source, ("edges", index, "from")
        if isinstance(edge, Requires):
            yield from _need_references(edge.all, ("edges", index, "all"))
            yield from _need_references(edge.any, ("edges", index, "any"))
        else:
            yield "node", edge.to, ("edges", index, "to")
    for index, target in enumerate(whole.targets):
        yield "node", target.competency, ("targets", index, "competency")
    for index, rule in enumerate(whole.mandatory):
        yield "item", rule.item, ("mandatory", index, "item")
    for index, bundle in enumerate(whole.bundles):
        for at, name in enumerate(bundle.items):
            yield "item", name, ("bundles", index, "items", at)
    for index, item in enumerate(whole.items):
        yield from _item_references(item, ("items", index))


def _item_references(item: LearningItem, place: Place) -> Iterator[tuple[str, str, Place]]:
    for at, taught in enumerate(item.teaches):
        yield "node", taught.skill, (*place, "teaches", at, "skill")
    yield from _need_references(item.requires.all, (*place, "requires", "all"))
    yield from _need_references(item.requires.any, (*place, "requires", "any"))
    for at, name in enumerate(item.on_fail):
        yield "item", name, (*place, "on_fail", at)
    for at, adaptation in enumerate(item.adapt):
        yield "item", adaptation.add, (*place, "adapt", at, "add")
    if item.mentors:
        yield "mentor pool", item.mentors.pool, (*place, "mentors", "pool")


def _need_references(needs: Iterable[Need], place: Place) -> Iterator[tuple[str, str, Place]]:
    for at, need in enumerate(needs):
        if isinstance(need, ItemNeed):
            yield "item", need.item, (*place, at, "item")
        else:
            yield "node", need.skill, (*place, at, "skill")


def _check_cadence(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Hold the hours of an item to its rhythm."""
    for index, item in enumerate(loaded.document.items):
        if item.cadence and (total := item.cadence.times * item.cadence.hours) != item.hours:
            place = loaded.span("items", index, "hours")
            shown = decimal_text(total), decimal_text(item.hours)
            yield CADENCE.at(place, total=shown[0], hours=shown[1])
