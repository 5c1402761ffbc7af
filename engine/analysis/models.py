"""Two versions of a competency model seen through one rule set: the same scores, weighed differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.competency.profile import PROFILE
from engine.feel import types
from engine.feel.backends.solver import Items, Number, Truth, World
from engine.feel.types import NumberType
from engine.feel.values import Range
from engine.kernel.decimals import from_fraction
from engine.rules.compiled import CompiledInput
from engine.rules.documents import InputField
from engine.rules.examples import Field, fields_of
from engine.rules.pairs import Shown, decided
from engine.rules.symbolic import Encoded, declare_input, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.competency.documents import CompetencyModel
    from engine.feel.backends.solver import Flag, Symbol
    from engine.feel.values import Value
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.examples import Inputs

_HUNDRED = Decimal(100)
_SCORES = Range(Decimal(0), _HUNDRED, low_closed=True, high_closed=True)


@dataclass(slots=True)
class ModelPair:
    """One person's scores read by two models, and decided by one rule set each time.

    Every competency is taken as assessed; what else the rule set reads is the same both times.
    """

    first: CompetencyModel
    second: CompetencyModel
    rule_set: CompiledRuleSet
    given: Mapping[str, Value] = field(default_factory=dict)
    world: World = field(default_factory=World)
    left: Encoded = field(init=False)
    right: Encoded = field(init=False)
    scores: list[CompiledInput] = field(init=False)

    def __post_init__(self) -> None:
        """Declare the scores and the other inputs, and encode both decisions."""
        ids = {c.id: None for m in (self.first, self.second) for c in m.competencies}
        self.scores = [_score(id_) for id_ in ids]
        symbols, others = (
            {i.name: declare_input(self.world, i, i.name, self.given) for i in inputs}
            for inputs in (self.scores, self._others())
        )
        self.left = self._encoded(self.first, symbols, others)
        self.right = self._encoded(self.second, symbols, others)

    def _others(self) -> list[CompiledInput]:
        """The inputs that a profile does not compute from scores."""
        return [i for i in self.rule_set.inputs if i.name not in _COMPUTED]

    def _encoded(
        self, model: CompetencyModel, scores: Mapping[str, Symbol], others: Mapping[str, Symbol]
    ) -> Encoded:
        terms, below = [], []
        for one in model.competencies:
            score = scores[one.id]
            if not isinstance(score, Number):
                raise TypeError(one.id)
            terms.append((Fraction(one.weight.value) / 100, score))
            if one.floor is not None:
                low = score.term < self.world.real(one.floor)
                below.append((low, self.world.text(one.id)))
        computed: dict[str, Symbol] = {
            "overall": self.world.weighted(terms),
            "assessed": Truth(self.world.yes),
            "below_floor": Items(tuple(below)),
        }
        asked = {i.name for i in self.rule_set.inputs}
        return encode(
            self.rule_set,
            self.world,
            {**others, **{n: s for n, s in computed.items() if n in asked}},
        )

    @property
    def rule_sets(self) -> tuple[CompiledRuleSet, CompiledRuleSet]:
        """The rule sets of the two: the same one."""
        return self.rule_set, self.rule_set

    @property
    def decided(self) -> list[Flag]:
        """What must hold for both to have an answer."""
        return [self.left.decided, self.right.decided]

    def fields(self) -> list[Field]:
        """The scores and other inputs that an example has."""
        floors = {c.floor for m in (self.first, self.second) for c in m.competencies if c.floor}
        tried = tuple(sorted({*floors, *map(Decimal, range(50, 101, 5))}, reverse=True))
        others = [f for f in fields_of(self.rule_set) if f.name not in _COMPUTED]
        found = [*(Field(s.name, s, tried) for s in self.scores), *others]
        return [f for f in found if f.name not in self.given]

    def shown(self, example: Inputs) -> tuple[Shown, Shown]:
        """Score and decide an example by both models."""
        known = {**example, **self.given}
        return self._decide(self.first, known), self._decide(self.second, known)

    def _decide(self, model: CompetencyModel, example: Inputs) -> Shown:
        inputs: dict[str, Value] = {i.name: example[i.name] for i in self._others()}
        total, below = Fraction(), []
        for one in model.competencies:
            score = example[one.id]
            if not isinstance(score, Decimal):
                raise TypeError(one.id)
            total += Fraction(one.weight.value) * Fraction(score) / 100
            if one.floor is not None and score < one.floor:
                below.append(one.id)
        computed: dict[str, Value] = {
            "overall": from_fraction(total),
            "assessed": True,
            "below_floor": tuple(below),
        }
        asked = {i.name for i in self.rule_set.inputs}
        inputs |= {name: value for name, value in computed.items() if name in asked}
        shown = decided(self.rule_set, inputs)
        scores = {s.name: example[s.name] for s in self.scores}
        return Shown(model.version, {**scores, **inputs}, shown.decision)


_COMPUTED = PROFILE - {"discrepant", "min_confidence"}


def _score(id_: str) -> CompiledInput:
    points = types.parse_unit("points")
    type_ = NumberType(points, Decimal(0), _HUNDRED)
    return CompiledInput(id_, type_, InputField(type="number"), range=_SCORES)
