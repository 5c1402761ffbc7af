"""What fits what: signatures and arguments, entries and contexts, members and texts; and what is said if not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import ir, tree, types
from engine.feel.builtins.registry import kind_text
from engine.feel.builtins.temporal import PROPERTIES
from engine.feel.types import (
    ANY,
    BOOLEAN,
    NULL,
    ContextType,
    ListType,
    NumberType,
    RangeType,
    StringType,
    Type,
)
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code, Phrase, nearest
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.feel.builtins.registry import Builtin, Signature

WRONG_ARGUMENT = Code(
    "FEEL-TYPE-002",
    "`{function}` needs {wanted} for `{parameter}`, and this is {given}",
    "`{function}` 的 `{parameter}` 需要 {wanted}，而这里是 {given}",
    "give a value of that type",
    "请给出该类型的值",
)
WRONG_COUNT = Code(
    "FEEL-TYPE-003",
    "`{function}` takes {wanted}, and {given} are given",
    "`{function}` 需要 {wanted}，而给了 {given} 个",
    "its parameters are: {parameters}",
    "参数为：{parameters}",
)
WRONG_PARAMETER = Code(
    "FEEL-TYPE-004",
    "`{function}` has no parameter `{name}`",
    "`{function}` 没有参数 `{name}`",
    "its parameters are: {parameters}",
    "参数为：{parameters}",
)
UNGUARDED = Code(
    "FEEL-NULL-001",
    "`{name}` may be missing here",
    "`{name}` 在此处可能缺失",
    "test it first: `is defined({name}) and …`",
    "请先判断：`is defined({name}) and …`",
)
NEVER_EQUAL = Code(
    "FEEL-TYPE-008",
    "`{value}` is never a value here: {known}",
    "`{value}` 不可能是此处的值：{known}",
    "choose one of them",
    "请从中选择",
)
UNKNOWN_ENTRY = Code(
    "FEEL-NAME-003",
    "{type} has no entry `{name}`",
    "{type} 没有条目 `{name}`",
    "it has: {known}",
    "可用条目：{known}",
)
RANGE_REVERSED = Code(
    "FEEL-TYPE-013",
    "this range ends at {high}, before it begins at {low}",
    "该区间止于 {high}，早于起点 {low}",
    "write the smaller end first",
    "请先写较小的一端",
)
NOT_A_CONTEXT_PATH = Code(
    "FEEL-TYPE-012",
    "{type} has no entries",
    "{type} 没有条目",
    "use `.` on a context",
    "`.` 只能用于上下文",
)
WRONG_UNITS = Code(
    "FEEL-UNIT-001",
    "`{op}` needs equal units, and these are `{left}` and `{right}`",
    "`{op}` 要求单位相同，而这里是 `{left}` 与 `{right}`",
    "multiply or divide by a value that carries the missing unit",
    "请乘以或除以带有所缺单位的值",
)
WRONG_OPERANDS = Code(
    "FEEL-TYPE-001",
    "`{op}` does not work on {left} and {right}",
    "`{op}` 不能用于 {left} 与 {right}",
    "both sides must be of one type",
    "两边须为同一类型",
)
SOME_VALUE = Phrase("value", "该值")


def accepts_argument(kind: str, wanted: Type, given: Type) -> bool:
    """Whether a parameter of a kind takes an argument of a type."""
    if kind == "any":
        return True
    if isinstance(wanted, types.NullableType):
        return types.accepts(wanted, given)
    if types.is_nullable(given):
        return False
    if kind == "present":
        return True
    if kind == "comparable":
        return (
            not isinstance(given, ListType | ContextType | RangeType | types.FunctionType)
            and given != BOOLEAN
        )
    if isinstance(wanted, NumberType) and isinstance(given, NumberType):
        return True
    if isinstance(wanted, ListType) and isinstance(given, ListType):
        return ANY in {wanted.item, given.item} or accepts_argument("", wanted.item, given.item)
    return types.accepts(wanted, given)


def accepts_all(signature: Signature, given: tuple[Type, ...]) -> bool:
    """Whether a signature takes arguments of these types."""
    parameters = [signature.parameter(i) for i in range(len(given))]
    return all(accepts_argument(p.kind, p.type, g) for p, g in zip(parameters, given, strict=True))


def signature_for(builtin: Builtin, given: tuple[Type, ...]) -> Signature | None:
    """Find the first signature that takes arguments of these types."""
    return next(
        (s for s in builtin.signatures if s.takes(len(given)) and accepts_all(s, given)), None
    )


def without_unit(type_: Type) -> Type:
    """The type with its unit set aside, for the question whether the kinds agree."""
    match type_:
        case NumberType():
            return types.NUMBER
        case ListType():
            return ListType(without_unit(type_.item))
        case types.NullableType():
            return types.NullableType(without_unit(type_.of))
        case RangeType():
            return RangeType(without_unit(type_.item))
        case _:
            pass
    return type_


def named_type(node: tree.TypeName, known: Mapping[str, Type]) -> Type | None:
    """Find the type that a type expression names, of the standard or of the model; None when it names none."""
    if node.name in known and not node.arguments:
        return known[node.name]
    arguments = [(label, named_type(inner, known)) for label, inner in node.arguments]
    if any(inner is None for _, inner in arguments):
        return None
    inner = [t for _, t in arguments if t is not None]
    match node.name:
        case "list" | "range" if len(inner) == 1:
            return ListType(inner[0]) if node.name == "list" else RangeType(inner[0])
        case "context" if arguments:
            return ContextType(tuple((label, t) for label, t in arguments if t is not None))
        case "function" if not arguments:
            return types.FunctionType(None, ANY)
        case "function":
            parameters = tuple(("", t) for label, t in arguments if label != "->" and t is not None)
            return types.FunctionType(parameters, inner[-1] if inner else ANY)
        case "list" | "range":
            return None
        case _:
            pass
    if node.name == "Null":
        return NULL
    return types.parse_type(_OLD_NAMES.get(node.name, node.name))


_OLD_NAMES = {
    "year month duration": "years and months duration",
    "day time duration": "days and time duration",
    "dateTime": "date and time",
    "yearMonthDuration": "years and months duration",
    "dayTimeDuration": "days and time duration",
}


# --- what is said when something does not fit --------------------------------------------------


def fault_at(
    code: Code, node: tree.Node | ir.Ir, *, near: str | None = None, **args: object
) -> Fault:
    """Make a fault about the stretch of text that `node` came from."""
    return Fault(code, node.start, node.end, {k: str(v) for k, v in args.items()}, near)


def reversed_faults(test: tree.Range) -> list[Fault]:
    """Find a range of two numbers that ends before it begins: nothing would ever lie in it."""
    match test.low, test.high:
        case tree.Literal(value=Decimal() as low), tree.Literal(value=Decimal() as high) if (
            high < low
        ):
            args = {"low": decimal_text(low), "high": decimal_text(high)}
            return [fault_at(RANGE_REVERSED, test, **args)]
        case _:
            return []


def unit_fault(op: str, left: Type, right: Type, node: tree.Node | ir.Ir) -> Fault:
    """Say that two units do not go together."""
    return fault_at(WRONG_UNITS, node, op=op, left=_unit_text(left), right=_unit_text(right))


def _unit_text(type_: Type) -> str:
    return types.unit_text(type_.unit if isinstance(type_, NumberType) else None)


def number_types(given: Iterable[Type]) -> tuple[Type, Type]:
    """Find the two types, of items too, whose units are told as not going together."""
    found = [t.item if isinstance(t, ListType) else t for t in given]
    first = next((t for t in found if _has_unit(t)), ANY)
    return first, next((t for t in found if t != first and isinstance(t, NumberType)), ANY)


def _has_unit(type_: Type) -> bool:
    return isinstance(type_, NumberType) and bool(type_.unit)


def operand_fault(op: str, left: ir.Ir, right: ir.Ir, node: tree.Node) -> Fault:
    """Say that an operator does not work on two types."""
    texts = types.type_text(left.type), types.type_text(right.type)
    return fault_at(WRONG_OPERANDS, node, op=op, left=texts[0], right=texts[1])


def member_fault(side: ir.Ir, other: ir.Ir) -> Fault | None:
    """Say that a text is none of the members that the other side can have."""
    members = other.type.members if isinstance(other.type, StringType) else None
    if not isinstance(side, ir.Constant) or not isinstance(side.value, str) or members is None:
        return None
    if side.value in members:
        return None
    known = ", ".join(f"`{m}`" for m in members)
    near = nearest(side.value, members)
    return fault_at(NEVER_EQUAL, side, near=near, value=side.value, known=known)


def entry_type(type_: Type, node: tree.Path) -> Type | Fault:
    """Find the type of an entry of a context, a property of a value, or of those of a list's items."""
    match type_:
        case ListType():
            found = ANY if type_.item == ANY else entry_type(type_.item, node)
            return found if isinstance(found, Fault) else ListType(found)
        case ContextType(fields=None):
            return ANY
        case ContextType():
            entries = dict(type_.fields or ())
        case _:
            properties = PROPERTIES.get(
                "range" if isinstance(type_, RangeType) else types.type_text(type_)
            )
            if properties is None:
                return fault_at(NOT_A_CONTEXT_PATH, node, type=types.type_text(type_))
            entries = {name: kind for name, (kind, _) in properties.items()}
            if isinstance(type_, RangeType):
                entries |= {"start": type_.item, "end": type_.item}
    if node.name in entries:
        return entries[node.name]
    known = ", ".join(f"`{k}`" for k in entries)
    near = nearest(node.name, entries)
    text = types.type_text(type_)
    return fault_at(UNKNOWN_ENTRY, node, near=near, type=text, name=node.name, known=known or "-")


def interpolation_fault(arguments: Sequence[ir.Ir]) -> Fault | None:
    """Say where `x, x0, x1` do not share a unit, or `y0, y1` do not."""
    for group in ((0, 1, 3), (2, 4)):
        numbers = [a for i in group if isinstance((a := arguments[i]).type, NumberType)]
        carried = next((a.type for a in numbers if a.type.unit is not None), None)  # type: ignore[union-attr]
        for argument in numbers:
            if carried is not None and not types.accepts(carried, argument.type):
                return unit_fault("interpolate", carried, argument.type, argument)
    return None


def count_fault(
    name: str, builtin: Builtin, given: int, names: tuple[str, ...] | None, node: tree.Node
) -> Fault:
    """Say that a built-in takes another number of arguments, or has no parameter of that name."""
    signature = builtin.signatures[0]
    listed = ", ".join(f"`{p.name}`" for p in signature.parameters)
    known = [p.name for s in builtin.signatures for p in s.parameters]
    unknown = next((n for n in names or () if n not in known), None)
    if unknown is not None:
        near = nearest(unknown, known)
        return fault_at(
            WRONG_PARAMETER, node, near=near, function=name, name=unknown, parameters=listed
        )
    counts = sorted({n for s in builtin.signatures for n in (s.required, len(s.parameters))})
    least, most = counts[0], counts[-1]
    wanted = str(least) if least == most else f"{least}–{most}"
    return fault_at(
        WRONG_COUNT, node, function=name, wanted=wanted, given=given, parameters=listed or "-"
    )


def argument_fault(name: str, candidates: Sequence[Signature], arguments: Sequence[ir.Ir]) -> Fault:
    """Say which argument does not fit, of the way to call that comes nearest."""

    def first_wrong(signature: Signature) -> int:
        for index, argument in enumerate(arguments):
            parameter = signature.parameter(index)
            if not accepts_argument(parameter.kind, parameter.type, argument.type):
                return index
        return len(arguments)

    nearest_one = max(candidates, key=first_wrong)
    index = first_wrong(nearest_one)
    argument, parameter = arguments[index], nearest_one.parameter(index)
    if types.is_nullable(argument.type) and argument.type != NULL:
        return fault_at(UNGUARDED, argument, name=shown(argument))
    return fault_at(
        WRONG_ARGUMENT,
        argument,
        function=name,
        parameter=parameter.name,
        wanted=kind_text(parameter.kind),
        given=types.type_text(argument.type),
    )


def value_faults(made: ir.Ir, wanted: Type) -> list[Fault]:
    """Say where a value is not of the declared type, unit or members."""
    faults = []
    if not types.accepts(wanted, made.type):
        if types.is_nullable(made.type) and made.type != NULL:
            faults.append(fault_at(UNGUARDED, made, name=shown(made)))
        elif isinstance(wanted, NumberType) and isinstance(made.type, NumberType):
            faults.append(unit_fault("value", wanted, made.type, made))
        else:
            told = {"wanted": types.type_text(wanted), "given": types.type_text(made.type)}
            faults.append(
                fault_at(WRONG_ARGUMENT, made, function="value", parameter="type", **told)
            )
    inner = types.without_null(wanted)
    members = inner.members if isinstance(inner, StringType) else None
    for text in _string_constants(made) if members is not None else ():
        if text.value not in (members or ()):
            known = ", ".join(f"`{m}`" for m in members or ())
            near = nearest(str(text.value), members or ())
            faults.append(fault_at(NEVER_EQUAL, text, near=near, value=text.value, known=known))
    return faults


def _string_constants(node: ir.Ir) -> list[ir.Constant]:
    """Collect the texts that a node can give as its value."""
    match node:
        case ir.Constant(value=str()):
            return [node]
        case ir.If():
            return [*_string_constants(node.yes), *_string_constants(node.no)]
        case _:
            pass
    return []


def shown(node: ir.Ir) -> str:
    """Name what a node reads, for a message."""
    match node:
        case ir.Read():
            return node.name
        case ir.Entry(base=ir.Read(name=name, local=True)) if name.rstrip("'") == "item":
            return node.name
        case ir.Entry():
            return f"{shown(node.base)}.{node.name}"
        case _:
            pass
    return SOME_VALUE
