"""The full explanation of a decision, made on demand by the reference evaluation, and what would have changed it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import ir, types
from engine.feel.builtins.temporal import text_of
from engine.feel.types import BOOLEAN, NumberType
from engine.feel.values import NOT_APPLICABLE, NoValueError, Value
from engine.kernel.decimals import CONTEXT, decimal_text
from engine.rules.compiled import (
    REQUIRED,
    CompiledInput,
    CompiledNode,
    CompiledRow,
    CompiledRuleSet,
    CompiledTable,
    Test,
)
from engine.rules.decision import Decision, decision_json, plain_json
from engine.rules.evaluate import (
    Evaluation,
    VoidError,
    applies,
    decide,
    head_values,
    interpret,
    node_value,
)
from engine.rules.inputs import read_inputs
from engine.rules.masks import compared_constants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.kernel.diagnostics import Lang
    from engine.rules.compiled import Fragment

State: TypeAlias = Literal["evaluated", "not_applicable", "not_evaluated"]


@dataclass(frozen=True, slots=True)
class CellExplanation:
    """One cell for this case: None where it was not needed; `missed_by` is the way to its nearest bound."""

    head: str
    test: str
    holds: bool | None
    missed_by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """One row for this case; `fits` is None for a row after the one that decided."""

    id: str
    fits: bool | None
    cells: tuple[CellExplanation, ...]


@dataclass(frozen=True, slots=True)
class NodeExplanation:
    """One decision: the values it read, its rows or its arithmetic, and what came out."""

    name: str
    state: State
    read: tuple[tuple[str, Value], ...] = ()
    only_if: str | None = None
    heads: tuple[tuple[str, Value], ...] = ()
    rows: tuple[RowExplanation, ...] = ()
    steps: tuple[tuple[str, Value], ...] = ()
    value: Value = None


@dataclass(frozen=True, slots=True)
class Change:
    """One input that, changed alone, gives another outcome; it was run before it is told."""

    input: str
    before: Value
    after: Value
    decision: str
    outcome: Value
    better: bool

    @property
    def size(self) -> Decimal | None:
        """How far the input moves, when it is a number."""
        if isinstance(self.before, Decimal) and isinstance(self.after, Decimal):
            return abs(self.after - self.before)
        return None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that led to it."""

    decision: Decision
    nodes: tuple[NodeExplanation, ...]
    changes: tuple[Change, ...]


def explain(rule_set: CompiledRuleSet, inputs: Mapping[str, object]) -> Explanation:
    """Explain a decision by deciding it again with the reference evaluation."""
    decision = interpret(rule_set, inputs)
    if decision.status != "decided":
        return Explanation(decision, _unevaluated(rule_set, inputs), ())
    with localcontext(CONTEXT):
        values, _, _ = read_inputs(rule_set.inputs, inputs)
        evaluation = Evaluation(rule_set, values)
        nodes = tuple(_node(node, evaluation) for node in rule_set.decisions)
    return Explanation(decision, nodes, find_changes(rule_set, inputs, decision))


def _unevaluated(
    rule_set: CompiledRuleSet, inputs: Mapping[str, object]
) -> tuple[NodeExplanation, ...]:
    """Explain up to the decision that failed; those after it were not evaluated."""
    nodes: list[NodeExplanation] = []
    with localcontext(CONTEXT):
        values, missing, found = read_inputs(rule_set.inputs, inputs)
        evaluation = Evaluation(rule_set, values)
        failed = bool(missing or found)
        for node in rule_set.decisions:
            if not failed:
                try:
                    nodes.append(_node(node, evaluation))
                    continue
                except VoidError:
                    failed = True
            nodes.append(NodeExplanation(node.name, "not_evaluated"))
    return tuple(nodes)


def _node(node: CompiledNode, evaluation: Evaluation) -> NodeExplanation:
    only_if = node.only_if_fragment.text if node.only_if_fragment else None
    read = _read(node, evaluation)
    if not applies(node, evaluation):
        evaluation.values[node.name] = NOT_APPLICABLE
        return NodeExplanation(node.name, "not_applicable", read, only_if)
    hit = node_value(node, evaluation)
    heads: tuple[tuple[str, Value], ...] = ()
    rows: tuple[RowExplanation, ...] = ()
    steps: tuple[tuple[str, Value], ...] = ()
    if node.table is not None:
        values = head_values(node.table, evaluation)
        heads = tuple(
            (c.fragment.text, v) for c, v in zip(node.table.conditions, values, strict=True)
        )
        rows = tuple(_rows(node.table, values, hit.rows, evaluation))
    elif node.value is not None:
        steps = tuple(_steps(node.value, node.fragment, evaluation))
    evaluation.values[node.name] = hit.value
    return NodeExplanation(node.name, "evaluated", read, only_if, heads, rows, steps, hit.value)


def _read(node: CompiledNode, evaluation: Evaluation) -> tuple[tuple[str, Value], ...]:
    names: set[str] = set()
    for expression in _expressions(node):
        names |= ir.reads(expression) - {"?"}
    return tuple((n, evaluation.values[n]) for n in sorted(names) if n in evaluation.values)


def _expressions(node: CompiledNode) -> Iterator[ir.Ir]:
    yield from (n for n in (node.value, node.only_if) if n is not None)
    if node.table is not None:
        yield from (c.value for c in node.table.conditions)
        for row in node.table.rows:
            yield from (t.condition for t in row.tests)
            yield from row.outputs


def _rows(
    table: CompiledTable, heads: list[Value], hits: tuple[CompiledRow, ...], evaluation: Evaluation
) -> Iterator[RowExplanation]:
    decided = False
    for row in table.rows:
        if decided:
            cells = tuple(
                CellExplanation(c.fragment.text, t.fragment.text, None)
                for c, t in zip(table.conditions, row.tests, strict=True)
            )
            yield RowExplanation(row.id, None, cells)
            continue
        cells = tuple(
            _cell(c.fragment.text, test, head, evaluation)
            for c, test, head in zip(table.conditions, row.tests, heads, strict=True)
        )
        fits = all(cell.holds is True for cell in cells)
        yield RowExplanation(row.id, fits, cells)
        decided = table.hit_policy == "first" and row in hits


def _cell(head_text: str, test: Test, head: Value, evaluation: Evaluation) -> CellExplanation:
    if test.any:
        return CellExplanation(head_text, test.fragment.text, holds=True)
    try:
        holds = evaluation.value(test.condition, test.fragment, **{"?": head}) is True
    except VoidError:
        return CellExplanation(head_text, test.fragment.text, None)
    missed = None
    if not holds and isinstance(head, Decimal):
        bounds = [k for k in compared_constants(test.condition) if isinstance(k, Decimal)]
        missed = min((abs(head - bound) for bound in bounds), default=None)
    return CellExplanation(head_text, test.fragment.text, holds, missed)


def _steps(node: ir.Ir, fragment: Fragment, evaluation: Evaluation) -> Iterator[tuple[str, Value]]:
    """Give the parts of an expression with their values, inner ones first; a branch not taken is left out."""
    match node:
        case ir.Constant() | ir.Read():
            return
        case ir.If():
            yield from _steps(node.condition, fragment, evaluation)
            taken = evaluation.value(node.condition, fragment) is True
            yield from _steps(node.yes if taken else node.no, fragment, evaluation)
        case ir.Each() | ir.Filter() | ir.MakeFunction():
            pass
        case _:
            for child in ir.children(node):
                yield from _steps(child, fragment, evaluation)
    if not ir.is_constant(node):
        yield fragment.text[node.start : node.end], evaluation.value(node, fragment)


# --- what would have changed it ----------------------------------------------------------------

_STEP = Decimal("0.01")
_HALVINGS = 60


def find_changes(
    rule_set: CompiledRuleSet, inputs: Mapping[str, object], decision: Decision
) -> tuple[Change, ...]:
    """Find, for each input alone, the smallest change that gives a better outcome, else any other one.

    The outcome is that of the first decision with a `ranked` list. Each change was decided before it
    is given; smaller shares of an input's range come first.
    """
    subject = next(
        (o for d in rule_set.decisions for o in d.outputs if o.ranked and o.members), None
    )
    if (
        subject is None
        or subject.members is None
        or decision.outcomes.get(subject.name) not in subject.members
    ):
        return ()
    search = _Search(
        rule_set, inputs, subject.name, subject.members, str(decision.outcomes[subject.name])
    )
    changes = [c for declared in rule_set.inputs if (c := search.smallest(declared)) is not None]
    best = any(c.better for c in changes)
    kept = [c for c in changes if c.better is best]
    return tuple(sorted(kept, key=lambda c: (search.share(c), c.input)))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for other outcomes of one decision."""

    rule_set: CompiledRuleSet
    inputs: Mapping[str, object]
    decision: str
    members: tuple[str, ...]
    outcome: str

    def outcome_with(self, name: str, value: Value) -> str | None:
        """The outcome when one input has another value; None when there is none."""
        answer = decide(self.rule_set, {**self.inputs, name: value})
        found = answer.outcomes.get(self.decision)
        return found if isinstance(found, str) else None

    def gain(self, outcome: str | None) -> int:
        """How many places better an outcome is; 0 when it is the same or none."""
        return (
            0 if outcome is None else self.members.index(outcome) - self.members.index(self.outcome)
        )

    def share(self, change: Change) -> Decimal:
        """The part of its range that a number moves; other changes come last."""
        declared = next(i for i in self.rule_set.inputs if i.name == change.input)
        low, high = _bounds(declared)
        if change.size is None or low is None or high is None or low == high:
            return Decimal(2)
        return change.size / (high - low)

    def smallest(self, declared: CompiledInput) -> Change | None:
        values, _, _ = read_inputs(self.rule_set.inputs, self.inputs)
        before = values.get(declared.name)
        found = [
            (v, o)
            for v in self._candidates(declared, before)
            if self.gain(o := self.outcome_with(declared.name, v))
        ]
        better = [pair for pair in found if self.gain(pair[1]) > 0] or found
        if not better:
            return None
        if isinstance(before, Decimal):
            numbers = [value for value, _ in better if isinstance(value, Decimal)]
            nearest = [self._nearer(declared.name, before, value) for value in numbers]
            after, outcome = min(nearest, key=lambda pair: abs(pair[0] - before))
            return Change(
                declared.name, before, after, self.decision, outcome, self.gain(outcome) > 0
            )
        after_other, outcome_other = better[0]
        return Change(
            declared.name,
            before,
            after_other,
            self.decision,
            outcome_other,
            self.gain(outcome_other) > 0,
        )

    def _candidates(self, declared: CompiledInput, before: Value) -> list[Value]:
        type_ = types.without_null(declared.type)
        if type_ == BOOLEAN:
            return [not before]
        if declared.members is not None and not isinstance(before, tuple):
            return [m for m in declared.members if m != before]
        if isinstance(type_, NumberType) and isinstance(before, Decimal):
            low, high = _bounds(declared)
            around = [
                k + d
                for k in self._bounds_in_tables(declared.name)
                for d in (-_STEP, Decimal(0), _STEP)
            ]
            ends = [end for end in (low, high) if end is not None]
            return [
                v
                for v in {*around, *ends}
                if v != before and (low is None or v >= low) and (high is None or v <= high)
            ]
        if declared.default is not REQUIRED and declared.default != before:
            return [declared.default]
        return []

    def _bounds_in_tables(self, name: str) -> Iterator[Decimal]:
        for node in self.rule_set.decisions:
            if node.table is None:
                continue
            for index, condition in enumerate(node.table.conditions):
                if isinstance(condition.value, ir.Read) and condition.value.name == name:
                    for row in node.table.rows:
                        yield from (
                            k
                            for k in compared_constants(row.tests[index].condition)
                            if isinstance(k, Decimal)
                        )

    def _nearer(self, name: str, before: Decimal, after: Decimal) -> tuple[Decimal, str]:
        """Halve the way back towards `before` on a grid of hundredths while the outcome stays as good."""
        reached = self.outcome_with(name, after) or self.outcome
        sign = 1 if after > before else -1
        for _ in range(_HALVINGS):
            middle = before + (after - before) / 2
            middle = middle.quantize(_STEP, rounding="ROUND_CEILING" if sign > 0 else "ROUND_FLOOR")
            if middle in {before, after} or (after - middle) * sign <= 0:
                break
            outcome = self.outcome_with(name, middle)
            if outcome == reached:
                after = middle
            else:
                return self._between(name, middle, after, reached)
        return after, reached

    def _between(
        self, name: str, fails: Decimal, works: Decimal, reached: str
    ) -> tuple[Decimal, str]:
        """Search the edge between a value that does not reach the outcome and one that does."""
        while abs(works - fails) > _STEP:
            middle = ((works + fails) / 2).quantize(_STEP)
            if middle in {works, fails}:
                break
            if self.outcome_with(name, middle) == reached:
                works = middle
            else:
                fails = middle
        return works, reached


def _bounds(declared: CompiledInput) -> tuple[Decimal | None, Decimal | None]:
    range_ = declared.range
    low = range_.low if range_ and isinstance(range_.low, Decimal) else None
    high = range_.high if range_ and isinstance(range_.high, Decimal) else None
    return low, high


# --- as data and as text -----------------------------------------------------------------------


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
            {
                "id": row.id,
                "fits": row.fits,
                "cells": [
                    {
                        "head": cell.head,
                        "test": cell.test,
                        "holds": cell.holds,
                        "missed_by": None
                        if cell.missed_by is None
                        else decimal_text(cell.missed_by),
                    }
                    for cell in row.cells
                ],
            }
            for row in node.rows
        ],
        "steps": [{"expression": text, "value": plain_json(value)} for text, value in node.steps],
        "value": plain_json(node.value) if node.state == "evaluated" else None,
    }


_WORDS: dict[str, dict[Lang, str]] = {
    "not_applicable": {
        "zh": "不适用，因为条件不成立：",
        "en": "does not apply, because this is false: ",
    },
    "not_evaluated": {"zh": "未评估", "en": "not evaluated"},
    "fits": {"zh": "符合", "en": "fits"},
    "fails": {"zh": "不符合", "en": "does not fit"},
    "unneeded": {"zh": "未评估（前面的行已决定）", "en": "not evaluated (an earlier row decided)"},
    "is": {"zh": "为", "en": "is"},
    "not": {"zh": "不满足", "en": "is not"},
    "by": {"zh": "，差 {}", "en": ", by {}"},
    "changes": {"zh": "怎样会改变结果：", "en": "What would have changed the outcome:"},
    "instead": {
        "zh": "{input}：{before} → {after}，则 {decision} 为 {outcome}",
        "en": "{input}: {before} → {after} gives {decision} = {outcome}",
    },
    "missing": {"zh": "缺少输入：", "en": "missing inputs: "},
    "status": {"zh": "状态：", "en": "status: "},
    "reasons": {"zh": "原因：", "en": "reasons: "},
}


def explanation_text(explanation: Explanation, rule_set: CompiledRuleSet, lang: Lang) -> str:
    """Tell an explanation in lines of plain text."""
    decision = explanation.decision
    labels = {i.name: i.field.label[lang] for i in rule_set.inputs if i.field.label is not None}
    lines = [
        f"{rule_set.document.title[lang]} · {rule_set.document.id}@{rule_set.document.version}"
    ]
    lines.append(_WORDS["status"][lang] + decision.status)
    if decision.missing:
        lines.append(
            _WORDS["missing"][lang] + ", ".join(labels.get(n, n) for n in decision.missing)
        )
    lines += [f"{f.code.id}: {f.message(lang)}" for f in decision.faults]
    for node in explanation.nodes:
        lines += _node_lines(node, labels, lang)
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


def _change_text(change: Change, labels: Mapping[str, str], lang: Lang) -> str:
    return _WORDS["instead"][lang].format(
        input=labels.get(change.input, change.input),
        before=_text(change.before),
        after=_text(change.after),
        decision=change.decision,
        outcome=_text(change.outcome),
    )


def _text(value: Value) -> str:
    if value is NOT_APPLICABLE:
        return "–"
    try:
        return text_of(value)
    except NoValueError:
        return "–"


def _node_lines(node: NodeExplanation, labels: Mapping[str, str], lang: Lang) -> list[str]:
    if node.state == "not_evaluated":
        return ["", f"{node.name}: {_WORDS['not_evaluated'][lang]}"]
    if node.state == "not_applicable":
        return ["", f"{node.name}: {_WORDS['not_applicable'][lang]}{node.only_if}"]
    lines = ["", f"{node.name} = {_text(node.value)}"]
    for row in node.rows:
        word = "unneeded" if row.fits is None else "fits" if row.fits else "fails"
        lines.append(f"  {row.id}: {_WORDS[word][lang]}")
        if row.fits is None:
            continue
        heads = dict(node.heads)
        for cell in row.cells:
            if cell.test == "-" or (cell.holds is not False and not row.fits):
                continue
            verb = _WORDS["is" if cell.holds else "not"][lang]
            by = (
                ""
                if cell.missed_by is None
                else _WORDS["by"][lang].format(decimal_text(cell.missed_by))
            )
            lines.append(
                f"    {labels.get(cell.head, cell.head)} ({_text(heads[cell.head])}) {verb} {cell.test}{by}"
            )
    lines += [f"  {text} = {_text(value)}" for text, value in node.steps]
    return lines
