"""Decision tables of a model: the rows that fit, joined by the hit policy (DMN 1.5, chapter 8)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.dmn.item_types import as_given
from engine.feel.values import NoValueError
from engine.kernel.diagnostics import Code
from engine.rules.hit_policies import PolicyError, aggregate, choose

if TYPE_CHECKING:
    from engine.dmn.elements import DecisionTable, FeelText, OutputClause, TableRule
    from engine.dmn.frames import Evaluator, Frame
    from engine.dmn.item_types import ItemType
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Span

NO_RULE = Code(
    "DMN-TABLE-001",
    "no rule of the table fits",
    "表中没有一条规则符合",
    "add a rule that fits, or default output entries",
    "请增加符合的规则，或默认输出",
)
NOT_AN_INPUT_VALUE = Code(
    "DMN-TABLE-002",
    "the input {number} of the table is {given}, which is none of its input values",
    "表的第 {number} 个输入为 {given}，不在其输入值之中",
    "add it to the input values, or correct the input",
    "请加入输入值，或更正输入",
)
NOT_AN_OUTPUT_VALUE = Code(
    "DMN-TABLE-003",
    "the output `{name}` is {given}, which is none of its output values",
    "输出 `{name}` 为 {given}，不在其输出值之中",
    "add it to the output values, or correct the rule",
    "请加入输出值，或更正规则",
)
NOT_JOINED = Code(
    "DMN-TABLE-004",
    "the outputs of the rules that fit cannot be joined by `{aggregation}`",
    "符合的规则的输出不能用 `{aggregation}` 汇总",
    "all of them must be numbers, or for `MIN` and `MAX` of one kind",
    "它们须全为数字；`MIN` 与 `MAX` 须为同一类型",
)


def table_value(table: DecisionTable, frame: Frame, run: Evaluator) -> Value:
    """Evaluate a table: one value, a context of several outputs, or a list of them.

    Raises:
        NoValueError: no rule fits, or those that fit cannot stand together.
    """
    heads = _heads(table, frame, run)
    hits = []
    for rule in table.rules:
        if _fits(rule, heads, run):
            hits.append(rule)
            if table.hit_policy == "first":
                break
    if not hits:
        return _without_hit(table, frame, run)
    made = [_outputs(table, rule, frame, run) for rule in hits]
    values = [_whole(table, outputs) for outputs in made]
    try:
        chosen = choose(table.hit_policy, values, lambda i: _rank(table, made[i], frame, run))
    except PolicyError as error:
        first, second = hits[error.first], hits[error.second]
        told = {"first": first.id, "second": second.id, "table": frame.element}
        raise NoValueError(error.code, **told) from None
    if table.hit_policy not in {"collect", "rule_order", "output_order"}:
        return values[chosen[0]]
    if table.aggregation is not None:
        return _aggregated(table, [made[i] for i in chosen])
    return tuple(values[i] for i in chosen)


def _heads(table: DecisionTable, frame: Frame, run: Evaluator) -> list[Frame]:
    """Evaluate the inputs; each gives the names that the tests of its column see."""
    heads = []
    for number, clause in enumerate(table.inputs, 1):
        value = run.value(clause.expression, frame)
        head = frame.binding({"?": value})
        # Null passes, as it does where a type allows only some values.
        values = None if value is None else clause.values
        if values is not None and not _passes(values, head, run):
            raise NoValueError(NOT_AN_INPUT_VALUE, number=number, given=as_given(value))
        heads.append(head)
    return heads


def _passes(tests: FeelText, head: Frame, run: Evaluator) -> bool:
    return run.text(tests, "tests", head) is True


def _fits(rule: TableRule, heads: list[Frame], run: Evaluator) -> bool:
    return all(
        test.text == "-" or _passes(test, head, run)
        for test, head in zip(rule.tests, heads, strict=True)
    )


def _outputs(table: DecisionTable, rule: TableRule, frame: Frame, run: Evaluator) -> list[Value]:
    return [
        _output(clause, run.value(cell, frame), frame, run, rule.span)
        for clause, cell in zip(table.outputs, rule.outputs, strict=True)
    ]


def _output(
    clause: OutputClause, value: Value, frame: Frame, run: Evaluator, span: Span | None
) -> Value:
    value = run.typed(value, clause.type_ref, frame, span)
    if clause.values is None or value is None:
        return value
    if not _passes(clause.values, frame.binding({"?": value}), run):
        told = {"name": clause.name or frame.element, "given": as_given(value)}
        run.fault(NOT_AN_OUTPUT_VALUE, span, frame.element, **told)
        return None
    return value


def _whole(table: DecisionTable, outputs: list[Value]) -> Value:
    if len(table.outputs) == 1:
        return outputs[0]
    return {clause.name: value for clause, value in zip(table.outputs, outputs, strict=True)}


def _rank(
    table: DecisionTable, outputs: list[Value], frame: Frame, run: Evaluator
) -> tuple[int, ...]:
    """The places of the outputs in their declared order, which counts from the left (8.2.10)."""
    return tuple(
        _place(clause, value, frame, run)
        for clause, value in zip(table.outputs, outputs, strict=True)
    )


def _place(clause: OutputClause, value: Value, frame: Frame, run: Evaluator) -> int:
    order = clause.values or _allowed(clause, frame)
    if order is None:
        return 0
    listed = run.text(order, "values", frame)
    values = listed if isinstance(listed, tuple) else ()
    return values.index(value) if value in values else len(values)


def _allowed(clause: OutputClause, frame: Frame) -> FeelText | None:
    """The allowed values of an output's type, which order it where it lists none itself."""
    type_: ItemType | None = (
        frame.home.types.find(clause.type_ref) if clause.type_ref is not None else None
    )
    while type_ is not None and not type_.tests:
        type_ = type_.alias
    return None if type_ is None else type_.tests[0]


def _without_hit(table: DecisionTable, frame: Frame, run: Evaluator) -> Value:
    """The default outputs; else what the policy gives of nothing: an empty list, a count of 0, or null."""
    if any(clause.default is not None for clause in table.outputs):
        made = [
            None
            if clause.default is None
            else run.typed(run.value(clause.default, frame), clause.type_ref, frame, table.span)
            for clause in table.outputs
        ]
        return _whole(table, made)
    if table.hit_policy in {"collect", "rule_order", "output_order"}:
        if table.aggregation is None:
            return ()
        if table.aggregation == "count":
            return Decimal(0)
    raise NoValueError(NO_RULE)


def _aggregated(table: DecisionTable, rows: list[list[Value]]) -> Value:
    """Join each output by the operator; several outputs give a context of what was joined."""
    operator = table.aggregation or ""
    return _whole(table, [_joined(operator, column) for column in zip(*rows, strict=True)])


def _joined(operator: str, values: tuple[Value, ...]) -> Value:
    if operator == "sum" and not all(isinstance(v, Decimal) for v in values):
        raise NoValueError(NOT_JOINED, aggregation=operator.upper())
    return aggregate(operator, values)
