"""Findings about what a rule set says: gaps, overlaps, rows without effect, what is unused; each with its text."""

from __future__ import annotations

import pytest

from engine.content import check_content, read_content
from engine.hiring import attributes, provenance
from engine.kernel.diagnostics import Code, Diagnostic, has_errors, render
from engine.rules import lint, policies, unused
from engine.rules.boxes import Budget
from tests.support.golden import assert_golden
from tests.support.rule_sets import HEAD, table

INPUTS = """\
inputs:
  overall: {type: number, range: "[0..100]", scale: 1}
  other: {type: number, range: "[0..100]"}
  exam: {type: number, range: "[0..100]", nullable: true}
  assessed: {type: boolean}
  floors: {type: list<string>, default: []}
  city: {type: string, one_of: [x, y, z]}
params:
  line: {value: 80, provenance: human_set}
"""
A = "inputs:\n  a: {type: number, range: '[0..100]'}\n"
ONE = "decisions:\n  out: {type: number, value: a}\n"
POLICY = """\
schema_version: "1"
kind: policy
id: company
version: 1.0.0
title: {zh: 政策, en: Policy}
owner: test
effective_from: 2026-01-01T00:00:00+08:00
clause: T
clauses:
  - {id: T-1, title: {zh: 一, en: One}}
"""
MORE = "  - {id: T-2, title: {zh: 二, en: Two}}\n"

FOUND: dict[str, str] = {
    "RULE-GAP-001": INPUTS
    + table("id | overall | assessed || out", "R1 | >= line | - || 1", "R2 | < 79 | - || 2"),
    "RULE-OVERLAP-001": INPUTS
    + table("id | overall || out", "R1 | >= line || 1", "R2 | <= 80 || 2", policy="unique"),
    "RULE-CONFLICT-001": INPUTS
    + table(
        "id | overall | other || out",
        "R1 | > 50 | - || 1",
        "R2 | - | > 50 || 2",
        "R3 | <= 50 | <= 50 || 1",
        policy="any",
    ),
    "RULE-DEAD-001": INPUTS
    + table("id | overall || out", "R1 | >= line || 1", "R2 | >= 90 || 2", "R3 | - || 3"),
    "RULE-DEAD-002": INPUTS + table("id | overall || out", "R1 | > 100 || 1", "R2 | - || 3"),
    "RULE-DEAD-003": INPUTS
    + table("id | overall || out", "R1 | >= line || 1", "R2 | < line || 2")
    + """\
  pay:
    type: number
    only_if: out = 1
    hit_policy: first
    table: |
      | id | overall + other || pay |
      |----|-----------------||-----|
      | P1 | < 50            || 1   |
      | P2 | -               || 2   |
""",
    "RULE-DUPLICATE-001": INPUTS
    + table("id | city || out", 'R1 | "x" || 1', "R2 | x || 1", "R3 | - || 3"),
    "RULE-UNUSED-001": "inputs:\n  a: {type: number}\n  b: {type: number}\n" + ONE,
    "RULE-UNUSED-002": A + "params:\n  line: {value: 80, provenance: human_set}\n" + ONE,
    "RULE-UNUSED-003": A + ONE + "reasons:\n  WHY: {zh: 因, en: why}\n",
    "RULE-CLAUSE-001": A
    + table("id | a || out | clause", "R1 | < 5 || 1 | T-1.1", "R2 | >= 5 || 2 | -"),
    "LAW-INPUT-001": "inputs:\n  a: {type: number}\n  candidate_age: {type: number}\n"
    + ONE.replace("value: a", "value: a + candidate_age"),
    "LAW-INPUT-002": "inputs:\n  a: {type: number}\n  区域: {type: string, label: {zh: 现住址邮编, en: Area}}\n"
    + table("id | 区域 || out", 'R1 | "x" || a', 'R2 | not("x") || 1'),
    "LAW-DATA-001": A
    + "params:\n  learnt: {value: 2, provenance: data_derived}\n"
    + ONE.replace("value: a", "value: a * learnt"),
}
"""A rule set for each kind of finding."""


def checked(body: str, **more: str) -> tuple[str, list[Diagnostic]]:
    """Check a rule set as `evenhand check` does, with other files beside it."""
    text = HEAD + body
    return text, check_content(read_content({"rules/small/1.0.0.yaml": text, **more}))


def codes(body: str) -> list[str]:
    return [d.code.id for d in checked(body)[1] if not d.code.id.startswith("RULE-UNUSED")]


def golden(code: str, found: list[Diagnostic], text: str) -> None:
    (one,) = (d for d in found if d.code.id == code)
    assert one.span is not None
    drawn = "\n\n".join(render(one, text.split("\n"), lang) for lang in ("en", "zh"))
    assert_golden(f"diagnostics/{code}.txt", drawn + "\n")


@pytest.mark.parametrize("code", sorted(FOUND))
def test_a_finding_has_its_text(code: str) -> None:
    text, found = checked(FOUND[code])
    assert {d.code.id for d in found} - {"RULE-UNUSED-001", "RULE-UNUSED-002"} <= {code}
    golden(code, found, text)


def test_what_is_not_proved_is_said_to_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing, and a solver that does not know, leave a question open."""
    monkeypatch.setattr("engine.rules.showing.Cases.show", lambda *_: None)
    monkeypatch.setattr("engine.rules.showing.Cases.prove", lambda *_: False)
    for code in ("RULE-GAP", "RULE-OVERLAP", "RULE-CONFLICT"):
        text, found = checked(FOUND[f"{code}-001"])
        assert not has_errors(found)
        golden(f"{code}-002", found, text)


def test_a_table_beyond_the_budget_is_said_to_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "Budget", lambda _: Budget(2))
    monkeypatch.setattr("engine.rules.showing.Cases.prove", lambda *_: False)
    body = FOUND["RULE-GAP-001"].replace("first", "unique")
    text, found = checked(body)
    assert not has_errors(found)
    golden("RULE-BUDGET-001", found, text)


def test_beyond_the_budget_the_solver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "Budget", lambda _: Budget(0))
    (gap,) = (d for d in checked(FOUND["RULE-GAP-001"])[1] if "GAP" in d.code.id)
    assert gap.code.id == "RULE-GAP-001"
    closed = INPUTS + table("id | overall || out", "R1 | >= 80 || 1", "R2 | < 80 || 2")
    assert codes(closed.replace("first", "unique")) == []


def test_many_findings_of_a_kind_are_told_in_part() -> None:
    rows = [f"R{n} | >= {n} || {n}" for n in range(40)]
    text, found = checked(INPUTS + table("id | overall || out", "R | - || 0", *rows))
    assert [d.code.id for d in found].count("RULE-DEAD-001") == 20
    golden("RULE-BUDGET-002", found, text)


def test_clauses_and_rules_are_held_against_each_other() -> None:
    body = A + table("id | a || out | clause", "R1 | < 5 || 1 | T-1", "R2 | >= 5 || 2 | T-3.1")
    text, found = checked(body, **{"rules/policies/company/1.0.0.yaml": POLICY + MORE})
    golden("POLICY-001", found, text)
    golden("POLICY-002", found, POLICY + MORE)
    assert len(found) == 2


def test_a_clause_stands_once() -> None:
    twice = POLICY + MORE.replace("T-2", "T-1")
    _, found = checked(A + ONE, **{"rules/policies/company/1.0.0.yaml": twice})
    golden("POLICY-003", found, twice)


def test_people_carry_out_clauses_too() -> None:
    by_person = POLICY + MORE.replace("{id: T-2,", "{id: T-2, by: person,")
    assert not checked(A + ONE, **{"rules/policies/company/1.0.0.yaml": by_person})[1]


def test_every_code_has_its_example() -> None:
    known = {
        value.id
        for module in (lint, unused, policies, provenance, attributes)
        for value in vars(module).values()
        if isinstance(value, Code) and not value.id.startswith(("RULE-EVAL", "YAML"))
    }
    others = {f"RULE-{kind}-002" for kind in ("GAP", "OVERLAP", "CONFLICT", "BUDGET")}
    others |= {"RULE-BUDGET-001", "POLICY-001", "POLICY-002", "POLICY-003"}
    assert known == set(FOUND) | others


# --- what is no finding ------------------------------------------------------------------------

CLEAN = {
    "beyond the range": table("id | overall || out", "R1 | < 50 || 1", "R2 | [50..100] || 2"),
    "between steps": table("id | overall || out", "R1 | <= 50 || 1", "R2 | >= 50.1 || 2"),
    "the same input twice": table(
        "id | overall | overall || out", "R1 | >= 20 | < 80 || 1", "R2 | not([20..80)) | - || 2"
    ),
    "a difference and a part of it": table(
        "id | overall - other | overall || out",
        "R1 | > 0 | >= 0 || 1",
        "R2 | <= 0 | - || 2",
    ),
    "two sides of another input": table(
        "id | overall || out", "R1 | < other || 1", "R2 | >= other || 2", policy="unique"
    ),
    "a count": table("id | count(floors) || out", "R1 | 0 || 1", "R2 | >= 1 || 2", policy="unique"),
    "missing": table("id | exam || out", "R1 | null || 1", "R2 | < 60 || 2", "R3 | >= 60 || 3"),
    "what an expression can be": table(
        "id | min(overall, 50) || out", "R1 | < 50 || 1", "R2 | 50 || 2", policy="unique"
    ),
    "the same for both": table(
        "id | overall | other || out",
        "R1 | > 50 | - || 1",
        "R2 | - | > 50 || 1",
        "R3 | - | - || 1",
        policy="any",
    ),
    "a default": table("id | city || out", 'R1 | "x" || 1', policy="unique", default="{out: 3}"),
    "nothing collected": table("id | city || out", 'R1 | "x" || 1', policy="collect"),
}


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_a_sound_table_is_let_be(name: str) -> None:
    assert codes(INPUTS + CLEAN[name]) == []


def test_an_assumption_rules_a_case_out() -> None:
    body = INPUTS + table(
        "id | overall | other || out", "R1 | <= 50 | - || 1", "R2 | > 50 | > 50 || 2"
    )
    assert codes(body) == ["RULE-GAP-001"]
    assert codes(body + "assume:\n  - overall <= other\n") == []


def test_an_overlap_that_only_the_solver_sees() -> None:
    """Both rows fit at one sum of two inputs, which no value that stands in the rules gives."""
    rows = ("R1 | <= 41.3 || 1", "R2 | >= 41.3 || 2")
    found = checked(INPUTS + table("id | overall + other || out", *rows, policy="unique"))[1]
    assert "RULE-OVERLAP-001" in {d.code.id for d in found}


def test_a_gap_of_a_function_is_shown_by_a_call() -> None:
    body = """\
inputs:
  a: {type: number, range: "[0..100]"}
functions:
  grade:
    type: number
    params: {x: {type: number}}
    table: |
      | id | x    || grade |
      |----|------||-------|
      | R1 | < 50 || 1     |
      | R2 | > 50 || 2     |
decisions:
  out: {type: number, value: grade(a)}
"""
    (found,) = checked(body)[1]
    assert (found.code.id, found.args["case"]) == ("RULE-GAP-001", "a = 50")


def test_listed_rows_are_offered_as_listed_rows() -> None:
    body = (
        INPUTS
        + """\
decisions:
  out:
    type: number
    columns: {when: [city], then: [out]}
    rows:
      - {id: R1, when: ['"x", "y"'], then: ["1"]}
"""
    )
    (found,) = (d for d in checked(body)[1] if d.is_error)
    row = found.args["fix"].split("\n")[1]
    assert row == r'- {id: NEW1, when: ["not(\"x\", \"y\")"], then: ["1"]}'
    assert codes(body + f"      {row}\n") == []


def test_a_parameter_in_a_folded_cell_is_used() -> None:
    body = A + "params:\n  line: {value: 80, provenance: human_set}\n"
    assert not checked(body + table("id | a || out", "R1 | - || line + 5"))[1]


# --- protected attributes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("age", "LAW-INPUT-001"),
        ("ageGroup", "LAW-INPUT-001"),
        ("age_at_hire", "LAW-INPUT-001"),
        ("applicant_gender", "LAW-INPUT-001"),
        ("marital_status", "LAW-INPUT-001"),
        ("候选人年龄", "LAW-INPUT-001"),
        ("年龄段", "LAW-INPUT-001"),
        ("性别", "LAW-INPUT-001"),
        ("name", "LAW-INPUT-002"),
        ("full_name", "LAW-INPUT-002"),
        ("postcode", "LAW-INPUT-002"),
        ("出生日期", "LAW-INPUT-002"),
        ("percentage", None),
        ("language", None),
        ("course_name", None),
        ("health_insurance_base", None),
        ("age_limit_of_course", None),
        ("项目名称", None),
        ("健康险基数", None),
        ("messages", None),
    ],
)
def test_attributes_are_found_as_words(name: str, found: str | None) -> None:
    body = (
        f"inputs:\n  {name}: {{type: number}}\ndecisions:\n  out: {{type: number, value: {name}}}\n"
    )
    assert codes(body) == ([] if found is None else [found])


def test_an_attribute_may_be_passed_along_to_prove_that_nothing_reads_it() -> None:
    body = "inputs:\n  a: {type: number}\n  gender: {type: string}\n" + ONE
    claim = "guarantees:\n  - {id: G1, independent_of: gender, of: out}\n"
    assert codes(body) == ["LAW-INPUT-001"]
    assert codes(body + claim) == []
    reading = body.replace("value: a", 'value: if gender = "x" then a else 1')
    assert codes(reading + claim) == ["LAW-INPUT-001"]


def test_a_jurisdiction_has_its_own_list() -> None:
    law = """\
schema_version: "1"
kind: jurisdiction
id: eu
version: 1.0.0
title: {zh: 欧盟, en: EU}
owner: legal
effective_from: 2026-01-01T00:00:00+08:00
clause: T-2
blocked_inputs:
  - {attribute: union_member, proxies: [shift], cites: Act 1}
"""
    for name, code in (("union_member", "LAW-INPUT-001"), ("shift", "LAW-INPUT-002")):
        inputs = f"jurisdictions: [eu]\ninputs:\n  {name}: {{type: number}}\n"
        body = inputs + ONE.replace("value: a", f"value: {name}")
        (found,) = checked(body, **{"rules/jurisdictions/eu/1.0.0.yaml": law})[1]
        assert (found.code.id, found.args["cites"]) == (code, "`eu`, Act 1")
