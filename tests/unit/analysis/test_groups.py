"""Groups are compared exactly, and none can be found out that is too small to be told."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.groups import UNKNOWN, above_median, compare, suppressed

NAMES = st.sampled_from(["a", "b", "c", "d", "e", UNKNOWN])
SIZES = st.dictionaries(NAMES, st.integers(1, 30), max_size=6)


def test_four_fifths_exactly_is_not_below() -> None:
    found = {one.name: one for one in compare({"a": (60, 48), "b": (50, 50), "c": (60, 47)}).groups}
    assert (found["a"].ratio, found["a"].below) == (Fraction(4, 5), False)
    assert (found["c"].ratio, found["c"].below) == (Fraction(47, 60), True)
    assert (found["b"].ratio, found["b"].below) == (Fraction(1), False)


@given(st.integers(1, 400), st.integers(1, 400))
def test_every_ratio_of_four_fifths_is_not_below(count: int, share: int) -> None:
    """A float would get some of them wrong."""
    count, share = 5 * count, min(share, count)
    found = compare({"high": (count, 5 * share), "low": (count, 4 * share)}, least=1)
    assert not any(one.below for one in found.groups)


def test_who_declared_nothing_is_counted_and_not_compared() -> None:
    found = compare({"a": (10, 2), UNKNOWN: (10, 10), "b": (10, 1), "none": (0, 0)})
    assert [(one.name, one.ratio) for one in found.groups] == [
        ("a", 1),
        ("b", Fraction(1, 2)),
        (UNKNOWN, None),
    ]
    assert found.count == 30
    assert [one.ratio for one in compare({"a": (10, 0)}).groups] == [None]
    assert compare({}).groups == ()


@given(SIZES, st.integers(2, 9))
def test_a_difference_reveals_no_small_group(sizes: dict[str, int], least: int) -> None:
    hidden = suppressed(sizes, least)
    assert all(size >= least for name, size in sizes.items() if name not in hidden | {UNKNOWN})
    if hidden and hidden != sizes.keys():
        assert len(hidden) > 1
        assert sum(sizes[name] for name in hidden) >= least
    if all(size >= least for name, size in sizes.items() if name != UNKNOWN):
        assert not hidden


def test_the_next_smallest_goes_with_a_small_group() -> None:
    assert suppressed({"a": 2, "b": 50, "c": 9, UNKNOWN: 1}, 5) == {"a", "c"}
    assert suppressed({"a": 2, "b": 2, "c": 9}, 5) == {"a", "b", "c"}
    assert suppressed({"a": 2, UNKNOWN: 9}, 5) == {"a", UNKNOWN}


def test_the_median_is_of_all() -> None:
    assert above_median({}) == frozenset()
    assert above_median({"a": Decimal("1.1")}) == frozenset()
    scores = {name: Decimal(score) for name, score in zip("abcd", (1, 2, 3, 4), strict=True)}
    assert above_median(scores) == {"c", "d"}
    assert above_median(dict.fromkeys("abc", Decimal(7))) == frozenset()
