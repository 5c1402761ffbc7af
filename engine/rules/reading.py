"""A rule set's expressions and tables read to syntax trees, each with its place, before any is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.feel.parser import parse_expression, parse_unary_tests
from engine.kernel.diagnostics import Code
from engine.kernel.source import Scalar
from engine.rules.compiled import Fragment
from engine.rules.documents import DecisionNode
from engine.rules.tables import RESERVED_HEADS, parse_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.feel import tree
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Fault, Loaded
    from engine.rules.documents import RuleSet, Tabular
    from engine.rules.tables import TableText

COMMENT_AFTER = Code(
    "RULE-EXPR-001",
    "a ` #` comment stands after an expression",
    "表达式后面跟了 ` #` 注释",
    "put the comment on its own line, or the expression in quotes",
    "请将注释另起一行，或给表达式加引号",
)
FOLDED = Code(
    "RULE-EXPR-002",
    "an expression stands on one line, or in a `|` block",
    "表达式写在一行内，或写成 `|` 块",
    "join the lines",
    "请合并为一行",
)


@dataclass(slots=True)
class Drawn:
    """A decision or function with its expressions read and not yet checked."""

    path: tuple[str | int, ...]
    name: str
    document: Tabular
    value: tuple[tree.Node, Fragment] | None = None
    only_if: tuple[tree.Node, Fragment] | None = None
    heads: list[tuple[tree.Node | None, Fragment]] = field(default_factory=list)
    cells: list[list[tuple[tree.Node | None, Fragment]]] = field(default_factory=list)
    text: TableText | None = None
    reserved: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)

    def nodes(self) -> Iterable[tree.Node]:
        """Give every expression of it."""
        found = [
            self.value,
            self.only_if,
            *self.heads,
            *(cell for row in self.cells for cell in row),
        ]
        return (node for pair in found if pair is not None and (node := pair[0]) is not None)


class Reader:
    """Reads the expressions of one rule set and collects what is found."""

    def __init__(self, loaded: Loaded[RuleSet]) -> None:
        """Start with nothing found."""
        self.loaded = loaded
        self.found: list[Diagnostic] = []
        self._parsed: dict[tuple[str, bool], tree.Node] = {}

    def report(self, code: Code, *path: str | int, near: str | None = None, **args: object) -> None:
        """Note a finding about what stands at `path`."""
        self.found.append(code.at(self.loaded.span(*path), near=near, **args))

    def faults(self, faults: Iterable[Fault], fragment: Fragment) -> None:
        """Note faults inside the text of an expression."""
        self.found += [fragment.diagnostic(fault) for fault in faults]

    def fragment(self, text: str, *path: str | int) -> Fragment:
        """Find the text of an expression in the author's file, and refuse YAML's forms that would change it."""
        node = self.loaded.node(*path)
        if not isinstance(node, Scalar):
            return Fragment(text, None, 0, self.loaded.span(*path))
        if node.style == ">" or (node.style != "|" and node.span.line != node.span.end_line):
            self.found.append(FOLDED.at(node.span))
        if node.style == "" and node.comment:
            self.found.append(COMMENT_AFTER.at(node.span))
        return Fragment(text, node, 0, node.span)

    def expression(self, text: str, *path: str | int) -> tuple[tree.Node, Fragment] | None:
        """Read an expression; None when it has a fault, which is then told."""
        fragment = self.fragment(text, *path)
        node = self.parse(text.rstrip("\n"), fragment, unary=False)
        return None if node is None else (node, fragment)

    def parse(self, text: str, fragment: Fragment, *, unary: bool) -> tree.Node | None:
        """Parse once a text: the cells of a long table repeat."""
        known = self._parsed.get((text, unary))
        if known is None:
            parsed, faults = parse_unary_tests(text) if unary else parse_expression(text)
            self.faults(faults, fragment)
            if parsed is None:
                return None
            known = self._parsed[text, unary] = parsed
        return known

    def draw(self, path: tuple[str | int, ...], name: str, document: Tabular) -> Drawn:
        """Read every expression of a decision or function."""
        drawn = Drawn(path, name, document)
        if document.value is not None:
            drawn.value = self.expression(document.value, *path, "value")
        if isinstance(document, DecisionNode) and document.only_if is not None:
            drawn.only_if = self.expression(document.only_if, *path, "only_if")
        if document.columns is not None:
            self._draw_table(drawn, document)
        return drawn

    def _draw_table(self, drawn: Drawn, document: Tabular) -> None:
        columns, rows = document.columns, document.rows or ()
        if columns is None:
            return
        node = self.loaded.node(*drawn.path, "table")
        if isinstance(node, Scalar):
            drawn.text, _ = parse_table(node.text)
        for index, then in enumerate(columns.then):
            (drawn.reserved if then in RESERVED_HEADS else drawn.columns)[then] = index
        for index, head in enumerate(columns.when):
            fragment = self._cell(drawn, node, head, -1, index)
            drawn.heads.append((self.parse(head, fragment, unary=False), fragment))
        for number, row in enumerate(rows):
            cells = []
            for index, cell in enumerate((*row.when, *row.then)):
                fragment = self._cell(drawn, node, cell, number, index)
                place = index - len(row.when)
                expression = place < 0 or columns.then[place] not in RESERVED_HEADS
                read = self.parse(cell, fragment, unary=place < 0) if expression else None
                cells.append((read, fragment))
            drawn.cells.append(cells)

    def _cell(self, drawn: Drawn, node: object, text: str, row: int, index: int) -> Fragment:
        """Place a cell: in the drawn text, or in the list of rows."""
        if drawn.text is not None and isinstance(node, Scalar):
            if row < 0:
                cell = (*drawn.text.when, *drawn.text.then)[index]
            else:
                line = drawn.text.rows[row]
                cell = (*line.when, *line.then)[index]
            return Fragment(text, node, cell.start, node.span)
        when = len(drawn.document.columns.when) if drawn.document.columns else 0
        side, place = ("when", index) if index < when else ("then", index - when)
        where = ("columns", side, place) if row < 0 else ("rows", row, side, place)
        return self.fragment(text, *drawn.path, *where)
