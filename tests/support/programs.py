"""Random, mostly well-typed programs: expressions as an author would type them, and rule sets with tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS: dict[str, dict[str, Any]] = {
    "a": {"type": "number", "range": "[-100..100]"},
    "b": {"type": "number", "range": "[-100..100]"},
    "n": {"type": "number", "range": "[-100..100]", "nullable": "true"},
    "f": {"type": "boolean"},
    "s": {"type": "string", "one_of": ["red", "green", "blue"]},
    "t": {"type": "string"},
    "xs": {"type": "list<number>"},
    "d": {"type": "date"},
}
MEMBERS = ("red", "green", "blue")
_TEXTS = ("", "red", "a", "abc", "客户", "ab-c")

HEAD: dict[str, Any] = {
    "schema_version": "1",
    "kind": "rule_set",
    "id": "random",
    "version": "1.0.0",
    "title": {"zh": "随机", "en": "random"},
    "owner": "test",
    "effective_from": "2026-01-01T00:00:00+08:00",
    "clause": "-",
    "feel": "1",
    "inputs": INPUTS,
    "params": {"half": {"value": "0.5", "provenance": "human_set"}},
    "reasons": {
        "WHY": {"zh": "因为 {a}", "en": "because of {a}"},
        "TOLD": {"zh": "说明", "en": "told"},
    },
}
"""A rule set but for its decisions."""

numbers = st.builds(
    lambda units, places: Decimal(units).scaleb(-places),
    st.integers(-10_000, 10_000),
    st.integers(2, 4),
) | st.integers(-5, 5).map(Decimal)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the inputs of one case."""
    return {
        "a": draw(numbers),
        "b": draw(numbers),
        "n": draw(st.none() | numbers),
        "f": draw(st.booleans()),
        "s": draw(st.sampled_from(MEMBERS)),
        "t": draw(st.sampled_from(_TEXTS)),
        "xs": draw(st.lists(numbers, max_size=4)),
        "d": draw(st.dates(dt.date(2000, 1, 1), dt.date(2040, 12, 31))),
    }


class _Writer:
    """Writes one expression of a wanted type, to a depth."""

    def __init__(self, draw: st.DrawFn, names: tuple[str, ...] = ()) -> None:
        self.draw = draw
        self.locals = names

    def pick(self, *choices: Callable[[], str]) -> str:
        return self.draw(st.sampled_from(choices))()

    def literal(self) -> str:
        return format(self.draw(numbers), "f")

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(lambda: "a", lambda: "b", self.literal, self.local)
        n, boolean, listed = self.number, self.boolean, self.listed
        d = depth - 1
        operator = self.draw(st.sampled_from(["+", "-", "*", "/"]))
        rounding = self.draw(
            st.sampled_from(
                ["round half up", "round half down", "round up", "round down", "floor", "ceiling"]
            )
        )
        aggregate = self.draw(st.sampled_from(["sum", "count", "min", "max", "mean", "median"]))
        return self.pick(
            lambda: f"({n(d)} {operator} {n(d)})",
            lambda: f"-{n(0)}" if d else self.literal(),
            lambda: f"(if {boolean(d)} then {n(d)} else {n(d)})",
            lambda: f"{rounding}({n(d)}, {self.draw(st.integers(-1, 3))})",
            lambda: f"interpolate({n(d)}, 10, {n(d)}, 20.5, {n(d)})",
            lambda: f"interpolate({n(0)}, {n(0)}, {n(0)}, {n(0)}, {n(0)})",
            lambda: f"abs({n(d)})",
            lambda: f"modulo({n(d)}, {n(d)})",
            lambda: f"{aggregate}({listed(d)})",
            lambda: f"string length({self.text(d)})",
            lambda: "(if is defined(n) then n else 0)",
            lambda: f"(if n != null and {boolean(0)} then n * 2 else {n(d)})",
            lambda: f"{{k: {n(d)}, m: k + 1}}.m",
            lambda: f"{listed(d)}[{self.draw(st.integers(-2, 3))}]",
            lambda: "d.year",
        )

    def local(self) -> str:
        return self.draw(st.sampled_from(self.locals)) if self.locals else self.literal()

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(lambda: "f", lambda: "true", lambda: f"a < {self.literal()}")
        d = depth - 1
        n = self.number
        compare = self.draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
        word = self.draw(st.sampled_from(["and", "or"]))
        member = self.draw(st.sampled_from(MEMBERS))
        return self.pick(
            lambda: f"({n(d)} {compare} {n(d)})",
            lambda: f"({self.boolean(d)} {word} {self.boolean(d)})",
            lambda: f"not({self.boolean(d)})",
            lambda: f'(s = "{member}")',
            lambda: f'(s in ("{member}", "blue"))',
            lambda: f"({n(d)} between {n(0)} and {n(0)})",
            lambda: f"({n(d)} in [{n(0)}..{n(0)}))",
            lambda: f"({n(d)} in (< {n(0)}, >= {n(0)}))",
            lambda: f"list contains({self.listed(d)}, {n(d)})",
            lambda: f"(is defined(n) and n {compare} {n(d)})",
            lambda: f"({self.text(d)} = {self.text(d)})",
            lambda: f"contains({self.text(d)}, {self.text(0)})",
            lambda: f"(some i in {self.listed(d)} satisfies {self.inside('i', d)})",
            lambda: f"(every i in {self.listed(d)} satisfies {self.inside('i', d)})",
            lambda: 'd < date("2020-06-01")',
        )

    def inside(self, name: str, depth: int) -> str:
        return _Writer(self.draw, (*self.locals, name)).boolean(depth)

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(lambda: "t", lambda: "s", lambda: '"ab"')
        d = depth - 1
        return self.pick(
            lambda: f"({self.text(d)} + {self.text(d)})",
            lambda: f"upper case({self.text(d)})",
            lambda: f"string({self.number(d)})",
            lambda: f"(if {self.boolean(d)} then {self.text(d)} else {self.text(d)})",
            lambda: f"substring({self.text(d)}, {self.draw(st.integers(-1, 2))})",
        )

    def listed(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(lambda: "xs", lambda: f"[{self.number(0)}, {self.number(0)}]")
        d = depth - 1
        return self.pick(
            lambda: f"xs[item {self.draw(st.sampled_from(['>', '<=']))} {self.number(d)}]",
            lambda: f"append({self.listed(d)}, {self.number(d)})",
            lambda: (
                f"(for i in {self.listed(d)} return {_Writer(self.draw, (*self.locals, 'i')).number(d)})"
            ),
            lambda: f"(for i in 1..{self.draw(st.integers(-1, 4))} return i * {self.number(d)})",
            lambda: f"sort({self.listed(d)})",
            lambda: f"distinct values({self.listed(d)})",
            lambda: f"reverse({self.listed(d)})",
        )


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Draw an expression of a random type."""
    writer = _Writer(draw)
    depth = draw(st.integers(1, 4))
    kind = draw(st.sampled_from([writer.number, writer.boolean, writer.text, writer.listed]))
    return kind(depth)


def _cell(draw: st.DrawFn, head: str) -> str:
    """Draw a cell for a column."""
    writer = _Writer(draw)
    low, high = sorted((draw(numbers), draw(numbers)))
    numeric = [
        lambda: f"{draw(st.sampled_from(['<', '<=', '>', '>=']))} {format(low, 'f')}",
        lambda: f"[{format(low, 'f')}..{format(high, 'f')})",
        lambda: f"not({format(low, 'f')})",
        lambda: f"{format(low, 'f')}, {format(high, 'f')}",
        lambda: f"> {writer.number(1)}",
        lambda: f"? * 2 > {format(high, 'f')}",
    ]
    choices: dict[str, list[Callable[[], str]]] = {
        "a": numeric,
        "a - b": numeric,
        "n": [
            *numeric[:4],
            lambda: "null",
            lambda: "not(null)",
            lambda: f"null, > {format(low, 'f')}",
        ],
        "f": [lambda: "true", lambda: "false", lambda: "not(true)"],
        "s": [lambda: "red", lambda: "red, blue", lambda: "not(green)"],
        "t": [lambda: '"abc"', lambda: 'not("a", "abc")', lambda: 'starts with(?, "a")'],
    }
    if draw(st.integers(0, 2)) == 0:
        return "-"
    return draw(st.sampled_from(choices[head]))()


@st.composite
def rule_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a rule set: a table of any hit policy, an expression over it, and reasons."""
    heads = draw(
        st.lists(st.sampled_from(["a", "a - b", "n", "f", "s", "t"]), min_size=1, max_size=4)
    )
    policy = draw(
        st.sampled_from(
            ["first", "unique", "any", "priority", "collect", "rule_order", "output_order"]
        )
    )
    aggregate = (
        draw(st.sampled_from([None, "sum", "count", "min", "max"])) if policy == "collect" else None
    )
    writer = _Writer(draw)
    values = ["1", "2", "3"]
    rows = [
        {
            "id": f"R{number}",
            "when": [_cell(draw, head) for head in heads],
            "then": [
                writer.number(1) if draw(st.integers(0, 4)) == 0 else draw(st.sampled_from(values)),
                draw(st.sampled_from(["-", "WHY", "WHY; TOLD"])),
            ],
        }
        for number in range(draw(st.integers(1, 6)))
    ]
    table: dict[str, Any] = {
        "type": "number",
        "hit_policy": policy,
        "columns": {"when": heads, "then": ["graded", "reason"]},
        "rows": rows,
    }
    if aggregate:
        table["aggregate"] = aggregate
    if policy in {"priority", "output_order"}:
        table["priority"] = ["3", "1", "2"]
    if draw(st.booleans()) and not any(set(row["when"]) == {"-"} for row in rows):
        table["default"] = {"graded": "0", "reason": "TOLD"}
    decisions: dict[str, Any] = {"graded": table}
    if policy in {"first", "unique", "any", "priority"} or aggregate:
        decisions["scaled"] = {
            "type": "number",
            "only_if": writer.boolean(1),
            "value": f"round half up(graded + {writer.number(2)}, 2)",
        }
        if draw(st.booleans()):
            decisions["scaled"]["digits"] = draw(st.sampled_from(["2", "3"]))
    return {**HEAD, "decisions": decisions}
