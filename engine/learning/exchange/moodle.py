"""Moodle's competency frameworks as CSV (its tool for importing and exporting them), in and out."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Span
from engine.learning.documents import PartOf, Related, Requires
from engine.learning.exchange.framework import LOST, NO_COLUMNS, Concept, Framework
from engine.learning.exchange.tables import read_csv, write_csv
from engine.rules.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.kernel.diagnostics import Diagnostic, Lang
    from engine.learning.documents import Catalog

NO_KEY = Code(
    "EXCHANGE-021",
    "the row has no `{name}`",
    "该行没有 `{name}`",
    "give each its own",
    "请逐一填写",
)

_COLUMNS = (
    "Parent ID number",
    "ID number",
    "Short name",
    "Description",
    "Description format",
    "Scale values",
    "Scale configuration",
    "Rule type (optional)",
    "Rule outcome (optional)",
    "Rule config (optional)",
    "Cross-referenced competency ID numbers",
    "Exported ID (optional)",
    "Is framework",
    "Taxonomy",
)
_PARENT, _ID, _NAME, _RELATED, _FRAMEWORK = 0, 1, 2, 10, 12
_SCALE = "Not yet competent,Competent"
_CONFIGURATION = json.dumps(
    [{"scaleid": "1"}, {"id": 1, "scaledefault": 1, "proficient": 0}, {"id": 2, "proficient": 1}],
    separators=(",", ":"),
)


def _plain(head: str) -> str:
    """Reduce a head to its letters: Moodle's versions write them with other signs and capitals."""
    return re.sub(r"[^a-z]", "", head.lower().replace("(optional)", ""))


def read_moodle(text: str, path: str = "", lang: Lang = "en") -> Framework:
    """Read a framework; `lang` says in which language its names are."""
    sheet, found = read_csv(text, path)
    framework = Framework("moodle", found=found)
    heads = [_plain(head) for head in sheet.rows[0]] if sheet.rows else []
    places = [heads.index(_plain(c)) if _plain(c) in heads else -1 for c in _COLUMNS]
    for needed in (_PARENT, _ID, _NAME):
        if places[needed] < 0:
            span = Span(path, 1, 1, 1, 2)
            framework.found.append(NO_COLUMNS.at(span, name=_COLUMNS[needed], format="Moodle"))
    if framework.found:
        return framework
    for number, row in enumerate(sheet.rows[1:], 2):
        cells = [row[at].strip() if 0 <= at < len(row) else "" for at in places]
        if not any(cells):
            continue
        if cells[_FRAMEWORK] == "1":
            framework.title = cells[_NAME]
            continue
        span = Span(path, number, places[_ID] + 1, number, places[_ID] + 2)
        if not cells[_ID]:
            framework.found.append(NO_KEY.at(span, name=_COLUMNS[_ID]))
            continue
        name = html.unescape(cells[_NAME])
        # A comma inside an id number is written as %2C there.
        related = [r.replace("%2C", ",") for r in cells[_RELATED].split(",") if r.strip()]
        parents = (cells[_PARENT],) if cells[_PARENT] else ()
        zh, en = (name, "") if lang == "zh" else ("", name)
        framework.add(Concept(cells[_ID], zh, en, span, parents, (), tuple(related), cells[_ID]))
    return framework


def write_moodle(catalog: Catalog, lang: Lang = "en") -> tuple[str, list[Diagnostic]]:
    """Write the skill graph for Moodle's import, and say what Moodle cannot carry."""
    parents: dict[str, list[PartOf]] = {}
    related: dict[str, list[str]] = {}
    for edge in catalog.edges:
        match edge:
            case PartOf():
                parents.setdefault(edge.source, []).append(edge)
            case Related():
                related.setdefault(edge.source, []).append(edge.to)
            case Requires():
                pass
    names = {node.id: node.name[lang] for node in catalog.nodes}
    head = ("", catalog.id, catalog.title[lang], "", "1", _SCALE, _CONFIGURATION)
    rows = [
        _COLUMNS,
        (*head, "", "", "", "", "", "1", "competency,competency,competency,competency"),
    ]
    for node in _parents_first(catalog, parents):
        above = max(parents.get(node, ()), key=lambda edge: edge.weight, default=None)
        others = ",".join(other.replace(",", "%2C") for other in related.get(node, ()))
        key = above.to if above else ""
        rows.append((key, node, names[node], "", "1", "", "", "", "0", "", others, "", "", ""))
    return write_csv(Sheet(catalog.id, tuple(rows))), list(_lost(catalog, parents))


def _parents_first(catalog: Catalog, parents: dict[str, list[PartOf]]) -> Iterator[str]:
    """List the nodes so that a parent comes before its parts, as Moodle's import wants it."""
    done: set[str] = set()
    left = [node.id for node in catalog.nodes]
    while left:
        ready = [n for n in left if all(edge.to in done for edge in parents.get(n, ()))]
        yield from ready
        done.update(ready)
        left = [n for n in left if n not in done] if ready else []


def _lost(catalog: Catalog, parents: dict[str, list[PartOf]]) -> Iterator[Diagnostic]:
    more = [node for node, edges in parents.items() if len(edges) > 1]
    needs = [edge.source for edge in catalog.edges if isinstance(edge, Requires)]
    uneven = [n for n, edges in parents.items() for e in edges if e.weight != 1]
    targets = [f"{t.role}: {t.competency}" for t in catalog.targets]
    yield from lost("Moodle", "a second parent", "第二个上级", more)
    yield from lost("Moodle", "weights", "权重", uneven)
    yield from lost(
        "Moodle", "prerequisites with levels and alternatives", "带水平与替代的前置要求", needs
    )
    yield from lost("Moodle", "targets of roles", "岗位目标", targets)
    yield from lost("Moodle", "learning items", "学习条目", [item.id for item in catalog.items])


def lost(format_: str, what: str, what_zh: str, names: Iterable[str]) -> Iterator[Diagnostic]:
    """Say what a format could not carry, with the first few of it."""
    listed = list(names)
    if listed:
        examples = ", ".join(f"`{name}`" for name in listed[:3])
        said = {"format": format_, "what": what, "what_zh": what_zh, "examples": examples}
        yield LOST.at(None, count=str(len(listed)), **said)
