"""The syntax tree of FEEL: frozen nodes with the stretch of text they came from, which equality ignores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal


class Place(TypedDict):
    """The stretch of the text that a node came from."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Literal(_Node):
    """A number, text, truth value or null."""

    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class AtLiteral(_Node):
    """A temporal literal, `@"2026-01-01"`."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(_Node):
    """A name; `?` is the value that a unary test is about."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(_Node):
    """An entry of a context or a property of a value, `base.name`."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Binary(_Node):
    """An operator between two expressions: `+ - * / ** = != < <= > >= and or`."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(_Node):
    """A minus before an expression."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Between(_Node):
    """`value between low and high`, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(_Node):
    """`value in test` or `value in (test, test)`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """A function call; `names` are given when the arguments are named."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class If(_Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Iteration(_Node):
    """One `name in domain` of a `for`, `some` or `every`."""

    name: str
    domain: Node


@dataclass(frozen=True, slots=True)
class For(_Node):
    """`for name in domain, … return result`."""

    iterations: tuple[Iteration, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified(_Node):
    """`some` or `every` `name in domain, … satisfies condition`."""

    kind: str
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Filter(_Node):
    """`base[condition]`, by position when the condition is a number."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class ListLiteral(_Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(_Node):
    """`{name: value}`; later entries see the earlier ones."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Range(_Node):
    """`[low..high]`; a round or outward bracket leaves the end out."""

    low: Node
    high: Node
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True)
class TypeName(_Node):
    """A type in `instance of` or before a parameter: its name and the types inside `< >`."""

    name: str
    arguments: tuple[tuple[str, TypeName], ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceOf(_Node):
    """`value instance of type`."""

    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class FunctionLiteral(_Node):
    """`function(a, b) body`."""

    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Comparison(_Node):
    """A unary test `< operand`; the value tested is `?`."""

    op: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(_Node):
    """A cell: any of `tests`, or none of them when negated; no tests is `-`, which anything fits."""

    tests: tuple[Node, ...]
    negated: bool = False


Node: TypeAlias = (
    Literal
    | AtLiteral
    | Name
    | Path
    | Binary
    | Negate
    | Between
    | In
    | Call
    | If
    | Iteration
    | For
    | Quantified
    | Filter
    | ListLiteral
    | ContextLiteral
    | Range
    | TypeName
    | InstanceOf
    | FunctionLiteral
    | Comparison
    | UnaryTests
)


def children(node: Node) -> Iterator[Node]:
    """Give the nodes directly below `node`, in the order of the text."""
    for name in node.__dataclass_fields__:
        yield from _nodes_in(getattr(node, name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, _Node):
        yield value  # type: ignore[misc]
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: Node) -> Iterator[Node]:
    """Give `node` and all nodes below it."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(list(children(found))))
