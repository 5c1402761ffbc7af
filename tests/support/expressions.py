"""Random FEEL of every form, right and wrong: what an evaluation must answer without ever breaking."""

from __future__ import annotations

from hypothesis import strategies as st

from engine.feel.builtins import STANDARD_FUNCTIONS

LITERALS = [
    "0", "1", "-1", "2.5", "1e3", "10 ** 40", '""', '"a"', '"2026-01-31"', '"P1D"', '"[1..3]"', '"^a+$"', "true",
    "false", "null", '@"2026-01-31"', '@"-0044-03-15"', '@"09:30:00"', '@"09:30:00.123456789Z"',
    '@"2026-01-31T09:30:00+08:00"', '@"2026-03-29T01:30:00@Europe/Paris"', '@"10000-01-01T00:00:00"', '@"P1Y2M"',
    '@"-P1DT2H"', '@"P99999999999D"', '@"soon"', "[]", "{}", "[1, 2, 3]", '[null, "a", 1]', "[[1], [2, [3]]]",
    "{a: 1, b: {c: 2}}", '[{a: 1}, {a: "x"}, {b: 2}]', "[1..3]", "(1..3)", "[3..1]", "(< 5)", "(>= 5)", "(!= 5)",
    '["a".."c"]', '[@"2026-01-01"..@"2026-01-05"]', "now()", "today()", "a", "x", "item", "partial", "?", "Full Name",
    "客户", "sum", "function(x) x", "function(x, y) x < y", "function(x: number) x + 1", "function(x) external {}",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"]
PROPERTIES = [
    "a",
    "b",
    "year",
    "time offset",
    "days",
    "years",
    "start",
    "end included",
    "timezone",
    "weekday",
]
TYPES = [
    "number", "string", "Any", "Null", "date and time", "days and time duration", "list<number>", "range<date>",
    "context<a: number>", "function<number> -> Any", "nothing",
]  # fmt: skip


def _called(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(sorted(STANDARD_FUNCTIONS)))
    parts = draw(st.lists(inner, max_size=4))
    signature = draw(st.sampled_from(STANDARD_FUNCTIONS[name].signatures))
    if draw(st.booleans()) and len(parts) <= len(signature.parameters):
        parts = [f"{p.name}: {text}" for p, text in zip(signature.parameters, parts, strict=False)]
    return f"{name}({', '.join(parts)})"


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def made(template: str, *more: list[str]) -> st.SearchStrategy[str]:
        parts = [inner] * (template.count("{}") - len(more))
        return st.tuples(*parts, *(st.sampled_from(m) for m in more)).map(
            lambda found: template.format(*found)
        )

    return st.one_of(
        st.composite(_called)(inner),
        st.composite(_called)(inner),
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        made("({} between {} and {})"),
        made("({} in ({}, < {}, [{}..{}]))"),
        made("(if {} then {} else {})"),
        made("(for x in {}, a in {} return {})"),
        made("(for x in {}..{} return {})"),
        made("(some x in {} satisfies {})"),
        made("(every x in {} satisfies {})"),
        made("{}[{}]"),
        made("[{}, {}]"),
        made("{{a: {}, b: {}, c: b}}"),
        made("[{}..{}]"),
        made("-{}"),
        made("(function(x, y) {})({}, {})"),
        made("(function(x) {})(x: {})"),
        made("{{a: function(x) {}, r: a({})}}"),
        made("{}({})"),
        made("({}).{}", PROPERTIES),
        made("({} instance of {})", TYPES),
    )


expressions = st.recursive(st.sampled_from(LITERALS), _larger, max_leaves=14)
"""The text of an expression, of any types."""
