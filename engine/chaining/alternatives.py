"""Rules without `or`, as the matcher needs them, and the limits past which its tables break.

The limits belong to the language, whichever executor runs: a document is not valid on one machine
and refused on the next. Numbers in brackets count the known faults of durable-rules 2.0.28.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.chaining.program import Both, Compare, Condition, Either, Join
from engine.kernel.diagnostics import Code
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.chaining.program import CompiledRule

MAX_TYPES = 60
MAX_FIELDS = 64
MAX_PATTERNS = 8
MAX_TESTS = 24
MAX_ALTERNATIVES = 64
MAX_ALL_ALTERNATIVES = 2_000
MAX_SHARED = 200
MAX_MET = 60

TOO_MANY_TYPES = Code(
    "CHAIN-BOUND-001",
    "there are {count} fact types, more than {limit}",
    "共有 {count} 种事实，超过 {limit} 种",
    "split the rule set",
    "请拆分规则集",
)
TOO_MANY_FIELDS = Code(
    "CHAIN-BOUND-002",
    "`{name}` has {count} fields, more than {limit}",
    "`{name}` 有 {count} 个字段，超过 {limit} 个",
    "split it into several fact types",
    "请拆成几种事实",
)
TOO_MANY_PATTERNS = Code(
    "CHAIN-BOUND-003",
    "rule `{rule}` looks for {count} facts at once, more than {limit}",
    "规则 `{rule}` 同时查找 {count} 个事实，超过 {limit} 个",
    "derive a fact from some of them first",
    "请先由其中一部分推出一个中间事实",
)
TOO_MANY_ALTERNATIVES = Code(
    "CHAIN-BOUND-004",
    "rule `{rule}` has {count} ways to be met, more than {limit}",
    "规则 `{rule}` 有 {count} 种满足方式，超过 {limit} 种",
    "each `or` and each item of a list multiplies them: split the rule",
    "每个 `or` 和列表项都会使其成倍增加：请拆分规则",
)
TOO_MANY_TESTS = Code(
    "CHAIN-BOUND-005",
    "rule `{rule}` asks {count} things of one fact, more than {limit}",
    "规则 `{rule}` 对一个事实提出 {count} 项条件，超过 {limit} 项",
    "derive a fact from some of them first",
    "请先由其中一部分推出一个中间事实",
)
TOO_MANY_SHARED = Code(
    "CHAIN-BOUND-006",
    "the rules look for `{name}` in {count} ways, more than {limit}",
    "各规则以 {count} 种方式查找 `{name}`，超过 {limit} 种",
    "split the fact type or the rule set",
    "请拆分这种事实或规则集",
)
TOO_MANY_MET = Code(
    "CHAIN-BOUND-007",
    "one `{name}` could meet {count} patterns at once, more than {limit}",
    "一个 `{name}` 可能同时满足 {count} 个模式，超过 {limit} 个",
    'let each pattern ask for one value of the same field, as in `kind = "a"`',
    '请让每个模式都要求同一字段等于某个值，例如 `kind = "a"`',
)
TOO_MANY_RULES = Code(
    "CHAIN-BOUND-008",
    "the rules have {count} ways to be met, more than {limit}",
    "各规则共有 {count} 种满足方式，超过 {limit} 种",
    "split the rule set",
    "请拆分规则集",
)

Atom: TypeAlias = Compare | Join


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to meet a rule's `when`: for each pattern, the comparisons that must all hold."""

    rule: CompiledRule
    tests: tuple[tuple[Atom, ...], ...]


def alternatives(rule: CompiledRule) -> Iterator[Alternative]:
    """Split a rule at each `or`; facts that meet several ways are one firing all the same [25]."""
    places = {pattern.variable: place for place, pattern in enumerate(rule.when)}
    whole = Both(tuple(condition for pattern in rule.when for condition in pattern.conditions))
    for conjunction in _split(whole):
        tests: list[list[Atom]] = [[] for _ in rule.when]
        for atom in dict.fromkeys(conjunction):
            match atom:
                case Compare(ref):
                    tests[places[ref.variable]].append(atom)
                case Join(left, right):
                    tests[max(places[left.variable], places[right.variable])].append(atom)
        yield Alternative(rule, tuple(map(tuple, tests)))


def _split(condition: Condition) -> list[tuple[Atom, ...]]:
    match condition:
        case Compare() | Join():
            return [(condition,)]
        case Either(parts):
            return [conjunction for part in parts for conjunction in _split(part)]
        case Both(parts):
            products = itertools.product(*map(_split, parts))
            return [tuple(itertools.chain(*product)) for product in products]


def _ways(condition: Condition) -> int:
    match condition:
        case Compare() | Join():
            return 1
        case Either(parts):
            return sum(map(_ways, parts))
        case Both(parts):
            return math.prod(map(_ways, parts))


def ways(rule: CompiledRule) -> int:
    """Count the alternatives of a rule without making them."""
    return math.prod(_ways(c) for pattern in rule.when for c in pattern.conditions)


def pivot(patterns: Sequence[tuple[Atom, ...]]) -> tuple[int | None, int]:
    """Choose the field that best parts a type's patterns, and count how many one fact can meet.

    A fact waits in the matcher's stack once for each pattern it can still meet; those that ask the
    same, and join nothing, are one there. Asked first for the field that most patterns want equal
    to a constant, it only waits for those with its value.
    """
    joined = [tests for tests in patterns if any(isinstance(atom, Join) for atom in tests)]
    alone = dict.fromkeys(tests for tests in patterns if tests not in joined)
    wanted = [
        {
            atom.ref.position: atom.value
            for atom in tests
            if isinstance(atom, Compare) and atom.op == "="
        }
        for tests in (*alone, *joined)
    ]
    best: tuple[int | None, int] = (None, len(wanted))
    for place in sorted({place for equal in wanted for place in equal}):
        values = Counter(equal[place] for equal in wanted if place in equal)
        met = len(wanted) - values.total() + max(values.values())
        if met < best[1]:
            best = (place, met)
    return best


def check_rule(rule: CompiledRule) -> Iterator[Fault]:
    """Find what one rule has too much of."""
    patterns = max(len(rule.when), len(rule.unless))
    if patterns > MAX_PATTERNS:  # [10]
        yield _over(TOO_MANY_PATTERNS, patterns, MAX_PATTERNS, rule=rule.id)
    elif (count := ways(rule)) > MAX_ALTERNATIVES:
        yield _over(TOO_MANY_ALTERNATIVES, count, MAX_ALTERNATIVES, rule=rule.id)
    else:
        most = max(len(tests) for split in alternatives(rule) for tests in split.tests)
        if most > MAX_TESTS:
            yield _over(TOO_MANY_TESTS, most, MAX_TESTS, rule=rule.id)


def check_together(strata: Sequence[Sequence[CompiledRule]]) -> Iterator[Fault]:
    """Find what the rules of a stratum have too much of together; each alone is in bounds."""
    for rules in strata:
        split = [alternative for rule in rules for alternative in alternatives(rule)]
        if len(split) > MAX_ALL_ALTERNATIVES:
            yield _over(TOO_MANY_RULES, len(split), MAX_ALL_ALTERNATIVES)
        for name, patterns in by_type(split).items():
            if len(patterns) > MAX_SHARED:  # [7] [8]
                yield _over(TOO_MANY_SHARED, len(patterns), MAX_SHARED, name=name)
            elif (met := pivot(patterns)[1]) > MAX_MET:  # [9]
                yield _over(TOO_MANY_MET, met, MAX_MET, name=name)


def by_type(split: Iterable[Alternative]) -> dict[str, list[tuple[Atom, ...]]]:
    """Group the patterns of alternatives by the type of fact that they look for."""
    grouped: dict[str, list[tuple[Atom, ...]]] = {}
    for alternative in split:
        for pattern, tests in zip(alternative.rule.when, alternative.tests, strict=True):
            grouped.setdefault(pattern.fact, []).append(tests)
    return grouped


def _over(code: Code, count: int, limit: int, **args: str) -> Fault:
    return Fault(code, args={"count": str(count), "limit": str(limit), **args})
