"""Outcomes compared between groups: exact rates, each against the highest, and no group too small to be told."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

UNKNOWN = "unknown"
"""The group of those who declared nothing: it is counted, and neither compared nor compared with."""
LEAST = 5
FOUR_FIFTHS = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Group:
    """How many a group has, the share of them that was favoured, and that against the highest share of any group.

    `below` says whether the ratio is under four fifths (UGESP, 29 CFR 1607.4 D); 48 of 60 is not.
    """

    name: str
    count: int
    favoured: int
    rate: Fraction
    ratio: Fraction | None
    below: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups that can be told, by name, and the names of those that cannot; `count` is of all."""

    groups: tuple[Group, ...]
    suppressed: tuple[str, ...]
    count: int


def compare(counted: Mapping[str, tuple[int, int]], least: int = LEAST) -> Comparison:
    """Compare groups, given by name as how many there are and how many of them were favoured.

    >>> [str(one.ratio) for one in compare({"a": (60, 48), "b": (10, 10)}).groups]
    ['4/5', '1']
    """
    hidden = suppressed({name: count for name, (count, _) in counted.items() if count}, least)
    rates = {
        name: Fraction(favoured, count)
        for name, (count, favoured) in sorted(counted.items())
        if count and name not in hidden
    }
    highest = max((rate for name, rate in rates.items() if name != UNKNOWN), default=Fraction(0))
    groups = []
    for name, rate in rates.items():
        ratio = rate / highest if highest and name != UNKNOWN else None
        below = ratio is not None and ratio < FOUR_FIFTHS
        groups.append(Group(name, *counted[name], rate, ratio, below))
    whole = sum(count for count, _ in counted.values())
    return Comparison(tuple(groups), tuple(sorted(hidden)), whole)


def suppressed(sizes: Mapping[str, int], least: int) -> frozenset[str]:
    """Name the groups that are not told: those under `least`, and more until what is left of the whole hides them.

    Whoever subtracts the groups that are told from the whole learns the rest together: that is never
    one group alone, nor fewer than `least` people.
    """
    hidden = {name for name, size in sizes.items() if size < least and name != UNKNOWN}
    others = sorted(sizes.keys() - hidden, key=lambda name: (name == UNKNOWN, sizes[name], name))
    while hidden and others and (len(hidden) == 1 or sum(sizes[name] for name in hidden) < least):
        hidden.add(others.pop(0))
    return frozenset(hidden)


def above_median(scores: Mapping[str, Decimal]) -> frozenset[str]:
    """Name who scored above the median of all: the scoring rate counts them (6 RCNY 5-301).

    >>> from decimal import Decimal
    >>> sorted(above_median({"a": Decimal(1), "b": Decimal(2), "c": Decimal(3), "d": Decimal(3)}))
    ['c', 'd']
    """
    ordered = sorted(Fraction(score) for score in scores.values())
    if not ordered:
        return frozenset()
    middle = len(ordered) // 2
    median = (ordered[middle] + ordered[-middle - 1]) / 2
    return frozenset(name for name, score in scores.items() if Fraction(score) > median)
