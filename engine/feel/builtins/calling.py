"""How a built-in is called with values: the signature that takes them, and the standard's conversions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from engine.feel import types
from engine.feel.builtins.registry import accepts_value, refuse
from engine.feel.values import Function, NoValueError, Value, kind_of, midnight
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.feel.builtins.registry import Builtin, Parameter, Signature

WRONG_NUMBER = Code(
    "FEEL-EVAL-077",
    "`{function}` does not take {given} arguments",
    "`{function}` 不接受 {given} 个参数",
    "check the call",
    "请检查调用",
)

A = TypeVar("A")


def fits_names(signature: Signature, count: int, names: Sequence[str] | None) -> bool:
    """Whether a signature takes this many arguments, under these names where they are named."""
    if not signature.takes(count):
        return False
    if names is None:
        return True
    known = [p.name for p in signature.parameters]
    return (
        len(set(names)) == len(names)
        and set(names) <= set(known)
        and set(known[: signature.required]) <= set(names)
    )


def in_parameter_order(
    signature: Signature, arguments: Sequence[A], names: Sequence[str], missing: A
) -> tuple[A, ...]:
    """Put named arguments in the order of the parameters; one left out in the middle is `missing`."""
    given = dict(zip(names, arguments, strict=True))
    last = max((i for i, p in enumerate(signature.parameters) if p.name in given), default=-1)
    return tuple(given.get(p.name, missing) for p in signature.parameters[: last + 1])


def call_signature(builtin: Builtin, signature: Signature, arguments: list[Value]) -> Value:
    """Call one signature, with its arguments checked."""
    for index, argument in enumerate(arguments):
        parameter = signature.parameter(index)
        if not accepts_value(parameter, argument):
            raise refuse(builtin.name, parameter, argument)
    return signature.run(*arguments)


def call_builtin(builtin: Builtin, arguments: list[Value], *, convert: bool = False) -> Value:
    """Call the first signature that takes these values, or else takes them once they are converted."""
    candidates = [s for s in builtin.signatures if s.takes(len(arguments))]
    if not candidates:
        raise NoValueError(WRONG_NUMBER, function=builtin.name, given=len(arguments))
    for signature in candidates:
        if _accepted(signature, arguments) == len(arguments):
            return signature.run(*arguments)
    for signature in candidates if convert else ():
        made = [_converted(a, signature.parameter(i)) for i, a in enumerate(arguments)]
        if _accepted(signature, made) == len(made):
            return signature.run(*made)
    nearest = max(candidates, key=lambda s: _accepted(s, arguments))
    index = _accepted(nearest, arguments)
    raise refuse(builtin.name, nearest.parameter(index), arguments[index])


def _accepted(signature: Signature, arguments: list[Value]) -> int:
    """Count the arguments before the first that does not fit."""
    for index, argument in enumerate(arguments):
        if not accepts_value(signature.parameter(index), argument):
            return index
    return len(arguments)


def _converted(value: Value, parameter: Parameter) -> Value:
    """Convert as the standard does: a list of one to its item, a value to a list of one (10.3.2.9.4)."""
    if parameter.kind.startswith("list"):
        return value if isinstance(value, tuple) or value is None else (value,)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if parameter.kind == "date and time" and kind_of(value) == "date":
        return midnight(value)
    return value


def _call_named(builtin: Builtin, given: Mapping[str, Value]) -> Value:
    """Call the first signature that has parameters of these names (10.3.2.13)."""
    names, values = tuple(given), tuple(given.values())
    found = next((s for s in builtin.signatures if fits_names(s, len(names), names)), None)
    if found is None:
        raise NoValueError(WRONG_NUMBER, function=builtin.name, given=len(names))
    ordered = in_parameter_order(found, values, names, None)
    return call_builtin(builtin, list(ordered), convert=True)


def function_value(builtin: Builtin) -> Function:
    """Give a built-in as a value that expressions can pass on and call, in the standard's meaning."""
    signature = builtin.signatures[0]
    return Function(
        tuple(p.name for p in signature.parameters),
        lambda *arguments: call_builtin(builtin, list(arguments), convert=True),
        result=signature.result if isinstance(signature.result, types.SimpleType) else types.ANY,
        named=lambda given: _call_named(builtin, given),
    )
