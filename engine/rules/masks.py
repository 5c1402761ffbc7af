"""Bit-vector tables: each value of a column maps to the set of rows that accept it, as the bits of an integer.

A column's values are cut into positions at the constants that its cells compare with: below the first,
at it, between it and the next, … For texts and truth values each constant is a position and one more
stands for all others; the last position is *missing*. A cell accepts a set of positions, so finding the
rows that fit costs one search and one `and` a column, whatever the number of rows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.types import BOOLEAN, NumberType, Type
from engine.feel.values import Range, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.rules.compiled import Test

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Positions as sorted, disjoint stretches, both ends included."""

# Times are left out: one with an offset and one without cannot be ordered.
_ORDERED = {types.DATE, types.DAYS, types.MONTHS}


@dataclass(frozen=True, slots=True)
class Column:
    """A column ready to be looked up: `keys` cut the values, `masks` has one entry a position."""

    kind: str
    """`ordered`, `text` or `boolean`."""
    keys: tuple[Value, ...]
    masks: tuple[int, ...]
    nullable: bool

    def position(self, value: Value) -> int:
        """Find the position of a value."""
        if value is None:
            return len(self.masks) - 1
        if self.kind == "ordered":
            keys = cast("Sequence[int]", self.keys)
            return bisect_left(keys, cast("int", value)) + bisect_right(keys, cast("int", value))
        return self.keys.index(value) if value in self.keys else len(self.keys)


@dataclass(frozen=True, slots=True)
class Space:
    """The positions of one column; the last one is *missing*."""

    ordered: bool
    keys: tuple[Value, ...]
    places: Mapping[Value, int]

    @property
    def missing(self) -> int:
        """The position of a value that is not there."""
        return 2 * len(self.keys) + 1 if self.ordered else len(self.keys) + 1

    def compared(self, op: str, value: Value) -> Spans:
        """The positions of the values for which `value-of-column op value` holds."""
        index = self._index(value)
        last = self.missing - 1
        if op == "=":
            return ((index, index),)
        if op == "!=":
            return _without(((0, last),), ((index, index),))
        bounds = {
            "<": (0, index - 1),
            "<=": (0, index),
            ">": (index + 1, last),
            ">=": (index, last),
        }[op]
        return (bounds,) if bounds[0] <= bounds[1] else ()

    def _index(self, value: Value) -> int:
        return 2 * self.places[value] + 1 if self.ordered else self.places[value]


def is_set(condition: ir.Ir, type_: Type) -> bool:
    """Whether a cell of a column of this type is a set of positions; such a test cannot fail."""
    inner = types.without_null(type_)
    if not _is_ordered(inner) and inner != BOOLEAN and not isinstance(inner, types.StringType):
        return isinstance(condition, ir.Constant)
    keys: dict[Value, None] = {}
    return _keys(condition, keys, ordered=_is_ordered(inner))


def compared_constants(condition: ir.Ir) -> frozenset[Value]:
    """The constants that a cell compares its value with."""
    keys: dict[Value, None] = {}
    _keys(condition, keys, ordered=True)
    return frozenset(keys)


def _is_ordered(inner: Type) -> bool:
    return isinstance(inner, NumberType) or inner in _ORDERED


def build_column(type_: Type, tests: Sequence[Test]) -> Column:
    """Build a column of these cells, one a row; a cell that is no set of positions accepts all of them."""
    conditions = {id(test.condition): test.condition for test in tests if test.constant}
    space = cut_space(type_, conditions.values())
    accepted = {key: positions(condition, space) for key, condition in conditions.items()}
    events = [0] * (space.missing + 2)
    everything: Spans = ((0, space.missing),)
    for row, test in enumerate(tests):
        bit = 1 << row
        for low, high in accepted.get(id(test.condition), everything):
            events[low] ^= bit
            events[high + 1] ^= bit
    return Column(
        _kind(space.ordered, types.without_null(type_)),
        space.keys,
        _running(events[:-1]),
        types.is_nullable(type_),
    )


def cut_space(type_: Type, conditions: Iterable[ir.Ir]) -> Space:
    """Cut the values of a column at the constants that its cells compare with."""
    ordered = _is_ordered(types.without_null(type_))
    keys: dict[Value, None] = {}
    for condition in conditions:
        _keys(condition, keys, ordered=ordered)
    in_order = tuple(sorted(cast("Iterable[int]", keys))) if ordered else tuple(keys)
    return Space(ordered, in_order, {key: place for place, key in enumerate(in_order)})


def _kind(ordered: bool, inner: Type) -> str:  # noqa: FBT001 - a property of the column
    return "ordered" if ordered else "boolean" if inner == BOOLEAN else "text"


def _running(events: list[int]) -> tuple[int, ...]:
    masks: list[int] = []
    kept: dict[int, int] = {}
    mask = 0
    for event in events:
        mask ^= event
        masks.append(kept.setdefault(mask, mask))
    return tuple(masks)


_EQUALITY = frozenset({"=", "!=", "in"})
_COMPARISONS = _EQUALITY | {"<", "<=", ">", ">="}


def _keys(node: ir.Ir, keys: dict[Value, None], *, ordered: bool) -> bool:
    """Collect the constants that a cell compares `?` with; False when it does anything else."""
    match node:
        case ir.Constant(value=bool()):
            return True
        case ir.Logic():
            return _keys(node.left, keys, ordered=ordered) and _keys(
                node.right, keys, ordered=ordered
            )
        case ir.Apply() if node.builtin.name == "not":
            return _keys(node.arguments[0], keys, ordered=ordered)
        case ir.Apply() if node.builtin.name == "is defined":
            return _is_subject(node.arguments[0])
        case ir.Apply(arguments=(left, right)) if _is_subject(left):
            found = fold(right) if ir.is_constant(right) else None
            if found is None or node.builtin.name not in (_COMPARISONS if ordered else _EQUALITY):
                return False
            return _collect(found.value, keys, listed=node.builtin.name == "in")
    return False


def _collect(value: Value, keys: dict[Value, None], *, listed: bool) -> bool:
    if listed and isinstance(value, tuple):
        return all(_collect(item, keys, listed=True) for item in value)
    if listed and isinstance(value, Range):
        return all(
            end is None or _collect(end, keys, listed=False) for end in (value.low, value.high)
        )
    if value is None or isinstance(value, tuple | dict | Range):
        return False
    keys[value] = None
    return True


def _is_subject(node: ir.Ir) -> bool:
    return isinstance(node, ir.Read) and node.local and node.name == "?"


def positions(node: ir.Ir, space: Space) -> Spans:
    """The positions at which a cell holds; comparisons never accept *missing*."""
    present: Spans = ((0, space.missing - 1),)
    match node:
        case ir.Constant():
            return ((0, space.missing),) if node.value is True else ()
        case ir.Logic():
            left, right = positions(node.left, space), positions(node.right, space)
            return _both(left, right) if node.op == "and" else _either(left, right)
        case ir.Apply() if node.builtin.name == "not":
            return _without(((0, space.missing),), positions(node.arguments[0], space))
        case ir.Apply() if node.builtin.name == "is defined":
            return present
        case ir.Apply():
            value = cast("ir.Constant", fold(node.arguments[1])).value
            return (
                _listed(value, space)
                if node.builtin.name == "in"
                else space.compared(node.builtin.name, value)
            )
        case _:
            pass
    raise TypeError(node)


def _listed(value: Value, space: Space) -> Spans:
    if isinstance(value, tuple):
        found: Spans = ()
        for item in value:
            found = _either(found, _listed(item, space))
        return found
    if isinstance(value, Range):
        low = (
            ((0, space.missing - 1),)
            if value.low is None
            else space.compared(">=" if value.low_closed else ">", value.low)
        )
        high = (
            low
            if value.high is None
            else space.compared("<=" if value.high_closed else "<", value.high)
        )
        return _both(low, high)
    return space.compared("=", value)


def _both(left: Spans, right: Spans) -> Spans:
    return tuple(
        (max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) <= min(b, d)
    )


def _either(left: Spans, right: Spans) -> Spans:
    merged: list[tuple[int, int]] = []
    for low, high in sorted((*left, *right)):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _without(whole: Spans, removed: Spans) -> Spans:
    left = whole
    for low, high in removed:
        left = tuple(
            (a, b)
            for start, end in left
            for a, b in ((start, min(end, low - 1)), (max(start, high + 1), end))
            if a <= b
        )
    return left
