"""How a built-in is declared: signatures in one line of text, the Python that runs it, its inline form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import types
from engine.feel.types import Type
from engine.feel.values import NoValueError, Value, given_as, kind_of
from engine.kernel.diagnostics import Code, Phrase

if TYPE_CHECKING:
    from types import ModuleType

WRONG_ARGUMENT = Code(
    "FEEL-EVAL-001",
    "`{function}` needs {wanted} for `{parameter}`, and this is {given}",
    "`{function}` 的 `{parameter}` 需要 {wanted}，而这里是 {given}",
    "give a value of that type",
    "请给出该类型的值",
)

Result: TypeAlias = Type | Callable[[tuple[Type, ...]], Type | None]
"""The type of the result, or how to find it; None when the units of the arguments do not go together."""

COMPARABLE = frozenset(
    {
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `kind` is a type name, `any` (null too), `present` (not null), `comparable` or `list`.

    A `?` after a type name says that the argument may be null.
    """

    name: str
    kind: str
    type: Type


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in; a `variadic` one takes its last parameter any number of times."""

    parameters: tuple[Parameter, ...]
    required: int
    variadic: bool
    result: Result
    run: Callable[..., Value]
    inline: str | None = None
    prepare: Callable[..., Callable[..., Value]] | None = None
    """Makes a quicker form of one argument, when all the others are known."""

    def takes(self, count: int) -> bool:
        """Whether the signature can be called with `count` arguments."""
        return self.required <= count and (self.variadic or count <= len(self.parameters))

    def parameter(self, index: int) -> Parameter:
        """The parameter that argument `index` goes to."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def type_for(self, arguments: tuple[Type, ...]) -> Type | None:
        """The type of the result for arguments of these types; None when their units do not fit."""
        return self.result(arguments) if callable(self.result) else self.result


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function or operator: its name and the ways to call it."""

    name: str
    signatures: tuple[Signature, ...]


def signature(
    text: str,
    result: Result | str,
    run: Callable[..., Value],
    inline: str | None = None,
    *,
    prepare: Callable[..., Callable[..., Value]] | None = None,
) -> Signature:
    """Declare a way to call: `"n: number, scale: number = 0"`; `= …` is optional, `…` after a type repeats."""
    parameters, required, variadic = [], 0, False
    for part in filter(None, (p.strip() for p in re.split(r",(?![^<]*>)", text))):
        name, _, kind = (s.strip() for s in part.partition(":"))
        optional = "=" in kind
        kind = kind.partition("=")[0].strip()
        variadic = kind.endswith("…")
        kind = kind.removesuffix("…")
        required += not optional
        parameters.append(Parameter(name, kind, _static(kind)))
    if isinstance(result, str):
        result = _static(result)
    return Signature(tuple(parameters), required, variadic, result, run, inline, prepare)


def _static(kind: str) -> Type:
    if kind.endswith("?"):
        return types.nullable(_static(kind.removesuffix("?")))
    if kind in {"any", "present", "comparable"}:
        return types.ANY
    if kind == "list":
        return types.ListType(types.ANY)
    if kind == "range":
        return types.RangeType(types.ANY)
    if kind == "function":
        return types.FunctionType(None, types.ANY)
    found = types.parse_type(kind)
    if found is None:
        raise ValueError(kind)
    return found


def builtins_of(table: str, *modules: ModuleType) -> dict[str, Builtin]:
    """Collect the tables of that name in modules; a module may have none."""
    return {
        name: Builtin(name, signatures if isinstance(signatures, tuple) else (signatures,))
        for module in modules
        for name, signatures in getattr(module, table, {}).items()
    }


def accepts_value(parameter: Parameter, value: Value) -> bool:
    """Whether `value` can be given for `parameter`."""
    kind = parameter.kind
    if kind == "any" or (value is None and kind.endswith("?")):
        return True
    kind = kind.removesuffix("?")
    if kind == "present":
        return value is not None
    if kind == "comparable":
        return kind_of(value) in COMPARABLE
    if kind.startswith("list"):
        item = kind.removeprefix("list").strip("<>")
        return isinstance(value, tuple) and (not item or all(kind_of(v) == item for v in value))
    return kind_of(value) == kind


def refuse(function: str, parameter: Parameter, value: Value) -> NoValueError:
    """Make the fault of an argument of the wrong kind."""
    return NoValueError(
        WRONG_ARGUMENT,
        function=function,
        parameter=parameter.name,
        wanted=kind_text(parameter.kind),
        given=given_as(value),
    )


def kind_text(kind: str) -> str:
    """Name a kind of parameter for a message: type names stay, other words are said in both languages."""
    return _KINDS.get(kind, kind.removesuffix("?"))


_KINDS = {
    "any": Phrase("any value", "任意值"),
    "present": Phrase("a value", "值"),
    "comparable": Phrase("a value that has an order", "可比较大小的值"),
}
