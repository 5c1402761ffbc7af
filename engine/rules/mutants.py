"""Small faults put into a rule set on purpose, to see whether its cases notice: bounds, ends, signs, rows, outputs.

Each is one change that a slip of the hand could make. It is made in the typed form, and told in the
author's words with its place.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from engine.feel import ir, types
from engine.feel.builtins import OPERATORS
from engine.feel.types import NumberType
from engine.kernel.decimals import CONTEXT, decimal_text
from engine.kernel.diagnostics import Code, Diagnostic, Severity
from engine.rules.compiler import examine_rule_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.feel.values import Value
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
        Fragment,
    )

CELL = Code(
    "CASE-MUTANT-001",
    "no case notices if `{before}` becomes `{after}` in row `{row}`, column `{column}`",
    "若行 `{row}`、列 `{column}` 中的 `{before}` 变为 `{after}`，没有案例会发现",
    "add a case just there; `evenhand test --suggest` writes one",
    "请在该处增加案例；`evenhand test --suggest` 可代为写出",
    Severity.NOTE,
)
EXPRESSION = Code(
    "CASE-MUTANT-002",
    "no case notices if `{before}` becomes `{after}` in `{decision}`",
    "若 `{decision}` 中的 `{before}` 变为 `{after}`，没有案例会发现",
    "add a case just there; `evenhand test --suggest` writes one",
    "请在该处增加案例；`evenhand test --suggest` 可代为写出",
    Severity.NOTE,
)
ROW_GONE = Code(
    "CASE-MUTANT-003",
    "no case notices if the row `{row}` of `{table}` is left out",
    "若 `{table}` 的行 `{row}` 被删去，没有案例会发现",
    "add a case that only this row decides; `evenhand test --suggest` writes one",
    "请增加仅由此行决定的案例；`evenhand test --suggest` 可代为写出",
    Severity.NOTE,
)
ROWS_SWAPPED = Code(
    "CASE-MUTANT-004",
    "no case notices if the rows `{row}` and `{other}` of `{table}` change places",
    "若 `{table}` 的行 `{row}` 与 `{other}` 对调，没有案例会发现",
    "add a case that both fit; `evenhand test --suggest` writes one",
    "请增加两行都符合的案例；`evenhand test --suggest` 可代为写出",
    Severity.NOTE,
)
PARAMETER = Code(
    "CASE-MUTANT-005",
    "no case notices if the parameter `{name}` becomes {after} instead of {before}",
    "若参数 `{name}` 由 {before} 变为 {after}，没有案例会发现",
    "add a case just there; `evenhand test --suggest` writes one",
    "请在该处增加案例；`evenhand test --suggest` 可代为写出",
    Severity.NOTE,
)

T = TypeVar("T")

_FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "!=", "!=": "="}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule set with one fault; `told` says which, `node` and `row` are where it shows first."""

    rule_set: CompiledRuleSet
    told: Diagnostic
    node: str = ""
    row: str = ""


def mutants_of(
    rule_set: CompiledRuleSet, uses: Mapping[str, CompiledRuleSet] | None = None
) -> Iterator[Mutant]:
    """Give every mutant of a rule set, in the order of its text; `uses` are the rule sets it names."""
    plain = replace(rule_set, fast=None)
    yield from _of_parameters(plain, uses)
    for index, function in enumerate(plain.functions):
        if not function.home:
            for node, told, _ in _of_node(function.node):
                changed: CompiledFunction = replace(function, node=node)
                functions = _put(plain.functions, index, changed)
                yield Mutant(replace(plain, functions=functions), told)
    for index, decision in enumerate(plain.decisions):
        for node, told, row in _of_node(decision):
            decisions = _put(plain.decisions, index, node)
            yield Mutant(replace(plain, decisions=decisions), told, node.name, row)


def _put(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _of_parameters(
    rule_set: CompiledRuleSet, uses: Mapping[str, CompiledRuleSet] | None
) -> Iterator[Mutant]:
    """Move each number by one, and compile anew: a value that is refused is no mutant."""
    loaded, document = rule_set.loaded, rule_set.document
    for name, constant in rule_set.parameters.items():
        if not isinstance(constant.value, Decimal):
            continue
        for step in (1, -1):
            after = decimal_text(CONTEXT.add(constant.value, step))
            changed = document.params[name].model_copy(update={"value": after})
            params = {**document.params, name: changed}
            told = {"name": name, "before": decimal_text(constant.value), "after": after}
            moved = replace(loaded, document=document.model_copy(update={"params": params}))
            compiled, _ = examine_rule_set(moved, uses)
            if compiled is not None:
                span = loaded.span("params", name, "value")
                yield Mutant(compiled, PARAMETER.at(span, **told))


Changed: TypeAlias = "tuple[CompiledNode, Diagnostic, str]"


def _of_node(node: CompiledNode) -> Iterator[Changed]:
    if node.only_if is not None and node.only_if_fragment is not None:
        for change in _changes(node.only_if, node.only_if_fragment):
            yield replace(node, only_if=change.made), change.in_expression(node.name), ""
    if node.value is not None:
        for change in _changes(node.value, node.fragment):
            yield replace(node, value=change.made), change.in_expression(node.name), ""
    if node.table is not None:
        for table, told, row in _of_table(node, node.table):
            yield replace(node, table=table), told, row


def _of_table(
    node: CompiledNode, table: CompiledTable
) -> Iterator[tuple[CompiledTable, Diagnostic, str]]:
    for index, head in enumerate(table.conditions):
        for change in _changes(head.value, head.fragment):
            conditions = _put(table.conditions, index, replace(head, value=change.made))
            yield replace(table, conditions=conditions), change.in_expression(node.name), ""
    rows = table.rows
    for index, row in enumerate(rows):
        for changed, told in (*_of_cells(table, row), *_of_outputs(table, row)):
            yield replace(table, rows=_put(rows, index, changed)), told, row.id
        gone = ROW_GONE.at(row.span, row=row.id, table=node.name)
        yield replace(table, rows=(*rows[:index], *rows[index + 1 :])), gone, row.id
        if index and table.hit_policy in {"first", "rule_order"}:
            before = rows[index - 1]
            swapped = (*rows[: index - 1], row, before, *rows[index + 1 :])
            names = {"row": before.id, "other": row.id, "table": node.name}
            yield replace(table, rows=swapped), ROWS_SWAPPED.at(row.span, **names), row.id


def _of_cells(table: CompiledTable, row: CompiledRow) -> Iterator[tuple[CompiledRow, Diagnostic]]:
    for index, (test, head) in enumerate(zip(row.tests, table.conditions, strict=True)):
        for change in _changes(test.condition, test.fragment) if not test.any else ():
            tests = _put(row.tests, index, replace(test, condition=change.made))
            yield replace(row, tests=tests), change.in_cell(row.id, head.fragment.text)


def _of_outputs(table: CompiledTable, row: CompiledRow) -> Iterator[tuple[CompiledRow, Diagnostic]]:
    """Replace an output by another one of its column; change what it compares, where it computes."""
    for index, (output, cell) in enumerate(zip(table.outputs, row.outputs, strict=True)):
        fragment = row.fragments[index]
        if not isinstance(cell, ir.Constant):
            for change in _changes(cell, fragment):
                outputs = _put(row.outputs, index, change.made)
                yield replace(row, outputs=outputs), change.in_cell(row.id, output.name)
            continue
        other = _other_output(table, row, index)
        if other is not None:
            outputs = _put(row.outputs, index, other.outputs[index])
            span = fragment.place(0, len(fragment.text))
            texts = {"before": fragment.text, "after": other.fragments[index].text}
            told = CELL.at(span, row=row.id, column=output.name, **texts)
            yield replace(row, outputs=outputs), told


def _other_output(table: CompiledTable, row: CompiledRow, index: int) -> CompiledRow | None:
    """The next row, around the table, that gives another known value there."""
    at = table.rows.index(row)
    own = cast("ir.Constant", row.outputs[index]).value
    for other in (*table.rows[at + 1 :], *table.rows[:at]):
        cell = other.outputs[index]
        if isinstance(cell, ir.Constant) and cell.value != own:
            return other
    return None


# --- changes inside an expression --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    """An expression with one part changed: the stretch of its text, and what stands there instead."""

    made: ir.Ir
    fragment: Fragment
    start: int
    end: int
    text: str

    def in_cell(self, row: str, column: str) -> Diagnostic:
        whole = self.fragment.text
        after = f"{whole[: self.start]}{self.text}{whole[self.end :]}"
        told = {"before": whole, "after": after, "row": row, "column": column}
        return CELL.at(self.fragment.place(self.start, self.end), **told)

    def in_expression(self, decision: str) -> Diagnostic:
        before = self.fragment.text[self.start : self.end]
        told = {"before": before, "after": self.text, "decision": decision}
        return EXPRESSION.at(self.fragment.place(self.start, self.end), **told)


def _changes(root: ir.Ir, fragment: Fragment) -> Iterator[_Change]:
    """Give an expression with each of its comparisons changed: its sign, or a bound that it names."""
    for node in ir.walk(root):
        if isinstance(node, ir.Apply) and node.builtin.name in _FLIPPED:
            yield _flipped(root, node, fragment)
            yield from _moved(root, node, fragment)


def _with(root: ir.Ir, old: ir.Ir, new: ir.Ir) -> ir.Ir:
    return ir.rewritten(root, lambda node: new if node is old else None)


def _flipped(root: ir.Ir, node: ir.Apply, fragment: Fragment) -> _Change:
    sign = _FLIPPED[node.builtin.name]
    made = _with(root, node, replace(node, builtin=OPERATORS[sign], signature=None))
    left, right = node.arguments
    text = fragment.text
    if (node.start, node.end) == (right.start, right.end):
        if sign in {"=", "!="}:
            bare = text[node.start : node.end]
            whole = f"not({bare})" if bare == text.strip() else f"? != {bare}"
            opposite = {"true": "false", "false": "true"}.get(bare, whole)
            return _Change(made, fragment, node.start, node.end, opposite)
        return _range_end(made, node, fragment, sign)
    # `? < 5` is written `< 5` in a cell: there the left side has the place of the whole cell.
    begins = left.end if left.end <= right.start else node.start
    written = text[begins : right.start]
    at = written.find(node.builtin.name)
    if at < 0:  # `between`, whose two comparisons have no sign of their own
        whole = f"{text[left.start : left.end]} {sign} {text[right.start : right.end]}"
        return _Change(made, fragment, node.start, node.end, whole)
    start = begins + at
    return _Change(made, fragment, start, start + len(node.builtin.name), sign)


def _range_end(made: ir.Ir, node: ir.Apply, fragment: Fragment, sign: str) -> _Change:
    """Open or close the end of a range: the bracket stands beside the bound, perhaps after spaces."""
    text = fragment.text
    if node.builtin.name in {">", ">="}:
        at = len(text[: node.start].rstrip()) - 1
        return _Change(made, fragment, at, at + 1, "[" if sign == ">=" else "(")
    at = node.end + len(text[node.end :]) - len(text[node.end :].lstrip())
    return _Change(made, fragment, at, at + 1, "]" if sign == "<=" else ")")


def _moved(root: ir.Ir, node: ir.Apply, fragment: Fragment) -> Iterator[_Change]:
    """Move a bound that is written as a number or date by one step, both ways."""
    left, right = node.arguments
    for bound, other in ((left, right), (right, left)):
        if not isinstance(bound, ir.Constant) or bound.name is not None:
            continue
        for value, text in _beside(bound.value, other.type):
            made = _with(root, bound, ir.Constant(value, type=types.plain_number(bound.type)))
            yield _Change(made, fragment, bound.start, bound.end, text)


def _beside(value: Value, met: types.Type) -> Iterator[tuple[Value, str]]:
    """The values one step above and below: by the places of what the bound meets, else one."""
    inner = types.without_null(met)
    if isinstance(value, Decimal):
        scale = inner.scale if isinstance(inner, NumberType) else None
        step = Decimal((0, (1,), -(scale or 0)))
        for moved in (CONTEXT.add(value, step), CONTEXT.subtract(value, step)):
            yield moved, decimal_text(moved)
    elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        for days in (1, -1):
            day = value + dt.timedelta(days=days)
            yield day, f'date("{day.isoformat()}")'
