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
    "k": {"type": "string", "one_of": ["red", "green"], "nullable": "true"},
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
        "k": draw(st.sampled_from([None, "red", "green"])),
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


def _cell(draw: st.DrawFn, head: str, *, closed: bool = False) -> str:
    """Draw a cell for a column; a `closed` one reads no other input."""
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
        "d": [
            lambda: f'< @"{draw(st.integers(2001, 2039))}-06-01"',
            lambda: '[@"2010-01-01"..@"2020-01-01")',
            lambda: 'not(@"2015-01-01")',
            lambda: "?.year > 2019",
        ],
        "k": [lambda: "red", lambda: "null", lambda: "red, green, null", lambda: "not(red)"],
        "t": [lambda: '"abc"', lambda: 'not("a", "abc")', lambda: 'starts with(?, "a")'],
    }
    if draw(st.integers(0, 2)) == 0:
        return "-"
    return draw(st.sampled_from(numeric[:4] if closed and head == "a" else choices[head]))()


def _rows(
    draw: st.DrawFn, heads: list[str], outputs: Callable[[], list[str]]
) -> list[dict[str, Any]]:
    """Draw the rows of a table."""
    return [
        {"id": f"R{n}", "when": [_cell(draw, head) for head in heads], "then": outputs()}
        for n in range(draw(st.integers(1, 5)))
    ]


def _banded(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a table with several outputs, some of them computed, named or missing."""
    writer = _Writer(draw)
    policy = draw(st.sampled_from(["first", "first", "first", "unique", "collect", "rule_order"]))
    heads = draw(st.lists(st.sampled_from(["a", "d", "k", "f", "s"]), min_size=1, max_size=3))

    def outputs() -> list[str]:
        level = draw(st.sampled_from([*MEMBERS, *MEMBERS, 'if f then "red" else "blue"']))
        pay = draw(st.sampled_from(["1", "2.50", "null", writer.number(1)]))
        return [pay, level, draw(st.sampled_from(["-", "WHY", "TOLD"]))]

    table: dict[str, Any] = {
        "outputs": {
            "level": {"type": "string", "one_of": list(MEMBERS)},
            "pay": {"type": "number", "nullable": "true"},
        },
        "hit_policy": policy,
        "columns": {"when": heads, "then": ["pay", "level", "reason"]},
        "rows": _rows(draw, heads, outputs),
    }
    if draw(st.integers(0, 5)) and not any(set(row["when"]) == {"-"} for row in table["rows"]):
        table["default"] = {"pay": "7", "level": "green", "reason": "WHY"}
    return table


def _graded(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a function that is a table, over a number and a member."""
    return {
        "type": "string",
        "one_of": ["low", "high"],
        "hit_policy": "first",
        "params": {"a": {"type": "number"}, "s": {"type": "string", "one_of": list(MEMBERS)}},
        "columns": {"when": ["a", "s"], "then": ["grade"]},
        "rows": [
            {
                "id": "G1",
                "when": [_cell(draw, "a", closed=True), _cell(draw, "s")],
                "then": ["high"],
            },
            {"id": "G2", "when": [_cell(draw, "a", closed=True), "-"], "then": ["low"]},
            *([{"id": "G3", "when": ["-", "-"], "then": ["low"]}] if draw(st.booleans()) else []),
        ],
    }


def _chained(draw: st.DrawFn) -> dict[str, Any]:
    """Draw decisions that apply only sometimes, one under the other."""
    writer = _Writer(draw)
    outer = writer.boolean(1)
    return {
        "held": {"type": "number", "only_if": outer, "value": writer.number(1)},
        "kept": {
            "type": "number",
            "nullable": "true",
            "only_if": "is applicable(held) and held > 0",
            "value": "if held > 10 then null else held",
        },
        "said": {
            "type": "string",
            "one_of": list(MEMBERS),
            "value": f'if {writer.boolean(1)} then "red" else s',
        },
        "told": {"type": "boolean", "value": "is applicable(kept)"},
        "grading": {"type": "string", "value": f"grade({writer.number(1)}, if f then s else s)"},
        "whole": {"type": "context", "value": "{x: a, list: xs, inner: {t: t}}"},
    }


@st.composite
def rule_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a rule set: tables of any hit policy, with one output and several, functions, conditions, reasons."""
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
    decisions |= {"banded": _banded(draw), **_chained(draw)}
    assume = [writer.boolean(1)] if draw(st.integers(0, 4)) == 0 else []
    functions = {"grade": _graded(draw)}
    return {**HEAD, "functions": functions, "assume": assume, "decisions": decisions}
