"""Inference documents: each fault has its place and its advice; key order has no meaning."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.chaining.compiler import check_inference, compile_inference
from engine.chaining.documents import Inference
from engine.chaining.infer import infer
from engine.kernel.diagnostics import LANGS
from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from tests.support.inferences import HEAD, INTERVIEW, compiled, load

if TYPE_CHECKING:
    from engine.chaining.infer import ExecutorName

EXECUTORS: tuple[ExecutorName, ...] = ("durable", "reference")

BASE = """
facts:
  mention:
    indicator: {type: string, one_of: [empathy, leadership]}
    negated: {type: boolean}
    confidence: {type: number, range: "[0..1]"}
    seconds: {type: number, unit: s}
    source: {type: string}
  rating:
    indicator: {type: string, one_of: [empathy, leadership]}
    points: {type: number, range: "(0..100)", unit: points}
derives:
  evidence:
    indicator: {type: string, one_of: [empathy, leadership, speech]}
    confidence: {type: number, range: "[0..1]"}
    certain: {type: boolean}
  note: {text: {type: string}}
params:
  sure: {value: 0.60, provenance: human_set}
  long: {value: 30, unit: s, provenance: human_set}
rules:
  - id: A
    clause: T
    when:
      m: {fact: mention, where: 'WHERE'}
      r: {fact: rating}
    unless:
      u: {fact: rating, where: 'UNLESS'}
    then:
      note: {text: THEN}
"""


def source(where: str = "negated", unless: str = "points > 50", then: str = "plain") -> str:
    """Write the document with these texts in its rule."""
    quoted = {"WHERE": where.replace("'", "''"), "UNLESS": unless, "THEN": then}
    text = BASE
    for key, value in quoted.items():
        text = text.replace(key, value)
    return HEAD + text


def findings(text: str) -> list[tuple[str, str]]:
    """Give each finding's code and the stretch of text that it is about."""
    lines = text.split("\n")
    found = []
    for one in check_inference(load(text)):
        assert all(one.message(lang) and one.help(lang) for lang in LANGS)
        assert one.span is not None
        line = lines[one.span.line - 1]
        end = one.span.end_column if one.span.end_line == one.span.line else len(line) + 1
        found.append((one.code.id, line[one.span.column - 1 : end - 1]))
    return found


def advice(text: str) -> str | None:
    """Give the name that the only finding offers instead."""
    (one,) = check_inference(load(text))
    return one.near


def test_the_example_is_in_order() -> None:
    assert findings(INTERVIEW) == []
    assert findings(source()) == []


@pytest.mark.parametrize(
    ("where", "code", "place"),
    [
        ("confidence >=", "FEEL-SYNTAX-001", "="),
        ("count(mention) > 2", "CHAIN-WHERE-001", "count(mention)"),
        ("confidence + 1 > sure", "CHAIN-WHERE-001", "confidence + 1"),
        ("negated and -sure < confidence", "CHAIN-WHERE-001", "-sure"),
        ("if negated then true else false", "CHAIN-WHERE-001", "if negated then true else false"),
        ("source = null", "CHAIN-WHERE-001", "null"),
        ("indicator in []", "CHAIN-WHERE-001", "[]"),
        ("not(negated, negated)", "CHAIN-WHERE-001", "not(negated, negated)"),
        ("r.x.y = 1", "CHAIN-WHERE-001", "r.x.y"),
        ("confidence", "CHAIN-WHERE-002", "confidence"),
        ("true", "CHAIN-WHERE-002", "true"),
        ("not(sure)", "CHAIN-WHERE-002", "sure"),
        ("negatd", "CHAIN-WHERE-003", "negatd"),
        ("not(negated) and confidense >= sure", "CHAIN-WHERE-003", "confidense"),
        ("indicator = x.indicator", "CHAIN-WHERE-004", "x"),
        ("indicator = u.indicator", "CHAIN-WHERE-004", "u"),
        ("indicator = r.indicater", "CHAIN-WHERE-005", "r.indicater"),
        ("indicator = r", "CHAIN-WHERE-006", "r"),
        ('confidence >= "0.6"', "CHAIN-WHERE-007", 'confidence >= "0.6"'),
        ("source = sure", "CHAIN-WHERE-007", "source = sure"),
        ("negated = 1", "CHAIN-WHERE-007", "negated = 1"),
        ("source = r.points", "CHAIN-WHERE-007", "source = r.points"),
        ("seconds > sure", "CHAIN-WHERE-008", "seconds > sure"),
        ("confidence < long", "CHAIN-WHERE-008", "confidence < long"),
        ("seconds = r.points", "CHAIN-WHERE-008", "seconds = r.points"),
        ('source < "b"', "CHAIN-WHERE-009", 'source < "b"'),
        ("negated >= true", "CHAIN-WHERE-009", "negated >= true"),
        ('indicator = "empthy"', "CHAIN-WHERE-010", '"empthy"'),
        ('indicator in ["empathy", "speech"]', "CHAIN-WHERE-010", '"speech"'),
        ('"speech" != indicator', "CHAIN-WHERE-010", '"speech"'),
        ("confidence >= 60", "CHAIN-WHERE-011", "60"),
        ("confidence in [0.5..60]", "CHAIN-WHERE-011", "60"),
        ("r.points > 0", "CHAIN-WHERE-011", "0"),
        ("sure > 0.5", "CHAIN-WHERE-012", "sure > 0.5"),
        ('"a" = "a" and negated', "CHAIN-WHERE-012", '"a" = "a"'),
        ("source = indicator", "CHAIN-WHERE-013", "source = indicator"),
        ("confidence = m.confidence", "CHAIN-WHERE-013", "confidence = m.confidence"),
    ],
)
def test_faults_of_a_where(where: str, code: str, place: str) -> None:
    assert findings(source(where)) == [(code, place)]


def test_an_ordered_join_is_refused() -> None:
    text = source(unless="points > r.points")
    assert findings(text) == [("CHAIN-WHERE-014", "points > r.points")]


@pytest.mark.parametrize(
    ("where", "near"),
    [
        ("negatd", "negated"),
        ("confidence >= suer", "sure"),
        ("indicator = empathy", '"empathy"'),
        ("empathy = indicator", '"empathy"'),
        ('indicator = "empthy"', "empathy"),
        ("indicator = r.indicater", "indicator"),
    ],
)
def test_misspelt_names_are_guessed(where: str, near: str) -> None:
    assert advice(source(where)) == near


@pytest.mark.parametrize(
    ("then", "code", "place"),
    [
        ('"=m.source"', "CHAIN-THEN-002", '"=m.source"'),
        ("= m.confidence", "CHAIN-THEN-003", "= m.confidence"),
        ("= sure", "CHAIN-THEN-003", "= sure"),
        ("= m.sources", "CHAIN-WHERE-005", "m.sources"),
        ("= source", "CHAIN-WHERE-003", "source"),
        ("= u.indicator", "CHAIN-WHERE-004", "u"),
        ("= m", "CHAIN-WHERE-006", "m"),
        ('= m.source + "x"', "CHAIN-WHERE-001", 'm.source + "x"'),
        ("= m.", "FEEL-SYNTAX-001", "."),
    ],
)
def test_faults_of_a_derived_value(then: str, code: str, place: str) -> None:
    assert findings(source(then=then)) == [(code, place)]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ("{indicator: = m.indicator, confidence: = m.confidence, certain: = m.negated}", None),
        ('{indicator: speech, confidence: 0.50, certain: "true"}', None),
        ('{indicator: = "speech", confidence: = sure, certain: = false}', None),
        ("{indicator: = m.source, confidence: 1, certain: true}", "CHAIN-THEN-004"),
        ("{indicator: speach, confidence: 1, certain: true}", "CHAIN-THEN-004"),
        ("{indicator: speech, confidence: 1.1, certain: true}", "CHAIN-THEN-005"),
        ("{indicator: speech, confidence: = m.seconds, certain: true}", "CHAIN-THEN-006"),
        ("{indicator: speech, confidence: = long, certain: true}", "CHAIN-THEN-006"),
        ("{indicator: speech, confidence: high, certain: true}", "CHAIN-THEN-003"),
        ("{indicator: speech, confidence: 1, certain: yes}", "CHAIN-THEN-003"),
        ("{indicator: speech, confidence: 1}", "CHAIN-THEN-001"),
        ("{indicator: speech, confidence: 1, certain: true, sure: 1}", "CHAIN-NAME-007"),
    ],
)
def test_derived_values_fit_their_fields(values: str, code: str | None) -> None:
    text = source().replace("note: {text: plain}", f"evidence: {values}")
    assert [found for found, _ in findings(text)] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("fact: mention,", "fact: mentoin,", "CHAIN-NAME-005", "mentoin"),
        ("note: {text: plain}", "nota: {text: plain}", "CHAIN-NAME-006", "nota"),
        ("  note: {text: plain}", "  rating: {text: plain}", "CHAIN-NAME-006", "rating"),
        ("  sure: {", "  source: {", "CHAIN-NAME-002", "source"),
        ("      u: {", "      r: {", "CHAIN-NAME-004", "r"),
        ("  note: {text: {", "  rating: {text: {", "CHAIN-NAME-001", "rating"),
        ("  note: {text: {type: string}}", "  note: {}", "CHAIN-TYPE-004", "note"),
        ("unit: s}", "unit: 3 s}", "CHAIN-TYPE-003", "3 s"),
        ("unit: s, p", "unit: /s, p", "CHAIN-TYPE-003", "/s"),
        ('"[0..1]"}\n    sec', '"[1..0]"}\n    sec', "CHAIN-TYPE-002", '"[1..0]"'),
        ('"[0..1]"}\n    sec', '"[low..1]"}\n    sec', "CHAIN-TYPE-002", '"[low..1]"'),
        ('"[0..1]"}\n    sec', '"0 to 1"}\n    sec', "CHAIN-TYPE-002", '"0 to 1"'),
        ("negated: {type: boolean}", "negated: {type: boolean, unit: s}", "CHAIN-TYPE-001", "s"),
        (
            "{value: 0.60, provenance: human_set}",
            "{value: 1, provenance: data_derived}",
            "CHAIN-PARAM-001",
            "sure",
        ),
        ("note: {text: plain}", "[]", "CHAIN-RULE-002", "then"),
    ],
)
def test_faults_of_declarations(old: str, new: str, code: str, place: str) -> None:
    text = source()
    assert old in text
    found = findings(text.replace(old, new, 1))
    assert (code, place) in found


def test_a_rule_needs_something_to_look_for() -> None:
    text = (
        HEAD
        + """
facts: {a: {n: {type: number}}}
derives: {b: {n: {type: number}}}
rules:
  - {id: A, clause: T, when: {}, then: {b: {n: 1}}}
  - {id: A, clause: T, when: {a: {fact: a}}, then: {b: {n: 1}}}
"""
    )
    assert [code for code, _ in findings(text)] == ["CHAIN-RULE-001", "CHAIN-NAME-003"]


def test_all_faults_come_at_once() -> None:
    text = source("negatd and confidence > 5", "points > 101", "= m.sauce")
    assert [code for code, _ in findings(text)] == [
        "CHAIN-WHERE-003",
        "CHAIN-WHERE-011",
        "CHAIN-WHERE-011",
        "CHAIN-WHERE-005",
    ]
    with pytest.raises(DocumentError) as caught:
        compile_inference(load(text))
    assert len(caught.value.diagnostics) == 4


def test_a_place_inside_a_block_is_exact() -> None:
    block = "|\n          not(negated) and\n            confidense >= sure\n"
    text = source().replace("where: 'negated'}", "where: 'negated'}")
    text = text.replace(
        "      m: {fact: mention, where: 'negated'}",
        f"      m:\n        fact: mention\n        where: {block}",
    )
    assert findings(text) == [("CHAIN-WHERE-003", "confidense")]


# --- meaning -----------------------------------------------------------------------------------

SEVEN = """
facts: {a: {n: {type: number}, even: {type: boolean}, s: {type: string}}}
derives: {hit: {n: {type: number}}}
params: {three: {value: 3, provenance: human_set}}
rules: [{id: A, clause: T, when: {x: {fact: a, where: 'WHERE'}}, then: {hit: {n: = x.n}}}]
"""


@pytest.mark.parametrize(
    ("where", "hits"),
    [
        ("even", [0, 2, 4, 6]),
        ("not(even) and n > three", [5]),
        ("x.even = true and 2 < x.n", [4, 6]),
        ("even != true", [1, 3, 5]),
        ("n between 2 and three", [2, 3]),
        ("not(n between 1 and 5)", [0, 6]),
        ("n in [2..4)", [2, 3]),
        ("n in (2..4]", [3, 4]),
        ("n in (1, 3, >= 6)", [1, 3, 6]),
        ("not(n in [1, three, 9])", [0, 2, 4, 5, 6]),
        ("not(n = 1 or not(even))", [0, 2, 4, 6]),
        ("not(n > 1 and even) and n != 5", [0, 1, 3]),
        ('s in ["0", "6"] or n = 2.0', [0, 2, 6]),
        ("n >= -0.5 and n < 1", [0]),
    ],
)
def test_what_a_where_means(where: str, hits: list[int]) -> None:
    facts = {"a": [{"n": n, "even": n % 2 == 0, "s": str(n)} for n in range(7)]}
    inference = compiled(SEVEN.replace("WHERE", where))
    for executor in EXECUTORS:
        answer = infer(inference, facts, executor=executor)
        assert [fact["n"] for fact in answer.derived] == hits


# --- strata ------------------------------------------------------------------------------------

LADDER = """
facts: {a: {n: {type: number}}}
derives: {b: {n: {type: number}}, c: {n: {type: number}}, d: {n: {type: number}}}
rules:
  - {id: R1, clause: T, when: {x: {fact: a}}, unless: {y: {fact: c}}, then: {d: {n: = x.n}}}
  - {id: R2, clause: T, when: {x: {fact: a}}, unless: {y: {fact: b}}, then: {c: {n: = x.n}}}
  - {id: R3, clause: T, when: {x: {fact: a}}, then: {b: {n: = x.n}}}
  - {id: R4, clause: T, when: {x: {fact: b}}, then: {b: {n: 0}}}
"""


def test_rules_run_when_what_they_deny_is_complete() -> None:
    inference = compiled(LADDER)
    assert [[rule.id for rule in rules] for rules in inference.strata] == [
        ["R3", "R4"],
        ["R2"],
        ["R1"],
    ]
    answer = infer(inference, {"a": [{"n": 1}]})
    assert [firing.rule for firing in answer.firings] == ["R1", "R3", "R4", "R4"]


@pytest.mark.parametrize(
    ("rule", "cycle"),
    [
        (
            "{id: R5, clause: T, when: {x: {fact: a}}, unless: {y: {fact: d}}, then: {b: {n: 1}}}",
            "`d` → `b` → `c` → `d`",
        ),
        (
            "{id: R5, clause: T, when: {x: {fact: d}}, unless: {y: {fact: d}}, then: {d: {n: 1}}}",
            "`d` → `d`",
        ),
    ],
)
def test_a_rule_that_takes_back_its_ground_is_refused(rule: str, cycle: str) -> None:
    text = f"{HEAD}{LADDER}  - {rule}\n"
    found = [one for one in check_inference(load(text)) if one.args["rule"] == "R5"]
    assert [one.code.id for one in found] == ["CHAIN-STRATA-001"]
    assert cycle in found[0].message("zh")
    assert findings(text)[-1] == ("CHAIN-STRATA-001", "d")


# --- identity and mentions ---------------------------------------------------------------------


def test_the_order_of_keys_has_no_meaning() -> None:
    there = """
facts: {a: {n: {type: number}, s: {type: string}}}
derives: {b: {s: {type: string}}}
rules:
  - id: A
    clause: T
    when: {y: {fact: a, where: n > 1}, x: {fact: a, where: s = y.s}}
    then: {b: {s: = x.s}}
"""
    here = there.replace(
        "y: {fact: a, where: n > 1}, x: {fact: a, where: s = y.s}",
        "x: {where: s = y.s, fact: a}, y: {where: n > 1, fact: a}",
    ).replace("{n: {type: number}, s: {type: string}}", "{s: {type: string}, n: {type: number}}")
    facts = {"a": [{"n": 1, "s": "p"}, {"n": 2, "s": "p"}, {"n": 3, "s": "q"}]}
    one, two = infer(compiled(there), facts), infer(compiled(here), facts)
    assert one.digest == two.digest
    assert len(one.firings) == 1


def test_data_and_yaml_are_one_document() -> None:
    text = """
facts: {a: {n: {type: number}}}
derives: {b: {n: {type: number}, f: {type: boolean}, s: {type: string}}}
rules: [{id: A, clause: T, when: {x: {fact: a}}, then: [{b: {n: 5, f: true, s: x}}]}]
"""
    loaded = load(HEAD + text)
    data = loaded.document.model_dump(mode="json", exclude_unset=True)
    for derived in (
        {"n": Decimal("5.0"), "f": True, "s": "x"},
        {"n": "5.00", "f": "true", "s": "x"},
    ):
        data["rules"][0]["then"] = [{"b": derived}]
        again, found = load_data(Inference, data)
        assert found == []
        assert again is not None
        assert again.hash == loaded.hash
    data["rules"][0]["then"] = [{"b": {"n": 5, "f": True, "s": "x "}}]
    other, _ = load_data(Inference, data)
    assert other is not None
    assert other.hash != loaded.hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("derives:", "derived:"),
        ("rules:", "rule:"),
        ("then:\n      note: {text: plain}", "note: plain"),
        ("then:\n      note: {text: plain}", "then: note"),
        ("note: {text: plain}", "note: plain"),
        ("note: {text: {type: string}}", "note: {text: string}"),
        ("note: {text: {type: string}}", "note: string"),
        ("  - id: A", "  - A\n  - id: A"),
    ],
)
def test_another_shape_is_a_finding(old: str, new: str) -> None:
    text = source()
    assert old in text
    with pytest.raises(DocumentError) as caught:
        load(text.replace(old, new))
    assert all(one.code.id.startswith("DOC-") and one.span for one in caught.value.diagnostics)


def test_mentions_name_the_constants_that_rules_ask_for() -> None:
    text = source(
        'indicator in ["empathy", "leadership"] and not(source != "cv")', 'indicator = "empathy"'
    )
    said = [(m.rule, m.fact, m.field, m.value, str(m.span)) for m in compiled(text).mentions]
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "fact: mention," in row)
    column = text.split("\n")[line - 1].index('"empathy"') + 1
    assert said[0] == ("A", "mention", "indicator", "empathy", f"rules/test.yaml:{line}:{column}")
    assert [(fact, value) for _, fact, _, value, _ in said] == [
        ("mention", "empathy"),
        ("mention", "leadership"),
        ("mention", "cv"),
        ("rating", "empathy"),
    ]


def test_a_denied_constant_is_no_mention() -> None:
    assert compiled(source('indicator != "empathy" and not(source = "cv")')).mentions == ()
