"""What a rule set declares and never uses, and rules that cite no clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import ir, tree
from engine.feel.parser import parse_expression
from engine.kernel.diagnostics import Code, Severity
from engine.rules.explanation import expressions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import CompiledNode, CompiledRow, CompiledRuleSet

UNUSED_INPUT = Code(
    "RULE-UNUSED-001",
    "no rule reads the input `{name}`",
    "没有规则读取输入 `{name}`",
    "delete it, or write the rule that needs it",
    "请删除它，或写出需要它的规则",
    Severity.WARNING,
)
UNUSED_PARAMETER = Code(
    "RULE-UNUSED-002",
    "no rule uses the parameter `{name}`",
    "没有规则使用参数 `{name}`",
    "delete it, or use it in place of the number that it stands for",
    "请删除它，或用它代替相应的数字",
    Severity.WARNING,
)
UNUSED_REASON = Code(
    "RULE-UNUSED-003",
    "no row gives the reason `{code}`",
    "没有一行给出原因 `{code}`",
    "delete it, or write it into the row that it explains",
    "请删除它，或写入它所说明的行",
    Severity.WARNING,
)
NO_CLAUSE = Code(
    "RULE-CLAUSE-001",
    "the row `{row}` of `{table}` cites no clause, and the others do",
    "`{table}` 的行 `{row}` 未引用条款，而其他行有引用",
    "name the clause of the policy that it carries out",
    "请写明它所执行的政策条款",
    Severity.WARNING,
)


def check_unused(rule_set: CompiledRuleSet) -> list[Diagnostic]:
    """Find inputs, parameters and reasons that nothing uses, and rows without a clause."""
    loaded, document = rule_set.loaded, rule_set.document
    names = _names(rule_set)
    rows = [row for node in rule_set.decisions for row in _rows(node)]
    reasons = {code for row in rows for code in row.reasons}
    found = [
        UNUSED_INPUT.at(loaded.span("inputs", name), name=name)
        for name in document.inputs
        if name not in names
    ]
    found += [
        UNUSED_PARAMETER.at(loaded.span("params", name), name=name)
        for name in document.params
        if name not in names
    ]
    found += [
        UNUSED_REASON.at(loaded.span("reasons", code), code=code)
        for code in document.reasons
        if code not in reasons
    ]
    return [*found, *_without_clause(rule_set)]


def names_read(rule_set: CompiledRuleSet) -> set[str]:
    """Collect the inputs and decisions that an answer can depend on: those that decisions read."""
    return {n for node in rule_set.decisions for e in expressions_of(node) for n in ir.reads(e)}


def _names(rule_set: CompiledRuleSet) -> set[str]:
    """Collect every name that an expression, a text or a guarantee uses."""
    found = {name for names in rule_set.placeholders.values() for name in names}
    for claim in rule_set.claims:
        found |= {claim.subject, claim.about or ""}
    for expression in _expressions(rule_set):
        for node in ir.walk(expression):
            match node:
                case ir.Read(local=False, name=name) | ir.Constant(name=str(name)):
                    found.add(name)
                case _:
                    pass
    nodes = [*rule_set.decisions, *(f.node for f in rule_set.functions)]
    return found | {n for node in nodes for row in _rows(node) for n in _folded(row)}


def _expressions(rule_set: CompiledRuleSet) -> Iterator[ir.Ir]:
    for node in (*rule_set.decisions, *(f.node for f in rule_set.functions)):
        yield from expressions_of(node)
    yield from (assumption for assumption, _ in rule_set.assumptions)
    yield from (claim.always for claim in rule_set.claims if claim.always is not None)


def _folded(row: CompiledRow) -> Iterator[str]:
    """The names in output cells that were computed when they were compiled, such as `line + 5`."""
    for cell, fragment in zip(row.outputs, row.fragments, strict=False):
        if isinstance(cell, ir.Constant) and cell.name is None:
            parsed, _ = parse_expression(fragment.text)
            if parsed is not None:
                yield from (n.name for n in tree.walk(parsed) if isinstance(n, tree.Name))


def _rows(node: CompiledNode) -> tuple[CompiledRow, ...]:
    if node.table is None:
        return ()
    return (*node.table.rows, node.table.default) if node.table.default else node.table.rows


def _without_clause(rule_set: CompiledRuleSet) -> Iterator[Diagnostic]:
    """Find the rows without a clause in tables that have a column for it."""
    for node in rule_set.decisions:
        document = rule_set.document.decisions[node.name]
        columns = document.columns.then if document.columns else ()
        if node.table is None or document.clause is not None or "clause" not in columns:
            continue
        for row in node.table.rows:
            if row.clause is None:
                yield NO_CLAUSE.at(row.span, row=row.id, table=node.name)
