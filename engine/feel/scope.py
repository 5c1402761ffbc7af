"""The names that an expression can use, and what is known to hold where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.feel import ir, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel.parser import Mode
    from engine.feel.types import Type


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name stands for; `conditions` are the parts of the `only_if` under which it applies."""

    type: Type
    local: bool = False
    constant: ir.Constant | None = None
    conditions: tuple[tree.Node, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionSymbol:
    """A function of the rule set."""

    parameters: tuple[tuple[str, Type], ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression can use, and what is known to hold where it stands.

    `known` holds the names that are there (`defined`), the conditions that are true, and the decisions
    that apply.
    """

    names: Mapping[str, Symbol] = field(default_factory=dict)
    functions: Mapping[str, FunctionSymbol] = field(default_factory=dict)
    known: frozenset[object] = frozenset()
    mode: Mode = "strict"
    item: ir.Ir | None = None

    def with_local(self, name: str, type_: Type) -> Scope:
        """Add a local name; what was known of an outer one with that name is forgotten."""
        known = frozenset(k for k in self.known if k != ("defined", name))
        return replace(self, names={**self.names, name: Symbol(type_, local=True)}, known=known)

    def knowing(self, facts: Iterable[object]) -> Scope:
        """Add what is known to hold."""
        return replace(self, known=self.known | frozenset(facts))


def conjuncts(node: tree.Node) -> tuple[tree.Node, ...]:
    """Split a condition at its `and`s."""
    if isinstance(node, tree.Binary) and node.op == "and":
        return (*conjuncts(node.left), *conjuncts(node.right))
    return (node,)


def facts_of(node: tree.Node, *, truth: bool = True) -> frozenset[object]:
    """Collect what is known when a condition is true (or false)."""
    match node:
        case tree.Binary(op=op) if op == ("and" if truth else "or"):
            return facts_of(node.left, truth=truth) | facts_of(node.right, truth=truth)
        case tree.Call(function=tree.Name(name="not"), arguments=(inner,)):
            return facts_of(inner, truth=not truth) | ({("true", node)} if truth else set())
        case tree.Call(function=tree.Name(name="is defined"), arguments=(inner,)) if truth:
            return frozenset({("defined", path_of(inner)), ("true", node)})
        case tree.Call(
            function=tree.Name(name="is applicable"), arguments=(tree.Name() as inner,)
        ) if truth:
            return frozenset({("applicable", inner.name), ("true", node)})
        case tree.Binary(op=op, left=left, right=tree.Literal(value=None)) if op == (
            "!=" if truth else "="
        ):
            return frozenset({("defined", path_of(left)), ("true", node)})
    return frozenset({("true", node)}) if truth else frozenset()


def path_of(node: tree.Node) -> str | None:
    """Name a variable or an entry of one, `a.b`; None for anything else."""
    match node:
        case tree.Name():
            return node.name
        case tree.Path():
            base = path_of(node.base)
            return None if base is None else f"{base}.{node.name}"
        case _:
            pass
    return None
