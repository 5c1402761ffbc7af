"""Every diagnostic about a DMN model, drawn with its place, in both languages; and how XML is kept out of mischief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import engine.dmn
from engine.dmn import load
from engine.dmn.source import MAX_BYTES
from engine.kernel.errors import DocumentError
from tests.support.golden import assert_golden, codes_of, rendered

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

OPEN = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="urn:m">\n'
CLOSE = "\n</definitions>"
IMPORT = (
    '<import name="b" namespace="urn:b" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
)


def whole(body: str) -> str:
    return OPEN + body + CLOSE


def decision(logic: str, type_: str = "", requires: str = "") -> str:
    typed = f' typeRef="{type_}"' if type_ else ""
    return whole(
        f'<decision name="d" id="d"><variable name="d"{typed}/>{requires}\n{logic}\n</decision>'
    )


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


def table(head: str, rows: str, attributes: str = "") -> str:
    return decision(f"<decisionTable {attributes}>{head}\n{rows}</decisionTable>")


HEAD = "<input><inputExpression><text>1</text></inputExpression></input><output/>"
ROW = (
    "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"
)
LISTED = '<input><inputExpression><text>1</text></inputExpression><inputValues><text>"a"</text></inputValues></input><output/>'
OUTPUTS = "<input><inputExpression><text>1</text></inputExpression></input><output><outputValues><text>5, 6</text></outputValues></output>"
ADD = '<functionDefinition><formalParameter name="a"/><literalExpression><text>a</text></literalExpression></functionDefinition>'
WRONG_CALL = f"""<context><contextEntry><variable name="f"/>{ADD}</contextEntry><contextEntry><invocation>{literal("f")}
<binding><parameter name="b"/>{literal("1")}</binding></invocation></contextEntry></context>"""
ITSELF = '<informationRequirement><requiredDecision href="#d"/></informationRequirement>'
NOWHERE = '<informationRequirement><requiredInput href="#nobody"/></informationRequirement>'

REFUSED = {
    "DMN-XML-001": OPEN + "<decision",
    "DMN-XML-002": "<!DOCTYPE definitions>\n" + whole(""),
    "DMN-XML-003": whole("<a>" * 120 + "</a>" * 120),
    "DMN-XML-004": '<definitions xmlns="urn:else"/>',
    "DMN-MODEL-001": whole("<decision/>"),
    "DMN-MODEL-002": whole('<inputData name="a" id="x"/>\n<inputData name="b" id="x"/>'),
    "DMN-MODEL-003": table(HEAD, ROW, 'hitPolicy="BEST"'),
    "DMN-MODEL-004": table(HEAD, "<rule><outputEntry><text>1</text></outputEntry></rule>"),
    "DMN-IMPORT-001": whole(IMPORT),
    "DMN-IMPORT-002": whole(IMPORT),
    "DMN-IMPORT-003": whole(IMPORT),
}
GIVEN = {
    "DMN-IMPORT-002": {"urn:b": whole("")},
    "DMN-IMPORT-003": {
        "urn:b": whole(IMPORT.replace("urn:b", "urn:m")).replace(
            'namespace="urn:m">', 'namespace="urn:b">', 1
        )
    },
}
NULLS = {
    "DMN-EVAL-001": decision(
        '<literalExpression expressionLanguage="urn:js"><text>1</text></literalExpression>'
    ),
    "DMN-EVAL-002": decision("<literalExpression/>"),
    "DMN-EVAL-003": decision(literal("1"), requires=NOWHERE),
    "DMN-EVAL-004": decision(literal("d"), requires=ITSELF),
    "DMN-EVAL-005": decision(WRONG_CALL),
    "DMN-TYPE-001": decision(literal("1"), "tNone"),
    "DMN-TYPE-002": decision(literal("1"), "string"),
    "DMN-TABLE-001": table(HEAD, ROW.replace("1", "2")),
    "DMN-TABLE-002": table(LISTED, ROW),
    "DMN-TABLE-003": table(OUTPUTS, ROW),
    "DMN-TABLE-004": table(
        HEAD,
        ROW.replace("<text>1</text></outputEntry>", '<text>"x"</text></outputEntry>'),
        'hitPolicy="COLLECT" aggregation="SUM"',
    ),
}


def refusal(id_: str) -> Diagnostic:
    with pytest.raises(DocumentError) as caught:
        load(REFUSED[id_], imports=GIVEN.get(id_), path="model.dmn")
    return caught.value.diagnostics[0]


@pytest.mark.parametrize("id_", REFUSED)
def test_a_refused_model_says_where_and_why(id_: str) -> None:
    found = refusal(id_)
    assert found.code.id == id_
    assert found.span is not None
    assert_golden(f"diagnostics/{id_}.txt", rendered(found, REFUSED[id_]))


@pytest.mark.parametrize("id_", NULLS)
def test_a_null_keeps_its_cause(id_: str) -> None:
    faults = load(NULLS[id_], path="model.dmn").evaluate("d").faults
    found = next(f for f in faults if f.code.id == id_)
    assert found.where == "d"
    assert found.span is not None
    assert_golden(f"diagnostics/{id_}.txt", rendered(found, NULLS[id_]))


def test_every_code_is_shown() -> None:
    known = {id_ for id_ in codes_of(engine.dmn) if id_.startswith("DMN-")}
    elsewhere = ("DMN-EXPORT-", "DMN-RULES-", "DMN-MODEL-005")
    known = {id_ for id_ in known if not id_.startswith(elsewhere)}
    assert {*REFUSED, *NULLS} == known


BOMB = """<!DOCTYPE definitions [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>\n"""
OUTSIDE = '<!DOCTYPE definitions [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'


@pytest.mark.parametrize(
    "prolog", [BOMB, OUTSIDE, '<!DOCTYPE d SYSTEM "http://localhost/d.dtd">\n']
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_whatever_it_declares(prolog: str, encoding: str) -> None:
    text = prolog + decision(literal("&c;" if prolog is BOMB else "&x;"))
    with pytest.raises(DocumentError) as caught:
        load(text.encode(encoding))
    assert {d.code.id for d in caught.value.diagnostics} <= {"DMN-XML-001", "DMN-XML-002"}


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<",
        "\x00",
        "<a/>",
        " " * (MAX_BYTES + 1),
        b"\xff\xfe",
        "\ud800",
        whole("<a/>" * 200_001),
    ],
)
def test_what_is_no_model_is_refused_with_a_place(xml: str | bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        load(xml, path="model.dmn")
    assert all(d.span is not None for d in caught.value.diagnostics)


def test_a_declared_encoding_does_not_matter_to_a_text() -> None:
    declared = '<?xml version="1.0" encoding="UTF-16"?>\n' + decision(literal('"é持"'))
    assert load(declared).evaluate("d").value == "é持"


def test_a_fault_points_at_its_place_in_the_file() -> None:
    xml = decision(literal("1 +\n  nobody"))
    fault = load(xml, path="model.dmn").evaluate("d").faults[0]
    assert str(fault.span) == "model.dmn:4:3"
    assert xml.split("\n")[3][2:8] == "nobody"
