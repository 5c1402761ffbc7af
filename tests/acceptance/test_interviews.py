"""The article's people, evaluated by the shipped content, come to the article's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.chaining.compiler import check_inference
from engine.chaining.documents import Inference
from engine.competency.compiler import check_model
from engine.hiring.counterfactual import find_counterfactuals
from engine.kernel.documents import load_text
from tests.support.interviews import BAND, interview, jurisdiction, law_of, model, read, story

if TYPE_CHECKING:
    from decimal import Decimal

MODELS = [
    ("sales-rep-fmcg", "1.0.0"),
    ("sales-rep-fmcg", "1.1.0"),
    ("marketing-analyst", "1.0.0"),
    ("supply-chain-supervisor", "1.0.0"),
    ("article-replica", "1.0.0"),
]


def scores(name: str, by: str, version: str = "1.0.0") -> dict[str, Decimal | None]:
    profile = story(name, by, version).evaluation.profile
    return {one.id: one.score for one in profile.competencies}


@pytest.mark.parametrize(("name", "version"), MODELS)
def test_the_shipped_models_have_no_findings(name: str, version: str) -> None:
    loaded = model(name, version)
    path = f"rules/{loaded.document.evidence_from}/1.0.0.yaml"
    inference = load_text(Inference, read(path), path)
    derived = inference.document.derives["evidence"]["indicator"].one_of
    assert check_inference(inference) == []
    assert check_model(loaded, law_of(interview("article-sales")), derived) == []


def test_every_entry_of_law_cites_its_source() -> None:
    for name in ("cn", "eu", "us-nyc"):
        law = jurisdiction(name).document
        entries = (
            *law.blocked_modalities,
            *law.blocked_inputs,
            *law.human_decides,
            *law.notice,
            *law.retention,
        )
        assert entries
        assert all(entry.cites for entry in entries)


def test_the_article_person_is_exactly_at_the_line() -> None:
    evaluation = story("article-sales", "sales-rep-fmcg").evaluation
    assert scores("article-sales", "sales-rep-fmcg") == {
        "customer_orientation": 70,
        "negotiation": 70,
        "resilience": 85,
        "execution": 90,
    }
    assert evaluation.profile.shown == "80.0000"
    assert evaluation.decision.status == "decided"
    assert evaluation.decision.outcomes["outcome"] == "offer"
    assert str(evaluation.decision.outcomes["base_salary"]) == "8000.00"
    assert evaluation.profile.strengths == ("execution",)
    assert evaluation.profile.gaps == ("customer_orientation", "negotiation")


def test_the_heavier_weight_asks_a_person() -> None:
    evaluation = story("article-sales", "sales-rep-fmcg", "1.1.0").evaluation
    assert evaluation.profile.shown == "78.7500"
    assert evaluation.decision.outcomes == {"outcome": "human_review"}
    assert [reason.code for reason in evaluation.decision.reasons] == ["NEAR-LINE"]


def test_the_replica_scores_as_the_article_does() -> None:
    evaluation = story("article-sales", "article-replica").evaluation
    customer, _, _, execution = evaluation.profile.competencies
    assert customer.score == 70
    assert execution.score == 90
    assert [
        (line.indicator, str(line.points)) for line in customer.parts[0].lines if line.applied
    ] == [("faster_speech", "-10"), ("five_frowns", "-10"), ("empathy", "-10")]
    quotes = [
        (line.indicator, source.quote, source.start, source.end)
        for line in execution.parts[0].lines
        for evidence in line.evidence
        for source in evidence.sources
        if source.kind == "mention"
    ]
    assert quotes == [
        ("target_attainment", "完成120%销售目标", 24, 34),
        ("team_leadership", "带领团队", 20, 24),
    ]
    assert evaluation.demonstration
    assert evaluation.dropped == ()
    assert evaluation.decision.obligations == ()


def test_every_span_is_in_the_answer_it_names() -> None:
    for person, by in (
        ("article-sales", "sales-rep-fmcg"),
        ("article-marketing", "marketing-analyst"),
    ):
        told = story(person, by)
        answers = {question.id: question.answer or "" for question in told.interview.questions}
        assert told.evaluation.mentions
        for mention in told.evaluation.mentions:
            assert answers[mention.question][mention.start : mention.end] == mention.quote


def test_production_drops_the_frowns_and_says_so() -> None:
    evaluation = story("article-sales", "sales-rep-fmcg").evaluation
    (dropped,) = evaluation.dropped
    assert (dropped.modality, dropped.count, dropped.names) == ("face_expression", 5, ("frown",))
    assert [ground.jurisdiction for ground in dropped.grounds] == ["cn"]
    assert not evaluation.demonstration


def test_the_analyst_lacks_data_analysis_alone() -> None:
    evaluation = story("article-marketing", "marketing-analyst").evaluation
    found = scores("article-marketing", "marketing-analyst")
    assert found.pop("data_analysis") == 65
    assert all(score is not None and score >= 80 for score in found.values())
    assert evaluation.profile.competencies[0].band == "insufficient"
    assert evaluation.profile.gaps == ("data_analysis",)
    assert [step.item for step in evaluation.plan.steps] == [
        "excel-advanced",
        "mentor-market-report",
    ]


def test_an_english_interview_is_read_too() -> None:
    evaluation = story("marketing-analyst-strong", "marketing-analyst").evaluation
    assert evaluation.decision.outcomes["outcome"] == "offer"
    assert str(evaluation.decision.outcomes["base_salary"]) == "10000.00"
    found = {mention.indicator for mention in evaluation.mentions if not mention.negated}
    assert found >= {"multiple_sources", "conclusion_first", "states_limits", "shared_goal"}


def test_what_would_have_changed_the_outcome() -> None:
    told = story("article-sales", "sales-rep-fmcg", "1.1.0")
    found = find_counterfactuals(told.evaluation, told.materials, BAND)
    assert [(one.title.zh, str(one.before), str(one.after)) for one in found] == [
        ("执行力", "90", "94.09"),
        ("客户导向", "70", "74.17"),
        ("谈判技巧", "70", "75.72"),
        ("抗压能力", "85", "92.15"),
    ]
    assert found[0].text.zh == "执行力 90 → 94.09（+4.09）：结果由 `human_review` 变为 `offer`"
    assert found[0].text.en == "Execution 90 → 94.09 (+4.09): `human_review` becomes `offer`"


def test_the_documents_of_an_evaluation_are_all_named() -> None:
    used = story("article-sales", "sales-rep-fmcg").evaluation.used
    assert [(one.kind, one.id) for one in used] == [
        ("competency_model", "sales-rep-fmcg"),
        ("inference", "interview-evidence"),
        ("rule_set", "offer"),
        ("catalog", story("article-sales", "sales-rep-fmcg").materials.graph.used.id),
        ("jurisdiction", "cn"),
    ]
    assert all(one.hash.startswith("sha256:") for one in used)
