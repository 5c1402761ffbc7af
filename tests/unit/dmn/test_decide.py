"""A model as a document: versioned and named by its content as a rule set is, and answering in the same shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.content import check_content, read_content
from engine.dmn.decide import CompiledModel, decide
from engine.dmn.documents import Head, write_document
from engine.kernel.errors import DocumentError, NotFoundError
from engine.rules.decision import decision_json
from tests.support.golden import assert_golden, rendered
from tests.unit.dmn.test_findings import decision, literal, whole

if TYPE_CHECKING:
    from engine.content import Content

MODELS = Path(__file__).parents[2] / "conformance" / "dmn"
NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
HEAD = Head("grades", "test", "T-1", "2026-01-01T00:00:00+08:00")
BODY = """<inputData name="points" id="i"><variable name="points" typeRef="number"/></inputData>
<inputData name="day" id="j"><variable name="day" typeRef="date"/></inputData>
<decision name="grade" id="d"><variable name="grade" typeRef="string"/><informationRequirement><requiredInput href="#i"/></informationRequirement>
<literalExpression><text>if points &gt; 5 then "high" else if points &gt; 0 then "low" else points + "x"</text></literalExpression></decision>
<decision name="year" id="e"><variable name="year" typeRef="number"/><informationRequirement><requiredInput href="#j"/></informationRequirement>
<literalExpression><text>day.year</text></literalExpression></decision>
<decision name="f" id="f"><functionDefinition><literalExpression><text>1</text></literalExpression></functionDefinition></decision>"""


def content(text: str) -> Content:
    return read_content({"rules/grades/1.0.0.yaml": text})


def model(extra: str = "") -> CompiledModel:
    return content(write_document(HEAD, "grades", whole(BODY), {}) + extra).dmn_model(
        "grades@1.0.0", NOW
    )


def test_a_model_answers_as_a_rule_set_does() -> None:
    answer = decision_json(decide(model(), {"points": Decimal(7), "day": "2026-01-02"}))
    assert answer["status"] == "decided"
    assert answer["outcomes"] == {"grade": "high", "year": "2026"}
    assert str(answer["used"]).startswith(
        "[{'kind': 'dmn_model', 'id': 'grades', 'version': '1.0.0'"
    )


def test_an_input_that_is_not_given_leaves_the_case_incomplete_and_null_is_given() -> None:
    missing = decide(model(), {"points": 7})
    assert (missing.status, missing.missing, missing.outcomes) == ("incomplete", ("day",), {})
    asked = decide(model(), {"points": 7}, ["grade"])
    assert asked.outcomes == {"grade": "high"}
    null = decide(model(), {"points": None}, ["grade"])
    assert null.status == "error"
    assert null.faults


def test_a_value_that_cannot_be_made_voids_the_answer() -> None:
    answer = decide(model(), {"points": -1, "day": "2026-01-02"})
    assert (answer.status, answer.outcomes) == ("error", {})
    assert {f.where for f in answer.faults} == {"grade"}


def test_unknown_inputs_decisions_and_floats_are_refused() -> None:
    assert [f.code.id for f in decide(model(), {"pionts": 1}, ["grade"]).faults] == ["INPUT-001"]
    assert [f.code.id for f in decide(model(), {"points": 0.5}, ["grade"]).faults] == [
        "FEEL-INPUT-001"
    ]
    with pytest.raises(NotFoundError):
        decide(model(), {}, ["nothing"])


def test_the_document_says_which_decisions_it_answers_with() -> None:
    assert decide(model("decisions: [grade]\n"), {"points": 1}).outcomes == {"grade": "low"}
    text = write_document(HEAD, "grades", whole(BODY), {}) + "decisions: [graed]\n"
    (found,) = check_content(content(text))
    assert found.code.id == "DMN-MODEL-005"
    assert_golden("diagnostics/DMN-MODEL-005.txt", rendered(found, text))


def test_a_fault_in_the_xml_is_placed_in_the_document() -> None:
    text = write_document(HEAD, "grades", whole('<inputData id="i"/>'), {})
    (found,) = check_content(content(text))
    assert found.code.id == "DMN-MODEL-001"
    assert str(found.span) == "rules/grades/1.0.0.yaml:11:3"
    broken = write_document(HEAD, "grades", whole(""), {"urn:x": "<"})
    with pytest.raises(DocumentError):
        content(broken.replace("<definitions", "<definitoins")).dmn_model("grades@1.0.0", NOW)


def test_imported_inputs_are_read_by_their_types() -> None:
    texts = {p.name: p.read_text("utf-8") for p in MODELS.glob("*.dmn")}
    used = {
        f"https://example.org/evenhand/{n}": texts[f"{n}.dmn"]
        for n in ("imported_base", "imported_middle")
    }
    text = write_document(HEAD, "imports", texts["imports.dmn"], used)
    compiled = content(text).dmn_model("grades@1.0.0", NOW)
    given = {"bonus": "9", "The base": {"candidate": {"score": "70"}, "line": "60"}}
    assert decide(compiled, given, ["uses decision"]).outcomes == {"uses decision": 9}


def test_now_is_given_and_never_taken() -> None:
    xml = decision(literal("now()"), "date and time")
    compiled = content(write_document(HEAD, "n", xml, {})).dmn_model("grades@1.0.0", NOW)
    assert decide(compiled, {}, now=NOW).outcomes == {"d": NOW}
    assert decide(compiled, {}).status == "error"
