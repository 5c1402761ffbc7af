"""A service that something of everything happened to, and what somebody can do to its database."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from api.cli.operate import begin
from api.services import exceptions
from api.services.access import Giver, Made, find_caller, give, take
from api.services.decide import Case, decide
from api.services.log import signed_head
from api.services.once import asked_once
from api.services.platform import open_platform
from api.services.publish import (
    Act,
    Version,
    approve,
    assess,
    draft,
    reject,
    resume,
    shadow,
    submit,
    suspend,
    waive,
)
from api.services.sign_in import change_password, put_person, redeem, sign_in
from api.services.tokens import issue
from api.store.examine import examine
from api.store.heads import kept_head
from api.store.ledger import waiting_leaves
from api.store.people import Deed, External, erase, hold, link, unlink
from engine.audit.checkpoint import verifier_of
from tests.support.databases import settings_on
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from engine.audit.verify import LogCheck

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
INPUTS = {"assessed": True, "band_min": 8000, "band_max": 10000}
PERSONS = ("ann", "bo", "chen", "du")
DEED = Deed("dpo", NOW, "request 7")
ACT = Act("owner", NOW, "why")


@contextmanager
def lived_in(database: str, folder: Path) -> Iterator[Platform]:
    """Open such a service; its log ends with a signed head."""
    with settings_on(database, folder) as settings:
        begin(settings, None)
        made = open_platform(settings)
        _write_versions(made)
        last = _decide(made)
        _people(made)
        _ask(made, last)
        _give_access(made)
        settle(made)
        signed_head(made, NOW)
        yield made
        made.close()


def _write_versions(made: Platform) -> None:
    """Stop a rule set and go on; write a version that somebody approves, and one that runs in shadow."""
    suspend(made, "rule_set", "bonus", ACT)
    resume(made, "rule_set", "bonus", ACT)
    name = Version("rule_set", "bonus", "2.0.0")
    for number, day in (("2.0.0", "2027-01-01"), ("3.0.0", "2028-01-01")):
        text_ = (ROOT / "rules/bonus/1.0.0.yaml").read_text("utf-8")
        text_ = text_.replace("1.0.0", number).replace("2026-01-01", day)
        name = Version("rule_set", "bonus", number)
        drafted = draft(made, name, {f"rules/bonus/{number}.yaml": text_}, ACT)
        assess(made, name, "dpia/7", ACT)
        waive(made, name, "G1", NOW + dt.timedelta(days=9), Act("bob", NOW, "known"))
        submit(made, name, ACT)
        approve(made, name, drafted["digest"], Act("bob", NOW, "read"))
    reject(made, name, Act("bob", NOW, "no"))
    shadow(made, name, ACT, runs=True)


def _decide(made: Platform) -> str:
    """Decide about four people under keys, with shadows; gives the last about one of them."""
    last = ""
    for number in range(12):
        person, now = PERSONS[number % 4], NOW + dt.timedelta(minutes=number)
        case = Case("offer@1.0.0", {**INPUTS, "overall": f"{75 + number}"}, NOW, person, person)
        decided = decide(made, case, now, "c", f"k-{number}" if number % 2 else None).result()
        if person == "chen":
            last = str(decided["id"])
        if number == 5:
            settle(made)
            signed_head(made, now)
    bonus = Case("bonus", {"role": "marketing-analyst", "base_salary": "9000"}, NOW, "x", "ann")
    decide(made, bonus, NOW, "c", "k").result()
    return last


def _people(made: Platform) -> None:
    """Erase one person, hold another, and call some by other names."""
    known, gone = External("ats", "A-1"), External("esign", "B-2")
    made.writer.submit(lambda c: link(c, "du", known, DEED, made.keys)).result()
    made.writer.submit(lambda c: erase(c, "du", DEED, made.keys)).result()
    for system in ("ats", "esign"):
        one = External(system, "B-2")
        made.writer.submit(lambda c, x=one: link(c, "bo", x, DEED, made.keys)).result()  # type: ignore[misc]
    made.writer.submit(lambda c: unlink(c, "bo", gone, DEED, made.keys)).result()
    once = asked_once(made, "c", "hold", b"x", "chen", NOW)
    once.writer.submit(lambda c: hold(c, "chen", DEED, made.keys)).result()


def _ask(made: Platform, decision: str) -> None:
    """Ask for an exception, which one role approves."""
    asked = {"evidence": "market_report", "asked_base": "10500"}
    question = exceptions.Asked(decision, "above_cap", asked, "recruiter", NOW)
    id_ = exceptions.ask(made, question)["id"]
    exceptions.approve(made, id_, exceptions.Approval("finance_bp", "fay", NOW))


def _give_access(made: Platform) -> None:
    """Give all kinds of credentials, and take some."""
    admin = Giver("admin", NOW)
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the service reads the real clock
    ends = now + dt.timedelta(days=9)
    give(made, Made("key", "kept", ("read",), NOW), "admin")
    taken = give(made, Made("key", "taken", ("read",), NOW), "admin")
    take(made, taken.split("_")[1], admin)
    client = give(made, Made("client", "payroll", ("read",), NOW), "admin")
    issue(made, client.split("_")[1], client, None, now)
    redeem(made, give(made, Made("link", "chen", ("own",), NOW, ends, "chen"), "admin"), now)
    put_person(made, "eve", ["role:auditor"], admin)
    once = put_person(made, "fay", ["role:hr"], admin)
    session = sign_in(made, "fay", str(once), now)
    caller = find_caller(made, session, ("session",))
    assert caller is not None
    change_password(made, caller, "", "a long new password", now)


def settle(platform: Platform) -> None:
    """Wait until every entry has its place: the sequencer's own thread may be at it."""
    for _ in range(6_000):
        platform.sequence()
        with platform.engine.connect() as connection:
            if not waiting_leaves(connection):
                return
        time.sleep(0.01)
    pytest.fail("entries have no place after a minute")


@contextmanager
def spoiled(platform: Platform, *statements: str) -> Iterator[Connection]:
    """Do what only the database's owner can; it is undone afterwards."""
    with platform.engine.connect().execution_options(writes=True) as connection:
        transaction = connection.begin()
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            triggers = text("select name from sqlite_master where type='trigger'")
            for name in connection.execute(triggers).scalars().all():
                connection.execute(text(f"drop trigger {name}"))
        else:
            connection.execute(text("set local session_replication_role='replica'"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount != 0, statement
        yield connection
        transaction.rollback()


def looked_through(platform: Platform, connection: Connection) -> LogCheck:
    last = kept_head(platform.settings.data_dir)
    assert last is not None
    verifier = verifier_of(platform.settings.origin, platform.keys.signing)
    return examine(connection, platform.keys, verifier, [last]).check
