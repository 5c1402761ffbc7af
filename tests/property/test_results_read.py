"""Whatever stands in a file of results, it is read or refused in place; never a traceback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.effects import assess_effects
from engine.analysis.outcomes import read_outcomes
from engine.kernel.errors import DocumentError
from engine.learning.results.ledger import collect
from engine.learning.results.reading import names_of
from engine.learning.results.tables import read_table
from engine.learning.results.xapi import read_xapi
from tests.support.catalogs import shipped_graph

if TYPE_CHECKING:
    from collections.abc import Callable

GRAPH = shipped_graph()
NAMES = names_of(GRAPH)
CELLS = st.one_of(
    st.sampled_from(
        ["C101", "P-1", "80", "79.99%", "2026-03-01", "2026-03-01T10:00:00Z", "", "4", "yes", "是"]
    ),
    st.text(max_size=6),
)
COLUMNS = st.sampled_from(
    [
        "learner",
        "item",
        "at",
        "completion",
        "exam",
        "rating",
        "评语",
        "completed",
        "pre",
        "post",
        "x",
    ]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("C101")
)
KEYS = st.sampled_from(
    ["actor", "account", "name", "verb", "object", "id", "result", "score", "scaled", "timestamp"]
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner)),
    max_leaves=12,
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    separator = draw(st.sampled_from([",", ";", "\t"]))
    header = draw(st.lists(COLUMNS, max_size=7))
    rows = draw(st.lists(st.lists(CELLS, max_size=7), max_size=4))
    return draw(st.sampled_from(["\n", "\r\n"])).join(
        separator.join(row) for row in [header, *rows]
    )


def refused_or(read: Callable[[], Any]) -> Any:  # noqa: ANN401 - what was read
    made, found = None, None
    try:
        made = read()
    except DocumentError as error:
        found = error.diagnostics
    assert found is None or (found and all(d.message("zh") and d.message("en") for d in found))
    return made


@settings(max_examples=150, deadline=None)
@given(st.one_of(tables(), st.text(max_size=80)))
def test_tables(text: str) -> None:
    results = refused_or(lambda: read_table(text, NAMES, "r.csv"))
    if results:
        refused_or(lambda: collect(results))
    outcomes = refused_or(lambda: read_outcomes(text, NAMES, "o.csv"))
    if outcomes:
        assess_effects(GRAPH, outcomes)


@settings(max_examples=150, deadline=None)
@given(st.lists(DATA, max_size=3), st.sampled_from(["array", "lines"]))
def test_statements(data: list[Any], form: str) -> None:
    text = json.dumps(data) if form == "array" else "\n".join(map(json.dumps, data))
    results = refused_or(lambda: read_xapi(text, NAMES, "r.json"))
    if results:
        refused_or(lambda: collect(results))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    refused_or(lambda: read_xapi(text, NAMES, "r.json"))


OUTCOME = st.tuples(
    st.booleans(), st.integers(0, 100), st.integers(0, 100), st.integers(0, 3), st.integers(0, 2)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(OUTCOME, max_size=12), st.integers(1, 12))
def test_outcomes_however_degenerate_have_a_report(
    rows: list[tuple[bool, int, int, int, int]], times: int
) -> None:
    lines = [
        f"P-{n}-{k},C101,{'yes' if took else 'no'},{pre},{post},{tenure},M-{manager}"
        for k in range(times)
        for n, (took, pre, post, tenure, manager) in enumerate(rows)
    ]
    text = "\n".join(["learner,item,completed,pre,post,tenure,manager", *lines])
    report = assess_effects(GRAPH, read_outcomes(text, NAMES))
    assert all(gain.low <= gain.gain <= gain.high for gain in report.gains)
    assert all(0 <= test.p <= test.p_holm <= 1 for test in report.tests)
