"""A decision table drawn as text: heads, rows and cells, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.feel.parser import FULL_WIDTH
from engine.kernel.diagnostics import Code, width
from engine.kernel.documents import Fault

NO_HEAD = Code(
    "TABLE-001",
    "the table needs a head line, a line of dashes and at least one row",
    "表格需要表头行、短横线行和至少一行规则",
    "write `| id | … || … |`, then `|----|…`, then the rows",
    "请先写 `| id | … || … |`，再写 `|----|…`，然后写各行",
)
NO_BAR = Code(
    "TABLE-002",
    "a line of a table starts and ends with `|`",
    "表格的每一行以 `|` 开头并以 `|` 结尾",
    "add the missing `|`",
    "请补上缺少的 `|`",
)
CELL_COUNT = Code(
    "TABLE-003",
    "the row has {given} cells, and the head has {wanted}",
    "该行有 {given} 个单元格，而表头有 {wanted} 个",
    "write `-` for a cell that does not matter",
    "不重要的单元格请写 `-`",
)
SPLIT_PLACE = Code(
    "TABLE-004",
    "`||` stands in another place than in the head",
    "`||` 的位置与表头不同",
    "put it between the conditions and the outputs",
    "请放在条件与输出之间",
)
NO_SPLIT = Code(
    "TABLE-005",
    "the head needs one `||` between conditions and outputs",
    "表头需要一个 `||` 分隔条件与输出",
    "write `| id | score || outcome |`",
    "请写成 `| id | score || outcome |`",
)
EMPTY_CELL = Code("TABLE-006", "the cell is empty", "单元格为空", "write `-`", "请写 `-`")
NO_ID = Code(
    "TABLE-007",
    "the first column of a table is `id`",
    "表格的第一列是 `id`",
    "name each row, such as `P01`",
    "请给每行命名，例如 `P01`",
)
NO_DASHES = Code(
    "TABLE-008",
    "the second line of a table is dashes",
    "表格的第二行是短横线",
    "write `|-----|------||-----|`, or run `evenhand fmt`",
    "请写 `|-----|------||-----|`，或运行 `evenhand fmt`",
)

RESERVED_HEADS = ("reason", "obligation", "clause", "note")
"""Output heads that hold codes or text instead of expressions."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The trimmed text of a cell and the offset at which it starts in the table's text."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its id, conditions and outputs."""

    id: Cell
    when: tuple[Cell, ...]
    then: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TableText:
    """A table as it was drawn."""

    when: tuple[Cell, ...]
    then: tuple[Cell, ...]
    rows: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CellAt:
    """The cell at a place of a drawn table, with the head of its column."""

    text: str
    start: int
    head: str
    is_head: bool
    is_condition: bool


@dataclass(frozen=True, slots=True)
class _Split:
    cells: tuple[Cell, ...]
    double: tuple[int, ...]
    """After which cells a `||` stands."""


def parse_table(text: str) -> tuple[TableText | None, list[Fault]]:
    """Read a drawn table; gives it, or every fault of its form."""
    faults: list[Fault] = []
    lines = [
        (start, line)
        for start, line in _lines(text)
        if line.strip() and not line.strip().startswith("#")
    ]
    splits = [(start, line, _split(start, line, faults)) for start, line in lines]
    if len(splits) < 3:  # noqa: PLR2004 - head, dashes, one row
        return None, faults or [Fault(NO_HEAD, 0, len(text.rstrip()))]
    start, line, head = splits[0]
    if head is None:
        return None, faults
    if wrong := _check_head(start, line, head):
        return None, [*faults, wrong]
    faults += [Fault(EMPTY_CELL, c.start, c.start + 1) for c in head.cells if not c.text]
    if not re.fullmatch(r"[\s|:-]+", splits[1][1]):
        faults.append(Fault(NO_DASHES, splits[1][0], splits[1][0] + len(splits[1][1])))
    at = head.double[0]
    rows = [
        row
        for start, line, split in splits[2:]
        if split is not None and (row := _row(start, line, split, head, faults))
    ]
    if faults:
        return None, faults
    return TableText(head.cells[1:at], head.cells[at:], tuple(rows)), []


def find_cell(text: str, offset: int) -> CellAt | None:
    """Find the cell at an offset, also of a table that is not finished; None outside the cells."""
    lines = [
        (start, line) for start, line in _lines(text) if line and not line.startswith(("#", "|-"))
    ]
    at = next((i for i, (s, line) in enumerate(lines) if s < offset < s + len(line)), None)
    head = _split(*lines[0], []) if at is not None else None
    if at is None or head is None:
        return None
    start, line = lines[at]
    # Cut at the place and closed there, the line ends with the cell that the place is in.
    cut = next(
        (s for end in ("|", '"|') if (s := _split(start, line[: offset - start] + end, []))), None
    )
    if cut is None or len(cut.cells) > len(head.cells):
        return None
    index = len(cut.cells) - 1
    whole = _split(start, line, []) or cut
    cell, of = whole.cells[index], head.cells[index].text
    if not cell.text:
        cell = Cell("", offset)
    condition = not head.double or index < head.double[0]
    return CellAt(cell.text, cell.start, of, at == 0, condition)


def _check_head(start: int, line: str, head: _Split) -> Fault | None:
    if len(head.double) != 1 or head.double[0] == len(head.cells):
        return Fault(NO_SPLIT, start, start + len(line))
    first = head.cells[0]
    if first.text != "id":
        return Fault(NO_ID, first.start, first.start + max(1, len(first.text)))
    return None


def _wide_bar(line: str) -> int | None:
    """Find a full-width bar outside the texts of a line."""
    found = re.search(r"｜", re.sub(r'"[^"]*"', lambda m: " " * len(m[0]), line))
    return found.start() if found else None


def _row(start: int, line: str, split: _Split, head: _Split, faults: list[Fault]) -> Line | None:
    cells, end = split.cells, start + len(line)
    if len(cells) != len(head.cells) and (wide := _wide_bar(line)) is not None:
        sign = {"sign": "｜", "ascii": "|"}
        faults.append(Fault(FULL_WIDTH, start + wide, start + wide + 1, sign))
        return None
    if len(cells) != len(head.cells):
        counts = {"given": str(len(cells)), "wanted": str(len(head.cells))}
        faults.append(Fault(CELL_COUNT, start, end, counts))
        return None
    if split.double != head.double:
        faults.append(Fault(SPLIT_PLACE, start, end))
        return None
    faults += [Fault(EMPTY_CELL, c.start, c.start + 1) for c in cells if not c.text]
    at = head.double[0]
    return Line(cells[0], cells[1:at], cells[at:])


def _lines(text: str) -> list[tuple[int, str]]:
    found, offset = [], 0
    for line in text.split("\n"):
        bare = line.rstrip()
        indent = len(bare) - len(bare.lstrip())
        found.append((offset + indent, bare.lstrip()))
        offset += len(line) + 1
    return found


def _split(start: int, line: str, faults: list[Fault]) -> _Split | None:
    """Cut a line at its bars; bars inside a FEEL string are text."""
    if not line.startswith("|") or not line.endswith("|") or len(line) < 2:  # noqa: PLR2004 - one bar is no line
        wide = line.find("｜")
        if wide >= 0:
            faults.append(
                Fault(FULL_WIDTH, start + wide, start + wide + 1, {"sign": "｜", "ascii": "|"})
            )
        else:
            faults.append(Fault(NO_BAR, start, start + len(line)))
        return None
    cells: list[Cell] = []
    double: list[int] = []
    begin, position, quoted = 1, 1, False
    while position < len(line):
        sign = line[position]
        if sign == "\\" and quoted:
            position += 2
            continue
        if sign == '"':
            quoted = not quoted
        elif sign == "|" and not quoted:
            cells.append(_cell(line[begin:position], start + begin))
            if line[position : position + 2] == "||" and position + 2 < len(line):
                double.append(len(cells))
                position += 1
            begin = position + 1
        position += 1
    if begin < len(line):
        faults.append(Fault(NO_BAR, start, start + len(line)))
        return None
    return _Split(tuple(cells), tuple(double))


def _cell(text: str, start: int) -> Cell:
    stripped = text.strip()
    lead = len(text) - len(text.lstrip()) if stripped else max(0, len(text) // 2)
    return Cell(stripped, start + lead)


def format_table(text: str) -> str:
    """Align the bars of a drawn table, counting East Asian widths; comments and a faulty table stay as they are."""
    table, faults = parse_table(text)
    if table is None or faults:
        return text
    head = ("id", *(c.text for c in table.when)), tuple(c.text for c in table.then)
    rows = [
        ((r.id.text, *(c.text for c in r.when)), tuple(c.text for c in r.then)) for r in table.rows
    ]
    widths = [
        max(width(line[side][column]) for line in (head, *rows))
        for side in (0, 1)
        for column in range(len(head[side]))
    ]
    drawn = iter(
        [
            _drawn(head, widths),
            _dashes(len(head[0]), widths),
            *(_drawn(row, widths) for row in rows),
        ]
    )
    aligned = []
    for line in text.split("\n"):
        bare = line.strip()
        aligned.append(next(drawn) if bare and not bare.startswith("#") else bare)
    return "\n".join(aligned)


def _drawn(line: tuple[tuple[str, ...], tuple[str, ...]], widths: list[int]) -> str:
    left, right = line
    padded = [
        f" {text}{' ' * (w - width(text))} "
        for text, w in zip((*left, *right), widths, strict=True)
    ]
    return f"|{'|'.join(padded[: len(left)])}||{'|'.join(padded[len(left) :])}|"


def _dashes(left: int, widths: list[int]) -> str:
    bars = ["-" * (w + 2) for w in widths]
    return f"|{'|'.join(bars[:left])}||{'|'.join(bars[left:])}|"
