"""The skill graph of a catalog: checked as a document, compiled to the indexes of a plan."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import networkx as nx

from engine.kernel.decimals import decimal_text, from_fraction
from engine.kernel.diagnostics import Code, Severity, has_errors, in_order
from engine.kernel.errors import DocumentError
from engine.learning.bundles import check_bundles
from engine.learning.documents import CatalogUsed, PartOf, Requires, SkillNeed
from engine.learning.levels import TOP, SkillGain
from engine.learning.references import check_names, id_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded, Text
    from engine.learning.documents import (
        Bundle,
        Catalog,
        LearningItem,
        MentorPool,
        Need,
        Needs,
        Preference,
        Target,
    )

CYCLE = Code(
    "CAT-GRAPH-001",
    "`part_of` goes round in a circle: {cycle}",
    "`part_of` 成环：{cycle}",
    "delete one of these edges",
    "请删除其中一条边",
)
WEIGHTS = Code(
    "CAT-GRAPH-002",
    "the weights of the parts of `{id}` sum to {sum}, not to 1",
    "`{id}` 各组成部分的权重之和为 {sum}，而不是 1",
    "correct the weights; the parts are {parts}",
    "请更正权重；组成部分为 {parts}",
)
NOT_DERIVABLE = Code(
    "CAT-GRAPH-003",
    "nobody can ever begin `{id}`: {cycle}",
    "任何人都无法开始 `{id}`：{cycle}",
    "delete one of these requirements, or add an alternative under `any`",
    "请删除其中一个前置要求，或在 `any` 中增加替代",
)
TAUGHT_TWICE = Code(
    "CAT-GRAPH-004",
    "`{item}` teaches `{skill}` twice",
    "`{item}` 两次讲授 `{skill}`",
    "keep one entry for this skill and the skills it is part of",
    "该技能及其上级技能请只保留一条",
)
LOW_CEILING = Code(
    "CAT-REACH-001",
    "no item can bring `{competency}` to {level}: `{skill}` ends at {ceiling}",
    "没有条目能把 `{competency}` 带到 {level}：`{skill}` 最高只到 {ceiling}",
    "add an item that teaches `{skill}` with a higher `max_level`",
    "请增加讲授 `{skill}` 且 `max_level` 更高的条目",
    Severity.WARNING,
)
UNTAUGHT = Code(
    "CAT-REACH-002",
    "no item can bring `{competency}` to {level}: none teaches `{skill}`",
    "没有条目能把 `{competency}` 带到 {level}：没有条目讲授 `{skill}`",
    "add an item that teaches it",
    "请增加讲授它的条目",
    Severity.WARNING,
)


@dataclass(frozen=True, slots=True)
class SkillLevel:
    """One alternative of a prerequisite: every one of `leaves` is at `level` or above."""

    skill: str
    leaves: tuple[str, ...]
    level: Fraction


Alternative: TypeAlias = str | SkillLevel
"""An item's id, or a level of skill."""

Group: TypeAlias = tuple[Alternative, ...]
"""A prerequisite: at least one of the alternatives holds."""


@dataclass(frozen=True, slots=True)
class SkillGraph:
    """A catalog compiled for planning; a leaf is a skill (or competency) without parts.

    `models` are by role the versions of competency models whose targets stand in place of the
    catalog's.
    """

    used: CatalogUsed
    currency: str
    names: Mapping[str, Text]
    competencies: frozenset[str]
    items: Mapping[str, LearningItem]
    leaves: Mapping[str, tuple[tuple[str, Fraction], ...]]
    gains: Mapping[str, tuple[SkillGain, ...]]
    groups: Mapping[str, tuple[Group, ...]]
    alike: Mapping[str, tuple[str, ...]]
    paths: Mapping[tuple[str, str, str], tuple[str, ...]]
    targets: Mapping[str, tuple[Target, ...]]
    mandatory: Mapping[str, Mapping[str, str]]
    pools: Mapping[str, MentorPool]
    preferences: Mapping[str, Preference]
    models: Mapping[str, tuple[CatalogUsed, ...]] = field(default_factory=dict)
    bundles: tuple[Bundle, ...] = ()
    shares: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    """How much of the second item must be done before the first begins, where less than all."""

    def variants(self, item: str) -> tuple[str, ...]:
        """List the items that hold the same content as `item`, itself among them."""
        return self.alike[item]


def compile_catalog(loaded: Loaded[Catalog]) -> SkillGraph:
    """Check a catalog and compile it; raises DocumentError with every finding."""
    graph, found = _checked(loaded)
    if graph is None or has_errors(found):
        raise DocumentError(found)
    return graph


def check_catalog(loaded: Loaded[Catalog]) -> list[Diagnostic]:
    """Say all that is wrong with a catalog, in the order of its files."""
    return _checked(loaded)[1]


def _checked(loaded: Loaded[Catalog]) -> tuple[SkillGraph | None, list[Diagnostic]]:
    """Compile a catalog whose names and parts hold together, and say all that is wrong with it."""
    found = [*check_names(loaded), *_check_parts(loaded)]
    found += [] if has_errors(found) else check_bundles(loaded)
    graph = None if has_errors(found) else _compile(loaded)
    if graph is not None:
        found += _check_taught(loaded, graph)
        found += _check_derivable(loaded, graph)
        found += _check_reach(loaded, graph)
    return graph, in_order(found)


# --- checks ------------------------------------------------------------------------------------


def _check_parts(loaded: Loaded[Catalog]) -> Iterator[Diagnostic]:
    """Hold `part_of` to a graph without circles whose weights sum to exactly 1 into each whole."""
    parts: dict[str, list[tuple[int, PartOf]]] = {}
    for index, edge in enumerate(loaded.document.edges):
        if isinstance(edge, PartOf):
            parts.setdefault(edge.to, []).append((index, edge))
    graph = _part_graph(loaded.document)
    for component in sorted(nx.strongly_connected_components(graph), key=min):
        cycle = _circle(graph, component)
        if cycle:
            index = next(i for i, edge in parts[cycle[1]] if edge.source == cycle[0])
            yield CYCLE.at(loaded.span("edges", index), cycle=" -> ".join(cycle))
    for whole, edges in parts.items():
        total = sum(edge.weight for _, edge in edges)  # exact: four places, far below 34 digits
        if total != 1:
            place = loaded.span("edges", edges[0][0], "weight")
            named = ", ".join(f"`{edge.source}`" for _, edge in edges)
            shown = decimal_text(Decimal(total))
            yield WEIGHTS.at(place, id=whole, sum=shown, parts=named)


def _part_graph(whole: Catalog) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(node.id for node in whole.nodes)
    graph.add_edges_from((e.source, e.to) for e in whole.edges if isinstance(e, PartOf))
    return graph


def _circle(graph: nx.DiGraph[str], component: Iterable[str]) -> list[str]:
    """Give a shortest way from the first of a strong component round to itself, or nothing."""
    first = min(component)
    if graph.has_edge(first, first):
        return [first, first]
    ways = [
        nx.shortest_path(graph, after, first)
        for after in sorted(graph.successors(first))
        if nx.has_path(graph, after, first)
    ]
    return [first, *min(ways, key=len)] if ways else []


def _check_taught(loaded: Loaded[Catalog], graph: SkillGraph) -> Iterator[Diagnostic]:
    """Find items that teach a leaf twice, by name or through a skill above it."""
    for index, item in enumerate(loaded.document.items):
        seen: set[str] = set()
        for at, taught in enumerate(item.teaches):
            below = {leaf for leaf, _ in graph.leaves[taught.skill]}
            if not seen.isdisjoint(below):
                place = loaded.span("items", index, "teaches", at, "skill")
                yield TAUGHT_TWICE.at(place, item=item.id, skill=min(seen & below))
            seen |= below


def _check_derivable(loaded: Loaded[Catalog], graph: SkillGraph) -> Iterator[Diagnostic]:
    """Find items that nobody can begin; a level of skill can always be brought along.

    A fixpoint, not a search for circles: items on a circle are fine where an alternative leads in.
    """
    begun: set[str] = set()
    waiting: dict[str, set[str]] = {}
    for item in graph.items:
        for before in (a for group in graph.groups[item] for a in group if isinstance(a, str)):
            waiting.setdefault(before, set()).add(item)
    left = list(graph.items)
    while left:
        item = left.pop()
        if item not in begun and _can_begin(graph, item, begun):
            begun.add(item)
            left += waiting.get(item, ())
    waits: nx.DiGraph[str] = nx.DiGraph()
    for item in graph.items:
        for group in graph.groups[item] if item not in begun else ():
            if not any(isinstance(a, SkillLevel) or a in begun for a in group):
                waits.add_edges_from((item, a) for a in group if isinstance(a, str))
    for index, whole in enumerate(loaded.document.items):
        if whole.id not in begun:
            way = _way_round(waits, whole.id)
            yield NOT_DERIVABLE.at(
                id_span(loaded, "items", index), id=whole.id, cycle=" -> ".join(way)
            )


def _can_begin(graph: SkillGraph, item: str, begun: set[str]) -> bool:
    return all(
        any(isinstance(a, SkillLevel) or a in begun for a in group) for group in graph.groups[item]
    )


def _way_round(waits: nx.DiGraph[str], item: str) -> list[str]:
    """Follow what an item waits for until the way comes back to where it has been."""
    way = [item]
    while way[-1] not in way[:-1]:
        way.append(min(waits.successors(way[-1])))
    return way


def _check_reach(loaded: Loaded[Catalog], graph: SkillGraph) -> Iterator[Diagnostic]:
    """Warn of targets above the highest ceiling of what teaches one of their skills."""
    for index, target in enumerate(loaded.document.targets):
        place = loaded.span("targets", index)
        for leaf, _ in graph.leaves[target.competency]:
            ceilings = [gain.ceiling for gain in graph.gains[leaf]]
            args = {"competency": target.competency, "level": decimal_text(target.level)}
            if not ceilings:
                yield UNTAUGHT.at(place, skill=leaf, **args)
            elif (highest := max(ceilings)) < Fraction(target.level):
                ceiling = decimal_text(from_fraction(highest))
                yield LOW_CEILING.at(place, skill=leaf, ceiling=ceiling, **args)


# --- compiling ---------------------------------------------------------------------------------


def _compile(loaded: Loaded[Catalog]) -> SkillGraph:
    """Build the indexes of a catalog whose names and parts have been checked."""
    whole = loaded.document
    parts = _part_graph(whole)
    leaves = _leaves(whole, parts)
    gains = _gains(whole.items, leaves)
    touched = functools.cache(
        lambda node: frozenset({node, *nx.ancestors(parts, node), *nx.descendants(parts, node)})
    )
    index = _Index(touched, leaves, _variants(whole.items), _requirements(whole))
    return SkillGraph(
        used=CatalogUsed(id=whole.id, version=whole.version, hash=loaded.hash),
        currency=whole.currency,
        names={node.id: node.name for node in whole.nodes},
        competencies=frozenset(node.id for node in whole.nodes if node.kind == "competency"),
        items={item.id: item for item in whole.items},
        leaves=leaves,
        gains={
            node.id: tuple(gains.get(node.id, ()))
            for node in whole.nodes
            if not parts.in_degree(node.id)
        },
        groups={item.id: tuple(_groups(item, index)) for item in whole.items},
        alike=index.variants,
        paths=_paths(whole, parts, leaves, gains),
        targets=_by_role(whole.targets),
        mandatory={
            rule.role: {o.item: o.clause for o in whole.mandatory if o.role == rule.role}
            for rule in whole.mandatory
        },
        pools={pool.id: pool for pool in whole.resources},
        preferences={preference.id: preference for preference in whole.preferences},
        bundles=tuple(
            bundle for bundle in whole.bundles if bundle.together or bundle.cost is not None
        ),
        shares=_shares(whole, index),
    )


Leaves = dict[str, tuple[tuple[str, Fraction], ...]]


def _leaves(whole: Catalog, parts: nx.DiGraph[str]) -> Leaves:
    """Give for each node the leaves below it and their weights in it, in the author's order."""
    into: dict[str, list[PartOf]] = {}
    for edge in whole.edges:
        if isinstance(edge, PartOf):
            into.setdefault(edge.to, []).append(edge)
    leaves: Leaves = {}
    exact = functools.cache(Fraction)
    for node in nx.topological_sort(parts):
        weights: dict[str, Fraction] = {} if node in into else {node: Fraction(1)}
        for edge in into.get(node, ()):
            factor = exact(edge.weight)
            for leaf, weight in leaves[edge.source]:
                share = weight * factor
                weights[leaf] = weights.get(leaf, Fraction(0)) + share
        leaves[node] = tuple(weights.items())
    return leaves


def _by_role(targets: Iterable[Target]) -> dict[str, tuple[Target, ...]]:
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target.role, []).append(target)
    return {role: tuple(listed) for role, listed in found.items()}


def _gains(items: Iterable[LearningItem], leaves: Leaves) -> dict[str, list[SkillGain]]:
    """List for each leaf what the items do for it, itself or through a skill that it is part of."""
    found: dict[str, list[SkillGain]] = {}
    left = functools.cache(lambda gain: 1 - Fraction(gain))
    level = functools.cache(lambda most: TOP if most is None else Fraction(most))
    for item in items:
        for taught in item.teaches:
            gain = SkillGain(item.id, left(taught.gain), level(taught.max_level))
            for leaf, _ in leaves[taught.skill]:
                found.setdefault(leaf, []).append(gain)
    return found


def _variants(items: Sequence[LearningItem]) -> dict[str, tuple[str, ...]]:
    """Give for each item those that hold the same content, itself among them."""
    alike: dict[str, list[str]] = {}
    for item in items:
        if item.variant is not None:
            alike.setdefault(item.variant, []).append(item.id)
    return {i.id: (i.id,) if i.variant is None else tuple(alike[i.variant]) for i in items}


def _requirements(whole: Catalog) -> dict[str, list[tuple[int, Requires]]]:
    """Give for each skill the edges that say what comes before it, with their places."""
    found: dict[str, list[tuple[int, Requires]]] = {}
    for place, edge in enumerate(whole.edges):
        if isinstance(edge, Requires):
            found.setdefault(edge.source, []).append((place, edge))
    return found


@dataclass(frozen=True, slots=True)
class _Index:
    """What prerequisites are looked up in; `touched` are a node's own parts and what it is part of."""

    touched: Callable[[str], frozenset[str]]
    leaves: Leaves
    variants: Mapping[str, tuple[str, ...]]
    requirements: Mapping[str, Sequence[tuple[int, Requires]]]


def _groups(item: LearningItem, index: _Index) -> Iterator[Group]:
    """List what comes before `item`: its own needs, and those of the skills it teaches.

    A skill's need does not bind an item that teaches the needed skill: that is the way to it.
    """
    yield from _alternatives(item.requires.all, item.requires.any, index)
    taught = {t.skill for t in item.teaches}
    touched = set().union(*map(index.touched, taught)) if index.requirements else ()
    below = {leaf for skill in taught for leaf, _ in index.leaves[skill]}
    placed = [found for skill in touched for found in index.requirements.get(skill, ())]
    for _, edge in sorted(placed, key=lambda found: found[0]):
        for group in _alternatives(edge.all, edge.any, index):
            if not any(_leads_to(item.id, below, a) for a in group):
                yield group


def _shares(whole: Catalog, index: _Index) -> dict[tuple[str, str], Fraction]:
    """Find the needs that part of an item already fulfils, of items and of the skills they teach."""
    shares: dict[tuple[str, str], Fraction] = {}
    for item in whole.items:
        taught = {t.skill for t in item.teaches}
        edges = [edge for skill in taught for _, edge in index.requirements.get(skill, ())]
        said: list[Needs | Requires] = [item.requires, *edges]
        for need in (need for needs in said for need in (*needs.all, *needs.any)):
            if not isinstance(need, SkillNeed) and need.completion is not None:
                share = Fraction(need.completion) / 100
                for variant in index.variants[need.item]:
                    key = item.id, variant
                    shares[key] = min(share, shares.get(key, Fraction(1)))
    return shares


def _leads_to(item: str, taught: set[str], need: Alternative) -> bool:
    return need == item if isinstance(need, str) else not taught.isdisjoint(need.leaves)


def _alternatives(every: tuple[Need, ...], one: tuple[Need, ...], index: _Index) -> Iterator[Group]:
    for need in every:
        yield tuple(_alternative(need, index))
    if one:
        yield tuple(a for need in one for a in _alternative(need, index))


def _alternative(need: Need, index: _Index) -> Iterator[Alternative]:
    if isinstance(need, SkillNeed):
        below = tuple(leaf for leaf, _ in index.leaves[need.skill])
        yield SkillLevel(need.skill, below, Fraction(need.level))
    else:
        yield from index.variants[need.item]


def _paths(
    whole: Catalog, parts: nx.DiGraph[str], leaves: Leaves, gains: Mapping[str, Sequence[SkillGain]]
) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Give the way from each item over a leaf that it teaches up to each competency above."""
    paths: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for competency in (node.id for node in whole.nodes if node.kind == "competency"):
        for leaf, _ in leaves[competency]:
            up = min(nx.all_shortest_paths(parts, leaf, competency))
            for gain in gains.get(leaf, ()):
                paths[gain.item, leaf, competency] = (gain.item, *up)
    return paths
