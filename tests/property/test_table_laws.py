"""Laws of decision tables with several outputs: each hit policy is what a naive model of DMN 8.2.10 makes of the rows."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules.decision import decision_json
from engine.rules.evaluate import decide, interpret
from tests.support.rule_sets import compiled, findings

if TYPE_CHECKING:
    from engine.rules.compiled import CompiledRuleSet

LEVELS = ("low", "mid", "high")
LEVEL_ORDER = ("high", "low", "mid")
STEP_ORDER = (2, 3, 1)
NO_ROW, TWO_ROWS, DIFFERENT, EMPTY = (f"RULE-EVAL-00{n}" for n in (1, 2, 3, 6))


class Row(NamedTuple):
    """A row that fits from `low` up to below `high`: its two outputs."""

    low: int
    high: int
    level: str
    step: int


class Table(NamedTuple):
    """A table: its rows, its policy, which outputs have an order, and whether it has a default."""

    rows: tuple[Row, ...]
    policy: str
    ordered: tuple[bool, bool]
    default: bool
    turned: bool


rows = st.builds(
    lambda a, b, level, step: Row(min(a, b), max(a, b) + 1, level, step),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(LEVELS),
    st.sampled_from(sorted(STEP_ORDER)),
)
POLICIES = ("unique", "any", "first", "priority", "rule_order", "output_order", "collect")
tables = st.builds(
    Table,
    st.lists(rows, min_size=1, max_size=6).map(tuple),
    st.sampled_from(POLICIES),
    st.sampled_from([(True, True), (True, False), (False, True)]),
    st.booleans(),
    st.booleans(),
)


@cache
def rule_set(table: Table) -> CompiledRuleSet:
    """Compile a table; its columns stand in the order of the outputs, or turned around."""
    ranks = table.policy in {"priority", "output_order"}
    level = f", priority: [{', '.join(LEVEL_ORDER)}]" if ranks and table.ordered[0] else ""
    step = f", priority: {list(STEP_ORDER)}" if ranks and table.ordered[1] else ""
    names = ("step", "level") if table.turned else ("level", "step")
    cells = [{"level": row.level, "step": str(row.step)} for row in table.rows]
    drawn = "".join(
        f"      | R{i} | [{row.low}..{row.high}) || {' | '.join(cell[n] for n in names)} |\n"
        for i, (row, cell) in enumerate(zip(table.rows, cells, strict=True))
    )
    default = "    default: {level: mid, step: 9}\n" if table.default else ""
    return compiled(
        "decisions:\n  out:\n    outputs:\n"
        f"      level: {{type: string, one_of: [{', '.join(LEVELS)}]{level}}}\n"
        f"      step: {{type: number{step}}}\n"
        f"    hit_policy: {table.policy}\n{default}    table: |\n"
        f"      | id | a || {' | '.join(names)} |\n      |-|-||-|-|\n{drawn}"
    )


def value(row: Row) -> dict[str, Any]:
    """What a row gives."""
    return {"level": row.level, "step": Decimal(row.step)}


def model(table: Table, a: int) -> Any:  # noqa: ANN401 - a value, a list of them or the code of a fault
    """What the standard makes of the rows, said as plainly as can be."""
    fitting = [row for row in table.rows if row.low <= a < row.high]

    def place(row: Row) -> list[int]:
        places = [
            LEVEL_ORDER.index(row.level) if table.ordered[0] else 0,
            STEP_ORDER.index(row.step) if table.ordered[1] else 0,
        ]
        return places[::-1] if table.turned else places

    if table.policy in {"collect", "rule_order", "output_order"}:
        if not fitting and table.default:
            return [{"level": "mid", "step": Decimal(9)}]
        kept = sorted(fitting, key=place) if table.policy == "output_order" else fitting
        return [value(row) for row in kept]
    if not fitting:
        return {"level": "mid", "step": Decimal(9)} if table.default else NO_ROW
    if table.policy == "unique" and len(fitting) > 1:
        return TWO_ROWS
    if table.policy == "any" and any(row[2:] != fitting[0][2:] for row in fitting):
        return DIFFERENT
    return value(min(fitting, key=place) if table.policy == "priority" else fitting[0])


@settings(max_examples=250)
@given(tables, st.integers(0, 10))
def test_several_outputs_by_every_policy(table: Table, a: int) -> None:
    made = rule_set(table)
    found = decide(made, {"a": a})
    assert decision_json(found) == decision_json(interpret(made, {"a": a}))
    given_out = found.outcomes.get("out") if found.outcomes else found.faults[0].code.id
    assert (list(given_out) if isinstance(given_out, tuple) else given_out) == model(table, a)


AGGREGATES = {"sum": sum, "count": len, "min": min, "max": max}


@settings(max_examples=120)
@given(
    st.lists(rows, min_size=1, max_size=6).map(tuple),
    st.sampled_from(sorted(AGGREGATES)),
    st.none() | st.integers(-3, 3),
    st.integers(0, 10),
)
def test_collected_values_are_joined(
    found: tuple[Row, ...], aggregate: str, default: int | None, a: int
) -> None:
    drawn = "".join(
        f"      | R{i} | [{r.low}..{r.high}) || {r.step} |\n" for i, r in enumerate(found)
    )
    more = "" if default is None else f"    default: {{out: {default}}}\n"
    made = compiled(
        f"decisions:\n  out:\n    type: number\n    hit_policy: collect\n    aggregate: {aggregate}\n{more}"
        f"    table: |\n      | id | a || out |\n      |-|-||-|\n{drawn}"
    )
    decided = decide(made, {"a": a})
    assert decision_json(decided) == decision_json(interpret(made, {"a": a}))
    steps = [row.step for row in found if row.low <= a < row.high]
    expected: Any = AGGREGATES[aggregate](steps) if steps else default  # type: ignore[operator]
    if expected is None:
        expected = 0 if aggregate in {"sum", "count"} else EMPTY
    given_out = decided.outcomes.get("out") if decided.outcomes else decided.faults[0].code.id
    assert given_out == expected


MEMBERS = """\
inputs:
  colour: {{type: string, one_of: [red, green]}}
decisions:
  out:
    type: string
    one_of: [stop, go]
    hit_policy: first
    table: |
      | id | colour || out |
      |----|--------||-----|
      | R1 | {cell}  || {out} |
      | R2 | -       || go    |
"""


def test_members_of_inputs_and_outputs_are_the_only_values() -> None:
    made = compiled(MEMBERS.format(cell="red", out="stop"))
    assert decide(made, {"colour": "red"}).outcomes["out"] == "stop"
    refused = decide(made, {"colour": "blue"})
    assert (refused.status, [f.code.id for f in refused.faults]) == ("error", ["INPUT-004"])


@pytest.mark.parametrize(("cell", "out"), [("blue", "stop"), ("red", "wait")])
def test_a_cell_that_is_no_member_is_found(cell: str, out: str) -> None:
    assert [d.code.id for d in findings(MEMBERS.format(cell=cell, out=out))] == ["FEEL-NAME-004"]


def test_an_order_must_list_what_the_rows_give() -> None:
    body = """\
decisions:
  out:
    outputs:
      level: {type: string, priority: [high]}
      step: {type: number, priority: [1, 2]}
    hit_policy: output_order
    table: |
      | id | a   || step | level |
      |----|-----||------|-------|
      | R1 | > 5 || 1    | "high" |
      | R2 | -   || 3    | "low" |
"""
    assert [d.code.id for d in findings(body)] == ["RULE-TABLE-009", "RULE-TABLE-009"]
    unranked = body.replace("output_order", "collect")
    assert [d.code.id for d in findings(unranked)] == ["RULE-TABLE-012", "RULE-TABLE-012"]
    without = body.replace(", priority: [high]", "").replace(", priority: [1, 2]", "")
    assert [d.code.id for d in findings(without)] == ["RULE-TABLE-006"]
