"""A rule set as terms of the solver: its inputs, and for each decision whether it applies and its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import ir
from engine.feel.backends.solver import (
    Encoder,
    Entries,
    Items,
    Unknown,
    World,
    all_of,
    any_of,
    at_most_one,
    negation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.feel.backends.solver import Flag, Symbol
    from engine.feel.values import Value
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledInput,
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
        Fragment,
    )

_MOST_PAIRS = 2_000
_OPEN = object()
"""Stands for a value that shows only in the case; no priority lists it."""


Unsaid: TypeAlias = "tuple[Fragment, ir.Ir]"
"""An expression that the solver knows only by its laws, with the text it is part of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision as terms: where it applies, its value, and the codes that its rows tell."""

    applies: Flag
    value: Symbol
    told: Symbol
    cases: Sequence[Flag] = ()
    """Conditions of which one holds where it applies: one a row, for a table of which one row decides."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One evaluation as terms; `decided` is what must hold for it to have an answer."""

    inputs: Mapping[str, Symbol]
    outcomes: Mapping[str, Outcome]
    decided: Flag
    encoder: Encoder
    unsaid: Mapping[str, Sequence[Unsaid]]
    """By decision, the expressions that the solver knows only by their laws."""


def declare_input(
    world: World, declared: CompiledInput, name: str, given: Mapping[str, Value]
) -> Symbol:
    """Add an input of a rule set to a question under a name of its own; a given one is a constant."""
    if name in given:
        return Encoder(world).constant(given[name])
    return world.declare(name, declared.type, declared.range, declared.field.scale).symbol


def encode(rule_set: CompiledRuleSet, world: World, inputs: Mapping[str, Symbol]) -> Encoded:
    """Write a rule set's decisions as terms over its inputs."""
    return _Encoding(rule_set, world).encode(inputs)


@dataclass(slots=True)
class _Encoding:
    """Encodes one evaluation of a rule set, and remembers which texts the solver could not take whole."""

    rule_set: CompiledRuleSet
    world: World
    encoder: Encoder = field(init=False)
    unsaid: list[Unsaid] = field(default_factory=list)
    cases: list[Flag] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.encoder = Encoder(self.world)
        self.encoder.functions = self._functions("")

    def encode(self, inputs: Mapping[str, Symbol]) -> Encoded:
        self.world.begin()
        for name, symbol in inputs.items():
            self.encoder.bind(name, symbol)
        for assumption, fragment in self.rule_set.assumptions:
            self.encoder.require(self._condition(assumption, fragment))
        outcomes, unsaid = {}, {"": self.unsaid}
        for node in self.rule_set.decisions:
            self.unsaid = unsaid[node.name] = []
            applies = self.world.yes
            if node.only_if is not None and node.only_if_fragment is not None:
                applies = self._condition(node.only_if, node.only_if_fragment)
            with self.encoder.under(applies):
                self.cases = []
                value, told = self._node(node)
            self.encoder.bind(node.name, value, applies)
            outcomes[node.name] = Outcome(applies, value, told, tuple(self.cases))
        decided = all_of(self.encoder.required, self.world.context)
        return Encoded(inputs, outcomes, decided, self.encoder, unsaid)

    # --- expressions ---------------------------------------------------------------------------

    def _symbol(self, node: ir.Ir, fragment: Fragment) -> Symbol:
        before = len(self.encoder.unsaid)
        made = self.encoder.symbol(node)
        self.unsaid += [(fragment, part) for part in self.encoder.unsaid[before:]]
        return made

    def _condition(self, node: ir.Ir, fragment: Fragment) -> Flag:
        before = len(self.encoder.unsaid)
        made = self.encoder.condition(node)
        self.unsaid += [(fragment, part) for part in self.encoder.unsaid[before:]]
        return made

    def _functions(self, home: str) -> dict[str, Callable[[Sequence[Symbol]], Symbol]]:
        """The functions as the expressions of one rule set call them: by their names below its own."""
        return {
            function.name.removeprefix(home): self._function(function)
            for function in self.rule_set.functions
            if function.name.startswith(home)
        }

    def _function(self, function: CompiledFunction) -> Callable[[Sequence[Symbol]], Symbol]:
        def call(arguments: Sequence[Symbol]) -> Symbol:
            given = {n: s for (n, _), s in zip(function.parameters, arguments, strict=True)}
            outer = self.encoder.functions, self.encoder.names
            self.encoder.functions, self.encoder.names = self._functions(function.home), {}
            with self.encoder.with_names(given):
                value = self._node(function.node)[0]
            self.encoder.functions, self.encoder.names = outer
            return value

        return call

    # --- decisions -----------------------------------------------------------------------------

    def _node(self, node: CompiledNode) -> tuple[Symbol, Symbol]:
        """The value of a decision or function, and what its rows tell."""
        if node.table is not None:
            return self._table(node.table)
        if node.value is None:
            raise AssertionError(node.name)
        return self._symbol(node.value, node.fragment), self.world.text("")

    def _table(self, table: CompiledTable) -> tuple[Symbol, Symbol]:
        heads = [self._symbol(c.value, c.fragment) for c in table.conditions]
        hits = [self._hit(row, heads) for row in table.rows]
        if table.hit_policy == "first":
            hits = self._first_only(hits)
        values = [
            self._row_value(table, row, hit) for row, hit in zip(table.rows, hits, strict=True)
        ]
        told = [self.world.text(_codes(row)) for row in table.rows]
        order = self._order(table)
        if order is None:
            unknown = Unknown(f"order {id(table)} {[h.get_id() for h in hits]}")
            return unknown, unknown
        found = [(hits[i], values[i], told[i]) for i in order]
        if table.collects:
            return self._collected(table, found)
        return self._single(table, found)

    def _hit(self, row: CompiledRow, heads: Sequence[Symbol]) -> Flag:
        flags: list[Flag] = []
        for constant in (True, False):
            for test, head in zip(row.tests, heads, strict=True):
                if test.any or test.constant is not constant:
                    continue
                so_far = all_of(flags, self.world.context)
                with self.encoder.under(so_far), self.encoder.with_names({"?": head}):
                    flags.append(self._condition(test.condition, test.fragment))
        return all_of(flags, self.world.context)

    def _first_only(self, hits: Sequence[Flag]) -> list[Flag]:
        """A row decides where it fits and no earlier one does."""
        made, free = [], self.world.yes
        for hit in hits:
            made.append(all_of([free, hit], self.world.context))
            free = all_of([free, negation(hit)], self.world.context)
        return made

    def _row_value(self, table: CompiledTable, row: CompiledRow, hit: Flag) -> Symbol:
        with self.encoder.under(hit):
            cells = {
                output.name: self._symbol(cell, fragment)
                for output, cell, fragment in zip(
                    table.outputs, row.outputs, row.fragments, strict=True
                )
            }
        return cells[table.outputs[0].name] if table.single else Entries(cells)

    def _order(self, table: CompiledTable) -> list[int] | None:
        """The rows in the order of preference; None where the order shows only in the values."""
        order = list(range(len(table.rows)))
        if table.hit_policy not in {"priority", "output_order"}:
            return order
        ranks = []
        for row in table.rows:
            known = (c.value if isinstance(c, ir.Constant) else _OPEN for c in row.outputs)
            rank = table.rank(known)
            if rank is None:
                return None
            ranks.append(rank)
        return sorted(order, key=lambda i: (ranks[i], i))

    def _single(
        self, table: CompiledTable, found: Sequence[tuple[Flag, Symbol, Symbol]]
    ) -> tuple[Symbol, Symbol]:
        hits = [hit for hit, _, _ in found]
        any_hit = any_of(hits, self.world.context)
        if table.hit_policy == "unique" and 1 < len(hits) <= _MOST_PAIRS:
            self.encoder.require(at_most_one(hits))
        if table.default is None:
            self.encoder.require(any_hit)
            otherwise, told = found[-1][1], found[-1][2]
        else:
            otherwise, told = self._default(table), self.world.text(_codes(table.default))
        self.cases = [*hits, negation(any_hit)]
        return (
            self.encoder.choose([(hit, value) for hit, value, _ in found], otherwise),
            self.encoder.choose([(hit, codes) for hit, _, codes in found], told),
        )

    def _default(self, table: CompiledTable) -> Symbol:
        if table.default is None:
            raise AssertionError
        cells = {
            output.name: self.encoder.symbol(cell)
            for output, cell in zip(table.outputs, table.default.outputs, strict=True)
        }
        return cells[table.outputs[0].name] if table.single else Entries(cells)

    def _collected(
        self, table: CompiledTable, found: Sequence[tuple[Flag, Symbol, Symbol]]
    ) -> tuple[Symbol, Symbol]:
        any_hit = any_of([hit for hit, _, _ in found], self.world.context)
        told = [(hit, codes) for hit, _, codes in found]
        listed = [(hit, value) for hit, value, _ in found]
        if table.default is not None:
            told.append((negation(any_hit), self.world.text(_codes(table.default))))
        if table.aggregate is None:
            if table.default is not None:
                listed.append((negation(any_hit), self._default(table)))
            return Items(tuple(listed)), Items(tuple(told))
        under = any_hit if table.default is not None else self.world.yes
        with self.encoder.under(under):
            joined = self.encoder.aggregate(table.aggregate, Items(tuple(listed)))
        if joined is None:
            joined = Unknown(f"{table.aggregate} {id(table)} {[h.get_id() for h, _ in listed]}")
        if table.default is not None:
            joined = self.encoder.choose([(any_hit, joined)], self._default(table))
        return joined, Items(tuple(told))


def _codes(row: CompiledRow) -> str:
    """What a row tells besides its value, as one text: reasons, obligations and clause."""
    return "\n".join((";".join(row.reasons), ";".join(row.obligations), row.clause or ""))
