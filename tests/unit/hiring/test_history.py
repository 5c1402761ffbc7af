"""Tables of before: what a row becomes, and every fault at its cell."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hiring.history import past_instant, read_history
from engine.rules.sheets import Sheet

HEAD = ("id", "person", "decided_at", "rule_set", "outcome")
ROW = ("H1", "p1", "2023-05-31", "old offer", "declined")


def faults(*rows: tuple[str, ...]) -> list[tuple[str, int, int]]:
    found = read_history(Sheet("t", rows)).found
    return [(one.code.id, one.span.line, one.span.column) for one in found if one.span]


def test_a_row_becomes_a_decision() -> None:
    heads = (*HEAD, "input.score", "reason", "case", "version")
    read = read_history(Sheet("t", (heads, (*ROW, "81.5", "", "c", " 2 "), ("",) * 9)))
    (one,) = read.decisions
    assert (one.row, one.inputs, one.reason, one.case, one.version) == (
        2,
        {"score": "81.5"},
        None,
        "c",
        "2",
    )
    assert one.decided_at == dt.datetime(2023, 5, 31, tzinfo=dt.UTC)
    assert not read.found


def test_heads_may_be_chinese() -> None:
    read = read_history(Sheet("t", (("编号", "人员", "裁定时间", "规则", "结果"), ROW)))
    assert read.decisions[0].outcome == "declined"


def test_people_have_ids_elsewhere() -> None:
    read = read_history(Sheet("t", (("person", "external.ats"), ("p1", "A-1"), ("p2", ""))))
    assert [one.external for one in read.people] == [{"ats": "A-1"}, {}]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), ("HISTORY-001", 1, 1)),
        ((HEAD[:-1], ROW[:-1]), ("HISTORY-001", 1, 1)),
        (((*HEAD, "score"), (*ROW, "1")), ("EXCHANGE-002", 1, 6)),
        (((*HEAD, "input.a b"), (*ROW, "1")), ("EXCHANGE-002", 1, 6)),
        (((*HEAD, "id"), (*ROW, "1")), ("HISTORY-003", 1, 6)),
        ((("person", "external.ATS"), ("p", "1")), ("EXCHANGE-002", 1, 2)),
        ((HEAD, ("H1", "", *ROW[2:])), ("HISTORY-002", 2, 2)),
        ((HEAD, ROW[:3]), ("HISTORY-002", 2, 1)),
        ((HEAD, ("H1", "a:b", *ROW[2:])), ("EXCHANGE-003", 2, 2)),
        ((HEAD, (*ROW[:2], "31.5.2023", *ROW[3:])), ("EXCHANGE-003", 2, 3)),
        ((HEAD, ("x" * 121, *ROW[1:])), ("EXCHANGE-003", 2, 1)),
        ((HEAD, ROW, ROW), ("HISTORY-003", 3, 1)),
        ((HEAD, (*ROW, "more")), ("EXCHANGE-005", 2, 6)),
    ],
)
def test_a_fault_is_named_at_its_cell(
    rows: tuple[tuple[str, ...], ...], expected: tuple[str, int, int]
) -> None:
    assert expected in faults(*rows)


def test_a_faulty_row_takes_no_other_with_it() -> None:
    read = read_history(Sheet("t", (HEAD, ("H0", "", *ROW[2:]), ROW)))
    assert [one.id for one in read.decisions] == ["H1"]


@settings(max_examples=150)
@given(st.text(max_size=30) | st.datetimes().map(str) | st.dates().map(str))
def test_an_instant_has_a_zone_or_is_no_instant(text: str) -> None:
    when = past_instant(text)
    assert when is None or when.utcoffset() == dt.timedelta()


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "2023-05-31T09:00", "2023-W01", ""])
def test_what_is_no_instant(text: str) -> None:
    found = past_instant(text)
    assert found is None or found.tzinfo is dt.UTC


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=12), max_size=7).map(tuple), max_size=4))
def test_no_table_ends_in_a_traceback(rows: list[tuple[str, ...]]) -> None:
    read_history(Sheet("t", (HEAD, *rows)))
    read_history(Sheet("t", tuple(rows)))
