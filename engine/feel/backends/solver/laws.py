"""Laws of operations that linear arithmetic cannot say: they rise, keep their grid, and have signs.

Each law holds of the operation as the engine computes it, with 34 digits: rounding to the nearest number
that can be held never turns a smaller number into a larger one, and leaves alone what can be held.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING, Protocol, TypeVar

import z3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.feel.backends.solver.symbols import Flag, Number
    from engine.feel.backends.solver.world import Hard, Line, Step, World

_MOST = 4_000
"""How many pairs of one kind are written down; what is left out can only leave a question open."""


class _Placed(Protocol):
    """An operation with its place in its evaluation."""

    @property
    def place(self) -> int: ...


P = TypeVar("P", bound=_Placed)


def laws(world: World, *, near: bool) -> Iterator[Flag]:
    """Give the laws between the numbers of a question.

    `near` gives those between operations that correspond in two evaluations, and with what the inputs
    and constants are: they are few, and mostly enough.
    """
    families: dict[tuple[str, int | None], list[Step]] = {}
    for step in world.steps:
        families.setdefault(step.family, []).append(step)
    for (_, places), steps in families.items():
        for one, other in _pairs(steps, near):
            yield z3.Implies(one.exact <= other.exact, one.result <= other.result)
            yield z3.Implies(other.exact <= one.exact, other.result <= one.result)
        known = [n for n in world.known.values() if _fits(n, places) and (not near or n.given)]
        yield from _grid(steps, known)
    for line, other_line in _pairs(world.lines, near):
        yield from _lines(line, other_line)
    for product, other_product in _pairs(world.products, near):
        yield from _products(product, other_product)
    for quotient, other_quotient in _pairs(world.quotients, near):
        yield from _quotients(quotient, other_quotient)
    for quotient in world.quotients:
        yield from _ratio(quotient, world)


def _pairs(found: Iterable[P], near: bool) -> Iterator[tuple[P, P]]:  # noqa: FBT001 - as above
    pairs = combinations(found, 2)
    return islice((p for p in pairs if not near or p[0].place == p[1].place), _MOST)


def _fits(number: Number, places: int | None) -> bool:
    """Whether rounding to `places` leaves a number alone; to 34 digits, any that is held."""
    return places is None or (number.places is not None and number.places <= places)


def _grid(steps: Iterable[Step], known: list[Number]) -> Iterator[Flag]:
    """What is on the grid already is not passed by rounding."""
    pairs = ((step, number) for number in known for step in steps)
    for step, number in islice(pairs, _MOST):
        if number.term.eq(step.result):
            continue
        yield z3.Implies(step.exact <= number.term, step.result <= number.term)
        yield z3.Implies(number.term <= step.exact, number.term <= step.result)


def _lines(one: Line, other: Line) -> Iterator[Flag]:
    """Two points of one line keep the line's direction."""
    mine, yours = (
        (one.x0, one.y0, one.x1, one.y1),
        (other.x0, other.y0, other.x1, other.y1),
    )
    alike = z3.And(
        one.x0.term < one.x1.term, *(a.term == b.term for a, b in zip(mine, yours, strict=True))
    )
    rising = one.y0.term <= one.y1.term
    ahead = one.x.term <= other.x.term
    yield z3.Implies(z3.And(alike, rising, ahead), one.result <= other.result)
    yield z3.Implies(z3.And(alike, rising, other.x.term <= one.x.term), other.result <= one.result)
    falling = one.y0.term >= one.y1.term
    yield z3.Implies(z3.And(alike, falling, ahead), one.result >= other.result)
    yield z3.Implies(z3.And(alike, falling, other.x.term <= one.x.term), other.result >= one.result)


def _products(one: Hard, other: Hard) -> Iterator[Flag]:
    """Products with a factor in common go the way of the other factor."""
    for a, b in ((one.left, one.right), (one.right, one.left)):
        for c, d in ((other.left, other.right), (other.right, other.left)):
            if b.eq(d):
                yield z3.Implies(z3.And(b >= 0, a <= c), one.result <= other.result)
                yield z3.Implies(z3.And(b >= 0, c <= a), other.result <= one.result)
                yield z3.Implies(z3.And(b <= 0, a <= c), one.result >= other.result)
                yield z3.Implies(z3.And(b <= 0, c <= a), other.result >= one.result)
            less = z3.And(a >= 0, b >= 0, a <= c, b <= d)
            more = z3.And(c >= 0, d >= 0, c <= a, d <= b)
            yield z3.Implies(less, one.result <= other.result)
            yield z3.Implies(more, other.result <= one.result)


def _quotients(one: Hard, other: Hard) -> Iterator[Flag]:
    """Of two quotients the one with the larger dividend and the smaller divisor is larger."""
    for small, large in ((one, other), (other, one)):
        a, b, c, d = small.left, small.right, large.left, large.right
        positive = z3.And(a >= 0, b > 0, d > 0)
        yield z3.Implies(z3.And(positive, a <= c, d <= b), small.result <= large.result)
        if b.eq(d):
            yield z3.Implies(z3.And(b > 0, a <= c), small.result <= large.result)
            yield z3.Implies(z3.And(b < 0, a <= c), small.result >= large.result)


def _ratio(quotient: Hard, world: World) -> Iterator[Flag]:
    """A quotient compares with a constant as the dividend with that many divisors."""
    a, b, result = quotient.left, quotient.right, quotient.result
    constants = [n for n in world.known.values() if n.low is not None and n.low == n.high]
    for constant in islice(constants, _MOST):
        times = constant.term * b
        yield z3.Implies(z3.And(b > 0, a <= times), result <= constant.term)
        yield z3.Implies(z3.And(b > 0, a >= times), result >= constant.term)
        yield z3.Implies(z3.And(b < 0, a >= times), result <= constant.term)
        yield z3.Implies(z3.And(b < 0, a <= times), result >= constant.term)
