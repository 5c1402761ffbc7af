"""A workbook on its way: what its columns offer, what it was made from, and the cells that findings belong to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.kernel.diagnostics import Code, Diagnostic, Span
from engine.kernel.source import Node, Scalar, descend, read_yaml
from engine.rules.sheets import ABOUT, BAR, BASE, COLUMNS, SECTIONS, Path, Place, Read, Sheet
from engine.rules.tables import Cell, parse_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from engine.kernel.documents import Loaded
    from engine.rules.documents import RuleSet

STALE = Code(
    "SHEET-020",
    "`{id}` {version} is not what this workbook was made from: it has changed since, to {now}",
    "`{id}` {version} 已不是导出本工作簿时的内容：其后已变为 {now}",
    "export it again, and edit that workbook",
    "请重新导出并编辑新的工作簿",
)
PUBLISHED = Code(
    "SHEET-021",
    "{version} is published, and a published version never changes",
    "{version} 已发布，已发布的版本不再更改",
    "raise `version` in this sheet, and write when it takes effect in `effective_from`",
    "请在此表中提高 `version`，并在 `effective_from` 写明生效时间",
)
OTHER_DRAFT = Code(
    "SHEET-022",
    "there is a version {version} already that says otherwise",
    "已有内容不同的版本 {version}",
    "raise `version` in this sheet",
    "请在此表中提高 `version`",
)


# --- what is offered, and what it was exported from ---------------------------------------------


def choices_of(document: RuleSet, sheets: Sequence[Sheet]) -> dict[tuple[str, str], list[str]]:
    """What the columns of sheets offer to choose from, by sheet and head."""
    offered: dict[tuple[str, str], list[str]] = {}
    for section in SECTIONS:
        for column, values in _OFFERED.items():
            if column in COLUMNS[section]:
                offered[section, column] = [*values]
    codes = [*document.reasons]
    inputs = document.inputs
    for sheet in sheets:
        if sheet.name == ABOUT or sheet.name in SECTIONS or not sheet.rows:
            continue
        head = sheet.rows[0]
        bar = head.index(BAR)
        for place, name in enumerate(head):
            members = _members(document, name, condition=place < bar)
            if members:
                offered[sheet.name, name] = members
            elif place < bar and name in inputs and inputs[name].type == "boolean":
                offered[sheet.name, name] = ["-", "true", "false"]
            elif name == "reason" and codes:
                offered[sheet.name, name] = ["-", *codes]
    return offered


_POLICIES = ("unique", "any", "priority", "first", "rule_order", "output_order", "collect")
_OFFERED: dict[str, tuple[str, ...]] = {
    "type": ("number", "string", "boolean", "date", "time", "date and time", "list<string>"),
    "nullable": ("true", "false"),
    "provenance": ("human_set", "data_derived"),
    "hit_policy": _POLICIES,
    "aggregate": ("sum", "count", "min", "max"),
}


def _members(document: RuleSet, name: str, *, condition: bool) -> list[str]:
    """The members of an input or output; a condition may also ask for nothing."""
    known: dict[str, Any] = {**document.decisions, **document.inputs}
    if not condition:
        outputs = [d.outputs or {} for d in document.decisions.values()]
        known = {**document.decisions, **{n: o for listed in outputs for n, o in listed.items()}}
    field_ = known.get(name)
    members = [*((field_.one_of or field_.ranked or ()) if field_ is not None else ())]
    return ["-", *members] if members and condition else members


def check_base(
    read: Read,
    loaded: Loaded[RuleSet],
    versions: Sequence[Loaded[RuleSet]],
    published: Collection[str],
) -> list[Diagnostic]:
    """Refuse a workbook whose base has changed since, and an edit of what is published.

    `versions` are those of this rule set as they stand now, `published` the numbers of those published.
    """
    document, named = loaded.document, read.base.get(BASE[0], "?")
    known = {v.document.version: v for v in versions}
    base, own = known.get(named), known.get(document.version)
    if base is None or base.hash != read.base.get(BASE[1]):
        now = "–" if base is None else base.hash[:19]
        return [STALE.at(Span(ABOUT, 3, 2, 3, 3), id=document.id, version=named, now=now)]
    if (
        own is None
        or own.hash == loaded.hash
        or (own is base and document.version not in published)
    ):
        return []
    sheet, row, column = read.places["version",]
    code = PUBLISHED if document.version in published else OTHER_DRAFT
    return [code.at(Span(sheet, row, column, row, column + 1), version=document.version)]


# --- findings ------------------------------------------------------------------------------------


def moved_to_cells(
    found: Sequence[Diagnostic], read: Read, text: str, path: str
) -> list[Diagnostic]:
    """Move findings about the written document to the cells that its parts came from."""
    tree, _ = read_yaml(text, path)
    spans = [(span, place) for span, place in _spans(tree, read.places) if span is not None]
    return [_moved(one, spans) if one.span and one.span.path == path else one for one in found]


def _moved(one: Diagnostic, spans: Sequence[tuple[Span, Place]]) -> Diagnostic:
    at = one.span
    if at is None:
        return one
    start = (at.line, at.column)
    around = [
        (span, place)
        for span, place in spans
        if (span.line, span.column)
        <= start
        < (span.end_line, max(span.end_column, span.column + 1))
    ]
    # The narrowest part that holds the place; a key has no span, so what follows it on its line.
    after = [(s, p) for s, p in spans if s.line == at.line and s.column >= at.column]
    chosen = min(around, key=_size, default=None) or min(after, key=_size, default=None)
    sheet, row, column = chosen[1] if chosen else (ABOUT, 1, 1)
    return replace(one, span=Span(sheet, row, column, row, column + 1))


def _size(part: tuple[Span, Place]) -> tuple[int, int]:
    span = part[0]
    return span.end_line - span.line, span.end_column - span.column


def _spans(tree: Node | None, places: Mapping[Path, Place]) -> Iterator[tuple[Span | None, Place]]:
    """Where the parts of the document stand in its text; the cells of a drawn table where they are drawn."""
    drawn: dict[Path, dict[Path, Span]] = {}
    for path, place in places.items():
        node = descend(tree, path)
        if node is not None:
            yield node.span, place
            continue
        above = next(
            (path[:n] for n in range(len(path), 0, -1) if path[n - 1] in {"rows", "columns"}), None
        )
        if above is None:
            continue
        owner = above[:-1]
        if owner not in drawn:
            drawn[owner] = _drawn_spans(descend(tree, (*owner, "table")))
        yield drawn[owner].get(path[len(owner) :]), place


def _drawn_spans(node: Node | None) -> dict[Path, Span]:
    """Place the heads and cells of a drawn table."""
    if not isinstance(node, Scalar):
        return {}
    table, _ = parse_table(node.text)
    if table is None:
        return {}
    found: dict[Path, Cell] = {}
    for side in ("when", "then"):
        heads: tuple[Cell, ...] = getattr(table, side)
        found |= {("columns", side, n): cell for n, cell in enumerate(heads)}
        for number, row in enumerate(table.rows):
            cells: tuple[Cell, ...] = getattr(row, side)
            found |= {("rows", number, side, n): cell for n, cell in enumerate(cells)}
    found |= {("rows", number, "id"): row.id for number, row in enumerate(table.rows)}
    return {
        path: node.span_at(cell.start, cell.start + max(1, len(cell.text)))
        for path, cell in found.items()
    }
