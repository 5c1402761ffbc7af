"""Results and mentor ratings as a table: one line for what was reported at one time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Diagnostic
from engine.kernel.errors import DocumentError
from engine.learning.results.cells import read_cells, without_percent
from engine.learning.results.reading import MAX_FINDINGS, read_row

if TYPE_CHECKING:
    from engine.learning.results.documents import LearningResult
    from engine.learning.results.reading import Names

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
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_table(text: str, names: Names, path: str = "") -> tuple[LearningResult, ...]:
    """Read a table of results or ratings; raises DocumentError with every finding at its line.

    Columns: learner, item, at, and of completion, exam, success, rating, comment, source, id those
    there are. Percentages may carry `%`; a day without a time is its first instant in UTC.
    """
    found: list[Diagnostic] = []
    read: list[LearningResult] = []
    for span, cells in read_cells(text, _COLUMNS, _NEEDED, path):
        if isinstance(cells, Diagnostic):
            row: LearningResult | list[Diagnostic] | None = [cells]
        elif not any(key in cells for key in _FIGURES):
            row = [NOTHING_SAID.at(span)]
        else:
            data = {"source": "csv", "learner": "", "item": "", **_values(cells)}
            row = read_row(data, names, span)
        if isinstance(row, list):
            found += row
        elif row is not None:
            read.append(row)
        if len(found) >= MAX_FINDINGS:
            break
    if found:
        raise DocumentError(found)
    return tuple(read)


def _values(cells: dict[str, str]) -> dict[str, object]:
    """Write the cells as a document has them: numbers without `%`, days as instants."""
    made: dict[str, object] = {**cells}
    for key in ("completion", "exam"):
        if key in cells:
            made[key] = without_percent(cells[key])
    if _DAY.fullmatch(cells.get("at", "")):
        made["at"] = f"{cells['at']}T00:00:00Z"
    return made
