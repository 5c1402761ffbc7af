"""Inputs of a case: read by their declared types, with everything wrong told at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.lists import MAX_ITEMS
from engine.feel.builtins.operators import includes
from engine.feel.builtins.temporal import date, date_time, duration, text_of, time
from engine.feel.types import ContextType, ListType, NumberType, StringType, Type
from engine.feel.values import Months, NoValueError, Range, Value, kind_of
from engine.kernel.decimals import fits, parse_number
from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.rules.compiled import REQUIRED, CompiledInput

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN_INPUT = Code(
    "INPUT-001",
    "there is no input `{name}`",
    "没有输入 `{name}`",
    "inputs are: {known}",
    "可用输入：{known}",
)
WRONG_TYPE = Code(
    "INPUT-002",
    "the input `{name}` must be a {wanted}, and `{text}` is not",
    "输入 `{name}` 须为 {wanted}，而 `{text}` 不是",
    "give a value of that type; decimals as text or exact numbers",
    "请给出该类型的值；小数请用文字或精确数字",
)
OUT_OF_RANGE = Code(
    "INPUT-003",
    "the input `{name}` is {text}, outside {range}",
    "输入 `{name}` 为 {text}，超出 {range}",
    "correct the value",
    "请更正该值",
)
UNKNOWN_MEMBER = Code(
    "INPUT-004",
    "the input `{name}` is `{text}`, which is none of {known}",
    "输入 `{name}` 为 `{text}`，不在可选值中：{known}",
    "choose one of them",
    "请从中选择",
)
TOO_MANY_PLACES = Code(
    "INPUT-005",
    "the input `{name}` is {text}, with more than {scale} decimal places",
    "输入 `{name}` 为 {text}，小数超过 {scale} 位",
    "round it where it comes from",
    "请在来源处取整",
)
FLOAT = Code(
    "INPUT-006",
    "the input `{name}` is a binary float, which is not exact",
    "输入 `{name}` 是二进制浮点数，不精确",
    'write it as a text, such as "79.99"',
    '请写成文字，例如 "79.99"',
)
ASSUMPTION = Code(
    "INPUT-007",
    "the inputs break the assumption `{text}`",
    "输入不满足前提 `{text}`",
    "correct the values",
    "请更正输入值",
)
LONGEST_TEXT = 4_096
_MAX_DEPTH = 20
_SHOWN = 60


def read_inputs(
    inputs: Sequence[CompiledInput], given: Mapping[str, object]
) -> tuple[dict[str, Value], tuple[str, ...], list[Diagnostic]]:
    """Read the inputs of a case: the values, the names of those missing, and what is wrong with the others."""
    values: dict[str, Value] = {}
    missing: list[str] = []
    found: list[Diagnostic] = []
    known = {i.name for i in inputs}
    listed = ", ".join(f"`{n}`" for n in sorted(known))
    found += [
        UNKNOWN_INPUT.at(None, near=nearest(name, known), name=name[:80], known=listed)
        for name in map(str, given)
        if name not in known
    ]
    for declared in inputs:
        absent = declared.name not in given
        value = given.get(declared.name)
        if absent and declared.default is not REQUIRED:
            values[declared.name] = declared.default
        elif value is None and not absent and types.is_nullable(declared.type):
            values[declared.name] = None
        elif value is None:
            missing.append(declared.name)
        else:
            read = check_input(declared, value, found)
            if read is not None:
                values[declared.name] = read
    return values, tuple(missing), found


def check_input(declared: CompiledInput, value: object, found: list[Diagnostic]) -> Value:
    """Read one value; None after a finding."""
    name, type_ = declared.name, types.without_null(declared.type)
    if isinstance(value, float):
        found.append(FLOAT.at(None, name=name))
        return None
    read = read_value(value, type_)
    if read is None:
        found.append(
            WRONG_TYPE.at(None, name=name, wanted=types.type_text(type_), text=_shown(value))
        )
        return None
    if declared.range is not None and not in_range(declared.range, read):
        found.append(
            OUT_OF_RANGE.at(None, name=name, text=text_of(read), range=text_of(declared.range))
        )
        return None
    scale = declared.field.scale
    if scale is not None and isinstance(read, Decimal) and _places(read) > scale:
        found.append(TOO_MANY_PLACES.at(None, name=name, text=text_of(read), scale=scale))
        return None
    if wrong := not_member(read, declared.members):
        known = ", ".join(f"`{m}`" for m in declared.members or ())
        near = nearest(wrong, declared.members or ())
        found.append(UNKNOWN_MEMBER.at(None, near=near, name=name, text=wrong, known=known))
        return None
    return read


def _shown(value: object) -> str:
    """Write a refused value for a message: texts and numbers in short, of anything else the kind."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(Decimal(value))[:_SHOWN]
        case str() | Decimal():
            return str(value)[:_SHOWN]
        case None:
            return "null"
        case _:
            pass
    return type(value).__name__


def _places(number: Decimal) -> int:
    """Count the decimal places that a number needs; the caller has set the decimal context."""
    return -int(number.normalize().as_tuple().exponent)


def in_range(range_: Range, value: Value) -> bool:
    """Whether a value lies in a range; one that cannot be ordered with its ends does not."""
    try:
        return includes(range_, value)
    except NoValueError:
        return False


def not_member(value: Value, members: tuple[str, ...] | None) -> str | None:
    """Find a text, alone or in a list, that is none of the members; missing is no text."""
    if members is None:
        return None
    items = value if isinstance(value, tuple) else (value,)
    return next((i for i in items if isinstance(i, str) and i not in members), None)


def from_texts(data: object, type_: Type) -> object:
    """Turn the texts of a document's data into truth values, or missing ones, where the type asks for it."""
    if data == "null" and types.is_nullable(type_):
        return None
    inner = types.without_null(type_)
    match inner, data:
        case types.BOOLEAN, "true" | "false":
            return data == "true"
        case ListType(), list() | tuple():
            return [from_texts(item, inner.item) for item in data]
        case ContextType(), Mapping():
            fields = dict(inner.fields or ())
            return {key: from_texts(item, fields.get(key, types.ANY)) for key, item in data.items()}
        case _:
            pass
    return data


def read_value(value: object, type_: Type, depth: int = 0) -> Value:
    """Read JSON or Python data as a type; None when it is not of it. Numbers may be decimal texts."""
    if depth > _MAX_DEPTH:
        return None
    match type_:
        case NumberType():
            return read_number(value)
        case StringType():
            return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None
        case ListType():
            return _read_list(value, type_, depth)
        case ContextType():
            return _read_context(value, type_, depth)
        case types.NullableType():
            return read_value(value, type_.of, depth)
        case _:
            pass
    if type_ == types.ANY:
        return _read_any(value, depth)
    return _read_simple(value, types.type_text(type_))


def read_number(value: object) -> Decimal | None:
    """Read a Decimal, an integer or a decimal text."""
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if fits(number) else None


def _read_list(value: object, type_: ListType, depth: int) -> Value:
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        return None
    items = tuple(read_value(item, type_.item, depth + 1) for item in value)
    return None if any(item is None for item in items) else items


def _read_context(value: object, type_: ContextType, depth: int) -> Value:
    if not isinstance(value, Mapping):
        return None
    fields = (
        dict(type_.fields)
        if type_.fields is not None
        else dict.fromkeys(map(str, value), types.ANY)
    )
    if type_.fields is not None and set(fields) != set(value):
        return None
    made = {
        str(key): read_value(inner, fields[str(key)], depth + 1) for key, inner in value.items()
    }
    return None if any(inner is None for inner in made.values()) else made


def _read_any(value: object, depth: int) -> Value:
    match value:
        case bool() | dt.date() | dt.time() | dt.timedelta() | Months():
            return value
        case str():
            return value if len(value) <= LONGEST_TEXT else None
        case int() | Decimal():
            return read_number(value)
        case list() | tuple():
            return _read_list(value, ListType(types.ANY), depth)
        case Mapping():
            return _read_context(value, ContextType(), depth)
        case _:
            pass
    return None


_READERS = {
    "date": date,
    "time": time,
    "date and time": date_time,
    "days and time duration": duration,
    "years and months duration": duration,
}


def _read_simple(value: object, kind: str) -> Value:
    if isinstance(value, str) and kind in _READERS:
        try:
            value = _READERS[kind](value)
        except NoValueError:
            return None
    return value if value is not None and kind_of(value) == kind else None
