"""The parts of a document as an outline: its sections, what they declare, and the rows of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.diagnostics import Span
from engine.kernel.source import Mapping, Scalar, Sequence, descend, read_yaml
from engine.rules.tables import parse_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.source import Node

EntryKind: TypeAlias = Literal["section", "name", "row"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the outline: the place of its name, the stretch of all that it holds, and its parts."""

    name: str
    kind: EntryKind
    detail: str
    span: Span
    whole: Span
    parts: tuple[Entry, ...] = ()


def outline(text: str) -> list[Entry]:
    """List the sections of a document that declare something, with their parts."""
    tree, _ = read_yaml(text)
    if not isinstance(tree, Mapping):
        return []
    found = []
    for key, node in tree.entries.items():
        parts = tuple(_parts(node))
        if parts and key != "title":
            span = tree.keys[key]
            found.append(Entry(key, "section", "", span, _joined(span, node.span), parts))
    return found


def _parts(node: Node) -> Iterator[Entry]:
    match node:
        case Mapping():
            for name, child in node.entries.items():
                span = node.keys[name]
                rows = tuple(_rows(child))
                yield Entry(name, "name", _label(child), span, _joined(span, child.span), rows)
        case Sequence():
            for item in node.items:
                id_ = descend(item, ("id",)) or descend(item, ("case",))
                if isinstance(id_, Scalar):
                    yield Entry(id_.text, "name", _label(item), id_.span, item.span)
        case _:
            pass


def _rows(node: Node) -> Iterator[Entry]:
    table = descend(node, ("table",))
    if not isinstance(table, Scalar):
        return
    drawn, _ = parse_table(table.text)
    for row in drawn.rows if drawn is not None else ():
        span = table.span_at(row.id.start, row.id.start + len(row.id.text))
        last = row.then[-1]
        whole = table.span_at(row.id.start, last.start + len(last.text))
        yield Entry(row.id.text, "row", row.then[0].text, span, whole)


def _label(node: Node) -> str:
    for key in ("label", "title"):
        found = [descend(node, (key, lang)) for lang in ("zh", "en")]
        if texts := [n.text for n in found if isinstance(n, Scalar)]:
            return " · ".join(texts)
    return ""


def _joined(first: Span, second: Span) -> Span:
    """The stretch from the start of one to the end of the other."""
    end = max((first.end_line, first.end_column), (second.end_line, second.end_column))
    return Span(first.path, first.line, first.column, *end)
