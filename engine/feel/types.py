"""The types of FEEL values, with units, bounds and places on numbers, and how they join."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.diagnostics import Phrase

if TYPE_CHECKING:
    from decimal import Decimal

Unit: TypeAlias = tuple[tuple[str, int], ...]
"""Named powers, sorted by name: `CNY/month` is `(("CNY", 1), ("month", -1))`; `()` has no unit."""


@dataclass(frozen=True, slots=True)
class NumberType:
    """A decimal number; `unit` None is a literal's, which takes the unit of what it meets.

    `low` and `high` are inclusive bounds or None; `scale` is the most decimal places it can have.
    """

    unit: Unit | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class StringType:
    """A text; `members` are all the texts it can be, when they are known."""

    members: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SimpleType:
    """A type that is only its name."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class ContextType:
    """A context; `fields` None means that its entries are not known."""

    fields: tuple[tuple[str, Type], ...] | None = None

    def field(self, name: str) -> Type | None:
        """Find the type of an entry."""
        return dict(self.fields).get(name) if self.fields is not None else None


@dataclass(frozen=True, slots=True)
class RangeType:
    """A range between two values of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function; `parameters` None means that they are not known."""

    parameters: tuple[tuple[str, Type], ...] | None
    result: Type


@dataclass(frozen=True, slots=True)
class NullableType:
    """A value that may be missing."""

    of: Type


Type: TypeAlias = (
    NumberType
    | StringType
    | SimpleType
    | ListType
    | ContextType
    | RangeType
    | FunctionType
    | NullableType
)

ANY = SimpleType("any")
NULL = SimpleType("null")
BOOLEAN = SimpleType("boolean")
DATE = SimpleType("date")
TIME = SimpleType("time")
DATE_TIME = SimpleType("date and time")
DAYS = SimpleType("days and time duration")
MONTHS = SimpleType("years and months duration")
NUMBER = NumberType()
STRING = StringType()

_SIMPLE: dict[str, Type] = {
    "number": NUMBER,
    "string": STRING,
    "Any": ANY,
    **{t.name: t for t in (ANY, BOOLEAN, DATE, TIME, DATE_TIME, DAYS, MONTHS)},
}


_LONGEST_TYPE = 200


def parse_type(text: str) -> Type | None:
    """Read a declared type such as `number` or `list<string>`; None when it is not one."""
    text = text.strip()
    if len(text) > _LONGEST_TYPE:
        return None
    if match := re.fullmatch(r"(list|range)<(.+)>", text):
        item = parse_type(match[2])
        if item is None:
            return None
        return ListType(item) if match[1] == "list" else RangeType(item)
    return ContextType() if text == "context" else _SIMPLE.get(text)


def type_text(type_: Type) -> str:
    """Name a type as its users write it; a phrase where English words come in."""
    match type_:
        case NumberType(unit=unit) if unit:
            text = unit_text(unit)
            return Phrase(f"number in {text}", f"number（单位 {text}）")
        case NumberType():
            return "number"
        case StringType():
            return "string"
        case SimpleType():
            return type_.name
        case ListType():
            return _wrapped("list<", type_text(type_.item), (">", ">"))
        case RangeType():
            return _wrapped("range<", type_text(type_.item), (">", ">"))
        case ContextType():
            return "context"
        case FunctionType():
            return "function"
        case NullableType():
            return _wrapped("", type_text(type_.of), (", may be missing", "，可能缺失"))


def _wrapped(before: str, text: str, after: tuple[str, str]) -> Phrase:
    chinese = text.zh if isinstance(text, Phrase) else text
    return Phrase(f"{before}{text}{after[0]}", f"{before}{chinese}{after[1]}")


# --- units -------------------------------------------------------------------------------------

_UNIT = re.compile(r"[^\W\d_][\w%]*([*/][^\W\d_][\w%]*)*")


def parse_unit(text: str) -> Unit | None:
    """Read `CNY/month` or `points`; None when it is not a unit."""
    if not _UNIT.fullmatch(text):
        return None
    powers: dict[str, int] = {}
    for sign, name in re.findall(r"([*/]?)([^*/]+)", text):
        powers[name] = powers.get(name, 0) + (-1 if sign == "/" else 1)
    return _unit(powers)


def unit_text(unit: Unit | None) -> str:
    """Write a unit; `1` is none."""
    above = [name if power == 1 else f"{name}^{power}" for name, power in unit or () if power > 0]
    below = [name if power == -1 else f"{name}^{-power}" for name, power in unit or () if power < 0]
    return "/".join(["*".join(above) or "1", *below])


def unit_power(unit: Unit, exponent: int) -> Unit:
    """Raise a unit to a whole power."""
    return _unit({name: power * exponent for name, power in unit})


def unit_product(left: Unit | None, right: Unit | None, sign: int = 1) -> Unit | None:
    """Multiply two units, or divide them with `sign` -1; two literals stay a literal."""
    if left is None and right is None:
        return None
    powers = dict(left or ())
    for name, power in right or ():
        powers[name] = powers.get(name, 0) + sign * power
    return _unit(powers)


def _unit(powers: dict[str, int]) -> Unit:
    return tuple(sorted((name, power) for name, power in powers.items() if power))


# --- joining -----------------------------------------------------------------------------------


def is_nullable(type_: Type) -> bool:
    """Whether a value of this type may be missing."""
    return isinstance(type_, NullableType) or type_ == NULL


def without_null(type_: Type) -> Type:
    """The type once it is known that the value is there."""
    return type_.of if isinstance(type_, NullableType) else type_


def nullable(type_: Type) -> Type:
    """The type of a value that may also be missing."""
    return type_ if is_nullable(type_) or type_ == ANY else NullableType(type_)


def plain_number(type_: Type) -> Type:
    """The type without what is known of a particular value: bounds, places, members."""
    match type_:
        case NumberType():
            return NumberType(type_.unit)
        case StringType():
            return STRING
        case ListType():
            return ListType(plain_number(type_.item))
        case _:
            pass
    return type_


def join(left: Type, right: Type) -> Type | None:
    """Find the smallest type that holds both, as for the branches of an `if`; None when there is none."""
    if left == right:
        return left
    if ANY in {left, right}:
        return ANY
    if NULL in {left, right}:
        return nullable(right if left == NULL else left)
    if isinstance(left, NullableType) or isinstance(right, NullableType):
        inner = join(without_null(left), without_null(right))
        return None if inner is None else nullable(inner)
    match left, right:
        case NumberType(), NumberType():
            return _join_numbers(left, right)
        case StringType(), StringType():
            if left.members is None or right.members is None:
                return STRING
            return StringType(tuple(dict.fromkeys(left.members + right.members)))
        case ListType(), ListType():
            item = join(left.item, right.item)
            return None if item is None else ListType(item)
        case RangeType(), RangeType():
            item = join(left.item, right.item)
            return None if item is None else RangeType(item)
        case ContextType(), ContextType():
            return _join_contexts(left, right)
        case _:
            pass
    return None


def _join_numbers(left: NumberType, right: NumberType) -> NumberType | None:
    unit = left.unit if right.unit is None else right.unit
    if left.unit is not None and left.unit != unit:
        return None
    low = None if left.low is None or right.low is None else min(left.low, right.low)
    high = None if left.high is None or right.high is None else max(left.high, right.high)
    scale = None if left.scale is None or right.scale is None else max(left.scale, right.scale)
    return NumberType(unit, low, high, scale)


def _join_contexts(left: ContextType, right: ContextType) -> ContextType | None:
    if left.fields is None or right.fields is None:
        return ContextType()
    if {name for name, _ in left.fields} != {name for name, _ in right.fields}:
        return None
    joined = []
    for name, type_ in left.fields:
        both = join(type_, dict(right.fields)[name])
        if both is None:
            return None
        joined.append((name, both))
    return ContextType(tuple(joined))


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of type `given` can stand where `wanted` is asked for."""
    if ANY in {wanted, given}:
        return True
    if isinstance(wanted, NullableType):
        return given == NULL or accepts(wanted.of, without_null(given))
    if is_nullable(given):
        return False
    match wanted, given:
        case NumberType(), NumberType():
            return wanted.unit is None or given.unit is None or wanted.unit == given.unit
        case StringType(), StringType():
            return True
        case ListType(), ListType():
            return accepts(wanted.item, given.item)
        case RangeType(), RangeType():
            return accepts(wanted.item, given.item)
        case ContextType(), ContextType():
            if wanted.fields is None or given.fields is None:
                return True
            have = dict(given.fields)
            return all(name in have and accepts(type_, have[name]) for name, type_ in wanted.fields)
        case FunctionType(), FunctionType():
            return True
        case _:
            pass
    return wanted == given
