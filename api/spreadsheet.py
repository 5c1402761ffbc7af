"""Workbooks in and out: sheets of text cells with drop-downs, and findings written back as red cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import LANGS, Code, Diagnostic, Phrase, Span
from engine.kernel.errors import DocumentError
from engine.rules.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

NOT_A_WORKBOOK = Code(
    "SHEET-010",
    "`{name}` is not a workbook that can be read",
    "`{name}` 不是可读取的工作簿",
    "save it as .xlsx, without a password",
    "请另存为不带密码的 .xlsx",
)
TOO_LARGE = Code(
    "SHEET-011",
    "the workbook has more than {limit} {what}",
    "工作簿的{what}超过 {limit}",
    "delete what does not belong to the rule set",
    "请删除与规则集无关的内容",
)
FORMULA = Code(
    "SHEET-012",
    "this is a formula, and a rule stands as text",
    "这是公式，而规则须为文字",
    "write what the cell is to say, as text",
    "请以文字写出该单元格的内容",
)
NOT_TEXT = Code(
    "SHEET-013",
    "this is a {kind}, and a rule stands as text",
    "这是{kind}，而规则须为文字",
    "set the cell's format to Text, and type it again",
    "请将单元格格式设为“文本”后重新输入",
)
MERGED = Code(
    "SHEET-014",
    "these cells are merged",
    "这些单元格已合并",
    "split them: each cell says one thing",
    "请拆分：每个单元格只写一项",
)

MOST_BYTES, _MOST_UNPACKED = 10 * 2**20, 100 * 2**20
_MOST_SHEETS, _MOST_ROWS, _MOST_COLUMNS = 120, 20_000, 200
_BYTES, _SHEETS = Phrase("bytes", "字节数"), Phrase("sheets", "工作表数")
_CELLS = Phrase("rows or columns", "行数或列数")
_DATE, _ERROR = Phrase("date", "日期"), Phrase("spreadsheet error", "表格错误值")
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_WRONG = PatternFill("solid", fgColor="FFC7CE")
_AUTHOR = "evenhand"
_LISTS = "lists"
"""The hidden sheet that holds what drop-downs offer."""


# --- out -----------------------------------------------------------------------------------------


def write_workbook(
    sheets: Sequence[Sheet], choices: Mapping[tuple[str, str], Sequence[str]]
) -> bytes:
    """Write sheets of text cells; `choices` are what the columns of sheets offer, by sheet and head."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        made = book.create_sheet(sheet.name)
        for number, row in enumerate(sheet.rows, 1):
            for column, text in enumerate(row, 1):
                _write_text(made.cell(number, column), text)
        _dress(made, sheet)
    _offer(book, sheets, choices)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_text(cell: Any, text: str) -> None:  # noqa: ANN401 - openpyxl's cells have many classes
    """Write a text as a text, also one that starts as a formula does."""
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=len(text) > 60)  # noqa: PLR2004 - a line's worth
    if text:
        cell.value = text
        cell.data_type = "s"


def _dress(made: Worksheet, sheet: Sheet) -> None:
    made.freeze_panes = "B2"
    for column, head in enumerate(sheet.rows[0], 1):
        cell = made.cell(1, column)
        cell.font, cell.fill = Font(bold=True), _HEAD
        longest = max((len(row[column - 1]) for row in sheet.rows if column <= len(row)), default=0)
        width = min(60, max(len(head), longest, 4) + 3)
        made.column_dimensions[get_column_letter(column)].width = width
    # Rows that are yet to be written are text as well.
    for number in range(len(sheet.rows) + 1, len(sheet.rows) + 51):
        for column in range(1, len(sheet.rows[0]) + 1):
            made.cell(number, column).number_format = "@"


def _offer(
    book: Workbook,
    sheets: Sequence[Sheet],
    choices: Mapping[tuple[str, str], Sequence[str]],
) -> None:
    """Put drop-downs on columns; another text may be written all the same, for a cell may be any test."""
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    taken = 0
    for sheet in sheets:
        for column, head in enumerate(sheet.rows[0], 1):
            offered = choices.get((sheet.name, head), ())
            if not offered:
                continue
            taken += 1
            for number, text in enumerate(offered, 1):
                _write_text(lists.cell(number, taken), text)
            letter, own = get_column_letter(taken), get_column_letter(column)
            rule = DataValidation(
                type="list",
                formula1=f"={_LISTS}!${letter}$1:${letter}${len(offered)}",
                allow_blank=True,
                showErrorMessage=False,
            )
            rule.add(f"{own}2:{own}{len(sheet.rows) + 50}")
            book[sheet.name].add_data_validation(rule)


# --- in ------------------------------------------------------------------------------------------


def read_workbook(
    raw: bytes, name: str, *, dates: bool = False
) -> tuple[list[Sheet], list[Diagnostic]]:
    """Read the text cells of a workbook, and find what is not text; with `dates` a day may be one.

    Raises DocumentError for what is no workbook, or too large.
    """
    book = _open(raw, name)
    found: list[Diagnostic] = []
    sheets = []
    for sheet in book.worksheets:
        if sheet.title == _LISTS:
            continue
        if sheet.max_row > _MOST_ROWS or sheet.max_column > _MOST_COLUMNS:
            limit = f"{_MOST_ROWS} × {_MOST_COLUMNS}"
            raise DocumentError([TOO_LARGE.at(None, limit=limit, what=_CELLS)])
        merged = sheet.merged_cells.ranges
        found += [MERGED.at(_span(sheet.title, r.min_row, r.min_col)) for r in merged]
        rows = [
            [_text(cell, sheet.title, found, dates=dates) for cell in row]
            for row in sheet.iter_rows()
        ]
        while rows and not any(rows[-1]):
            rows.pop()
        sheets.append(Sheet(sheet.title, tuple(map(tuple, rows))))
    return sheets, found


def _open(raw: bytes, name: str) -> Workbook:
    """Open a workbook, after its size was looked at: a small file can unpack to a very large one."""
    if len(raw) > MOST_BYTES or _unpacked(raw) > _MOST_UNPACKED:
        raise DocumentError([TOO_LARGE.at(None, limit=str(MOST_BYTES), what=_BYTES)])
    try:
        book = load_workbook(io.BytesIO(raw), keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, TypeError):
        raise DocumentError([NOT_A_WORKBOOK.at(None, name=name)]) from None
    if len(book.worksheets) > _MOST_SHEETS:
        raise DocumentError([TOO_LARGE.at(None, limit=str(_MOST_SHEETS), what=_SHEETS)])
    return book


def _unpacked(raw: bytes) -> int:
    """Add up what the parts of a workbook say they unpack to; nothing for what is no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return sum(entry.file_size for entry in packed.infolist())
    except zipfile.BadZipFile:
        return 0


def _text(cell: Any, sheet: str, found: list[Diagnostic], *, dates: bool) -> str:  # noqa: ANN401 - openpyxl's cells have many classes
    """Read a cell as the text that a person sees in it."""
    value = cell.value
    place = _span(sheet, cell.row, cell.column)
    if cell.data_type == "f":
        found.append(FORMULA.at(place))
        return ""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            # What was typed as a number comes back as the shortest decimal that names it.
            return decimal_text(Decimal(repr(value)))
        case dt.datetime() if dates and value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime() | dt.date() | dt.time() | dt.timedelta():
            found.append(NOT_TEXT.at(place, kind=_DATE))
            return ""
        case _:
            pass
    if cell.data_type == "e":
        found.append(NOT_TEXT.at(place, kind=_ERROR))
        return ""
    return str(value)


def _span(sheet: str, row: int, column: int) -> Span:
    return Span(sheet, row, column, row, column + 1)


def cell_name(span: Span) -> str:
    """Name a cell as a workbook does: `outcome!C5`."""
    return f"{span.path}!{get_column_letter(max(1, span.column))}{span.line}"


# --- findings ------------------------------------------------------------------------------------


def mark_workbook(raw: bytes, name: str, found: Iterable[Diagnostic]) -> bytes:
    """Write findings into a workbook as red cells with comments; marks of an earlier time are taken off."""
    book = _open(raw, name)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                comment = getattr(cell, "comment", None)
                if comment is not None and comment.author == _AUTHOR:
                    cell.comment = None
                    cell.fill = _HEAD if cell.row == 1 else PatternFill()
    told: dict[tuple[str, int, int], list[str]] = {}
    for one in found:
        if one.span is not None:
            place = (one.span.path, one.span.line, one.span.column)
            told.setdefault(place, []).append(_comment(one))
    for (title, number, column), texts in told.items():
        if title in book.sheetnames:
            _mark(book[title].cell(number, column), texts)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _comment(one: Diagnostic) -> str:
    lines = [one.code.id, *(t for lang in LANGS for t in (one.message(lang), one.help(lang)))]
    return "\n".join(filter(None, lines))


def _mark(cell: Cell | MergedCell, texts: Sequence[str]) -> None:
    comment = Comment("\n\n".join(texts), _AUTHOR)
    comment.width, comment.height = 420, 40 + 18 * sum(text.count("\n") + 1 for text in texts)
    cell.comment = comment
    cell.fill = _WRONG
