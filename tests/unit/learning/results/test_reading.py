"""Results as they come in: statements, tables and ratings, and every way in which a row can be wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning.results import reading
from engine.learning.results.reading import Names, names_of
from engine.learning.results.tables import read_table
from engine.learning.results.xapi import read_xapi
from tests.support.catalogs import shipped_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.learning.results.documents import LearningResult

NAMES = names_of(shipped_graph())
HEAD = "learner,item,completion,exam,at"


def statement(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON data
    made = {
        "id": "s-1",
        "actor": {"account": {"homePage": "https://lms.example", "name": "P-1"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/scored"},
        "object": {"id": "https://lms.example/course/C101"},
        "result": {"score": {"scaled": 0.85}, "completion": True},
        "timestamp": "2026-03-01T10:00:00Z",
    }
    return made | changes


def xapi(*statements: object, names: Names = NAMES) -> tuple[LearningResult, ...]:
    return read_xapi(json.dumps(list(statements)), names, "r.json")


def table(*lines: str, names: Names = NAMES) -> tuple[LearningResult, ...]:
    return read_table("\n".join(lines), names, "r.csv")


def findings(read: Callable[[], object]) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read()
    return [
        f"{d.span.line if d.span else 0} {d.code.id} {d.message()}"
        for d in caught.value.diagnostics
    ]


# --- statements ------------------------------------------------------------------------------


def test_a_statement_is_a_result() -> None:
    [one] = xapi(statement())
    assert (one.id, one.learner, one.item, one.source) == (
        "s-1",
        "P-1",
        "fmcg-negotiation",
        "https://lms.example",
    )
    assert (one.completion, one.exam, one.at.isoformat()) == (
        Decimal(100),
        Decimal(85),
        "2026-03-01T10:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("score", "percent"),
    [
        ({"scaled": 1}, "100"),
        ({"scaled": -0.5}, "0"),
        ({"scaled": 0.69999999}, "69.9999"),
        ({"raw": 14, "min": 0, "max": 20}, "70"),
        ({"raw": 14}, None),
        ({"scaled": 0.5, "raw": 20, "min": 0, "max": 20}, "50"),
    ],
)
def test_a_score_is_a_percentage_that_is_never_rounded_up(
    score: object, percent: str | None
) -> None:
    [one] = xapi(statement(result={"score": score, "completion": True}))
    assert one.exam == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("verb", "result", "expected"),
    [
        ("completed", None, (100, None)),
        ("passed", None, (None, True)),
        ("failed", {"success": False}, (None, False)),
        (
            "progressed",
            {"extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 40}},
            (40, None),
        ),
        ("progressed", {"completion": False, "success": True}, (None, True)),
    ],
)
def test_verbs_and_flags(verb: str, result: object, expected: tuple[object, object]) -> None:
    said = statement(verb={"id": f"http://adlnet.gov/expapi/verbs/{verb}"}, result=result)
    [one] = xapi(said)
    assert (one.completion, one.success) == expected


def test_what_says_nothing_is_passed_over_and_what_is_voided_left_out() -> None:
    seen = statement(verb={"id": "http://adlnet.gov/expapi/verbs/experienced"}, result=None)
    void = {
        "actor": {"mbox": "mailto:admin@lms.example"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": "s-1"},
    }
    assert xapi(seen) == ()
    assert xapi(void, statement(), statement(id="s-2"))[0].id == "s-2"


def test_one_a_line_or_one_over_several_lines() -> None:
    lines = "\n".join(json.dumps(statement(id=id_)) for id_ in ("a", "b"))
    assert [one.id for one in read_xapi(lines, NAMES)] == ["a", "b"]
    assert [one.id for one in read_xapi(json.dumps(statement(), indent=1), NAMES)] == ["s-1"]
    assert read_xapi("", NAMES) == read_xapi("[]", NAMES) == ()


def test_a_time_finer_than_microseconds_is_cut_and_a_missing_id_is_made_of_the_content() -> None:
    said = statement(timestamp="2026-03-01T18:00:00.123456789+08:00")
    del said["id"]
    [one] = xapi(said)
    assert one.at.isoformat() == "2026-03-01T10:00:00.123456+00:00"
    assert one.id.startswith("sha256:")
    assert xapi(said) == (one,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[3]",
            "1 RESULT-XAPI-001 this is not a statement: `verb` is missing or not of the right kind (at `[0]`)",
        ),
        (
            "{}\n",
            "1 RESULT-XAPI-001 this is not a statement: `verb.id` is missing or not of the right kind",
        ),
        ("{", "1 JSON-001 this is not JSON: a key in double quotes is expected here"),
        (
            json.dumps(statement()) + "\n{",
            "2 JSON-001 this is not JSON: a key in double quotes is expected here",
        ),
    ],
)
def test_what_is_no_statement(text: str, expected: str) -> None:
    assert findings(lambda: read_xapi(text, NAMES, "r.json")) == [expected]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"actor": {"mbox": "mailto:a@b.example"}}, "RESULT-XAPI-002"),
        ({"actor": {"account": {"homePage": "https://lms.example"}}}, "RESULT-XAPI-001"),
        ({"object": {"id": "https://lms.example/course/C1O1"}}, "RESULT-NAME-001"),
        ({"result": {"score": {"scaled": 1.01}}}, "RESULT-XAPI-003"),
        ({"result": {"score": {"raw": 21, "min": 0, "max": 20}}}, "RESULT-XAPI-003"),
        ({"result": {"score": {"scaled": "high"}}}, "RESULT-XAPI-001"),
        ({"result": {"score": {"scaled": True}}}, "RESULT-XAPI-001"),
        ({"result": 5}, "RESULT-XAPI-001"),
        ({"timestamp": "yesterday"}, "DOC-TYPE-007"),
        ({"timestamp": None}, "DOC-TYPE-007"),
    ],
)
def test_faults_of_a_statement(changes: dict[str, Any], code: str) -> None:
    [found] = findings(lambda: xapi(statement(), statement(**changes)))
    assert code in found
    assert "`[1]" in found


# --- tables ----------------------------------------------------------------------------------


def test_a_table_in_chinese_with_ratings() -> None:
    first, second = table(
        "学员;课程;完成率;考试成绩;时间;评级;评语",
        "P-1;C101;79.99%;95;2026-03-01;;",
        'P-1;fmcg-negotiation;;;2026-03-02T08:00:00+08:00;4;"谈判技巧;有明显提升"',
    )
    assert (first.completion, first.exam, first.at.isoformat()) == (
        Decimal("79.99"),
        Decimal(95),
        "2026-03-01T00:00:00+00:00",
    )
    assert (second.rating, second.text, second.exam) == (4, "谈判技巧;有明显提升", None)
    assert second.source == "csv"


def test_the_columns_come_in_any_order_and_empty_lines_are_nothing() -> None:
    [one] = table("at\titem\tlearner\texam", "", "2026-03-01\tC101\tP-1\t70", "\t\t\t", "")
    assert one.exam == 70


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([""], ["RESULT-CSV-001"]),
        (["learner,item,when"], ["RESULT-CSV-002", "RESULT-CSV-001"]),
        (["learner,item,at,at"], ["RESULT-CSV-003"]),
        ([HEAD, "P-1,C101,80"], ["RESULT-CSV-004"]),
        ([HEAD, 'P-1,"C101,80,70,2026-03-01'], ["RESULT-CSV-005"]),
        ([HEAD, "P-1,C101,,,2026-03-01"], ["RESULT-CSV-006"]),
        ([HEAD, "P-1,C101,101,,2026-03-01"], ["CAT-VALUE-001"]),
        ([HEAD, "P-1,C101,1e1,,2026-03-01"], ["DOC-TYPE-005"]),
        ([HEAD, "P-1,C101,80.12345,,2026-03-01"], ["CAT-VALUE-002"]),
        ([HEAD, "P-1,C101,80,,1.3.2026"], ["DOC-TYPE-007"]),
        ([HEAD, "P-1,C101,80,,"], ["DOC-KEY-001"]),
        ([HEAD, ",C101,80,,2026-03-01"], ["RESULT-VALUE-001"]),
        ([HEAD, "P-1,,80,,2026-03-01"], ["RESULT-NAME-001"]),
        (["learner,item,rating,at", "P-1,C101,6,2026-03-01"], ["RESULT-VALUE-002"]),
        (["learner,item,rating,at", "P-1,C101,4.5,2026-03-01"], ["RESULT-VALUE-002"]),
    ],
)
def test_faults_of_a_table(lines: list[str], expected: list[str]) -> None:
    found = findings(lambda: table(*lines))
    assert [one.split()[1] for one in found] == expected


def test_every_row_is_told_with_its_line_and_the_nearest_name() -> None:
    with pytest.raises(DocumentError) as caught:
        table(HEAD, "P-1,C1O1,80,,2026-03-01", "P-1,C101,80,,2026-03-02", "P-1,C101,x,,2026-03-03")
    first, second = caught.value.diagnostics
    assert (first.span.line, first.near) == (2, "C101")  # type: ignore[union-attr]
    assert second.span.line == 4  # type: ignore[union-attr]


def test_a_map_names_items_and_learners_and_passes_over_others() -> None:
    names = names_of(
        shipped_graph(),
        {"Verhandeln 1": "fmcg-negotiation", "Kantine": None},
        {"u77": "P-1", "tester": None},
        frozenset({"P-1"}),
    )
    [one] = table(
        HEAD,
        "u77,Verhandeln 1,80,,2026-03-01",
        "P-1,Kantine,80,,2026-03-01",
        "tester,C101,80,,2026-03-01",
        names=names,
    )
    assert (one.learner, one.item) == ("P-1", "fmcg-negotiation")
    [found] = findings(lambda: table(HEAD, "P-2,C101,80,,2026-03-01", names=names))
    assert found == "2 RESULT-NAME-002 there is no learner `P-2` here"


def test_a_map_to_nothing_is_told_with_the_nearest_name() -> None:
    names = names_of(shipped_graph(), {"Verhandeln": "fmcg-negotiaton"})
    with pytest.raises(DocumentError) as caught:
        table(HEAD, "P-1,Verhandeln,80,,2026-03-01", names=names)
    [found] = caught.value.diagnostics
    assert (found.args["item"], found.near) == ("fmcg-negotiaton", "fmcg-negotiation")


def test_a_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.learning.results.cells.MAX_ROWS", 2)
    monkeypatch.setattr("engine.learning.results.xapi.MAX_ROWS", 2)
    rows = [f"P-{n},C101,80,,2026-03-01" for n in range(3)]
    assert "RESULT-SIZE-002" in findings(lambda: table(HEAD, *rows))[0]
    assert "RESULT-SIZE-002" in findings(lambda: xapi(*[statement()] * 3))[0]
    monkeypatch.setattr("engine.learning.results.cells.MAX_SIZE", 10)
    monkeypatch.setattr("engine.learning.results.xapi.MAX_SIZE", 10)
    assert "RESULT-SIZE-001" in findings(lambda: table(HEAD, *rows))[0]
    assert "RESULT-SIZE-001" in findings(lambda: xapi(statement()))[0]


def test_so_many_faults_are_enough() -> None:
    rows = ["P-1,C9,80,,2026-03-01"] * 300
    assert len(findings(lambda: table(HEAD, *rows))) == reading.MAX_FINDINGS
    assert (
        len(findings(lambda: xapi(*[statement(object={"id": "x"})] * 300))) == reading.MAX_FINDINGS
    )
