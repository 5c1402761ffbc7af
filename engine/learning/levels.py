"""What items do to the level of a skill: exact fractions, and their logarithms in milli-nats.

An item closes a share of the remaining distance to 100, so shares multiply and logarithms add.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.kernel.decimals import CONTEXT, from_fraction

if TYPE_CHECKING:
    from collections.abc import Iterable

TOP = Fraction(100)


@dataclass(frozen=True, slots=True)
class SkillGain:
    """What an item does for a skill: `left` of the distance to 100 remains, up to `ceiling`."""

    item: str
    left: Fraction
    ceiling: Fraction

    @property
    def milli_nats(self) -> int:
        """The gain as a logarithm, rounded up: the model may hope, the exact level then decides."""
        return _milli_nats(1 / self.left, ROUND_CEILING)


def level_after(start: Fraction, gains: Iterable[SkillGain]) -> Fraction:
    """Give the level that `start` rises to, whatever the order of the gains.

    Above a ceiling only gains with a higher one count: the level is the least of what all gains
    give from `start`, and of what the gains above each ceiling give from that ceiling.
    """
    useful = [gain for gain in gains if gain.ceiling > start]
    floors = {start} | {gain.ceiling for gain in useful}
    return TOP - max(_left(floor, useful) for floor in floors)


def _left(floor: Fraction, gains: Iterable[SkillGain]) -> Fraction:
    left = TOP - floor
    for gain in gains:
        if gain.ceiling > floor:
            left *= gain.left
    return left


def demand(start: Fraction, target: Fraction) -> int:
    """Give the way from `start` to `target` in milli-nats, rounded down; 0 if there is none."""
    return _milli_nats((TOP - start) / (TOP - target), ROUND_FLOOR) if start < target else 0


def _milli_nats(ratio: Fraction, rounding: str) -> int:
    exact = CONTEXT.multiply(CONTEXT.ln(from_fraction(ratio)), Decimal(1000))
    return int(exact.to_integral_value(rounding))
