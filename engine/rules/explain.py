"""The full explanation of a decision, made on demand, as data and as text in zh and en."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.kernel.errors import EngineError
from engine.rules.changes import Change, find_changes
from engine.rules.decision import Decision, decision_json, plain_json
from engine.rules.evaluate import decide, interpret, shown_value
from engine.rules.explanation import NodeExplanation, explain_nodes
from engine.rules.prose import cell_clause
from engine.rules.statements import labels_of, prose_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.feel.backends.prose import Prose
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Lang
    from engine.rules.compiled import CompiledNode, CompiledRow, CompiledRuleSet, CompiledTable
    from engine.rules.explanation import CellExplanation, RowExplanation


class DisagreementError(EngineError):
    """The reference evaluation does not give the answer that was decided: a fault of the engine."""

    def __init__(self, rule_set: str, decided: Decision, reference: Decision) -> None:
        """Keep both answers."""
        super().__init__(f"`{rule_set}` was decided in two ways")
        self.decided, self.reference = decided, reference


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that led to it, and what would have changed it."""

    decision: Decision
    nodes: tuple[NodeExplanation, ...]
    changes: tuple[Change, ...]


def explain(rule_set: CompiledRuleSet, inputs: Mapping[str, object]) -> Explanation:
    """Explain a decision by the reference evaluation; raises DisagreementError if that answers otherwise."""
    decision, decided = interpret(rule_set, inputs), decide(rule_set, inputs)
    if decision_json(decision) != decision_json(decided):
        raise DisagreementError(rule_set.document.id, decided, decision)
    nodes = explain_nodes(rule_set, inputs)
    return Explanation(decision, nodes, find_changes(rule_set, inputs, decision))


# --- as data -----------------------------------------------------------------------------------


def explanation_json(explanation: Explanation) -> dict[str, object]:
    """Write an explanation as JSON data: the decision, its nodes, and the changes."""
    return {
        **decision_json(explanation.decision),
        "nodes": [_node_json(node) for node in explanation.nodes],
        "counterfactuals": [
            {
                "input": c.input,
                "from": plain_json(c.before),
                "to": plain_json(c.after),
                "decision": c.decision,
                "outcome": plain_json(c.outcome),
                "better": c.better,
            }
            for c in explanation.changes
        ],
    }


def _node_json(node: NodeExplanation) -> dict[str, object]:
    return {
        "decision": node.name,
        "state": node.state,
        "only_if": node.only_if,
        "read": {name: plain_json(value) for name, value in node.read},
        "heads": {text: plain_json(value) for text, value in node.heads},
        "rows": [
            {"id": row.id, "fits": row.fits, "cells": [_cell_json(cell) for cell in row.cells]}
            for row in node.rows
        ],
        "steps": [{"expression": text, "value": plain_json(value)} for text, value in node.steps],
        "value": plain_json(node.value) if node.state == "evaluated" else None,
    }


def _cell_json(cell: CellExplanation) -> dict[str, object]:
    return {
        "head": cell.head,
        "test": cell.test,
        "holds": cell.holds,
        "missed_by": None if cell.missed_by is None else decimal_text(cell.missed_by),
        "params": {name: plain_json(value) for name, value in cell.params},
    }


# --- as text -----------------------------------------------------------------------------------

_WORDS: dict[str, dict[Lang, str]] = {
    "not_applicable": {
        "zh": "不适用，因为条件不成立：",
        "en": "does not apply, because this is false: ",
    },
    "not_evaluated": {"zh": "未评估", "en": "not evaluated"},
    "fits": {"zh": "符合", "en": "fits"},
    "fails": {"zh": "不符合", "en": "does not fit"},
    "unneeded": {"zh": "未评估（前面的行已决定）", "en": "not evaluated (an earlier row decided)"},
    "holds": {"zh": "{0}：实为 {1}", "en": "{0}: it is {1}"},
    "not": {"zh": "不成立：{0}；实为 {1}", "en": "not so: {0}; it is {1}"},
    "open": {"zh": "无法判断：{0}；实为 {1}", "en": "open: {0}; it is {1}"},
    "by": {"zh": "，差 {}", "en": ", off by {}"},
    "changes": {"zh": "怎样会改变结果：", "en": "What would have changed the outcome:"},
    "instead": {
        "zh": "{input}：{before} → {after}，则 {decision} 为 {outcome}",
        "en": "{input}: {before} → {after} gives {decision} = {outcome}",
    },
    "missing": {"zh": "缺少输入：", "en": "missing inputs: "},
    "status": {"zh": "状态：", "en": "status: "},
    "decided": {"zh": "已决定", "en": "decided"},
    "incomplete": {"zh": "资料不全，交由人处理", "en": "incomplete: a person decides"},
    "error": {"zh": "错误", "en": "error"},
    "needs_human": {"zh": "须由人决定", "en": "a person must decide"},
    "reasons": {"zh": "原因：", "en": "reasons: "},
}


def status_text(status: str, lang: Lang) -> str:
    """Say a decision's status in words."""
    return _WORDS[status][lang]


def explanation_text(explanation: Explanation, rule_set: CompiledRuleSet, lang: Lang) -> str:
    """Tell an explanation in lines of plain text."""
    decision, document = explanation.decision, rule_set.document
    labels = labels_of(rule_set, lang)
    lines = [
        f"{document.title[lang]} · {document.id}@{document.version}",
        _WORDS["status"][lang] + _WORDS[decision.status][lang],
    ]
    if decision.missing:
        named = (_labelled(name, labels) for name in decision.missing)
        lines.append(_WORDS["missing"][lang] + ", ".join(named))
    lines += [f"{f.code.id}: {f.message(lang)}" for f in decision.faults]
    compiled = {one.name: one for one in rule_set.decisions}
    for node in explanation.nodes:
        lines += ["", *_node_lines(node, compiled[node.name], prose_of(rule_set, lang))]
    if decision.reasons:
        separator = "；" if lang == "zh" else "; "
        told = (
            f"{r.zh if lang == 'zh' else r.en} ({r.code}, {r.clause})" for r in decision.reasons
        )
        lines += ["", _WORDS["reasons"][lang] + separator.join(told)]
    if explanation.changes:
        lines += ["", _WORDS["changes"][lang]]
        lines += [f"  - {_change_text(c, labels, lang)}" for c in explanation.changes]
    return "\n".join(lines)


def _labelled(name: str, labels: Mapping[str, str]) -> str:
    """Write a name with its label before it, where it has one."""
    return f"{labels[name]} ({name})" if name in labels else name


def _change_text(change: Change, labels: Mapping[str, str], lang: Lang) -> str:
    return _WORDS["instead"][lang].format(
        input=_labelled(change.input, labels),
        before=shown_value(change.before),
        after=shown_value(change.after),
        decision=_labelled(change.decision, labels),
        outcome=shown_value(change.outcome),
    )


def _node_lines(node: NodeExplanation, compiled: CompiledNode, prose: Prose) -> list[str]:
    name, lang = _labelled(node.name, prose.labels), prose.lang
    if node.state == "not_evaluated":
        return [f"{name}: {_WORDS['not_evaluated'][lang]}"]
    if node.state == "not_applicable" and compiled.only_if is not None:
        return [f"{name}: {_WORDS['not_applicable'][lang]}{prose.clause(compiled.only_if)}"]
    lines = [f"{name} = {_value(node.value)}"]
    # A node may be shown without its rows, to whom the value alone is told.
    if compiled.table is not None and node.rows:
        values = [value for _, value in node.heads]
        for row, compiled_row in zip(node.rows, compiled.table.rows, strict=True):
            lines += _row_lines(row, compiled_row, compiled.table, values, prose)
    return lines + [f"  {text} = {_value(value)}" for text, value in node.steps]


def _row_lines(
    row: RowExplanation,
    compiled: CompiledRow,
    table: CompiledTable,
    values: Sequence[Value],
    prose: Prose,
) -> list[str]:
    """Tell a row that fits by all of its cells, and one that does not by those that do not hold."""
    lang = prose.lang
    word = "unneeded" if row.fits is None else "fits" if row.fits else "fails"
    lines = [f"  {row.id}: {_WORDS[word][lang]}"]
    if row.fits is None:
        return lines
    for cell, test, condition, value in zip(
        row.cells, compiled.tests, table.conditions, values, strict=True
    ):
        if test.any or (cell.holds is True and not row.fits):
            continue
        how = "open" if cell.holds is None else "holds" if cell.holds else "not"
        by = "" if cell.missed_by is None else _WORDS["by"][lang].format(_value(cell.missed_by))
        told = cell_clause(prose, condition, test)
        lines.append(f"    {_WORDS[how][lang].format(told, _said(value, prose))}{by}")
    return lines


def _said(value: Value, prose: Prose) -> str:
    """Write a value as the sentence before it does."""
    return prose.constant(value) if isinstance(value, bool | None) else _value(value)


def _value(value: Value) -> str:
    """Write a value as the answer has it."""
    return format(value, "f") if isinstance(value, Decimal) else shown_value(value)
