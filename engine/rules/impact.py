"""Who gains and who loses between two versions: for every case in range, with an example of each, decided.

What cannot happen is proved; the largest gain and loss of a number are closed in on from both sides, by
examples from below and by proofs from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from engine.feel.backends.solver import Number, ask, highest
from engine.kernel.decimals import CONTEXT, from_fraction
from engine.rules.answers import Measure, measure_symbol, measure_value
from engine.rules.examples import readable, search, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.feel.backends.solver import Flag, World
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.examples import Field, Inputs
    from engine.rules.pairs import Shown
    from engine.rules.symbolic import Encoded

Direction: TypeAlias = Literal["gain", "loss"]
Verdict: TypeAlias = Literal["shown", "impossible", "unknown"]

_ROUNDS = 80
"""How often the largest change is closed in on."""


class Compared(Protocol):
    """Two evaluations of the same cases, as terms and as the engine decides them."""

    world: World
    left: Encoded
    right: Encoded

    @property
    def rule_sets(self) -> tuple[CompiledRuleSet, CompiledRuleSet]:
        """The rule sets of the two."""

    @property
    def decided(self) -> list[Flag]:
        """What must hold for both to have an answer."""

    def fields(self) -> list[Field]:
        """The inputs that an example has."""

    def shown(self, example: Inputs) -> tuple[Shown, Shown]:
        """Decide an example both ways."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change does to one output in one direction.

    For a number `most` is the largest change shown, and `bound` the one proved never to be passed.
    """

    decision: str
    output: str
    direction: Direction
    verdict: Verdict
    example: tuple[Shown, ...] = ()
    most: Decimal | None = None
    bound: Decimal | None = None


def find_impacts(compared: Compared, typical: Sequence[Inputs] = ()) -> Iterator[Impact]:
    """Find what can rise and fall between two versions; `typical` are inputs that examples should look like."""
    first, second = compared.rule_sets
    for node in second.decisions:
        if node.name not in {d.name for d in first.decisions}:
            continue
        for output in node.outputs:
            measure = Measure.of(node, output)
            if measure is not None:
                looking = _Search(compared, measure, typical)
                yield looking.impact("gain")
                yield looking.impact("loss")


@dataclass(slots=True)
class _Search:
    """Looks for what a change does to one output."""

    compared: Compared
    measure: Measure
    typical: Sequence[Inputs]

    def impact(self, direction: Direction) -> Impact:
        """Find whether the output can move in a direction, and how far."""
        name = self.measure.node.name, self.measure.output.name
        difference = self._difference(direction)
        if difference is None:
            return Impact(*name, direction, "unknown")
        flags, distance = difference
        found = self._beyond(direction, flags, distance, Decimal(0))
        if found is None:
            return Impact(*name, direction, "impossible")
        if found == "unknown":
            return Impact(*name, direction, "unknown")
        if self.measure.ranked is not None:
            shown = self.compared.shown(self._readable(direction, found))
            return Impact(*name, direction, "shown", shown)
        best, bound = self._largest(direction, flags, distance, found)
        return Impact(*name, direction, "shown", best[1], best[0], bound)

    def _difference(self, direction: Direction) -> tuple[list[Flag], Number] | None:
        """How far the output moves, and what must hold for both values to be there."""
        before = measure_symbol(self.compared.left, self.measure)
        after = measure_symbol(self.compared.right, self.measure)
        if before is None or after is None:
            return None
        low, high = (before, after) if direction == "gain" else (after, before)
        world = self.compared.world
        flags = [*before[0], *after[0], *self.compared.decided]
        return flags, world.add(high[1], low[1], -1)

    def _moved(self, direction: Direction, example: Inputs) -> Decimal | None:
        """How far the output really moves in a case."""
        one, two = (measure_value(s.decision, self.measure) for s in self.compared.shown(example))
        if one is None or two is None:
            return None
        return two - one if direction == "gain" else one - two

    def _beyond(
        self, direction: Direction, flags: Sequence[Flag], distance: Number, limit: Decimal
    ) -> Inputs | Literal["unknown"] | None:
        """A case that moves by more than `limit`; None when there is proved to be none."""

        def accept(example: Inputs) -> bool:
            moved = self._moved(direction, example)
            return moved is not None and moved > limit

        goal = distance.term <= self.compared.world.real(limit)
        asked = ask(self.compared.world, goal, flags, accept=accept)
        if asked.verdict == "holds":
            return None
        if asked.example is not None:
            return asked.example

        tried = search(self.compared.fields(), accept, self.typical)
        return "unknown" if tried is None else tried

    def _readable(self, direction: Direction, example: Inputs) -> Inputs:
        """Show by known or short values that the output moves."""

        def shows(changed: Inputs) -> bool:
            return (self._moved(direction, changed) or Decimal(0)) > 0

        return readable(example, self.compared.fields(), shows, self.typical)

    def _tidied(self, direction: Direction, example: Inputs, least: Decimal) -> Inputs:
        """Make a case easier to read that moves by more than nothing and not by less than `least`."""

        def shows(changed: Inputs) -> bool:
            moved = self._moved(direction, changed)
            return moved is not None and moved > 0 and moved >= least

        return tidy(example, self.compared.fields(), shows, self.typical)

    def _largest(
        self, direction: Direction, flags: Sequence[Flag], distance: Number, found: Inputs
    ) -> tuple[tuple[Decimal, tuple[Shown, Shown]], Decimal | None]:
        """Close in on the largest change: the largest one shown, and the smallest one proved to be enough."""
        best, example = self._moved(direction, found) or Decimal(0), found
        step = Decimal((0, (1,), -(self.measure.output.digits or 2)))

        def better(case: Inputs) -> bool:
            return (self._moved(direction, case) or Decimal(0)) >= best

        top, highest_case = highest(self.compared.world, distance, flags, accept=better)
        bound = distance.high if top is None else from_fraction(top).quantize(step, ROUND_FLOOR)
        if highest_case is not None:
            best, example = self._moved(direction, highest_case) or best, highest_case
        with localcontext(CONTEXT):
            for _ in range(_ROUNDS):
                if bound is not None and bound - best < step:
                    break
                limit = best * 2 if bound is None else (best + bound) / 2
                limit = max(best, limit.quantize(step, rounding=ROUND_FLOOR))
                further = self._beyond(direction, flags, distance, limit)
                if further == "unknown":
                    break
                if further is None:
                    bound = limit
                else:
                    best, example = self._moved(direction, further) or best, further
        tidied = self._tidied(direction, example, best)
        return (best, self.compared.shown(tidied)), bound
