"""The values of FEEL beyond Python's own, and the one exception by which an operation has no value.

A number is a Decimal, a list a tuple, a context a dict; dates and times are those of `datetime`, a
days and time duration is a timedelta.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import types
from engine.kernel.diagnostics import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.diagnostics import Code

Value: TypeAlias = object
"""None, bool, Decimal, str, tuple, dict, a temporal value, Months, Range or Function."""


class NoValueError(Exception):
    """An operation that has no value; the evaluator adds the place, in `dmn` mode the result is null."""

    def __init__(self, code: Code, **args: object) -> None:
        """Say why, in the words of `code`."""
        super().__init__(code.id)
        self.code = code
        self.args_ = {name: str(value) for name, value in args.items()}


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A years and months duration, as a count of months."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    """A range; an end that is None is open to that side for ever."""

    low: Value
    high: Value
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: its parameters and what to call with the arguments in their order."""

    parameters: tuple[str, ...]
    call: Callable[..., Value]
    types: tuple[types.Type, ...] = field(default=())


class NotApplicable:
    """The value of a decision whose `only_if` is false; there is one of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Name it as the rules do."""
        return "not applicable"


NOT_APPLICABLE = NotApplicable()


def type_of(value: Value) -> types.Type:
    """Find the static type of a value; lists and contexts are looked into."""
    match value:
        case None:
            return types.NULL
        case bool():
            return types.BOOLEAN
        case Decimal():
            return types.NUMBER
        case str():
            return types.STRING
        case dt.datetime():
            return types.DATE_TIME
        case dt.date():
            return types.DATE
        case dt.time():
            return types.TIME
        case dt.timedelta():
            return types.DAYS
        case Months():
            return types.MONTHS
        case tuple():
            return types.ListType(_type_of_items(value))
        case dict():
            return types.ContextType(tuple((str(k), type_of(v)) for k, v in value.items()))
        case Range():
            return types.RangeType(type_of(value.low if value.low is not None else value.high))
        case Function():
            return types.FunctionType(None, types.ANY)
        case _:
            pass
    return types.ANY


def _type_of_items(items: tuple[Value, ...]) -> types.Type:
    joined: types.Type | None = None
    for item in items:
        type_ = type_of(item)
        joined = type_ if joined is None else types.join(joined, type_)
        if joined is None:
            return types.ANY
    return types.ANY if joined is None else joined


MISSING = Phrase("missing", "缺失")
"""What a message calls a value that is not there."""


def given_as(value: Value) -> str:
    """Name what was given, for a message: its kind, or that it is missing."""
    return MISSING if value is None else kind_of(value)


def kind_of(value: Value) -> str:
    """Name the kind of a value: `number`, `string`, `list` and so on."""
    match value:
        case tuple():
            return "list"
        case Range():
            return "range"
        case dict():
            return "context"
        case Function():
            return "function"
        case _:
            pass
    return types.type_text(type_of(value))
