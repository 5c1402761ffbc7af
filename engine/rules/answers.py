"""What of an answer is compared: a number, or the place of a text in its ranking; as a term and as a value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.backends.solver import Entries, Maybe, Number, Symbol, Text, choose, negation
from engine.feel.types import NumberType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.feel.backends.solver import Flag
    from engine.rules.compiled import CompiledNode, CompiledRuleSet, Output
    from engine.rules.decision import Decision
    from engine.rules.symbolic import Encoded


@dataclass(frozen=True, slots=True)
class Measure:
    """An output that has an order: a number, or a text by its place in `ranked`, worst first."""

    node: CompiledNode
    output: Output
    ranked: Sequence[str] | None

    @classmethod
    def of(cls, node: CompiledNode, output: Output) -> Measure | None:
        """Measure an output; None when it has no order, or there is a list of them."""
        if node.table is not None and node.table.collects and node.table.aggregate is None:
            return None
        if output.ranked:
            return cls(node, output, output.members or ())
        number = isinstance(types.without_null(output.type), NumberType)
        return cls(node, output, None) if number else None


def output_named(rule_set: CompiledRuleSet, name: str) -> tuple[CompiledNode, Output]:
    """Find an output by its name, or by that of its decision; raises KeyError."""
    for node in rule_set.decisions:
        for output in node.outputs:
            if name in {output.name, node.name}:
                return node, output
    raise KeyError(name)


def there(symbol: Symbol) -> tuple[list[Flag], Symbol]:
    """What must hold for a value to be there, and the value."""
    if isinstance(symbol, Maybe) and symbol.value is not None:
        return [negation(symbol.absent)], symbol.value
    return [], symbol


def measure_symbol(encoded: Encoded, measure: Measure) -> tuple[list[Flag], Number] | None:
    """A measure as a term, and what must hold for it to be there; None when the solver has none."""
    outcome = encoded.outcomes[measure.node.name]
    value: Symbol | None = outcome.value
    if isinstance(value, Entries):
        value = value.fields.get(measure.output.name)
    if value is None:
        return None
    flags, value = there(value)
    number = value if measure.ranked is None else _rank(encoded, value, measure.ranked)
    return ([outcome.applies, *flags], number) if isinstance(number, Number) else None


def _rank(encoded: Encoded, symbol: Symbol, ranked: Sequence[str]) -> Symbol | None:
    if not isinstance(symbol, Text):
        return None
    world = encoded.encoder.world
    cases: list[tuple[Flag, Symbol]] = [
        (symbol.term == world.text(text).term, world.constant(Decimal(place)))
        for place, text in enumerate(ranked)
    ]
    return choose(cases, world.constant(Decimal(len(ranked))), world.context)


def measure_value(decision: Decision, measure: Measure) -> Decimal | None:
    """A measure of an answer; None where it has none."""
    value = decision.outcomes.get(measure.node.name)
    if isinstance(value, dict):
        value = value.get(measure.output.name)
    if measure.ranked is None:
        return value if isinstance(value, Decimal) else None
    if isinstance(value, str) and value in measure.ranked:
        return Decimal(measure.ranked.index(value))
    return None
