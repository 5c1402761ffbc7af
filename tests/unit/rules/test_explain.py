"""The explanation: every row and cell, the arithmetic, what was not needed, and what would have changed it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.documents import load_text
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from engine.rules.explain import DisagreementError, explain, explanation_json, explanation_text
from tests.support.golden import assert_golden
from tests.support.rule_sets import INPUTS, compiled, table
from tests.support.source import ROOT

if TYPE_CHECKING:
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.explanation import NodeExplanation

OFFER = compile_rule_set(
    load_text(
        RuleSet, (ROOT / "rules/offer/1.0.0.yaml").read_text("utf-8"), "rules/offer/1.0.0.yaml"
    )
)
CASE = {
    "overall": Decimal("87.3"),
    "assessed": True,
    "band_min": Decimal(8000),
    "band_max": Decimal(10000),
    "min_confidence": Decimal("0.9"),
}
CASES: dict[str, dict[str, Any]] = {
    "offered": {},
    "near-the-line": {"overall": Decimal("78.75")},
    "weak": {"min_confidence": Decimal("0.5"), "overall": 84},
    "below-a-floor": {"below_floor": ["negotiation", "resilience"]},
    "incomplete": {"overall": None},
    "out-of-range": {"overall": "100.01"},
    "upside-down": {"band_min": 10000, "band_max": 8000},
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_offer_explained(name: str) -> None:
    explanation = explain(OFFER, {**CASE, **CASES[name]})
    for lang in ("zh", "en"):
        text = explanation_text(explanation, OFFER, lang)
        assert "by 0\n" not in text + "\n"
        assert_golden(f"explanations/offer-{name}.{lang}.txt", text + "\n")
    data = json.dumps(explanation_json(explanation), ensure_ascii=False, indent=1)
    assert_golden(f"explanations/offer-{name}.json", data + "\n")


def node(rule_set: CompiledRuleSet, name: str, **given: object) -> NodeExplanation:
    """Explain one decision of a case."""
    return next(n for n in explain(rule_set, given).nodes if n.name == name)


def test_rows_after_the_one_that_decided_were_not_needed() -> None:
    body = table("id | a | f || out", "R1 | > 90 | - || 1", "R2 | > 50 | - || 2", "R3 | - | - || 3")
    rows = node(compiled(body), "out", a=60).rows
    assert [(r.id, r.fits) for r in rows] == [("R1", False), ("R2", True), ("R3", None)]
    assert rows[0].cells[0].missed_by == 30
    assert [c.holds for c in rows[2].cells] == [None, None]
    every = node(compiled(body.replace("first", "collect")), "out", a=60).rows
    assert [r.fits for r in every] == [False, True, True]


def test_an_open_bound_is_missed_by_nothing_that_could_be_said() -> None:
    rule_set = compiled(table("id | a || out", "R1 | > 50 || 1", "R2 | - || 2"))
    cell = node(rule_set, "out", a=50).rows[0].cells[0]
    assert (cell.holds, cell.missed_by) == (False, None)


def test_the_arithmetic_leaves_out_what_was_not_looked_at() -> None:
    rule_set = compiled(
        INPUTS
        + "  n: {type: number, nullable: true}\n"
        + "decisions:\n  out:\n    type: number\n"
        + "    value: if is defined(n) and n > 3 or f then a * 2 + 1 else 1 / (a - a)\n"
        + "  held: {type: boolean, value: f or 1 / a > 0}\n"
        + "  other: {type: number, value: '{k: a, m: k + 1}.m + count([a][item > 3])'}\n"
    )
    steps = node(rule_set, "out", a=5, n=None, f=True).steps
    assert dict(steps) == {
        "is defined(n)": False,
        "is defined(n) and n > 3": False,
        "is defined(n) and n > 3 or f": True,
        "a * 2": Decimal(10),
        "a * 2 + 1": Decimal(11),
        "if is defined(n) and n > 3 or f then a * 2 + 1 else 1 / (a - a)": Decimal(11),
    }
    assert dict(node(rule_set, "held", a=5, n=4, f=True).steps) == {"f or 1 / a > 0": True}
    assert dict(node(rule_set, "other", a=5, n=4).steps)["count([a][item > 3])"] == 1


def test_computed_cells_are_arithmetic_too() -> None:
    rule_set = compiled(
        table("id | a || out", "R1 | > 50 || a / 4", "R2 | > a - 1 || 2", digits="2")
    )
    told = node(rule_set, "out", a=60)
    assert dict(told.steps) == {"a / 4": Decimal(15)}
    assert str(told.value) == "15.00"
    assert told.read == (("a", Decimal(60)),)


def test_a_cell_that_has_no_answer_says_so() -> None:
    rule_set = compiled(
        INPUTS
        + "  z: {type: number}\n"
        + table("id | a | z || out", "R1 | > 90 | > 1 / z || 1", "R2 | - | - || 2")
    )
    explanation = explain(rule_set, {"a": 5, "z": 0})
    assert [c.holds for c in explanation.nodes[0].rows[0].cells] == [False, None]
    assert "open: z is above 1 ÷ z; it is 0" in explanation_text(explanation, rule_set, "en")


def test_decisions_after_a_fault_were_not_evaluated() -> None:
    rule_set = compiled(
        "decisions:\n  first: {type: number, value: a + 1}\n"
        "  second: {type: number, value: first / (first - 6)}\n"
        "  third: {type: number, value: second}\n"
    )
    explanation = explain(rule_set, {"a": 5})
    assert [n.state for n in explanation.nodes] == ["evaluated", "not_evaluated", "not_evaluated"]
    assert explanation.decision.status == "error"
    assert explanation.changes == ()
    assert "third: 未评估" in explanation_text(explanation, rule_set, "zh")


def test_an_assumption_that_cannot_be_judged_evaluates_nothing() -> None:
    rule_set = compiled("assume:\n  - 1 / a > 0\ndecisions:\n  out: {type: number, value: a}\n")
    assert [n.state for n in explain(rule_set, {"a": 0}).nodes] == ["not_evaluated"]
    assert [n.state for n in explain(rule_set, {"a": 1}).nodes] == ["evaluated"]


def test_two_answers_are_a_loud_fault() -> None:
    other = compiled("decisions:\n  out: {type: number, value: a + 1}\n")
    rule_set = replace(compiled("decisions:\n  out: {type: number, value: a}\n"), fast=other.fast)
    with pytest.raises(DisagreementError) as caught:
        explain(rule_set, {"a": 1})
    assert caught.value.decided.outcomes != caught.value.reference.outcomes


# --- what would have changed it ------------------------------------------------------------------


def changes(body: str, **given: object) -> list[tuple[str, object, object, bool]]:
    """The changes of a case; each is decided again and gives what it says."""
    rule_set = compiled(body)
    found = explain(rule_set, given).changes
    for one in found:
        after = decide(rule_set, {**given, one.input: one.after}).outcomes
        name, _, entry = one.decision.partition(".")
        value = after[name]
        assert (value[entry] if isinstance(value, dict) else value) == one.outcome
    return [(one.input, one.after, one.outcome, one.better) for one in found]


RANKED = table(
    "id | a | f || out",
    "R1 | > 80 | - || high",
    "R2 | [50..80] | true || high",
    "R3 | >= 20.005 | - || mid",
    "R4 | - | - || low",
    type="string",
    ranked="[low, mid, high]",
)


def test_the_smallest_change_of_each_input() -> None:
    assert changes(RANKED, a=60) == [
        ("a", Decimal("80.01"), "high", True),
        ("f", True, "high", True),
    ]
    assert changes(RANKED, a=10) == [("a", Decimal("20.005"), "mid", True)]
    # Nothing is better: what would be worse is told.
    assert changes(RANKED, a=90) == [("a", Decimal(80), "mid", False)]


def test_rounded_to_the_places_of_the_input() -> None:
    body = RANKED.replace(
        "decisions:",
        "inputs:\n  a: {type: number, scale: 1}\n  f: {type: boolean, default: false}\ndecisions:",
    )
    assert changes(body, a=60)[0][1] == Decimal("80.1")


def test_inside_an_expression() -> None:
    body = "decisions:\n  out: {type: boolean, value: 'a * 3 + 1 in [100..200]'}\n"
    assert changes(body, a=10) == [("a", Decimal("33.00"), True, False)]


def test_members_lists_and_missing_values() -> None:
    body = (
        INPUTS
        + (
            "  k: {type: string, one_of: [x, y, z]}\n"
            "  xs: {type: list<string>, default: []}\n"
            "  n: {type: number, nullable: true, range: '[0..9]'}\n"
        )
        + table(
            "id | k | count(xs) | n || out",
            "R1 | y | - | - || good",
            "R2 | - | 0 | - || fair",
            "R3 | - | - | > 5 || fair",
            "R4 | - | - | - || bad",
            type="string",
            one_of="[bad, fair, good]",
        )
    )
    told = changes(body, a=1, k="x", xs=["q"], n=None)
    assert told == [
        ("k", "y", "good", False),
        ("n", Decimal("5.01"), "fair", False),
        ("xs", (), "fair", False),
    ]


def test_one_of_several_outputs() -> None:
    body = """\
decisions:
  out:
    outputs: {grade: {type: string, ranked: [low, high]}, pay: {type: number}}
    hit_policy: first
    columns: {when: [a], then: [grade, pay]}
    rows: [{id: R1, when: [">= 80"], then: [high, "2"]}, {id: R2, when: ["-"], then: [low, "1"]}]
"""
    assert changes(body, a=1) == [("a", Decimal(80), "high", True)]


def test_nothing_to_tell() -> None:
    assert changes("decisions:\n  out: {type: number, value: a}\n", a=1) == []
    assert changes("decisions:\n  out: {type: boolean, value: a >= 0}\n", a=1) == []
    assert changes("decisions:\n  out: {type: boolean, only_if: f, value: a > 1}\n", a=1) == []
