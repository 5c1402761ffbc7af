"""What cases reach: rows, both ways of each branch, and each bound at it, just below and just above.

The rule set is run with probes: a probe is a built-in that notes its value and gives it on.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.builtins.registry import Builtin, signature
from engine.feel.types import NumberType
from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code, Diagnostic, Phrase, Severity
from engine.rules.evaluate import interpret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.feel.values import Value
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledNode,
        CompiledRuleSet,
        CompiledTable,
        Fragment,
    )

NO_CASE_ROW = Code(
    "CASE-COVER-001",
    "no case reaches the row `{row}` of `{table}`",
    "没有案例命中 `{table}` 的行 `{row}`",
    "add a case that it decides",
    "请增加由此行决定的案例",
    Severity.NOTE,
)
NO_CASE_BRANCH = Code(
    "CASE-COVER-002",
    "in no case is `{text}` {way}",
    "没有案例使 `{text}` {way}",
    "add a case in which it is",
    "请增加相应的案例",
    Severity.NOTE,
)
NO_CASE_BOUND = Code(
    "CASE-COVER-003",
    "no case has `{text}` {way} {bound}",
    "没有案例的 `{text}` {way} {bound}",
    "add a case just there",
    "请在该处增加案例",
    Severity.NOTE,
)

_TRUE, _FALSE = Phrase("true", "为真"), Phrase("false", "为假")
_SIDES = {
    0: Phrase("at", "等于"),
    -1: Phrase("just below", "略低于"),
    1: Phrase("just above", "略高于"),
}
_COMPARISONS = {"<", "<=", ">", ">=", "=", "!="}


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a kind of places cases reach, and what is told of each that they do not."""

    total: int
    open: tuple[Diagnostic, ...]

    @property
    def reached(self) -> int:
        """How many places are reached."""
        return self.total - len(self.open)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases of one version reach; `hits` are the rows that each case reached."""

    rows: Share
    branches: Share
    bounds: Share
    hits: tuple[frozenset[tuple[str, str]], ...]


def measure_coverage(rule_set: CompiledRuleSet, cases: Iterable[Mapping[str, object]]) -> Coverage:
    """Run cases with probes and count what they reach."""
    probes = _Probes()
    probed = probes.fitted(rule_set)
    hits = []
    for inputs in cases:
        trace = interpret(probed, inputs).trace
        hits.append(frozenset((step.decision, row) for step in trace for row in step.rows))
    reached = frozenset().union(*hits) if hits else frozenset()
    return Coverage(_rows(rule_set, reached), probes.branches(), probes.bounds(), tuple(hits))


def _rows(rule_set: CompiledRuleSet, reached: frozenset[tuple[str, str]]) -> Share:
    """The rows of decisions; those of functions leave no trace."""
    rows = [(node, row) for node in rule_set.decisions if node.table for row in node.table.rows]
    return Share(
        len(rows),
        tuple(
            NO_CASE_ROW.at(row.span, row=row.id, table=node.name)
            for node, row in rows
            if (node.name, row.id) not in reached
        ),
    )


Place: TypeAlias = "tuple[Fragment, int, int]"


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound of a head or of the other side of a comparison, and how far *just* beside it reaches."""

    probe: int
    text: str
    place: Place
    bound: Value
    step: Decimal
    sides: tuple[int, ...]
    """The sides on which a value can lie at all."""


@dataclass(slots=True)
class _Probes:
    """The probes in one rule set: for each the values that it saw."""

    seen: dict[int, set[Value]] = field(default_factory=lambda: defaultdict(set))
    conditions: list[tuple[int, Fragment, ir.Ir]] = field(default_factory=list)
    limits: list[_Bound] = field(default_factory=list)
    count: int = 0

    def fitted(self, rule_set: CompiledRuleSet) -> CompiledRuleSet:
        """Give the rule set with probes in it."""
        functions = tuple(self._function(f) for f in rule_set.functions)
        decisions = tuple(self._node(node) for node in rule_set.decisions)
        return replace(rule_set, functions=functions, decisions=decisions, fast=None)

    def branches(self) -> Share:
        """Both ways of each `if`, `and`, `or` and `only_if`."""
        ways = [
            (probe, fragment, node, way)
            for probe, fragment, node in self.conditions
            for way in (True, False)
        ]
        return Share(
            len(ways),
            tuple(
                NO_CASE_BRANCH.at(
                    fragment.place(node.start, node.end),
                    text=fragment.text[node.start : node.end].strip() or fragment.text,
                    way=_TRUE if way else _FALSE,
                )
                for probe, fragment, node, way in ways
                if way not in self.seen[probe]
            ),
        )

    def bounds(self) -> Share:
        """Each bound, at it, just below and just above; each once a place that it is compared at."""
        ways = [(limit, side) for limit in self.limits for side in limit.sides]
        return Share(
            len(ways),
            tuple(
                NO_CASE_BOUND.at(
                    limit.place[0].place(*limit.place[1:]),
                    text=limit.text,
                    way=_SIDES[side],
                    bound=limit.place[0].text[limit.place[1] : limit.place[2]],
                )
                for limit, side in ways
                if not any(_side(v, limit) == side for v in self.seen[limit.probe])
            ),
        )

    # --- fitting -------------------------------------------------------------------------------

    def _function(self, function: CompiledFunction) -> CompiledFunction:
        return function if function.home else replace(function, node=self._node(function.node))

    def _node(self, node: CompiledNode) -> CompiledNode:
        only_if = node.only_if
        if only_if is not None and node.only_if_fragment is not None:
            inner = self._inside(only_if, node.only_if_fragment)
            only_if = self._condition(only_if, inner, node.only_if_fragment)
        value = None if node.value is None else self._inside(node.value, node.fragment)
        table = None if node.table is None else self._table(node.table)
        return replace(node, only_if=only_if, value=value, table=table)

    def _table(self, table: CompiledTable) -> CompiledTable:
        conditions = []
        for index, head in enumerate(table.conditions):
            probe, made = self._probe(self._inside(head.value, head.fragment))
            conditions.append(replace(head, value=made))
            for row in table.rows:
                test = row.tests[index]
                for part, bound in _bounds_in(test.condition):
                    place = test.fragment, part.start, part.end
                    self._limit(probe, (head.fragment.text, head.value.type), place, bound)
        rows = tuple(
            replace(
                row,
                outputs=tuple(
                    self._inside(cell, fragment)
                    for cell, fragment in zip(row.outputs, row.fragments, strict=True)
                ),
            )
            for row in table.rows
        )
        return replace(table, conditions=tuple(conditions), rows=rows)

    def _inside(self, root: ir.Ir, fragment: Fragment) -> ir.Ir:
        """Put probes on the conditions and comparisons inside an expression."""

        def change(node: ir.Ir) -> ir.Ir | None:
            match node:
                case ir.If():
                    condition = self._inside(node.condition, fragment)
                    yes, no = self._inside(node.yes, fragment), self._inside(node.no, fragment)
                    probed = self._condition(node.condition, condition, fragment)
                    return replace(node, condition=probed, yes=yes, no=no)
                case ir.Logic():
                    left = self._inside(node.left, fragment)
                    right = self._inside(node.right, fragment)
                    return replace(
                        node,
                        left=self._condition(node.left, left, fragment),
                        right=self._condition(node.right, right, fragment),
                    )
                case ir.Apply(arguments=(left, right)) if node.builtin.name in _COMPARISONS:
                    return self._comparison(node, left, right, fragment)
                case _:
                    return None

        return ir.rewritten(root, change)

    def _condition(self, node: ir.Ir, inner: ir.Ir, fragment: Fragment) -> ir.Ir:
        probe, made = self._probe(inner)
        self.conditions.append((probe, fragment, node))
        return made

    def _comparison(
        self, node: ir.Apply, left: ir.Ir, right: ir.Ir, fragment: Fragment
    ) -> ir.Ir | None:
        sides = [self._inside(left, fragment), self._inside(right, fragment)]
        for own, other in ((0, 1), (1, 0)):
            bound = _known((left, right)[other])
            if bound is not None and not ir.is_constant((left, right)[own]):
                probe, sides[own] = self._probe(sides[own])
                met = (left, right)[own]
                written = (left, right)[other]
                place = fragment, written.start, written.end
                self._limit(probe, (fragment.text[met.start : met.end], met.type), place, bound)
        return replace(node, arguments=tuple(sides))

    def _probe(self, inner: ir.Ir) -> tuple[int, ir.Ir]:
        self.count += 1
        seen = self.seen[self.count]

        def note(value: Value) -> Value:
            if isinstance(value, bool | Decimal | dt.date | dt.timedelta):
                seen.add(value)
            return value

        kind = signature("value: any", types.ANY, note)
        made = ir.Apply(Builtin("probe", (kind,)), kind, (inner,), type=inner.type)
        return self.count, replace(made, start=inner.start, end=inner.end)

    def _limit(self, probe: int, met: tuple[str, types.Type], place: Place, bound: Value) -> None:
        """Note a bound of what a probe sees; each value once a probe."""
        if any((known.probe, known.bound) == (probe, bound) for known in self.limits):
            return
        text, inner = met[0], types.without_null(met[1])
        scale = inner.scale if isinstance(inner, NumberType) else None
        step = Decimal((0, (1,), -(scale or 0)))
        self.limits.append(_Bound(probe, text, place, bound, step, _possible(bound, inner)))


def _possible(bound: Value, met: types.Type) -> tuple[int, ...]:
    """The sides of a bound on which what it meets can have a value."""
    if not isinstance(bound, Decimal) or not isinstance(met, NumberType):
        return (-1, 0, 1)
    low, high = met.low, met.high
    return tuple(
        side
        for side in (-1, 0, 1)
        if (low is None or bound > low or (side >= 0 and bound == low))
        and (high is None or bound < high or (side <= 0 and bound == high))
    )


def _bounds_in(condition: ir.Ir) -> Iterator[tuple[ir.Ir, Value]]:
    """The numbers and dates that a cell compares its value with."""
    for node in ir.walk(condition):
        match node:
            case ir.Apply(arguments=(ir.Read(name="?", local=True), right)) if (
                node.builtin.name in _COMPARISONS
            ):
                bound = _known(right)
                if bound is not None:
                    yield right, bound
            case _:
                pass


def _known(node: ir.Ir) -> Value:
    """The number or date that a part always is; None when it is neither."""
    found = fold(node) if ir.is_constant(node) else None
    value = None if found is None else found.value
    return value if isinstance(value, Decimal | dt.date) else None


def _side(value: Value, limit: _Bound) -> int | None:
    """On which side of a bound a value lies, at most one step away; None further off."""
    if isinstance(value, Decimal) and isinstance(limit.bound, Decimal):
        distance = CONTEXT.subtract(value, limit.bound)
        near = abs(distance) <= limit.step
        return (distance > 0) - (distance < 0) if near else None
    if isinstance(value, dt.date) and isinstance(limit.bound, dt.date):
        days = (value - limit.bound).days
        return days if abs(days) <= 1 else None
    return None
