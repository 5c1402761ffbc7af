"""What happened in each decision of a case: rows, cells, arithmetic, told by the reference evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import ir
from engine.feel.values import NOT_APPLICABLE, Value
from engine.kernel.decimals import CONTEXT
from engine.rules.decision import canonical
from engine.rules.evaluate import Evaluation, VoidError, applies, head_values, node_value, printed
from engine.rules.inputs import read_inputs
from engine.rules.masks import compared_constants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.rules.compiled import (
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
        Condition,
        Fragment,
        Test,
    )
    from engine.rules.evaluate import Hit

State: TypeAlias = Literal["evaluated", "not_applicable", "not_evaluated"]


@dataclass(frozen=True, slots=True)
class CellExplanation:
    """One cell for this case: `holds` is None where it was not needed; `missed_by` is the way to its bound."""

    head: str
    test: str
    holds: bool | None
    missed_by: Decimal | None = None
    params: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """One row for this case; `fits` is None for a row after the one that decided."""

    id: str
    fits: bool | None
    cells: tuple[CellExplanation, ...]


@dataclass(frozen=True, slots=True)
class NodeExplanation:
    """One decision: the values it read, its rows, its arithmetic, and what came out."""

    name: str
    state: State
    read: tuple[tuple[str, Value], ...] = ()
    only_if: str | None = None
    heads: tuple[tuple[str, Value], ...] = ()
    rows: tuple[RowExplanation, ...] = ()
    steps: tuple[tuple[str, Value], ...] = ()
    value: Value = None


def explain_nodes(
    rule_set: CompiledRuleSet, inputs: Mapping[str, object]
) -> tuple[NodeExplanation, ...]:
    """Explain the decisions of a case up to one that fails; those after it were not evaluated."""
    nodes: list[NodeExplanation] = []
    with localcontext(CONTEXT):
        values, missing, found = read_inputs(rule_set.inputs, inputs)
        evaluation = Evaluation(rule_set, values)
        failed = bool(missing or found) or not _assumed(evaluation)
        for node in rule_set.decisions:
            if not failed:
                try:
                    nodes.append(_explain_node(node, evaluation))
                    continue
                except VoidError:
                    failed = True
            nodes.append(NodeExplanation(node.name, "not_evaluated"))
    return tuple(nodes)


def _assumed(evaluation: Evaluation) -> bool:
    try:
        return all(evaluation.holds(a, fragment) for a, fragment in evaluation.rule_set.assumptions)
    except VoidError:
        return False


def _explain_node(node: CompiledNode, evaluation: Evaluation) -> NodeExplanation:
    only_if = node.only_if_fragment.text if node.only_if_fragment else None
    read = _read(node, evaluation)
    if not applies(node, evaluation):
        evaluation.values[node.name] = NOT_APPLICABLE
        return NodeExplanation(node.name, "not_applicable", read, only_if)
    hit = node_value(node, evaluation)
    shown = printed(node, hit.value)
    heads: tuple[tuple[str, Value], ...] = ()
    rows: tuple[RowExplanation, ...] = ()
    if node.table is not None:
        values = head_values(node.table, evaluation)
        pairs = zip(node.table.conditions, values, strict=True)
        heads = tuple((c.fragment.text, v) for c, v in pairs)
        rows = tuple(_explain_rows(node.table, values, hit.rows, evaluation))
    steps = tuple(dict(_arithmetic(node, hit, evaluation)).items())
    evaluation.values[node.name] = hit.value
    return NodeExplanation(node.name, "evaluated", read, only_if, heads, rows, steps, shown)


def _read(node: CompiledNode, evaluation: Evaluation) -> tuple[tuple[str, Value], ...]:
    names: set[str] = set()
    for expression in expressions_of(node):
        names |= ir.reads(expression)
    return tuple((n, evaluation.values[n]) for n in sorted(names) if n in evaluation.values)


def expressions_of(node: CompiledNode) -> Iterator[ir.Ir]:
    """Give every expression of a decision: its value or the heads and cells of its table, and its `only_if`."""
    yield from (n for n in (node.value, node.only_if) if n is not None)
    if node.table is not None:
        yield from (c.value for c in node.table.conditions)
        for row in node.table.rows:
            yield from (t.condition for t in row.tests)
            yield from row.outputs


def _explain_rows(
    table: CompiledTable, heads: list[Value], hits: tuple[CompiledRow, ...], evaluation: Evaluation
) -> Iterator[RowExplanation]:
    decided = False
    for row in table.rows:
        cells = tuple(
            CellExplanation(c.fragment.text, t.fragment.text, None)
            if decided
            else _explain_cell(c, t, head, evaluation)
            for c, t, head in zip(table.conditions, row.tests, heads, strict=True)
        )
        fits = None if decided else all(cell.holds is True for cell in cells)
        yield RowExplanation(row.id, fits, cells)
        decided = decided or (table.hit_policy == "first" and row in hits)


def _explain_cell(
    condition: Condition, test: Test, head: Value, evaluation: Evaluation
) -> CellExplanation:
    told = condition.fragment.text, test.fragment.text
    if test.any:
        return CellExplanation(*told, holds=True)
    try:
        holds = evaluation.holds(test.condition, test.fragment, **{"?": head})
    except VoidError:
        return CellExplanation(*told, holds=None)
    params = {
        n.name: n.value for n in ir.walk(test.condition) if isinstance(n, ir.Constant) and n.name
    }
    missed = None
    if not holds and isinstance(head, Decimal):
        bounds = [k for k in compared_constants(test.condition) if isinstance(k, Decimal)]
        # At an open bound the way is nothing, and says nothing.
        missed = min((abs(head - bound) for bound in bounds), default=Decimal(0)) or None
    return CellExplanation(*told, holds, missed, tuple(params.items()))


def _arithmetic(
    node: CompiledNode, hit: Hit, evaluation: Evaluation
) -> Iterator[tuple[str, Value]]:
    """Give the parts of what was computed: the value, or the computed cells of the rows that hit."""
    if node.value is not None:
        yield from _steps(node.value, node.fragment, evaluation)
    for row in hit.rows:
        for cell, fragment in zip(row.outputs, row.fragments, strict=False):
            yield from _steps(cell, fragment, evaluation)


def _steps(node: ir.Ir, fragment: Fragment, evaluation: Evaluation) -> Iterator[tuple[str, Value]]:
    """Give the parts of an expression with their values, inner ones first; a part not looked at is left out."""
    match node:
        case ir.Constant() | ir.Read():
            return
        case ir.If():
            yield from _steps(node.condition, fragment, evaluation)
            taken = evaluation.holds(node.condition, fragment)
            yield from _steps(node.yes if taken else node.no, fragment, evaluation)
        case ir.Logic():
            yield from _steps(node.left, fragment, evaluation)
            if evaluation.value(node.left, fragment) is (node.op == "and"):
                yield from _steps(node.right, fragment, evaluation)
        case ir.Each() | ir.Filter() | ir.MakeFunction() | ir.MakeContext() | ir.Entry():
            # What is inside has names of its own.
            pass
        case _:
            for child in ir.children(node):
                yield from _steps(child, fragment, evaluation)
    if not ir.is_constant(node):
        yield fragment.text[node.start : node.end], canonical(evaluation.value(node, fragment))
