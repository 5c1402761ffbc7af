"""The durable-rules executor: its forward-chaining matcher, behind a guard for each of its known faults.

Numbers in brackets count the faults of durable-rules 2.0.28 that a line guards against. Its Python
layer is left aside: no host and so no threads [5], no closures that swallow exceptions [20] or drop
what takes over ten seconds [21], no dict of ours to change [27], no `$not` [15], no timers, state
charts or stored sessions [30-32]; its core is driven one call at a time. What the core sees of a
fact is flat and numeric [12] [13] [16] [17] [19]: its type, and each value as the number of its
place among the constants of the rules. Originals stay outside, so a number of 34 digits compares as
exactly as a small one [18].
"""

from __future__ import annotations

import json
import weakref
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from engine.chaining.alternatives import MAX_FIELDS, MAX_PATTERNS, alternatives, by_type, pivot
from engine.chaining.memory import MAX_FACTS, Memory
from engine.chaining.program import Compare, Join, Ref, atoms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.chaining.alternatives import Alternative, Atom
    from engine.chaining.program import CompiledInference, CompiledRule, Fact, Op, Value

try:
    import durable_rules_engine as core
except ImportError:  # no compiler was there when it was installed
    core = None

AVAILABLE = core is not None

_SESSION = "s"
_OPENING = "o"
_TYPE = "t"
_GAP = 1 << 20
"""Places between two constants: more than there can be values in 2,000 facts of 64 fields."""

_OPERATORS: dict[Op, str] = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_ENGINE_WORDS = ("id", "sid", "$s", "$m", "$forward", "$time", "$timerName", "$baseTime", "$i")

Places: TypeAlias = dict[tuple[type, "Value"], int]


class DurableError(Exception):
    """The matcher did something that it should not; the reference chainer has to answer."""


# --- loading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stratum:
    """A loaded rule set of the core: its handle, its rules by name, the fields it wants of each type."""

    handle: int
    rules: dict[str, CompiledRule]
    wanted: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class _Loaded:
    """An inference in the core; `constants` are those of its rules, sorted, by their Python type."""

    strata: tuple[_Stratum, ...]
    numbers: dict[str, int]
    constants: dict[type, list[Value]]


# Whoever runs takes a loaded inference out and puts it back: so no two runs share one, and each has
# at most one live session [6]. One that failed is not put back.
_idle: weakref.WeakKeyDictionary[CompiledInference, list[_Loaded]] = weakref.WeakKeyDictionary()


def _load(compiled: CompiledInference) -> _Loaded:
    _check_names()
    constants: dict[type, set[Value]] = {}
    for rule in compiled.rules:
        for pattern in rule.when:
            for condition in pattern.conditions:
                for atom in atoms(condition):
                    if isinstance(atom, Compare):
                        constants.setdefault(type(atom.value), set()).add(atom.value)
    ordered = {kind: sorted(values) for kind, values in constants.items()}
    numbers = {name: number for number, name in enumerate(sorted(compiled.types), 1)}
    places = {
        (kind, value): _at(index)
        for kind, row in ordered.items()
        for index, value in enumerate(row)
    }
    strata = tuple(
        _load_stratum(f"{compiled.id}@{compiled.version}/{index}", rules, numbers, places)
        for index, rules in enumerate(compiled.strata)
    )
    loaded = _Loaded(strata, numbers, ordered)
    for stratum in strata:
        weakref.finalize(loaded, core.delete_ruleset, stratum.handle).atexit = False
    return loaded


def _load_stratum(
    name: str, rules: Sequence[CompiledRule], numbers: dict[str, int], places: Places
) -> _Stratum:
    """Load rules without `or` [25], each with a priority of its own [24], and the opening rule."""
    split = [alternative for rule in rules for alternative in alternatives(rule)]
    grouped = by_type(split)
    pivots = {fact: pivot(patterns)[0] for fact, patterns in grouped.items()}
    definition: dict[str, object] = {"opening": {"all": [{"v0": {"$and": [{_TYPE: 0}]}}], "pri": 1}}
    for index, alternative in enumerate(split):
        patterns = _patterns(alternative, numbers, places, pivots)
        definition[f"r{index}"] = {"all": patterns, "pri": index + 2, "count": 1, "dist": 1}
    handle = core.create_ruleset(name, json.dumps(definition))
    by_name = {f"r{index}": alternative.rule for index, alternative in enumerate(split)}
    return _Stratum(handle, by_name, _wanted(grouped, split))


def _patterns(
    alternative: Alternative, numbers: dict[str, int], places: Places, pivots: dict[str, int | None]
) -> list[dict[str, object]]:
    """Write the patterns of a rule: first the type [7] [14], then what tells most apart, last joins."""
    names = {pattern.variable: f"v{index}" for index, pattern in enumerate(alternative.rule.when)}
    written: list[dict[str, object]] = []
    for pattern, tests in zip(alternative.rule.when, alternative.tests, strict=True):
        first = pivots[pattern.fact]

        def rank(atom: Atom, first: int | None = first) -> int:
            if isinstance(atom, Join):
                return 2
            return 0 if atom.op == "=" and atom.ref.position == first else 1

        parts = [_test(atom, pattern.variable, names, places) for atom in sorted(tests, key=rank)]
        written.append(
            {names[pattern.variable]: {"$and": [{_TYPE: numbers[pattern.fact]}, *parts]}}
        )
    return written


def _test(atom: Atom, variable: str, names: dict[str, str], places: Places) -> dict[str, object]:
    match atom:
        case Compare(ref, op, value):
            test: dict[str, object] = {f"x{ref.position}": places[type(value), value]}
            return test if op == "=" else {_OPERATORS[op]: test}
        case Join(left, right, same):
            own, other = (left, right) if left.variable == variable else (right, left)
            test = {f"x{own.position}": {names[other.variable]: f"x{other.position}"}}
            return test if same else {"$neq": test}


def _wanted(
    grouped: dict[str, list[tuple[Atom, ...]]], split: Sequence[Alternative]
) -> dict[str, tuple[int, ...]]:
    """Find which fields of each type some pattern of a stratum reads."""
    wanted: dict[str, set[int]] = {fact: set() for fact in grouped}
    for alternative in split:
        facts = {pattern.variable: pattern.fact for pattern in alternative.rule.when}
        for atom in (atom for tests in alternative.tests for atom in tests):
            for ref in atom.refs:
                wanted[facts[ref.variable]].add(ref.position)
    return {fact: tuple(sorted(positions)) for fact, positions in wanted.items()}


# --- running -----------------------------------------------------------------------------------


def chain(compiled: CompiledInference, given: Iterable[Fact]) -> Memory:
    """Fire all that follows from the given facts; raises EvaluationError, or anything if it breaks."""
    given = sorted(given)
    memory = Memory(compiled, given)
    idle = _idle.setdefault(compiled, [])
    loaded = idle.pop() if idle else _load(compiled)
    places = _place(loaded, compiled, given)
    for stratum in loaded.strata:
        _run(stratum, memory, loaded.numbers, places)
    idle.append(loaded)
    return memory


def _place(loaded: _Loaded, compiled: CompiledInference, given: Iterable[Fact]) -> Places:
    """Number every value there can be: order and equality stay, among each other and to constants."""
    values: dict[type, set[Value]] = {}
    for value in (value for fact in given for value in fact.values):
        values.setdefault(type(value), set()).add(value)
    for source in (v for rule in compiled.rules for head in rule.then for v in head.values):
        if not isinstance(source, Ref):
            values.setdefault(type(source), set()).add(source)
    places: Places = {}
    for kind, found in values.items():
        constants = loaded.constants.get(kind, [])
        for rank, value in enumerate(sorted(found), 1):
            index = bisect_left(constants, value)
            is_constant = index < len(constants) and constants[index] == value
            places[kind, value] = _at(index) if is_constant else 2 * index * _GAP + rank
    return places


def _at(index: int) -> int:
    """Give the place of a constant: gaps have even multiples, constants odd ones."""
    return (2 * index + 1) * _GAP


def _run(stratum: _Stratum, memory: Memory, numbers: dict[str, int], places: Places) -> None:
    """Run one session: assert all facts in canonical order, then the agenda until it is empty [23]."""
    handle = stratum.handle
    ids: dict[str, Fact] = {}
    state = _open(handle)
    try:
        _assert(stratum, memory.all_facts(), ids, numbers, places)
        action = core.start_action_for_state(handle, state)
        frame = action[1] if action else None
        while frame:
            ((name, matched),) = json.loads(frame).items()
            rule = stratum.rules[name]
            bound = {
                pattern.variable: ids[matched[f"v{index}"]["id"]]
                for index, pattern in enumerate(rule.when)
            }
            _assert(stratum, memory.fire(rule, bound), ids, numbers, places)
            frame = core.complete_and_start_action(handle, state)
    finally:
        core.delete_state(handle, _SESSION)


def _open(handle: int) -> int:
    """Begin a session with an action of our own: one that never had any crashes when deleted [4]."""
    opening = json.dumps({"sid": _SESSION, "id": _OPENING, _TYPE: 0})
    result, state = core.assert_event(handle, opening)
    action = core.start_action_for_state(handle, state)
    if result != 0 or action is None or core.complete_and_start_action(handle, state) is not None:
        raise DurableError("the session was not new")
    return int(state)


def _assert(
    stratum: _Stratum,
    facts: Iterable[Fact],
    ids: dict[str, Fact],
    numbers: dict[str, int],
    places: Places,
) -> None:
    """Assert facts, never events [22], under ids of our own [2] in our one session [1]."""
    for fact in facts:
        if (wanted := stratum.wanted.get(fact.type)) is None:
            continue
        key = f"f{len(ids)}"
        ids[key] = fact
        fields = {f"x{place}": places[type(value := fact.values[place]), value] for place in wanted}
        message = {"sid": _SESSION, "id": key, _TYPE: numbers[fact.type], **fields}
        if core.assert_fact(stratum.handle, json.dumps(message))[0] > 1:  # 1: no pattern wants it
            raise DurableError(f"a fact was taken for another: {key}")


# --- names -------------------------------------------------------------------------------------


@cache
def _check_names() -> None:
    """Make sure that no two names of ours, nor one of the core's, are the same to it [1] [2] [3]."""
    properties = [_TYPE, *_ENGINE_WORDS, *(f"x{place}" for place in range(MAX_FIELDS))]
    messages = [_OPENING, "$pulse", f"sid-{_SESSION}", *(f"f{n}" for n in range(MAX_FACTS))]
    variables = [f"v{place}" for place in range(MAX_PATTERNS)]
    for names in (properties, [f"{_SESSION}!{name}" for name in messages], variables):
        if clashes := collisions(names):
            raise DurableError(f"the matcher cannot tell apart {clashes}")


def collisions(names: Iterable[str]) -> list[tuple[str, str]]:
    """Find pairs of ASCII names with the same 32-bit FNV-1a hash, by which the core compares names."""
    seen: dict[int, str] = {}
    found = []
    for name in names:
        hashed = 0x811C9DC5
        for byte in name.encode("ascii"):
            hashed = (hashed ^ byte) * 16_777_619 & 0xFFFFFFFF
        if hashed in seen:
            found.append((seen[hashed], name))
        seen[hashed] = name
    return found
