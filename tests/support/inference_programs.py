"""Random inferences with facts for them, and a third reading of what they mean to hold both to.

A program is drawn as parts, written out as a document, and read by `expected` without parser,
compiler or executor: plain sets, every combination tried, until nothing new follows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypothesis import strategies as st

Value: TypeAlias = Decimal | str | bool
Fields: TypeAlias = tuple[tuple[str, Value], ...]
Bound: TypeAlias = dict[str, dict[str, Value]]
Holds: TypeAlias = Callable[[Bound], bool]

# Around 80 and 2^53 at a scale that eight-byte floats, and four places, would run together.
NUMBERS = [
    Decimal(text)
    for text in (
        "79.999999999999999999",
        "80",
        "80.00000000000000000000000000000001",
        "9007199254740993",
        "-0.00001",
        "0",
    )
]
TEXTS = ["a", "80", '客 "户"', ""]
KINDS = {"n": "number", "m": "number", "s": "string", "k": "string", "b": "boolean"}
GIVEN = {"alpha": ("b", "n", "s"), "beta": ("k", "n", "s"), "gamma": ("b", "k", "m")}
DERIVED = {"delta": ("n", "s"), "epsilon": ("b", "k"), "zeta": ("k", "m", "s")}
LEVELS = {"alpha": 0, "beta": 0, "gamma": 0, "delta": 1, "epsilon": 1, "zeta": 2}
PARAMS = {"line": Decimal("80.0"), "low": Decimal("0.0001")}
FIELDS = {**GIVEN, **DERIVED}


@dataclass(frozen=True)
class Where:
    """A condition: its text, and what it means."""

    text: str
    holds: Holds


@dataclass(frozen=True)
class Look:
    """A variable with its type and condition."""

    variable: str
    fact: str
    where: Where | None

    def met_by(self, bound: Bound) -> bool:
        """Whether the condition holds."""
        return self.where is None or self.where.holds(bound)


@dataclass(frozen=True)
class Rule:
    """A rule; a derived value is a constant, or a variable's field."""

    id: str
    when: tuple[Look, ...]
    unless: tuple[Look, ...]
    then: tuple[tuple[str, tuple[tuple[str, Value | tuple[str, str]], ...]], ...]


@dataclass(frozen=True)
class Program:
    """A whole inference and the facts given to it."""

    rules: tuple[Rule, ...]
    facts: tuple[tuple[str, Fields], ...]


# --- drawing -----------------------------------------------------------------------------------


def literal(value: Value) -> str:
    """Write a value as FEEL."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace('"', '\\"') + '"'
        case Decimal():
            return f"{value:f}"


def values(field: str) -> st.SearchStrategy[Value]:
    """Draw a value for a field of this name."""
    match KINDS[field]:
        case "number":
            return st.sampled_from(NUMBERS)
        case "string":
            return st.sampled_from(TEXTS)
        case _:
            return st.booleans()


COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,  # type: ignore[operator]
    "<=": lambda x, y: x <= y,  # type: ignore[operator]
    ">": lambda x, y: x > y,  # type: ignore[operator]
    ">=": lambda x, y: x >= y,  # type: ignore[operator]
}
MIRROR = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@st.composite
def comparisons(draw: st.DrawFn, variable: str, fact: str, others: dict[str, str]) -> Where:
    """Draw one comparison of a fact's field."""
    field = draw(st.sampled_from(FIELDS[fact]))
    kind = KINDS[field]

    def own(bound: Bound) -> Value:
        return bound[variable][field]

    name = draw(st.sampled_from([field, f"{variable}.{field}"]))
    joins = [(v, f) for v, t in others.items() for f in FIELDS[t] if KINDS[f] == kind]
    extra = {"number": ["range", "param"], "string": [], "boolean": ["flag"]}[kind]
    form = draw(st.sampled_from(["constant", "list", *(["join"] * 2 if joins else []), *extra]))
    if form == "flag":
        return Where(name, lambda bound: own(bound) is True)
    if form == "join":
        other, theirs = draw(st.sampled_from(joins))
        same = draw(st.booleans())
        return Where(
            f"{name} {'=' if same else '!='} {other}.{theirs}",
            lambda bound: (own(bound) == bound[other][theirs]) is same,
        )
    if form == "list":
        items = draw(st.lists(values(field), min_size=1, max_size=3))
        text = f"{name} in [{', '.join(map(literal, items))}]"
        return Where(text, lambda bound: own(bound) in items)
    if form == "range":
        low, high = sorted(draw(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))))
        text = f"{name} in [{literal(low)}..{literal(high)})"
        return Where(text, lambda bound: low <= own(bound) < high)  # type: ignore[operator]
    op = draw(st.sampled_from(list(COMPARE) if kind == "number" else ["=", "!="]))
    if form == "param":
        param = draw(st.sampled_from(sorted(PARAMS)))
        return Where(f"{name} {op} {param}", lambda bound: COMPARE[op](own(bound), PARAMS[param]))
    value = draw(values(field))
    if draw(st.booleans()):
        text = f"{literal(value)} {MIRROR[op]} {name}"
        return Where(text, lambda bound: COMPARE[op](own(bound), value))
    return Where(f"{name} {op} {literal(value)}", lambda bound: COMPARE[op](own(bound), value))


@st.composite
def conditions(draw: st.DrawFn, variable: str, fact: str, others: dict[str, str]) -> Where | None:
    """Draw no condition, one comparison, or two or three together."""
    form = draw(st.sampled_from(["none", "none", "none", "one", "one", "or", "not", "and", "both"]))
    if form == "none":
        return None
    first = draw(comparisons(variable, fact, others))
    if form == "one":
        return first
    if form == "not":
        return Where(f"not({first.text})", lambda bound: not first.holds(bound))
    second = draw(comparisons(variable, fact, others))
    if form == "and":
        text = f"{first.text} and {second.text}"
        return Where(text, lambda bound: first.holds(bound) and second.holds(bound))
    if form == "or":
        text = f"{first.text} or {second.text}"
        return Where(text, lambda bound: first.holds(bound) or second.holds(bound))
    third = draw(comparisons(variable, fact, others))
    return Where(
        f"not({first.text} and {second.text}) and not({third.text})",
        lambda bound: not (first.holds(bound) and second.holds(bound)) and not third.holds(bound),
    )


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    """Draw a rule that can stand in a stratum: it reads below, or beside without `unless`."""
    heads = draw(st.lists(st.sampled_from(sorted(DERIVED)), min_size=1, max_size=2, unique=True))
    level = min(LEVELS[head] for head in heads)
    readable = sorted(name for name in FIELDS if LEVELS[name] <= level)
    below = sorted(name for name in FIELDS if LEVELS[name] < level)
    size = draw(st.sampled_from([1, 1, 2, 2, 3]))
    # Variables in an order that is not that of their names.
    types = {f"v{(place * 2) % 3}": draw(st.sampled_from(readable)) for place in range(size)}
    when = []
    for variable, fact in types.items():
        others = {name: type_ for name, type_ in types.items() if name != variable}
        where = draw(conditions(variable, fact, others))
        when.append(Look(variable, fact, where))
    unless = []
    for place in range(draw(st.sampled_from([0, 0, 1, 2]))):
        fact = draw(st.sampled_from(below))
        where = draw(conditions(f"u{place}", fact, types))
        unless.append(Look(f"u{place}", fact, where))
    then = []
    for head in heads:
        fields: list[tuple[str, Value | tuple[str, str]]] = []
        for field in DERIVED[head]:
            kind = KINDS[field]
            sources = [(v, f) for v, t in types.items() for f in FIELDS[t] if KINDS[f] == kind]
            either = values(field) | st.sampled_from(sources) if sources else values(field)
            fields.append((field, draw(either)))
        then.append((head, tuple(fields)))
    return Rule(f"R{number}", tuple(when), tuple(unless), tuple(then))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw a program with a handful of rules and facts."""
    count = draw(st.integers(2, 5))
    drawn = tuple(draw(rules(number)) for number in range(count))
    facts = []
    for _ in range(draw(st.sampled_from([8, 7, 6, 5, 4, 0]))):
        name = draw(st.sampled_from(sorted(GIVEN)))
        facts.append((name, tuple((field, draw(values(field))) for field in GIVEN[name])))
    return Program(drawn, tuple(facts))


# --- writing -----------------------------------------------------------------------------------


def document(program: Program) -> dict[str, object]:
    """Write a program as the data of a document."""
    return {
        "schema_version": "1",
        "kind": "inference",
        "id": "random",
        "version": "1.0.0",
        "title": {"zh": "随机", "en": "Random"},
        "owner": "tests",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "T",
        "facts": _types(GIVEN),
        "derives": _types(DERIVED),
        "params": {
            name: {"value": f"{value:f}", "provenance": "human_set"}
            for name, value in PARAMS.items()
        },
        "rules": [_rule(rule) for rule in program.rules],
    }


def _types(declared: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    return {name: {f: {"type": KINDS[f]} for f in fields} for name, fields in declared.items()}


def _rule(rule: Rule) -> dict[str, object]:
    written: dict[str, object] = {"id": rule.id, "clause": "T", "when": _looks(rule.when)}
    if rule.unless:
        written["unless"] = _looks(rule.unless)
    written["then"] = {
        head: {
            field: f"= {value[0]}.{value[1]}" if isinstance(value, tuple) else f"= {literal(value)}"
            for field, value in fields
        }
        for head, fields in rule.then
    }
    return written


def _looks(looks: tuple[Look, ...]) -> dict[str, object]:
    return {
        look.variable: {"fact": look.fact, **({"where": look.where.text} if look.where else {})}
        for look in looks
    }


def given(program: Program) -> dict[str, list[dict[str, object]]]:
    """Write the facts as a caller gives them."""
    written: dict[str, list[dict[str, object]]] = {}
    for name, fields in program.facts:
        written.setdefault(name, []).append(dict(fields))
    return written


# --- meaning -----------------------------------------------------------------------------------

Known: TypeAlias = set[tuple[str, Fields]]
Fired: TypeAlias = set[tuple[str, tuple[tuple[str, tuple[str, Fields]], ...]]]


def expected(program: Program) -> tuple[Known, Fired]:
    """Work out all facts and firings: every rule of a level, until nothing new follows."""
    known: Known = {(name, tuple(sorted(fields))) for name, fields in program.facts}
    fired: Fired = set()
    for level in sorted(set(LEVELS.values())):
        own = [r for r in program.rules if min(LEVELS[head] for head, _ in r.then) == level]
        before = -1
        while before != len(fired):
            before = len(fired)
            for rule in own:
                _apply(rule, known, fired)
    return known, fired


def _apply(rule: Rule, known: Known, fired: Fired) -> None:
    frozen = frozenset(known)
    for combination in itertools.permutations(frozen, len(rule.when)):
        if any(fact[0] != look.fact for fact, look in zip(combination, rule.when, strict=True)):
            continue
        bound: Bound = {
            look.variable: dict(fact[1]) for look, fact in zip(rule.when, combination, strict=True)
        }
        if not all(look.met_by(bound) for look in rule.when):
            continue
        if any(
            look.met_by({**bound, look.variable: dict(fields)})
            for look in rule.unless
            for name, fields in frozen
            if name == look.fact
        ):
            continue
        matched = zip((look.variable for look in rule.when), combination, strict=True)
        fired.add((rule.id, tuple(sorted(matched))))
        for head, fields in rule.then:
            made = {f: bound[v[0]][v[1]] if isinstance(v, tuple) else v for f, v in fields}
            known.add((head, tuple(sorted(made.items()))))
