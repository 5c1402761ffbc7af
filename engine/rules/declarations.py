"""Inputs, parameters and other declared values: their types, ranges and what is written as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.builtins.operators import includes
from engine.feel.builtins.temporal import date, date_time, time
from engine.feel.checker import check_expression
from engine.feel.scope import Scope
from engine.feel.types import ANY, ListType, NumberType, StringType, Type
from engine.feel.values import NoValueError, Range, Value, kind_of
from engine.kernel.decimals import parse_number
from engine.kernel.diagnostics import Code, nearest
from engine.rules.compiled import REQUIRED, CompiledInput

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
MISMATCHED_SCALE = Code(
    "RULE-INPUT-006",
    "`{key}` goes with a number only",
    "`{key}` 只用于数字",
    "delete it, or set `type: number`",
    "请删除，或设 `type: number`",
)


def declared_type(reader: Reader, quantity: Quantity, *path: str | int) -> Type:
    """The type of a value that is declared at `path`, with its unit and members."""
    if quantity.one_of is not None and quantity.ranked is not None:
        reader.report(BOTH_LISTS, *path, "ranked")
    type_ = types.parse_type(quantity.type) or ANY
    unit = types.parse_unit(quantity.unit) if quantity.unit else ()
    members = quantity.one_of if quantity.one_of is not None else quantity.ranked
    return _specialised(type_, unit, members)


def read_input(reader: Reader, name: str, field_: InputField) -> CompiledInput:
    """Read the declaration of an input; what is wrong goes to the reader."""
    path = ("inputs", name)
    type_ = declared_type(reader, field_, *path)
    range_ = _read_range(reader, field_, type_, *path) if field_.range is not None else None
    if isinstance(type_, NumberType):
        low = range_.low if range_ and isinstance(range_.low, Decimal) else None
        high = range_.high if range_ and isinstance(range_.high, Decimal) else None
        type_ = NumberType(type_.unit, low, high, field_.scale)
    elif field_.scale is not None:
        reader.report(MISMATCHED_SCALE, *path, "scale", key="scale")
    default: Value = REQUIRED
    if field_.default is not None:
        default = read_data(reader, field_.default, type_, *path, "default")
        if range_ is not None and default is not None and not _in_range(range_, default):
            reader.report(DEFAULT_RANGE, *path, "default", text=field_.default)
    elif field_.nullable:
        default = None
    members = field_.one_of if field_.one_of is not None else field_.ranked
    return CompiledInput(
        name,
        types.nullable(type_) if field_.nullable else type_,
        field_,
        default,
        range_,
        members,
    )


def _read_range(reader: Reader, field_: InputField, type_: Type, *path: str | int) -> Range | None:
    parsed = reader.expression(field_.range or "", *path, "range")
    if parsed is None:
        return None
    made, faults = check_expression(parsed[0], Scope())
    reader.faults(faults, parsed[1])
    value = None if faults else fold(made)
    item = made.type.item if isinstance(made.type, types.RangeType) else None
    if value is None or item is None or types.join(_bare(item), _bare(type_)) is None:
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
    """Read data by its declared type; None after a finding."""
    if isinstance(type_, ListType) and isinstance(data, list):
        return tuple(read_data(reader, item, type_.item, *path, i) for i, item in enumerate(data))
    value = _scalar(data, type_) if isinstance(data, str) else None
    if value is None:
        reader.report(BAD_DATA, *path, text=str(data)[:60], type=types.type_text(type_))
    elif isinstance(type_, StringType) and type_.members is not None and value not in type_.members:
        known = ", ".join(f"`{m}`" for m in type_.members)
        reader.report(
            NOT_MEMBER, *path, near=nearest(str(value), type_.members), text=value, known=known
        )
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


def _scalar(text: str, type_: Type) -> Value:
    """Read a text by its type; None when it is not one."""
    try:
        match types.without_null(type_):
            case NumberType():
                return parse_number(text)
            case StringType():
                return text
            case types.BOOLEAN:
                return {"true": True, "false": False}.get(text)
            case types.DATE:
                return date(text)
            case types.TIME:
                return time(text)
            case types.DATE_TIME:
                return date_time(text)
            case _:
                pass
    except NoValueError:
        return None
    return None


def _in_range(range_: Range, value: Value) -> bool:
    return kind_of(value) != kind_of(range_.low) or includes(range_, value)
