"""What the rows of versions must say by their steps, also by steps that said less than those of today."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from api.store.retrace import approvals_by, versions_by

if TYPE_CHECKING:
    from sqlalchemy import Row

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def step(verb: str, who: str = "ann", digest: str = "d1", **detail: object) -> Row[Any]:
    told = {"document": 7, "kind": "rule_set", "name": "offer", "version": "2.0.0", "hash": "h"}
    more = {"verb": verb, "who": who, "digest": digest, "at": NOW, "detail": json.dumps(detail)}
    return cast("Row[Any]", SimpleNamespace(**told, **more))


def test_a_step_of_before_says_nothing_of_how_many_approve() -> None:
    (drafted,) = versions_by([step("drafted")]).values()
    assert drafted["needs"] == 1
    silent = [step("drafted"), step("submitted", stakes=[])]
    (submitted,) = versions_by(silent).values()
    assert "needs" not in submitted
    assert (submitted["status"], submitted["checked"]) == ("submitted", "d1")
    (published,) = versions_by([*silent, step("published", needs=2)]).values()
    assert (published["needs"], published["status"]) == (2, "published")


def test_an_edit_takes_back_what_was_reached() -> None:
    steps = [step("drafted"), step("submitted", needs=2), step("approved", "bo")]
    assert approvals_by(steps) == {(7, "d1", "bo")}
    edited = [*steps, step("voided", digest="d1"), step("drafted", "cy", "d2")]
    assert approvals_by(edited) == set()
    (row,) = versions_by(edited).values()
    assert (row["status"], row["digest"], row["author"]) == ("draft", "d2", "cy")
    assert (row["checked"], row["shadow_since"]) == (None, None)


def test_what_is_published_while_its_name_is_stopped_is_stopped() -> None:
    steps = [step("suspended"), step("drafted"), step("published", needs=1)]
    (row,) = versions_by(steps).values()
    assert row["status"] == "suspended"
    (again,) = versions_by([*steps, step("resumed")]).values()
    assert again["status"] == "published"
