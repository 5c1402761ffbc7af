"""The checker of tables against every case there is: small tables whose inputs can be listed whole."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules.boxes import Boxes, Budget, meet
from engine.rules.evaluate import interpret
from engine.rules.lint import lint_tables
from tests.support.rule_sets import compiled, table

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import CompiledRuleSet

INPUTS = """\
inputs:
  n: {type: number, scale: 0, range: "[0..4]"}
  k: {type: number, scale: 0, range: "[0..2]", nullable: true}
  s: {type: string, one_of: [red, green, blue]}
  f: {type: boolean}
"""
VALUES = {"n": range(5), "k": (None, 0, 1, 2), "s": ("red", "green", "blue"), "f": (True, False)}
CASES = [dict(zip(VALUES, row, strict=True)) for row in itertools.product(*VALUES.values())]

ends = st.integers(0, 4)
spans = st.tuples(st.sampled_from("[("), ends, ends, st.sampled_from("])")).map(
    lambda r: f"{r[0]}{min(r[1:3])}..{max(r[1:3])}{r[3]}"
)
signs = st.sampled_from(["<", "<=", ">", ">="])
numbers = st.one_of(ends.map(str), spans, st.builds("{} {}".format, signs, ends))
CELLS = {
    "n": st.one_of(st.just("-"), numbers, ends.map("not({})".format)),
    "k": st.sampled_from(["-", "-", "null", "1", "> 0", "not(null)", "null, 2"]),
    "s": st.sampled_from(["-", "-", "red", '"red", "blue"', 'not("green")']),
    "f": st.sampled_from(["-", "-", "true", "false"]),
}


@st.composite
def tables(draw: st.DrawFn, policies: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Draw a rule set with one table."""
    heads = list(columns)
    rows = [
        f"R{i} | {' | '.join(draw(CELLS[h]) for h in heads)} || {draw(st.integers(1, 3))}"
        for i in range(draw(st.integers(1, 6)))
    ]
    policy = draw(st.sampled_from(policies))
    return INPUTS + table(f"id | {' | '.join(heads)} || out", *rows, policy=policy)


def shown(rule_set: CompiledRuleSet) -> dict[str, list[dict[str, Any]]]:
    """Sort every case by the fault that it meets."""
    found: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        for fault in interpret(rule_set, case).faults:
            found.setdefault(fault.code.id, []).append(case)
    return found


def codes(found: list[Diagnostic]) -> set[str]:
    return {d.code.id for d in found}


@settings(max_examples=80, deadline=None)
@given(tables(("unique", "any", "first"), ("n", "k", "s", "f")))
def test_it_finds_what_every_case_shows_and_nothing_else(body: str) -> None:
    rule_set = compiled(body)
    met, found = shown(rule_set), lint_tables(rule_set)
    told = codes(found)
    assert not told & {"RULE-GAP-002", "RULE-OVERLAP-002", "RULE-CONFLICT-002", "RULE-BUDGET-001"}
    assert ("RULE-GAP-001" in told) == ("RULE-EVAL-001" in met)
    assert ("RULE-CONFLICT-001" in told) == ("RULE-EVAL-003" in met)
    repeated = "RULE-DUPLICATE-001" in told
    assert ("RULE-OVERLAP-001" in told or repeated) >= ("RULE-EVAL-002" in met)
    assert ("RULE-EVAL-002" in met) >= ("RULE-OVERLAP-001" in told)


@settings(max_examples=80, deadline=None)
@given(tables(("first",), ("n", "s", "f")))
def test_the_rows_that_are_never_reached_are_those_that_no_case_hits(body: str) -> None:
    rule_set = compiled(body)
    hit = {step.rows for case in CASES for step in interpret(rule_set, case).trace}
    reached = {row for rows in hit for row in rows}
    found = lint_tables(rule_set)
    silent = {d.args["row"] for d in found if "DEAD" in d.code.id or "DUPLICATE" in d.code.id}
    table_ = rule_set.decisions[0].table
    assert table_ is not None
    assert silent == {row.id for row in table_.rows} - reached


@settings(max_examples=60, deadline=None)
@given(tables(("unique", "first"), ("n", "k", "s")))
def test_the_rows_that_are_offered_close_the_gap(body: str) -> None:
    for finding in lint_tables(compiled(body)):
        if finding.code.id == "RULE-GAP-001" and "| NEW1" in finding.args["fix"]:
            rows = finding.args["fix"].split("\n")[1:]
            closed = body + "".join(f"      {row}\n" for row in rows)
            assert "RULE-GAP-001" not in codes(lint_tables(compiled(closed)))
            assert "RULE-EVAL-001" not in shown(compiled(closed))
            new = {d.args.get("row") for d in lint_tables(compiled(closed))}
            assert not any(str(row).startswith("NEW") for row in new)


LINKED = """\
inputs:
  n: {type: number, scale: 0, range: "[0..4]"}
  m: {type: number, scale: 0, range: "[0..4]"}
"""
PAIRS = [{"n": n, "m": m} for n in range(5) for m in range(5)]
open_numbers = st.one_of(st.just("-"), numbers, st.builds("{} {}".format, signs, st.just("m")))
LINKED_CELLS = {"n": open_numbers, "m": numbers, "n - m": numbers, "n * 2": numbers}


@st.composite
def linked_tables(draw: st.DrawFn, policy: str) -> str:
    """Draw a table whose heads hang together, and sometimes an assumption."""
    heads = draw(st.lists(st.sampled_from([*LINKED_CELLS]), min_size=1, max_size=3))
    rows = [
        f"R{i} | {' | '.join(draw(LINKED_CELLS[h]) for h in heads)} || {i}"
        for i in range(draw(st.integers(1, 4)))
    ]
    assumed = draw(st.sampled_from(["", "assume: ['n <= m']\n", "assume: ['n + m < 6']\n"]))
    return LINKED + table(f"id | {' | '.join(heads)} || out", *rows, policy=policy) + assumed


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["first", "unique"]).flatmap(linked_tables))
def test_where_heads_hang_together_nothing_is_told_as_shown_that_is_not(body: str) -> None:
    """What is shown is met, and what is met is shown or said to be open."""
    rule_set = compiled(body)
    decisions = [interpret(rule_set, case) for case in PAIRS]
    met = {fault.code.id for d in decisions for fault in d.faults}
    hit = {row for d in decisions for step in d.trace for row in step.rows}
    found = lint_tables(rule_set)
    told = codes(found)
    for fault, kind in (("RULE-EVAL-001", "RULE-GAP"), ("RULE-EVAL-002", "RULE-OVERLAP")):
        assert (fault in met) >= (f"{kind}-001" in told)
        shown_ = told & {f"{kind}-001", f"{kind}-002", "RULE-DUPLICATE-001"}
        assert bool(shown_) >= (fault in met)
    dead = {d.args["row"] for d in found if "DEAD" in d.code.id}
    assert not dead & hit


sets = st.integers(0, 15)
boxes = st.tuples(sets, sets, sets)


@given(st.lists(boxes, max_size=8), st.tuples(*[st.integers(1, 15)] * 3))
def test_what_is_left_of_a_box_is_what_no_other_touches(
    others: list[tuple[int, int, int]], whole: tuple[int, int, int]
) -> None:
    def holds(box: tuple[int, ...], point: tuple[int, ...]) -> bool:
        return all(bits >> at & 1 for bits, at in zip(box, point, strict=True))

    points = [p for p in itertools.product(range(4), repeat=3) if holds(whole, p)]
    open_ = [p for p in points if not any(holds(box, p) for box in others)]
    index = Boxes(others)
    left = index.left_of(whole, index.all, Budget(10_000))
    if left is None:
        assert not open_
        return
    assert {p for p in points if holds(left, p)} <= set(open_)
    wide = index.widened(left, whole)
    assert all(meet(wide, box) is None for box in others)
    assert all(a & b == b for a, b in zip(wide, left, strict=True))
