"""An evaluation uses what may be used, says what it did not, and lets an honest status through."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.chaining.compiler import compile_inference
from engine.chaining.documents import Inference
from engine.hiring.counterfactual import find_counterfactuals
from engine.hiring.evaluation import Materials, evaluate_interview, evaluation_json
from engine.hiring.interview import Accommodation, Interview, Signal
from engine.hiring.signals import check_modalities, drop_blocked, measured
from engine.jurisdictions.merge import NO_LAW, Ground, Law
from engine.kernel.documents import load_text
from engine.kernel.errors import DocumentError, EvaluationError
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from tests.support.interviews import BAND, interview, law_of, materials, read, story

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

SALES = interview("article-sales")
BY_SALES = materials(SALES, "sales-rep-fmcg")
BY_REPLICA = materials(SALES, "article-replica")


def person(**changed: object) -> Interview:
    return SALES.model_copy(update=changed)


def execution_lines(who: Interview) -> dict[str, bool]:
    profile = evaluate_interview(who, BY_REPLICA, BAND).profile
    return {line.indicator: line.applied for line in profile.competencies[3].parts[0].lines}


def customer_orientation(who: Interview) -> Decimal | None:
    return evaluate_interview(who, BY_REPLICA, BAND).profile.competencies[0].score


# --- signals -------------------------------------------------------------------------------------


def test_blocked_signals_are_counted_with_their_grounds() -> None:
    law = Law(modalities={"speech_timing": (Ground("xx", "Act 1"),)})
    kept, (dropped,) = drop_blocked(SALES.signals, law)
    assert {signal.modality for signal in kept} == {"face_expression"}
    assert (dropped.count, dropped.names) == (3, ("pause_longest", "speech_rate"))
    assert dropped.grounds == (Ground("xx", "Act 1"),)
    assert drop_blocked(SALES.signals, NO_LAW) == (SALES.signals, ())


def test_events_are_counted_by_question_with_the_least_confidence() -> None:
    frowns = [signal for signal in SALES.signals if signal.unit == "event"]
    less = frowns[0].model_copy(update={"confidence": Decimal("0.7")})
    other = frowns[1].model_copy(update={"question": "pressure"})
    counts = {one.question: one for one in measured([less, *frowns[2:], other])}
    assert counts["objection"].name == "frown_count"
    assert counts["objection"].value == 4
    assert counts["objection"].confidence == Decimal("0.7")
    assert counts["pressure"].value == 1


def test_a_baseline_gives_the_change_as_a_ratio() -> None:
    found = {(one.name, one.question): one for one in measured(SALES.signals)}
    change = found["speech_rate_change", "objection"]
    assert (change.value, change.unit) == (Decimal("0.25"), "ratio")
    assert found["speech_rate", "objection"].value == Decimal("3.5")
    assert ("pause_longest_change", "objection") not in found


# --- evidence ------------------------------------------------------------------------------------


def test_without_the_frowns_the_article_gives_80() -> None:
    calm = tuple(signal for signal in SALES.signals if signal.name != "frown")
    assert customer_orientation(person(signals=calm)) == 80
    assert customer_orientation(SALES) == 70


def test_four_frowns_are_not_five() -> None:
    assert customer_orientation(person(signals=SALES.signals[:-1])) == 80


def test_an_accommodation_takes_the_speech_rate_out() -> None:
    covered = person(accommodations=(Accommodation(covers="speech_timing"),))
    assert customer_orientation(covered) == 80


def answered(answer: str | None) -> Interview:
    questions = tuple(
        question.model_copy(update={"answer": answer})
        if question.id == "track_record"
        else question
        for question in SALES.questions
    )
    return person(questions=questions)


def test_what_is_denied_does_not_count() -> None:
    told = answered("曾带领团队，没有完成120%销售目标")
    assert execution_lines(told) == {"target_attainment": False, "team_leadership": True}


def test_an_answer_that_was_not_written_down_is_not_held_against_anyone() -> None:
    silent = SALES.questions[0].model_copy(update={"answer": None})
    found = evaluate_interview(person(questions=(silent,), signals=()), BY_REPLICA, BAND).profile
    assert found.competencies[0].score is None
    assert found.competencies[3].parts[0].missing == "no_evidence"


def test_an_empty_answer_was_searched() -> None:
    assert execution_lines(answered("")) == {"target_attainment": False, "team_leadership": False}
    found = evaluate_interview(answered(""), BY_REPLICA, BAND).profile
    assert found.competencies[3].score == 50


def test_mentions_that_came_along_count_as_ours_do() -> None:
    ours = story("article-sales", "sales-rep-fmcg").evaluation.mentions
    team = next(one for one in ours if one.indicator == "team_leadership")
    outside = team.model_copy(update={"confidence": Decimal("0.95")})
    found = evaluate_interview(person(mentions=(outside,)), BY_SALES, BAND)
    line = found.profile.competencies[3].parts[1].lines[1]
    assert [evidence.confidence for evidence in line.evidence] == [Decimal("0.95"), Decimal("0.8")]
    unknown = outside.model_copy(update={"indicator": "juggling"})
    assert evaluate_interview(person(mentions=(unknown,)), BY_SALES, BAND).unread == {"mention": 1}


def test_every_piece_of_evidence_names_its_rule_clause_and_sources() -> None:
    profile = story("article-sales", "sales-rep-fmcg").evaluation.profile
    cited = [
        evidence
        for competency in profile.competencies
        for part in competency.parts
        for line in part.lines
        for evidence in line.evidence
    ]
    assert cited
    assert all(one.rule and one.clause and one.sources for one in cited)


def test_both_executors_come_to_the_same() -> None:
    one = evaluate_interview(SALES, BY_SALES, BAND, executor="auto")
    other = evaluate_interview(SALES, BY_SALES, BAND, executor="reference")
    assert other.executor == "reference"
    assert (one.profile, one.decision, one.digest) == (other.profile, other.decision, other.digest)


# --- statuses ------------------------------------------------------------------------------------


def test_what_is_missing_is_incomplete_and_not_zero() -> None:
    found = evaluate_interview(person(measures=()), BY_SALES, BAND)
    assert found.decision.status == "incomplete"
    assert found.decision.missing == ("overall",)
    assert found.decision.outcomes == {}
    assert found.profile.not_assessed == ("resilience",)
    assert [one.competency for one in found.plan.not_assessed] == ["resilience"]
    assert find_counterfactuals(found, BY_SALES, BAND) == ()


def test_an_absent_band_is_incomplete() -> None:
    found = evaluate_interview(SALES, BY_SALES)
    assert (found.decision.status, found.decision.missing) == (
        "incomplete",
        ("band_max", "band_min"),
    )


def test_a_wrong_band_is_an_error() -> None:
    found = evaluate_interview(SALES, BY_SALES, {"band_min": "9", "band_max": "8"})
    assert found.decision.status == "error"
    assert find_counterfactuals(found, BY_SALES, {"band_min": "9", "band_max": "8"}) == ()


def test_an_unknown_input_is_an_error() -> None:
    found = evaluate_interview(SALES, BY_SALES, {**BAND, "age": 30})
    assert found.decision.status == "error"


def test_an_outcome_of_a_person_alone_is_not_given() -> None:
    law = replace(BY_SALES.law, outcomes={"offer": (Ground("xx", "Act 1"),)})
    found = evaluate_interview(SALES, replace(BY_SALES, law=law), BAND)
    assert (found.decision.status, found.decision.outcomes) == ("needs_human", {})


def test_a_rule_set_reads_what_it_asks_for() -> None:
    text = """\
schema_version: "1"
kind: rule_set
id: greeting
version: 1.0.0
title: {zh: 问候, en: Greeting}
owner: hr-policy
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-POL-01
feel: "1"
inputs:
  overall: {type: number, unit: points, range: "[0..100]"}
decisions:
  outcome:
    type: string
    one_of: [hello, welcome]
    value: 'if overall > 50 then "welcome" else "hello"'
"""
    small = compile_rule_set(load_text(RuleSet, text))
    by = replace(BY_SALES, rule_set=small)
    found = evaluate_interview(SALES, by)
    assert found.decision.outcomes == {"outcome": "welcome"}
    (change,) = find_counterfactuals(found, by)
    assert (change.competency, change.after) == ("execution", Decimal("4.28"))


# --- what belongs together -----------------------------------------------------------------------


def swapped(**changed: object) -> Materials:
    return replace(BY_SALES, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "by", "code"),
    [
        (person(role="marketing-analyst"), BY_SALES, "HIRING-MATCH-001"),
        (SALES, swapped(inference=BY_REPLICA.inference), "HIRING-MATCH-002"),
        (person(jurisdictions=("eu",)), BY_REPLICA, "HIRING-MATCH-003"),
    ],
)
def test_documents_that_do_not_belong_together(who: Interview, by: Materials, code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate_interview(who, by, BAND)
    assert caught.value.fault.code.id == code


def test_a_demonstration_rule_set_does_not_decide() -> None:
    text = read("rules/offer/1.0.0.yaml").replace(
        "kind: rule_set", "kind: rule_set\nuse: demonstration"
    )
    shown = compile_rule_set(load_text(RuleSet, text))
    with pytest.raises(EvaluationError) as caught:
        evaluate_interview(SALES, swapped(rule_set=shown), BAND)
    assert caught.value.fault.code.id == "HIRING-MATCH-004"
    assert evaluate_interview(SALES, replace(BY_REPLICA, rule_set=shown), BAND).demonstration


FACE_RULE = """
  - id: E09
    clause: HR-POL-04.9
    when:
      s: {fact: signal, where: 'modality = "face_expression"'}
    then:
      evidence: {indicator: speech_steady, state: found, confidence: = s.confidence}
"""


def test_a_rule_that_reads_a_face_is_refused_at_check_and_at_run_time() -> None:
    text = read("rules/interview-evidence/1.0.0.yaml")
    text = (
        text.replace("[text, speech_timing]", "[text, speech_timing, face_expression]") + FACE_RULE
    )
    inference = compile_inference(load_text(Inference, text, "x.yaml"))
    (found,) = check_modalities(inference, law_of(SALES))
    assert found.code.id == "LAW-SIGNAL-001"
    assert "`face_expression`, which `cn` blocks" in found.message()
    assert found.span is not None
    line = text.split("\n")[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == '"face_expression"'
    with pytest.raises(DocumentError):
        evaluate_interview(SALES, swapped(inference=inference), BAND)
    assert check_modalities(BY_SALES.inference, law_of(SALES)) == []


def test_a_role_the_catalog_does_not_know_is_refused() -> None:
    model = replace(
        BY_SALES.model,
        document=BY_SALES.model.document.model_copy(update={"role": "poet"}),
    )
    with pytest.raises(DocumentError):
        evaluate_interview(person(role="poet"), swapped(model=model), BAND)


# --- as a whole ----------------------------------------------------------------------------------


def test_an_evaluation_is_json() -> None:
    told = story("article-sales", "sales-rep-fmcg")
    data = json.loads(json.dumps(evaluation_json(told.evaluation)))
    assert data["decision"]["outcomes"]["base_salary"] == "8000.00"
    assert data["profile"]["overall"] == "80"
    assert data["dropped"] == [
        {
            "modality": "face_expression",
            "count": 5,
            "names": ["frown"],
            "cites": ["cn: 个人信息保护法 第28–29条"],
        }
    ]
    assert data["demonstration"] is False


def test_evaluation_touches_nothing(
    purity_net: Callable[[], AbstractContextManager[None]],
) -> None:
    evaluate_interview(SALES, BY_SALES, BAND, executor="reference")
    with purity_net():
        evaluate_interview(SALES, BY_SALES, BAND, executor="reference")


def test_the_order_of_signals_and_ratings_makes_no_difference() -> None:
    turned = person(
        signals=tuple(reversed(SALES.signals)),
        ratings=tuple(reversed(SALES.ratings)),
        questions=tuple(reversed(SALES.questions)),
    )
    one, other = (evaluate_interview(who, BY_REPLICA, BAND) for who in (SALES, turned))
    assert (one.profile, one.decision, one.digest) == (other.profile, other.decision, other.digest)


# --- counterfactuals -----------------------------------------------------------------------------


def test_an_offer_at_the_line_is_lost_with_a_hundredth() -> None:
    told = story("article-sales", "sales-rep-fmcg")
    found = find_counterfactuals(told.evaluation, told.materials, BAND)
    assert [one.change for one in found] == [Decimal("-0.01")] * 4
    assert {one.becomes for one in found} == {"human_review"}


def test_a_floor_is_part_of_what_would_have_changed() -> None:
    told = story("marketing-analyst-strong", "marketing-analyst")
    found = find_counterfactuals(told.evaluation, told.materials, BAND)
    assert (found[0].competency, found[0].after) == ("data_analysis", Decimal("59.99"))


def test_a_signal_value_is_exact() -> None:
    signal = Signal.model_validate({**dict(SALES.signals[0]), "value": 3, "baseline": 7})
    change = measured([signal])[1].value
    assert str(change).startswith("-0.571428571428")
