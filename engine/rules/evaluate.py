"""A compiled rule set and the inputs of a case to a Decision: the door, and the reference evaluation behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.backends.interpreter import (
    NOT_A_CONDITION,
    FaultError,
    Run,
    evaluate_ir,
)
from engine.feel.builtins.temporal import text_of
from engine.feel.types import ANY, ContextType, ListType, NumberType, StringType, Type
from engine.feel.values import NOT_APPLICABLE, Function, Range, Value, kind_of
from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code, Diagnostic
from engine.rules.decision import Decision, Reason, Status, Step, canonical
from engine.rules.inputs import ASSUMPTION, not_member, read_inputs
from engine.rules.policies import PolicyError, aggregate, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.feel import ir
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
        Fragment,
        Output,
    )

NO_ROW = Code(
    "RULE-EVAL-001",
    "no row of `{table}` fits",
    "`{table}` 没有一行符合",
    "add a row that fits, or a `default`",
    "请增加符合的行，或 `default`",
)
WOULD_ROUND = Code(
    "RULE-EVAL-004",
    "`{name}` is {value}, and `digits: {digits}` would round it",
    "`{name}` 为 {value}，而 `digits: {digits}` 会使其被舍入",
    "round in the rule, as with `round half up(…, {digits})`",
    "请在规则中取整，例如 `round half up(…, {digits})`",
)
NOT_A_MEMBER = Code(
    "RULE-EVAL-005",
    "`{name}` is `{value}`, which is none of its values",
    "`{name}` 为 `{value}`，不在其可选值中",
    "add it to the list, or correct the rule",
    "请加入列表，或更正规则",
)
NOT_OF_TYPE = Code(
    "RULE-EVAL-007",
    "`{name}` must be a {wanted}, and this is {given}",
    "`{name}` 须为 {wanted}，而这里是 {given}",
    "test it first, as with `instance of`, or correct the type",
    "请先用 `instance of` 判断，或更正类型",
)
UNRANKED = Code(
    "RULE-EVAL-008",
    "`{table}` gives `{value}`, which its `priority` does not list",
    "`{table}` 给出 `{value}`，而其 `priority` 未列出",
    "list every output value",
    "请列出全部输出值",
)
EMPTY_AGGREGATE = Code(
    "RULE-EVAL-006",
    "no row of `{table}` fits, and `{aggregate}` of nothing has no value",
    "`{table}` 没有一行符合，`{aggregate}` 没有值",
    "add a `default`",
    "请增加 `default`",
)


class VoidError(Exception):
    """Ends an evaluation that has no answer."""

    def __init__(self, fault: Diagnostic) -> None:
        """Keep the fault that voids it."""
        super().__init__(fault.code.id)
        self.fault = fault


@dataclass(slots=True)
class Hit:
    """What a table gave: its value and the rows that hit."""

    value: Value
    rows: tuple[CompiledRow, ...]


@dataclass(slots=True)
class Evaluation:
    """A case being decided: the values of its names so far, and the run that counts steps."""

    rule_set: CompiledRuleSet
    values: dict[str, Value]
    run: Run = field(default_factory=Run)

    def __post_init__(self) -> None:
        """Make the functions callable from expressions."""
        self.run.functions = self._functions("")

    def _functions(self, home: str) -> dict[str, Callable[..., Value]]:
        """The functions as the expressions of one rule set call them: by their names below its own."""
        return {
            function.name.removeprefix(home): self._function(function)
            for function in self.rule_set.functions
            if function.name.startswith(home)
        }

    def _function(self, function: CompiledFunction) -> Callable[..., Value]:
        def call(*arguments: Value) -> Value:
            outer = self.values, self.run.functions
            self.values = {}
            for (name, type_), argument in zip(function.parameters, arguments, strict=True):
                check_value_of(name, type_, argument, function.node.fragment)
                self.values[name] = argument
            self.run.functions = self._functions(function.home)
            try:
                return node_value(function.node, self).value
            finally:
                self.values, self.run.functions = outer

        return call

    def value(self, node: ir.Ir, fragment: Fragment, **local: Value) -> Value:
        """Evaluate an expression; raises VoidError with its place."""
        try:
            return evaluate_ir(node, {**self.values, **local} if local else self.values, self.run)
        except FaultError as error:
            raise VoidError(fragment.diagnostic(error.fault)) from None

    def holds(self, node: ir.Ir, fragment: Fragment, **local: Value) -> bool:
        """Evaluate a condition; raises VoidError for what is neither true nor false."""
        value = self.value(node, fragment, **local)
        if value is True or value is False:
            return bool(value)
        given = "missing" if value is None else kind_of(value)
        raise VoidError(NOT_A_CONDITION.at(fragment.place(0, len(fragment.text)), given=given))


def decide(rule_set: CompiledRuleSet, inputs: Mapping[str, object]) -> Decision:
    """Decide a case: by the generated code, and by the reference evaluation where that has no plain answer.

    Numbers are Decimals, integers or decimal texts; floats are refused. Never raises for what is in
    the inputs: the status says `incomplete` or `error`.
    """
    if rule_set.fast is not None:
        try:
            return rule_set.fast(inputs)
        except Exception:  # noqa: BLE001, S110 - whatever it was, the reference finds the fault and its place
            pass
    return interpret(rule_set, inputs)


def interpret(rule_set: CompiledRuleSet, inputs: Mapping[str, object]) -> Decision:
    """Decide a case by the reference meaning; slow and plain."""
    with localcontext(CONTEXT):
        values, missing, found = read_inputs(rule_set.inputs, inputs)
        if found:
            return _void(rule_set, "error", tuple(found), missing)
        if missing:
            return _void(rule_set, "incomplete", (), missing)
        evaluation = Evaluation(rule_set, values)
        try:
            return _decided(evaluation)
        except VoidError as void:
            return _void(rule_set, "error", (void.fault,))


def _void(
    rule_set: CompiledRuleSet,
    status: Status,
    faults: tuple[Diagnostic, ...],
    missing: tuple[str, ...] = (),
) -> Decision:
    return Decision(status, {}, (), (), rule_set.used, missing, (), faults)


def _decided(evaluation: Evaluation) -> Decision:
    rule_set = evaluation.rule_set
    outcomes: dict[str, Value] = {}
    rows: list[CompiledRow] = []
    trace: list[Step] = []
    for assumption, fragment in rule_set.assumptions:
        if not evaluation.holds(assumption, fragment):
            raise VoidError(
                ASSUMPTION.at(fragment.place(0, len(fragment.text)), text=fragment.text)
            )
    for node in rule_set.decisions:
        if not applies(node, evaluation):
            evaluation.values[node.name] = NOT_APPLICABLE
            trace.append(Step(node.name, NOT_APPLICABLE))
            continue
        hit = node_value(node, evaluation)
        evaluation.values[node.name] = hit.value
        shown = printed(node, hit.value)
        outcomes[node.name] = shown
        trace.append(Step(node.name, shown, tuple(r.id for r in hit.rows)))
        rows += hit.rows
    reasons = tuple(r for row in rows for r in reasons_of(rule_set, row, evaluation.values))
    obligations = tuple(o for row in rows for o in row.obligations)
    return Decision("decided", outcomes, reasons, obligations, rule_set.used, (), tuple(trace))


def applies(node: CompiledNode, evaluation: Evaluation) -> bool:
    """Whether a decision's `only_if` holds."""
    if node.only_if is None or node.only_if_fragment is None:
        return True
    return evaluation.holds(node.only_if, node.only_if_fragment)


def node_value(node: CompiledNode, evaluation: Evaluation) -> Hit:
    """Evaluate a decision or function: its expression or its table."""
    if node.table is not None:
        hit = _table(node, node.table, evaluation)
    elif node.value is not None:
        hit = Hit(evaluation.value(node.value, node.fragment), ())
        check_value_of(node.name, node.outputs[0].type, hit.value, node.fragment)
    else:
        raise AssertionError(node.name)
    return hit


def check_value_of(name: str, type_: Type, value: Value, fragment: Fragment) -> None:
    """Refuse a value that is not of its declared type: an unknown text is an error, never an 'else'."""
    span = fragment.place(0, len(fragment.text))
    if not of_type(value, type_):
        given = "missing" if value is None else kind_of(value)
        told = {"name": name, "wanted": types.type_text(types.without_null(type_)), "given": given}
        raise VoidError(NOT_OF_TYPE.at(span, **told))
    if (wrong := not_member(value, members_in(type_))) is not None:
        raise VoidError(NOT_A_MEMBER.at(span, name=name, value=wrong))


def of_type(value: Value, type_: Type) -> bool:
    """Whether a value is of a declared type; units and bounds are the checker's to see."""
    match type_:
        case types.NullableType():
            return value is None or of_type(value, type_.of)
        case NumberType():
            return isinstance(value, Decimal)
        case StringType():
            return isinstance(value, str)
        case ListType():
            return isinstance(value, tuple) and all(of_type(v, type_.item) for v in value)
        case ContextType():
            return isinstance(value, dict) and all(
                name in value and of_type(value[name], inner) for name, inner in type_.fields or ()
            )
        case types.RangeType() | types.FunctionType():
            return isinstance(value, Range | Function)
        case types.SimpleType():
            return type_ == ANY or kind_of(value) == type_.name


def members_in(type_: Type) -> tuple[str, ...] | None:
    """The texts that a value of this type, or an item of a list of it, can be."""
    inner = types.without_null(type_)
    inner = inner.item if isinstance(inner, ListType) else inner
    return inner.members if isinstance(inner, StringType) else None


def head_values(table: CompiledTable, evaluation: Evaluation) -> list[Value]:
    """Evaluate the condition heads of a table, all of them, from the left."""
    return [evaluation.value(c.value, c.fragment) for c in table.conditions]


def row_fits(row: CompiledRow, heads: list[Value], evaluation: Evaluation) -> bool:
    """Whether a row fits: first the cells that compare with constants, then the others from the left."""
    for constant in (True, False):
        for test, head in zip(row.tests, heads, strict=True):
            if (
                test.constant is constant
                and not test.any
                and not evaluation.holds(test.condition, test.fragment, **{"?": head})
            ):
                return False
    return True


def _table(node: CompiledNode, table: CompiledTable, evaluation: Evaluation) -> Hit:
    heads = head_values(table, evaluation)
    hits = []
    for row in table.rows:
        if row_fits(row, heads, evaluation):
            hits.append(row)
            if table.hit_policy == "first":
                break
    values = [_row_value(row, table, evaluation) for row in hits]
    return by_policy(node, table, hits, values)


def _row_value(row: CompiledRow, table: CompiledTable, evaluation: Evaluation) -> Value:
    made = {}
    for output, cell, fragment in zip(table.outputs, row.outputs, row.fragments, strict=True):
        made[output.name] = evaluation.value(cell, fragment)
        check_value_of(output.name, output.type, made[output.name], fragment)
    return made[table.outputs[0].name] if table.single else made


def default_value(table: CompiledTable, row: CompiledRow) -> Value:
    """The value of a table's default."""
    made = {
        o.name: evaluate_ir(cell, {}) for o, cell in zip(table.outputs, row.outputs, strict=True)
    }
    return made[table.outputs[0].name] if table.single else made


def by_policy(
    node: CompiledNode, table: CompiledTable, hits: list[CompiledRow], values: list[Value]
) -> Hit:
    """Join the rows that fit by the table's hit policy (DMN 1.5, 8.2.10)."""
    span = node.fragment.span
    if not hits:
        return _no_hit(node, table)
    try:
        chosen = choose(table.hit_policy, values, lambda i: _rank(node, table, hits[i], values[i]))
    except PolicyError as error:
        first, second = hits[error.first], hits[error.second]
        told = {"table": node.name, "first": first.id, "second": second.id}
        raise VoidError(error.code.at(second.span or span, **told)) from None
    rows, given = tuple(hits[i] for i in chosen), [values[i] for i in chosen]
    if not table.collects:
        return Hit(given[0], rows)
    return Hit(tuple(given) if table.aggregate is None else aggregate(table.aggregate, given), rows)


def _no_hit(node: CompiledNode, table: CompiledTable) -> Hit:
    if table.default is not None:
        value = default_value(table, table.default)
        return Hit(
            (value,) if table.collects and table.aggregate is None else value, (table.default,)
        )
    if table.aggregate in {"sum", "count"}:
        return Hit(Decimal(0), ())
    if table.aggregate is not None:
        raise VoidError(
            EMPTY_AGGREGATE.at(node.fragment.span, table=node.name, aggregate=table.aggregate)
        )
    if table.collects:
        return Hit((), ())
    raise VoidError(NO_ROW.at(node.fragment.span, table=node.name))


def _rank(
    node: CompiledNode, table: CompiledTable, row: CompiledRow, value: Value
) -> tuple[int, ...]:
    """The place of a row's outputs in the declared priorities."""
    values = [value] if table.single or not isinstance(value, dict) else list(value.values())
    found = table.rank(values)
    if found is None:
        shown = ", ".join(shown_value(v) for v in values)
        raise VoidError(UNRANKED.at(row.span, table=node.name, value=shown))
    return found


def printed(node: CompiledNode, value: Value) -> Value:
    """Give numbers their declared places; it is a fault if that would round."""
    if node.table is not None and not node.table.single:
        if isinstance(value, tuple):
            return tuple(printed(node, item) for item in value)
        outputs = {o.name: o for o in node.outputs}
        return (
            {name: print_number(outputs[name], v, node) for name, v in value.items()}
            if isinstance(value, dict)
            else value
        )
    return print_number(node.outputs[0], value, node)


def print_number(output: Output, value: Value, node: CompiledNode) -> Value:
    """Give one number its declared places."""
    if isinstance(value, tuple):
        return tuple(print_number(output, item, node) for item in value)
    if output.digits is None or not isinstance(value, Decimal):
        return canonical(value)
    try:
        shown = value.quantize(Decimal((0, (1,), -output.digits)))
    except ArithmeticError:
        shown = None
    if shown is None or shown != value:
        raise VoidError(
            WOULD_ROUND.at(
                node.fragment.span, name=output.name, value=text_of(value), digits=output.digits
            )
        )
    # Nothing is below zero by nothing: a negative zero is written without its sign.
    return shown or abs(shown)


def reasons_of(
    rule_set: CompiledRuleSet, row: CompiledRow, values: Mapping[str, Value]
) -> tuple[Reason, ...]:
    """The reasons of a row, with the values that their texts name."""
    clause = row.clause or rule_set.document.clause
    return tuple(
        Reason(code, *reason_texts(rule_set, code, values), clause) for code in row.reasons
    )


def reason_texts(
    rule_set: CompiledRuleSet, code: str, values: Mapping[str, Value]
) -> tuple[str, str]:
    """The zh and en texts of a reason code."""
    text = rule_set.reasons[code]
    if code not in rule_set.placeholders:
        return text.zh, text.en
    known = {**{n: c.value for n, c in rule_set.parameters.items()}, **values}
    return _filled(text.zh, known, "、"), _filled(text.en, known, ", ")


def _filled(template: str, values: Mapping[str, Value], joint: str) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda m: shown_value(values.get(m[1]), joint), template)


def shown_value(value: Value, joint: str = ", ") -> str:
    """Write a value for people; one that is missing or does not apply is a dash."""
    if isinstance(value, tuple):
        return joint.join(shown_value(item, joint) for item in value)
    if value is NOT_APPLICABLE or value is None:
        return "–"
    return text_of(value)
