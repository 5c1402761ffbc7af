"""Cases measured: what they reach, which faults they notice, and the cases that would notice the rest."""

from __future__ import annotations

import pytest

from engine.kernel.cases import Case
from engine.kernel.diagnostics import Code, render
from engine.rules import coverage, mutants
from engine.rules.measure import Measured, Mutation, measure, mutate
from engine.rules.mutants import Mutant, mutants_of
from engine.rules.prove import equivalent
from tests.support.golden import assert_golden
from tests.support.rule_sets import HEAD, compiled, table

RULES = """\
inputs:
  overall: {type: number, range: "[0..100]", scale: 1}
  assessed: {type: boolean, default: true}
params:
  line: {value: 80, provenance: human_set}
decisions:
  outcome:
    type: string
    one_of: [offer, review, near]
    hit_policy: first
    table: |
      | id | assessed | overall    || outcome | reason |
      |----|----------|------------||---------|--------|
      | P1 | false    | -          || review  | -      |
      | P2 | -        | [70..line) || near    | NEAR   |
      | P3 | -        | >= line    || offer   | -      |
      | P4 | -        | -          || review  | -      |
  pay:
    type: number
    only_if: outcome = "offer"
    value: if overall > 95 and assessed then 2 else 1
reasons:
  NEAR: {zh: 近, en: near}
"""
TEXT = HEAD + RULES


def case(id_: str, expect: dict[str, object], **inputs: object) -> Case:
    return Case.model_validate({"id": id_, "inputs": inputs, "expect": expect})


GOOD = (
    case("unassessed", {"outcome": "review"}, overall=90, assessed=False),
    case("far", {"outcome": "review"}, overall="69.9"),
    case("near", {"outcome": "near", "reasons": ["NEAR"]}, overall=70),
    case("just", {"outcome": "near"}, overall="79.9"),
    case("nearer", {"outcome": "near"}, overall="70.1"),
    case("line", {"outcome": "offer", "pay": 1}, overall=80),
    case("above", {"outcome": "offer", "pay": 1}, overall="80.1"),
    case("much", {"pay": 1}, overall="94.9"),
    case("very-much", {"pay": 1}, overall=95),
    case("more", {"pay": 2}, overall="95.1"),
    case("unassessed-near", {"outcome": "review", "reasons": []}, overall=75, assessed=False),
)


def measured(*cases: Case) -> tuple[Measured, Mutation]:
    found = measure(compiled(RULES), cases)
    return found, mutate(found, equivalent=equivalent)


def texts(body: str) -> list[str]:
    return [mutant.told.message() for mutant in mutants_of(compiled(body))]


def test_good_cases_reach_and_notice_everything() -> None:
    found, mutation = measured(*GOOD)
    cover = found.coverage
    assert [one.open for one in (cover.rows, cover.bounds)] == [(), ()]
    assert [one.message() for one in cover.branches.open] == [
        "in no case is `assessed` false",
    ]
    assert mutation.survivors == ()
    assert mutation.score == 100
    assert mutation.noticed + mutation.equivalent == mutation.total


def test_what_is_not_reached_is_named() -> None:
    cover = measure(compiled(RULES), GOOD[5:6]).coverage
    assert (cover.rows.reached, cover.rows.total) == (1, 4)
    assert [one.args["row"] for one in cover.rows.open] == ["P1", "P2", "P4"]
    ways = {f"{one.args['text']}: {one.args['way']}" for one in cover.branches.open}
    assert ways == {
        "overall > 95 and assessed: true",
        "overall > 95: true",
        "assessed: true",
        "assessed: false",
        'outcome = "offer": false',
    }
    sides = [f"{one.args['way']} {one.args['bound']}" for one in cover.bounds.open]
    assert sides == [
        *("just below 70", "at 70", "just above 70"),
        *("just below line", "just above line"),
        *("just below 95", "at 95", "just above 95"),
    ]


def test_survivors_are_told_in_the_author_s_words_and_cases_would_notice() -> None:
    found, mutation = measured(*GOOD[:4], GOOD[8])
    assert mutation.survivors
    for survivor in mutation.survivors:
        assert survivor.inputs is not None
        assert survivor.decision is not None
        assert survivor.decision.status == "decided"
    told = {survivor.told.message() for survivor in mutation.survivors}
    assert "no case notices if `>= line` becomes `> line` in row `P3`, column `overall`" in told
    assert "no case notices if the parameter `line` becomes 81 instead of 80" in told
    # With one case for each, as it is suggested, nothing is left.
    new = [
        case(
            f"new-{number}",
            {**one.decision.outcomes, "reasons": [r.code for r in one.decision.reasons]},
            **dict(one.inputs),
        )
        for number, one in enumerate(mutation.survivors)
        if one.decision and one.inputs
    ]
    again = mutate(measure(compiled(RULES), [*GOOD[:4], GOOD[8], *new]), equivalent=equivalent)
    assert again.survivors == ()
    assert found.coverage.rows.open == ()


def test_the_same_cases_are_measured_alike() -> None:
    assert measured(*GOOD[:3])[1] == measured(*GOOD[:3])[1]


def test_cases_that_fail_notice_nothing() -> None:
    wrong = case("wrong", {"outcome": "offer"}, overall=10)
    found, mutation = measured(wrong)
    assert found.cases == ()
    assert mutation.noticed == 0


def test_a_mutant_that_changes_nothing_is_left_out_when_that_is_proved() -> None:
    body = table("id | a || out", "R1 | < 50 || 1", "R2 | >= 50 || 2")
    cases = [
        case(f"c{number}", {"out": out}, a=number)
        for number, out in ((48, 1), (49, 1), (50, 2), (51, 2), ("49.5", 1), ("48.5", 1))
    ]
    found = measure(compiled(body), cases)
    proved, open_ = mutate(found, equivalent=equivalent), mutate(found)
    # Under `first` the order of rows that never fit together is no matter, nor what R1 has taken already.
    told = [s.told.args.get("after") for s in open_.survivors]
    assert told == [">= 49", None]
    assert (proved.survivors, proved.equivalent, proved.score) == ((), 2, 100)
    assert open_.score < 100


def test_a_row_whose_absence_leaves_a_gap_is_not_taken_for_equivalent() -> None:
    """The solver must ask where the mutant has no answer, too."""
    rule_set = compiled(table("id | a || out", "R1 | < 50 || 1", "R2 | >= 50 || 1"))
    gone = [m for m in mutants_of(rule_set) if m.told.code.id == "CASE-MUTANT-003"]
    assert [equivalent(rule_set, m.rule_set) for m in gone] == [False, False]


@pytest.mark.parametrize(
    ("cell", "after"),
    [
        ("< 5", ["<= 5", "< 6", "< 4"]),
        ("5", ["not(5)", "6", "4"]),
        ("[5..8)", ["(5..8)", "[6..8)", "[4..8)", "[5..8]", "[5..9)", "[5..7)"]),
        ("]5..8[", ["[5..8[", "]6..8[", "]4..8[", "]5..8]", "]5..9[", "]5..7["]),
        ("not(< 5)", ["not(<= 5)", "not(< 6)", "not(< 4)"]),
        (
            "1, > 5",
            ["? != 1, > 5", "2, > 5", "0, > 5", "1, >= 5", "1, > 6", "1, > 4"],
        ),
        ("? > 5 and ? != 7", None),
        ("< b", ["<= b"]),
    ],
)
def test_the_changes_of_a_cell(cell: str, after: list[str] | None) -> None:
    body = "inputs:\n  a: {type: number}\n  b: {type: number}\n" + table(
        "id | a || out", f"R1 | {cell} || 1", "R2 | - || 2"
    )
    made = [m for m in mutants_of(compiled(body)) if m.told.args.get("column") == "a"]
    wanted = after or ["? >= 5 and ? != 7", "? > 6 and ? != 7", "? > 4 and ? != 7"]
    found = [m.told.args["after"] for m in made]
    assert found[: len(wanted)] == wanted
    # Each is what its author would have got by writing it so.
    for mutant, text in zip(made, found, strict=True):
        _same_as_written(mutant, body, cell, text)


def _same_as_written(mutant: Mutant, body: str, cell: str, after: str) -> None:
    written = compiled(body.replace(f"| {cell} ||", f"| {after} ||"))
    assert equivalent(written, mutant.rule_set) is True


def test_the_step_of_a_bound_is_that_of_what_it_meets() -> None:
    body = "inputs:\n  a: {type: number, scale: 2}\n  d: {type: date}\n" + table(
        "id | a | d || out", 'R1 | < 5 | < @"2026-01-31" || 1', "R2 | - | - || 2"
    )
    told = texts(body)
    assert "no case notices if `< 5` becomes `< 5.01` in row `R1`, column `a`" in told
    assert any('`< date("2026-02-01")`' in one for one in told)


def test_rows_and_outputs() -> None:
    body = table("id | a || out", "R1 | < 5 || 1", "R2 | < 9 || 2", "R3 | - || 1")
    told = texts(body)
    assert "no case notices if the row `R2` of `out` is left out" in told
    assert "no case notices if the rows `R1` and `R2` of `out` change places" in told
    assert "no case notices if `1` becomes `2` in row `R3`, column `out`" in told
    assert not any("change places" in one for one in texts(body.replace("first", "collect")))


def test_expressions_functions_and_conditions_are_changed_too() -> None:
    body = """\
functions:
  f1: {type: number, params: {x: {type: number}}, value: if x between 1 and 3 then 1 else 2}
decisions:
  out: {type: number, only_if: f = true, value: f1(a)}
"""
    told = texts(body)
    assert "no case notices if `x between 1 and 3` becomes `x > 1` in `f1`" in told
    assert "no case notices if `=` becomes `!=` in `out`" in told
    assert "no case notices if `3` becomes `4` in `f1`" in told


def test_a_parameter_that_would_be_refused_is_no_mutant() -> None:
    body = """\
params:
  low: {value: 1, unit: points, provenance: human_set}
  text: {value: x, type: string, provenance: human_set}
decisions:
  out: {type: number, value: "modulo(a, 5) + low / low"}
"""
    made = [(m.told.args["name"], m.told.args["after"]) for m in mutants_of(compiled(body))]
    assert made == [("low", "2"), ("low", "0")]


def test_every_kind_has_its_text() -> None:
    found, mutation = measured(GOOD[8])
    cover = found.coverage
    expression = next(
        m.told for m in mutants_of(compiled(RULES)) if m.told.code.id == "CASE-MUTANT-002"
    )
    told = [*cover.rows.open, *cover.branches.open, *cover.bounds.open]
    told += [*(s.told for s in mutation.survivors), expression]
    first = {one.code.id: one for one in reversed(told)}
    known = {
        value.id
        for module in (coverage, mutants)
        for value in vars(module).values()
        if isinstance(value, Code)
    }
    assert set(first) == known
    for code, one in first.items():
        drawn = "\n\n".join(render(one, TEXT.split("\n"), lang) for lang in ("en", "zh"))
        assert_golden(f"diagnostics/{code}.txt", drawn + "\n")
