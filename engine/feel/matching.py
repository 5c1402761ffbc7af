"""Which signature of a built-in fits which types, and which type a type expression names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import ir, types
from engine.feel.types import ANY, BOOLEAN, NULL, ContextType, ListType, NumberType, RangeType, Type

if TYPE_CHECKING:
    from engine.feel import tree
    from engine.feel.builtins.registry import Builtin, Signature


def accepts_argument(kind: str, wanted: Type, given: Type) -> bool:
    """Whether a parameter of a kind takes an argument of a type."""
    if kind == "any":
        return True
    if types.is_nullable(given):
        return False
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


def fits_names(
    signature: Signature, arguments: tuple[ir.Ir, ...], names: tuple[str, ...] | None
) -> bool:
    """Whether a signature takes this many arguments, under these names where they are named."""
    if not signature.takes(len(arguments)):
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
    signature: Signature, arguments: tuple[ir.Ir, ...], names: tuple[str, ...]
) -> tuple[ir.Ir, ...]:
    """Put named arguments in the order of the parameters; one left out in the middle is null."""
    given = dict(zip(names, arguments, strict=True))
    last = max(i for i, p in enumerate(signature.parameters) if p.name in given)
    return tuple(
        given.get(p.name, ir.Constant(None, type=NULL)) for p in signature.parameters[: last + 1]
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


def named_type(node: tree.TypeName) -> Type | None:
    """Find the type that a type expression names; None when it names none."""
    arguments = [(label, named_type(inner)) for label, inner in node.arguments]
    if any(inner is None for _, inner in arguments):
        return None
    inner = [t for _, t in arguments if t is not None]
    match node.name:
        case "list" | "range" if len(inner) == 1:
            return ListType(inner[0]) if node.name == "list" else RangeType(inner[0])
        case "context" if arguments:
            return ContextType(tuple((label, t) for label, t in arguments if t is not None))
        case "function":
            parameters = tuple(("", t) for label, t in arguments if label != "->" and t is not None)
            return types.FunctionType(parameters, inner[-1] if inner else ANY)
        case "list" | "range":
            return None
        case _:
            pass
    known = {
        "year month duration": "years and months duration",
        "day time duration": "days and time duration",
    }
    return types.parse_type(known.get(node.name, node.name))
