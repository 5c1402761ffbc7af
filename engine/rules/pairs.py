"""Two evaluations side by side: of one rule set for two cases, or of two versions for one case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.feel.backends.solver import (
    World,
    all_of,
    implies,
)
from engine.rules.evaluate import decide
from engine.rules.examples import Field, fields_of
from engine.rules.symbolic import Encoded, declare_input, encode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.feel.backends.solver import Flag, Symbol
    from engine.feel.values import Value
    from engine.rules.compiled import CompiledInput, CompiledRuleSet
    from engine.rules.decision import Decision

OTHER = "′"
"""What marks the name of an input that may differ in the second case."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One case of an example and its answer, as the engine gave it."""

    version: str
    inputs: Mapping[str, Value]
    decision: Decision


@dataclass(slots=True)
class Pair:
    """Two evaluations over inputs that are the same, but for those named in `apart`; some may be given."""

    first: CompiledRuleSet
    second: CompiledRuleSet
    apart: Collection[str] = ()
    given: Mapping[str, Value] = field(default_factory=dict)
    world: World = field(default_factory=World)
    left: Encoded = field(init=False)
    right: Encoded = field(init=False)

    def __post_init__(self) -> None:
        """Declare the inputs of both and encode their decisions."""
        own = {i.name: self._declare(i, i.name) for i in self.first.inputs}
        shared: dict[str, Symbol] = {}
        for declared in self.second.inputs:
            name = declared.name
            if name in own and name not in self.apart:
                shared[name] = own[name]
                if self.second is not self.first:
                    self.world.restrict(own[name], declared.range, declared.field.scale)
            else:
                shared[name] = self._declare(declared, name + (OTHER if name in own else ""))
        self.left = encode(self.first, self.world, own)
        alone = self.second is self.first and not self.apart
        self.right = self.left if alone else encode(self.second, self.world, shared)

    def _declare(self, declared: CompiledInput, name: str) -> Symbol:
        return declare_input(self.world, declared, name, self.given)

    @property
    def rule_sets(self) -> tuple[CompiledRuleSet, CompiledRuleSet]:
        """The rule sets of the two."""
        return self.first, self.second

    @property
    def decided(self) -> list[Flag]:
        """What must hold for both to have an answer."""
        return [self.left.decided, self.right.decided]

    def fields(self) -> list[Field]:
        """The inputs that an example of this pair chooses, under their names there."""
        found = {f.name: f for f in fields_of(self.first)}
        for one in fields_of(self.second):
            mine = one.name in found
            name = one.name + OTHER if one.name in self.apart and mine else one.name
            found.setdefault(name, Field(name, one.declared, one.values))
        return [f for name, f in found.items() if name not in self.given]

    def shown(self, example: Mapping[str, Value]) -> tuple[Shown, Shown]:
        """Decide both cases of an example; one that was evaluated twice is the same."""
        known = {**example, **self.given}
        mine = {i.name: known[i.name] for i in self.first.inputs}
        yours = {
            i.name: known[i.name + OTHER if i.name + OTHER in known else i.name]
            for i in self.second.inputs
        }
        return decided(self.first, mine), decided(self.second, yours)

    # --- questions -----------------------------------------------------------------------------

    def both(self, flags: Sequence[Flag]) -> Flag:
        """All conditions together."""
        return all_of(flags, self.world.context)

    def same_outcome(self, name: str) -> Flag:
        """Whether a decision applies in both or neither, and has the same value where it does."""
        mine, yours = self.left.outcomes[name], self.right.outcomes[name]
        same = self.left.encoder.same(mine.value, yours.value, enough=True)
        return self.both([mine.applies == yours.applies, implies(mine.applies, same)])

    def same_told(self, name: str) -> Flag:
        """Whether the rows of a decision tell the same reasons, obligations and clauses."""
        mine, yours = self.left.outcomes[name], self.right.outcomes[name]
        return implies(mine.applies, self.left.encoder.same(mine.told, yours.told, enough=True))


def decided(rule_set: CompiledRuleSet, inputs: Mapping[str, Value]) -> Shown:
    """Decide one case of an example."""
    return Shown(rule_set.document.version, inputs, decide(rule_set, inputs))
