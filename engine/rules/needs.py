"""What is asked of the solver about tables: that a row fits, that no two do under `unique`, that a row is never hit."""

from __future__ import annotations

from dataclasses import replace
from decimal import localcontext
from typing import TYPE_CHECKING

from engine.feel import ir
from engine.feel.backends.solver import Truth, ask, negation
from engine.feel.types import BOOLEAN
from engine.kernel.decimals import CONTEXT
from engine.rules.compiled import CompiledRow, CompiledTable, Output
from engine.rules.evaluate import interpret
from engine.rules.examples import tidy
from engine.rules.inputs import read_inputs
from engine.rules.pairs import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import CompiledNode, CompiledRuleSet
    from engine.rules.examples import Field, Inputs

_LONGEST_TABLE = 1_000
"""Tables with more rows than this are not asked of the solver, which would take minutes over them."""


def unmet_needs(rule_set: CompiledRuleSet, fields: Sequence[Field]) -> tuple[list[Inputs], bool]:
    """Give cases in which a need is unmet, and whether all needs are proved to be met.

    What the rows of an `any` table give is not asked.
    """
    nodes = [*rule_set.decisions, *(f.node for f in rule_set.functions)]
    if any(n.table and len(n.table.rows) > _LONGEST_TABLE for n in nodes):
        return [], False
    found: list[Inputs] = []
    known = True
    with localcontext(CONTEXT):
        pair = Pair(rule_set, rule_set)
        needed = list(pair.left.encoder.required)
        for place in range(len(rule_set.assumptions), len(needed)):
            # Each need is asked where those before it are met.
            asked = ask(
                pair.world,
                needed[place],
                needed[:place],
                accept=lambda case: _fault(rule_set, case) is not None,
            )
            # An example may show another fault than this need's own, so one that fails settles no other.
            known = known and asked.verdict == "holds"
            if asked.example is not None:
                found.append(tidy(asked.example, fields, _same(rule_set, asked.example)))
    return found, known


def never_hit(rule_set: CompiledRuleSet, node: CompiledNode, number: int) -> bool:
    """Whether it is proved that a row of a decision decides no case that has an answer."""
    table = node.table
    if table is None or len(table.rows) > _LONGEST_TABLE:
        return False
    row = table.rows[number]
    with localcontext(CONTEXT):
        probed = _probed(rule_set, node, table, number)
        pair = Pair(probed, probed)
        outcome = pair.left.outcomes[_PROBE]
        if not isinstance(outcome.value, Truth):
            return False
        hits = pair.both([outcome.applies, outcome.value.flag])

        def decides(case: Inputs) -> bool:
            steps = interpret(rule_set, case).trace
            return any(s.decision == node.name and row.id in s.rows for s in steps)

        goal = negation(hits)
        return ask(pair.world, goal, [pair.left.decided], accept=decides).verdict == "holds"


def _probed(
    rule_set: CompiledRuleSet, node: CompiledNode, table: CompiledTable, number: int
) -> CompiledRuleSet:
    """Add a decision that is true where a row decides: it fits, and under `first` none above it does."""
    first = 0 if table.hit_policy == "first" else number
    rows = tuple(
        replace(row, outputs=(_FLAGS[place == number],), fragments=row.fragments[:1])
        for place, row in enumerate(table.rows[: number + 1])
        if place >= first
    )
    output = Output(_PROBE, BOOLEAN)
    rest = CompiledRow("default", (), (_FLAGS[False],), ())
    probe = replace(
        node,
        name=_PROBE,
        outputs=(output,),
        type=BOOLEAN,
        table=CompiledTable("first", None, table.conditions, (output,), rows, rest),
    )
    at = rule_set.decisions.index(node) + 1
    decisions = (*rule_set.decisions[:at], probe, *rule_set.decisions[at:])
    return replace(rule_set, decisions=decisions, fast=None)


_PROBE = "?"
_FLAGS = {flag: ir.Constant(flag, type=BOOLEAN) for flag in (True, False)}


def _fault(rule_set: CompiledRuleSet, case: Inputs) -> Diagnostic | None:
    """The fault of a case whose inputs are all allowed."""
    _, missing, wrong = read_inputs(rule_set.inputs, case)
    faults = () if missing or wrong else interpret(rule_set, case).faults
    return faults[0] if faults else None


def _same(rule_set: CompiledRuleSet, example: Inputs) -> Callable[[Inputs], bool]:
    """Whether another case has the fault that an example has."""
    wanted = _fault(rule_set, example)

    def same(case: Inputs) -> bool:
        found = _fault(rule_set, case)
        return found is not None and wanted is not None and found == wanted

    return same
