"""Bit-vector look-up finds the rows that scanning finds, for every kind of cell and column, at every bound."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.rules.evaluate import decide, interpret
from engine.rules.masks import build_column
from tests.support.rule_sets import compiled

COLUMNS: dict[str, tuple[str, list[str], list[object]]] = {
    "number": (
        "{type: number, nullable: true}",
        [
            "[5..10)",
            "(5..10]",
            "not(7)",
            "5, > 9",
            ">= 5, 7",
            "[1..5], [3..9]",
            "< 5, <= 7",
            "not([1..3])",
            "? in [5..10)",
            "? in (< 0, 5, [7..8])",
            "? in [5, 7]",
            "? in [[1..3], (8..9)]",
            "? in [(< 2), (>= 9)]",
            "null",
            "not(null)",
            "is defined(?)",
            "null, 7",
            "!= 7",
            "-",
        ],
        [None, *(Decimal(n) / 2 for n in range(-2, 24))],
    ),
    "text": (
        "{type: string}",
        ['"a"', 'not("a", "b")', '? in ["a", "c"]', '!= "c"', "-"],
        ["a", "b", "c", ""],
    ),
    "member": (
        "{type: string, one_of: [a, b, c], nullable: true}",
        ["a", "a, b", "not(c)", "null", "-"],
        ["a", "b", "c", None],
    ),
    "flag": (
        "{type: boolean, nullable: true}",
        ["true", "false", "not(true)", "null", "-"],
        [True, False, None],
    ),
    "day": (
        "{type: date}",
        ['< @"2026-01-02"', '[@"2026-01-01"..@"2026-01-03")', 'not(@"2026-01-02")', "-"],
        ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
    ),
}


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_look_up_is_scanning(kind: str) -> None:
    declared, cells, values = COLUMNS[kind]
    rows = "".join(f"      | R{i} | {cell} || {i} |\n" for i, cell in enumerate(cells))
    rule_set = compiled(
        f"inputs:\n  x: {declared}\ndecisions:\n  out:\n    type: number\n    hit_policy: collect\n"
        f"    table: |\n      | id | x || out |\n      |-|-||-|\n{rows}"
    )
    table = rule_set.decisions[0].table
    assert table is not None
    tests = [row.tests[0] for row in table.rows]
    assert [t.fragment.text for t in tests if not t.constant] == []
    column = build_column(table.conditions[0].value.type, tests)
    assert rule_set.fast is not None
    for value in values:
        expected = interpret(rule_set, {"x": value})
        assert rule_set.fast({"x": value}) == decide(rule_set, {"x": value}) == expected
        read = expected.outcomes["out"]
        if not isinstance(value, str) or kind != "day":
            mask = column.masks[column.position(value)]
            assert [i for i in range(len(cells)) if mask >> i & 1] == list(map(int, read))  # type: ignore[call-overload]


def test_a_column_that_has_no_order_to_cut() -> None:
    """A time with an offset and one without cannot be ordered: such cells are asked one by one."""
    rule_set = compiled(
        "inputs:\n  x: {type: date and time}\n"
        "decisions:\n  out:\n    type: number\n    hit_policy: collect\n    table: |\n"
        "      | id | x || out |\n      |-|-||-|\n"
        '      | R1 | > @"2026-01-01T00:00:00Z" || 1 |\n      | R2 | - || 2 |\n'
    )
    table = rule_set.decisions[0].table
    assert table is not None
    assert [row.tests[0].constant for row in table.rows] == [False, True]
    for x in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"):
        assert decide(rule_set, {"x": x}) == interpret(rule_set, {"x": x})
    assert decide(rule_set, {"x": "2026-01-01T00:00:00"}).status == "error"


def test_a_cell_that_is_no_set_of_values_is_asked_in_its_turn() -> None:
    rule_set = compiled(
        "inputs:\n  x: {type: number}\n  y: {type: number}\n"
        "decisions:\n  out:\n    type: number\n    hit_policy: collect\n    table: |\n"
        "      | id | x || out |\n      |-|-||-|\n"
        "      | R1 | > y || 1 |\n      | R2 | ? * 2 > 8 || 2 |\n      | R3 | > 3, y || 3 |\n"
    )
    table = rule_set.decisions[0].table
    assert table is not None
    assert [row.tests[0].constant for row in table.rows] == [False, False, False]
    for x in range(8):
        given = {"x": x, "y": 3}
        assert decide(rule_set, given) == interpret(rule_set, given)
        assert rule_set.fast is not None
        assert rule_set.fast(given) == interpret(rule_set, given)
