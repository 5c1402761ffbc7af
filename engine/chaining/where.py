"""The text of a `where` to a condition: FEEL syntax, of which only comparisons are allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, cast

from engine.chaining.program import (
    MIRRORED,
    OPPOSITE,
    Both,
    Compare,
    Either,
    Join,
    Ref,
    plain_number,
)
from engine.feel import tree
from engine.feel.parser import parse_expression
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code, nearest
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.chaining.program import Condition, FactType, Field, Kind, Op, Value

NOT_ALLOWED = Code(
    "CHAIN-WHERE-001",
    "`{text}` cannot stand in a rule of an inference",
    "`{text}` 不能用在推理规则中",
    "compare a field with a constant, a param or another fact's field; a rule set can compute",
    "请把字段与常量、参数或另一事实的字段作比较；计算请交给规则集",
)
NOT_A_TEST = Code(
    "CHAIN-WHERE-002",
    "`{text}` is neither true nor false",
    "`{text}` 不是真假判断",
    "compare it with something",
    "请将其与某值比较",
)
UNKNOWN_NAME = Code(
    "CHAIN-WHERE-003",
    "`{name}` is not known here",
    "此处没有 `{name}`",
    "known here: {known}",
    "此处可用：{known}",
)
UNKNOWN_VARIABLE = Code(
    "CHAIN-WHERE-004",
    "`{name}` is not a variable of this rule",
    "`{name}` 不是本规则的变量",
    "known here: {known}",
    "此处可用：{known}",
)
NO_SUCH_FIELD = Code(
    "CHAIN-WHERE-005",
    "a `{type}` has no field `{name}`",
    "`{type}` 没有字段 `{name}`",
    "known here: {known}",
    "此处可用：{known}",
)
BARE_VARIABLE = Code(
    "CHAIN-WHERE-006",
    "`{name}` is a fact, not a value",
    "`{name}` 是事实，而不是值",
    "name one of its fields: `{name}.{field}`",
    "请写出它的字段：`{name}.{field}`",
)
KINDS_DIFFER = Code(
    "CHAIN-WHERE-007",
    "`{left}` is a {left_kind} and `{right}` is a {right_kind}",
    "`{left}` 是 {left_kind}，而 `{right}` 是 {right_kind}",
    "compare values of one type",
    "请比较同一类型的值",
)
UNITS_DIFFER = Code(
    "CHAIN-WHERE-008",
    "`{left}` is in {left_unit} and `{right}` in {right_unit}",
    "`{left}` 的单位是 {left_unit}，而 `{right}` 的单位是 {right_unit}",
    "compare values of one unit",
    "请比较同一单位的值",
)
NO_ORDER = Code(
    "CHAIN-WHERE-009",
    "`{op}` needs numbers",
    "`{op}` 只能用于数字",
    "use `=`, `!=` or `in`",
    "请使用 `=`、`!=` 或 `in`",
)
NOT_A_MEMBER = Code(
    "CHAIN-WHERE-010",
    "`{value}` is not one of the values of `{name}`: {known}",
    "`{value}` 不是 `{name}` 的可选值：{known}",
    "choose one of them",
    "请从中选择",
)
OUT_OF_RANGE = Code(
    "CHAIN-WHERE-011",
    "`{value}` lies outside the range {range} of `{name}`",
    "`{value}` 超出 `{name}` 的范围 {range}",
    "correct the number; the comparison would always give the same",
    "请更正数字；否则比较结果总是相同",
)
NO_FIELD = Code(
    "CHAIN-WHERE-012",
    "`{text}` compares no field of a fact",
    "`{text}` 没有比较任何事实的字段",
    "one side must be a field",
    "比较的一侧必须是字段",
)
SAME_FACT = Code(
    "CHAIN-WHERE-013",
    "`{text}` compares two fields of one fact",
    "`{text}` 比较同一事实的两个字段",
    "compute it by a rule set first and let it come in as a field",
    "请先由规则集算出，再作为字段传入",
)
ORDERED_JOIN = Code(
    "CHAIN-WHERE-014",
    "`{op}` cannot compare fields of two facts",
    "`{op}` 不能比较两个事实的字段",
    "two facts are joined by `=` or `!=`",
    "两个事实只能用 `=` 或 `!=` 关联",
)

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known when the document is read; a literal's unit, None, fits any other."""

    value: Value
    unit: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the value."""
        match self.value:
            case bool():
                return "boolean"
            case str():
                return "string"
            case Decimal():
                return "number"


class Located(NamedTuple):
    """A field that an expression names, and where it points."""

    ref: Ref
    field: Field


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: the variables' types, the variable whose fields are bare, the params."""

    variables: Mapping[str, FactType]
    own: str | None
    params: Mapping[str, Constant]


@dataclass(slots=True)
class Reading:
    """What reading one text gave: its faults, and each constant that a field must equal."""

    text: str
    scope: Scope
    faults: list[Fault] = field(default_factory=list)
    mentions: list[tuple[Ref, Value, int, int]] = field(default_factory=list)

    def refuse(self, code: Code, node: tree.Node, near: str | None = None, **args: object) -> None:
        """Note a fault about the stretch of text that `node` came from."""
        filled = {name: str(arg) for name, arg in args.items()}
        self.faults.append(Fault(code, node.start, node.end, filled, near))

    def shown(self, node: tree.Node) -> str:
        """Quote the text of a node."""
        text = self.text[node.start : node.end]
        return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def read_where(text: str, scope: Scope) -> tuple[Condition | None, Reading]:
    """Read a condition; it is None exactly when the reading has faults."""
    reading = Reading(text, scope)
    node, faults = parse_expression(text)
    reading.faults += faults
    condition = None if node is None else _condition(reading, node, wanted=True)
    return (None if reading.faults else condition), reading


def read_operand(text: str, scope: Scope) -> tuple[Located | Constant | None, Reading]:
    """Read the expression of a derived value: a variable's field, a param or a constant."""
    reading = Reading(text, scope)
    node, faults = parse_expression(text)
    reading.faults += faults
    return (None if node is None else _operand(reading, node)), reading


# --- conditions --------------------------------------------------------------------------------


def _condition(reading: Reading, node: tree.Node, *, wanted: bool) -> Condition | None:
    """Read a condition that is to be `wanted`; so `not` turns comparisons around and disappears."""
    match node:
        case tree.Binary(op="and" | "or", left=left, right=right):
            parts = [_condition(reading, part, wanted=wanted) for part in (left, right)]
            return _joined(parts, both=(node.op == "and") is wanted)
        case tree.Binary() if node.op in OPPOSITE:
            return _comparison(reading, node, wanted=wanted)
        case tree.Call(function=tree.Name(name="not"), arguments=(inner,), names=None):
            return _condition(reading, inner, wanted=not wanted)
        case tree.Between(value=value, low=low, high=high):
            test = tree.Range(low, high, start=node.start, end=node.end)
            return _membership(reading, value, test, wanted=wanted)
        case tree.In(value=value, tests=tests):
            parts = [_membership(reading, value, test, wanted=wanted) for test in tests]
            return _joined(parts, both=not wanted)
        case tree.Name() | tree.Path() | tree.Literal():
            return _flag(reading, node, wanted=wanted)
        case _:
            reading.refuse(NOT_ALLOWED, node, text=reading.shown(node))
            return None


def _joined(parts: Sequence[Condition | None], *, both: bool) -> Condition | None:
    """Put parts together; parts of the same sort are taken in, so that trees stay flat."""
    sort = Both if both else Either
    flat: list[Condition] = []
    for part in parts:
        if part is None:
            return None
        flat += part.parts if isinstance(part, sort) else (part,)
    return flat[0] if len(flat) == 1 else sort(tuple(flat))


def _membership(
    reading: Reading, value: tree.Node, test: tree.Node, *, wanted: bool
) -> Condition | None:
    """Read one test of an `in`: a list, a range, a comparison or a value."""
    place = {"start": test.start, "end": test.end}
    match test:
        case tree.ListLiteral(items=(_, *_) as items):
            parts = [_membership(reading, value, item, wanted=wanted) for item in items]
            return _joined(parts, both=not wanted)
        case tree.Range(low, high, low_closed, high_closed):
            above = tree.Binary(">=" if low_closed else ">", value, low, **place)
            below = tree.Binary("<=" if high_closed else "<", value, high, **place)
            parts = [_comparison(reading, end, wanted=wanted) for end in (above, below)]
            return _joined(parts, both=wanted)
        case tree.Comparison(op, operand):
            return _comparison(reading, tree.Binary(op, value, operand, **place), wanted=wanted)
        case _:
            return _comparison(reading, tree.Binary("=", value, test, **place), wanted=wanted)


def _flag(reading: Reading, node: tree.Node, *, wanted: bool) -> Condition | None:
    """Read a truth value by itself, which must be a field."""
    operand = _operand(reading, node)
    if isinstance(operand, Located) and operand.field.kind == "boolean":
        return Compare(operand.ref, "=", wanted)
    if operand is not None:
        reading.refuse(NOT_A_TEST, node, text=reading.shown(node))
    return None


def _comparison(reading: Reading, node: tree.Binary, *, wanted: bool) -> Condition | None:
    """Read a comparison, its field on whichever side."""
    first = _operand(reading, node.left, beside=node.right)
    second = _operand(reading, node.right, beside=node.left)
    if first is None or second is None:
        return None
    if isinstance(first, Constant):
        if isinstance(second, Constant):
            reading.refuse(NO_FIELD, node, text=reading.shown(node))
            return None
        first, second = second, first
        op = MIRRORED[cast("Op", node.op)]
        node = tree.Binary(op, node.right, node.left, start=node.start, end=node.end)
    if not _comparable(reading, node, first, second):
        return None
    op = cast("Op", node.op) if wanted else OPPOSITE[cast("Op", node.op)]
    if isinstance(second, Located):
        return _join(reading, node, first, op, second)
    if not _possible(reading, node.right, first.field, second.value):
        return None
    if op == "=":
        reading.mentions.append((first.ref, second.value, node.right.start, node.right.end))
    return Compare(first.ref, op, second.value)


def _comparable(
    reading: Reading, node: tree.Binary, first: Located, second: Located | Constant
) -> bool:
    """Check that two sides have one kind and unit, and an order where one is asked for."""
    kind = second.kind if isinstance(second, Constant) else second.field.kind
    unit = second.unit if isinstance(second, Constant) else second.field.unit
    sides = {"left": reading.shown(node.left), "right": reading.shown(node.right)}
    if first.field.kind != kind:
        reading.refuse(KINDS_DIFFER, node, left_kind=first.field.kind, right_kind=kind, **sides)
        return False
    if node.op not in {"=", "!="} and kind != "number":
        reading.refuse(NO_ORDER, node, op=node.op)
        return False
    if unit is not None and first.field.unit != unit:
        units = {"left_unit": first.field.unit or "no unit", "right_unit": unit or "no unit"}
        reading.refuse(UNITS_DIFFER, node, **sides, **units)
        return False
    return True


def _join(
    reading: Reading, node: tree.Binary, first: Located, op: Op, second: Located
) -> Condition | None:
    if op not in {"=", "!="}:
        reading.refuse(ORDERED_JOIN, node, op=op)
        return None
    if first.ref.variable == second.ref.variable:
        reading.refuse(SAME_FACT, node, text=reading.shown(node))
        return None
    left, right = sorted((first.ref, second.ref))
    return Join(left, right, op == "=")


def _possible(reading: Reading, node: tree.Node, field_: Field, value: Value) -> bool:
    """Check that a field could have the value that it is compared with."""
    if isinstance(value, str) and field_.members is not None and value not in field_.members:
        known = ", ".join(f"`{member}`" for member in field_.members)
        near = nearest(value, field_.members)
        reading.refuse(NOT_A_MEMBER, node, near, value=value, name=field_.name, known=known)
        return False
    if isinstance(value, Decimal) and field_.bounds and not field_.bounds.hold(value):
        shown = decimal_text(value)
        reading.refuse(OUT_OF_RANGE, node, value=shown, name=field_.name, range=field_.bounds)
        return False
    return True


# --- operands ----------------------------------------------------------------------------------


def _operand(
    reading: Reading, node: tree.Node, beside: tree.Node | None = None
) -> Located | Constant | None:
    """Read one side of a comparison; `beside` is the other, for a bare word to be quoted."""
    match node:
        case tree.Literal(value=Decimal() as number):
            return Constant(plain_number(number))
        case tree.Literal(value=str() | bool() as value):
            return Constant(value)
        case tree.Name(name=name):
            return _named(reading, node, name, beside)
        case tree.Path(base=tree.Name(name=variable) as base, name=name):
            if (type_ := reading.scope.variables.get(variable)) is not None:
                return _field_of(reading, node, variable, type_, name)
            known = sorted(reading.scope.variables)
            listed = ", ".join(f"`{one}`" for one in known)
            near = nearest(variable, known)
            reading.refuse(UNKNOWN_VARIABLE, base, near, name=variable, known=listed)
            return None
        case _:
            reading.refuse(NOT_ALLOWED, node, text=reading.shown(node))
            return None


def _named(
    reading: Reading, node: tree.Node, name: str, beside: tree.Node | None
) -> Located | Constant | None:
    scope = reading.scope
    own = scope.variables[scope.own] if scope.own is not None else None
    if own is not None and scope.own is not None and own.position(name) is not None:
        return _field_of(reading, node, scope.own, own, name)
    if name in scope.params:
        return scope.params[name]
    if name in scope.variables:
        reading.refuse(BARE_VARIABLE, node, name=name, field=scope.variables[name].names[0])
        return None
    known = sorted({*(own.names if own else ()), *scope.params, *scope.variables})
    near = nearest(name, known)
    if (
        isinstance(beside, tree.Name)
        and own
        and (position := own.position(beside.name)) is not None
    ):
        near = f'"{name}"' if name in (own.fields[position].members or ()) else near
    listed = ", ".join(f"`{one}`" for one in known)
    reading.refuse(UNKNOWN_NAME, node, near, name=name, known=listed)
    return None


def _field_of(
    reading: Reading, node: tree.Node, variable: str, type_: FactType, name: str
) -> Located | None:
    position = type_.position(name)
    if position is None:
        listed = ", ".join(f"`{one}`" for one in type_.names)
        near = nearest(name, type_.names)
        reading.refuse(NO_SUCH_FIELD, node, near, type=type_.name, name=name, known=listed)
        return None
    return Located(Ref(variable, position), type_.fields[position])
