"""The cases of a competency model: a person as data, and the profile that is compared."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.hiring.cases import run_case
from engine.kernel.cases import Case, CaseResult
from engine.kernel.errors import DocumentError, EvaluationError
from tests.support.competency import compiled

MEASURE = {"measure": "typing_test", "value": Decimal(90), "source": "lab"}
PERSON: dict[str, object] = {
    "evidence": [{"indicator": "tidy", "state": "found", "confidence": Decimal("0.80")}],
    "ratings": [
        {"competency": "care", "rating": "panel", "rater": "li", "level": 3},
        {"competency": "care", "rating": "panel", "rater": "wang", "level": 3},
    ],
    "measures": [MEASURE],
}


def run(inputs: dict[str, object], **expect: object) -> CaseResult:
    case = Case.model_validate({"id": "c", "inputs": inputs, "expect": expect})
    return run_case(compiled(), case)


def differences(inputs: dict[str, object], **expect: object) -> list[tuple[str, str, str]]:
    found = run(inputs, **expect).differences
    return [(one.key, one.expected, one.actual) for one in found]


def test_what_a_case_names_of_the_profile_is_compared() -> None:
    result = run(
        PERSON,
        overall="80.40",
        assessed="true",
        scores={"care": 74, "typing": 90},
        bands={"care": "fair", "typing": "high"},
        strengths=["typing"],
        gaps=[],
        below_floor=[],
        discrepant="false",
        min_confidence="0.8",
        weak_evidence=[],
        not_assessed=[],
    )
    assert result.differences == ()
    assert (result.of, result.version, result.case) == ("clerk", "1.0.0", "c")


def test_another_score_is_told_with_both_sides() -> None:
    assert differences(PERSON, scores={"care": 75, "typing": 90}, gaps=["care"]) == [
        ("scores.care", "75", "74"),
        ("gaps", "[care]", "[]"),
    ]


def test_what_is_not_assessed_is_absent_and_never_zero() -> None:
    known = {name: value for name, value in PERSON.items() if name != "ratings"}
    absent = {"overall": "absent", "scores": {"care": "absent", "typing": 90}}
    assert run(known, assessed="false", not_assessed=["care"], **absent).passed
    assert differences(known, overall=0) == [("overall", "0", "absent")]
    assert differences(PERSON, **absent) == [
        ("overall", "absent", "80.4"),
        ("scores.care", "absent", "74"),
    ]


def test_evidence_may_name_its_rule() -> None:
    evidence = {
        "indicator": "tidy",
        "state": "found",
        "confidence": 1,
        "rule": "E01",
        "clause": "X",
    }
    assert run({**PERSON, "evidence": [evidence]}, min_confidence=1).passed


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"measure": [MEASURE]}, "DOC-KEY-002"),
        ({"measures": [{**MEASURE, "value": 101}]}, "COMP-VALUE-001"),
        ({"measures": [{"measure": "typing_test"}]}, "DOC-KEY-001"),
        ({"evidence": [{"indicator": "tidy", "state": "seen", "confidence": 1}]}, "DOC-TYPE-009"),
    ],
)
def test_inputs_of_another_shape_are_refused(inputs: dict[str, object], code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        run(inputs, assessed="false")
    assert code in [found.code.id for found in caught.value.diagnostics]


def test_ratings_that_cannot_be_read_are_refused() -> None:
    rating = {"competency": "care", "rating": "panel", "rater": "li", "level": 6}
    with pytest.raises(EvaluationError):
        run({**PERSON, "ratings": [rating]}, assessed="false")
