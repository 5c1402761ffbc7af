"""`import` and `export` as their users type them: a model in, a rule set out, and what is said of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.dmn import load
from tests.unit.api.test_cli import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

MODELS = ROOT / "tests" / "conformance" / "dmn"
LOAN = str(MODELS / "loan.dmn")
CASE = {
    "Applicant data": {
        "Age": 51,
        "MaritalStatus": "M",
        "EmploymentStatus": "EMPLOYED",
        "ExistingCustomer": False,
        "Monthly": {"Income": "10000", "Expenses": 3000, "Repayments": 2500},
    },
    "Requested product": {
        "ProductType": "STANDARD LOAN",
        "Rate": "0.06",
        "Term": 12,
        "Amount": 12000,
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run("import", "dmn", LOAN, "--to", str(tmp_path), "--as-of", "2026-01-01", "--owner", "risk")
    return tmp_path


def test_a_model_is_brought_in_and_decides(folder: Path) -> None:
    assert ": 0 errors" in run("check", "--content", str(folder))
    asked = ("--inputs", "-", "--content", str(folder))
    given = json.dumps(CASE)
    answer = json.loads(
        run("decide", "loan@1.0.0", *asked, "--decision", "Strategy", "--json", stdin=given)
    )
    assert (answer["status"], answer["outcomes"]) == ("decided", {"Strategy": "THROUGH"})
    whole = run("decide", "loan@1.0.0", *asked, stdin=given)
    assert "status: incomplete" in whole
    assert "missing: Bureau data" in whole
    wrong = run("decide", "loan@1.0.0", *asked, "--decision", "Routed", stdin=given, code=2)
    assert "no decision `Routed`; known: Application risk score" in wrong


def test_a_version_that_is_there_is_not_written_over(folder: Path) -> None:
    again = run("import", "dmn", LOAN, "--to", str(folder), code=2)
    assert "is there already" in again


def test_a_model_comes_with_those_that_it_imports() -> None:
    needed = [str(MODELS / f"imported_{name}.dmn") for name in ("base", "middle")]
    others = [part for path in needed for part in ("--import", path)]
    text = run("import", "dmn", str(MODELS / "imports.dmn"), *others)
    assert '  "https://example.org/evenhand/imported_base": |' in text
    told = run("import", "dmn", str(MODELS / "imports.dmn"), code=1)
    assert "DMN-IMPORT-001" in told


def test_a_model_is_translated_with_a_report(tmp_path: Path) -> None:
    told = run("import", "dmn", LOAN, "--as", "rules", code=1)
    assert "a rule set has no place for a structured type in `Applicant data`" in told
    chinese = run("import", "dmn", LOAN, "--as", "rules", "--lang", "zh", code=1)
    assert "规则集无法表达 `Applicant data` 中的结构类型" in chinese
    file = tmp_path / "probation.dmn"
    run("export", "dmn", "probation@1.0.0", "-o", str(file))
    run("import", "dmn", str(file), "--as", "rules", "--to", str(tmp_path), "--id", "trial")
    assert "0 errors" in run("check", "--content", str(tmp_path))


def test_a_rule_set_is_written_as_a_model_and_what_is_lost_is_said(tmp_path: Path) -> None:
    file = tmp_path / "offer.dmn"
    assert "there is no place in DMN for the unit of `overall`" in run(
        "export", "dmn", "offer@1.0.0", "-o", str(file)
    )
    assert "<decisionTable" in run("export", "dmn", "offer@1.0.0")
    given = {
        "overall": 85,
        "assessed": True,
        "below_floor": [],
        "discrepant": False,
        "min_confidence": 1,
        "band_min": 8000,
        "band_max": 10000,
    }
    assert load(file.read_bytes()).evaluate("base_salary", given).value == 9000


def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.dmn"
    bad.write_text("<!DOCTYPE x>\n<x/>")
    assert f"{bad}:1:1: error DMN-XML-002" in run("import", "dmn", str(bad), code=1)
    assert "there is no file" in run("import", "dmn", str(tmp_path / "none.dmn"), code=2)
    assert "no rule set `nothing`" in run("export", "dmn", "nothing", code=2)


def test_a_rule_set_answers_with_all_its_decisions() -> None:
    told = run(
        "decide", "offer@1.0.0", "--inputs", "-", "--decision", "outcome", stdin="{}", code=2
    )
    assert "--decision is for a DMN model" in told


def test_the_encoding_that_a_file_declares_counts(tmp_path: Path) -> None:
    file = tmp_path / "m.dmn"
    text = (MODELS / "faults.dmn").read_text("utf-8").replace("UTF-8", "UTF-16")
    file.write_bytes(text.encode("utf-16"))
    assert "kind: dmn_model" in run("import", "dmn", str(file))
