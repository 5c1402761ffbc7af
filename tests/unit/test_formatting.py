"""`fmt` aligns drawn tables where they stand, and changes nothing else."""

from __future__ import annotations

import pytest

from engine.formatting import format_document
from engine.kernel.documents import load_text
from engine.rules.documents import RuleSet
from tests.support.rule_sets import table, text_of

LOOSE = text_of(table("id | a || out", "R1 | > 5 || 1", "# 注 kept", "R10 | - || 2")).replace(
    "| # 注 kept |", "# 注 kept"
)


def test_tables_are_aligned_in_place() -> None:
    tidy = format_document(LOOSE)
    assert tidy.split("\n")[-6:] == [
        "      | id  | a   || out |",
        "      |-----|-----||-----|",
        "      | R1  | > 5 || 1   |",
        "      # 注 kept",
        "      | R10 | -   || 2   |",
        "",
    ]
    assert format_document(tidy) == tidy
    assert load_text(RuleSet, LOOSE).hash == load_text(RuleSet, tidy).hash


def test_line_ends_are_kept() -> None:
    windows = LOOSE.replace("\n", "\r\n")
    assert format_document(windows) == format_document(LOOSE).replace("\n", "\r\n")


def test_grids_of_cases_are_aligned_too() -> None:
    text = "cases:\n  - {id: x}\ngrid: |\n  | id | a || b |\n  |-|-||-|\n  | one | 1 || 2 |\n"
    assert format_document(text).endswith(
        "  | id  | a || b |\n  |-----|---||---|\n  | one | 1 || 2 |\n"
    )


@pytest.mark.parametrize(
    "text", ["", "a: [", "table: |\n\n", "table: x\n", "table: |\n  | id | a |\n"]
)
def test_what_is_no_table_stays(text: str) -> None:
    assert format_document(text) == text
