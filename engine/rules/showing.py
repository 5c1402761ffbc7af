"""Cases that show a fault of a table: first tried, then asked of the solver; decided before they are told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import ir, types
from engine.feel.types import ListType, StringType
from engine.rules.axes import shown
from engine.rules.evaluate import interpret
from engine.rules.examples import Field, fields_of, search
from engine.rules.explanation import expressions_of
from engine.rules.stretches import between

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.feel.values import Value
    from engine.kernel.diagnostics import Code, Diagnostic
    from engine.rules.compiled import CompiledNode, CompiledRuleSet

_LONGEST_LIST = 50
_EFFORT = 100_000
"""How many cells are looked at in one search: a longer table gets fewer tries."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A case and the fault that the engine met in it."""

    case: Mapping[str, Value]
    fault: Diagnostic


Fault: TypeAlias = tuple[str, "Code"]
"""The name of a table and the kind of fault that it can have."""


@dataclass(slots=True)
class Cases:
    """Looks for cases of one rule set in which its tables have no answer."""

    rule_set: CompiledRuleSet
    sources: Mapping[str, frozenset[str]] = field(init=False)
    """For each name the inputs that its value comes from."""
    _tries: int = field(init=False)
    _known: Sequence[Field] | None = None
    _asked: tuple[dict[Fault, Shown], bool] | None = None

    def __post_init__(self) -> None:
        """Find out where values come from, and how long the tables are."""
        self.sources = sources_of(self.rule_set)
        tables = [n.table for n in self.rule_set.decisions if n.table]
        cells = sum(len(table.rows) * len(table.conditions) for table in tables)
        self._tries = max(5, min(400, _EFFORT // (cells + 1)))

    @property
    def _fields(self) -> Sequence[Field]:
        """The inputs with the values that are worth a try; collected when there is something to show."""
        if self._known is None:
            self._known = [_filled(f) for f in fields_of(self.rule_set)]
        return self._known

    def show(
        self,
        table: str,
        codes: Collection[Code],
        heads: Iterable[tuple[ir.Ir, Value]],
        free: Collection[str],
    ) -> Shown | None:
        """Find a case in which `table` has one of the faults; None when none was met.

        Heads that are inputs, or counts of one, get these values; of the others those in `free` are tried.
        """
        assumed = {n for a, _ in self.rule_set.assumptions for n in ir.reads(a)}
        free = {*free, *assumed}
        fixed: dict[str, Value] = {}
        for head, value in heads:
            fixed |= self._given(head, value)
        fields = [
            Field(f.name, f.declared, (fixed[f.name],) if f.name in fixed else f.values)
            if f.name in fixed or f.name in free
            else Field(f.name, f.declared, f.values[:1])
            for f in self._fields
        ]
        usual = {f.name: f.values[0] for f in fields if f.values}

        met: list[Diagnostic] = []

        def meets(case: Mapping[str, Value]) -> bool:
            faults = interpret(self.rule_set, case).faults
            met.extend(f for f in faults if f.code in codes and f.args.get("table") == table)
            return bool(met)

        found = search(fields, meets, [usual], tried=self._tries)
        return None if found is None else Shown(found, met[0])

    def prove(self, table: str, codes: Collection[Code]) -> Shown | bool:
        """Ask the solver: a case that shows the fault, True when there is none, False when that is not known."""
        if self._asked is None:
            self._asked = self._ask()
        shown_, known = self._asked
        return next((shown_[table, c] for c in codes if (table, c) in shown_), known)

    def _ask(self) -> tuple[dict[Fault, Shown], bool]:
        from engine.rules.needs import unmet_needs  # noqa: PLC0415 - z3 is loaded for hard tables only

        found: dict[Fault, Shown] = {}
        cases, known = unmet_needs(self.rule_set, self._fields)
        for case in cases:
            fault = interpret(self.rule_set, case).faults[0]
            found.setdefault((fault.args.get("table", ""), fault.code), Shown(case, fault))
        return found, known

    def unhit_rows(self, node: str, rows: Collection[str]) -> set[str]:
        """Give those of the rows of a decision that are not hit while the inputs it comes from are varied."""
        heads, left = self.sources[node], set(rows)
        fields = sorted(
            (
                f if f.name in heads else Field(f.name, f.declared, f.values[:1])
                for f in self._fields
            ),
            key=lambda f: (f.name not in heads, len(f.values)),
        )

        def note(case: Mapping[str, Value]) -> bool:
            for step in interpret(self.rule_set, case).trace:
                if step.decision == node:
                    left.difference_update(step.rows)
            return not left

        usual = {f.name: f.values[0] for f in fields if f.values}
        search(fields, note, [usual], tried=self._tries)
        return left

    def never_hit(self, node: CompiledNode, number: int) -> bool:
        """Whether the solver proves that a row decides no case."""
        from engine.rules.needs import never_hit  # noqa: PLC0415 - z3 is loaded for hard tables only

        return never_hit(self.rule_set, node, number)

    def told(self, shown_: Shown, names: Iterable[str]) -> str:
        """Name a case by the inputs that some names come from."""
        inputs = sorted({i for n in names for i in self.sources.get(n, ())}) or sorted(shown_.case)
        return ", ".join(f"{name} = {shown(shown_.case[name])}" for name in inputs)

    def _given(self, head: ir.Ir, value: Value) -> dict[str, Value]:
        known = {f.name for f in self._fields}
        match head:
            case ir.Read(local=False) if head.name in known:
                return {head.name: value}
            case ir.Apply(arguments=(ir.Read(local=False) as read,)) if (
                head.builtin.name == "count"
                and isinstance(value, Decimal)
                and value <= _LONGEST_LIST
                and isinstance(read.type, ListType)
                and read.name in known
            ):
                item = _item(read.type)
                return {} if item is None else {read.name: (item,) * int(value)}
            case _:
                pass
        return {}


def _filled(found: Field) -> Field:
    """Give an input that nothing is compared with a value of its type."""
    type_ = types.without_null(found.declared.type)
    values = found.values or between(None, None, type_, found.declared.range)
    return Field(found.name, found.declared, values)


def _item(type_: ListType) -> Value:
    item = types.without_null(type_.item)
    if isinstance(item, StringType):
        return item.members[0] if item.members else "other"
    return Decimal(1) if isinstance(item, types.NumberType) else None


def sources_of(rule_set: CompiledRuleSet) -> dict[str, frozenset[str]]:
    """For each name the inputs that its value comes from."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for declared in rule_set.inputs:
        found[declared.name] = frozenset({declared.name})
    for node in rule_set.decisions:
        names = {name for e in expressions_of(node) for name in ir.reads(e)}
        found[node.name] = frozenset().union(*(found[n] for n in names))
    return dict(found)
