"""The axes of a table: the values of each head cut where its cells cut them, and every row as a box of positions.

Columns with the same head are one axis. A cell that compares with what is known only in the case, such as
`< minimum_wage`, is cut in below, at and above; any other open cell in *holds* and *does not*. Axes are
taken as free of each other: what no row covers is a candidate, what the rows cover is covered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.builtins.temporal import text_of
from engine.feel.types import BOOLEAN, StringType
from engine.rules.masks import Space, cut_space, is_set, positions
from engine.rules.stretches import between, unlike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.feel.values import Range, Value
    from engine.rules.boxes import Box
    from engine.rules.compiled import CompiledInput, CompiledTable, Condition, Test

_SIDES = {"<": 0b001, "<=": 0b011, "=": 0b010, ">=": 0b110, ">": 0b100, "!=": 0b101}
"""Below, at and above, as bits."""


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """The values of a head, each position with one value that stands for it, or none when it is empty."""

    head: Condition
    space: Space
    standing: tuple[tuple[Value, ...], ...]
    written: Mapping[Value, str]
    """How the author writes the constants: a parameter by its name."""

    @property
    def whole(self) -> int:
        """All positions that a value can take."""
        return sum(1 << i for i, standing in enumerate(self.standing) if standing)

    @property
    def names(self) -> set[str]:
        """The names of the case that it speaks of."""
        return ir.reads(self.head.value)

    def value(self, bits: int) -> Value:
        """A value inside a set of positions; *missing* only when there is no other."""
        return next(s[0] for i, s in enumerate(self.standing) if s and bits >> i & 1)

    def told(self, bits: int) -> str:
        """Name one value inside a set of positions."""
        return f"{self.head.fragment.text} = {shown(self.value(bits))}"

    def cell(self, bits: int) -> str:
        """Write a set of positions as a cell."""
        if bits & self.whole == self.whole:
            return "-"
        missing = self.space.missing
        if bits >> missing & 1:
            return "null"
        if (bits | 1 << missing) & self.whole == self.whole:
            return "not(null)"
        if self.space.ordered:
            return ", ".join(self._stretch(low, high) for low, high in self._runs(bits))
        keys = self.space.keys
        if bits >> len(keys) & 1:
            if isinstance(self.standing[len(keys)][0], bool):
                return shown(self.standing[len(keys)][0])
            out = [self._key(i) for i in range(len(keys)) if not bits >> i & 1]
            return f"not({', '.join(out)})"
        return ", ".join(self._key(i) for i in range(len(keys)) if bits >> i & 1)

    def _key(self, index: int) -> str:
        key = self.space.keys[index]
        return self.written.get(key, shown(key))

    def _runs(self, bits: int) -> Iterator[tuple[int, int]]:
        """Give the stretches of a set; positions without a value join what stands beside them."""
        free = bits | ~self.whole
        last = self.space.missing - 1
        start: int | None = None
        for place in range(last + 2):
            inside = place <= last and free >> place & 1
            if inside and start is None:
                start = place
            elif not inside and start is not None:
                held = [i for i in range(start, place) if bits & self.whole & 1 << i]
                if held:
                    only = len(held) == 1 and held[0] % 2
                    yield (held[0], held[0]) if only else (start, place - 1)
                start = None

    def _stretch(self, low: int, high: int) -> str:
        """Write positions from `low` to `high`: even ones lie between keys, odd ones are keys."""
        last = self.space.missing - 1
        if low == high and low % 2:
            return self._key(low // 2)
        left = "" if low == 0 else self._key((low - 1) // 2)
        right = "" if high == last else self._key(high // 2)
        if not left:
            return f"{'<=' if high % 2 else '<'} {right}"
        if not right:
            return f"{'>=' if low % 2 else '>'} {left}"
        return f"{'[' if low % 2 else '('}{left}..{right}{']' if high % 2 else ')'}"


@dataclass(frozen=True, slots=True)
class SideAxis:
    """A head against a value of the case: below it, at it or above it."""

    head: Condition
    other: ir.Ir
    text: str
    whole: int = 0b111

    @property
    def names(self) -> set[str]:
        """The names of the case that it speaks of."""
        return ir.reads(self.head.value) | ir.reads(self.other)

    def told(self, bits: int) -> str:
        """Name one side of a set of them."""
        sign = next(sign for sign in "=<>" if bits & _SIDES[sign])
        return f"{self.head.fragment.text} {sign} {self.text}"

    def cell(self, bits: int) -> str:
        """Write a set of sides as a cell."""
        if bits == self.whole:
            return "-"
        sign = next(sign for sign, sides in _SIDES.items() if sides == bits)
        return {"=": self.text, "!=": f"not({self.text})"}.get(sign, f"{sign} {self.text}")


@dataclass(frozen=True, slots=True)
class CellAxis:
    """An open cell that holds or does not."""

    head: Condition
    condition: ir.Ir
    text: str
    whole: int = 0b11

    @property
    def names(self) -> set[str]:
        """The names of the case that it speaks of."""
        return ir.reads(self.head.value) | ir.reads(self.condition)

    def told(self, bits: int) -> str:
        """Say whether the cell holds."""
        return f"{self.head.fragment.text}: {self.cell(bits)}"

    def cell(self, bits: int) -> str:
        """Write whether it holds as a cell."""
        return {0b01: f"not({self.text})", 0b10: self.text}.get(bits, "-")


@dataclass(slots=True)
class Axes:
    """The axes of one table, and its rows as boxes over them."""

    axes: list[ValueAxis | SideAxis | CellAxis] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    """For each column of the table the axes that its cells speak of."""
    rows: list[Box] = field(default_factory=list)

    @property
    def whole(self) -> Box:
        """Everything that a case can be."""
        return tuple(axis.whole for axis in self.axes)

    def told(self, box: Box) -> str:
        """Name one point inside a box, by the axes on which the box says anything."""
        named = [a.told(bits) for a, bits in zip(self.axes, box, strict=True) if bits != a.whole]
        named = named or [a.told(bits) for a, bits in zip(self.axes, box, strict=True)]
        return ", ".join(dict.fromkeys(named))

    def valued(self, box: Box) -> list[tuple[ValueAxis, int]]:
        """The axes on which a box holds values, with its positions there."""
        pairs = zip(self.axes, box, strict=True)
        return [(axis, bits) for axis, bits in pairs if isinstance(axis, ValueAxis)]

    def without_missing(self, box: Box) -> Box:
        """Leave *missing* out of a box wherever it holds values too: a cell says one or the other."""
        made = list(box)
        for index, axis in enumerate(self.axes):
            if isinstance(axis, ValueAxis):
                present = box[index] & ~(1 << axis.space.missing)
                made[index] = present or box[index]
        return tuple(made)

    def cells(self, box: Box) -> list[str] | None:
        """Write a box as the condition cells of one row; None when no row can say it."""
        made, done = [], set[int]()
        for axes in self.columns:
            wanted = [i for i in axes if i not in done and box[i] != self.axes[i].whole]
            done.update(axes)
            if len(wanted) > 1:
                return None
            made.append(self.axes[wanted[0]].cell(box[wanted[0]]) if wanted else "-")
        return made


def cut_table(table: CompiledTable, inputs: Sequence[CompiledInput]) -> Axes:
    """Cut a table into axes and boxes."""
    made = Axes()
    declared = {i.name: i for i in inputs}
    heads: dict[int, int] = {}
    for column, head in enumerate(table.conditions):
        heads[column] = next(
            c for c in range(column + 1) if table.conditions[c].value == head.value
        )
    limits: Limits = [[] for _ in table.rows]
    for column, head in enumerate(table.conditions):
        same = [c for c, first in heads.items() if first == column]
        leaves = _leaves_of(table, same, head)
        if sets := [leaf for leaf in leaves if leaf.is_set]:
            _cut_values(made, head, sets, limits, declared)
        _cut_open(made, head, [leaf for leaf in leaves if not leaf.is_set], limits)
    made.columns = [
        [i for i, axis in enumerate(made.axes) if axis.head is table.conditions[heads[column]]]
        for column in range(len(table.conditions))
    ]
    whole = made.whole
    for row in limits:
        box = list(whole)
        for axis, bits in row:
            box[axis] &= bits
        made.rows.append(tuple(box))
    return made


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A part of a cell that must hold, whose text is in `text`."""

    row: int
    condition: ir.Ir
    text: str
    is_set: bool


def _leaves_of(table: CompiledTable, columns: list[int], head: Condition) -> list[_Leaf]:
    """Give the parts of the cells of some columns, all of which must hold."""
    found = []
    for number, row in enumerate(table.rows):
        for column in columns:
            test = row.tests[column]
            if not test.any:
                found += [_leaf(number, part, test, head) for part in _parts(test)]
    return found


def _leaf(row: int, part: ir.Ir, test: Test, head: Condition) -> _Leaf:
    return _Leaf(row, part, test.fragment.text, test.constant or is_set(part, head.value.type))


def _parts(test: Test) -> Iterable[ir.Ir]:
    """Split an open cell at its `and`s, so that a range with one open end is two parts."""
    return [test.condition] if test.constant else _conjuncts(test.condition)


def _conjuncts(node: ir.Ir) -> list[ir.Ir]:
    if isinstance(node, ir.Logic) and node.op == "and":
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return [node]


Limits: TypeAlias = "list[list[tuple[int, int]]]"
"""For each row the axes on which it says anything, with the positions that it accepts there."""


def _cut_values(
    made: Axes,
    head: Condition,
    leaves: Sequence[_Leaf],
    limits: Limits,
    declared: Mapping[str, CompiledInput],
) -> None:
    """Add the axis of a head's values, cut at the constants that these parts of cells compare it with."""
    conditions = {id(leaf.condition): leaf.condition for leaf in leaves}
    space = cut_space(head.value.type, conditions.values())
    if not space.ordered:
        keys = tuple(sorted(space.keys, key=str))
        space = replace(space, keys=keys, places={k: i for i, k in enumerate(keys)})
    accepted = {key: _bits(positions(c, space)) for key, c in conditions.items()}
    for leaf in leaves:
        limits[leaf.row].append((len(made.axes), accepted[id(leaf.condition)]))
    made.axes.append(ValueAxis(head, space, _standing(head, space, declared), _written(leaves)))


def _cut_open(made: Axes, head: Condition, leaves: Sequence[_Leaf], limits: Limits) -> None:
    """Add an axis for each thing of the case that open parts of cells compare a head with."""
    opened: dict[tuple[type, str], int] = {}
    for leaf in leaves:
        axis, bits = _open_axis(head, leaf)
        place = opened.setdefault((type(axis), axis.text), len(made.axes))
        if place == len(made.axes):
            made.axes.append(axis)
        limits[leaf.row].append((place, bits))


def _open_axis(head: Condition, leaf: _Leaf) -> tuple[SideAxis | CellAxis, int]:
    match leaf.condition:
        case ir.Apply(arguments=(ir.Read(name="?", local=True), right)) if (
            leaf.condition.builtin.name in _SIDES
            and cut_space(head.value.type, ()).ordered
            and not types.is_nullable(right.type)
        ):
            text = leaf.text[right.start : right.end]
            return SideAxis(head, right, text), _SIDES[leaf.condition.builtin.name]
        case _:
            pass
    part = leaf.condition
    text = leaf.text[part.start : part.end] or leaf.text
    return CellAxis(head, part, text), 0b10


def _bits(spans: Iterable[tuple[int, int]]) -> int:
    return sum((1 << high + 1) - (1 << low) for low, high in spans)


def _written(leaves: Iterable[_Leaf]) -> dict[Value, str]:
    """How each constant is written by the author, the first time."""
    found: dict[Value, str] = {}
    for leaf in leaves:
        for node in ir.walk(leaf.condition):
            match node:
                case ir.Apply(arguments=(ir.Read(name="?", local=True), right)):
                    known = fold(right) if ir.is_constant(right) else None
                    if known is not None and not isinstance(known.value, tuple | dict):
                        found.setdefault(known.value, leaf.text[right.start : right.end])
                case _:
                    pass
    return found


# --- which positions a value can take ----------------------------------------------------------


def _standing(
    head: Condition, space: Space, declared: Mapping[str, CompiledInput]
) -> tuple[tuple[Value, ...], ...]:
    """For each position a value that stands for it, as a tuple that is empty when no value can be there."""
    type_, node = head.value.type, head.value
    inner = types.without_null(type_)
    missing: tuple[Value, ...] = (None,) if types.is_nullable(type_) else ()
    if space.ordered:
        range_ = _range_of(node, declared)
        made: list[tuple[Value, ...]] = []
        for place in range(space.missing):
            if place % 2:
                low = high = space.keys[place // 2]
            else:
                low = space.keys[place // 2 - 1] if place else None
                high = space.keys[place // 2] if place < space.missing - 1 else None
            made.append(between(low, high, inner, range_))
        return (*made, missing)
    keys = space.keys
    if inner == BOOLEAN:
        rest = [value for value in (True, False) if value not in keys]
        return (*((key,) for key in keys), tuple(rest[:1]), missing)
    members = inner.members if isinstance(inner, StringType) else None
    if members is None:
        return (*((key,) for key in keys), (unlike(map(str, keys)),), missing)
    held = [(key,) if key in members else () for key in keys]
    others = [member for member in members if member not in keys]
    return (*held, tuple(others[:1]), missing)


def _range_of(node: ir.Ir, declared: Mapping[str, CompiledInput]) -> Range | None:
    """The range that is declared for a head that is an input."""
    known = declared.get(node.name) if isinstance(node, ir.Read) and not node.local else None
    return known.range if known else None


def shown(value: Value) -> str:
    """Write a value as an author would in an expression."""
    return text_of((value,))[1:-1]  # as an item of a list, which is where texts stand in quotes
