"""Every kind of finding about rule sets, folders and locks: told once, in its place, in zh and en."""

from __future__ import annotations

from functools import cache

import pytest

from engine import content as content_module
from engine import lock
from engine.content import check_content, read_content
from engine.hiring import signals
from engine.kernel.diagnostics import Code, Diagnostic, render
from engine.rules import (
    claims,
    compiler,
    declarations,
    documents,
    evaluate,
    hit_policies,
    inputs,
    reading,
    rows,
    tables,
)
from engine.rules.evaluate import decide, interpret
from tests.support.golden import assert_golden
from tests.support.rule_sets import HEAD, INPUTS, compiled, findings, table, text_of

ONE = "decisions:\n  out: {type: number, value: a}\n"


def inputs_of(line: str) -> str:
    """A rule set with one more input."""
    return f"{INPUTS}  x: {line}\n{ONE}"


FAULTY = {
    "RULE-TYPE-001": inputs_of("{type: numbre}"),
    "RULE-TYPE-002": inputs_of("{type: number, unit: CNY per month}"),
    "RULE-SHAPE-001": "decisions:\n  out: {type: number}\n",
    "RULE-SHAPE-002": """\
decisions:
  out:
    type: number
    columns: {when: [a, f], then: [out]}
    rows:
      - {id: R1, when: ["> 5"], then: ["1"]}
      - {id: R2, when: ["-", "-"], then: ["2"]}
""",
    "RULE-SHAPE-003": """\
decisions:
  out:
    digits: 2
    outputs: {left: {type: number}}
    columns: {when: [a], then: [left]}
    rows: [{id: R1, when: ["-"], then: ["1"]}]
""",
    "RULE-EXPR-001": "decisions:\n  out: \n    type: number\n    value: a + 1 # more\n",
    "RULE-EXPR-002": "decisions:\n  out:\n    type: number\n    value: >\n      a\n      + 1\n",
    "RULE-INPUT-001": inputs_of('{type: number, range: "[low..high]"}').replace("[low..high]", "5"),
    "RULE-INPUT-002": inputs_of("{type: number, default: many}"),
    "RULE-INPUT-003": inputs_of("{type: string, one_of: [red, green], default: gren}"),
    "RULE-INPUT-004": inputs_of("{type: string, one_of: [red], ranked: [red, green]}"),
    "RULE-INPUT-005": inputs_of('{type: number, range: "[0..1]", default: 2}'),
    "RULE-INPUT-006": inputs_of("{type: boolean, scale: 2}"),
    "RULE-INPUT-007": inputs_of("{type: string, one_of: [red, red]}"),
    "RULE-INPUT-008": inputs_of("{type: number, scale: -1}"),
    "RULE-CYCLE-001": """\
decisions:
  pay: {type: number, value: bonus + a}
  bonus: {type: number, value: share * 2}
  share: {type: number, value: pay / 2}
""",
    "RULE-CYCLE-002": """\
functions:
  f1: {type: number, params: {x: {type: number}}, value: f2(x)}
  f2: {type: number, params: {x: {type: number}}, value: f1(x)}
"""
    + ONE,
    "RULE-NAME-001": "params:\n  a: {value: 1, provenance: human_set}\n" + ONE,
    "RULE-NAME-002": "decisions:\n  count: {type: number, value: a}\n",
    "RULE-TABLE-001": table("id | a || out", "R1 | > 5 || 1", "R1 | - || 2"),
    "RULE-TABLE-002": table("id | a || out", "R 1 | - || 1"),
    "RULE-TABLE-003": table("id | a || ouy", "R1 | - || 1"),
    "RULE-TABLE-004": """\
decisions:
  out:
    outputs: {left: {type: number}, right: {type: number}}
    columns: {when: [a], then: [left]}
    rows: [{id: R1, when: ["-"], then: ["1"]}]
""",
    "RULE-TABLE-005": table("id | a || out", "R1 | - || 1", default="{out: 3}"),
    "RULE-TABLE-006": table("id | a || out", "R1 | - || 1", policy="priority"),
    "RULE-TABLE-007": table("id | a || out", "R1 | - || 1", aggregate="sum"),
    "RULE-TABLE-008": "decisions:\n  out: {type: number, value: a, hit_policy: first}\n",
    "RULE-TABLE-009": table(
        "id | a || out", "R1 | - || 1", "R2 | - || 2", policy="priority", priority="[2]"
    ),
    "RULE-TABLE-010": table(
        "id | a || out", 'R1 | - || "x"', type="string", policy="collect", aggregate="sum"
    ),
    "RULE-TABLE-011": table("id | a || out | out", "R1 | - || 1 | 2"),
    "RULE-TABLE-012": table("id | a || out", "R1 | - || 1", priority="[1]"),
    "RULE-TABLE-013": """\
functions:
  grade:
    type: number
    params: {x: {type: number}}
    table: |
      | id | x || grade | reason |
      |----|---||-------|--------|
      | R1 | - || 1     | -      |
"""
    + ONE,
    "RULE-REASON-001": table("id | a || out | reason", "R1 | - || 1 | WYH")
    + "reasons:\n  WHY: {zh: 因, en: why}\n",
    "RULE-REASON-002": ONE + "reasons:\n  WHY: {zh: 因, en: 'why {aa}'}\n",
    "RULE-GUAR-001": ONE + "guarantees:\n  - {id: G1, always: a > 0, when_rises: a}\n",
    "RULE-GUAR-002": ONE + "guarantees:\n  - {id: G1, never_worse: out, when_rises: a}\n",
    "RULE-GUAR-003": ONE + "guarantees:\n  - {id: G1, never_decreases: out, when_rises: f}\n",
    "RULE-GUAR-004": ONE
    + "guarantees:\n  - {id: G1, always: a >= 0}\n  - {id: G1, always: f or true}\n",
    "TABLE-001": "decisions:\n  out:\n    type: number\n    table: |\n      | id | a || out |\n",
    "TABLE-002": table("id | a || out", "R1 | - || 1").replace("|-||-|", "--"),
    "TABLE-003": table("id | a | f || out", "R1 | - || 1"),
    "TABLE-004": table("id | a | f || out", "R1 | - || - | 1"),
    "TABLE-005": table("id | a | out", "R1 | - | 1").replace("|-||-|", "|-|-|"),
    "TABLE-006": table("id | a || out", "R1 |  || 1"),
    "TABLE-007": table("a | id || out", "- | R1 || 1"),
    "TABLE-008": table("id | a || out", "R1 | - || 1").replace("|-||-|", "| R0 | - || 1 |"),
}
"""A rule set for each kind of finding about its text; it has that one, and no other."""

GRADED = table("id | a || out", "R1 | > 50 || 1", "R2 | > 70 || 2", policy="unique")
RUNS: dict[str, tuple[str, dict[str, object]]] = {
    "INPUT-001": (ONE, {"a": 1, "g": True}),
    "INPUT-002": (ONE, {"a": "many"}),
    "INPUT-003": (ONE, {"a": "100.01"}),
    "INPUT-004": (inputs_of("{type: string, one_of: [red]}"), {"a": 1, "x": "rde"}),
    "INPUT-005": (inputs_of("{type: number, scale: 2}"), {"a": 1, "x": "0.005"}),
    "INPUT-006": (ONE, {"a": 79.99}),
    "INPUT-007": ("assume:\n  - a > 10\n" + ONE, {"a": 1}),
    "RULE-EVAL-001": (GRADED, {"a": 10}),
    "RULE-EVAL-002": (GRADED, {"a": 80}),
    "RULE-EVAL-003": (GRADED.replace("unique", "any"), {"a": 80}),
    "RULE-EVAL-004": (
        "decisions:\n  out: {type: number, digits: 2, value: a / 3}\n",
        {"a": 1},
    ),
    "RULE-EVAL-005": (
        INPUTS
        + "  t: {type: string}\ndecisions:\n  out: {type: string, one_of: [red], value: t}\n",
        {"a": 1, "t": "blue"},
    ),
    "RULE-EVAL-006": (
        table("id | a || out", "R1 | > 50 || 1", policy="collect", aggregate="min"),
        {"a": 1},
    ),
    "RULE-EVAL-007": (
        INPUTS + "  c: {type: context}\ndecisions:\n  out: {type: number, value: c.x}\n",
        {"a": 1, "c": {"x": "many"}},
    ),
    "RULE-EVAL-008": (
        table("id | a || out", "R1 | - || a + 0", policy="priority", priority="[1]"),
        {"a": 7},
    ),
}
"""A case for each kind of fault that only shows when a rule set decides."""

SMALL = text_of(ONE)
PLACE = "rules/small/1.0.0.yaml"
HASH = "sha256:" + "0" * 64
LOCKED = "rule_set small 1.0.0 {} 2026-01-01T00:00:00+00:00\n"
AT = "2026-01-01T00:00:00+08:00"


def using(id_: str, other: str, **changed: str) -> str:
    """A rule set with an id of its own that uses another."""
    text = SMALL.replace("id: small", f"id: {id_}") + f"uses: {{other: {other}}}\n"
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


EU = f"""\
schema_version: "1"
kind: jurisdiction
id: eu
version: 1.0.0
title: {{zh: 欧盟, en: EU}}
owner: legal
effective_from: {AT}
clause: T-2
blocked_modalities:
  - {{modality: face_expression, signals: [frown], cites: AI Act Art. 5}}
"""
FOLDERS: dict[str, dict[str, str]] = {
    "CONTENT-001": {PLACE: SMALL.replace("kind: rule_set", "kind: rule_sett")},
    "CONTENT-002": {PLACE: SMALL, "rules/z/small/1.0.0.yaml": SMALL},
    "CONTENT-003": {
        PLACE: SMALL,
        "rules/small/1.1.0.yaml": SMALL.replace("version: 1.0.0", "version: 1.1.0"),
    },
    "CONTENT-004": {"rules/elsewhere.yaml": SMALL},
    "CONTENT-005": {"rules/user/1.0.0.yaml": using("user", "smal"), PLACE: SMALL},
    "CONTENT-006": {"rules/user/1.0.0.yaml": using("user", "small"), PLACE: SMALL},
    "CONTENT-007": {
        "rules/left/1.0.0.yaml": using("left", "right"),
        "rules/right/1.0.0.yaml": using("right", "left"),
    },
    "CONTENT-008": {PLACE: SMALL.replace("clause:", f"effective_to: {AT}\nclause:")},
    "LOCK-001": {PLACE: SMALL, "published.lock": "rule_set small 1.0.0\n"},
    "LOCK-002": {PLACE: SMALL, "published.lock": LOCKED.format(HASH)},
    "LOCK-003": {"published.lock": LOCKED.format(HASH)},
    "LOCK-004": {PLACE: SMALL, "published.lock": "{lock}{lock}"},
    "LOCK-005": {
        PLACE: SMALL.replace("clause:", "use: demonstration\nclause:"),
        "published.lock": "{lock}",
    },
    "LAW-SIGNAL-003": {
        "rules/jurisdictions/eu/1.0.0.yaml": EU,
        PLACE: text_of(INPUTS + "  frown_count: {type: number}\n" + ONE).replace(
            "clause:", "jurisdictions: [eu]\nclause:"
        ),
    },
    "LAW-SIGNAL-002": {
        "rules/jurisdictions/eu/1.0.0.yaml": EU,
        "rules/seen/1.0.0.yaml": f"""\
schema_version: "1"
kind: inference
id: seen
version: 1.0.0
title: {{zh: 见, en: Seen}}
owner: test
effective_from: {AT}
clause: T-3
jurisdictions: [eu]
facts:
  signal: {{name: {{type: string}}, value: {{type: number}}}}
derives:
  evidence: {{state: {{type: string, one_of: [found]}}}}
rules:
  - id: E01
    clause: T-3.1
    when:
      s: {{fact: signal, where: 'name = "frown_count" and value > 3'}}
    then:
      evidence: {{state: found}}
""",
    },
}
"""A folder for each kind of finding about documents together; `{lock}` is the line that publishes `small`."""


def folder_findings(files: dict[str, str]) -> list[Diagnostic]:
    """Check a folder."""
    loaded = next(iter(read_content(files).documents()), None)
    line = LOCKED.format(loaded.hash) if loaded is not None else ""
    texts = {path: text.replace("{lock}", line) for path, text in files.items()}
    return check_content(read_content(texts))


@cache
def known_codes() -> dict[str, Code]:
    """Collect the codes that the modules of these floors declare."""
    modules = (
        claims,
        compiler,
        declarations,
        documents,
        evaluate,
        hit_policies,
        inputs,
        reading,
        rows,
        tables,
    )
    found = {}
    for module in (*modules, content_module, lock, signals):
        for value in vars(module).values():
            if isinstance(value, Code) and value.id.startswith(
                ("RULE-", "TABLE-", "INPUT-", "CONTENT-", "LOCK-", "LAW-SIGNAL-")
            ):
                found[value.id] = value
    return found


def test_every_code_has_its_example() -> None:
    """`LAW-SIGNAL-001` is shown beside the evaluation that it guards."""
    shown = {*FAULTY, *RUNS, *FOLDERS, "LAW-SIGNAL-001"}
    assert shown == set(known_codes())


def told(found: list[Diagnostic], texts: dict[str, str]) -> str:
    """Render findings in both languages."""
    drawn = []
    for lang in ("en", "zh"):
        for one in found:
            lines = texts.get(one.span.path, "").split("\n") if one.span else []
            drawn.append(render(one, lines, lang))
    return "\n".join(drawn) + "\n"


@pytest.mark.parametrize("code", sorted(FAULTY))
def test_a_faulty_rule_set(code: str) -> None:
    found = findings(FAULTY[code])
    assert [d.code.id for d in found] == [code] * len(found)
    assert all(d.span is not None and d.span.line > 1 for d in found)
    assert_golden(f"diagnostics/{code}.txt", told(found, {"small.yaml": text_of(FAULTY[code])}))


@pytest.mark.parametrize("code", sorted(set(FAULTY) - {"RULE-GUAR-004"}))
def test_one_fault_is_told_once(code: str) -> None:
    assert len(findings(FAULTY[code])) == 1


@pytest.mark.parametrize("code", sorted(RUNS))
def test_a_fault_of_a_case(code: str) -> None:
    body, given = RUNS[code]
    rule_set = compiled(body)
    decision = decide(rule_set, given)
    assert decision == interpret(rule_set, given)
    assert (decision.status, decision.outcomes, decision.trace) == ("error", {}, ())
    assert [d.code.id for d in decision.faults] == [code]
    (fault,) = decision.faults
    assert (fault.span is None) == (code.startswith("INPUT-") and code != "INPUT-007")
    assert_golden(f"diagnostics/{code}.txt", told([fault], {"small.yaml": text_of(body)}))


@pytest.mark.parametrize("code", sorted(FOLDERS))
def test_a_faulty_folder(code: str) -> None:
    files = FOLDERS[code]
    found = [d for d in folder_findings(files) if d.code.id == code]
    others = {d.code.id for d in folder_findings(files)} - {code}
    assert others <= {"CONTENT-004", "RULE-UNUSED-001"}
    assert len(found) == (2 if code == "CONTENT-007" else 1)
    assert_golden(f"diagnostics/{code}.txt", told(found, files))


def test_all_faults_of_a_rule_set_come_at_once() -> None:
    found = findings(
        "params:\n  min: {value: x, provenance: human_set}\n"
        + table("id | a || out | reason", "R1 | > b || 1 | WHY", "R1 | true || 2 | -")
        + "guarantees:\n  - {id: G1, never_worse: out, when_rises: b}\n"
    )
    assert [d.code.id for d in found] == [
        "RULE-NAME-002",
        "RULE-INPUT-002",
        "FEEL-NAME-001",
        "RULE-REASON-001",
        "RULE-TABLE-001",
        "FEEL-TYPE-009",
        "FEEL-NAME-001",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (inputs_of("{type: number, range: [0..100]}"), "DOC-TYPE-004"),
        ("decisions:\n  out: {type: number, value: [a, 1]}\n", "DOC-TYPE-004"),
        ("decisions:\n  out:\n    type: number\n    value: a\n      + 1\n", "RULE-EXPR-002"),
        ("assume:\n  - a > 1 # why\n" + ONE, "RULE-EXPR-001"),
        (ONE + "guarantees:\n  - {id: G1, independent_of: gender}\n", "FEEL-NAME-001"),
        (ONE + "guarantees:\n  - {id: G1, independent_of: a, of: outt}\n", "FEEL-NAME-001"),
        (ONE + "guarantees:\n  - {id: G1, never_worse: ou, when_rises: a}\n", "FEEL-NAME-001"),
        (ONE + "guarantees:\n  - {id: G1, unchanged_from: first}\n", "DOC-VALUE-002"),
        (ONE + "guarantees:\n  - {id: G1, always: a + }\n", "FEEL-SYNTAX-001"),
        ("assume:\n  - a >\n" + ONE, "FEEL-SYNTAX-001"),
        ("decisions:\n  if: {type: number, value: a}\n", "RULE-NAME-002"),
        (inputs_of("{type: boolean, unit: points}"), "RULE-INPUT-006"),
        (inputs_of("{type: number, one_of: [a]}"), "RULE-INPUT-006"),
        (inputs_of("{type: string, one_of: []}"), "RULE-INPUT-007"),
        (inputs_of('{type: number, range: "[1.."}'), "FEEL-SYNTAX-001"),
        (inputs_of('{type: number, range: "[true..false]"}'), "RULE-INPUT-001"),
        (inputs_of("{type: list<number>, default: [1, x]}"), "RULE-INPUT-002"),
        (inputs_of("{type: list<string>, one_of: [u], default: [v]}"), "RULE-INPUT-003"),
        ("decisions:\n  out: {type: string, digits: 2, value: '\"x\"'}\n", "RULE-INPUT-006"),
        (
            table("id | a || out", "R1 | > 5 || 1", default="{out: 1, note: n, o: 2}"),
            "RULE-TABLE-003",
        ),
        (table("id | a || out", "R1 | > 5 || 1", default="{note: n}"), "RULE-TABLE-004"),
        (
            table("id | a || out", "R1 | > 5 || 1", default="{out: 1, reason: NO}"),
            "RULE-REASON-001",
        ),
        (table("id | a + || out", "R1 | 5 || 1"), "FEEL-SYNTAX-001"),
        (table("id | a || out", "R1 | 5 || 1 +"), "FEEL-SYNTAX-001"),
        (ONE + "decision: {}\n", "DOC-KEY-002"),
        ("decisions:\n  out: {type: number, value: a, table: {}}\n", "RULE-SHAPE-001"),
        ("decisions:\n  out: {type: number, value: a, table: x}\n", "TABLE-002"),
        (table("id | a || out", "R1 | 5 || 1", value="a"), "RULE-SHAPE-001"),
        (
            "params:\n  x: {value: 1, provenance: human_set}\nfunctions:\n"
            "  g: {type: number, params: {x: {type: number}}, value: x}\n" + ONE,
            "RULE-NAME-001",
        ),
    ],
)
def test_other_ways_to_be_wrong(body: str, code: str) -> None:
    (found,) = findings(body)
    assert found.code.id == code
    assert found.span is not None


def test_a_cell_is_pointed_at() -> None:
    body = table("id | a || out | reason", "R1 | > 5 || 1 | WHY; WYH") + (
        "reasons:\n  WHY: {zh: 因, en: why}\n"
    )
    (found,) = findings(body)
    span = found.span
    assert span is not None
    line = text_of(body).split("\n")[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "WYH"
    assert found.near == "WHY"


def test_listed_rows_are_pointed_at() -> None:
    body = """\
decisions:
  out:
    type: number
    columns:
      when: [a]
      then: [out]
    rows:
      - {id: R1, when: ["> b"], then: ["1"]}
      - {id: R1, when: ["-"], then: ["2"]}
"""
    places = {
        d.code.id: text_of(body).split("\n")[d.span.line - 1][
            d.span.column - 1 : d.span.end_column - 1
        ]
        for d in findings(body)
        if d.span
    }
    assert places == {"FEEL-NAME-001": "b", "RULE-TABLE-001": "R1"}


def test_the_head_is_one() -> None:
    assert HEAD.count("\n") == 9
