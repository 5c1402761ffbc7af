"""An interview file is read with its decimals, and what is wrong with it is named and placed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from engine.hiring.interview import Interview, parse_interview, read_interview
from engine.kernel.errors import DocumentError
from tests.support.interviews import read

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("article-sales", "article-marketing", "marketing-analyst-strong")
TEXT = read("examples/interviews/article-sales.json")


def faults(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(DocumentError) as caught:
        parse_interview(text, "i.json")
    lines = text.split("\n")
    return [
        (one.code.id, one.message(), lines[one.span.line - 1].strip() if one.span else "")
        for one in caught.value.diagnostics
    ]


def edited(change: Callable[[Any], object]) -> str:
    data = json.loads(TEXT)
    change(data)
    return json.dumps(data, ensure_ascii=False, indent=2)


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_interviews_fit_the_published_schema(name: str) -> None:
    text = read(f"examples/interviews/{name}.json")
    jsonschema.validate(json.loads(text), Interview.model_json_schema())
    assert parse_interview(text).kind == "interview"


def test_decimals_are_kept() -> None:
    text = TEXT.replace('"value": 3.5', '"value": 3.4999999999999999999999')
    assert parse_interview(text).signals[0].value == Decimal("3.4999999999999999999999")


def test_a_number_without_a_unit_names_the_field() -> None:
    text = edited(lambda data: data["signals"][0].pop("unit"))
    ((code, message, _),) = faults(text)
    assert (code, message) == ("DOC-KEY-001", "the key `unit` is missing")
    empty = edited(lambda data: data["signals"][0].update(unit=" "))
    assert faults(empty) == [("INTERVIEW-VALUE-002", "the unit is empty", '"unit": " ",')]


def test_an_unknown_dimension_is_named() -> None:
    text = edited(lambda data: data["dimensions"].append("handwriting"))
    assert faults(text) == [
        (
            "DOC-TYPE-009",
            "`handwriting` is not one of `voice`, `logic`, `competency`",
            '"handwriting"',
        )
    ]


def test_an_unknown_key_is_refused() -> None:
    text = edited(lambda data: data.update(candidate_name="王芳"))
    assert [code for code, _, _ in faults(text)] == ["DOC-KEY-002"]


@pytest.mark.parametrize("value", ["王芳", "wang fang", "wangfang", "13800138000", "a1", "x@y1.cn"])
def test_a_candidate_is_an_opaque_id(value: str) -> None:
    text = edited(lambda data: data.update(candidate=value))
    ((code, _, line),) = faults(text)
    assert (code, line.startswith('"candidate"')) == ("INTERVIEW-VALUE-001", True)


def test_an_accommodation_never_says_why() -> None:
    text = edited(lambda data: data.update(accommodations=[{"covers": "speech_timing"}]))
    assert parse_interview(text).accommodations[0].covers == "speech_timing"
    told = edited(
        lambda data: data.update(accommodations=[{"covers": "speech_timing", "reason": "stammer"}])
    )
    assert [code for code, _, _ in faults(told)] == ["DOC-KEY-002"]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (
            lambda data: data["signals"][0].update(question="objecton"),
            "INTERVIEW-NAME-001",
            '"question": "objecton",',
        ),
        (lambda data: data["signals"][0].update(at_s=-1), "INTERVIEW-VALUE-003", '"at_s": -1,'),
        (lambda data: data.update(duration_s=-1), "INTERVIEW-VALUE-003", '"duration_s": -1,'),
        (
            lambda data: data["signals"][0].update(baseline=0),
            "INTERVIEW-VALUE-004",
            '"baseline": 0,',
        ),
        (
            lambda data: data["signals"][0].update(confidence=1.1),
            "COMP-VALUE-001",
            '"confidence": 1.1',
        ),
        (lambda data: data["measures"].append(data["measures"][0]), "INTERVIEW-NAME-002", None),
        (lambda data: data["ratings"].append(data["ratings"][0]), "INTERVIEW-NAME-002", None),
        (lambda data: data["questions"].append(data["questions"][0]), "INTERVIEW-NAME-002", None),
    ],
)
def test_a_fault_is_placed(change: Callable[[Any], object], code: str, line: str | None) -> None:
    ((found, _, where),) = faults(edited(change))
    assert found == code
    assert line is None or where == line


def mention(**changed: object) -> dict[str, object]:
    return {
        "indicator": "team_leadership",
        "question": "track_record",
        "quote": "带领团队",
        "start": 20,
        "end": 24,
        "negated": False,
        "confidence": 0.9,
        "extractor": {"name": "other", "version": "2"},
        **changed,
    }


def test_an_outside_mention_quotes_the_answer() -> None:
    good = edited(lambda data: data.update(mentions=[mention()]))
    assert parse_interview(good).mentions[0].quote == "带领团队"
    for wrong in (mention(start=19), mention(quote="带领"), mention(start=-1), mention(start=24)):
        text = edited(lambda data, wrong=wrong: data.update(mentions=[wrong]))  # type: ignore[misc]
        assert [code for code, _, _ in faults(text)] == ["INTERVIEW-QUOTE-001"]
    lost = edited(lambda data: data.update(mentions=[mention(question="nowhere")]))
    assert [code for code, _, _ in faults(lost)] == ["INTERVIEW-NAME-001"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1,}', "JSON-001"),
        ("[" * 100_000, "JSON-001"),
        ('{"a": ' + "9" * 5000 + "}", "JSON-001"),
        ('{"a": NaN}', "JSON-002"),
        ('{"a": 1, "a": 2}', "JSON-003"),
    ],
)
def test_what_is_not_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_interview(text, "i.json")
    assert [one.code.id for one in caught.value.diagnostics] == [code]


def test_data_is_read_as_well_as_text() -> None:
    data = json.loads(TEXT, parse_float=Decimal)
    assert read_interview(data) == parse_interview(TEXT)
    data["signals"][0]["unit"] = ""
    with pytest.raises(DocumentError):
        read_interview(data)
