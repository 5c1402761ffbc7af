"""The Python door: names, versions of the standard, circles and depth, and what goes in and comes out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from engine.dmn import load
from engine.dmn.expressions import MAX_COMPILED, Reader
from engine.dmn.source import NAMESPACES
from engine.feel import Function
from engine.kernel.errors import EvaluationError, NotFoundError
from tests.unit.dmn.test_findings import decision, literal, whole

MODELS = Path(__file__).parents[2] / "conformance" / "dmn"
BASE = (MODELS / "imported_base.dmn").read_text("utf-8")


def bkm(name: str, text: str, requires: str = "") -> str:
    needs = f'<knowledgeRequirement><requiredKnowledge href="#{requires}"/></knowledgeRequirement>'
    return (
        f'<businessKnowledgeModel name="{name}" id="{name}"><variable name="{name}"/><encapsulatedLogic>'
        f'<formalParameter name="n"/>{literal(text)}</encapsulatedLogic>{needs if requires else ""}</businessKnowledgeModel>'
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    xml = decision(literal("1 + 1"), "number")
    xml = xml.replace("https://www.omg.org/spec/DMN/20230324/MODEL/", namespace)
    assert load(xml).evaluate("d").value == 2


def test_a_qualified_type_of_the_first_version_is_read() -> None:
    xml = decision(literal('"x"'), "feel:string").replace(
        "<definitions", '<definitions xmlns:feel="http://www.omg.org/spec/FEEL/20140401"'
    )
    assert load(xml).evaluate("d").faults == ()
    assert load(xml.replace("feel:string", "feel:number")).evaluate("d").value is None


def test_prefixes_comments_and_cdata_do_not_matter() -> None:
    xml = (
        '<m:definitions xmlns:m="https://www.omg.org/spec/DMN/20230324/MODEL/" xmlns:x="urn:x" name="m" namespace="urn:m">'
        '<m:extensionElements><x:decision/></m:extensionElements><m:decision name="d" id="d"><m:variable name="d"/>'
        "<m:literalExpression><m:text><![CDATA[if 1 < 2 then]]><!-- c --> 7 else 8</m:text></m:literalExpression></m:decision></m:definitions>"
    )
    assert load(xml).evaluate("d").value == 7


def test_functions_may_require_each_other() -> None:
    xml = whole(
        bkm("even", "if n = 0 then true else odd(n - 1)", "odd")
        + bkm("odd", "if n = 0 then false else even(n - 1)", "even")
    )
    model = load(xml)
    assert model.invoke("even", {"n": 10}).value is True
    assert model.invoke("odd", {"n": 10}).value is False
    assert model.invocables == ("even", "odd")


def test_a_long_chain_of_decisions_has_a_value_or_a_bound() -> None:
    links = [
        f'<decision name="d{n}" id="d{n}"><variable name="d{n}"/><informationRequirement>'
        f'<requiredDecision href="#d{n - 1}"/></informationRequirement>{literal(f"d{n - 1} + 1")}</decision>'
        for n in range(1, 1_000)
    ]
    first = f'<decision name="d0" id="d0"><variable name="d0"/>{literal("0")}</decision>'
    model = load(whole(first + "".join(links)))
    assert model.evaluate("d50").value == 50
    result = model.evaluate("d999")
    assert result.value is None
    assert "FEEL-BOUND-031" in {f.code.id for f in result.faults}


def test_a_decision_is_evaluated_once() -> None:
    xml = whole(
        '<decision name="a" id="a"><variable name="a"/>'
        f'{literal("nobody")}</decision><decision name="b" id="b"><variable name="b"/>'
        '<informationRequirement><requiredDecision href="#a"/></informationRequirement>'
        f"{literal('[a, a, a]')}</decision>"
    )
    faults = load(xml).evaluate("b").faults
    assert [f.where for f in faults] == ["a"]


def test_a_name_stands_before_an_id() -> None:
    one = f'<decision name="a" id="b"><variable name="a"/>{literal("1")}</decision>'
    two = f'<decision name="b" id="c"><variable name="b"/>{literal("2")}</decision>'
    model = load(whole(one + two))
    assert [model.evaluate(n).value for n in ("a", "b", "c")] == [1, 2, 2]
    assert model.decisions == ("a", "b")


def test_what_is_not_there_is_refused_by_name() -> None:
    model = load(decision(literal("1")))
    with pytest.raises(NotFoundError):
        model.evaluate("e")
    with pytest.raises(NotFoundError):
        model.invoke("d")


@pytest.mark.parametrize("inputs", [{"i": 0.5}, {"i": object()}, [1]])
def test_what_feel_does_not_have_is_refused(inputs: dict[str, object]) -> None:
    with pytest.raises(EvaluationError):
        load(decision(literal("1"))).evaluate("d", inputs)


def test_values_come_out_as_plain_python() -> None:
    text = '{a: 1.50, b: [true, null], c: date("2026-01-02"), d: "x", f: function(x) x + 1}'
    value = load(decision(literal(text))).evaluate("d").value
    assert isinstance(value, dict)
    assert isinstance(value.pop("f"), Function)
    assert value == {"a": Decimal("1.5"), "b": [True, None], "c": dt.date(2026, 1, 2), "d": "x"}
    assert isinstance(value["a"], Decimal)


def test_an_argument_may_stand_under_the_name_of_an_import() -> None:
    xml = whole(
        '<import name="B" namespace="https://example.org/evenhand/imported_base"/>'
        '<decisionService name="s" id="s"><variable name="s"/>'
        '<outputDecision href="https://example.org/evenhand/imported_base#_passes"/>'
        '<inputData href="https://example.org/evenhand/imported_base#_candidate"/>'
        '<inputData href="https://example.org/evenhand/imported_base#_line"/></decisionService>'
    )
    model = load(xml, imports={"https://example.org/evenhand/imported_base": BASE})
    given = {"candidate": {"full name": "x", "score": 70}, "line": 60}
    assert model.invoke("s", {"B": given}).value is True
    assert model.invoke("s", given).value is True


def test_names_inside_inputs_are_read_whole_and_kept_within_bounds() -> None:
    xml = whole(
        '<inputData name="i" id="i"><variable name="i"/></inputData><decision name="d" id="d">'
        '<variable name="d"/><informationRequirement><requiredInput href="#i"/></informationRequirement>'
        f"{literal('i.first name')}</decision>"
    )
    model = load(xml)
    assert model.evaluate("d", {}).value is None
    assert model.evaluate("d", {"i": {"first name": "Ann"}}).value == "Ann"
    (reader,) = model.readers.values()
    assert isinstance(reader, Reader)
    for number in range(MAX_COMPILED):
        reader.compiled[number] = None  # type: ignore[index, assignment]
    assert model.evaluate("d", {"i": {"other name": 1}}).value is None
    assert len(reader.compiled) < 10
