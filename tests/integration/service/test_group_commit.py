"""Decisions that are recorded together: each as if it were alone, and under what is published at that moment."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text

from api.services.decide import Case, ErasedError, KeyReusedError, decide
from api.services.platform import open_platform
from api.store.people import Deed, erase
from api.store.tables import answers, decisions, log_entries, people
from engine.audit.verify import read_leaf
from tests.support.databases import DATABASES
from tests.support.lived import settle
from tests.support.registry import Office, open_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from api.services.platform import Platform

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


@pytest.fixture(params=DATABASES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with open_office(request.param, tmp_path) as opened:
        yield opened


def asked(score: int, **more: Any) -> Case:  # noqa: ANN401 - each its own
    return Case("line", {"score": score}, NOW, dated=False, **more)


def counts(platform: Platform) -> list[int]:
    with platform.engine.connect() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (decisions, answers, people)
        ]


def together(platform: Platform, cases: list[tuple[Case, str | None]]) -> list[Future[Any]]:
    """Queue decisions while the writers are held, so that they are recorded side by side."""
    held = threading.Event()
    writers = [platform.writer.submit(lambda _: held.wait(10)) for _ in range(4)]
    waiting = [decide(platform, case, NOW, "bench", key) for case, key in cases]
    held.set()
    assert all(writer.result(10) for writer in writers)
    return waiting


def test_one_key_in_one_group_is_one_decision(office: Office) -> None:
    platform = office.platform
    same = together(
        platform, [(asked(70), "k"), (asked(70), "k"), (asked(71), None), (asked(70), "k")]
    )
    told = [one.result(10) for one in same]
    assert told[0] == told[1] == told[3]
    assert told[2]["id"] != told[0]["id"]
    assert counts(platform)[:2] == [2, 1]


def test_what_fails_in_a_group_fails_alone(office: Office) -> None:
    platform = office.platform
    decide(platform, asked(70, person="gone"), NOW, "bench", None).result(10)
    deed = Deed("dee", NOW, "asked for")
    platform.writer.submit(lambda c: erase(c, "gone", deed, platform.keys)).result(10)
    first, other, gone, last = together(
        platform,
        [(asked(70), "k"), (asked(71), "k"), (asked(72, person="gone"), None), (asked(73), None)],
    )
    # Where several write at once, either may be first.
    failed = [one for one in (first, other) if one.exception(10) is not None]
    assert [type(one.exception()) for one in failed] == [KeyReusedError]
    assert last.result(10)["decision"]["status"] == "decided"
    with pytest.raises(ErasedError):
        gone.result(10)
    assert counts(platform)[:2] == [3, 1]


def test_a_case_is_a_chain_within_a_group_and_beyond(office: Office) -> None:
    platform = office.platform
    cases = [asked(score, case="c", person="p") for score in range(4)]
    first = decide(platform, cases[0], NOW, "bench", None).result(10)
    rest = [one.result(10) for one in together(platform, [(case, None) for case in cases[1:]])]
    assert chain_of(platform, "c") == 4
    # What was asked for earlier and is written later comes after all the same.
    late = NOW - dt.timedelta(seconds=5)
    decide(platform, cases[0], late, "bench", None).result(10)
    decide(platform, cases[0], NOW, "bench", None).result(10)
    assert chain_of(platform, "c") == 6
    assert len({first["id"], *(one["id"] for one in rest)}) == 4


def test_a_case_is_a_chain_however_many_write_at_once(office: Office) -> None:
    one, other = office.platform, open_platform(office.platform.settings)
    mine, start = [f"case-{n % 3}" for n in range(40)], threading.Barrier(8)

    def ask(thread: int) -> list[Any]:
        platform = (one, other)[thread % 2]
        start.wait(10)
        # In another order each: nobody waits for the cases of another in a circle.
        cases = mine if thread % 4 < 2 else mine[::-1]
        made = [
            decide(platform, asked(70, case=case, person=f"p-{thread}"), NOW, "bench", None)
            for case in cases
        ]
        return [each.result(60) for each in made]

    try:
        with ThreadPoolExecutor(8) as pool:
            told = [each for made in pool.map(ask, range(8)) for each in made]
        assert len({each["id"] for each in told}) == 320
        assert [chain_of(one, f"case-{n}") for n in range(3)] == [112, 104, 104]
    finally:
        other.close()


def chain_of(platform: Platform, case: str) -> int:
    """Give the length of a case's chain, which is one from its first decision to its last, in the order of the log."""
    query = (
        select(log_entries.c.leaf)
        .join(decisions, decisions.c.id == log_entries.c.subject)
        .where(decisions.c.case_id == case)
        .order_by(log_entries.c.place)
    )
    settle(platform)
    with platform.engine.connect() as connection:
        leaves = connection.execute(query).scalars().all()
    entries = [entry for leaf in leaves if (entry := read_leaf(bytes(leaf))) is not None]
    before = [entry.previous for entry in entries]
    assert before == [None, *(entry.digest for entry in entries[:-1])]
    return len(before)


def test_what_another_process_publishes_or_stops_counts_at_once(office: Office) -> None:
    other = open_platform(office.platform.settings)

    def outcome(rule_set: str = "line") -> tuple[Any, Any]:
        made: Any = decide(other, Case(rule_set, {"score": 70}, NOW), NOW, "other", None).result(10)
        return made["decision"]["status"], made["decision"]["outcomes"].get("outcome")

    try:
        assert outcome() == ("decided", "offer")
        digest = office.draft()["digest"]
        office.do("ann", "submit", {"reason": "a higher line"})
        for who in ("bob", "cai"):
            office.approve(who, digest)
        office.do("cai", "publish")
        assert outcome("line@1.1.0") == ("decided", "human_review")
        assert outcome() == ("decided", "human_review")
        office.call("dee", "POST", "suspend", {"reason": "an incident"})
        assert outcome() == ("needs_human", None)
    finally:
        other.close()


def test_nothing_is_recorded_under_a_key_that_is_being_destroyed(tmp_path: Path) -> None:
    with open_office("postgres", tmp_path) as office:
        platform = office.platform
        decide(platform, asked(70, person="ann"), NOW, "bench", None).result(10)
        with platform.engine.begin() as connection:
            erase(connection, "ann", Deed("eve", NOW, "request 7"), platform.keys)
            late = decide(platform, asked(71, person="ann"), NOW, "bench", None)
            _until_somebody_waits(platform)
        with pytest.raises(ErasedError):
            late.result(10)
        with platform.engine.connect() as connection:
            left = select(func.count()).where(func.length(decisions.c.body) > 0)
            assert connection.execute(left).scalar_one() == 0


def _until_somebody_waits(platform: Platform) -> None:
    waits = text(
        "select exists (select 1 from pg_locks l join pg_stat_activity a using (pid)"
        " where not l.granted and a.datname = current_database())"
    )
    for _ in range(20_000):
        with platform.engine.connect() as connection:
            if connection.execute(waits).scalar():
                return
    pytest.fail("nobody waits for the erasure")
