"""The door of forward chaining: what follows, what is refused, and who answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import pytest

from engine.chaining import durable, memory
from engine.chaining.infer import infer
from engine.chaining.program import Fact
from engine.kernel.diagnostics import LANGS
from engine.kernel.errors import EvaluationError
from tests.support.inferences import INTERVIEW, compiled

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from engine.chaining.infer import Inferred
    from engine.chaining.program import Value

    Executor = Literal["durable", "reference"]

needs_durable = pytest.mark.skipif(not durable.AVAILABLE, reason="durable-rules is not here")
EXECUTORS = [pytest.param("durable", marks=needs_durable), "reference"]
both = pytest.mark.parametrize("executor", EXECUTORS)

SPEECH: dict[str, Value] = {
    "name": "speech_rate_change",
    "value": "0.10",
    "modality": "speech_timing",
    "confidence": "0.8",
}
LED: dict[str, Value] = {"indicator": "team_leadership", "negated": False, "confidence": "0.9"}
NOT_LED = LED | {"negated": True}


def told(answer: Inferred) -> list[tuple[str, dict[str, object]]]:
    """Give the derived facts as plain values."""
    return [(fact.type, dict(fact.as_dict())) for fact in answer.derived]


def fired(answer: Inferred) -> list[str]:
    """Give the rules that fired."""
    return [firing.rule for firing in answer.firings]


def refusal(text: str, facts: object) -> str:
    """Give the code of the fault that facts are refused with."""
    with pytest.raises(EvaluationError) as caught:
        infer(compiled(text), facts)  # type: ignore[arg-type]
    for lang in LANGS:
        assert caught.value.fault.message(lang)
        assert caught.value.fault.help(lang)
    return caught.value.fault.code.id


# --- what follows ------------------------------------------------------------------------------


@both
def test_evidence_of_an_interview(executor: Executor) -> None:
    answer = infer(compiled(INTERVIEW), {"mention": [LED], "signal": [SPEECH]}, executor=executor)
    assert answer.executor == executor
    assert answer.fault is None
    assert told(answer) == [
        (
            "evidence",
            {"indicator": "speech_steady", "state": "found", "confidence": Decimal("0.8")},
        ),
        (
            "evidence",
            {"indicator": "team_leadership", "state": "found", "confidence": Decimal("0.9")},
        ),
    ]
    first = answer.firings[0]
    assert (first.rule, first.clause) == ("E01", "HR-POL-04.1")
    assert first.matched == (("m", Fact.of("mention", **LED | {"confidence": Decimal("0.9")})),)
    assert [fact["indicator"] for fact in first.derived] == ["team_leadership"]


@both
def test_a_negated_or_unsure_mention_gives_nothing(executor: Executor) -> None:
    mentions = [NOT_LED, LED | {"confidence": "0.599999999999999999"}]
    answer = infer(compiled(INTERVIEW), {"mention": mentions}, executor=executor)
    assert (answer.derived, answer.firings) == ((), ())


@both
@pytest.mark.parametrize(
    ("covers", "rules"), [("speech_timing", []), ("text", ["E02"]), (None, ["E02"])]
)
def test_an_accommodation_disables_the_speech_rule(
    executor: Executor, covers: str | None, rules: list[str]
) -> None:
    accommodations: list[dict[str, Value]] = [{"covers": covers}] if covers else []
    facts = {"signal": [SPEECH], "accommodation": accommodations}
    assert fired(infer(compiled(INTERVIEW), facts, executor=executor)) == rules


@both
def test_unless_asks_for_what_was_derived(executor: Executor) -> None:
    asked: dict[str, list[dict[str, Value]]] = {
        "question": [{"asks_for": "team_leadership"}, {"asks_for": "empathy"}]
    }
    answer = infer(compiled(INTERVIEW), asked | {"mention": [LED]}, executor=executor)
    assert fired(answer) == ["E01", "E03"]
    assert answer.firings[1].matched[0][1]["asks_for"] == "empathy"


@both
def test_a_join_reads_the_other_fact_and_a_rule_derives_several(executor: Executor) -> None:
    answer = infer(compiled(INTERVIEW), {"mention": [LED, NOT_LED]}, executor=executor)
    assert fired(answer) == ["E01", "E04"]
    assert [fact["code"] for fact in answer.firings[1].derived] == ["evidence_mixed", "follow_up"]


@both
def test_no_facts_give_an_answer(executor: Executor) -> None:
    answer = infer(compiled(INTERVIEW), {}, executor=executor)
    assert (answer.derived, answer.firings, answer.executor) == ((), (), executor)


NUMBER = """
facts: {score: {points: {type: number}}}
derives: {pass: {points: {type: number}}}
params: {line: {value: 80.0, provenance: human_set}}
rules:
  - {id: A, clause: T, when: {s: {fact: score, where: points >= line}},
     then: {pass: {points: = s.points}}}
"""


@both
@pytest.mark.parametrize(
    ("points", "passes"),
    [
        ("79.999999999999999999", False),
        ("80.000000000000000000", True),
        (80, True),
        (Decimal("80.00000000000000000000000000000001"), True),
        ("-99999999999999999999999999999999.99", False),
        (10**33, True),
    ],
)
def test_numbers_compare_exactly(executor: Executor, points: object, passes: bool) -> None:
    answer = infer(compiled(NUMBER), {"score": [{"points": points}]}, executor=executor)
    assert bool(answer.derived) is passes
    assert [fact["points"] for fact in answer.derived] == [Decimal(str(points))] * passes


# --- one answer --------------------------------------------------------------------------------


@both
def test_repeated_facts_count_once_and_order_is_nothing(executor: Executor) -> None:
    again = LED | {"confidence": Decimal("0.90")}
    facts = (LED, NOT_LED, again)
    inference = compiled(INTERVIEW)
    answers = {
        infer(inference, {"mention": order}, executor=executor).digest
        for order in (facts, facts[::-1], facts[:2])
    }
    as_facts = tuple(Fact.of("mention", **fact | {"confidence": Decimal("0.9")}) for fact in facts)
    answers.add(infer(inference, as_facts, executor=executor).digest)
    assert len(answers) == 1


def test_the_digest_tells_answers_and_rule_sets_apart() -> None:
    other = INTERVIEW.replace("version: 1.0.0", "version: 1.0.1")
    digests = {
        infer(compiled(text), {"mention": mentions}, executor="reference").digest
        for text in (INTERVIEW, other)
        for mentions in ([], [LED], [LED, NOT_LED])
    }
    assert len(digests) == 6


@needs_durable
def test_one_digest_from_both() -> None:
    asked: dict[str, Value] = {"asks_for": "empathy"}
    facts = {"mention": [LED, NOT_LED], "signal": [SPEECH], "question": [asked]}
    inference = compiled(INTERVIEW)
    digests = {infer(inference, facts, executor=name).digest for name in ("durable", "reference")}
    assert len(digests) == 1


@both
def test_inference_touches_nothing(
    executor: Executor, purity_net: Callable[[], AbstractContextManager[None]]
) -> None:
    inference = compiled(INTERVIEW)
    with purity_net():
        assert infer(inference, {"mention": [LED]}, executor=executor).executor == executor


# --- who answers -------------------------------------------------------------------------------


@needs_durable
def test_durable_is_the_first_choice() -> None:
    assert infer(compiled(INTERVIEW), {"mention": [LED]}).executor == "durable"


def test_without_durable_the_reference_answers_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "AVAILABLE", False)
    answer = infer(compiled(INTERVIEW), {"mention": [LED]})
    assert answer.executor == "reference"
    assert answer.fault is not None
    assert answer.fault.code.id == "CHAIN-RUN-003"
    assert not answer.fault.is_error
    assert fired(answer) == ["E01"]


def test_a_failure_is_reported_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Could not assert event, error code: 303")

    monkeypatch.setattr(durable, "AVAILABLE", True)
    monkeypatch.setattr(durable, "chain", broken)
    answer = infer(compiled(INTERVIEW), {"mention": [LED]})
    assert answer.executor == "reference"
    assert answer.fault is not None
    assert answer.fault.code.id == "CHAIN-RUN-002"
    assert "error code: 303" in answer.fault.message()
    assert fired(answer) == ["E01"]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"mentoin": [LED]}, "CHAIN-FACT-001"),
        ({"evidence": []}, None),
        ({"evidence": [{"indicator": "empathy"}]}, "CHAIN-FACT-001"),
        ({"mention": [LED | {"negatd": True}]}, "CHAIN-FACT-002"),
        ({"mention": [{"indicator": "empathy", "negated": True}]}, "CHAIN-FACT-003"),
        ({"mention": [LED | {"negated": None}]}, "CHAIN-FACT-003"),
        ({"mention": [LED | {"negated": "false"}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"negated": 0}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"confidence": True}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"confidence": 0.9}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"confidence": Decimal("NaN")}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"confidence": "1e-1"}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"confidence": {"nested": 1}}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"indicator": 5}]}, "CHAIN-FACT-004"),
        ({"signal": [SPEECH | {"name": "\ud800"}]}, "CHAIN-FACT-004"),
        ({"mention": [LED | {"indicator": "leadership"}]}, "CHAIN-FACT-005"),
        ({"mention": [LED | {"confidence": "1.0000000000000000001"}]}, "CHAIN-FACT-006"),
        ({"signal": [SPEECH | {"name": "长" * 1366}]}, "CHAIN-FACT-007"),
        ({"mention": LED}, "CHAIN-FACT-008"),
        ({"mention": "text"}, "CHAIN-FACT-008"),
        ({"mention": [[LED]]}, "CHAIN-FACT-008"),
    ],
)
def test_facts_that_the_types_refuse(facts: object, code: str | None) -> None:
    if code is None:
        assert infer(compiled(INTERVIEW), facts).derived == ()  # type: ignore[arg-type]
    else:
        assert refusal(INTERVIEW, facts) == code


def test_a_misspelt_type_or_field_is_guessed() -> None:
    for facts, meant in (
        ({"mentoin": [LED]}, "mention"),
        ({"mention": [LED | {"negatd": 1}]}, "negated"),
    ):
        with pytest.raises(EvaluationError) as caught:
            infer(compiled(INTERVIEW), facts)
        assert caught.value.fault.near == meant


PAIRS = """
facts: {left: {n: {type: number}}, right: {n: {type: number}}}
derives: {pair: {l: {type: number}, r: {type: number}}, any: {n: {type: number}}}
rules:
  - {id: A, clause: T, when: {l: {fact: left}, r: {fact: right}},
     then: {any: {n: 1}}}
"""
GROWING = PAIRS.replace("any: {n: 1}}}", "pair: {l: = l.n, r: = r.n}}}")


def numbered(left: int, right: int) -> dict[str, list[dict[str, object]]]:
    """Give that many facts on either side."""
    return {"left": [{"n": n} for n in range(left)], "right": [{"n": n} for n in range(right)]}


@both
def test_firings_are_capped_loudly(executor: Executor) -> None:
    inference = compiled(PAIRS)
    assert len(infer(inference, numbered(50, 100), executor=executor).firings) == 5_000
    with pytest.raises(EvaluationError, match=r"CHAIN-RUN-001.*5,000 firings"):
        infer(inference, numbered(3, 1667), executor=executor)
    assert fired(infer(inference, numbered(1, 1), executor=executor)) == ["A"]


@both
def test_facts_are_capped_loudly(executor: Executor) -> None:
    inference = compiled(GROWING)
    assert len(infer(inference, numbered(44, 43), executor=executor).derived) == 1_892
    with pytest.raises(EvaluationError, match=r"CHAIN-RUN-001.*2,000 facts"):
        infer(inference, numbered(45, 45), executor=executor)
    with pytest.raises(EvaluationError, match=r"CHAIN-RUN-001.*2,000 facts"):
        infer(inference, numbered(2_001, 0), executor=executor)


@both
def test_combinations_are_capped_before_they_are_tried(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MAX_COMBINATIONS", 100)
    inference = compiled(PAIRS)
    assert len(infer(inference, numbered(10, 10), executor=executor).firings) == 100
    with pytest.raises(EvaluationError, match=r"CHAIN-RUN-001.*100 combinations for rule `A`"):
        infer(inference, numbered(10, 11), executor=executor)
