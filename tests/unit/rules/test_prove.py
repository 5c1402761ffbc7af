"""Guarantees proved and refuted: the article's rule, its mutants, and what stops a proof."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.documents import load_text
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from engine.rules.prove import Proof, equivalent, prove_claim
from tests.support.golden import assert_golden, rendered
from tests.support.rule_sets import compiled_text, shipped

if TYPE_CHECKING:
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.pairs import Shown

OFFER = shipped("rules/offer/1.0.0.yaml")
PAY = "    value: round half up(interpolate(overall, line, band_min, cap, band_max), 2)\n"
TYPICAL = {
    "overall": Decimal(85),
    "assessed": True,
    "below_floor": (),
    "discrepant": False,
    "min_confidence": Decimal(1),
    "band_min": Decimal(8000),
    "band_max": Decimal(10000),
}


def offer(*changes: tuple[str, str]) -> CompiledRuleSet:
    """The offer with parts of its text replaced; each must stand there."""
    text = OFFER
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return compiled_text(text)


def proofs(rule_set: CompiledRuleSet, **typical: object) -> dict[str, Proof]:
    case: dict[str, Any] = {**TYPICAL, **typical}
    return {claim.id: prove_claim(rule_set, claim, typical=[case]) for claim in rule_set.claims}


def verdicts(rule_set: CompiledRuleSet) -> dict[str, str]:
    return {id_: proof.verdict for id_, proof in proofs(rule_set).items()}


def again(rule_set: CompiledRuleSet, shown: Shown) -> None:
    """What an example says was decided is what the engine decides."""
    assert decide(rule_set, shown.inputs) == shown.decision
    assert shown.decision.status == "decided"


GENDER = (
    (
        "  band_min:       {",
        "  gender: {type: string, one_of: [male, female, other]}\n  band_min:       {",
    ),
    ("guarantees:\n", "guarantees:\n  - {id: G4, independent_of: gender}\n"),
)


def test_the_articles_rule_is_proved() -> None:
    assert verdicts(offer(*GENDER)) == dict.fromkeys(["G1", "G2", "G3", "G4"], "proved")


def test_a_decision_by_gender_is_refuted_by_two_people_who_differ_in_nothing_else() -> None:
    rule_set = offer(
        *GENDER,
        (
            PAY,
            f'    value: if gender = "male" then band_max else {PAY.strip()[7:]}\n',
        ),
    )
    proof = proofs(rule_set, gender="female")["G4"]
    assert proof.verdict == "refuted"
    one, two = proof.example
    differing = {n for n in one.inputs if one.inputs[n] != two.inputs[n]}
    assert differing == {"gender"}
    assert one.decision.outcomes != two.decision.outcomes
    again(rule_set, one)
    again(rule_set, two)


def test_a_second_band_that_starts_below_the_first_ones_end() -> None:
    rule_set = offer(
        (
            PAY,
            """\
    value: |
      if overall < 85 then round half up(interpolate(overall, line, 8000, 85, 8800), 2)
      else round half up(interpolate(overall, 85, 8799, cap, 10000), 2)
""",
        )
    )
    proof = proofs(rule_set)["G1"]
    assert proof.verdict == "refuted"
    low, high = proof.example
    assert low.inputs["overall"] < 85 <= high.inputs["overall"]  # type: ignore[operator]
    assert low.decision.outcomes["base_salary"] > high.decision.outcomes["base_salary"]  # type: ignore[operator]
    assert low.inputs["band_min"] == Decimal(8000), "the rest looks like a case of the rule set"
    again(rule_set, low)
    again(rule_set, high)


@pytest.mark.slow
def test_a_cap_that_was_forgotten() -> None:
    value = "band_min + (overall - line) * (band_max - band_min) / (cap - line)"
    rule_set = offer((PAY, f"    value: round half up({value}, 2)\n"))
    found = proofs(rule_set)
    assert [p.verdict for p in found.values()] == ["proved", "proved", "refuted"]
    (shown,) = found["G3"].example
    assert shown.decision.outcomes["base_salary"] > shown.inputs["band_max"]  # type: ignore[operator]
    assert shown.inputs["band_max"] == Decimal(10000)
    again(rule_set, shown)


def test_a_negative_weight() -> None:
    probation = shipped("rules/probation/1.0.0.yaml")
    rule_set = compiled_text(
        probation.replace(
            "training_weight:    {value: 30", "training_weight:    {value: -30"
        ).replace("performance_weight: {value: 70", "performance_weight: {value: 130")
    )
    found = {c.id: prove_claim(rule_set, c) for c in rule_set.claims}
    assert [found[i].verdict for i in ("G1", "G2", "G3", "G4")] == [
        "refuted",
        "proved",
        "refuted",
        "proved",
    ]
    for proof in (found["G1"], found["G3"]):
        for shown in proof.example:
            again(rule_set, shown)


def test_pay_of_three_decimal_places_leaves_its_band() -> None:
    proof = proofs(offer(("scale: 2, ", "")))["G3"]
    assert proof.verdict == "refuted", "half a cent rounds out of the band"
    again(offer(("scale: 2, ", "")), proof.example[0])


def test_a_better_score_that_is_worse() -> None:
    changed = offer(("| >= line             || offer", "| [line..90)          || offer"))
    low, high = proofs(changed)["G2"].example
    assert low.decision.outcomes["outcome"] == "offer"
    assert high.decision.outcomes["outcome"] == "human_review"


def test_what_is_not_proved_says_what_stops_it() -> None:
    stated = "sqrt(min_confidence) * sqrt(min_confidence) <= min_confidence + 1"
    text = OFFER[: OFFER.index("guarantees:")] + f"guarantees:\n  - {{id: G1, always: {stated}}}\n"
    proof = proofs(compiled_text(text))["G1"]
    assert proof.verdict == "not_proved"
    assert not proof.example
    drawn = "\n".join(rendered(stop, text) for stop in proof.stops)
    assert_golden("diagnostics/RULE-PROOF-001.txt", drawn)


@pytest.mark.slow
def test_unchanged_from() -> None:
    claims = "guarantees:\n  - {id: U1, unchanged_from: 1.0.0}\n"
    old = offer()
    same = offer(("guarantees:\n", claims), ("{value: 3, ", "{value: 3.0, "))
    other = offer(("guarantees:\n", claims), ("cap:       {value: 90,", "cap:       {value: 91,"))
    assert prove_claim(same, same.claims[0], old).verdict == "proved"
    proof = prove_claim(other, other.claims[0], old, [TYPICAL])
    assert proof.verdict == "refuted"
    assert [s.decision.outcomes["outcome"] for s in proof.example] == ["offer", "offer"]
    assert len({s.decision.outcomes["base_salary"] for s in proof.example}) == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("{value: 3,    unit", "{value: 3.0, unit"), True),
        (("| [line - near..line) |", "| [77..line)          |"), True),
        (("| >= line  ", "| > line   "), False),
        (("| P99  | -        | -  ", "| P99  | -        | >= 0"), True),
        (("|| human_review | NEAR-LINE  ", "|| human_review | EVIDENCE-WEAK"), False),
    ],
)
def test_equivalence(change: tuple[str, str], expected: bool) -> None:
    assert equivalent(offer(), offer(change)) is expected


def test_two_runs_say_the_same() -> None:
    first, second = (proofs(offer(("scale: 2, ", "")))["G3"] for _ in range(2))
    assert first.example == second.example


def test_guarantees_reach_through_functions_and_other_rule_sets() -> None:
    bands = compiled_text(
        OFFER[: OFFER.index("inputs:")].replace("id: offer", "id: pay-bands")
        + """\
inputs: {x: {type: number, range: "[0..100]"}}
functions:
  floor_of: {type: number, params: {s: {type: number}}, value: "if s < 50 then 10 else 20"}
  tier:
    type: number
    params: {s: {type: number}, top: {type: number}}
    table: |
      | id | s    || tier              |
      |----|------||-------------------|
      | T1 | < 50 || floor_of(s)       |
      | T2 | >= 50|| floor_of(s) + top |
decisions: {y: {type: number, value: x}}
"""
    )
    body = """\
inputs: {score: {type: number, range: "[0..100]"}}
uses: {pay: pay-bands}
decisions: {out: {type: number, value: "pay.tier(score, TOP)"}}
guarantees:
  - {id: G1, never_decreases: out, when_rises: score}
  - {id: G2, always: "out <= 25"}
"""
    head = OFFER[: OFFER.index("inputs:")]
    for top, verdicts_ in (("5", ["proved", "proved"]), ("-15", ["refuted", "proved"])):
        rule_set = compile_rule_set(
            load_text(RuleSet, head + body.replace("TOP", top), "x.yaml"), {"pay": bands}
        )
        found = [prove_claim(rule_set, claim) for claim in rule_set.claims]
        assert [p.verdict for p in found] == verdicts_
        for shown in found[0].example:
            again(rule_set, shown)
