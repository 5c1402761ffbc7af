"""What items do to the level of a skill: exact fractions, and their logarithms in milli-nats.

An item closes a share of the remaining distance to 100, so shares multiply and logarithms add.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from functools import lru_cache
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
        return _gain(self.left)


def level_after(start: Fraction, gains: Iterable[SkillGain]) -> Fraction:
    """Give the level that `start` rises to, whatever the order of the gains.

    Above a ceiling only gains with a higher one count: the level is the least of what all gains
    give from `start`, and of what the gains above each ceiling give from that ceiling.
    """
    # Whole numbers throughout: a plan asks this thousands of times, and Fraction reduces each time.
    above: dict[tuple[int, int], tuple[int, int]] = {}
    for gain in gains:
        key = gain.ceiling.numerator, gain.ceiling.denominator
        parts, whole = above.get(key, (1, 1))
        above[key] = parts * gain.left.numerator, whole * gain.left.denominator
    most = (0, 1)
    parts, whole = 1, 1
    by_ceiling = sorted(above, key=lambda key: Fraction(*key), reverse=True)
    for ceiling in by_ceiling:
        if ceiling[0] * start.denominator <= start.numerator * ceiling[1]:
            break
        most = _larger(most, _left(ceiling, parts, whole))
        parts, whole = parts * above[ceiling][0], whole * above[ceiling][1]
    start_left = _left((start.numerator, start.denominator), parts, whole)
    return TOP - Fraction(*_larger(most, start_left))


def _left(floor: tuple[int, int], parts: int, whole: int) -> tuple[int, int]:
    """Give what is left to 100 if from `floor` on only the share `parts` / `whole` of it remains."""
    return (100 * floor[1] - floor[0]) * parts, floor[1] * whole


def _larger(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one if one[0] * other[1] >= other[0] * one[1] else other


@lru_cache(maxsize=4096)
def demand(start: Fraction, target: Fraction) -> int:
    """Give the way from `start` to `target` in milli-nats, rounded down; 0 if there is none."""
    return _milli_nats((TOP - start) / (TOP - target), ROUND_FLOOR) if start < target else 0


@lru_cache(maxsize=4096)
def _gain(left: Fraction) -> int:
    return _milli_nats(1 / left, ROUND_CEILING)


def _milli_nats(ratio: Fraction, rounding: str) -> int:
    exact = CONTEXT.multiply(CONTEXT.ln(from_fraction(ratio)), Decimal(1000))
    return int(exact.to_integral_value(rounding))
