"""Workbooks as people edit them: a cell changed, a number typed, a formula, a base that has moved on."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook

from api.folder import default_folder
from api.spreadsheet import mark_workbook, read_workbook, write_workbook
from engine.kernel.documents import Loaded, load_data, load_text
from engine.kernel.errors import DocumentError
from engine.rules.documents import RuleSet
from engine.rules.returned import choices_of
from engine.rules.sheets import from_sheets, to_sheets
from tests.property.test_writing import SHIPPED
from tests.support import programs
from tests.support.golden import assert_golden
from tests.unit.api.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path


def through_a_file(loaded: Loaded[RuleSet]) -> str:
    """Write a real workbook, read it, and give the identity of what it says."""
    sheets = to_sheets(loaded.document, loaded.hash)
    raw = write_workbook(sheets, choices_of(loaded.document, sheets))
    back, found = read_workbook(raw, "x.xlsx")
    assert found == []
    read = from_sheets(back)
    assert read.found == []
    again, shape = load_data(RuleSet, read.data)
    assert again is not None, shape
    return again.hash


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_lost_of_what_is_shipped(name: str) -> None:
    assert through_a_file(SHIPPED[name]) == SHIPPED[name].hash


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(programs.rule_sets())
def test_nothing_is_lost_of_any_rule_set(data: dict[str, Any]) -> None:
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    assert through_a_file(loaded) == loaded.hash


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped content."""
    place = tmp_path / "content"
    for part in ("rules", "competency_models", "catalog"):
        shutil.copytree(default_folder() / part, place / part)
    shutil.copy(default_folder() / "published.lock", place)
    return place


def exported(tmp_path: Path, folder: Path) -> Path:
    path = tmp_path / "offer.xlsx"
    run("export", "xlsx", "offer@1.0.0", "-o", str(path), "--content", str(folder))
    return path


def edited(path: Path, **cells: Any) -> None:  # noqa: ANN401 - whatever a person types
    """Change cells of a workbook, named like `outcome_F8`; a sheet may have `_` in its name."""
    book = load_workbook(path)
    for name, value in cells.items():
        sheet, _, cell = name.rpartition("_")
        book[sheet][cell] = value
    book.save(path)


def cell_of(path: Path, sheet: str, text: str) -> str:
    """Find the cell of a sheet that says this."""
    rows = load_workbook(path)[sheet].iter_rows()
    return next(c.coordinate for row in rows for c in row if c.value == text)


def test_an_edited_line_comes_back_as_the_next_version(tmp_path: Path, folder: Path) -> None:
    path = exported(tmp_path, folder)
    version = cell_of(path, "rule_set", "version")
    start = cell_of(path, "rule_set", "effective_from")
    line = cell_of(path, "params", "80")
    edited(
        path,
        **{
            f"rule_set_B{version[1:]}": "1.1.0",
            f"rule_set_B{start[1:]}": "2027-01-01T00:00:00+08:00",
            f"params_{line}": 82,  # typed as a number
        },
    )
    told = run("import", "xlsx", str(path), "--to", str(folder))
    assert "params · line · value: 80 → 82" in told
    written = folder / "rules" / "offer" / "1.1.0.yaml"
    document = load_text(RuleSet, written.read_text("utf-8"), str(written)).document
    assert document.params["line"].value == "82"


def test_an_unchanged_workbook_of_a_published_version_is_no_edit(
    tmp_path: Path, folder: Path
) -> None:
    path = exported(tmp_path, folder)
    own = folder / "rules" / "offer" / "1.0.0.yaml"
    before = own.read_bytes()
    assert "nothing changed" in run("import", "xlsx", str(path), "--to", str(folder))
    assert own.read_bytes() == before


def test_a_published_version_is_not_edited(tmp_path: Path, folder: Path) -> None:
    path = exported(tmp_path, folder)
    edited(path, **{f"params_{cell_of(path, 'params', '80')}": "82"})
    told = run("import", "xlsx", str(path), "--to", str(folder), code=1)
    assert "SHEET-021" in told
    assert "rule_set!B" in told


def test_faults_are_red_cells_with_comments_that_go_when_they_are_mended(
    tmp_path: Path, folder: Path
) -> None:
    path = exported(tmp_path, folder)
    near = cell_of(path, "outcome", "[line - near..line)")
    edited(
        path,
        **{
            f"outcome_{near}": "[lime - near..line)",
            "outcome_B3": "=1+1",
            "inputs_C2": dt.date(2026, 1, 1),
        },
    )
    told = run("import", "xlsx", str(path), "--content", str(folder), code=1)
    assert "outcome!B3: SHEET-012" in told
    assert "inputs!C2: SHEET-013" in told
    edited(path, outcome_B3="-", inputs_C2="points")
    told = run("import", "xlsx", str(path), "--content", str(folder), code=1)
    assert f"outcome!{near}: FEEL-NAME-001" in told
    cell = load_workbook(path)["outcome"][near]
    assert cell.fill.fgColor.rgb == "00FFC7CE"
    assert "`line`" in cell.comment.text
    assert "未知名称" in cell.comment.text
    mended = load_workbook(path)["outcome"]["B3"]
    assert mended.comment is None
    edited(path, **{f"outcome_{near}": "[line - near..line)"})
    run("import", "xlsx", str(path), "--content", str(folder))
    assert load_workbook(path)["outcome"][near].comment is None


def test_a_stale_base_is_refused(tmp_path: Path, folder: Path) -> None:
    path = exported(tmp_path, folder)
    own = folder / "rules" / "offer" / "1.0.0.yaml"
    own.write_text(own.read_text("utf-8").replace("value: 3,", "value: 4,"), "utf-8")
    assert "SHEET-020" in run("import", "xlsx", str(path), "--content", str(folder), code=1)


def test_texts_that_look_like_formulas_are_texts() -> None:
    body = SHIPPED["offer@1.0.0"]
    sheets = to_sheets(body.document, body.hash)
    raw = write_workbook(sheets, choices_of(body.document, sheets))
    book = load_workbook(io.BytesIO(raw))
    assert book["lists"].sheet_state == "hidden"
    assert {c.data_type for row in book["outcome"].iter_rows() for c in row if c.value} == {"s"}
    assert {c.number_format for row in book["outcome"].iter_rows() for c in row} == {"@"}
    offered = book["decisions"].data_validations.dataValidation
    assert any(rule.type == "list" for rule in offered)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 nothing", b"id,a\n1,2\n"])
def test_what_is_no_workbook_is_refused(raw: bytes) -> None:
    with pytest.raises(DocumentError) as raised:
        read_workbook(raw, "x.xlsx")
    assert raised.value.diagnostics[0].code.id == "SHEET-010"


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (101 * 2**20))
    with pytest.raises(DocumentError) as raised:
        read_workbook(stream.getvalue(), "x.xlsx")
    assert raised.value.diagnostics[0].code.id == "SHEET-011"


def test_merged_cells_are_told() -> None:
    body = SHIPPED["offer@1.0.0"]
    book = load_workbook(io.BytesIO(write_workbook(to_sheets(body.document, body.hash), {})))
    book["outcome"].merge_cells("B2:C3")
    stream = io.BytesIO()
    book.save(stream)
    _, found = read_workbook(stream.getvalue(), "x.xlsx")
    assert [d.code.id for d in found] == ["SHEET-014"]
    marked = load_workbook(io.BytesIO(mark_workbook(stream.getvalue(), "x.xlsx", found)))
    assert "SHEET-014" in marked["outcome"]["B2"].comment.text
    assert_golden("xlsx/merged.txt", marked["outcome"]["B2"].comment.text + "\n")


def test_an_edited_draft_takes_the_place_of_the_draft(tmp_path: Path, folder: Path) -> None:
    shipped = (folder / "rules" / "offer" / "1.0.0.yaml").read_text("utf-8")
    own = folder / "rules" / "offer" / "1.9.0.yaml"
    later = shipped.replace("version: 1.0.0", "version: 1.9.0").replace(
        "2026-01-01T", "2030-01-01T"
    )
    own.write_text(later, "utf-8")
    path = tmp_path / "draft.xlsx"
    run("export", "xlsx", "offer@1.9.0", "-o", str(path), "--content", str(folder))
    edited(path, **{f"params_{cell_of(path, 'params', '80')}": "82"})
    run("import", "xlsx", str(path), "--to", str(folder))
    assert "value: 82" in own.read_text("utf-8")
    assert [p.name for p in own.parent.glob(".*")] == []
