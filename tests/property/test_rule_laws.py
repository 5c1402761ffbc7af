"""Laws of rule sets: pay is monotone and in its band, tables are their rows, and bytes depend on nothing else."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.documents import load_text
from engine.rules.compiler import compile_rule_set
from engine.rules.decision import Decision, decision_json
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide, interpret
from engine.rules.tables import format_table, parse_table
from tests.support.rule_sets import compiled
from tests.support.source import ROOT

if TYPE_CHECKING:
    from engine.rules.compiled import CompiledRuleSet

TEXT = (ROOT / "rules/offer/1.0.0.yaml").read_text("utf-8")
OFFER = compile_rule_set(load_text(RuleSet, TEXT))
BAND = {"assessed": True, "band_min": Decimal(8000), "band_max": Decimal(10000)}


def pay(overall: Decimal, **more: Decimal) -> Decimal | None:
    """The salary at a score; None when there is no offer."""
    found = decide(OFFER, {**BAND, "overall": overall, **more}).outcomes.get("base_salary")
    return found if isinstance(found, Decimal) else None


def bytes_of(decision: Decision) -> bytes:
    """Write an answer as it leaves the engine."""
    return json.dumps(decision_json(decision), ensure_ascii=False).encode()


scores = st.decimals(0, 100, allow_nan=False).map(abs) | st.builds(
    lambda whole, digits: Decimal(f"{whole}.{digits}"),
    st.integers(76, 92),
    st.text("0123456789", min_size=1, max_size=31),
)
bands = st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)).map(sorted)


def test_every_hundredth() -> None:
    """All of 0.00 to 100.00: no offer below the line, then from the band's least to its most, never down."""
    before = Decimal(0)
    for hundredths in range(10_001):
        overall = Decimal(hundredths) / 100
        salary = pay(overall)
        assert (salary is None) == (overall < 80)
        if salary is not None:
            assert Decimal(8000) <= salary <= Decimal(10000)
            assert salary >= before
            before = salary
    assert (pay(Decimal(80)), before) == (Decimal(8000), Decimal(10000))


@given(scores, scores, bands)
@settings(max_examples=400)
def test_pay_is_monotone_and_in_the_band(one: Decimal, two: Decimal, band: list[int]) -> None:
    low, high = (Decimal(end) / 100 for end in band)
    lesser, greater = (pay(score, band_min=low, band_max=high) for score in sorted((one, two)))
    for salary in (lesser, greater):
        assert salary is None or (low <= salary <= high and salary.as_tuple().exponent == -2)
    if lesser is not None:
        assert greater is not None
        assert lesser <= greater


@given(scores, scores)
@settings(max_examples=200)
def test_the_outcome_is_never_worse_with_a_higher_score(one: Decimal, two: Decimal) -> None:
    order = ["decline_by_person", "hold", "waitlist", "human_review", "offer"]
    ranks = [
        order.index(str(decide(OFFER, {**BAND, "overall": s}).outcomes["outcome"]))
        for s in sorted((one, two))
    ]
    assert ranks == sorted(ranks)


@given(scores)
@settings(max_examples=100)
def test_the_same_input_gives_the_same_bytes(score: Decimal) -> None:
    case = {**BAND, "overall": score}
    turned = dict(reversed(case.items()))
    told = {
        bytes_of(decide(OFFER, c)) for c in (case, turned, {**case, "overall": str(f"{score:f}")})
    }
    told.add(bytes_of(interpret(OFFER, case)))
    assert len(told) == 1


# --- hit policies --------------------------------------------------------------------------------

bounds = st.integers(-3, 12).map(lambda n: f"{n * 10}")
cells = st.one_of(
    st.just("-"),
    st.builds(lambda op, b: f"{op} {b}", st.sampled_from(["<", "<=", ">", ">="]), bounds),
    st.builds(lambda a, b: f"[{min(a, b)}..{max(a, b)})", st.integers(0, 100), st.integers(0, 100)),
    st.builds(lambda b: f"not({b})", bounds),
    st.builds(lambda a, b: f"{a}, {b}", bounds, bounds),
)
flags = st.sampled_from(["-", "true", "false", "not(true)"])
tables = st.lists(st.tuples(cells, flags, st.integers(1, 4)), min_size=1, max_size=12)


Rows = tuple[tuple[str, str, int], ...]


@cache
def rule_set(rows: Rows, policy: str) -> CompiledRuleSet:
    """Compile a table of these rows."""
    lines = "".join(f"      | R{i} | {a} | {f} || {v} |\n" for i, (a, f, v) in enumerate(rows))
    more = "    priority: [3, 1, 4, 2]\n" if policy in {"priority", "output_order"} else ""
    return compiled(
        f"decisions:\n  out:\n    type: number\n    hit_policy: {policy}\n{more}    table: |\n"
        f"      | id | a | f || out |\n      |-|-|-||-|\n{lines}"
    )


def answer(rows: Rows, policy: str, case: dict[str, Any]) -> Any:  # noqa: ANN401 - a value
    """The value under a policy, or the code of the fault; both evaluations give it."""
    made = rule_set(rows, policy)
    found = decide(made, case)
    assert decision_json(found) == decision_json(interpret(made, case))
    return found.outcomes["out"] if found.outcomes else found.faults[0].code.id


@given(tables.map(tuple), st.integers(0, 1000), st.booleans())
@settings(max_examples=150)
def test_policies_are_told_by_the_rows_that_fit(rows: Rows, tenths: int, flag: bool) -> None:
    case = {"a": Decimal(tenths) / 10, "f": flag}
    fitting = [
        value
        for index, (a, f, value) in enumerate(rows)
        if answer(((a, f, value),), "collect", case)
    ]
    order = [3, 1, 4, 2]
    ranked = sorted(fitting, key=order.index)
    none = "RULE-EVAL-001"
    assert list(answer(rows, "rule_order", case)) == list(answer(rows, "collect", case)) == fitting
    assert list(answer(rows, "output_order", case)) == ranked
    assert answer(rows, "first", case) == (fitting[0] if fitting else none)
    assert answer(rows, "priority", case) == (ranked[0] if ranked else none)
    any_ = none if not fitting else fitting[0] if len(set(fitting)) == 1 else "RULE-EVAL-003"
    assert answer(rows, "any", case) == any_
    only = none if not fitting else fitting[0] if len(fitting) == 1 else "RULE-EVAL-002"
    assert answer(rows, "unique", case) == only


# --- what a document is --------------------------------------------------------------------------


BLOCKS = re.split(r"\n(?=[a-z])", TEXT.strip())
ENTRIES = [
    line
    for line in next(b for b in BLOCKS if b.startswith("inputs:")).split("\n")[1:]
    if line.strip()
]


@given(st.permutations(BLOCKS), st.permutations(ENTRIES))
@settings(max_examples=40)
def test_comments_layout_and_the_order_of_keys_are_no_part_of_a_document(
    blocks: list[str], entries: list[str]
) -> None:
    inputs = "\n".join(["inputs:", *entries])
    text = "# a comment\n" + "\n".join(inputs if b.startswith("inputs:") else b for b in blocks)
    text = text.replace("| P08 |", "|    P08|").replace("# worst to best", "# other words") + "\n"
    other = load_text(RuleSet, text)
    assert (other.canonical, other.hash) == (OFFER.loaded.canonical, OFFER.loaded.hash)
    made = compile_rule_set(other)
    for case in ({**BAND, "overall": "87.3"}, {}, {"overall": 1}):
        assert bytes_of(decide(made, case)) == bytes_of(decide(OFFER, case))


words = st.text('ab客 |"-', max_size=6).map(
    lambda t: t.replace('"', "").replace("|", "").strip() or "-"
)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5))
def test_alignment_keeps_every_cell(rows: list[tuple[str, str]]) -> None:
    text = "| id | 列 || out |\n|-|-||-|\n" + "".join(f'| R | {a} || "{b}|" |\n' for a, b in rows)
    tidy = format_table(text)
    before, after = parse_table(text)[0], parse_table(tidy)[0]
    assert before is not None
    assert after is not None
    assert [[c.text for c in (*r.when, *r.then)] for r in before.rows] == [
        [c.text for c in (*r.when, *r.then)] for r in after.rows
    ]
    assert format_table(tidy) == tidy
