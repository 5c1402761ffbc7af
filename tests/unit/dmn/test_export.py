"""What a rule set says in its own way and DMN says otherwise, and what is reported as lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.dmn import load
from engine.dmn.documents import Head
from engine.dmn.export import export_rule_set
from engine.dmn.translate import translate_model
from engine.dmn.wording import Wording, feel_text
from engine.feel import evaluate
from engine.feel.values import Months, Range
from engine.kernel.documents import load_text
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from tests.support.golden import assert_golden, rendered
from tests.support.rule_sets import compiled, text_of

MEMBERS = ("red", "green")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("red", '"red"'),
        ("red, green", '"red", "green"'),
        ("red, red", '"red", "red"'),
        ("not(red, green)", 'not("red", "green")'),
        ("!= red", '!= "red"'),
        ('"red"', '"red"'),
        ("-", "-"),
        ("? = other", "? = other"),
    ],
)
def test_a_bare_word_in_a_cell_is_a_member(text: str, said: str) -> None:
    assert Wording().tests(text, MEMBERS, nullable=False) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not(red)", '? != null and not(? in ("red"))'),
        ("not(null, red)", '? != null and not(? in ("red"))'),
        ("not(null)", "? != null"),
        ("red, null", '"red", null'),
    ],
)
def test_a_missing_value_is_never_what_a_negated_cell_leaves_over(text: str, said: str) -> None:
    assert Wording().tests(text, MEMBERS, nullable=True) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("is defined(a) and a > 1", "(a != null) and a > 1"),
        ("is applicable(pay)", "pay_applies"),
        ("if is defined(a.b) then red else a", "if (a.b != null) then red else a"),
        ("pay.tier(x)", "pay_tier(x)"),
        ("grade(red, x)", 'grade("red", x)'),
        ("grade(x: 1, colour: red)", 'grade(x: 1, colour: "red")'),
        ("for line in [1] return line + line2", "for line in [1] return line + line2"),
        ("line + 1", "pay_line + 1"),
        ("[line for]", "[line for]"),
    ],
)
def test_an_expression_is_said_in_the_words_of_the_standard(text: str, said: str) -> None:
    functions: dict[str, dict[str, tuple[str, ...] | None]] = {
        "grade": {"colour": MEMBERS, "x": None},
        "pay.tier": {"x": None},
    }
    wording = Wording({"pay.tier": "pay_tier", "line": "pay_line"}, functions)
    assert wording.expression(text) == said


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        Decimal("-1.50"),
        'a "b" \\ c\nd',
        (Decimal(1), "x"),
        {"a b": Decimal(1)},
        Months(14),
        Range(Decimal(1), Decimal(2), low_closed=False),
    ],
)
def test_a_value_is_written_so_that_feel_gives_it_back(value: object) -> None:
    made = evaluate(feel_text(value), mode="dmn")
    plain = list(value) if isinstance(value, tuple) else value
    assert made == plain


USED = """params:
  line: {value: 80, provenance: human_set}
functions:
  over: {type: boolean, params: {x: {type: number}}, value: x > line}
  tier:
    type: string
    one_of: [low, high]
    params: {x: {type: number}}
    hit_policy: first
    table: |
      | id | over(x) || tier |
      |----|---------||------|
      | T1 | true    || high |
      | T2 | -       || low  |
decisions:
  unused: {value: "1"}
"""
USING = """uses: {pay: pay-bands}
params:
  line: {value: 10, provenance: human_set}
decisions:
  graded:
    type: string
    value: 'if a < line then "none" else pay.tier(a)'
"""


def test_functions_of_a_used_rule_set_come_along_with_their_params() -> None:
    used = compiled(USED)
    rules = compiled(USING, {"pay": used})
    model = load(export_rule_set(rules, {"pay": used}).xml)
    given = [model.evaluate("graded", {"a": a, "f": False}).value for a in (5, 80, 81)]
    assert given == ["none", "low", "high"]


def test_a_table_with_one_named_output_keeps_its_context() -> None:
    body = """decisions:
  {name}:
    hit_policy: {policy}
    outputs: {{grade: {{type: number}}}}
    table: |
      | id | a  || grade |
      |----|----||-------|
      | R1 | >5 || 1     |
      | R2 | -  || a     |
"""
    one = load(export_rule_set(compiled(body.format(name="one", policy="first"))).xml)
    all_ = load(export_rule_set(compiled(body.format(name="rows_", policy="collect"))).xml)
    assert one.evaluate("one", {"a": 6}).value == {"grade": 1}
    assert all_.evaluate("rows_", {"a": 6}).value == [{"grade": 1}, {"grade": 6}]


LOSING = """inputs:
  a: {type: number, unit: points, scale: 2, default: 5}
params:
  p: {value: 1, unit: points, provenance: human_set}
assume: ["a > 0"]
decisions:
  out: {type: number, unit: points, digits: 2, value: a}
reasons: {WHY: {zh: 因, en: why}}
guarantees: [{id: G1, always: "out > 0"}]
"""


def test_what_dmn_has_no_place_for_is_told_with_its_place() -> None:
    found = export_rule_set(compiled(LOSING)).found
    told = {(d.args["what"], d.args["name"]) for d in found}
    assert told == {
        ("the unit", "a"),
        ("the most places", "a"),
        ("the default", "a"),
        ("the unit", "p"),
        ("the unit", "out"),
        ("the digits", "out"),
        ("the assumptions", "small"),
        ("the guarantees", "small"),
        ("the texts of the reasons, other than as annotations,", "small"),
    }
    assert all(d.span is not None and not d.is_error for d in found)
    assert_golden("diagnostics/DMN-EXPORT-001.txt", rendered(found[0], text_of(LOSING)))


def test_a_use_of_a_use_is_told() -> None:
    deepest = compiled(USED)
    middle = compiled(
        """uses: {pay: pay-bands}
functions:
  graded: {type: string, params: {x: {type: number}}, value: pay.tier(x)}
decisions:
  unused: {value: "1"}
""",
        {"pay": deepest},
    )
    text = "uses: {grades: grading}\ndecisions:\n  out: {type: string, value: grades.graded(a)}\n"
    found = list(export_rule_set(compiled(text, {"grades": middle}), {"grades": middle}).found)
    found = [d for d in found if d.is_error]
    assert [d.code.id for d in found] == ["DMN-EXPORT-002"] * 2
    assert found[0].is_error
    assert_golden("diagnostics/DMN-EXPORT-002.txt", rendered(found[0], text_of(text)))


def test_annotations_keep_what_a_row_says_beside_its_outputs() -> None:
    xml = export_rule_set(
        compiled("""decisions:
  out:
    type: number
    hit_policy: first
    table: |
      | id | a || out | reason | obligation | clause | note |
      |----|---||-----|--------|------------|--------|------|
      | R1 | - || 1   | WHY    | tell       | C-1    | so   |
reasons: {WHY: {zh: 因, en: why}}
""")
    ).xml
    for text in ("R1", "WHY: 因 · why", "tell", "C-1", "so"):
        assert f"<text>{text}</text>" in xml


def test_several_outputs_keep_their_priorities() -> None:
    rules = compiled("""decisions:
  out:
    hit_policy: priority
    outputs:
      level: {type: string, one_of: [low, high], priority: [high, low]}
      grade: {type: number, priority: [3, 1, 2]}
    table: |
      | id | a   || level | grade |
      |----|-----||-------|-------|
      | R1 | -   || low   | 1     |
      | R2 | > 1 || high  | 2     |
      | R3 | > 2 || high  | 3     |
""")
    model = load(export_rule_set(rules).xml)
    for a in (1, 2, 3):
        decision = decide(rules, {"a": a})
        assert model.evaluate("out", {"a": a}).value == decision.outcomes["out"]
    text, found = translate_model(model, Head("back", "t", "-", "2026-01-01T00:00:00+08:00"))
    assert not found
    again = compile_rule_set(load_text(RuleSet, text))
    assert decide(again, {"a": 3, "f": False}).outcomes == {"out": {"level": "high", "grade": 3}}


def test_a_function_of_a_model_requires_no_decision() -> None:
    """The standard lets a business knowledge model require only others of its kind (DMN 1.5, 6.3.9)."""
    rules = compiled("""params:
  least: {value: -5, provenance: human_set}
functions:
  held: {type: number, params: {x: {type: number}}, value: "max(least, x) - least"}
decisions:
  out: {type: number, value: held(a) + least}
""")
    xml = export_rule_set(rules).xml
    assert "max((-5), x) - (-5)" in xml
    function = xml[xml.index("<businessKnowledgeModel") : xml.index("</businessKnowledgeModel")]
    assert "informationRequirement" not in function
    assert load(xml).evaluate("out", {"a": 1}).value == decide(rules, {"a": 1}).outcomes["out"]
