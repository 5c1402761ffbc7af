"""Tables as text and as listed rows, functions with tables, and rule sets that use one another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.kernel.documents import load_text
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide, interpret
from engine.rules.tables import format_table, parse_table
from tests.support.rule_sets import HEAD, INPUTS, compiled, findings, table, text_of

DRAWN = """\
decisions:
  out:
    type: string
    ranked: [low, high]
    hit_policy: first
    table: |
      # a comment
      | id |  a       | f || out | reason |
      |----|----|---||-----|--|

      | R1 | > 50, 7 | - || high | WHY; MORE |
      | R2 | -|true  || low | - |
reasons:
  WHY: {zh: 因, en: why}
  MORE: {zh: 再, en: more}
"""
LISTED = """\
decisions:
  out:
    hit_policy: first
    ranked: [low, high]
    type: string
    rows:
      - {id: R1, when: ["> 50, 7", "-"], then: ["high ", WHY; MORE]}
      - {then: [low, "-"], when: ["-", " true "], id: R2}
    columns: {then: [out, reason], when: [a, f]}
reasons:
  MORE: {en: more, zh: 再}
  WHY: {en: why, zh: 因}
"""


def test_drawn_and_listed_are_one_document() -> None:
    drawn, listed = (load_text(RuleSet, text_of(body)) for body in (DRAWN, LISTED))
    assert drawn.canonical == listed.canonical
    assert drawn.hash == listed.hash
    for a in (7, 8, 51):
        for f in (True, False):
            given = {"a": a, "f": f}
            assert decide(compiled(DRAWN), given) == decide(compiled(LISTED), given)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('range: "[0..100]"', 'range: "[0..99]"'),
        ("default: false", "default: true"),
        ("hit_policy: first", "hit_policy: unique"),
        ("R1 |", "R9 |"),
        ("> 50, 7", ">= 50, 7"),
        ("ranked: [low, high]", "ranked: [high, low]"),
        ("en: why", "en: Why"),
    ],
)
def test_anything_else_is_another_document(old: str, new: str) -> None:
    text = text_of(DRAWN)
    assert old in text
    assert load_text(RuleSet, text).hash != load_text(RuleSet, text.replace(old, new)).hash


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("{type: number, default: 1.50}", "{default: 1.5, type: number}"),
        ("{type: list<number>, default: [1.0, 2]}", "{type: list<number>, default: [1, 2.00]}"),
    ],
)
def test_numbers_are_one_however_they_are_written(one: str, same: str) -> None:
    body = "  x: {}\ndecisions:\n  out: {{type: number, value: a}}\n"
    texts = [text_of(INPUTS + body.format(part).replace("{}", part)) for part in (one, same)]
    texts = [t.replace("x: " + str({}), "x: " + p) for t, p in zip(texts, (one, same), strict=True)]
    assert len({load_text(RuleSet, text).hash for text in texts}) == 1


def test_a_default_is_one_however_it_is_written() -> None:
    texts = [
        text_of(table("id | a || out", "R1 | > 5 || 1", default=f"{{out: {number}}}"))
        for number in ("7", "7.0")
    ]
    assert len({load_text(RuleSet, text).hash for text in texts}) == 1


def test_bars_in_a_text_are_text() -> None:
    body = table("id | a || out", 'R1 | - || "x \\"|\\" || y"', type="string")
    assert decide(compiled(body), {"a": 1}).outcomes == {"out": 'x "|" || y'}


def test_full_width_bars_are_offered_their_ascii_form() -> None:
    (found,) = findings(
        table("id | a || out", "R1 | - || 1").replace("| R1 | - || 1 |", "｜ R1 ｜ - ｜｜ 1 ｜")
    )
    assert found.code.id == "FEEL-SYNTAX-002"
    assert "`|`" in found.message()


def test_alignment_counts_wide_signs_and_keeps_what_is_said() -> None:
    text = '# 注\n| id | 客户 || out |\n|-|-||-|\n\n| R1 | "优秀" || 1 |\n'
    tidy = format_table(text)
    assert tidy.split("\n")[1:3] == ["| id | 客户   || out |", "|----|--------||-----|"]
    assert format_table(tidy) == tidy
    one, two = parse_table(text)[0], parse_table(tidy)[0]
    assert one is not None
    assert two is not None
    assert [[c.text for c in (r.id, *r.when, *r.then)] for r in one.rows] == [
        [c.text for c in (r.id, *r.when, *r.then)] for r in two.rows
    ]


def test_a_faulty_table_is_left_alone() -> None:
    assert format_table("| id | a |\n") == "| id | a |\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["TABLE-001"]),
        ("|", ["TABLE-002"]),
        ("| id | a || o |\n|-|-||-|\n| R1 | 1 || 2 \n", ["TABLE-002"]),
        ("x\ny\nz\n", ["TABLE-002"] * 3),
        ('| id | a || o |\n|-|-||-|\n| R1 | "1 || 2 |\n', ["TABLE-002"]),
        ("| id |  || o |\n|-|-||-|\n|  | 1 ||  |\n", ["TABLE-006"] * 3),
    ],
)
def test_faults_of_a_drawing(text: str, codes: list[str]) -> None:
    made, faults = parse_table(text)
    assert made is None
    assert [fault.code.id for fault in faults] == codes


# --- functions and uses --------------------------------------------------------------------------

BANDS = """\
inputs:
  x: {type: number, default: 0}
params:
  step: {value: 10, provenance: human_set}
functions:
  base: {type: number, params: {n: {type: number}}, value: n * step}
  tier:
    type: string
    one_of: [low, high]
    hit_policy: first
    params: {n: {type: number}, kind: {type: string, one_of: [junior, senior]}}
    table: |
      | id | base(n) | kind   || tier |
      |----|---------|--------||------|
      | T1 | > 500   | senior || high |
      | T2 | -       | -      || low  |
decisions:
  out: {type: string, value: 'tier(x, "junior")'}
"""
USER = """\
inputs:
  a: {type: number}
  kind: {type: string, default: senior}
uses: {pay: pay-bands}
functions:
  base: {type: number, params: {n: {type: number}}, value: n - 1000000}
decisions:
  out: {type: string, value: 'pay.tier(a, kind + "")'}
  own: {type: number, value: base(a)}
"""


def test_a_used_function_calls_its_own_neighbours() -> None:
    bands = compiled(BANDS)
    user = compiled(USER, {"pay": bands})
    for decide_ in (decide, interpret):
        assert decide_(user, {"a": 51}).outcomes == {"out": "high", "own": -999949}
        assert decide_(user, {"a": 50}).outcomes["out"] == "low"
    assert user.fast is not None
    assert user.fast({"a": 51}).outcomes["out"] == "high"
    assert user.used == (user.used[0], bands.used[0])


def test_use_of_a_use() -> None:
    bands = compiled(BANDS)
    middle = compiled(
        "inputs: {}\nuses: {b: pay-bands}\nfunctions:\n"
        "  rank: {type: string, params: {n: {type: number}}, value: 'b.tier(n, \"senior\")'}\n"
        "decisions:\n  out: {type: string, value: rank(60)}\n",
        {"b": bands},
    )
    top = compiled(
        INPUTS + "uses: {m: middle}\ndecisions:\n  out: {type: string, value: m.rank(a)}\n",
        {"m": middle},
    )
    for decide_ in (decide, interpret):
        assert decide_(top, {"a": 51}).outcomes == {"out": "high"}
    assert len(top.used) == len(set(top.used)) == 3
    assert top.used[1:] == tuple(sorted(middle.used))


def test_an_unknown_text_is_an_error_also_as_an_argument() -> None:
    user = compiled(USER, {"pay": compiled(BANDS)})
    answer = decide(user, {"a": 51, "kind": "chief"})
    assert answer == interpret(user, {"a": 51, "kind": "chief"})
    assert [f.code.id for f in answer.faults] == ["RULE-EVAL-005"]


@pytest.mark.slow
def test_the_steps_of_functions_are_counted_together() -> None:
    body = (
        "functions:\n  many: {type: number, params: {n: {type: number}},"
        " value: count(for i in 1..n return i)}\n"
        "decisions:\n  out: {type: number, value: sum(for j in 1..2000 return many(a * 10))}\n"
    )
    rule_set = compiled(body)
    assert decide(rule_set, {"a": 1}).outcomes["out"] == Decimal(20_000)
    answer = decide(rule_set, {"a": 100})
    assert answer.status == "error"
    assert rule_set.fast is not None
    with pytest.raises(Exception):  # noqa: B017, PT011 - any signal sends the case to the reference
        rule_set.fast({"a": 100})


def test_the_order_of_keys_shows_in_no_answer() -> None:
    text = HEAD + INPUTS + DRAWN
    turned = HEAD + DRAWN + "inputs:\n" + "".join(reversed(INPUTS.splitlines(keepends=True)[1:]))
    one, two = (load_text(RuleSet, t) for t in (text, turned))
    assert one.hash == two.hash
    first, second = compiled(INPUTS + DRAWN), compiled(turned.removeprefix(HEAD))
    assert [i.name for i in first.inputs] == [i.name for i in second.inputs]
    for given in ({}, {"a": 60}, {"a": 1, "f": True}):
        assert decide(first, given) == decide(second, given)
