"""The names that an expression can use, and what is known to hold where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, cast

from engine.feel import ir, tree, types
from engine.feel.builtins import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel.parser import Mode
    from engine.feel.types import Type

Fact: TypeAlias = tuple[str, object]
"""`defined` with a path, `applicable` with a name, or `true` with a condition."""


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
    that apply. In a filter, `item` is each item, `outer` the scope around it, and `inner` are the local
    names made since, which stand before the entries of the item. `types` are those of the model.
    """

    names: Mapping[str, Symbol] = field(default_factory=dict)
    functions: Mapping[str, FunctionSymbol] = field(default_factory=dict)
    known: frozenset[Fact] = frozenset()
    mode: Mode = "strict"
    item: ir.Read | None = None
    outer: Scope | None = None
    inner: frozenset[str] = frozenset()
    types: Mapping[str, Type] = field(default_factory=dict)

    def with_local(self, name: str, type_: Type) -> Scope:
        """Add a local name; what was known of an outer one with that name is forgotten."""
        names = {**self.names, name: Symbol(type_, local=True)}
        return replace(
            self,
            names=names,
            known=self._without(frozenset({name})),
            inner=self.inner | {name},
        )

    def item_name(self) -> str:
        """The local name of the items of a filter here: `item`, and with a prime for each one around."""
        return "item" if self.item is None else self.item.name + "'"

    def within(self, item: ir.Read) -> Scope:
        """Go into a filter, where the entries of `item` stand before the names outside."""
        entries = _entries(item.type)
        return replace(
            self.with_local("item", item.type),
            known=frozenset() if entries is None else self._without(entries | {"item"}),
            item=item,
            outer=self,
            inner=frozenset(),
        )

    def knowing(self, facts: Iterable[Fact]) -> Scope:
        """Add what is known to hold; a condition about local names says nothing of the global ones."""
        found = {f for f in facts if f[0] != "true" or not self.is_local(f[1])}
        return replace(self, known=self.known | found)

    def _without(self, hidden: frozenset[str]) -> frozenset[Fact]:
        """What stays known where other values now go by the names `hidden`."""
        return frozenset(
            (word, what)
            for word, what in self.known
            if word == "true" or str(what).partition(".")[0] not in hidden
        )

    def is_local(self, condition: object) -> bool:
        """Whether a condition is about local names, or entries of the items of a filter around it."""
        if self.outer is not None and self.outer.is_local(condition):
            return True
        entries = _entries(self.item.type) if self.item is not None else frozenset()
        if entries is None:
            return True
        used = {n.name for n in tree.walk(cast("tree.Node", condition)) if isinstance(n, tree.Name)}
        return any(n in entries or (n in self.names and self.names[n].local) for n in used)


def _entries(type_: Type) -> frozenset[str] | None:
    """The names that an item brings into a filter; None when any name may be one."""
    inner = types.without_null(type_)
    if isinstance(inner, types.ContextType):
        return None if inner.fields is None else frozenset(name for name, _ in inner.fields)
    return None if inner == types.ANY else frozenset()


def conjuncts(node: tree.Node) -> tuple[tree.Node, ...]:
    """Split a condition at its `and`s."""
    if isinstance(node, tree.Binary) and node.op == "and":
        return (*conjuncts(node.left), *conjuncts(node.right))
    return (node,)


def facts_of(node: tree.Node, *, truth: bool = True) -> frozenset[Fact]:
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
        case tree.Binary(op=op, left=left, right=right) if op == ("!=" if truth else "=") and (
            _is_null(left) or _is_null(right)
        ):
            return frozenset(
                {("defined", path_of(left if _is_null(right) else right)), ("true", node)}
            )
        case _:
            pass
    return frozenset({("true", node)}) if truth else frozenset()


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


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


def calls_value(name: str, scope: Scope) -> bool:
    """Whether a call of `name` calls a value: an input named `count` leaves the built-in alone."""
    symbol = scope.names.get(name)
    if symbol is None:
        return False
    return name not in FUNCTIONS or isinstance(symbol.type, types.FunctionType | types.SimpleType)
