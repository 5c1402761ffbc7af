"""A competency model says what is wrong with it, where, and what to do."""

from __future__ import annotations

import pytest

from engine.competency.compiler import check_model
from engine.competency.documents import CompetencyModel
from engine.jurisdictions.merge import Ground, Law
from engine.kernel.diagnostics import render
from engine.kernel.documents import load_text
from engine.kernel.errors import DocumentError
from tests.support.competency import MODEL, compiled, findings, pointed
from tests.support.interviews import read


def changed(old: str, new: str, text: str = MODEL) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def test_a_whole_model_has_no_findings() -> None:
    assert findings(MODEL) == []


def test_a_raised_weight_offers_the_others_rescaled() -> None:
    sales = read("competency_models/sales-rep-fmcg/1.0.0.yaml")
    text = sales.replace("weight: {value: 20,", "weight: {value: 30,", 1)
    (found,) = findings(text)
    assert pointed(found, text) == "30"
    assert text.split("\n")[found.span.line - 3 if found.span else 0].endswith(
        "customer_orientation"
    )
    assert found.message() == "the weights sum to 110, not 100"
    assert found.help() == (
        "to keep `customer_orientation` at 30, multiply the others by 7/8:"
        " `negotiation` 21.875, `resilience` 17.5, `execution` 30.625"
    )
    assert "权重之和为 110" in render(found, text.split("\n"), "zh")


def test_the_rescaled_weights_are_those_of_the_next_version() -> None:
    later = load_text(CompetencyModel, read("competency_models/sales-rep-fmcg/1.1.0.yaml"))
    weights = [str(one.weight.value) for one in later.document.competencies]
    assert weights == ["30", "21.875", "17.5", "30.625"]


def test_weights_that_no_single_change_explains() -> None:
    sales = read("competency_models/sales-rep-fmcg/1.0.0.yaml")
    text = sales.replace("{value: 20,", "{value: 22,", 1).replace("{value: 25,", "{value: 26,")
    (found,) = findings(text)
    assert found.message() == "the weights sum to 103, not 100"
    assert found.help() == "change them so that they sum to exactly 100"
    assert found.span is not None
    assert text.split("\n")[found.span.line - 1] == "competencies:"


def test_a_weight_of_100_leaves_nothing_for_the_others() -> None:
    (found,) = findings(changed("weight: {value: 60,", "weight: {value: 100,"))
    assert found.help() == "to keep `typing` at 40, multiply the others by 3/5: `care` 60"


@pytest.mark.parametrize(
    ("old", "new", "at", "code", "message"),
    [
        (
            "share: 40\n",
            "share: 30\n",
            "60",
            "COMP-SUM-002",
            "the shares of `care` sum to 90, not 100",
        ),
        ("from: 0,", "from: 5,", "5", "COMP-BAND-001", "the first band starts at 5, not at 0"),
        (
            "from: 90",
            "from: 70",
            "70",
            "COMP-BAND-002",
            "the band `high` starts at 70, not above the one before",
        ),
        ("id: fair", "id: low", "low", "COMP-ID-001", "the id `low` stands twice"),
        ("id: typing", "id: care", "care", "COMP-ID-001", "the id `care` stands twice"),
        ("id: C2", "id: C1", "C1", "COMP-ID-001", "the id `C1` stands twice"),
        (
            "indicator: tidy",
            "indicator: tidi",
            "tidi",
            "COMP-ID-002",
            "there is no indicator `tidi`",
        ),
        ("scale: bars5", "scale: bars", "bars", "COMP-ID-003", "there is no scale `bars`"),
        (
            "{value: 40, provenance: human_set}",
            "{value: 40, provenance: data_derived}",
            "weight",
            "COMP-WEIGHT-001",
            "the data-derived weight of `typing` names no evidence",
        ),
        (
            "Tidy}, modality: text}",
            "Tidy}, modality: text, keywords: {zh: [整齐]}}",
            "tidy",
            "COMP-MENTION-001",
            "`tidy` is looked for in answers, and the model has no `mentions`",
        ),
    ],
)
def test_a_fault_is_placed(old: str, new: str, at: str, code: str, message: str) -> None:
    text = changed(old, new)
    (found,) = findings(text)
    assert (pointed(found, text), found.code.id, found.message()) == (at, code, message)


def test_an_unknown_name_is_guessed() -> None:
    (found,) = findings(changed("indicator: tidy", "indicator: tidi"))
    assert found.help().startswith("did you mean `tidy`?")


def test_words_to_look_for_belong_to_text() -> None:
    text = changed("modality: speech_timing", "modality: speech_timing, keywords: {en: [fast]}")
    assert [one.code.id for one in findings(text)] == ["COMP-MENTION-001", "COMP-MENTION-002"]


def test_an_indicator_that_is_never_derived() -> None:
    loaded = load_text(CompetencyModel, MODEL, "clerk.yaml")
    (found,) = check_model(loaded, derived=("tidy",))
    assert found.message() == "`interview-evidence` never derives evidence of `quick`"


def test_a_blocked_modality_is_refused_but_in_a_demonstration() -> None:
    law = Law(modalities={"speech_timing": (Ground("xx", "Act 1"),)})
    (found,) = findings(MODEL, law)
    assert found.message() == "`quick` rests on `speech_timing`, which `xx` blocks: Act 1"
    assert pointed(found, MODEL) == "speech_timing"
    assert findings(changed("role: clerk", "role: clerk\nuse: demonstration"), law) == []
    with pytest.raises(DocumentError):
        compiled(MODEL, law)


def test_an_unknown_method_is_told_in_the_owners_words() -> None:
    with pytest.raises(DocumentError) as caught:
        load_text(
            CompetencyModel, text := changed("method: measure", "method: mesure"), "clerk.yaml"
        )
    (found,) = caught.value.diagnostics
    assert pointed(found, text) == "mesure"
    assert found.message() == ("`mesure` is not one of `points`, `rating`, `measure`, `expression`")
    assert found.near == "measure"


def test_a_part_without_method() -> None:
    with pytest.raises(DocumentError) as caught:
        load_text(CompetencyModel, changed("method: measure, ", ""), "clerk.yaml")
    assert [one.message() for one in caught.value.diagnostics] == ["the key `method` is missing"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("floor: 50", "floor: 101", "COMP-VALUE-001"),
        ("weight: {value: 60", "weight: {value: 0", "COMP-VALUE-001"),
        ("min_confidence: 0.60", "min_confidence: 60", "COMP-VALUE-001"),
        ("digits: 2", "digits: two", "DOC-TYPE-010"),
        ("Tidy}, modality: text}", "Tidy}, modality: smell}", "DOC-TYPE-009"),
        (
            "Tidy}, modality: text}",
            'Tidy}, modality: text, keywords: {en: [" "]}}',
            "COMP-VALUE-002",
        ),
    ],
)
def test_a_value_out_of_bounds(old: str, new: str, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_text(CompetencyModel, changed(old, new), "clerk.yaml")
    assert [one.code.id for one in caught.value.diagnostics] == [code]


def test_empty_lists_are_refused() -> None:
    text = MODEL[: MODEL.index("competencies:")] + "competencies: []\n"
    assert [one.code.id for one in findings(text)] == ["COMP-SUM-003"]
    bands = MODEL[MODEL.index("bands:") : MODEL.index("scales:")]
    assert [one.code.id for one in findings(MODEL.replace(bands, "bands: []\n"))] == [
        "COMP-SUM-003"
    ]
    parts = "parts:\n      - {share: 100, method: measure, measure: typing_test}"
    assert [one.code.id for one in findings(changed(parts, "parts: []"))] == ["COMP-SUM-003"]


def test_all_faults_come_at_once() -> None:
    text = changed("from: 0,", "from: 5,").replace("share: 40\n", "share: 30\n")
    assert len(findings(text.replace("value: 40", "value: 41"))) == 3


def test_the_identity_is_what_was_written() -> None:
    one = load_text(CompetencyModel, MODEL)
    same = load_text(CompetencyModel, changed("floor: 50", "floor: 50.0 # the least"))
    other = load_text(CompetencyModel, changed("floor: 50", "floor: 51"))
    assert one.hash == same.hash != other.hash


# --- expressions ---------------------------------------------------------------------------------

TEST = "{share: 100, method: measure, measure: typing_test}"


@pytest.mark.parametrize(
    ("value", "at", "code"),
    [
        ("if found(tydi) then 1 else 0", "tydi", "FEEL-NAME-004"),
        ("measure(3)", "3", "FEEL-TYPE-002"),
        ("1 + + 2", "+", "FEEL-SYNTAX-001"),
        ("found(tidy)", "found(tidy)", "FEEL-TYPE-002"),
        ("pace + 1", "pace", "FEEL-NAME-001"),
    ],
)
def test_an_expression_is_checked_in_its_place(value: str, at: str, code: str) -> None:
    text = changed(TEST, f"{{share: 100, method: expression, value: {value}}}")
    (found,) = findings(text)
    assert (pointed(found, text), found.code.id) == (at, code)


def test_ratings_in_an_expression_need_a_scale() -> None:
    part = "{share: 100, method: expression, value: 'rating(\"panel\")'}"
    (found,) = findings(changed(TEST, part))
    assert found.message() == "`rating` needs a scale, and this part names none"
    assert findings(changed(TEST, part.replace("}", ", scale: bars5}"))) == []
