"""An outside framework in our terms: concepts with parents, relations and what comes before them."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code, Severity, Span, nearest
from engine.kernel.source import Data
from engine.learning.exchange.tables import Entry, read_csv

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from engine.kernel.diagnostics import Diagnostic

NO_CONCEPT = Code(
    "EXCHANGE-010",
    "`{key}` is not in the framework",
    "框架中没有 `{key}`",
    "known keys begin with {known}",
    "已有的编号开头为 {known}",
)
KEY_TWICE = Code(
    "EXCHANGE-011",
    "`{key}` stands twice, on this line and on line {first}",
    "`{key}` 出现两次：本行与第 {first} 行",
    "keep one",
    "请保留一个",
)
DANGLING = Code(
    "EXCHANGE-012",
    "{count} relations name what is not taken over and are left out, among them {examples}",
    "{count} 个关系指向未导入的内容，已略去，例如 {examples}",
    "take that over too, or let it be",
    "请一并导入，或保持现状",
    Severity.WARNING,
)
NO_LEVEL = Code(
    "EXCHANGE-014",
    "{count} say what comes first and not to which level: taken over as related, among them {examples}",
    "{count} 项只说先后而无水平要求：按相关关系导入，例如 {examples}",
    "name the level with `--level` to have them as prerequisites",
    "用 `--level` 指定水平即可作为前置要求导入",
    Severity.WARNING,
)
NO_COLUMNS = Code(
    "EXCHANGE-020",
    "the file has no column `{name}`, as {format} has",
    "文件没有列 `{name}`，不符合 {format} 的格式",
    "export it again, in English, and leave the first row as it is",
    "请重新导出（英文），并保留首行",
)
UNKNOWN_NODE = Code(
    "EXCHANGE-015",
    "the alignment names `{node}`, which is not in the catalog",
    "对照表中的 `{node}` 不在目录中",
    "correct the name, or add the node first",
    "请更正名称，或先补上该节点",
)
LOST = Code(
    "EXCHANGE-013",
    "{format} cannot carry {what}: {count} left out, among them {examples}",
    "{format} 无法表达{what_zh}：略去 {count} 项，例如 {examples}",
    "keep the catalog as the master; the export is a copy for others",
    "请以目录为准；导出件只是副本",
    Severity.WARNING,
)


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a framework: its key there, its names, and the keys of what it hangs together with.

    `code` is a short key that people use, where there is one; a node is named after it.
    """

    key: str
    zh: str
    en: str
    span: Span
    parents: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    code: str = ""


@dataclass(slots=True)
class Framework:
    """A framework as read: where it comes from (`esco`, `case` …), its title, its concepts, findings."""

    source: str
    title: str = ""
    concepts: list[Concept] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    _lines: dict[str, int] = field(default_factory=dict)

    def add(self, concept: Concept) -> None:
        """Take a concept in, or note that its key is there already."""
        if concept.key in self._lines:
            first = str(self._lines[concept.key])
            self.found.append(KEY_TWICE.at(concept.span, key=concept.key, first=first))
        else:
            self._lines[concept.key] = concept.span.line
            self.concepts.append(concept)


def part_below(framework: Framework, roots: Collection[str]) -> Framework:
    """Keep the concepts named and all below them; all of them where none is named."""
    if not roots:
        return framework
    below: dict[str, list[str]] = {}
    for concept in framework.concepts:
        for parent in concept.parents:
            below.setdefault(parent, []).append(concept.key)
    known = {concept.key for concept in framework.concepts}
    found = list(framework.found)
    for key in sorted(set(roots) - known):
        listed = ", ".join(f"`{k}`" for k in sorted(known)[:5])
        found.append(NO_CONCEPT.at(None, key=key, known=listed))
    kept, left = set[str](), [key for key in roots if key in known]
    while left:
        if (key := left.pop()) not in kept:
            kept.add(key)
            left += below.get(key, ())
    # What the chosen ones are part of elsewhere stays outside.
    inside = [
        replace(concept, parents=()) if concept.key in roots else concept
        for concept in framework.concepts
        if concept.key in kept
    ]
    return Framework(framework.source, framework.title, inside, found)


def read_alignment(
    text: str, path: str, nodes: Collection[str], key: str = "key"
) -> tuple[dict[str, tuple[str, Span]], list[Diagnostic]]:
    """Read a table of keys of a framework and the `node` of ours that each is; gives both with places."""
    sheet, found = read_csv(text, path)
    heads = [head.strip() for head in sheet.rows[0]] if sheet.rows else []
    for name in (key, "node"):
        if name not in heads:
            span = Span(path, 1, 1, 1, 2)
            return {}, [*found, NO_COLUMNS.at(span, name=name, format="an alignment")]
    aligned: dict[str, tuple[str, Span]] = {}
    column = heads.index("node") + 1
    for number, row in enumerate(sheet.rows[1:], 2):
        cells = dict(zip(heads, (cell.strip() for cell in row), strict=False))
        node, span = cells.get("node", ""), Span(path, number, column, number, column + 1)
        if node in nodes:
            aligned[cells[key]] = node, span
        else:
            found.append(UNKNOWN_NODE.at(span, node=node[:80], near=nearest(node, nodes)))
    return aligned, found


@dataclass(frozen=True, slots=True)
class Taken:
    """What a framework brings into a catalog: entries, and the edges that are no longer so."""

    entries: tuple[Entry, ...]
    gone: frozenset[tuple[str, ...]]
    found: tuple[Diagnostic, ...]


def take_over(
    framework: Framework,
    base: Mapping[str, Any],
    *,
    level: str | None = None,
    aligned: Mapping[str, str] = MappingProxyType({}),
) -> Taken:
    """Give the nodes and edges that a framework stands for.

    A node that is `aligned` with a concept by its key, or was before, stays as people made it. The
    parts of a whole get equal weights, which sum to exactly 1, unless the catalog has weights for
    just these parts. With `level` what comes before a concept becomes its prerequisite at that level.
    """
    nodes = {str(node["id"]): node for node in base.get("nodes", ())}
    before = _known(framework, base)
    known = {**before, **{key: node for key, node in aligned.items() if node in nodes}}
    ids = _ids(framework, known, set(nodes))
    weights = _weights(framework, ids, base)
    outside, unlevelled = list[str](), list[str]()
    entries = []
    for concept in framework.concepts:
        if concept.key in known:
            node = nodes[known[concept.key]]
            align = {**(node.get("align") or {}), framework.source: concept.key}
            node = {**node, "align": align}
            entries += (
                [] if concept.key in before else [Entry("nodes", node, Data(node, concept.span))]
            )
            continue
        data = {
            "id": ids[concept.key],
            "kind": "skill" if any(p in ids for p in concept.parents) else "competency",
            "name": {"zh": concept.zh or concept.en, "en": concept.en or concept.zh},
            "align": {framework.source: concept.key},
        }
        entries.append(Entry("nodes", data, Data(data, concept.span)))
    for concept in framework.concepts:
        linked = (*concept.parents, *concept.before, *concept.related)
        outside += [f"{concept.key} -> {key}" for key in linked if key not in ids]
        unlevelled += [concept.key] if concept.before and level is None else []
        edges = _edges(concept, ids, weights, level)
        entries += [Entry("edges", edge, Data(edge, concept.span)) for edge in edges]
    found = [*_counted(DANGLING, outside), *_counted(NO_LEVEL, unlevelled)]
    return Taken(tuple(entries), _gone(framework, ids, base), (*framework.found, *found))


def _counted(code: Code, names: Sequence[str]) -> Iterator[Diagnostic]:
    if names:
        examples = ", ".join(f"`{name}`" for name in names[:3])
        yield code.at(None, count=str(len(names)), examples=examples)


def _edges(
    concept: Concept,
    ids: Mapping[str, str],
    weights: Mapping[tuple[str, str], str],
    level: str | None,
) -> Iterator[dict[str, Any]]:
    source = ids[concept.key]
    for parent in (ids[key] for key in dict.fromkeys(concept.parents) if key in ids):
        yield {"type": "part_of", "from": source, "to": parent, "weight": weights[source, parent]}
    before = [ids[k] for k in dict.fromkeys(concept.before) if k in ids and k != concept.key]
    related = [ids[k] for k in dict.fromkeys(concept.related) if k in ids and k != concept.key]
    if before and level is not None:
        needs = [{"skill": node, "level": level} for node in before]
        yield {"type": "requires", "from": source, "all": needs}
    else:
        related = list(dict.fromkeys((*before, *related)))
    yield from ({"type": "related", "from": source, "to": node} for node in related)


_PLACES = 10_000


def _weights(
    framework: Framework, ids: Mapping[str, str], base: Mapping[str, Any]
) -> dict[tuple[str, str], str]:
    """Give the weight of each part in its whole, in steps of 0.0001; the first ones take what remains."""
    own: dict[str, dict[str, str]] = {}
    for edge in base.get("edges", ()):
        if edge["type"] == "part_of":
            own.setdefault(edge["to"], {})[edge["from"]] = edge["weight"]
    parts: dict[str, list[str]] = {}
    for concept in framework.concepts:
        for parent in dict.fromkeys(concept.parents):
            if parent in ids:
                parts.setdefault(ids[parent], []).append(ids[concept.key])
    weights, inside = {}, set(ids.values())
    for whole, below in parts.items():
        each, left = divmod(_PLACES, len(below))
        there = own.get(whole, {})
        # Weights that people set stand while their parts are the same, or are not all of the framework.
        stand = there.keys() == {*below} or not there.keys() <= inside
        for at, part in enumerate(below):
            share = decimal_text(Decimal(each + (at < left)) / _PLACES)
            weights[part, whole] = there.get(part, share) if stand else share
    return weights


def _gone(
    framework: Framework, ids: Mapping[str, str], base: Mapping[str, Any]
) -> frozenset[tuple[str, ...]]:
    """List the edges into wholes of the framework that it does not know any more."""
    there = {(ids[c.key], ids[p]) for c in framework.concepts for p in c.parents if p in ids}
    inside = set(ids.values())
    return frozenset(
        ("part_of", edge["from"], edge["to"])
        for edge in base.get("edges", ())
        if edge["type"] == "part_of" and {edge["from"], edge["to"]} <= inside
        if (edge["from"], edge["to"]) not in there
    )


def _known(framework: Framework, base: Mapping[str, Any]) -> dict[str, str]:
    """Give the nodes that the catalog aligned with this framework, by key."""
    return {
        node["align"][framework.source]: str(node["id"])
        for node in base.get("nodes", ())
        if framework.source in (node.get("align") or {})
    }


def _ids(framework: Framework, known: Mapping[str, str], used: set[str]) -> dict[str, str]:
    """Name the concepts as nodes: as the catalog does already, else after their code or their name."""
    ids: dict[str, str] = {}
    for concept in framework.concepts:
        name = _name(concept.code or concept.en or concept.zh)
        numbered = (f"{name}_{number}" if number > 1 else name for number in itertools.count(1))
        ids[concept.key] = known.get(concept.key) or next(n for n in numbered if n not in used)
        used.add(ids[concept.key])
    return ids


_LONGEST = 60


def _name(text: str) -> str:
    """Make a name of a text: lower case, words joined by `_`, never a digit first."""
    name = re.sub(r"\W+", "_", text.lower()).strip("_")[:_LONGEST].rstrip("_")
    return name if name and not name[0].isdigit() else f"n_{name}".rstrip("_")
