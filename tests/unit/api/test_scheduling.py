"""`plan --schedule`, `--ics` and `cohort` as their users type them; the calendar is read back by another parser."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.calendars import working_days
from engine.kernel.errors import NotFoundError
from tests.unit.api.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

SALES = '{"negotiation": 70, "customer_orientation": 75}'
PLAN = ("plan", "--role", "sales-rep-fmcg", "--scores", "-", "--start", "2026-11-30")
TABLE = """id,role,arrival,hours_a_week,site,priority,weeks_waited,negotiation,resilience
H1,sales-rep-fmcg,2026-11-30,8,Shanghai,5,0,70,
H2,sales-rep-fmcg,2026-11-30,8,Shanghai,3,4,70,60
H3,sales-rep-fmcg,2026-12-07,10,Guangzhou,,,72,60
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "hires.csv"
    path.write_text(TABLE, "utf-8-sig")
    return path


def events(path: Path) -> list[dict[str, str]]:
    """Read a calendar by the letter of RFC 5545: folded lines, CRLF, one property a line."""
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    lines = raw.decode().replace("\r\n ", "").split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    found: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in {"BEGIN", "END"}:
            found[-1][name] = value
    return found


def test_a_plan_is_laid_out_and_goes_out_as_a_calendar(tmp_path: Path) -> None:
    path, again = tmp_path / "a.ics", tmp_path / "b.ics"
    given = (*PLAN, "--hours-per-week", "16", "--as-of", "2026-11-25")
    shown = run(*given, "--ics", str(path), stdin=SALES)
    assert "the plan fits, it ends on 2026-12-" in shown
    run(*given, "--ics", str(again), stdin=SALES)
    assert path.read_bytes() == again.read_bytes()
    read = events(path)
    assert len({event["UID"] for event in read}) == len(read)
    assert {event["DTSTAMP"] for event in read} == {"20261125T000000Z"}
    workshop = [event for event in read if event.get("LOCATION") == "Shanghai"]
    assert [e["DTSTART;VALUE=DATE"] for e in workshop] == ["20261212"]
    assert workshop[0]["SUMMARY"] == "Negotiation role-play workshop\\, 8 h"


def test_a_zone_gives_the_meetings_hours(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    zone = ("--time-zone", "Asia/Shanghai", "--ics", str(path))
    run(*PLAN, "--hours-per-week", "15", *zone, "--lang", "zh", stdin=SALES)
    by_day: dict[str, list[tuple[str, str]]] = {}
    for event in events(path):
        start, end = (event[f"{name};TZID=Asia/Shanghai"] for name in ("DTSTART", "DTEND"))
        by_day.setdefault(start[:8], []).append((start, end))
        assert "小时" in event["SUMMARY"]
    assert all(meetings[0][0].endswith("T090000") for meetings in by_day.values())
    assert any(len(meetings) > 1 for meetings in by_day.values())
    for meetings in by_day.values():
        assert all(end == start for (_, end), (start, _) in itertools.pairwise(meetings))


def test_a_schedule_that_is_late_exits_with_1_and_says_what_helps() -> None:
    late = run(
        *PLAN,
        "--schedule",
        "--hours-per-week",
        "8",
        "--deadline",
        "2026-12-31",
        stdin=SALES,
        code=1,
    )
    assert "16 days late" in late
    assert "what would help: it fits with 13 hours a week" in late
    answer = run(*PLAN, "--schedule", "--json", stdin=SALES)
    read: dict[str, Any] = json.loads(answer)
    assert (read["plan"]["kind"], read["schedule"]["kind"]) == ("learning_plan", "schedule")


@pytest.mark.parametrize(
    ("given", "words", "code"),
    [
        (("--start", "tomorrow"), "is not a date", 2),
        (("--deadline", "2026-13-01"), "is not a date", 2),
        (("--holidays", "XX"), "no country with known holidays `XX`", 2),
        (("--ics", "a.ics", "--time-zone", "Mars/Base"), "no time zone `Mars/Base`", 2),
        (("--ics", "a.ics", "--time-zone", "../etc"), "no time zone", 2),
        (("--ics", "no/such/folder/a.ics"), "cannot read or write", 2),
        (("--deadline", "2026-11-01"), "SCHEDULE-INPUT-002", 1),
        (("--anytime",), "ask of one", 2),
    ],
)
def test_wrong_dates_and_places_are_told(
    given: tuple[str, ...], words: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in run(*PLAN, "--schedule", *given, stdin=SALES, code=code)


def test_a_cohort_is_planned_from_a_table(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    given = ("cohort", str(table), "--weeks", "12", "--start", "2026-11-30", "--csv", str(out))
    shown = run("plan", *given)
    assert "3 hires, 12 weeks from 2026-11-30" in shown
    assert "proved to be the least" in shown
    assert "cohort-waiting@1.0.0 says what a wait weighs" in shown
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["hire"] for row in rows} == {"H1", "H2", "H3"}
    assert all(int(row["first_week"]) <= int(row["last_week"]) for row in rows)
    assert {row["date"] for row in rows if row["site"]} <= {"2026-12-12", "2027-01-16"}
    hours = sum(float(row["hours"]) for row in rows if row["item"] == "product-knowledge")
    assert hours == 3 * 8
    read: dict[str, Any] = json.loads(run(*given, "--json"))
    assert [hire["hire"] for hire in read["hires"]] == ["H1", "H2", "H3"]
    assert [hire["waiting"]["weight"] for hire in read["hires"]] == [10, 10, 6]
    assert read["rules"]["id"] == "cohort-waiting"
    assert "按到岗" in run(*given, "--lang", "zh", "--hire", "H2")


def test_wrong_cohorts_are_told(table: Path, tmp_path: Path) -> None:
    assert "the cohort has no hire `H9`" in run("cohort", str(table), "--hire", "H9", code=2)
    for day in ("0001-01-01", "9999-12-31"):
        assert "SCHEDULE-INPUT-001" in run("cohort", str(table), "--start", day, code=1)
    assert "there is no file" in run("cohort", str(tmp_path / "none.csv"), code=2)
    table.write_text(TABLE.replace("negotiation", "negotation"), "utf-8")
    told = run("cohort", str(table), code=1)
    assert "COHORT-TABLE-004" in told
    assert "negotiation" in told
    table.write_text(TABLE.splitlines()[0], "utf-8")
    assert "COHORT-INPUT-002" in run("cohort", str(table), code=1)


def test_gaps_that_stay_open_exit_with_1(table: Path) -> None:
    shown = run(
        "cohort", str(table), "--weeks", "2", "--start", "2026-11-30", "--time-limit", "60", code=1
    )
    assert "gaps left open, weighted" in shown


def test_days_off_and_days_worked_instead_come_from_the_country() -> None:
    china = working_days("CN", dt.date(2026, 1, 1))
    assert not china.works(dt.date(2026, 2, 17))
    assert china.works(dt.date(2026, 2, 14))  # a Saturday, worked for the Spring Festival
    assert not china.works(dt.date(2026, 2, 7))
    assert not working_days("US-NY", dt.date(2026, 1, 1)).works(dt.date(2026, 7, 3))
    assert working_days("none", dt.date(2026, 1, 1)).works(dt.date(2026, 1, 1))
    with pytest.raises(NotFoundError):
        working_days("CN-XX", dt.date(2026, 1, 1))
