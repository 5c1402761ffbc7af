"""The typed intermediate form of an expression: every name resolved, every call bound, every type known.

Unary tests arrive here as plain conditions about the local `?`, so that every back end sees one form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from engine.feel.types import ANY, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.feel.builtins.registry import Builtin, Signature
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ir:
    type: Type = ANY
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constant(_Ir):
    """A known value; `name` is the parameter it came from."""

    value: Value
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Void(_Ir):
    """A part that can have no value, and why: in `dmn` mode it is null."""

    code: Code
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Read(_Ir):
    """The value of a name: an input, a decision, or a local one."""

    name: str
    local: bool = False


@dataclass(frozen=True, slots=True)
class Applicable(_Ir):
    """Whether a decision applies."""

    name: str


@dataclass(frozen=True, slots=True)
class Clock(_Ir):
    """The time that the evaluation was given: `now` or `today`."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply(_Ir):
    """A built-in with its arguments; without a signature, the values choose one when it runs."""

    builtin: Builtin
    signature: Signature | None
    arguments: tuple[Ir, ...]


@dataclass(frozen=True, slots=True)
class Logic(_Ir):
    """`and` or `or`; the right side is looked at only if the left one leaves it open."""

    op: Literal["and", "or"]
    left: Ir
    right: Ir


@dataclass(frozen=True, slots=True)
class If(_Ir):
    """One of two branches; the other one is not looked at."""

    condition: Ir
    yes: Ir
    no: Ir


@dataclass(frozen=True, slots=True)
class MakeList(_Ir):
    """A list of values."""

    items: tuple[Ir, ...]


@dataclass(frozen=True, slots=True)
class MakeContext(_Ir):
    """A context; each entry is a local name for the ones after it."""

    entries: tuple[tuple[str, Ir], ...]


@dataclass(frozen=True, slots=True)
class MakeRange(_Ir):
    """A range between two values, or from or up to one."""

    low: Ir | None
    high: Ir | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Entry(_Ir):
    """An entry or property of a value, or of each item of a list; `otherwise` is read where it has none."""

    base: Ir
    name: str
    otherwise: Ir | None = None


@dataclass(frozen=True, slots=True)
class Filter(_Ir):
    """The items for which the condition holds; the local name `item` is each in turn."""

    base: Ir
    condition: Ir
    item: str = "item"


@dataclass(frozen=True, slots=True)
class At(_Ir):
    """The item at a position."""

    base: Ir
    position: Ir


@dataclass(frozen=True, slots=True)
class Iteration:
    """A name that runs over a list or, when the domain is a range, over its whole numbers or days."""

    name: str
    domain: Ir
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Each(_Ir):
    """`for` gives the list of results, `some` and `every` whether it holds for one or for all.

    A `for` that looks back has the local name `partial` for its results so far.
    """

    kind: Literal["for", "some", "every"]
    iterations: tuple[Iteration, ...]
    body: Ir
    looks_back: bool = False


@dataclass(frozen=True, slots=True)
class InstanceOf(_Ir):
    """Whether a value is of a type."""

    value: Ir
    wanted: Type


@dataclass(frozen=True, slots=True)
class Invoke(_Ir):
    """A call of a function of the rule set."""

    function: str
    arguments: tuple[Ir, ...]


@dataclass(frozen=True, slots=True)
class MakeFunction(_Ir):
    """A function as a value; `types` are those declared for its parameters, where they are converted to."""

    parameters: tuple[str, ...]
    body: Ir
    types: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class CallValue(_Ir):
    """A call of a function that is a value; `otherwise` is the built-in that a name means if it is none."""

    function: Ir
    arguments: tuple[Ir, ...]
    names: tuple[str, ...] | None = None
    otherwise: Ir | None = None


Ir: TypeAlias = (
    Constant
    | Void
    | Read
    | Applicable
    | Clock
    | Apply
    | Logic
    | If
    | MakeList
    | MakeContext
    | MakeRange
    | Entry
    | Filter
    | At
    | Each
    | InstanceOf
    | Invoke
    | MakeFunction
    | CallValue
)


def children(node: Ir) -> Iterator[Ir]:
    """Give the nodes directly below `node`."""
    for name in node.__dataclass_fields__:
        yield from _nodes_in(getattr(node, name))


def _nodes_in(value: object) -> Iterator[Ir]:
    if isinstance(value, _Ir):
        yield value  # type: ignore[misc]
    elif isinstance(value, Iteration):
        yield value.domain
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: Ir) -> Iterator[Ir]:
    """Give `node` and all nodes below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def rewritten(node: Ir, change: Callable[[Ir], Ir | None]) -> Ir:
    """Give `node` with every part that `change` answers for replaced, from the outside in; the rest is kept."""
    changed = change(node)
    if changed is not None:
        return changed
    parts: dict[str, Any] = {name: getattr(node, name) for name in node.__dataclass_fields__}
    made = {name: _rewritten_in(part, change) for name, part in parts.items()}
    return node if all(made[n] is parts[n] for n in parts) else replace(node, **made)


def _rewritten_in(value: Any, change: Callable[[Ir], Ir | None]) -> Any:  # noqa: ANN401 - a part of any kind
    if isinstance(value, _Ir):
        return rewritten(value, change)  # type: ignore[arg-type]
    if isinstance(value, Iteration):
        domain = rewritten(value.domain, change)
        return value if domain is value.domain else replace(value, domain=domain)
    if isinstance(value, tuple):
        made = tuple(_rewritten_in(item, change) for item in value)
        return value if all(a is b for a, b in zip(made, value, strict=True)) else made
    return value


def reads(node: Ir) -> set[str]:
    """Collect the names of inputs and decisions that a node may read."""
    return {
        n.name
        for n in walk(node)
        if (isinstance(n, Read) and not n.local) or isinstance(n, Applicable)
    }


def is_constant(node: Ir) -> bool:
    """Whether a node's value depends on nothing outside it."""
    return not any(
        isinstance(n, Read | Applicable | Clock | Invoke | CallValue | MakeFunction)
        for n in walk(node)
    )


def reads_local(node: Ir, name: str) -> bool:
    """Whether a node reads a local name, such as the `item` of a filter."""
    return any(isinstance(n, Read) and n.local and n.name == name for n in walk(node))
