"""What items do to a level: exact shares, ceilings, and logarithms that err on the hopeful side."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.learning.levels import SkillGain, demand, level_after

GAINS = st.builds(
    SkillGain,
    item=st.just("x"),
    left=st.integers(1, 99).map(lambda n: Fraction(n, 100)),
    ceiling=st.integers(1, 100).map(Fraction),
)


def gain(share: str, ceiling: int = 100) -> SkillGain:
    return SkillGain("x", 1 - Fraction(share), Fraction(ceiling))


@pytest.mark.parametrize(
    ("start", "gains", "expected"),
    [
        (70, [], "70"),
        (70, [gain("0.36")], "80.8"),
        (60, [gain("0.5")], "80"),
        (60, [gain("0.5"), gain("0.5")], "90"),
        (60, [gain("0.5", 75)], "75"),
        (80, [gain("0.5", 75)], "80"),
        (60, [gain("0.5", 75), gain("0.2")], "80"),
        (60, [gain("0.1", 75), gain("0.2")], "71.2"),
    ],
)
def test_level_after(start: int, gains: list[SkillGain], expected: str) -> None:
    assert level_after(Fraction(start), gains) == Fraction(expected)


def follow(start: Fraction, gains: tuple[SkillGain, ...]) -> Fraction:
    for each in gains:
        risen = min(each.ceiling, 100 - (100 - start) * each.left)
        start = max(start, risen)
    return start


@given(start=st.integers(0, 99).map(Fraction), gains=st.lists(GAINS, max_size=4))
def test_the_level_is_that_of_the_best_order(start: Fraction, gains: list[SkillGain]) -> None:
    best = max(follow(start, order) for order in permutations(gains))
    assert level_after(start, gains) == best


@given(start=st.integers(0, 99).map(Fraction), gains=st.lists(GAINS, max_size=4), more=GAINS)
def test_more_never_lowers_a_level(
    start: Fraction, gains: list[SkillGain], more: SkillGain
) -> None:
    assert level_after(start, [*gains, more]) >= level_after(start, gains)


@given(
    start=st.integers(0, 98).map(Fraction),
    gains=st.lists(GAINS.map(lambda g: SkillGain("x", g.left, Fraction(100))), max_size=4),
    target=st.integers(1, 99).map(Fraction),
)
def test_what_truly_reaches_a_target_also_does_in_milli_nats(
    start: Fraction, gains: list[SkillGain], target: Fraction
) -> None:
    if level_after(start, gains) >= target:
        assert sum(g.milli_nats for g in gains) >= demand(start, target)


def test_demand_is_rounded_down_and_gain_up() -> None:
    assert demand(Fraction(60), Fraction(80)) == 693
    assert gain("0.5").milli_nats == 694
    assert demand(Fraction(80), Fraction(80)) == demand(Fraction(90), Fraction(80)) == 0
