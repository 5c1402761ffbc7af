"""The cases of a rule set: their drawn grid, what a case inherits, and how answers are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.kernel.cases import CaseFile, CaseResult, listed
from engine.kernel.documents import load_text
from engine.rules.cases import cases_of, check_grid, run_case
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet

if TYPE_CHECKING:
    from engine.kernel.documents import Loaded

RULES = """\
schema_version: "1"
kind: rule_set
id: door
version: 1.0.0
title: {zh: 门, en: Door}
owner: hr-policy
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-POL-01
feel: "1"
inputs:
  tall: {type: number, range: "[0..300]"}
  bags: {type: list<string>, default: []}
  guest: {type: boolean, default: false}
decisions:
  signs:
    type: string
    one_of: [stoop, leave_bags]
    hit_policy: collect
    table: |
      | id | tall  | count(bags) || signs      | reason |
      |----|-------|-------------||------------|--------|
      | D1 | > 190 | -           || stoop      | TALL   |
      | D2 | -     | > 1         || leave_bags | BAGS   |
  welcome:
    type: boolean
    only_if: guest
    value: count(signs) = 0
reasons:
  TALL: {zh: 高, en: Tall}
  BAGS: {zh: 多, en: Many}
"""
HEAD = """\
schema_version: "1"
kind: cases
of: door
"""


def file(text: str) -> Loaded[CaseFile]:
    return load_text(CaseFile, HEAD + text, "cases.yaml")


def run(text: str) -> dict[str, CaseResult]:
    rule_set = compile_rule_set(load_text(RuleSet, RULES))
    return {one.id: run_case(rule_set, one) for one in cases_of(file(text).document)}


GRID = """\
grid: |
  | id    | tall   | bags     | guest || signs             | welcome        | status     |
  |-------|--------|----------|-------||-------------------|----------------|------------|
  | plain | 180    | -        | -     || []                | not_applicable | decided    |
  | laden | 190.01 | red; tin | true  || stoop; leave_bags | false          | decided    |
  | empty | -      | []       | true  || []                | true           | decided    |
  | none  | absent | -        | -     || []                | not_applicable | incomplete |
defaults: {inputs: {tall: 190}}
"""


def test_a_grid_is_a_case_a_row() -> None:
    results = run(GRID)
    assert list(results) == ["plain", "laden", "empty", "none"]
    assert [case for case, result in results.items() if not result.passed] == ["none"]
    assert [one.key for one in results["none"].differences] == ["signs"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("stoop; leave_bags", "leave_bags; stoop", "signs"),
        ("| stoop; leave_bags", "| stoop            ", "signs"),
        ("| false ", "| true  ", "welcome"),
        ("| decided    |\n  | empty", "| error      |\n  | empty", "status"),
    ],
)
def test_a_grid_tells_what_differs(old: str, new: str, key: str) -> None:
    assert old in GRID
    (difference,) = run(GRID.replace(old, new))["laden"].differences
    assert difference.key == key


def test_a_case_inherits_and_may_take_back() -> None:
    results = run("""\
defaults: {inputs: {tall: 200, guest: true}}
cases:
  - {id: inherits, expect: {signs: [stoop], reasons: [TALL], welcome: false}, hit: {signs: D1}}
  - {id: overrides, inputs: {tall: 150}, expect: {signs: [], welcome: true}}
  - {id: without, without: [guest], expect: {welcome: not_applicable}}
  - {id: wrong-row, expect: {}, hit: {signs: D2}}
""")
    assert [case for case, result in results.items() if not result.passed] == ["wrong-row"]
    (difference,) = results["wrong-row"].differences
    assert (difference.key, difference.expected, difference.actual) == ("hit.signs", "D2", "D1")


def test_a_fault_in_the_drawing_is_told_at_its_place() -> None:
    assert check_grid(file(GRID)) == []
    assert check_grid(file("cases: []")) == []
    torn = file(GRID.replace("| decided    |\n  | empty", "| decided    \n  | empty"))
    (found,) = check_grid(torn)
    assert found.code.id == "TABLE-002"
    assert found.span is not None
    assert (found.span.path, found.span.line) == ("cases.yaml", 8)


def test_a_cell_reads_as_a_list() -> None:
    assert listed("a; b") == ["a", "b"]
    assert listed("a") == ["a"]
    assert listed("[]") == []
    assert listed(["a"]) == ["a"]
