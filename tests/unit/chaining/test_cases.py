"""The cases of an inference: facts as data, compared whatever their order, and told where they differ."""

from __future__ import annotations

import pytest

from engine.chaining.cases import run_case
from engine.kernel.cases import Case, CaseResult
from engine.kernel.errors import EvaluationError
from tests.support.inferences import INTERVIEW, compiled

SAID = {"indicator": "empathy", "negated": False, "confidence": "0.80"}
LED = {"indicator": "team_leadership", "negated": "false", "confidence": "0.9"}
FOUND_SAID = {"indicator": "empathy", "state": "found", "confidence": "0.8"}
FOUND_LED = {"indicator": "team_leadership", "state": "found", "confidence": "0.90"}


def run(inputs: dict[str, object], **expect: object) -> CaseResult:
    case = Case.model_validate({"id": "c", "inputs": inputs, "expect": expect})
    return run_case(compiled(INTERVIEW), case)


def differences(inputs: dict[str, object], **expect: object) -> list[tuple[str, str, str]]:
    found = run(inputs, **expect).differences
    return [(one.key, one.expected, one.actual) for one in found]


@pytest.mark.parametrize("evidence", [[FOUND_SAID, FOUND_LED], [FOUND_LED, FOUND_SAID]])
def test_the_order_of_facts_does_not_matter(evidence: list[object]) -> None:
    result = run({"mention": [SAID, LED]}, evidence=evidence, flag=[])
    assert result.passed
    assert (result.of, result.version, result.case) == ("interview-evidence", "1.0.0", "c")


def test_a_fact_is_compared_by_the_fields_that_are_written() -> None:
    assert run({"mention": [SAID]}, evidence=[{"indicator": "empathy"}]).passed
    assert not run({"mention": [SAID]}, evidence=[{"indicator": "team_leadership"}]).passed


def test_a_type_that_is_not_named_is_not_compared() -> None:
    assert run({"mention": [SAID]}).passed


def test_another_value_is_told_with_both_sides() -> None:
    expected = {**FOUND_SAID, "confidence": "0.79"}
    assert differences({"mention": [SAID]}, evidence=[expected]) == [
        (
            "evidence",
            "[{indicator: empathy, state: found, confidence: 0.79}]",
            "[{confidence: 0.8, indicator: empathy, state: found}]",
        )
    ]


def test_one_fact_too_many_or_too_few_is_told() -> None:
    assert differences({"mention": [SAID, LED]}, evidence=[FOUND_SAID])
    assert differences({"mention": [SAID]}, evidence=[FOUND_SAID, FOUND_SAID])
    assert differences({}, evidence=[FOUND_SAID])
    assert differences({"mention": [SAID]}, evidence=[])


def test_a_type_that_is_not_derived_is_told() -> None:
    assert differences({"mention": [SAID]}, evidences=[]) == [("evidences", "[]", "absent")]


def test_a_truth_value_is_read_by_its_declared_field() -> None:
    assert run({"mention": [{**SAID, "negated": "true"}]}, evidence=[]).passed


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"mention": [{**SAID, "negated": "yes"}]}, "CHAIN-FACT-004"),
        ({"mention": [{**SAID, "confidence": "2"}]}, "CHAIN-FACT-006"),
        ({"mentions": [SAID]}, "CHAIN-FACT-001"),
        ({"mention": "empathy"}, "CHAIN-FACT-008"),
        ({"mention": ["empathy"]}, "CHAIN-FACT-008"),
    ],
)
def test_facts_that_the_types_refuse_are_refused(inputs: dict[str, object], code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        run(inputs, evidence=[])
    assert caught.value.fault.code.id == code
