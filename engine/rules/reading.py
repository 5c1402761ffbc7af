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
    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Fault, Loaded
    from engine.rules.documents import RuleSet, TableColumns, TableRow, Tabular
    from engine.rules.tables import TableText

COMMENT_AFTER = Code(
    "RULE-EXPR-001",
    "a ` #` comment stands after an expression",
    "表达式后面跟了 ` #` 注释",
    "put the comment on its own line, or the expression in quotes",
    "请将注释另起一行，或给表达式加引号",
)
ROW_CELLS = Code(
    "RULE-SHAPE-002",
    "the row `{row}` has {given} cells, and the columns have {wanted}",
    "行 `{row}` 有 {given} 个单元格，而列有 {wanted} 个",
    "write `-` for a cell that does not matter",
    "不重要的单元格请写 `-`",
)
FOLDED = Code(
    "RULE-EXPR-002",
    "an expression stands on one line, or in a `|` block",
    "表达式写在一行内，或写成 `|` 块",
    "join the lines",
    "请合并为一行",
)


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row of a table with its cells read: conditions first, then outputs."""

    row: TableRow
    cells: tuple[tuple[tree.Node | None, Fragment], ...]
    span: Span | None


@dataclass(slots=True)
class Drawn:
    """A decision or function with its expressions read and not yet checked."""

    path: tuple[str | int, ...]
    name: str
    document: Tabular
    value: tuple[tree.Node, Fragment] | None = None
    only_if: tuple[tree.Node, Fragment] | None = None
    heads: list[tuple[tree.Node | None, Fragment]] = field(default_factory=list)
    then: dict[str, Fragment] = field(default_factory=dict)
    rows: list[DrawnRow] = field(default_factory=list)
    text: TableText | None = None

    def nodes(self) -> Iterable[tree.Node]:
        """Give every expression of it."""
        found = [
            self.value,
            self.only_if,
            *self.heads,
            *(cell for row in self.rows for cell in row.cells),
        ]
        # The cells of a long table repeat: a text is read once, and given once.
        nodes = {id(pair[0]): pair[0] for pair in found if pair is not None}
        return (node for node in nodes.values() if node is not None)


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
            self._draw_table(drawn, document.columns, document.rows or ())
        return drawn

    def _draw_table(self, drawn: Drawn, columns: TableColumns, rows: Iterable[TableRow]) -> None:
        node = self.loaded.node(*drawn.path, "table")
        if isinstance(node, Scalar):
            drawn.text, _ = parse_table(node.text)
        when, then = len(columns.when), len(columns.then)
        for index, head in enumerate(columns.when):
            fragment = self._cell(drawn, node, head, (-1, "when", index))
            drawn.heads.append((self.parse(head, fragment, unary=False), fragment))
        for index, head in enumerate(columns.then):
            drawn.then[head] = self._cell(drawn, node, head, (-1, "then", index))
        for number, row in enumerate(rows):
            span = self._row_span(drawn, node, number)
            if (len(row.when), len(row.then)) != (when, then):
                given = len(row.when) + len(row.then)
                self.found.append(ROW_CELLS.at(span, row=row.id, given=given, wanted=when + then))
                continue
            cells: list[tuple[tree.Node | None, Fragment]] = []
            for index, text in enumerate(row.when):
                fragment = self._cell(drawn, node, text, (number, "when", index))
                cells.append((self.parse(text, fragment, unary=True), fragment))
            for index, text in enumerate(row.then):
                fragment = self._cell(drawn, node, text, (number, "then", index))
                coded = columns.then[index] in RESERVED_HEADS
                cells.append((None if coded else self.parse(text, fragment, unary=False), fragment))
            drawn.rows.append(DrawnRow(row, tuple(cells), span))

    def _row_span(self, drawn: Drawn, node: object, number: int) -> Span | None:
        if drawn.text is not None and isinstance(node, Scalar):
            cell = drawn.text.rows[number].id
            return node.span_at(cell.start, cell.start + len(cell.text))
        if self.loaded.tree is None:
            return None
        return self.loaded.span(*drawn.path, "rows", number, "id")

    def _cell(self, drawn: Drawn, node: object, text: str, place: tuple[int, str, int]) -> Fragment:
        """Place a cell by row, side and index, in the drawn text or the listed rows; row -1 is the heads."""
        if self.loaded.tree is None:
            return Fragment(text)
        row, side, index = place
        row, side, index = place
        if drawn.text is not None and isinstance(node, Scalar):
            line = drawn.text if row < 0 else drawn.text.rows[row]
            cell = (line.when if side == "when" else line.then)[index]
            return Fragment(text, node, cell.start, node.span)
        where = ("columns", side, index) if row < 0 else ("rows", row, side, index)
        return self.fragment(text, *drawn.path, *where)
