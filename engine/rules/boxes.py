"""Boxes over the positions of a table's axes: what of one is left when others are taken away.

A position is one stretch of an axis on which every cell says the same, so a set of positions is exact; it
is held as the bits of an integer. A box is one set an axis. Subtraction goes depth first and stops at the
first box that is left, so that a hole is found long before all of them would be listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Box: TypeAlias = tuple[int, ...]

_LOOKED_AT = 12
"""How many boxes are looked at for the one that cuts best."""
_CORNER_AXES = 6
_BITS = 1 << 28
"""How many bits the index of one axis may take; beyond that it is coarser, and as true."""


class OverBudgetError(Exception):
    """The question needs more boxes than were granted."""


@dataclass(slots=True)
class Budget:
    """How many boxes may still be made."""

    left: int

    def spend(self, count: int) -> None:
        """Take boxes off; raises OverBudgetError when there are none left."""
        self.left -= count
        if self.left < 0:
            raise OverBudgetError


def meet(one: Box, other: Box) -> Box | None:
    """Give the box that two have in common; None when they have nothing in common."""
    made = []
    for left, right in zip(one, other, strict=True):
        both = left & right
        if not both:
            return None
        made.append(both)
    return tuple(made)


def is_empty(box: Box) -> bool:
    """Whether a box holds nothing."""
    return not all(box)


def bits_of(mask: int) -> Iterator[int]:
    """Give the places of the bits of a mask, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Boxes:
    """Numbered boxes, indexed so that those near another one are found without looking at all."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        """Index the boxes by where each begins and ends on every axis."""
        self.boxes = tuple(boxes)
        self.all = (1 << len(self.boxes)) - 1
        self._axes = [
            _Axis([box[axis] for box in self.boxes])
            for axis in range(len(self.boxes[0]) if self.boxes else 0)
        ]

    def near(self, box: Box) -> int:
        """The numbers, as bits, of all boxes that touch this one, and of some more that are near it."""
        found = self.all
        if not found:
            return 0
        for axis, bits in zip(self._axes, box, strict=True):
            found &= axis.near(bits)
            if not found:
                break
        return found

    def contains(self, box: Box, among: int) -> bool:
        """Whether one of `among` contains a box whole."""
        found = among
        for axis, bits in zip(self._axes, box, strict=True) if found else ():
            found &= axis.around(bits)
        return any(meet(box, self.boxes[number]) == box for number in bits_of(found))

    def touching(self, box: Box, among: int) -> Iterator[tuple[int, Box]]:
        """Give the numbers of those that touch a box, each with what they have in common."""
        for number in bits_of(self.near(box) & among):
            common = meet(box, self.boxes[number])
            if common is not None:
                yield number, common

    def left_of(self, box: Box, among: int, budget: Budget) -> Box | None:
        """Find a box inside `box` that none of `among` touches; None when they cover all of it.

        Raises OverBudgetError.
        """
        stack = [box]
        while stack:
            whole = stack.pop()
            if self.contains(whole, among):
                continue
            best: tuple[Box, tuple[int, ...]] | None = None
            for looked, (_, common) in enumerate(self.touching(whole, among)):
                cut = tuple(i for i, both in enumerate(common) if both != whole[i])
                if best is None or len(cut) < len(best[1]):
                    best = common, cut
                if looked >= _LOOKED_AT:
                    break
            if best is None:
                return whole
            pieces = _pieces(whole, *best)
            budget.spend(len(pieces))
            stack += pieces
        return None

    def covers(self, box: Box, among: int, budget: Budget) -> bool:
        """Whether `among` cover a box; the corners are looked at first. Raises OverBudgetError."""
        for corner in _corners(box):
            budget.spend(1)
            if next(self.touching(corner, among), None) is None:
                return False
        return self.left_of(box, among, budget) is None

    def widened(self, box: Box, whole: Box) -> Box:
        """Widen a box that no other touches, axis by axis, as far as none comes to touch it."""
        made = list(box)
        for axis, all_ in enumerate(whole):
            before, made[axis] = made[axis], all_
            if next(self.touching(tuple(made), self.all), None) is not None:
                made[axis] = before
        return tuple(made)


class _Axis:
    """Which boxes begin at or before a position of one axis, and which end at or after it."""

    def __init__(self, sets: Sequence[int]) -> None:
        size = max((bits.bit_length() for bits in sets), default=0) + 1
        self.stride = max(1, size * len(sets) // _BITS)
        begins, ends = [0] * (size // self.stride + 2), [0] * (size // self.stride + 2)
        for number, bits in enumerate(sets):
            if bits:
                begins[self._slot(_lowest(bits))] |= 1 << number
                ends[self._slot(bits.bit_length() - 1)] |= 1 << number
        for slot in range(1, len(begins)):
            begins[slot] |= begins[slot - 1]
            ends[-slot - 1] |= ends[-slot]
        self.begun, self.unended = begins, ends

    def _slot(self, position: int) -> int:
        return position // self.stride

    def around(self, bits: int) -> int:
        """Those that begin no later and end no sooner, and where slots are coarse a few more."""
        first = min(self._slot(_lowest(bits)), len(self.begun) - 1)
        last = min(self._slot(bits.bit_length() - 1), len(self.begun) - 1)
        return self.begun[first] & self.unended[last]

    def near(self, bits: int) -> int:
        """Those that begin before the last of these positions and end after the first."""
        first = min(self._slot(_lowest(bits)), len(self.begun) - 1)
        last = min(self._slot(bits.bit_length() - 1), len(self.begun) - 1)
        return self.begun[last] & self.unended[first]


def _corners(box: Box) -> Iterator[Box]:
    """The points of a box that are first or last on every axis, some of them when there are many axes."""
    ends = [(bits & -bits, 1 << bits.bit_length() - 1) for bits in box]
    for corner in range(1 << min(len(box), _CORNER_AXES)):
        yield tuple(ends[axis][corner >> axis & 1] for axis in range(len(box)))


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _pieces(whole: Box, common: Box, cut: tuple[int, ...]) -> list[Box]:
    """Cut away what is common, one axis after the other: the pieces do not touch each other."""
    made, rest = [], list(whole)
    for axis in cut:
        outside = list(rest)
        outside[axis] &= ~common[axis]
        made.append(tuple(outside))
        rest[axis] = common[axis]
    return made
