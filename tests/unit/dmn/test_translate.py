"""A model that becomes a strict rule set, and every part that cannot, told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.content import Content, check_document, read_document
from engine.dmn import load
from engine.dmn.documents import Head, document_id, write_document
from engine.dmn.translate import translate_model
from engine.rules.compiler import compile_rule_set
from engine.rules.evaluate import decide
from tests.support.golden import assert_golden, rendered
from tests.unit.dmn.test_findings import CLOSE, OPEN, decision, literal, table, whole

HEAD = Head("small", "test", "T-1", "2026-01-01T00:00:00+08:00")
MODELS = Path(__file__).parents[2] / "conformance" / "dmn"

GRADES = (
    OPEN
    + """<itemDefinition name="tColour"><typeRef>string</typeRef><allowedValues><text>"red", "blue"</text></allowedValues></itemDefinition>
<itemDefinition name="tPoints"><typeRef>number</typeRef><allowedValues><text>[0..100]</text></allowedValues></itemDefinition>
<inputData name="the points" id="i"><variable name="the points" typeRef="tPoints"/></inputData>
<inputData name="colours" id="c"><variable name="colours" typeRef="tColours"/></inputData>
<itemDefinition name="tColours" isCollection="true"><typeRef>tColour</typeRef></itemDefinition>
<decision name="line" id="l"><variable name="line" typeRef="number"/><literalExpression><text>60</text></literalExpression></decision>
<businessKnowledgeModel name="share" id="b"><variable name="share" typeRef="number"/><encapsulatedLogic><formalParameter name="x" typeRef="number"/><literalExpression><text>x / line</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>
<decision name="the grade" id="g"><variable name="the grade" typeRef="tColour"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement>
<decisionTable hitPolicy="PRIORITY"><input><inputExpression><text>the points</text></inputExpression></input>
<output><outputValues><text>"blue", "red"</text></outputValues><defaultOutputEntry><text>"red"</text></defaultOutputEntry></output><annotation name="why"/>
<rule><inputEntry><text>&gt;= line</text></inputEntry><outputEntry><text>"blue"</text></outputEntry><annotationEntry><text>good</text></annotationEntry></rule>
<rule><inputEntry><text>&gt; 1</text></inputEntry><outputEntry><text>"red"</text></outputEntry></rule></decisionTable></decision>
<decision name="both" id="d"><variable name="both"/><decisionTable hitPolicy="COLLECT"><input><inputExpression><text>the points</text></inputExpression></input>
<output name="a" typeRef="number"/><output name="b" typeRef="string"/>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>the points + 1</text></outputEntry><outputEntry><text>"x"</text></outputEntry></rule></decisionTable></decision>
<decision name="total" id="t"><variable name="total" typeRef="number"/><decisionTable hitPolicy="COLLECT" aggregation="SUM"><input><inputExpression><text>the points</text></inputExpression></input>
<output/><rule><inputEntry><text>-</text></inputEntry><outputEntry><text>2</text></outputEntry></rule><rule><inputEntry><text>-</text></inputEntry><outputEntry><text>3</text></outputEntry></rule></decisionTable></decision>
<decision name="bonus" id="n"><variable name="bonus" typeRef="number"/>
<conditional><if><literalExpression><text>the grade = "blue"</text></literalExpression></if><then><literalExpression><text>share(the points) * 100</text></literalExpression></then><else><literalExpression><text>null</text></literalExpression></else></conditional></decision>
<decision name="boxed" id="x"><variable name="boxed" typeRef="number"/><context>
<contextEntry><variable name="s"/><for iteratorVariable="i"><in><list><literalExpression><text>1</text></literalExpression><literalExpression><text>2</text></literalExpression></list></in><return><literalExpression><text>i * 2</text></literalExpression></return></for></contextEntry>
<contextEntry><variable name="f"/><filter><in><literalExpression><text>s</text></literalExpression></in><match><literalExpression><text>item &gt; 2</text></literalExpression></match></filter></contextEntry>
<contextEntry><literalExpression><text>sum(f)</text></literalExpression></contextEntry></context></decision>
<decision name="invoked" id="v"><variable name="invoked" typeRef="number"/><invocation><literalExpression><text>share</text></literalExpression><binding><parameter name="x"/><literalExpression><text>120</text></literalExpression></binding></invocation></decision>
<decision name="listed" id="r"><variable name="listed" typeRef="boolean"/><some iteratorVariable="c"><in><literalExpression><text>colours</text></literalExpression></in><satisfies><literalExpression><text>c = "red"</text></literalExpression></satisfies></some></decision>"""
    + CLOSE
)


def test_a_model_of_tables_and_expressions_becomes_a_rule_set_that_decides() -> None:
    text, found = translate_model(load(GRADES), HEAD)
    assert {(d.code.id, d.args["name"]) for d in found} == {
        ("DMN-RULES-002", "the points"),
        ("DMN-RULES-002", "the grade"),
    }
    loaded, faults = read_document(text, "small.yaml")
    assert loaded is not None, faults
    assert not [d.message() for d in check_document(Content(), loaded) if d.is_error]
    made = decide(compile_rule_set(loaded), {"the_points": 90, "colours": ["red"]})
    assert {k: str(v) for k, v in made.outcomes.items() if not isinstance(v, tuple)} == {
        "the_grade": "blue",
        "total": "5",
        "bonus": "150",
        "boxed": "4",
        "invoked": "2",
        "listed": "True",
    }
    assert made.outcomes["both"] == ({"a": 91, "b": "x"},)
    assert "note" in text
    assert "good" in text


TOLD = {
    "a decision service": whole('<decisionService name="s" id="s"/>'),
    "an import": whole('<import name="x" namespace="urn:x" importType="urn:xsd"/>'),
    "a structured type": whole(
        '<itemDefinition name="t"><itemComponent name="c"/></itemDefinition>\n<inputData name="i" id="i"><variable name="i" typeRef="t"/></inputData>'
    ),
    "the type `Any`": whole(
        '<inputData name="i" id="i"><variable name="i" typeRef="Any"/></inputData>'
    ),
    "a value without a type": decision(literal("nobody")),
    "a table inside an expression": decision(
        "<list><decisionTable><output/></decisionTable></list>", "number"
    ),
    "an expression of this kind": decision("<literalExpression/>", "number"),
    "an expression that cannot be read": decision(literal("1 +"), "number"),
    "a function as a value": decision(
        "<functionDefinition><literalExpression><text>1</text></literalExpression></functionDefinition>",
        "number",
    ),
    "these allowed values": whole(
        '<itemDefinition name="t"><typeRef>number</typeRef><allowedValues><text>even(?)</text></allowedValues></itemDefinition>\n<inputData name="i" id="i"><variable name="i" typeRef="t"/></inputData>'
    ),
    "these output values": table(
        '<input><inputExpression><text>1</text></inputExpression></input><output typeRef="number"/>',
        "",
        'hitPolicy="PRIORITY"',
    ),
    "a default that is no plain value": table(
        '<output typeRef="number"><defaultOutputEntry><text>1 + 1</text></defaultOutputEntry></output>',
        "",
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_what_a_rule_set_has_no_place_for_is_named(what: str) -> None:
    _, found = translate_model(load(TOLD[what], path="model.dmn"), HEAD)
    told = next(d for d in found if d.code.id == "DMN-RULES-001")
    assert told.args["what"] == what
    assert told.span is not None
    if what == "a structured type":
        assert_golden("diagnostics/DMN-RULES-001.txt", rendered(told, TOLD[what]))


def test_a_name_of_several_words_is_told() -> None:
    found = translate_model(load(GRADES, path="model.dmn"), HEAD)[1]
    assert_golden("diagnostics/DMN-RULES-002.txt", rendered(found[0], GRADES))


def test_a_model_without_a_decision_is_told() -> None:
    found = translate_model(load(whole("")), HEAD)[1]
    assert [d.code.id for d in found] == ["DMN-RULES-003"]
    assert_golden("diagnostics/DMN-RULES-003.txt", rendered(found[0], ""))


def test_the_standards_example_is_told_part_by_part() -> None:
    _, found = translate_model(load((MODELS / "loan.dmn").read_text("utf-8")), HEAD)
    lost = {(str(d.args["what"]), d.args["name"]) for d in found if d.is_error}
    assert ("a structured type", "Applicant data") in lost
    assert ("a decision service", "Routing service") in lost


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Loan Origination (v2)", "loan-origination-v2"),
        ("贷款", "model"),
        ("", "model"),
        ("a" * 90, "a" * 60),
    ],
)
def test_a_model_gets_an_id(name: str, id_: str) -> None:
    assert document_id(name) == id_


def test_a_document_keeps_a_model_whatever_signs_it_holds() -> None:
    xml = decision(literal('"a\u2028b\u202e \t c"')).replace("\n", "\r\n")
    text = write_document(HEAD, "t: {x}", "\ufeff" + xml, {"urn:x": whole("")})
    loaded, found = read_document(text, "m.yaml")
    assert loaded is not None, found
    assert load(loaded.document.xml).evaluate("d").value == "a\u2028b\u202e   c"
    assert set(loaded.document.imports) == {"urn:x"}
