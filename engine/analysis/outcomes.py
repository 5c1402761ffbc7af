"""What became of people who took an item and of those who did not, read from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.kernel.documents import Flag, Identifier, Number, Shape, load_data
from engine.kernel.errors import DocumentError
from engine.learning.documents import Percent
from engine.learning.results.cells import read_cells, without_percent
from engine.learning.results.documents import Key
from engine.learning.results.reading import MAX_FINDINGS, UNKNOWN_ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.learning.results.reading import Names

COUNTED_TWICE = Code(
    "OUTCOME-001",
    "`{learner}` stands twice with `{item}`: here and in line {line}",
    "`{learner}` 的 `{item}` 出现两次：此处与第 {line} 行",
    "one person counts once for an item: keep one line",
    "同一人对同一条目只计一次：请保留一行",
)
NO_OUTCOME = Code(
    "OUTCOME-002",
    "this line has neither a score after nor a performance",
    "本行既没有之后的得分，也没有绩效",
    "fill in `post` or `performance`, or delete the line",
    "请填写 `post` 或 `performance`，或删除该行",
)

_COLUMNS = {
    "learner": ("学员", "learner"),
    "item": ("课程", "item"),
    "completed": ("已完成", "completed"),
    "pre": ("之前得分", "pre"),
    "post": ("之后得分", "post"),
    "performance": ("绩效", "performance"),
    "tenure": ("工龄（月）", "tenure"),
    "manager": ("经理", "manager"),
    "site": ("地点", "site"),
}
_NEEDED = ("learner", "item", "completed", "pre")
_YES_NO = {"yes": "true", "no": "false", "1": "true", "0": "false", "是": "true", "否": "false"}


class Outcome(Shape):
    """One person and one item: whether they completed it in time, and what was measured.

    `pre` and `post` are scores, 0 to 100, on the competency that the item teaches, before and
    after; `performance` is any measure of the job; `tenure` is in months.
    """

    learner: Key
    item: Identifier
    completed: Flag
    pre: Percent
    post: Percent | None = None
    performance: Number | None = None
    tenure: Number | None = None
    manager: Key | None = None
    site: Key | None = None


def read_outcomes(text: str, names: Names, path: str = "") -> tuple[Outcome, ...]:
    """Read outcomes as CSV; raises DocumentError with every finding at its line."""
    found: list[Diagnostic] = []
    read: list[Outcome] = []
    lines: dict[tuple[str, str], int] = {}
    for span, cells in read_cells(text, _COLUMNS, _NEEDED, path):
        if len(found) >= MAX_FINDINGS:
            break
        if isinstance(cells, Diagnostic):
            found.append(cells)
            continue
        outcome, faults = _outcome(cells, names)
        found += [Diagnostic(d.code, span, d.args, d.near, d.where) for d in faults]
        if outcome is None:
            continue
        line = lines.setdefault((outcome.learner, outcome.item), span.line)
        if line != span.line:
            found.append(
                COUNTED_TWICE.at(span, learner=outcome.learner, item=outcome.item, line=line)
            )
        read.append(outcome)
    if found:
        raise DocumentError(found)
    return tuple(read)


def _outcome(cells: dict[str, str], names: Names) -> tuple[Outcome | None, Iterable[Diagnostic]]:
    data = {k: without_percent(v) if k in {"pre", "post"} else v for k, v in cells.items()}
    said = data.get("completed", "").lower()
    data["completed"] = _YES_NO.get(said, said)
    item = names.item(data.get("item", ""))
    if "item" in data and item not in names.items:
        asked = item or data["item"]
        near = nearest(asked, names.items)
        return None, [UNKNOWN_ITEM.at(None, item=asked[:200], near=near)]
    loaded, faults = load_data(Outcome, {**data, "item": item} if item else data)
    if loaded and loaded.document.post is None and loaded.document.performance is None:
        return None, [NO_OUTCOME.at(None)]
    return (loaded.document if loaded else None), faults
