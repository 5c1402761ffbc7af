"""What stands at a position of a document: a key, a value, an expression or a cell of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.source import Mapping, Scalar, Sequence, read_yaml
from engine.rules.tables import RESERVED_HEADS, find_cell

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Span
    from engine.kernel.source import Node

Path: TypeAlias = tuple[str | int, ...]
Form: TypeAlias = Literal["key", "value", "expression", "head", "condition", "output", "coded"]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a document: the way to it, the text that stands there and the offset in that text.

    `form` says how the text is read; `coded` is a cell of codes. A cell knows the `head` of its column.
    """

    tree: Mapping
    path: Path
    form: Form
    text: str
    offset: int
    line: int
    column: int
    head: str = ""

    @property
    def is_formula(self) -> bool:
        """Whether the text is FEEL."""
        return self.form in {"expression", "head", "condition", "output"}

    def column_of(self, offset: int) -> int:
        """The column of an offset of the text; only the cursor's own line counts."""
        return self.column - self.offset + offset


def find_place(text: str, line: int, column: int) -> Place | None:
    """Find what stands at a position of a document as it is; None where nothing does."""
    tree, _ = read_yaml(text)
    return _find(tree, _Cursor(tree, line, column), ()) if isinstance(tree, Mapping) else None


def find_place_to_write(text: str, line: int, column: int) -> Place | None:
    """Find what would stand at a position: a line that is not finished yet is finished for the question."""
    if (found := find_place(text, line, column)) is not None:
        return found
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        return None
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    tries = [f"{before}{_MARK}{closed}{after}" for closed in ("", '"', "}", '"}', "'")]
    if re.fullmatch(r"\s*(?:- )?\w*", before) and not after.strip():
        tries.insert(0, f"{before}{_MARK}: 0")
    for tried in tries:
        lines[line - 1] = tried
        if (found := find_place("\n".join(lines), line, column)) is not None:
            path = tuple(s.replace(_MARK, "") if isinstance(s, str) else s for s in found.path)
            return replace(found, text=found.text.replace(_MARK, ""), path=path)
    return None


_MARK = "zzmarkzz"


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A position in a document."""

    tree: Mapping
    line: int
    column: int

    def place(self, path: Path, form: Form, text: str, offset: int, head: str = "") -> Place:
        return Place(self.tree, path, form, text, offset, self.line, self.column, head)

    def is_in(self, span: Span) -> bool:
        first, last = (span.line, span.column), (span.end_line, span.end_column)
        return first <= (self.line, self.column) <= last


def _find(node: Node, cursor: _Cursor, path: Path) -> Place | None:
    match node:
        case Mapping():
            return _find_in_map(node, cursor, path)
        case Sequence():
            found = (_find(item, cursor, (*path, i)) for i, item in enumerate(node.items))
            return next((place for place in found if place is not None), None)
        case Scalar() if cursor.is_in(node.span):
            return _in_scalar(node, cursor, path)
        case _:
            return None


def _find_in_map(node: Mapping, cursor: _Cursor, path: Path) -> Place | None:
    for name, span in node.keys.items():
        if cursor.is_in(span):
            return cursor.place((*path, name), "key", name, cursor.column - span.column)
    for name, child in node.entries.items():
        if found := _find(child, cursor, (*path, name)):
            return found
    empty = [
        (span.end_column, name)
        for name, span in node.keys.items()
        if name not in node.entries and span.line == cursor.line and span.end_column < cursor.column
    ]
    if not empty:
        return None
    here = (*path, max(empty)[1])
    return cursor.place(here, "expression" if is_expression(here, "") else "value", "", 0)


def _in_scalar(node: Scalar, cursor: _Cursor, path: Path) -> Place | None:
    offset = node.offset_at(cursor.line, cursor.column)
    if offset is None:
        return None
    if path[-1] == "table" and node.style == "|":
        return _in_table(node.text, offset, cursor, path)
    form: Form = "expression" if is_expression(path, node.text) else "value"
    start = node.text.rfind("\n", 0, offset) + 1 if node.style == "|" else 0
    end = node.text.find("\n", offset) if node.style == "|" else -1
    text = node.text[start : end if end >= 0 else None]
    return cursor.place(path, form, text, offset - start)


def _in_table(text: str, offset: int, cursor: _Cursor, path: Path) -> Place | None:
    cell = find_cell(text, offset)
    if cell is None or (cell.is_head and cell.head == "id"):
        return None
    form: Form = "condition" if cell.is_condition else "output"
    if cell.is_head:
        form = "head"
    elif cell.head in RESERVED_HEADS or cell.head == "id":
        form = "coded"
    return cursor.place(path, form, cell.text, offset - cell.start, cell.head)


_EXPRESSIONS = {"only_if", "where", "always"}


def is_expression(path: Path, text: str) -> bool:
    """Whether the text at a path is FEEL (`rule-language` section 2, expression keys)."""
    if path[0] == "rules" and "then" in path:
        return text.startswith("= ")
    if path[-1] == "value":
        return path[0] in {"decisions", "functions"} or "parts" in path
    return path[-1] in _EXPRESSIONS or path[0] == "assume" or _is_listed_condition(path)


def _is_listed_condition(path: Path) -> bool:
    """Whether a path leads to a condition of a listed table."""
    return len(path) > 1 and path[-2] == "when" and bool({"rows", "columns"} & set(path))
