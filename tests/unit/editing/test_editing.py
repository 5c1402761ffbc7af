"""What an editor shows at the cursor: the text of a document with `⌖` where the cursor stands."""

from __future__ import annotations

import re

import pytest

from engine import editing
from engine.content import MODELS, check_content, read_content
from engine.feel.builtins import FUNCTIONS
from engine.meanings import FUNCTIONS as FUNCTION_MEANINGS
from engine.meanings import KEYS
from engine.schema import SCHEMAS, make_schema
from tests.support.source import ROOT

RULES = """\
schema_version: "1"
kind: rule_set
id: pay
version: 1.0.0
title: {zh: 工资, en: Pay}
inputs:
  score:  {type: number, unit: points, range: "[0..100]", label: {zh: 得分, en: Score}}
  级别:   {type: string, one_of: [初级, 高级]}
  clean:  {type: boolean}
params:
  line: {value: 80, unit: points, provenance: human_set}
uses: {bands: pay-bands}
functions:
  share:
    params: {part: {type: number}}
    type: number
    value: part * line
decisions:
  outcome:
    type: string
    ranked: [hold, offer]
    hit_policy: first
    table: |
      # 𝔘 beyond the first plane
      | id | score | 级别 | clean || outcome | reason |
      |----|-------|------|-------||---------|--------|
      | A  | >= line | 高级 | true || offer | MET |
      | B  | -  | - | - || hold | NOT-MET |
  pay:
    type: number
    only_if: outcome = "offer"
    value: round half up(score * line, 2)
reasons:
  MET: {zh: 达到, en: Reached}
  NOT-MET: {zh: 未达到, en: Not reached}
guarantees:
  - {id: G1, never_decreases: pay, when_rises: score}
"""


def cut(text: str) -> tuple[str, int, int]:
    """Take the cursor mark out of a text; gives the text and the place."""
    before, mark, after = text.partition("⌖")
    assert mark
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def marked(old: str, new: str) -> tuple[str, int, int]:
    """Change one place of the rule set, where `new` carries the mark."""
    assert RULES.count(old) == 1, old
    return cut(RULES.replace(old, new))


def labels(text: str, line: int, column: int) -> list[str]:
    """The labels of what can be completed."""
    return [found.label for found in editing.complete(text, line, column, "en")]


# --- hover ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| >= line", "| >= li⌖ne", ["`line: number` · param", "value: `80`", "unit: `points`"]),
        ("id | score", "id | sc⌖ore", ["`score: number` · input", "得分 · Score", "`[0..100]`"]),
        ("half up(score", "half up(⌖score", ["`score: number` · input"]),
        ('only_if: outcome = "', 'only_if: out⌖come = "', ["`outcome: string` · decision"]),
        ("value: part", "value: pa⌖rt", ["`part: number` · parameter"]),
        ("when_rises: score", "when_rises: s⌖core", ["`score: number` · input"]),
        ("round half up", "round ha⌖lf up", ["round half up(n: number", "away from zero"]),
        ("|| offer |", "|| of⌖fer |", ["`outcome` · hold, **offer**"]),
        ("| 高级 | true", "| 高⌖级 | true", ["`级别` · 初级, **高级**"]),
        ("| MET |", "| M⌖ET |", ["`MET` · reason", "达到", "Reached"]),
        ("hit_policy:", "hit_⌖policy:", ["`hit_policy` · what happens when several rows fit"]),
        ("hit_policy: first", "hit_policy: fi⌖rst", ["`hit_policy` ·"]),
        ("  line: {", "  li⌖ne: {", ["`line: number` · param", "value: `80`"]),
    ],
)
def test_hover_tells_what_is_known(old: str, new: str, expected: list[str]) -> None:
    found = editing.hover(*marked(old, new), "en")
    assert found is not None
    for text in expected:
        assert text in found.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('= "offer"', '= "of⌖fer"'),
        ("# 𝔘 bey", "# 𝔘 b⌖ey"),
        ("[hold, offer]", "[hold, ⌖offer]"),
    ],
)
def test_hover_of_data_and_comments_names_nothing(old: str, new: str) -> None:
    found = editing.hover(*marked(old, new), "en")
    assert found is None or "· decision" not in found.text


def test_hover_speaks_chinese() -> None:
    found = editing.hover(*marked("| >= line", "| >= li⌖ne"), "zh")
    assert found is not None
    assert "· 参数" in found.text
    assert "- 单位: `points`" in found.text


def test_hover_covers_the_word_it_is_about() -> None:
    text, line, column = marked("| >= line", "| >= li⌖ne")
    found = editing.hover(text, line, column, "en")
    assert found is not None
    assert text.split("\n")[line - 1][found.span.column - 1 : found.span.end_column - 1] == "line"


# --- completion ----------------------------------------------------------------------------------


def test_a_cell_of_members_offers_the_members_and_nothing_else() -> None:
    assert labels(*marked("|| offer |", "|| o⌖ |")) == ["hold", "offer"]
    assert labels(*marked("| 高级 | true", "| ⌖ | true")) == ["初级", "高级"]


def test_a_cell_of_truth_offers_truth_first_and_then_names() -> None:
    found = labels(*marked("高级 | true ", "高级 | t⌖ "))
    assert found[:2] == ["true", "false"]
    assert "clean" in found


def test_a_cell_of_numbers_offers_names_and_functions() -> None:
    found = labels(*marked("| >= line", "| >= l⌖"))
    assert {"line", "score", "share", "max"} <= set(found)
    assert "MET" not in found
    assert "part" not in found


def test_the_reason_column_offers_the_codes() -> None:
    assert labels(*marked("| MET |", "| M⌖ |")) == ["MET", "NOT-MET"]
    assert labels(*marked("| MET |", "| MET; ⌖ |")) == ["MET", "NOT-MET"]


def test_a_text_after_a_comparison_is_a_member() -> None:
    assert labels(*marked('outcome = "offer"', 'outcome = "o⌖"')) == ["hold", "offer"]
    assert labels(*marked('outcome = "offer"', 'outcome = "o⌖')) == ["hold", "offer"]


def test_functions_bring_their_parameters() -> None:
    text, line, column = marked("round half up(score * line, 2)", "subs⌖")
    found = {c.label: c for c in editing.complete(text, line, column, "en")}
    assert found["substring"].snippet == "substring(${1:string}, ${2:start position})"
    assert found["share"].snippet == "share(${1:part})"
    span = found["substring"].span
    assert text.split("\n")[line - 1][span.column - 1 : span.end_column - 1] == "subs"


@pytest.mark.parametrize(
    ("old", "new", "some", "none"),
    [
        ("    hit_policy: first\n", "    hit_policy: first\n    ⌖\n", "digits", "hit_policy"),
        ("    hit_policy: first\n", "    hit_policy: first\n    dig⌖\n", "digits", "hit_policy"),
        ("{type: boolean}", "{type: boolean, ⌖}", "unit", "type"),
        ("{type: boolean}", "{type: boolean, un⌖}", "unit", "type"),
        ("\nreasons:", "\n⌖\nreasons:", "assume", "reasons"),
        ("\nreasons:", "\nass⌖\nreasons:", "assume", "reasons"),
        ("when_rises: score}", "when_rises: score, ⌖}", "of", "when_rises"),
    ],
)
def test_keys_are_those_of_the_model_that_are_not_there(
    old: str, new: str, some: str, none: str
) -> None:
    found = labels(*marked(old, new))
    assert some in found
    assert none not in found


def test_values_are_those_of_the_model() -> None:
    assert "output_order" in labels(*marked("hit_policy: first", "hit_policy: ⌖"))
    assert "output_order" in labels(*marked("hit_policy: first", "hit_policy: o⌖"))
    assert labels(*marked("provenance: human_set", "provenance: ⌖")) == [
        "human_set",
        "data_derived",
    ]
    assert labels(*marked("when_rises: score", "when_rises: s⌖")) == ["score", "级别", "clean"]


def test_the_duties_of_a_jurisdiction_are_completed() -> None:
    law = "schema_version: '1'\nkind: jurisdiction\nid: x\n"
    assert "impact_assessment" in labels(*cut(law + "⌖"))
    entry = law + "impact_assessment:\n  - cites: Act 1\n    "
    assert labels(*cut(entry + "renew: ⌖\n")) == ["every_version", "material_change"]
    assert {"source_url", "reviewed_on"} <= set(labels(*cut(entry + "⌖\n")))


def test_names_of_an_unfinished_expression_are_known() -> None:
    assert "score" in labels(*marked("value: round half up(score * line, 2)", "value: ⌖"))
    assert "score" in labels(*marked("value: round half up(score * line, 2)", 'value: "sc⌖'))


def test_functions_of_another_rule_set_come_under_its_alias() -> None:
    other = _whole(RULES.replace("id: pay", "id: pay-bands"))
    documents = {k: v[-1].tree for k, v in read_content({"rules/x.yaml": other}).versions.items()}
    text, line, column = marked("round half up(score * line, 2)", "bands.sh⌖are(score)")
    found = {c.label for c in editing.complete(text, line, column, "en", documents)}
    assert "bands.share" in found
    place = editing.find_definition(text, line, column, documents)
    assert place is not None
    assert place.path == "rules/x.yaml"
    assert other.split("\n")[place.line - 1].strip() == "share:"


def _whole(text: str) -> str:
    return text.replace(
        "inputs:\n",
        'owner: hr\neffective_from: 2026-01-01T00:00:00+08:00\nclause: C\nfeel: "1"\ninputs:\n',
        1,
    )


INFERENCE = """\
kind: inference
facts:
  signal: {name: {type: string}, value: {type: number}}
  mention: {indicator: {type: string, one_of: [a, b]}}
derives:
  evidence: {indicator: {type: string}}
params: {sure: {value: 0.6, provenance: human_set}}
rules:
  - id: E01
    when:
      s: {fact: signal, where: value > sure}
      m: {fact: mention, where: 'indicator = s.name'}
    then:
      evidence: {indicator: = m.indicator}
"""


def test_a_pattern_knows_its_own_fields_and_those_of_others_by_their_variable() -> None:
    found = labels(*cut(INFERENCE.replace("where: value > sure", "where: va⌖")))
    assert {"value", "name", "sure", "m.indicator"} <= set(found)
    assert "indicator" not in found
    then = labels(*cut(INFERENCE.replace("= m.indicator}", "= m.i⌖}")))
    assert {"m.indicator", "s.value"} <= set(then)


# --- definitions, outline, fixes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "declared"),
    [
        ("| >= line", "| >= li⌖ne", "line: {"),
        ("| MET |", "| M⌖ET |", "MET: {"),
        ("never_decreases: pay", "never_decreases: p⌖ay", "pay:"),
        ("value: part", "value: pa⌖rt", "part: {"),
    ],
)
def test_a_name_leads_to_its_declaration(old: str, new: str, declared: str) -> None:
    text, line, column = marked(old, new)
    found = editing.find_definition(text, line, column)
    assert found is not None
    assert text.split("\n")[found.line - 1][found.column - 1 :].startswith(declared)


def test_the_outline_lists_decisions_and_rows() -> None:
    sections = {entry.name: entry for entry in editing.outline(RULES)}
    decisions = {entry.name: entry for entry in sections["decisions"].parts}
    assert [row.name for row in decisions["outcome"].parts] == ["A", "B"]
    assert [row.detail for row in decisions["outcome"].parts] == ["offer", "hold"]
    assert {"inputs", "params", "reasons"} <= set(sections)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("| >= line", "| >= lime"),
        ("hit_policy: first", "hit_polcy: first"),
        ("hit_policy: first", 'hit_policy: "frist"'),
        ("half up(score", "half up(scor"),
        ('= "offer"', '= "ofer"'),
        ("| MET |", "| MEET |"),
    ],
)
def test_a_fix_writes_what_was_meant(right: str, wrong: str) -> None:
    text = _whole(RULES).replace("uses: {bands: pay-bands}\n", "")
    broken = text.replace(right, wrong)
    found = read_content({"rules/x.yaml": broken})
    fixes = [f for d in check_content(found) if (f := editing.find_fix(d, broken)) is not None]
    assert fixes
    span, lines = fixes[0].span, broken.split("\n")
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + fixes[0].text + line[span.end_column - 1 :]
    assert re.sub('"first"', "first", "\n".join(lines)) == text


# --- nothing breaks, nothing is left out ----------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["rules/offer/1.0.0.yaml", "competency_models/sales-rep-fmcg/1.0.0.yaml"]
)
def test_every_place_of_a_shipped_document_can_be_asked_about(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    told = 0
    for number, line in enumerate(text.split("\n"), 1):
        for column in range(1, len(line) + 2, 3):
            told += editing.hover(text, number, column, "zh") is not None
    assert told > len(text) / 20


@pytest.mark.parametrize("cut_at", range(0, len(RULES), 23))
def test_half_a_document_can_be_asked_about(cut_at: int) -> None:
    editing.complete(*cut(RULES[:cut_at] + "⌖"), "en")
    editing.hover(*cut(RULES[:cut_at] + "⌖" + RULES[cut_at:]), "en")


def test_every_function_and_key_has_a_meaning() -> None:
    assert set(FUNCTIONS) | {"is applicable"} == set(FUNCTION_MEANINGS)
    schemas = [make_schema(models) for models in SCHEMAS.values()]
    keys = {
        key
        for schema in schemas
        for shape in schema["$defs"].values()  # type: ignore[attr-defined]
        for key in shape.get("properties", {})
    }
    assert keys == set(KEYS)
    assert {model for models in SCHEMAS.values() for model in models} == set(MODELS.values())
