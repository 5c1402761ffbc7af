"""What a rule set answers: hit policies, defaults, conditions, missing and faulty inputs, by both evaluations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, getcontext, localcontext
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.documents import load_data
from engine.rules.decision import Decision, decision_json
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide, interpret
from tests.support.rule_sets import INPUTS, compiled, table

if TYPE_CHECKING:
    from engine.rules.compiled import CompiledRuleSet

ROWS = ("R1 | > 50 || 1", "R2 | > 70 || 2", "R3 | > 90 || 3")


def both(rule_set: CompiledRuleSet, given: dict[str, Any]) -> Decision:
    """Decide by the door, by the generated code alone if it answers, and by the reference: one answer."""
    answer = decide(rule_set, given)
    assert decision_json(answer) == decision_json(interpret(rule_set, given))
    assert rule_set.fast is not None
    if answer.status == "decided":
        assert decision_json(rule_set.fast(given)) == decision_json(answer)
    else:
        with pytest.raises(Exception):  # noqa: B017, PT011 - any signal sends the case to the reference
            rule_set.fast(given)
    return answer


def out(body: str, **given: object) -> object:
    """The value of `out`, or the codes of what went wrong."""
    answer = both(compiled(body), given)
    return answer.outcomes.get("out", [f.code.id for f in answer.faults] or answer.status)


@pytest.mark.parametrize(
    ("policy", "more", "at_60", "at_80", "at_10"),
    [
        ("first", {}, 1, 1, ["RULE-EVAL-001"]),
        ("unique", {}, 1, ["RULE-EVAL-002"], ["RULE-EVAL-001"]),
        ("any", {}, 1, ["RULE-EVAL-003"], ["RULE-EVAL-001"]),
        ("priority", {"priority": "[3, 2, 1]"}, 1, 2, ["RULE-EVAL-001"]),
        ("output_order", {"priority": "[3, 2, 1]"}, (1,), (2, 1), ()),
        ("rule_order", {}, (1,), (1, 2), ()),
        ("collect", {}, (1,), (1, 2), ()),
        ("collect", {"aggregate": "sum"}, 1, 3, 0),
        ("collect", {"aggregate": "count"}, 1, 2, 0),
        ("collect", {"aggregate": "min"}, 1, 1, ["RULE-EVAL-006"]),
        ("collect", {"aggregate": "max"}, 1, 2, ["RULE-EVAL-006"]),
        ("collect", {"aggregate": "max", "default": "{out: 7}"}, 1, 2, 7),
        ("collect", {"default": "{out: 7}"}, (1,), (1, 2), (7,)),
        ("first", {"default": "{out: 7}"}, 1, 1, 7),
    ],
)
def test_hit_policies(
    policy: str, more: dict[str, str], at_60: object, at_80: object, at_10: object
) -> None:
    body = table("id | a || out", *ROWS, policy=policy, **more)
    assert [out(body, a=60), out(body, a=80), out(body, a=10)] == [at_60, at_80, at_10]


def test_rows_that_agree_are_any() -> None:
    body = table("id | a || out", "R1 | > 5 || 1.0", "R2 | > 7 || 1", policy="any")
    assert out(body, a=8) == 1


def test_the_trace_names_the_rows() -> None:
    body = table("id | a || out", *ROWS, policy="output_order", priority="[3, 2, 1]")
    answer = both(compiled(body), {"a": 95})
    assert answer.trace[0].rows == ("R3", "R2", "R1")


OUTPUTS = """\
decisions:
  out:
    outputs:
      grade: {type: string, ranked: [low, high]}
      pay: {type: number, digits: 2}
    hit_policy: first
    default: {grade: low, pay: 0, reason: NONE, clause: T-9}
    table: |
      | id | a    || pay   | grade | reason | obligation |
      |----|------||-------|-------|--------|------------|
      | R1 | > 50 || a / 4 | high  | GOOD   | tell; keep |
      | R2 | > 20 || 10    | low   | -      | -          |
  paid: {type: number, digits: 2, value: out.pay}
reasons:
  GOOD: {zh: "好：{a}", en: "good: {a} pays {paid}"}
  NONE: {zh: 无, en: none}
"""


def test_several_outputs_are_a_context_in_the_order_of_the_columns() -> None:
    answer = both(compiled(OUTPUTS), {"a": 60})
    assert list(answer.outcomes["out"].items()) == [("pay", Decimal("15.00")), ("grade", "high")]  # type: ignore[attr-defined]
    assert str(answer.outcomes["paid"]) == "15.00"
    assert [(r.code, r.en, r.zh, r.clause) for r in answer.reasons] == [
        ("GOOD", "good: 60 pays 15", "好：60", "T-1")
    ]
    assert answer.obligations == ("tell", "keep")
    none = both(compiled(OUTPUTS), {"a": 1})
    assert (none.reasons[0].en, none.reasons[0].clause) == ("none", "T-9")
    assert none.trace[0].rows == ("default",)


@pytest.mark.parametrize("a", [60, 30, 1])
def test_what_is_done_to_an_answer_changes_no_later_one(a: int) -> None:
    rule_set = compiled(OUTPUTS)
    for decide_ in (decide, interpret):
        before = decision_json(decide_(rule_set, {"a": a}))
        answer = decide_(rule_set, {"a": a})
        answer.outcomes["out"]["pay"] = "spoiled"  # type: ignore[index]
        answer.outcomes.clear()
        assert decision_json(decide_(rule_set, {"a": a})) == before


def test_lists_of_contexts_are_not_shared() -> None:
    body = """\
decisions:
  every_one:
    outputs: {x: {type: number}}
    hit_policy: collect
    columns: {when: [a], then: [x]}
    rows: [{id: R1, when: ["-"], then: ["1"]}]
  whole: {type: context, value: "{k: 1}"}
"""
    rule_set = compiled(body)
    answer = decide(rule_set, {"a": 1})
    answer.outcomes["every_one"][0]["x"] = 9  # type: ignore[index]
    answer.outcomes["whole"]["k"] = 9  # type: ignore[index]
    assert decide(rule_set, {"a": 1}).outcomes == {"every_one": ({"x": 1},), "whole": {"k": 1}}


CHAIN = """\
decisions:
  base: {type: number, only_if: a > 10, value: a * 2}
  more: {type: number, only_if: is applicable(base) and base > 50, value: base + 1}
  same: {type: number, only_if: a > 10, value: base}
  told: {type: boolean, value: is applicable(more)}
"""


def test_only_if() -> None:
    rule_set = compiled(CHAIN)
    assert both(rule_set, {"a": 30}).outcomes == {"base": 60, "more": 61, "same": 60, "told": True}
    assert both(rule_set, {"a": 20}).outcomes == {"base": 40, "same": 40, "told": False}
    answer = both(rule_set, {"a": 5})
    assert answer.outcomes == {"told": False}
    steps = decision_json(answer)["trace"]
    assert steps == [
        {"decision": "base", "not_applicable": True},
        {"decision": "more", "not_applicable": True},
        {"decision": "same", "not_applicable": True},
        {"decision": "told", "value": False},
    ]


def test_a_bare_word_is_a_member_in_a_cell_and_a_name_in_an_expression() -> None:
    body = INPUTS + (
        "  t: {type: string}\n"
        "decisions:\n  out: {type: string, one_of: [t, u], value: t}\n"
        "  cell:\n    type: string\n    one_of: [t, u]\n"
        "    columns: {when: [a], then: [cell]}\n    rows: [{id: R1, when: ['-'], then: [t]}]\n"
    )
    assert both(compiled(body), {"a": 1, "t": "u"}).outcomes == {"out": "u", "cell": "t"}


# --- inputs --------------------------------------------------------------------------------------

TYPES = """\
inputs:
  n: {type: number, nullable: true}
  m: {type: number, default: 7, nullable: true, range: "[0..10]"}
  low: {type: number, range: "(>= 1)", default: 5}
  money: {type: number, scale: 2, default: 0}
  names: {type: list<string>, default: []}
  many: {type: list<number>, default: [1.0, 2]}
  day: {type: date, default: 2026-01-02}
  at: {type: date and time, default: "2026-01-02T00:00:00+08:00"}
  span: {type: days and time duration, default: P1D}
  kind: {type: string, one_of: [red, green], default: red}
  early: {type: string, range: '["a".."m"]', default: b}
  kinds: {type: list<string>, one_of: [red, green], default: [red]}
  c: {type: context, default: {x: 1, on: true}}
  when: {type: date and time, range: '[date and time("2026-01-01T00:00:00Z")..date and time("2027-01-01T00:00:00Z")]', default: "2026-02-01T00:00:00Z"}
decisions:
  out: {type: number, value: if is defined(n) then n else 0}
  total: {type: number, value: sum(many) + count(names)}
"""
TYPED = compiled(TYPES)


@pytest.mark.parametrize(
    "given",
    [
        {"n": None},
        {"n": "-0"},
        {"n": Decimal("-0.00")},
        {"m": None},
        {"names": ["x", "y"]},
        {"names": ()},
        {"many": [1, "2.5", Decimal(3)]},
        {"day": "2026-01-02"},
        {"day": dt.date(2026, 1, 2)},
        {"at": "2026-01-02T00:00:00+08:00"},
        {"span": "P2D"},
        {"kinds": ["green", "red"]},
        {"c": {"y": [1, {"z": "t"}], "d": dt.date(2026, 1, 2)}},
        {"n": 10**34},
        {"n": Decimal("1E+40")},
        {"money": Decimal("10.500")},
        {"low": 1},
        {"n": Decimal("1e-40")},
    ],
)
def test_inputs_that_are_read(given: dict[str, Any]) -> None:
    assert both(TYPED, given).status == "decided"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"n": True}, "INPUT-002"),
        ({"n": "1e3"}, "INPUT-002"),
        ({"n": Decimal("NaN")}, "INPUT-002"),
        ({"n": Decimal("sNaN")}, "INPUT-002"),
        ({"n": Decimal("Infinity")}, "INPUT-002"),
        ({"n": 10**10_000}, "INPUT-002"),
        ({"n": int("1" * 35)}, "INPUT-002"),
        ({"low": Decimal("Infinity")}, "INPUT-002"),
        ({"low": "0.9"}, "INPUT-003"),
        ({"m": 11}, "INPUT-003"),
        ({"money": "0.005"}, "INPUT-005"),
        ({"names": "x"}, "INPUT-002"),
        ({"names": [1]}, "INPUT-002"),
        ({"names": ["x"] * 100_001}, "INPUT-002"),
        ({"names": ["x" * 5_000]}, "INPUT-002"),
        ({"names": [None]}, "INPUT-002"),
        ({"many": [1.5]}, "INPUT-002"),
        ({"many": {"a": 1}}, "INPUT-002"),
        ({"day": "2026-13-01"}, "INPUT-002"),
        ({"day": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)}, "INPUT-002"),
        ({"kind": "rde"}, "INPUT-004"),
        ({"kind": 1}, "INPUT-002"),
        ({"kinds": ["red", "blue"]}, "INPUT-004"),
        ({"early": "z"}, "INPUT-003"),
        ({"c": {"x": 1.5}}, "INPUT-002"),
        ({"c": {"x": object()}}, "INPUT-002"),
        ({"c": [1]}, "INPUT-002"),
        ({"when": "2026-02-01T00:00:00"}, "INPUT-003"),
        ({"nn": 1}, "INPUT-001"),
        ({"n": 0.5}, "INPUT-006"),
    ],
)
def test_inputs_that_are_refused(given: dict[str, Any], code: str) -> None:
    answer = both(TYPED, given)
    assert (answer.status, [f.code.id for f in answer.faults]) == ("error", [code])
    assert all(f.message("zh") and f.help("en") for f in answer.faults)


def test_a_number_too_long_for_its_scale_is_left_to_the_reference() -> None:
    given = {"money": 10**40}
    assert decide(TYPED, given) == interpret(TYPED, given)
    assert decide(TYPED, given).status == "decided"


def test_deep_data_is_refused() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    (fault,) = both(TYPED, {"c": {"x": deep}}).faults
    assert "`dict`" in fault.message()


def test_what_is_missing_is_incomplete_never_zero() -> None:
    rule_set = compiled(
        INPUTS + "  z: {type: number}\ndecisions:\n  out: {type: number, value: a}\n"
    )
    for given in ({}, {"a": None, "z": None}):
        answer = both(rule_set, given)
        assert (answer.status, answer.missing, answer.outcomes) == ("incomplete", ("a", "z"), {})
    wrong = both(rule_set, {"a": "x"})
    assert (wrong.status, wrong.missing) == ("error", ("z",))
    null = both(rule_set, {"a": 1, "z": 1, "f": None})
    assert (null.status, null.missing) == ("incomplete", ("f",))


def test_everything_wrong_is_told_at_once() -> None:
    answer = both(TYPED, {"m": 11, "kind": "x", "zz": 1})
    assert sorted(f.code.id for f in answer.faults) == ["INPUT-001", "INPUT-003", "INPUT-004"]


# --- faults and numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1 / (a - a)", "FEEL-EVAL"),
        ('number("x" + string(a))', "FEEL-EVAL"),
    ],
)
def test_a_fault_voids_the_whole_decision(value: str, code: str) -> None:
    body = f"decisions:\n  first: {{type: number, value: a}}\n  out: {{type: number, value: '{value}'}}\n"
    answer = both(compiled(body), {"a": 5})
    assert (answer.status, answer.outcomes, answer.trace, answer.reasons) == ("error", {}, (), ())
    (fault,) = answer.faults
    assert fault.code.id.startswith(code)
    assert fault.span is not None
    assert fault.span.line == 15
    assert decision_json(answer)["faults"]


def test_a_condition_is_true_or_false_and_nothing_else() -> None:
    inputs = INPUTS + "  c: {type: context, default: {}}\n"
    for body in (
        "assume:\n  - c.ok\ndecisions:\n  out: {type: number, value: a}\n",
        "decisions:\n  out: {type: number, only_if: c.ok, value: a}\n",
        table("id | a || out", "R1 | c.ok and ? > 3 || 1"),
    ):
        assert out(inputs + body, a=5, c={"ok": True}) in (1, 5)
        answer = both(compiled(inputs + body), {"a": 5, "c": {"ok": 1}})
        assert answer.status == "error"
        (fault,) = answer.faults
        assert fault.span is not None


def test_numbers_keep_their_places() -> None:
    body = "decisions:\n  out: {type: number, digits: 2, value: a}\n"
    rule_set = compiled(body)
    assert str(both(rule_set, {"a": "80.0"}).outcomes["out"]) == "80.00"
    assert str(both(rule_set, {"a": Decimal("-0.000")}).outcomes["out"]) == "0.00"
    assert out(body, a="0.001") == ["RULE-EVAL-004"]
    plain = compiled("decisions:\n  out: {type: number, value: a}\n")
    assert decision_json(both(plain, {"a": Decimal("8.50E+1")}))["outcomes"] == {"out": "85"}
    huge = INPUTS + "  x: {type: number}\ndecisions:\n  out: {type: number, digits: 2, value: x}\n"
    assert out(huge, a=1, x=10**34) == ["RULE-EVAL-004"]
    void = "decisions:\n  out: {type: number, nullable: true, digits: 2, value: null}\n"
    assert decision_json(both(compiled(void), {"a": 1}))["outcomes"] == {"out": None}


def test_the_callers_decimal_context_is_its_own() -> None:
    rule_set = compiled("decisions:\n  out: {type: number, value: 1 / a}\n")
    with localcontext() as mine:
        mine.prec = 3
        for a in (3, 0, "x", None):
            decide(rule_set, {"a": a})
            assert getcontext() is mine
            assert mine.prec == 3
        assert len(str(decide(rule_set, {"a": 3}).outcomes["out"])) == 36


def test_json_is_read_with_its_kinds() -> None:
    drawn = compiled(table("id | a | f || out", "R1 | > 5 | false || 1.5"))
    data = drawn.document.model_dump(mode="json", exclude_unset=True)
    data["decisions"]["out"]["rows"][0] |= {"when": [" > 5 ", False], "then": [Decimal("1.50")]}
    loaded, found = load_data(RuleSet, data)
    assert found == []
    assert loaded is not None
    assert loaded.hash == drawn.loaded.hash


def test_every_kind_of_value_is_written_as_text() -> None:
    rule_set = compiled(
        "inputs:\n  d: {type: date}\ndecisions:\n"
        "  day: {type: date, value: d}\n"
        '  gap: {type: days and time duration, value: "@\\"P1D\\""}\n'
        '  term: {type: years and months duration, value: "@\\"P14M\\""}\n'
        "  list: {type: list<number>, value: '[1.50, 2]'}\n"
        "  both: {type: context, value: '{on: true, none: null}'}\n"
    )
    assert decision_json(both(rule_set, {"d": "2026-01-02"}))["outcomes"] == {
        "both": {"on": True, "none": None},
        "day": "2026-01-02",
        "gap": "P1D",
        "list": ["1.5", "2"],
        "term": "P1Y2M",
    }
