"""What is past every duty goes, on both databases: the longest duty wins, a hold above all, and the log vouches for the rest."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from api.cli.operate import begin
from api.services import demographics, retention
from api.services.decide import Case, decide
from api.services.log import examined
from api.services.people import export
from api.services.platform import open_platform
from api.services.replay import replay_one
from api.store.people import Deed, erase_records, hold
from tests.support.databases import DATABASES, settings_on
from tests.support.registry import write_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.services.platform import Platform

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
LAW = """schema_version: "1"
kind: jurisdiction
id: {id}
version: 1.0.0
title: {{zh: 某地, en: Somewhere}}
owner: legal
effective_from: 2026-01-01T00:00:00+00:00
clause: HR-3
retention:
  - {{what: decision_log, {length}, then: {then}, cites: Act {id}}}
"""
LAWS = {
    "rules/jurisdictions/a/1.0.0.yaml": LAW.format(id="a", length="at_least: 1 year", then="erase"),
    "rules/jurisdictions/b/1.0.0.yaml": LAW.format(
        id="b", length="at_least: 3 years", then="review"
    ),
}
DEED = Deed("dpo", NOW, "plan 7")
DUE = frozenset({"due"})


@pytest.fixture(params=DATABASES)
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """Old decisions about ann, bo and chen, who is held; one of two years and one of now about ann."""
    with settings_on(request.param, tmp_path / "data") as settings:
        begin(settings, write_folder(tmp_path / "content", LAWS))
        made = open_platform(settings)
        for person, year in (
            ("ann", 2020),
            ("bo", 2020),
            ("chen", 2020),
            ("ann", 2024),
            ("ann", 2026),
        ):
            case = Case("line@1.0.0", {"score": "81"}, NOW, None, person)
            decide(made, case, NOW.replace(year=year), "c", None).result()
            demographics.declare(made, person, {"sex": "f"})
        made.writer.submit(lambda c: hold(c, "chen", DEED, made.keys)).result()
        yield made
        made.close()


def states(platform: Platform, *jurisdictions: str) -> dict[str, int]:
    found = retention.retention(platform, jurisdictions, NOW)
    return dict(Counter(one.state(NOW.date()) for one in found))


def test_the_longest_duty_wins_and_a_hold_above_all(platform: Platform) -> None:
    assert states(platform) == {"due": 2, "held": 1, "kept": 2}
    assert states(platform, "a") == {"due": 3, "held": 1, "kept": 1}
    assert states(platform, "b") == {"review": 2, "held": 1, "kept": 2}
    assert retention.apply(platform, ("b",), DEED, DUE) == {}
    old = {
        one.person: one.id
        for one in retention.retention(platform, (), NOW)
        if one.decided_at.year == 2020
    }
    seen: list[int] = []
    assert retention.apply(platform, (), DEED, DUE, seen.append) == {"erased": 2, "held": 0}
    assert seen == [2]
    assert states(platform) == {"held": 1, "kept": 2}
    assert retention.apply(platform, (), DEED, DUE) == {}
    for person, state in (("ann", "erased"), ("bo", "erased"), ("chen", "same")):
        assert replay_one(platform, old[person]).state == state
    made = examined(platform)
    assert (made.check.found, made.erased) == ([], 2)
    # Bo's demographics went with the last decision about them; ann goes on, and can come again.
    about = {who: export(platform, who, "dpo", NOW) for who in ("ann", "bo")}
    assert (about["ann"]["demographics"], about["bo"]["demographics"]) == ({"sex": "f"}, None)
    first, second = about["ann"]["decisions"]
    assert first["retention"]["keep_until"] == "2027-11-01"
    assert second["retention"]["cites"] == ["a: Act a", "b: Act b"]
    again = Case("line@1.0.0", {"score": "81"}, NOW, None, "bo")
    decide(platform, again, NOW, "c", None).result()
    assert examined(platform).check.found == []


def test_what_breaks_off_is_taken_up_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 1)

    def breaks(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.apply(platform, (), DEED, DUE, breaks)
    assert states(platform) == {"due": 1, "held": 1, "kept": 2}
    assert examined(platform).check.found == []
    assert retention.apply(platform, (), DEED, DUE) == {"erased": 1, "held": 0}
    assert states(platform) == {"held": 1, "kept": 2}


def test_a_hold_that_is_placed_meanwhile_wins(platform: Platform) -> None:
    chosen = {
        one.id: one.person
        for one in retention.retention(platform, (), NOW)
        if one.person in {"bo", "chen"}
    }
    platform.writer.submit(lambda c: hold(c, "bo", DEED, platform.keys)).result()
    done = platform.writer.submit(lambda c: erase_records(c, chosen, DEED, [], platform.keys))
    assert done.result() == []


def test_tampering_around_a_retention_is_seen(platform: Platform) -> None:
    with platform.engine.connect() as connection:
        query = "select id, body from decisions where person = 'bo'"
        id_, body = connection.execute(text(query)).one()
    retention.apply(platform, (), DEED, DUE)

    def codes(statement: str, **values: object) -> set[str]:
        connecting = platform.engine.connect().execution_options(writes=True)
        with connecting as connection, connection.begin():
            assert connection.execute(text(statement), values).rowcount
        return {one.code.id for one in examined(platform).check.found}

    put = "update decisions set body = :body where id = :id"
    assert codes(put, body=body, id=id_) == {"AUDIT-STORE-007"}
    assert codes(put, body=b"", id=id_) == set()
    gone = "update decisions set body = :body where person = 'chen'"
    assert codes(gone, body=b"") == {"AUDIT-STORE-003"}
    found = codes("delete from events where kind = 'retention'")
    assert found == {"AUDIT-STORE-001", "AUDIT-STORE-003"}
