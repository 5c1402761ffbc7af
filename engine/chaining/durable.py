"""The durable-rules executor: its matcher, behind a guard for each of its known faults.

Numbers in brackets count the faults of durable-rules 2.0.28 that a line guards against. Its Python
layer is left aside: no host and so no threads [5], no closures that swallow exceptions [20] or drop
what takes over ten seconds [21], no dict of ours to change [27], no timers, state charts or stored
sessions [30-32]; its core is driven one call at a time. There is no `$not`: an activation that an
`unless` forbids is dropped, and what it asks about was completed by the strata below [15]. What the
core sees of a fact is flat [12] [13] and has all its fields [17]: the number of its type, and each
value by the number of its place, so no text [19], no mixed types [16] and no large number [18].

[35] is one more that our tests found: when the last of several joined comparisons fails, the core
looks for the end of the row one step too late and reads past it, into whatever memory is there. So
a comparison that always holds, of a field that is 0 in every fact, stands last in each such row.
"""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from engine.chaining.alternatives import MAX_FIELDS, MAX_PATTERNS, alternatives, by_type, pivot
from engine.chaining.memory import MAX_FACTS, Memory
from engine.chaining.places import compared_constants, derived_constants, place
from engine.chaining.program import Compare, Join

try:
    import durable_rules_engine as core
except ImportError:  # no compiler was there when it was installed
    core = None

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.chaining.alternatives import Alternative, Atom
    from engine.chaining.places import Constants, Places
    from engine.chaining.program import CompiledInference, CompiledRule, Fact, Op

AVAILABLE = core is not None

_SESSION = "s"
_OPENING = "o"
_TYPE = "t"
_ZERO = "z"
_CORE_PROPERTIES = (
    *("id", "sid", "$s", "$m", "$i", "$forward", "$time", "$timerName", "$baseTime"),
    *("$and", "$or", "$nex", "$ex", "$neq", "$lt", "$lte", "$gt", "$gte"),
)
_OPERATORS: dict[Op, str] = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


class DurableError(Exception):
    """The matcher did something that it should not; the reference chainer has to answer."""


# --- loading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Rules in the core: their handle, each by its name there, and the fields that they read."""

    handle: int
    rules: Mapping[str, CompiledRule]
    wanted: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class _Loaded:
    """An inference in the core, and what its types and constants are numbered by."""

    strata: tuple[_Stratum, ...]
    numbers: Mapping[str, int]
    constants: Constants


# Whoever runs takes a loaded inference out and puts it back: no two runs share one, and each has at
# most one live session [1] [6]. One that failed is not put back.
_idle: weakref.WeakKeyDictionary[CompiledInference, list[_Loaded]] = weakref.WeakKeyDictionary()


def _load(compiled: CompiledInference) -> _Loaded:
    """Load each stratum as a rule set of the core, which is freed with the result."""
    _check_names()
    constants = compared_constants(compiled)
    places = place(constants, (value for values in constants.values() for value in values))
    numbers = {name: number for number, name in enumerate(sorted(compiled.types), 1)}
    name = f"{compiled.id}@{compiled.version}"
    strata = tuple(_load_stratum(name, rules, numbers, places) for rules in compiled.strata)
    loaded = _Loaded(strata, numbers, constants)
    for stratum in strata:
        weakref.finalize(loaded, core.delete_ruleset, stratum.handle).atexit = False
    return loaded


def _load_stratum(
    name: str, rules: Sequence[CompiledRule], numbers: Mapping[str, int], places: Places
) -> _Stratum:
    """Load rules without `or` [25], each with a priority of its own [24], and the opening rule."""
    split = [alternative for rule in rules for alternative in alternatives(rule)]
    grouped = by_type(split)
    pivots = {fact: pivot(patterns)[0] for fact, patterns in grouped.items()}
    opening = {"all": [{"v0": {"$and": [{_TYPE: 0}]}}], "pri": 1}
    definition: dict[str, object] = {"opening": opening}
    for index, alternative in enumerate(split):
        patterns = _patterns(alternative, numbers, places, pivots)
        definition[f"r{index}"] = {"all": patterns, "pri": index + 2, "count": 1, "dist": 1}
    handle = core.create_ruleset(name, json.dumps(definition))
    by_name = {f"r{index}": alternative.rule for index, alternative in enumerate(split)}
    return _Stratum(handle, by_name, _wanted(split))


def _patterns(
    alternative: Alternative,
    numbers: Mapping[str, int],
    places: Places,
    pivots: Mapping[str, int | None],
) -> list[dict[str, object]]:
    """Write patterns: the type first [7] [14], then what parts them, joins, and an end [35]."""
    names = {pattern.variable: f"v{index}" for index, pattern in enumerate(alternative.rule.when)}
    written: list[dict[str, object]] = []
    for pattern, tests in zip(alternative.rule.when, alternative.tests, strict=True):
        ordered = sorted(tests, key=partial(_rank, pivots[pattern.fact]))
        parts = [_test(atom, pattern.variable, names, places) for atom in ordered]
        if any(isinstance(atom, Join) for atom in tests):
            parts.append({_ZERO: {"v0": _ZERO}})
        written.append(
            {names[pattern.variable]: {"$and": [{_TYPE: numbers[pattern.fact]}, *parts]}}
        )
    return written


def _rank(pivot_: int | None, atom: Atom) -> int:
    if isinstance(atom, Compare):
        return 0 if atom.op == "=" and atom.ref.position == pivot_ else 1
    return 2


def _test(atom: Atom, variable: str, names: Mapping[str, str], places: Places) -> dict[str, object]:
    if isinstance(atom, Compare):
        test: dict[str, object] = {f"x{atom.ref.position}": places[type(atom.value), atom.value]}
        return test if atom.op == "=" else {_OPERATORS[atom.op]: test}
    own, other = atom.refs if atom.left.variable == variable else reversed(atom.refs)
    test = {f"x{own.position}": {names[other.variable]: f"x{other.position}"}}
    return test if atom.same else {"$neq": test}


def _wanted(split: Iterable[Alternative]) -> dict[str, tuple[int, ...]]:
    """Find the types that patterns look for, and which fields of each they read."""
    wanted: dict[str, set[int]] = {}
    for alternative in split:
        facts = {pattern.variable: pattern.fact for pattern in alternative.rule.when}
        for fact in facts.values():
            wanted.setdefault(fact, set())
        for atom in (atom for tests in alternative.tests for atom in tests):
            for ref in atom.refs:
                wanted[facts[ref.variable]].add(ref.position)
    return {fact: tuple(sorted(positions)) for fact, positions in wanted.items()}


# --- running -----------------------------------------------------------------------------------


def chain(compiled: CompiledInference, given: Iterable[Fact]) -> Memory:
    """Fire all that follows from the given facts; raises EvaluationError, or whatever broke."""
    given = sorted(given)
    memory = Memory(compiled, given)
    idle = _idle.setdefault(compiled, [])
    loaded = idle.pop() if idle else _load(compiled)
    values = (value for fact in given for value in fact.values)
    places = place(loaded.constants, (*values, *derived_constants(compiled)))
    for stratum in loaded.strata:
        _Session(stratum, loaded.numbers, places).run(memory)
    idle.append(loaded)
    return memory


class _Session:
    """One session of the core, under an id of our own, that lives as long as its run [1]."""

    def __init__(self, stratum: _Stratum, numbers: Mapping[str, int], places: Places) -> None:
        self._stratum = stratum
        self._numbers = numbers
        self._places = places
        self._facts: dict[str, Fact] = {}

    def run(self, memory: Memory) -> None:
        """Assert all facts in canonical order, then work off the agenda until it is empty [23]."""
        handle = self._stratum.handle
        state = self._open()
        try:
            self._assert(memory.all_facts())
            action = core.start_action_for_state(handle, state)
            frame = action[1] if action else None
            while frame:
                ((name, matched),) = json.loads(frame).items()
                rule = self._stratum.rules[name]
                bound = {
                    pattern.variable: self._facts[matched[f"v{index}"]["id"]]
                    for index, pattern in enumerate(rule.when)
                }
                self._assert(memory.fire(rule, bound))
                frame = core.complete_and_start_action(handle, state)
        finally:
            core.delete_state(handle, _SESSION)

    def _open(self) -> int:
        """Begin with an action of our own: a session without any crashes when it is deleted [4]."""
        handle = self._stratum.handle
        opening = json.dumps({"sid": _SESSION, "id": _OPENING, _TYPE: 0})
        result, state = core.assert_event(handle, opening)
        started = core.start_action_for_state(handle, state)
        if result or not started or core.complete_and_start_action(handle, state):
            raise DurableError("the session was not a new one")
        return int(state)

    def _assert(self, facts: Iterable[Fact]) -> None:
        """Assert facts, never events [22], under ids of our own; each is asserted once [2]."""
        for fact in facts:
            if (wanted := self._stratum.wanted.get(fact.type)) is None:
                continue
            key = f"f{len(self._facts)}"
            self._facts[key] = fact
            message: dict[str, object] = {"sid": _SESSION, "id": key}
            message |= {_TYPE: self._numbers[fact.type], _ZERO: 0}
            for position in wanted:
                value = fact.values[position]
                message[f"x{position}"] = self._places[type(value), value]
            result, _ = core.assert_fact(self._stratum.handle, json.dumps(message))
            if result > 1:  # 0: a pattern wants it, 1: none does
                raise DurableError(f"the fact {key} was taken for another")


# --- names -------------------------------------------------------------------------------------


@cache
def _check_names() -> None:
    """Make sure that no two names of ours, or of the core, are the same to it [1] [2] [3]."""
    properties = (_TYPE, _ZERO, *_CORE_PROPERTIES, *(f"x{place}" for place in range(MAX_FIELDS)))
    ids = (_OPENING, "$pulse", f"sid-{_SESSION}", *(f"f{number}" for number in range(MAX_FACTS)))
    variables = tuple(f"v{place}" for place in range(MAX_PATTERNS))
    for names in (properties, [f"{_SESSION}!{name}" for name in ids], variables):
        if clashes := collisions(names):
            raise DurableError(f"the matcher cannot tell these names apart: {clashes}")


def collisions(names: Iterable[str]) -> list[tuple[str, str]]:
    """Find pairs of ASCII names with one 32-bit FNV-1a hash, which is all the core compares."""
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
