"""Inputs, parameters and other declared values: their types, ranges and what is written as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.builtins.operators import compare
from engine.feel.checker import check_expression
from engine.feel.scope import Scope
from engine.feel.types import ANY, ListType, NumberType, StringType, Type
from engine.feel.values import Range, Value
from engine.kernel.diagnostics import Code, nearest
from engine.rules.compiled import REQUIRED, CompiledInput
from engine.rules.inputs import from_texts, in_range, not_member, read_value

if TYPE_CHECKING:
    from engine.rules.documents import InputField, Quantity
    from engine.rules.reading import Reader

BAD_RANGE = Code(
    "RULE-INPUT-001",
    "a range is written as `[0..100]`, with constants",
    "区间写成 `[0..100]`，两端为常量",
    "write `[low..high]` in quotes",
    "请加引号写成 `[低..高]`",
)
BAD_DATA = Code(
    "RULE-INPUT-002",
    "`{text}` is not a {type}",
    "`{text}` 不是 {type}",
    "write a value of the declared type",
    "请写声明类型的值",
)
NOT_MEMBER = Code(
    "RULE-INPUT-003",
    "`{text}` is not one of {known}",
    "`{text}` 不在可选值中：{known}",
    "choose one of them",
    "请从中选择",
)
BOTH_LISTS = Code(
    "RULE-INPUT-004",
    "`one_of` and `ranked` cannot stand together",
    "`one_of` 与 `ranked` 不能同时使用",
    "`ranked` already lists the members, worst to best",
    "`ranked` 已按由差到好列出成员",
)
DEFAULT_RANGE = Code(
    "RULE-INPUT-005",
    "the default `{text}` lies outside the range",
    "默认值 `{text}` 超出区间",
    "correct the default or the range",
    "请更正默认值或区间",
)
WRONG_KEY = Code(
    "RULE-INPUT-006",
    "`{key}` goes with a {wanted} only",
    "`{key}` 只用于 {wanted}",
    "delete it, or set `type: {wanted}`",
    "请删除，或设 `type: {wanted}`",
)
BAD_MEMBERS = Code(
    "RULE-INPUT-007",
    "`{key}` must list different values, and at least one",
    "`{key}` 须列出互不相同的值，且至少一个",
    "list each value once",
    "每个值只列一次",
)
BAD_PLACES = Code(
    "RULE-INPUT-008",
    "`{key}` is {given}, and a number has 0 to {most} decimal places",
    "`{key}` 为 {given}，而小数位数应在 0 到 {most} 之间",
    "correct it",
    "请更正",
)

_MOST_PLACES = 30


def declared_type(reader: Reader, quantity: Quantity, *path: str | int) -> Type:
    """The type of a value that is declared at `path`, with its unit and members."""
    if quantity.one_of is not None and quantity.ranked is not None:
        reader.report(BOTH_LISTS, *path, "ranked")
    type_ = types.parse_type(quantity.type) or ANY
    innermost = type_
    while isinstance(innermost, ListType):
        innermost = innermost.item
    if quantity.unit is not None and not isinstance(innermost, NumberType):
        reader.report(WRONG_KEY, *path, "unit", key="unit", wanted="number")
    for key, members in (("one_of", quantity.one_of), ("ranked", quantity.ranked)):
        if members is None:
            continue
        if not isinstance(innermost, StringType):
            reader.report(WRONG_KEY, *path, key, key=key, wanted="string")
        if not members or len(set(members)) < len(members):
            reader.report(BAD_MEMBERS, *path, key, key=key)
    unit = types.parse_unit(quantity.unit) if quantity.unit else ()
    return _specialised(type_, unit, members_of(quantity))


def members_of(quantity: Quantity) -> tuple[str, ...] | None:
    """The values that a text can have, when they are declared."""
    return quantity.one_of if quantity.one_of is not None else quantity.ranked


def check_places(
    reader: Reader, key: str, places: int | None, type_: Type, *path: str | int
) -> None:
    """Refuse `scale` or `digits` beside a type that is no number, or out of bounds."""
    if places is None:
        return
    inner = types.without_null(type_)
    if not isinstance(inner.item if isinstance(inner, ListType) else inner, NumberType):
        reader.report(WRONG_KEY, *path, key, key=key, wanted="number")
    elif not 0 <= places <= _MOST_PLACES:
        reader.report(BAD_PLACES, *path, key, key=key, given=places, most=_MOST_PLACES)


def read_input(reader: Reader, name: str, field_: InputField) -> CompiledInput:
    """Read the declaration of an input; what is wrong goes to the reader."""
    path = ("inputs", name)
    type_ = declared_type(reader, field_, *path)
    range_ = _read_range(reader, field_, type_, *path) if field_.range is not None else None
    check_places(reader, "scale", field_.scale, type_, *path)
    if isinstance(type_, NumberType):
        low = range_.low if range_ and isinstance(range_.low, Decimal) else None
        high = range_.high if range_ and isinstance(range_.high, Decimal) else None
        type_ = NumberType(type_.unit, low, high, field_.scale)
    whole = types.nullable(type_) if field_.nullable else type_
    default: Value = None if field_.nullable else REQUIRED
    if field_.default is not None:
        default = read_data(reader, field_.default, whole, *path, "default")
        if range_ is not None and default is not None and not in_range(range_, default):
            reader.report(DEFAULT_RANGE, *path, "default", text=field_.default)
    return CompiledInput(name, whole, field_, default, range_, members_of(field_))


def _read_range(reader: Reader, field_: InputField, type_: Type, *path: str | int) -> Range | None:
    parsed = reader.expression(field_.range or "", *path, "range")
    if parsed is None:
        return None
    made, faults = check_expression(parsed[0], Scope())
    reader.faults(faults, parsed[1])
    value = None if faults else fold(made)
    item = made.type.item if isinstance(made.type, types.RangeType) else None
    empty = value is not None and isinstance(value.value, Range) and _is_empty(value.value)
    if value is None or empty or item is None or types.join(_bare(item), _bare(type_)) is None:
        reader.found.append(BAD_RANGE.at(parsed[1].span))
        return None
    return value.value if isinstance(value.value, Range) else None


def read_parameters(reader: Reader) -> dict[str, ir.Constant]:
    """Read the parameters as constants that keep their names."""
    made = {}
    for name, parameter in reader.loaded.document.params.items():
        type_ = declared_type(reader, parameter, "params", name)
        value = read_data(reader, parameter.value, type_, "params", name, "value")
        if isinstance(value, Decimal) and isinstance(type_, NumberType):
            type_ = NumberType(type_.unit, value, value, max(0, -int(value.as_tuple().exponent)))
        made[name] = ir.Constant(value, name, type=type_)
    return made


def read_data(reader: Reader, data: object, type_: Type, *path: str | int) -> Value:
    """Read data by its declared type; None when it is `null` where that is allowed, or after a finding."""
    given = from_texts(data, type_)
    if given is None:
        return None
    inner = types.without_null(type_)
    value = read_value(given, inner)
    if value is None:
        reader.report(BAD_DATA, *path, text=str(data)[:60], type=types.type_text(inner))
        return None
    item = inner.item if isinstance(inner, ListType) else inner
    members = item.members if isinstance(item, StringType) else None
    if (wrong := not_member(value, members)) is not None:
        known = ", ".join(f"`{m}`" for m in members or ())
        near = nearest(wrong, members or ())
        reader.report(NOT_MEMBER, *path, near=near, text=wrong, known=known)
    return value


def _specialised(type_: Type, unit: types.Unit | None, members: tuple[str, ...] | None) -> Type:
    """Put a unit and members on the type that carries them, also inside a list."""
    match type_:
        case NumberType():
            return NumberType(unit)
        case StringType():
            return StringType(members)
        case ListType():
            return ListType(_specialised(type_.item, unit, members))
        case _:
            pass
    return type_


def _bare(type_: Type) -> Type:
    return types.NUMBER if isinstance(type_, NumberType) else types.without_null(type_)


def _is_empty(range_: Range) -> bool:
    """Whether a range is written the wrong way round."""
    if range_.low is None or range_.high is None:
        return False
    return compare(range_.low, range_.high) > 0
