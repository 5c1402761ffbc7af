"""A cohort read from a file's text: CSV as a spreadsheet saves it, JSON, or YAML."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.kernel.diagnostics import Code, Span, has_errors, in_order, nearest
from engine.kernel.documents import load_data, load_text, shape_faults
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import read_json
from engine.learning.cohort.documents import Cohort, Hire

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.kernel.diagnostics import Diagnostic

COLUMN_ABSENT = Code(
    "COHORT-TABLE-001",
    "the column `{column}` is not there",
    "缺少列 `{column}`",
    "the first row names the columns: {known}, and a competency for each further one",
    "首行为列名：{known}；其余每列为一项胜任力",
)
COLUMN_TWICE = Code(
    "COHORT-TABLE-002",
    "the column `{column}` stands twice",
    "列 `{column}` 出现两次",
    "keep one",
    "请保留一列",
)
TOO_WIDE = Code(
    "COHORT-TABLE-003",
    "this row has {count} cells, and there are {columns} columns",
    "该行有 {count} 格，而列数为 {columns}",
    "delete the cells that have no column, or put a text with commas in quotes",
    "请删除没有列名的格，或给含逗号的文字加引号",
)
UNKNOWN_COLUMN = Code(
    "COHORT-TABLE-004",
    "`{column}` is neither a column of a cohort nor a competency of the catalog",
    "`{column}` 既不是名单的列，也不是目录中的胜任力",
    "columns: {known}; each further one is a competency with its scores",
    "可用列：{known}；其余每列为一项胜任力的得分",
)
BROKEN_ROW = Code(
    "COHORT-TABLE-005",
    "this row cannot be read as CSV",
    "该行无法按 CSV 读取",
    "save the table again as CSV, in UTF-8",
    "请重新以 UTF-8 的 CSV 保存",
)

_LISTS = ("languages", "passed")
_COLUMNS = tuple(name for name in Hire.model_fields if name != "scores")
_NEEDED = ("id", "role", "arrival", "hours_a_week")


def parse_cohort(text: str, path: str, competencies: Collection[str]) -> Cohort:
    """Read a cohort, as CSV, YAML or JSON by the end of the path; raises DocumentError with every finding."""
    if path.lower().endswith(".csv"):
        return _table(text, path, competencies)
    if path.lower().endswith((".yaml", ".yml")):
        return load_text(Cohort, text, path).document
    loaded, found = load_data(Cohort, read_json(text, path), path)
    if loaded is None:
        raise DocumentError(found)
    return loaded.document


def _table(text: str, path: str, competencies: Collection[str]) -> Cohort:
    rows = list(_rows(text, path))
    if not rows:
        return Cohort(schema_version="1", kind="cohort", hires=())
    head = [cell.strip() for cell in rows[0][1]]
    found = list(_check_head(head, path, competencies))
    hires = []
    for line, cells in rows[1:] if not has_errors(found) else ():
        hire = _hire(head, line, cells, path)
        if isinstance(hire, Hire):
            hires.append(hire)
        else:
            found += hire
    if has_errors(found):
        raise DocumentError(in_order(found))
    return Cohort(schema_version="1", kind="cohort", hires=tuple(hires))


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that are not empty, each with its line."""
    reader = csv.reader(text.splitlines(), strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise DocumentError([BROKEN_ROW.at(_span(path, reader.line_num))]) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _span(path: str, line: int) -> Span:
    return Span(path, line, 1, line, 1)


def _check_head(
    head: Sequence[str], path: str, competencies: Collection[str]
) -> Iterator[Diagnostic]:
    known = ", ".join(f"`{column}`" for column in _COLUMNS)
    for column in _NEEDED:
        if column not in head:
            yield COLUMN_ABSENT.at(
                _span(path, 1), column=column, known=known, near=nearest(column, head)
            )
    for at, column in enumerate(head):
        if column in head[:at]:
            yield COLUMN_TWICE.at(_span(path, 1), column=column[:80])
        if column not in _COLUMNS and column not in competencies:
            near = nearest(column, [*_COLUMNS, *competencies])
            yield UNKNOWN_COLUMN.at(_span(path, 1), column=column[:80], known=known, near=near)


def _hire(
    head: Sequence[str], line: int, cells: Sequence[str], path: str
) -> Hire | list[Diagnostic]:
    if len(cells) > len(head):
        return [TOO_WIDE.at(_span(path, line), count=len(cells), columns=len(head))]
    given: dict[str, object] = {}
    scores: dict[str, str] = {}
    for column, raw in zip(head, cells, strict=False):
        cell = raw.strip()
        if not cell:
            continue
        if column in _LISTS:
            given[column] = [part.strip() for part in cell.split(";") if part.strip()]
        elif column in _COLUMNS:
            given[column] = cell
        else:
            scores[column] = cell
    try:
        return Hire.model_validate({**given, "scores": scores})
    except ValidationError as error:
        faults = shape_faults(Hire, error, None, "")
        return [replace(fault, span=_span(path, line)) for fault in faults]
