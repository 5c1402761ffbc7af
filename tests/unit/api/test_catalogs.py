"""Catalogs and frameworks in and out by the command line, with real files and workbooks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.unit.api.test_cli import ROOT, run
from tests.unit.learning.exchange.test_frameworks import ALIGNMENT, ESCO, MOODLE, ONET

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, beside a copy of the shipped catalog."""
    shutil.copytree(ROOT / "catalog", tmp_path / "ours" / "catalog")
    lines = (ROOT / "published.lock").read_text("utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if line.startswith("catalog "))
    (tmp_path / "ours" / "published.lock").write_text(kept, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_workbook_that_was_not_edited_changes_nothing(place: Path) -> None:
    assert run("export", "catalog", "--content", "ours") == "evenhand-catalog-1.0.0.xlsx\n"
    told = run("import", "catalog", "evenhand-catalog-1.0.0.xlsx", "--content", "ours")
    assert "items: 0 new, 0 changed, 0 gone, 35 the same" in told
    assert "a dry run: nothing was written" in told
    assert [path.name for path in (place / "ours" / "catalog").iterdir() if path.is_dir()] == [
        "1.0.0"
    ]


def test_an_edited_workbook_becomes_the_next_version(place: Path) -> None:
    run("export", "catalog", "--content", "ours", "-o", "c.xlsx", "--lang", "zh")
    book = openpyxl.load_workbook("c.xlsx")
    heads = [cell.value for cell in book["items"][1]]
    book["items"].cell(2, heads.index("费用") + 1).value = "99"
    book.save("c.xlsx")
    arguments = ("import", "catalog", "c.xlsx", "--content", "ours", "--to", "ours")
    told = run(*arguments, "--as-of", "2027-01-01")
    assert "items: 0 new, 1 (product-knowledge) changed" in told
    assert told.startswith("ours/catalog/1.1.0\n")
    head = (place / "ours" / "catalog" / "1.1.0" / "skills.yaml").read_text("utf-8")
    assert "effective_from: 2027-01-01T00:00:00+00:00" in head
    run("check", "ours")
    assert "is there already" in run(*arguments, "--version", "1.1.0", code=2)


def test_a_faulty_cell_is_red_and_nothing_is_written(place: Path) -> None:
    run("export", "catalog", "--content", "ours", "-o", "c.xlsx")
    book = openpyxl.load_workbook("c.xlsx")
    at = [cell.value for cell in book["items"][1]].index("teaches") + 1
    book["items"].cell(3, at).value = "nonsense"
    book.save("c.xlsx")
    told = run("import", "catalog", "c.xlsx", "--content", "ours", "--to", "ours", code=1)
    assert "c.xlsx items!L3: EXCHANGE-003" in told
    comment = openpyxl.load_workbook("c.xlsx")["items"].cell(3, at).comment
    assert comment is not None
    assert "price_negotiation 0.30 <= 85" in comment.text
    assert not (place / "ours" / "catalog" / "1.1.0").exists()


def test_csv_is_read_by_row_in_chinese_and_english(place: Path) -> None:
    run("export", "catalog", "--as", "csv", "--content", "ours", "-o", "i.csv", "--lang", "zh")
    text = (place / "i.csv").read_text("utf-8-sig")
    assert text.startswith("编号,代码,类型")
    (place / "i.csv").write_text(text.replace("online", "offlin", 1), "utf-8")
    told = run("import", "catalog", "i.csv", "--content", "ours", "--lang", "zh", code=1)
    assert "i.csv:2:6" in told
    assert "`offlin`" in told
    told = run(
        "export", "catalog", "--as", "csv", "--table", "nothing", "--content", "ours", code=2
    )
    assert "items, skills, targets, mandatory, mentors" in told


def test_a_table_of_something_else_is_refused(place: Path) -> None:
    (place / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    assert "EXCHANGE-001" in run("import", "catalog", "x.csv", "--content", "ours", code=1)
    (place / "y.csv").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in run("import", "catalog", "y.csv", "--content", "ours", code=2)
    assert "no file" in run("import", "catalog", "z.csv", "--content", "ours", code=2)
    assert "no file" in run("import", "catalog", "z.xlsx", "--content", "ours", code=2)


def test_a_framework_begins_a_catalog_that_can_be_checked(place: Path) -> None:
    (place / "m.csv").write_text(MOODLE, "utf-8")
    told = run("import", "framework", "moodle", "m.csv", "--new", "fresh", "--to", "new")
    assert "skills and competencies: 4 (talk, t_1, t_2, …) new" in told
    run("check", "new")
    again = run("import", "framework", "moodle", "m.csv", "--content", "new")
    assert "skills and competencies: 0 new, 0 changed, 0 gone, 4 the same" in again


def test_a_framework_comes_into_the_catalog_that_is_there_by_its_alignment(place: Path) -> None:
    for name, text in ESCO.items():
        (place / name).write_text(text, "utf-8")
    (place / "a.csv").write_text("key,node\nuri:1,price_negotiation\n", "utf-8")
    arguments = ("import", "framework", "esco", *ESCO, "--under", "uri:1", "--content", "ours")
    told = run(*arguments, "--alignment", "a.csv")
    assert "skills and competencies: 0 new, 1 (price_negotiation) changed" in told
    assert "新增 1 (negotiate_price)" in run(*arguments, "--lang", "zh")


def test_what_others_get_comes_with_a_report(place: Path) -> None:
    told = run("export", "catalog", "--as", "case", "--content", "ours")
    assert "CASE cannot carry learning items: 35 left out" in told
    read = run("import", "framework", "case", "evenhand-catalog-1.0.0-case.json", "--new", "again")
    assert "43" in read
    assert "is there already" in run(
        "export", "catalog", "--as", "case", "--content", "ours", code=2
    )
    told = run("export", "catalog", "--as", "moodle", "--content", "ours", "--lang", "zh")
    assert "Moodle 无法表达权重" in told
    files = ["evenhand-catalog-1.0.0-case.json", "evenhand-catalog-1.0.0-moodle.csv"]
    assert "is one file" in run("import", "framework", "moodle", *files, "--new", "x", code=2)


def test_onet_levels_become_targets(place: Path) -> None:
    (place / "o.txt").write_text(ONET, "utf-8")
    (place / "a.csv").write_text(ALIGNMENT.replace("talk", "negotiation").split("2.B")[0], "utf-8")
    arguments = ("import", "onet", "o.txt", "--alignment", "a.csv", "--content", "ours")
    told = run(*arguments, "--occupation", "41-4012.00=rep")
    assert "targets: 1 (rep negotiation) new" in told
    assert "CODE=ROLE" in run(*arguments, "--occupation", "41-4012.00", code=2)


def test_an_import_needs_a_catalog_to_build_on(place: Path) -> None:
    (place / "empty").mkdir()
    (place / "m.csv").write_text(MOODLE, "utf-8")
    told = run("import", "framework", "moodle", "m.csv", "--content", "empty", code=2)
    assert "--new ID" in told


def test_a_place_that_cannot_be_written_is_told(place: Path) -> None:
    told = run("export", "catalog", "--content", "ours", "-o", "no/such/folder/c.xlsx", code=2)
    assert "cannot read or write `no/such/folder/.c.xlsx.part`" in told
    told = run("export", "catalog", "--content", "ours", "-o", "no/c.xlsx", "--lang", "zh", code=2)
    assert "无法读写" in told
