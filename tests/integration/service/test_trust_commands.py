"""The commands for proofs and duties as their users type them, on the files of a real service."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
from typing import TYPE_CHECKING

import openpyxl
import pytest

from api.cli.operate import begin
from api.services.decide import Case, decide, make
from api.services.log import public_key, signed_head
from api.services.platform import open_platform
from api.settings import Settings
from api.store.records import keep
from tests.support.registry import SHIPPED
from tests.unit.api.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2020, 11, 1, 8, tzinfo=dt.UTC)
INPUTS = {"assessed": True, "band_min": 8000, "band_max": 10000}
HISTORY = (
    "id,person,decided_at,rule_set,outcome,input.score\nH1,old,2021-05-31,offer 2021,offer,82\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a service with six decisions about two people, and its key beside it."""
    settings = Settings(data_dir=tmp_path / "data")
    begin(settings, None)
    platform = open_platform(settings)
    for number in range(6):
        case = Case(
            "offer@1.0.0", {**INPUTS, "overall": f"{78 + number}"}, NOW, person=f"p{number % 2}"
        )
        decide(platform, case, NOW + dt.timedelta(days=number), "c", None).result()
    (tmp_path / "head").write_text(signed_head(platform, NOW), "utf-8")
    (tmp_path / "key").write_text(public_key(platform), "utf-8")
    platform.close()
    monkeypatch.setenv("EVENHAND_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def spoil(folder: Path, statement: str) -> None:
    """Write the database as its owner can, triggers or not."""
    with sqlite3.connect(folder / "data" / "evenhand.sqlite") as database:
        for (name,) in database.execute("select name from sqlite_master where type='trigger'"):
            database.execute(f"drop trigger {name}")
        assert database.execute(statement).rowcount
    database.close()


def test_a_log_is_exported_and_verified_elsewhere(folder: Path) -> None:
    log, key, head = (str(folder / name) for name in ("log.jsonl", "key", "head"))
    run("export", "log", log)
    assert run("export", "log-key").strip() == (folder / "key").read_text("utf-8")
    text = run("verify", log, "--key", key, "--checkpoint", head)
    count = json.loads(run("verify", log, "--key", key, "--json"))["entries"]
    assert count >= SHIPPED + 7
    assert f"{count} entries, the first {count} under a signed head" in text
    assert "nothing was altered" in text
    assert "no `--key` was given" in run("verify", log)
    assert "未发现改动" in run(
        "verify", log, "--key", (folder / "key").read_text("utf-8"), "--lang", "zh"
    )
    run("export", "log", log, "--bodies", "--by", "auditor")
    told = json.loads(run("verify", log, "--key", key, "--json"))
    assert (told["holds"], told["bodies"], told["entries"]) == (True, 6, count + 1)
    spoilt = folder / "spoilt.jsonl"
    spoilt.write_text(
        (folder / "log.jsonl").read_text("utf-8").replace("human_review", "offer"), "utf-8"
    )
    found = run("verify", str(spoilt), "--key", key, code=1)
    assert "AUDIT-LOG-005" in found
    assert json.loads(run("verify", str(spoilt), "--json", code=1))["found"]


def test_a_log_that_was_cut_off_is_named_with_the_line(folder: Path) -> None:
    log = folder / "log.jsonl"
    run("export", "log", str(log))
    whole = log.read_text("utf-8")
    lines = whole.count("\n")
    log.write_text(whole[:-20], "utf-8")
    assert f"{log}:{lines}:1: error AUDIT-BUNDLE-001" in run("verify", str(log), code=1)
    log.write_text(whole[: whole.rindex("\n", 0, -1) + 1], "utf-8")
    assert f"{log}:{lines - 1}:1: error AUDIT-BUNDLE-002" in run("verify", str(log), code=1)


def test_the_live_database_is_verified_and_replayed(folder: Path) -> None:
    assert "nothing was altered" in run(
        "verify", "--database", "--checkpoint", str(folder / "head")
    )
    assert "6  the same answer" in run("replay", "--all")
    assert "2  the same answer" in run("replay", "--since", "2026-11-02", "--until", "2026-11-04")
    assert "no decisions" in run("replay", "--until", "2020-01-01")
    with sqlite3.connect(folder / "data" / "evenhand.sqlite") as database:
        (id_,) = database.execute("select min(id) from decisions").fetchone()
    database.close()
    spoil(folder, "update documents set files=replace(files, '80', '70') where name='offer'")
    spoil(folder, "update decisions set body=x'00' where id=(select min(id) from decisions)")
    text = run("verify", "--database", "--lang", "zh", code=1)
    assert "AUDIT-STORE-005" in text
    assert "AUDIT-STORE-008" in text
    told = json.loads(run("replay", "--all", "--json", code=1))
    assert told["counts"]["altered"] == 1
    assert "does not open: altered" in run("replay", id_, code=1)


def test_another_answer_is_shown_side_by_side(folder: Path) -> None:
    """As after an upgrade that decides otherwise: the record says one thing, the engine another."""
    platform = open_platform(Settings())
    made = make(platform.snapshot(), Case("offer@1.0.0", {**INPUTS, "overall": "80"}, NOW), NOW)
    body = {**made.record.body, "decision": {**made.parts["decision"], "status": "refused"}}
    altered = dataclasses.replace(made.record, body=body)
    platform.writer.submit(lambda c: keep(c, [altered], platform.keys)).result()
    platform.close()
    text = run("replay", "--all", code=1)
    assert "1  another answer" in text
    assert "status: refused → decided" in text


def test_rules_that_were_changed_cannot_replay(folder: Path) -> None:
    spoil(folder, "update documents set files=replace(files, '80', '70') where name='offer'")
    assert "6  its rules are not here" in run("replay", "--all", code=1)


def test_a_person_is_exported_held_and_erased(folder: Path) -> None:
    assert "# Everything kept about p0" in run("export", "person", "p0")
    run("export", "person", "p0", "--json", "--to", str(folder / "p0.json"))
    assert len(json.loads((folder / "p0.json").read_text("utf-8"))["decisions"]) == 3
    hold = run("hold", "p0", "--reason", "matter 3").strip()
    assert "a legal hold forbids" in run("erase", "p0", "--reason", "r", "--yes", code=1)
    assert "3  under a legal hold" in run("retention", "--as-of", "2040-01-01")
    run("hold", "p0", "--reason", "closed", "--lift", hold)
    run("hold", "p0", "--reason", "closed", "--lift", hold, code=2)
    assert "stopped" in run("erase", "p0", "--reason", "r", stdin="n\n", code=1)
    assert "erased, with 3 decisions" in run("erase", "p0", "--reason", "r", stdin="y\n")
    assert "此前已删除" in run("erase", "p0", "--reason", "r", "--yes", "--lang", "zh")
    assert "nothing was altered" in run("verify", "--database")
    assert "3  erased" in run("replay", "--all")
    past = json.loads(run("retention", "--as-of", "2040-01-01", "--json"))
    assert past["counts"] == {"review": 3}
    assert past["due"][0]["keep_until"] == "2029-11-02"
    assert past["elsewhere"] == ["bias_audit_summary", "impact_assessment", "interview_recording"]
    assert "3  kept by a duty" in run("retention", "--as-of", "2027-01-01", "--jurisdiction", "cn")
    for command in (("export", "person", "p0"), ("hold", "p0", "--reason", "r")):
        run(*command, code=2)
    for asked in ("export person x", "hold x --reason r", "erase x --yes --reason r"):
        assert "there is nobody `x`" in run(*asked.split(), code=2)


def test_what_is_past_every_duty_is_erased_when_somebody_says_so(folder: Path) -> None:
    platform = open_platform(Settings())
    for number in range(3):
        case = Case("offer@1.0.0", {**INPUTS, "overall": "81"}, NOW, person="old")
        decide(platform, case, LONG_AGO + dt.timedelta(days=number), "c", None).result()
    platform.close()
    told = run("retention")
    assert "3  past every duty, to be looked at" in told
    assert "6  kept by a duty" in told
    assert "另有期限" in run("retention", "--lang", "zh")
    run("retention", "--apply", code=2)
    run("retention", "--apply", "--reason", "plan 7", "--as-of", "2040-01-01", code=2)
    # The law says that a person looks at them first.
    assert "erased 0 records" in run("retention", "--apply", "--reason", "plan 7", "--yes")
    asked = ("retention", "--apply", "--reviewed", "--reason", "plan 7")
    assert "stopped" in run(*asked, stdin="n\n", code=1)
    assert "已删除 3 份" in run(*asked, "--lang", "zh", stdin="y\n")
    assert json.loads(run(*asked, "--yes", "--json"))["done"] == {}
    assert "nothing was altered" in run("verify", "--database")
    assert "3  erased" in run("replay", "--all")
    assert "6  kept by a duty" in run("retention")
    shown = run("export", "person", "p0")
    assert "#### kept until" in shown
    assert "2029-11-01 (then looked at)" in shown


def test_history_is_brought_in_once(folder: Path) -> None:
    table = folder / "history.csv"
    table.write_text(HISTORY, "utf-8")
    asked = ("import", "history", str(table), "--source", "old")
    assert "nothing was written" in run(*asked, "--dry-run")
    assert json.loads(run(*asked, "--json"))["rows"] == {"new": 1}
    assert json.loads(run(*asked, "--json"))["rows"] == {"known": 1}
    assert "1  imported, not replayable" in run("replay", "--all")
    assert "nothing was altered" in run("verify", "--database")
    table.write_text(HISTORY.replace("82", "83"), "utf-8")
    assert "HISTORY-010" in run(*asked, code=1)
    table.write_text(HISTORY.replace("old", ""), "utf-8")
    assert "history.csv:2:2" in run(*asked, code=1)
    run("erase", "old", "--reason", "r", "--yes")
    table.write_text(HISTORY.replace("H1", "H2"), "utf-8")
    assert json.loads(run(*asked, "--json"))["rows"] == {"erased": 1}


def test_history_comes_from_a_workbook_too(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["id", "person", "decided_at", "rule_set", "outcome"],
        ["H1", "q", dt.date(2021, 5, 31), "o", "offer"],
    ):
        sheet.append(row)
    people = book.create_sheet("people")
    for row in (["person", "external.ats"], ["q", "A-1"], ["p0", "A-2"]):
        people.append(row)
    path = folder / "history.xlsx"
    book.save(path)
    asked = ("import", "history", str(path), "--source", "old")
    assert json.loads(run(*asked, "--json"))["rows"] == {"new": 3}
    assert json.loads(run(*asked, "--json"))["rows"] == {"known": 3}
    people.append(["p1", "A-1"])
    book.save(path)
    assert "HISTORY-011" in run(*asked, code=1)


@pytest.mark.parametrize(
    "asked",
    [
        ("verify",),
        ("verify", "x", "--database"),
        ("verify", "--database", "--key", "k+0+0"),
        ("verify", "nowhere.jsonl"),
        ("replay",),
        ("replay", "x", "--all"),
        ("replay", "--since", "yesterday"),
        ("erase", "p0", "--reason", " ", "--yes"),
        ("import", "history", "nowhere.csv", "--source", "s"),
        ("import", "history", "nowhere.xlsx", "--source", "s"),
        ("import", "history", "nowhere.csv", "--source", ""),
    ],
)
def test_wrong_use_is_said(folder: Path, asked: tuple[str, ...]) -> None:
    assert "Traceback" not in run(*asked, code=2)


def test_without_a_service_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_DATA_DIR", str(tmp_path / "none"))
    assert "there is no service" in run("replay", "--all", code=2)
    assert not (tmp_path / "none").exists()
