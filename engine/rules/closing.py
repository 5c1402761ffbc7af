"""The rows that would close a gap, written as the author writes rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.builtins.temporal import text_of
from engine.kernel.diagnostics import Phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.rules.axes import Axes
    from engine.rules.boxes import Box
    from engine.rules.compiled import CompiledNode, CompiledRuleSet, CompiledTable

ADD_ROWS = Phrase("add rows that fit, or a `default`", "请增加符合的行，或 `default`")
"""What is offered where no row can be."""


def closing_rows(
    rule_set: CompiledRuleSet, node: CompiledNode, axes: Axes, holes: Sequence[Box], *, all_: bool
) -> Phrase:
    """Offer rows for the holes; where these are not `all_` of them, one row for the rest under `first`."""
    table = node.table
    if table is None:
        raise AssertionError(node.name)
    if all_:
        cells = [axes.cells(hole) for hole in holes]
    elif table.hit_policy == "first":
        cells = [["-"] * len(table.conditions)]
    else:
        return ADD_ROWS
    written = [row for row in cells if row is not None]
    if len(written) < len(cells):
        return ADD_ROWS
    known = {row.id for row in table.rows}
    free = (id_ for n in range(1, len(known) + 9) if (id_ := f"NEW{n}") not in known)
    rows = "\n".join(_row(rule_set, node.name, table, next(free), row) for row in written)
    return Phrase(
        f"add this at the end, with the output that you want:\n{rows}",
        f"请在末尾加上下列行，并填入所需的输出：\n{rows}",
    )


def _row(
    rule_set: CompiledRuleSet, name: str, table: CompiledTable, id_: str, cells: Sequence[str]
) -> str:
    """Write a row as the author does: drawn, or listed."""
    document = rule_set.document
    key = "decisions" if name in document.decisions else "functions"
    columns = {**document.functions, **document.decisions}[name].columns
    given = {o.name: _output(table, i) for i, o in enumerate(table.outputs)}
    then = [given.get(head, "-") for head in (columns.then if columns else ())]
    loaded = rule_set.loaded
    if loaded.tree is None or loaded.node(key, name, "table") is None:
        # A text stands in quotes in a list, where YAML would read the signs of a cell as its own.
        return f"- {{id: {id_}, when: {text_of(tuple(cells))}, then: {text_of(tuple(then))}}}"
    return f"| {id_} | {' | '.join(cells)} || {' | '.join(then)} |"


def _output(table: CompiledTable, index: int) -> str:
    """What a new row gives until its author says otherwise: a person looks, else what the last row gives."""
    members = table.outputs[index].members or ()
    return "human_review" if "human_review" in members else table.rows[-1].fragments[index].text
