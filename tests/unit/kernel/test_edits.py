"""What was edited between two documents: by names and ids, moved rows, and texts that mean the same."""

from __future__ import annotations

from engine.kernel.documents import load_text
from engine.kernel.edits import Edit, diff_documents
from engine.rules.diff import diff_rule_sets, reads_alike
from engine.rules.documents import RuleSet
from tests.support.rule_sets import INPUTS, table, text_of

ROWS = ("R1 | > 50 || 1", "R2 | > 70 || 2", "R3 | - || 3")


def read(body: str) -> RuleSet:
    return load_text(RuleSet, text_of(body), "small.yaml").document


def edits(before: str, after: str) -> list[Edit]:
    return diff_rule_sets(read(before), read(after))


def test_a_cell_is_named_by_its_row_and_column() -> None:
    changed = (ROWS[0], "R2 | > 75 || 2", ROWS[2])
    assert edits(table("id | a || out", *ROWS), table("id | a || out", *changed)) == [
        Edit("changed", ("decisions", "out", "rows", "R2", "a"), "> 70", "> 75")
    ]


def test_rows_come_and_go_by_their_ids_and_the_order_is_told_apart() -> None:
    before = table("id | a || out", *ROWS)
    after = table("id | a || out", ROWS[1], ROWS[0], "R4 | - || 4")
    path = ("decisions", "out", "rows")
    assert edits(before, after) == [
        Edit("removed", (*path, "R3"), "{a: -, out: 3}"),
        Edit("added", (*path, "R4"), None, "{a: -, out: 4}"),
        Edit("moved", path, "R1, R2", "R2, R1"),
    ]


def test_two_columns_with_one_head_are_numbered() -> None:
    before = table("id | a | a || out", "R1 | > 5 | < 9 || 1")
    after = table("id | a | a || out", "R1 | > 5 | < 8 || 1")
    assert [e.path[-1] for e in edits(before, after)] == ["a (2)"]


def test_layout_numbers_and_order_of_keys_are_no_edits() -> None:
    before = (
        INPUTS
        + "params:\n  p: {value: 1.50, provenance: human_set}\n"
        + table("id | a || out", *ROWS)
    )
    after = (
        "params:\n  p: {provenance: human_set, value: 1.5}\n"
        + INPUTS
        + table("id | a || out", "R1 | >50 || 1", "R2 | (>70) || 2", ROWS[2])
    )
    assert reads_alike("a+1", "a + 1")
    assert not reads_alike("a + 1", "a + 2")
    assert [e for e in edits(before, after) if "R1" in e.path or "params" in e.path] == []


def test_texts_that_cannot_be_read_are_compared_as_texts() -> None:
    assert not reads_alike("ask HR", "ask hr")
    assert reads_alike("ask (", "ask (")


def test_the_header_is_not_told() -> None:
    body = table("id | a || out", *ROWS)
    later = load_text(RuleSet, text_of(body).replace("1.0.0", "1.1.0"), "x.yaml").document
    assert diff_documents(read(body), later) == []
