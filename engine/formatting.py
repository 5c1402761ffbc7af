"""A document's text with its drawn tables aligned, and nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.source import Mapping, Scalar, Sequence, read_yaml
from engine.rules.tables import format_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.source import Node

_TABLE_KEYS = ("table", "grid")


def format_document(text: str) -> str:
    """Align every drawn table in place; text that is not a document, or a faulty table, stays as it is."""
    node, found = read_yaml(text)
    if node is None or found:
        return text
    lines = text.split("\n")
    for table in _tables(node):
        _align(lines, table)
    return "\n".join(lines)


def _tables(node: Node) -> Iterator[Scalar]:
    match node:
        case Mapping():
            for key, value in node.entries.items():
                if key in _TABLE_KEYS and isinstance(value, Scalar) and value.style == "|":
                    yield value
                else:
                    yield from _tables(value)
        case Sequence():
            for item in node.items:
                yield from _tables(item)
        case _:
            pass


def _align(lines: list[str], table: Scalar) -> None:
    """Write the aligned lines back where the table's lines stand, behind its own indentation."""
    body = table.text.rstrip("\n")
    if not body:
        return
    first = table.span_at(0, 0)
    indent = " " * (first.column - 1)
    for offset, line in enumerate(format_table(body).split("\n")):
        ending = "\r" if lines[first.line - 1 + offset].endswith("\r") else ""
        lines[first.line - 1 + offset] = (indent + line if line else "") + ending
