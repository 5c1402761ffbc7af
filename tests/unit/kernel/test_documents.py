"""Documents: what is read, what is refused and where, and what the identity is made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from engine.kernel.canonical import canonical_json, content_hash
from engine.kernel.cases import Case, CaseFile, CaseResult, Difference, as_data, compare_expected
from engine.kernel.decimals import decimal_text, fits, from_fraction, parse_number, plain_number
from engine.kernel.diagnostics import (
    Code,
    Phrase,
    Severity,
    Span,
    has_errors,
    in_order,
    nearest,
    render,
    width,
)
from engine.kernel.documents import (
    BAD_FORM,
    Count,
    Day,
    Document,
    Expression,
    Fault,
    Flag,
    Instant,
    Number,
    RejectedError,
    Shape,
    load_data,
    load_text,
    load_tree,
    reject,
)
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError
from engine.kernel.json_text import read_json
from engine.kernel.source import Scalar, read_yaml


class Edge(Shape):
    source: str = Field(alias="from")
    weight: Number | None = None


class Leaf(Shape):
    size: Count


class Sample(Document):
    kind: Literal["sample"]
    amount: Number | None = None
    sure: Flag | None = None
    size: Count | None = None
    value: Expression | None = None
    day: Day | None = None
    edges: tuple[Edge, ...] = ()
    named: dict[str, Edge] = Field(default_factory=dict)
    either: Edge | Leaf | None = None
    code: str | None = None

    @field_validator("code")
    @classmethod
    def _checked(cls, value: str | None) -> str | None:
        if value == "whole":
            raise reject(BAD_FORM, text=value, example="part")
        if value and "x" in value:
            raise RejectedError(
                [
                    Fault(
                        BAD_FORM,
                        value.index("x"),
                        value.index("x") + 1,
                        {"text": "x", "example": "y"},
                    )
                ]
            )
        return value


HEAD = """schema_version: "1"
kind: sample
id: one
version: 1.0.0
title: {zh: 例, en: sample}
owner: hr
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-1
"""


def hashed(text: str, model: type[Document] = Sample) -> str:
    return load_text(model, text, "sample.yaml").hash


def found(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_text(Sample, text, "sample.yaml")
    return [
        f"{d.code.id}@{d.span.line}:{d.span.column}" for d in caught.value.diagnostics if d.span
    ]


BODY = "amount: 80.10\nsure: true\nedges:\n- {from: a, weight: 1}\n- {from: b}\n"


@pytest.mark.parametrize(
    "text",
    [
        BODY + HEAD,
        HEAD + "# why\n" + BODY.replace("80.10", "80.10   # points"),
        HEAD + BODY.replace("80.10", '"80.1"'),
        HEAD + BODY.replace("80.10", "+80.100"),
        HEAD + BODY.replace("{from: a, weight: 1}", "{weight: 1.0, from: a}"),
        HEAD + BODY.replace("- {from: b}", "-\n  from: b"),
        (HEAD + BODY).replace("\n", "\r\n"),
        HEAD.replace("+08:00", "+08:00") + BODY,
    ],
)
def test_layout_is_outside_the_identity(text: str) -> None:
    assert hashed(text) == hashed(HEAD + BODY)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + BODY.replace("80.10", "80.11"),
        HEAD + BODY.replace("sure: true", "sure: false"),
        HEAD + BODY.replace("from: b", "from: c"),
        HEAD + "amount: 80.10\nsure: true\nedges:\n- {from: b}\n- {from: a, weight: 1}\n",
        HEAD + BODY.replace(", weight: 1", ""),
        HEAD + BODY + "size: 1\n",
        HEAD.replace("1.0.0", "1.0.1") + BODY,
        HEAD.replace("owner: hr", "owner: it") + BODY,
    ],
)
def test_anything_else_is_inside(text: str) -> None:
    assert hashed(text) != hashed(HEAD + BODY)


def test_a_new_optional_field_changes_no_hash() -> None:
    class NextYear(Sample):
        added: Number | None = None
        more: tuple[str, ...] = ("a",)

    assert hashed(HEAD + BODY, NextYear) == hashed(HEAD + BODY)


def test_yaml_and_json_are_one_document() -> None:
    data = {
        "schema_version": "1",
        "kind": "sample",
        "id": "one",
        "version": "1.0.0",
        "title": {"zh": "例", "en": "sample"},
        "owner": "hr",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "HR-1",
        "amount": Decimal("80.1"),
        "sure": True,
        "value": 5,
    }
    loaded, diagnostics = load_data(Sample, data)
    assert loaded is not None, diagnostics
    assert loaded.hash == hashed(HEAD + "amount: 80.1\nsure: true\nvalue: 5\n")
    assert loaded.node("amount") is None
    assert loaded.span("amount") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            HEAD + "amount: 1e3\nsure: yes\nsize: x\n",
            ["DOC-TYPE-005@9:9", "DOC-TYPE-006@10:7", "DOC-TYPE-010@11:7"],
        ),
        (HEAD + "edges:\n- {weight: 1}\n", ["DOC-KEY-001@10:3"]),
        (HEAD + "edges:\n- {source: a, from: a}\n", ["DOC-KEY-002@10:4"]),
        (HEAD + "named: {k: {from: a, weight: x}}\n", ["DOC-TYPE-005@9:30"]),
        (HEAD + "code: whole\n", ["DOC-VALUE-002@9:7"]),
        (HEAD + "code: abxc\n", ["DOC-VALUE-002@9:9"]),
        (HEAD + "code: 'abxc'\n", ["DOC-VALUE-002@9:10"]),
        (HEAD + "code: |\n  a\n  客x\n", ["DOC-VALUE-002@11:4"]),
        (HEAD + "day: 2026-13-01\nedges: 5\n", ["DOC-TYPE-008@9:6", "DOC-TYPE-002@10:8"]),
        (HEAD + "value: [0..1]\n", ["DOC-TYPE-004@9:1"]),
        (HEAD.replace("title: {zh: 例, en: sample}", "title: 5"), ["DOC-TYPE-011@5:8"]),
        (HEAD + "amount:\nedges:\n-\n- {from: a}\n", ["YAML-KEY-003@9:1", "YAML-KEY-005@11:2"]),
    ],
)
def test_every_fault_has_its_place(text: str, codes: list[str]) -> None:
    assert found(text) == codes


def test_known_keys_are_told_as_authors_write_them() -> None:
    with pytest.raises(DocumentError) as caught:
        load_text(Sample, HEAD + "edges:\n- {form: a, from: b}\n", "s.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.help("en") == "did you mean `from`? known here: `from`, `weight`"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"edges": [{"from": "a"}, {"from": "a", "weight": "x"}]},
            "`x` is not a number (at `edges[1].weight`)",
        ),
        ({"edges": [{}]}, "the key `from` is missing (at `edges[0].from`)"),
        ({"edges": 5}, "expected a list here (at `edges`)"),
        ({"code": "whole"}, "`whole` does not have the form that is expected here (at `code`)"),
        ({"kind": None}, "`null` is not one of `sample` (at `kind`)"),
        ({"kind": ["a"]}, "`a list` is not one of `sample` (at `kind`)"),
        ({"kind": 5}, "`5` is not one of `sample` (at `kind`)"),
        ({"size": 10**30}, f"`{10**30}` is not a whole number (at `size`)"),
        ({"sure": 1}, "`1` is neither `true` nor `false` (at `sure`)"),
        ({"amount": True}, "`True` is not a number (at `amount`)"),
        ({"either": {"size": "x"}}, "`x` is not a whole number (at `either.size`)"),
    ],
)
def test_faults_in_json_say_the_way(data: dict[str, Any], said: str) -> None:
    tree, _ = read_yaml(HEAD)
    assert tree is not None
    loaded, _ = load_tree(Sample, tree)
    assert loaded is not None
    whole = {**loaded.document.model_dump(mode="json", exclude_unset=True), **data}
    none, diagnostics = load_data(Sample, whole)
    assert none is None
    assert said in [d.message("en") for d in diagnostics]
    assert all("（位于" in d.message("zh") for d in diagnostics)


def test_values_of_python_are_taken_as_they_are() -> None:
    class Plain(BaseModel):
        at: Instant
        day: Day
        value: Expression

    made = Plain(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), day=dt.date(2026, 1, 1), value="true")
    assert Plain.model_validate({**made.model_dump(), "value": True}) == made
    for bad in (
        {"at": dt.datetime(2026, 1, 1)},  # noqa: DTZ001 - without an offset, on purpose
        {"at": "2026-13-01T00:00:00Z"},
        {"day": made.at},
        {"value": None},
    ):
        with pytest.raises(ValueError, match="rejected"):
            Plain.model_validate({**made.model_dump(), **bad})


# --- decimals, canonical bytes, JSON -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["1e3", "1_000", "010", "-010", "", ".", "1.", "0x1", "NaN", "１", "1" * 35, " 1", "--1"],
)
def test_numbers_that_are_none(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("+5", "5"),
        (".5", "0.5"),
        ("80.0", "80"),
        ("1" * 34, "1" * 34),
        ("100", "100"),
    ],
)
def test_numbers_are_written_one_way(text: str, written: str) -> None:
    number = parse_number(text)
    assert number is not None
    assert decimal_text(number) == written
    assert decimal_text(plain_number(number)) == written


def test_numbers_at_the_edge() -> None:
    assert not fits(Decimal("Infinity"))
    assert not fits(Decimal("1e6145"))
    assert fits(Decimal("1" + "0" * 40))
    assert str(plain_number(Decimal("1e50"))) == "1E+50"
    assert str(plain_number(Decimal("1.0e3"))) == "1000"
    assert str(from_fraction(Fraction(250, 3) * 30 / 100)) == "25"


def test_canonical_bytes_are_sorted_and_tight() -> None:
    assert canonical_json({"b": [True, "é"], "a": 1}) == '{"a":1,"b":[true,"é"]}'.encode()
    assert (
        content_hash(b"")
        == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_json_keeps_its_decimals() -> None:
    assert read_json('{"a": 79.999999999999999999, "b": [1e2, null]}') == {
        "a": Decimal("79.999999999999999999"),
        "b": [Decimal(100), None],
    }
    assert read_json(r'"\ud83d\ude00"') == "😀"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1,", "this is not JSON: a value is expected here"),
        ("{a: 1}", "this is not JSON: a key in double quotes is expected here"),
        ('["a" "b"]', "this is not JSON: `,` is expected here"),
        ('{"a" 1}', "this is not JSON: `:` is expected here"),
        ('"a', "this is not JSON: this text has no closing quote"),
        ('"a\nb"', "this is not JSON: a line break or tab stands inside a text"),
        ('"\\q"', "this is not JSON: this escape is not known"),
        ("1 2", "this is not JSON: something stands after the end"),
        ("[" * 200_000, "this is not JSON: it is nested too deep"),
        ("1" * 5_000, "this is not JSON: a number in it is too large or too small"),
        ("1e6145", "this is not JSON: a number in it is too large or too small"),
        ("0." + "1" * 7_000, "this is not JSON: a number in it is too large or too small"),
        ("[Infinity]", "`Infinity` is not a number"),
    ],
)
def test_json_that_is_none(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_json(text, "a.json")
    assert caught.value.diagnostics[0].message("en") == said


# --- diagnostics -------------------------------------------------------------------------------

SAMPLE = Code("TEST-001", "`{x}` is {how}", "`{x}` {how}", "write {how}", "请{how}")
WARNED = Code("TEST-000", "odd", "奇怪", severity=Severity.WARNING)


def test_a_finding_is_drawn_under_wide_signs() -> None:
    at = SAMPLE.at(Span("a.yaml", 1, 4, 1, 6), near="better", x="客户", how=Phrase("wrong", "错误"))
    assert render(at, ["值: 客户 # 注"]) == (
        "a.yaml:1:4: error TEST-001: `客户` is wrong\n  1 | 值: 客户 # 注\n    |     ^^^^\n"
        "  help: did you mean `better`? write wrong"
    )
    assert (
        render(at, [], "zh")
        == "a.yaml:1:4: 错误 TEST-001: `客户` 错误\n  办法: 是否指 `better`？ 请错误"
    )
    assert render(WARNED.at(None)) == "warning TEST-000: odd"


def test_a_long_line_is_cut_around_the_caret() -> None:
    drawn = render(WARNED.at(Span("a", 1, 501, 2, 1)), ["x" * 500 + "y" + "z" * 50]).split("\n")
    assert len(drawn[1]) < 220
    assert drawn[2].index("^") == drawn[1].index("y")


def test_findings_are_ordered_once() -> None:
    one, two = WARNED.at(Span("a", 2, 1, 2, 2)), SAMPLE.at(Span("a", 1, 1, 1, 2), x="1", how="2")
    assert in_order([one, two, one]) == [two, one]
    assert has_errors([one, two])
    assert not has_errors([one])
    assert two.is_error
    assert two.severity is Severity.ERROR
    assert nearest("overal", ["overall", "owner"]) == "overall"
    assert nearest("zzz", ["overall"]) is None
    assert width("a客\u0301") == 3


def test_errors_say_what_they_hold() -> None:
    assert str(EvaluationError(WARNED.at(None))) == "TEST-000: odd"
    missing = NotFoundError("rule_set", "ofer", "1.0.0", ["offer"])
    assert str(missing) == "no rule set `ofer` (1.0.0)"
    assert missing.known == ("offer",)


# --- cases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "given", "same"),
    [
        ("80", Decimal("80.0"), True),
        ("80.0", 80, True),
        ("81", Decimal(80), False),
        (["80"], Decimal(80), False),
        ("true", True, True),
        ("true", False, False),
        ("null", None, True),
        ("a; b", ["a", "b"], True),
        ("[]", (), True),
        ("a", ["a", "b"], False),
        ({"x": "1"}, {"x": Decimal(1), "y": 2}, True),
        ({"x": "2"}, {"x": Decimal(1)}, False),
        ("x", {"x": 1}, False),
        ([{"x": "1"}], [{"x": Decimal(1)}], True),
        ("2026-01-31", dt.date(2026, 1, 31), True),
        ("offer", "offer", True),
        ("not_applicable", "offer", False),
    ],
)
def test_expected_values_are_compared_by_meaning(wanted: object, given: object, same: bool) -> None:
    assert (not compare_expected({"k": wanted}, {"k": given})) is same


def test_differences_are_told() -> None:
    assert compare_expected({"a": "not_applicable", "b": "1"}, {}) == [
        Difference("b", "1", "absent")
    ]
    given = {"c": {"d": [Decimal("1.0"), None, True]}, "e": {"f": 1}}
    assert compare_expected({"c": {"d": "x"}, "e": "y"}, given) == [
        Difference("c.d", "x", "[1, null, true]"),
        Difference("e", "y", "{f: 1}"),
    ]
    assert CaseResult("offer", "1.0.0", "x").passed
    assert not CaseResult("offer", "1.0.0", "x", (Difference("a", "1", "2"),)).passed


def test_data_is_text() -> None:
    assert as_data({"a": [1, Decimal("1E+3"), True, None, "x"], 5: Decimal("NaN")}) == {
        "a": ["1", "1000", "true", "null", "x"],
        "5": "NaN",
    }
    text = 'schema_version: "1"\nkind: cases\nof: offer\ncases: [{id: a, inputs: {x: 1}}]\n'
    loaded = load_text(CaseFile, text, "cases.yaml")
    assert loaded.document.cases == (Case(id="a", inputs={"x": "1"}),)


def test_places_in_a_scalar() -> None:
    tree, _ = read_yaml('a: "x\\ty"\nb: >\n  folded\n  text\n', "f")
    for key, place in (("a", "f:1:4"), ("b", "f:2:4")):
        node = tree.entries[key]  # type: ignore[union-attr]
        assert isinstance(node, Scalar)
        assert str(node.span_at(1, 2)) == place
