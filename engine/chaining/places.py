"""Values as small whole numbers that keep order and equality: all that a matcher has to know.

Each constant of the rules has a place, and each gap between two has room for every value of a run.
So a number of 34 digits compares with a constant, and with every other value, exactly.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

from engine.chaining.program import Compare, Ref, atoms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.chaining.program import CompiledInference, Value

Constants: TypeAlias = "Mapping[type, list[Value]]"
Places: TypeAlias = "dict[tuple[type, Value], int]"

_GAP = 1 << 20
"""More than there are values in 2,000 facts of 64 fields; 2^53 leaves room for 4 billion gaps."""


def compared_constants(compiled: CompiledInference) -> Constants:
    """Collect the constants that facts are compared with, sorted, by their Python type."""
    conditions = [c for rule in compiled.rules for pattern in rule.when for c in pattern.conditions]
    values = [
        atom.value
        for condition in conditions
        for atom in atoms(condition)
        if isinstance(atom, Compare)
    ]
    return {kind: sorted(found) for kind, found in _by_kind(values).items()}


def derived_constants(compiled: CompiledInference) -> list[Value]:
    """Collect the constants that derived facts can hold."""
    sources = [value for rule in compiled.rules for head in rule.then for value in head.values]
    return [value for value in sources if not isinstance(value, Ref)]


def place(constants: Constants, values: Iterable[Value]) -> Places:
    """Number values: a constant has an odd multiple of the gap, the rest lie between, in order."""
    places: Places = {}
    for kind, found in _by_kind(values).items():
        fixed = constants.get(kind, [])
        for rank, value in enumerate(sorted(found), 1):
            index = bisect_left(fixed, value)
            if index < len(fixed) and fixed[index] == value:
                places[kind, value] = (2 * index + 1) * _GAP
            else:
                places[kind, value] = 2 * index * _GAP + rank
    return places


def _by_kind(values: Iterable[Value]) -> dict[type, set[Value]]:
    """Part truth values from numbers, since True equals 1."""
    parted: dict[type, set[Value]] = {}
    for value in values:
        parted.setdefault(type(value), set()).add(value)
    return parted
