"""The values of FEEL beyond Python's own, and the one exception by which an operation has no value.

A number is a Decimal, a list a tuple, a context a dict; dates and times are those of `datetime`, a
days and time duration is a timedelta.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import types
from engine.kernel.diagnostics import Code, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOT_CALLABLE = Code(
    "FEEL-EVAL-074",
    "this value is not a function, or is called with the wrong arguments",
    "该值不是函数，或参数不对",
    "check the call",
    "请检查调用",
)
NOT_CONFORMING = Code(
    "FEEL-EVAL-076",
    "expected {wanted}, and this is {given}",
    "此处应为 {wanted}，而这里是 {given}",
    "check the values that go in",
    "请检查参与计算的值",
)

TOO_LARGE = Code(
    "FEEL-BOUND-032",
    "the value has more than {limit} parts",
    "该值的组成部分超过 {limit} 个",
    "give out less",
    "请减少输出",
)
TOO_DEEP = Code(
    "FEEL-BOUND-033",
    "the value is nested more than {limit} deep",
    "该值嵌套超过 {limit} 层",
    "flatten it",
    "请减少嵌套",
)
MAX_PARTS = 300_000
MAX_DEPTH = 100

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
class WideDate:
    """A date outside the years 1 to 9999, which `datetime` cannot hold."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class WideTime:
    """A time with nanoseconds."""

    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: dt.tzinfo | None = None


@dataclass(frozen=True, slots=True)
class WideDateTime:
    """A date and time that `datetime` cannot hold, for its year or its nanoseconds."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: dt.tzinfo | None = None


@dataclass(frozen=True, slots=True)
class WideDuration:
    """A days and time duration that `timedelta` cannot hold."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Range:
    """A range; an end that is None is open to that side for ever."""

    low: Value
    high: Value
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: its parameters and what to call with the arguments in their order.

    Arguments and result are converted to the types that are given for them. One with `named`, which calls it
    with arguments by name, is a built-in: it takes several numbers of arguments and says itself what does not fit.
    """

    parameters: tuple[str, ...]
    call: Callable[..., Value]
    declared: tuple[types.Type, ...] = ()
    result: types.Type = types.ANY
    named: Callable[[Mapping[str, Value]], Value] | None = None

    @property
    def free(self) -> bool:
        """Whether it says itself how many arguments it takes."""
        return self.named is not None


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
    return types.parse_type(kind_of(value)) or types.ANY


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
    kind = _KINDS.get(type(value))
    if kind is None:  # a class made from one of them
        kind = next((_KINDS[c] for c in type(value).__mro__ if c in _KINDS), "any")
    return kind


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    dt.date: "date",
    WideDate: "date",
    dt.time: "time",
    WideTime: "time",
    dt.datetime: "date and time",
    WideDateTime: "date and time",
    dt.timedelta: "days and time duration",
    WideDuration: "days and time duration",
    Months: "years and months duration",
    tuple: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}


def bounded(value: Value) -> Value:
    """Give a value back once its parts are counted, those that it shares as often as they stand in it.

    Raises:
        NoValueError: it has too many parts to be compared or written, or is nested too deep.
    """
    level, depth, parts = [value], 0, 0
    while level:
        parts += len(level)
        if depth > MAX_DEPTH:
            raise NoValueError(TOO_DEEP, limit=MAX_DEPTH)
        if parts > MAX_PARTS:
            raise NoValueError(TOO_LARGE, limit=MAX_PARTS)
        level, depth = _below(level, MAX_PARTS - parts), depth + 1
    return value


def _below(level: list[Value], limit: int) -> list[Value]:
    """The parts of the values of one level, at most one more than `limit`."""
    found: list[Value] = []
    for value in level:
        if isinstance(value, tuple):
            found += value
        elif isinstance(value, dict):
            found += value.values()
        if len(found) > limit:
            break
    return found


def is_instance(value: Value, wanted: types.Type) -> bool:
    """Whether a value is of a type; null is only of its own (10.3.2.9, table 56)."""
    if isinstance(value, tuple | dict):
        bounded(value)
    return _conforms(value, wanted)


def _conforms(value: Value, wanted: types.Type) -> bool:
    if value is None:
        return wanted == types.NULL or isinstance(wanted, types.NullableType)
    match wanted:
        case types.NullableType():
            return _conforms(value, wanted.of)
        case types.ListType():
            return isinstance(value, tuple) and all(
                v is None or _conforms(v, wanted.item) for v in value
            )
        case types.RangeType():
            return isinstance(value, Range) and all(
                v is None or _conforms(v, wanted.item) for v in (value.low, value.high)
            )
        case types.ContextType():
            return isinstance(value, dict) and all(
                n in value and (value[n] is None or _conforms(value[n], t))
                for n, t in wanted.fields or ()
            )
        case types.FunctionType():
            return isinstance(value, Function) and _takes(value, wanted)
        case _:
            pass
    return wanted == types.ANY or kind_of(value) == types.type_text(wanted)


def _takes(function: Function, wanted: types.FunctionType) -> bool:
    """Whether a function can be called as one of type `wanted`: more general arguments, a special result."""
    if wanted.parameters is None or function.free:
        return True
    own = function.declared or (types.ANY,) * len(function.parameters)
    return (
        len(own) == len(wanted.parameters)
        and all(types.accepts(t, w) for t, (_, w) in zip(own, wanted.parameters, strict=True))
        and types.accepts(wanted.result, function.result)
    )


def converted(value: Value, wanted: types.Type) -> Value:
    """Convert as the standard does where a type is declared (10.3.2.9.4); null stays null.

    Raises:
        NoValueError: the value is of another type, and no conversion leads there.
    """
    if value is None or is_instance(value, wanted):
        return value
    inner = types.without_null(wanted)
    if isinstance(inner, types.ListType) and not isinstance(value, tuple):
        return (converted(value, inner.item),)
    if isinstance(value, tuple) and len(value) == 1 and is_instance(value[0], inner):
        return value[0]
    if inner == types.DATE_TIME and kind_of(value) == "date":
        return midnight(value)
    raise NoValueError(NOT_CONFORMING, wanted=types.type_text(wanted), given=kind_of(value))


def midnight(day: Value) -> Value:
    """The start of a day in UTC, which a date stands for where a date and time is asked for."""
    if isinstance(day, WideDate):
        return WideDateTime(day.year, day.month, day.day, 0, 0, 0, 0, dt.UTC)
    return dt.datetime.combine(day, dt.time(tzinfo=dt.UTC))  # type: ignore[arg-type]


def call(
    function: Value,
    arguments: Sequence[Value],
    names: tuple[str, ...] | None = None,
    tell: Callable[[NoValueError], object] = lambda _: None,
) -> Value:
    """Call a function that is a value; `tell` hears of arguments that do not conform and arrive as null.

    Raises:
        NoValueError: it is no function, or takes other arguments.
    """
    if not isinstance(function, Function):
        raise NoValueError(NOT_CALLABLE)
    if names is not None:
        given = dict(zip(names, arguments, strict=True))
        if function.named is not None:
            return function.named(given)
        if set(given) != set(function.parameters):
            raise NoValueError(NOT_CALLABLE)
        arguments = [given[name] for name in function.parameters]
    if not function.free and len(arguments) != len(function.parameters):
        raise NoValueError(NOT_CALLABLE)
    if function.declared:
        declared = zip(arguments, function.declared, strict=True)
        arguments = [_or_null(a, wanted, tell) for a, wanted in declared]
    result = function.call(*arguments)
    return result if function.result == types.ANY else converted(result, function.result)


def _or_null(value: Value, wanted: types.Type, tell: Callable[[NoValueError], object]) -> Value:
    """Convert an argument; one that does not conform arrives as null (10.3.2.9.4)."""
    try:
        return converted(value, wanted)
    except NoValueError as error:
        tell(error)
        return None
