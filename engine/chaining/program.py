"""The compiled form of an inference: typed facts, a small closed tree of conditions, strata."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.kernel.canonical import ContentHash
    from engine.kernel.diagnostics import Span

Value: TypeAlias = Decimal | str | bool
Kind: TypeAlias = Literal["string", "number", "boolean"]
Op: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

OPPOSITE: dict[Op, Op] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED: dict[Op, Op] = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_COMPARE: dict[Op, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def plain_number(number: Decimal) -> Decimal:
    """Give a number its one form: `80.0` is `80`."""
    return Decimal(decimal_text(number))


# --- facts -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of a number field; an open end is left out."""

    low: Decimal
    high: Decimal
    low_closed: bool = True
    high_closed: bool = True

    def hold(self, value: Decimal) -> bool:
        """Whether `value` lies inside."""
        above = self.low <= value if self.low_closed else self.low < value
        below = value <= self.high if self.high_closed else value < self.high
        return above and below

    def within(self, other: Bounds) -> bool:
        """Whether every number in here also lies in `other`."""
        low = self.low > other.low or (
            self.low == other.low and (other.low_closed or not self.low_closed)
        )
        high = self.high < other.high or (
            self.high == other.high and (other.high_closed or not self.high_closed)
        )
        return low and high

    def __str__(self) -> str:
        """Write the range as in FEEL."""
        left, right = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        return f"{left}{decimal_text(self.low)}..{decimal_text(self.high)}{right}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a fact type: all the texts it can be, or where its number lies and in what unit.

    A number without a unit has ""; None is a literal's, which takes the unit of what it meets.
    """

    name: str
    kind: Kind
    members: tuple[str, ...] | None = None
    bounds: Bounds | None = None
    unit: str | None = ""


@dataclass(frozen=True, slots=True)
class FactType:
    """A kind of fact, with its fields sorted by name; every fact has every field."""

    name: str
    fields: tuple[Field, ...]
    derived: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)

    def position(self, name: str) -> int | None:
        """Find a field by name."""
        return self.names.index(name) if name in self.names else None


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One fact: its type and its values, in the order of the sorted field names."""

    type: str
    values: tuple[Value, ...]
    names: tuple[str, ...] = field(compare=False)

    @staticmethod
    def of(type_: str, **fields: Value) -> Fact:
        """Make a fact from named values."""
        names = tuple(sorted(fields))
        return Fact(type_, tuple(fields[name] for name in names), names)

    def __getitem__(self, name: str) -> Value:
        """Give the value of a field."""
        return self.values[self.names.index(name)]

    def as_dict(self) -> dict[str, Value]:
        """Give the fields by name."""
        return dict(zip(self.names, self.values, strict=True))


# --- conditions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A field of the fact that a variable stands for."""

    variable: str
    position: int


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a constant."""

    ref: Ref
    op: Op
    value: Value

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The field that is read."""
        return (self.ref,)


@dataclass(frozen=True, slots=True)
class Join:
    """Two fields of different facts that must be the same, or must not."""

    left: Ref
    right: Ref
    same: bool

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The fields that are read."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts holds."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | Join | Both | Either
"""`not` is not among them: the compiler moves it into the comparisons, which it turns around."""


def holds(condition: Condition, bound: Mapping[str, Fact]) -> bool:
    """Whether the facts that the variables stand for meet a condition."""
    match condition:
        case Compare(ref, op, value):
            return _COMPARE[op](bound[ref.variable].values[ref.position], value)
        case Join(left, right, same):
            first = bound[left.variable].values[left.position]
            return (first == bound[right.variable].values[right.position]) is same
        case Both(parts):
            return all(holds(part, bound) for part in parts)
        case Either(parts):
            return any(holds(part, bound) for part in parts)


def atoms(condition: Condition) -> Iterator[Compare | Join]:
    """Give the comparisons in a condition."""
    match condition:
        case Compare() | Join():
            yield condition
        case Both(parts) | Either(parts):
            for part in parts:
                yield from atoms(part)


# --- rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """A variable, the type of its fact, and the conditions that can be told once it is bound."""

    variable: str
    fact: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """A fact that a rule derives: each field's value, or the field it is taken from."""

    fact: str
    names: tuple[str, ...]
    values: tuple[Value | Ref, ...]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule; `when` is sorted by variable, `unless` lists facts of which none may be there."""

    id: str
    clause: str
    position: int
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    then: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A constant that a rule asks a field to equal, so that a checker can forbid it."""

    rule: str
    fact: str
    field: str
    value: Value
    span: Span | None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CompiledInference:
    """An inference ready to run: its types by name and its rules, stratum by stratum."""

    id: str
    version: str
    hash: ContentHash
    types: Mapping[str, FactType]
    strata: tuple[tuple[CompiledRule, ...], ...]
    mentions: tuple[Mention, ...]

    @property
    def rules(self) -> tuple[CompiledRule, ...]:
        """All rules, in the order of the document."""
        return tuple(sorted((r for s in self.strata for r in s), key=lambda rule: rule.position))


def derive(head: Head, bound: Mapping[str, Fact]) -> Fact:
    """Make the fact that a head says follows."""
    values = tuple(
        bound[value.variable].values[value.position] if isinstance(value, Ref) else value
        for value in head.values
    )
    return Fact(head.fact, values, head.names)
