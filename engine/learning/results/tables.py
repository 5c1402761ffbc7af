"""Results and mentor ratings as a table of text: CSV with a header in Chinese or English."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Diagnostic, Span, nearest
from engine.kernel.errors import DocumentError
from engine.learning.results.reading import (
    MAX_FINDINGS,
    MAX_ROWS,
    MAX_SIZE,
    TOO_LARGE,
    TOO_MANY,
    read_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.learning.results.documents import LearningResult
    from engine.learning.results.reading import Names

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
NOTHING_SAID = Code(
    "RESULT-CSV-006",
    "this line says nothing: completion, exam, rating and comment are all empty",
    "本行没有内容：完成率、考试、评级和评语都为空",
    "fill one in, or delete the line",
    "请填写其中一项，或删除该行",
)

_COLUMNS = {
    "id": ("编号", "id"),
    "learner": ("学员", "learner"),
    "item": ("课程", "item"),
    "completion": ("完成率", "completion"),
    "exam": ("考试成绩", "exam"),
    "success": ("是否通过", "success"),
    "rating": ("评级", "rating"),
    "text": ("评语", "comment"),
    "at": ("时间", "at"),
    "source": ("来源", "source"),
}
_NEEDED = ("learner", "item", "at")
_FIGURES = ("completion", "exam", "success", "rating", "text")
_SEPARATORS = (",", ";", "\t")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_table(text: str, names: Names, path: str = "") -> tuple[LearningResult, ...]:
    """Read a table of results or ratings; raises DocumentError with every finding at its line.

    Columns, in any order: learner, item, at, and of completion, exam, success, rating, comment,
    source, id those there are. Percentages may carry `%`; a day without a time is its first instant in UTC.
    """
    if len(text) > MAX_SIZE:
        place = Span(path, 1, 1, 1, 1)
        raise DocumentError([TOO_LARGE.at(place, size=len(text), limit=MAX_SIZE)])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = max(_SEPARATORS, key=lines[0].count)
    found: list[Diagnostic] = []
    read: list[LearningResult] = []
    keys: list[str] | None = None
    for number, (span, cells) in enumerate(_rows(lines, separator, path)):
        if number > MAX_ROWS:
            raise DocumentError([TOO_MANY.at(span, limit=MAX_ROWS)])
        if keys is None:
            keys = _header(cells, span)
            continue
        row = _row(keys, cells, names, span)
        if isinstance(row, list):
            found += row
        elif row is not None:
            read.append(row)
        if len(found) >= MAX_FINDINGS:
            break
    if keys is None:
        raise DocumentError([_no_header("learner", Span(path, 1, 1, 1, 1))])
    if found:
        raise DocumentError(found)
    return tuple(read)


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


def _header(cells: Sequence[str], span: Span) -> list[str]:
    """Read the first line as keys."""
    by_name = {name: key for key, said in _COLUMNS.items() for name in said}
    by_name |= {key: key for key in _COLUMNS}
    found: list[Diagnostic] = []
    keys: list[str] = []
    for cell in cells:
        key = by_name.get(cell.strip().lower())
        if key is None:
            near = nearest(cell.strip().lower(), by_name)
            found.append(UNKNOWN_COLUMN.at(span, column=cell[:80], known=_known(), near=near))
        elif key in keys:
            found.append(COLUMN_TWICE.at(span, column=cell[:80]))
        keys.append(key or cell)
    found += [_no_header(key, span) for key in _NEEDED if key not in keys]
    if found:
        raise DocumentError(found)
    return keys


def _no_header(key: str, span: Span) -> Diagnostic:
    return NO_HEADER.at(span, column=_COLUMNS[key][1], known=_known())


def _known() -> str:
    return ", ".join(f"`{en}`/`{zh}`" for zh, en in _COLUMNS.values())


def _row(
    keys: Sequence[str], cells: Sequence[str], names: Names, span: Span
) -> LearningResult | list[Diagnostic] | None:
    if len(cells) != len(keys):
        return [WRONG_WIDTH.at(span, found=len(cells), wanted=len(keys))]
    data: dict[str, object] = {
        key: cell.strip() for key, cell in zip(keys, cells, strict=True) if cell.strip()
    }
    if not any(key in data for key in _FIGURES):
        return [NOTHING_SAID.at(span)]
    return read_row({"source": "csv", "learner": "", "item": "", **_values(data)}, names, span)


def _values(data: Mapping[str, object]) -> dict[str, object]:
    """Write the cells as a document has them: numbers without `%`, days as instants."""
    made = dict(data)
    for key in ("completion", "exam"):
        if key in made:
            made[key] = str(made[key]).removesuffix("%").removesuffix("％").strip()
    if _DAY.fullmatch(str(made.get("at", ""))):
        made["at"] = f"{made['at']}T00:00:00Z"
    return made
