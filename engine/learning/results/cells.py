"""Tables of text: CSV with a header in Chinese or English, every cell with its line."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.diagnostics import Code, Diagnostic, Span, nearest
from engine.kernel.errors import DocumentError
from engine.learning.results.reading import MAX_ROWS, MAX_SIZE, TOO_LARGE, TOO_MANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NO_HEADER = Code(
    "RESULT-CSV-001",
    "the first line does not name the column `{column}`",
    "首行缺少列 `{column}`",
    "known columns: {known}",
    "可用的列：{known}",
)
UNKNOWN_COLUMN = Code(
    "RESULT-CSV-002",
    "the column `{column}` is not known",
    "不认识的列 `{column}`",
    "known columns: {known}",
    "可用的列：{known}",
)
COLUMN_TWICE = Code(
    "RESULT-CSV-003",
    "the column `{column}` stands twice",
    "列 `{column}` 出现两次",
    "keep one",
    "请保留一个",
)
WRONG_WIDTH = Code(
    "RESULT-CSV-004",
    "this line has {found} cells, and the header has {wanted}",
    "本行有 {found} 格，而表头有 {wanted} 格",
    'put a cell that holds the separator in quotes "…"',
    "含分隔符的单元格请加英文双引号",
)
BROKEN = Code(
    "RESULT-CSV-005",
    "this line cannot be read as cells",
    "本行无法按单元格读取",
    "close every quote; write a quote inside a cell twice",
    "请闭合引号；单元格内的引号写两次",
)
Columns: TypeAlias = "Mapping[str, tuple[str, str]]"
"""The columns that a table may have: by key, what each is called in zh and in en."""

_SEPARATORS = (",", ";", "\t")


def read_cells(
    text: str, columns: Columns, needed: Sequence[str], path: str = ""
) -> Iterator[tuple[Span, dict[str, str] | Diagnostic]]:
    """Give the cells of each line that are not empty, by key, or what is wrong with a line.

    Raises DocumentError where the table as a whole cannot be read. The first line names the columns, in any order; commas, semicolons or tabs separate them.
    """
    if len(text) > MAX_SIZE:
        place = Span(path, 1, 1, 1, 1)
        raise DocumentError([TOO_LARGE.at(place, size=len(text), limit=MAX_SIZE)])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = max(_SEPARATORS, key=lines[0].count)
    keys: list[str] | None = None
    for number, (span, cells) in enumerate(_rows(lines, separator, path)):
        if number > MAX_ROWS:
            raise DocumentError([TOO_MANY.at(span, limit=MAX_ROWS)])
        if keys is None:
            keys = _header(cells, columns, needed, span)
        elif len(cells) != len(keys):
            yield span, WRONG_WIDTH.at(span, found=len(cells), wanted=len(keys))
        else:
            yield span, {k: c.strip() for k, c in zip(keys, cells, strict=True) if c.strip()}
    if keys is None:
        raise DocumentError([_no_header(needed[0], columns, Span(path, 1, 1, 1, 1))])


def without_percent(cell: str) -> str:
    """Take the percent sign off a number."""
    return cell.removesuffix("%").removesuffix("％").strip()


def _rows(lines: list[str], separator: str, path: str) -> Iterator[tuple[Span, list[str]]]:
    """Give the cells of each line that is not empty; a quoted cell may go over several."""
    reader = csv.reader([f"{line}\n" for line in lines], delimiter=separator, strict=True)
    begun = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise DocumentError([BROKEN.at(Span(path, begun, 1, begun, 1))]) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield Span(path, begun, 1, begun, len(lines[begun - 1]) + 1), cells
        begun = reader.line_num + 1


def _header(cells: Sequence[str], columns: Columns, needed: Sequence[str], span: Span) -> list[str]:
    """Read the first line as keys."""
    by_name = {name: key for key, said in columns.items() for name in (*said, key)}
    found: list[Diagnostic] = []
    keys: list[str] = []
    for cell in cells:
        key = by_name.get(cell.strip().lower())
        if key is None:
            near = nearest(cell.strip().lower(), by_name)
            known = _known(columns)
            found.append(UNKNOWN_COLUMN.at(span, column=cell[:80], known=known, near=near))
        elif key in keys:
            found.append(COLUMN_TWICE.at(span, column=cell[:80]))
        keys.append(key or cell)
    found += [_no_header(key, columns, span) for key in needed if key not in keys]
    if found:
        raise DocumentError(found)
    return keys


def _no_header(key: str, columns: Columns, span: Span) -> Diagnostic:
    return NO_HEADER.at(span, column=columns[key][1], known=_known(columns))


def _known(columns: Columns) -> str:
    return ", ".join(f"`{en}`/`{zh}`" for zh, en in columns.values())
