"""Exceptions to an offer: asked for, approved by named roles, decided by their own rules each time, and counted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.services.callers import is_same_name
from api.services.decide import Case, NothingLikeItError, decide_within, try_case, unmarked
from api.store import exceptions as store
from api.store.events import Event, note
from api.store.exceptions import Approval, SamePersonError, is_own_case
from api.store.keys import ErasedError
from api.store.records import new_id, open_record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from api.services.platform import Platform

__all__ = [
    "Approval",
    "Asked",
    "ClosedError",
    "SamePersonError",
    "approve",
    "ask",
    "count",
    "find",
    "is_own_case",
]

RULES = "hiring-exception"
_TAKEN_OVER = ("base_salary", "band_max")
ERASED = "erased"


class ClosedError(ValueError):
    """Raised for an approval that the exception does not wait for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: an exception to a decision, of a kind, with what its rules want to know."""

    decision: str
    kind: str
    inputs: Mapping[str, Any]
    by: str
    at: dt.datetime


def ask(platform: Platform, asked: Asked) -> dict[str, Any]:
    """Ask for an exception; it is decided at once as it stands. Raises NothingLikeItError, ErasedError, NotFoundError."""

    def work(connection: Connection) -> dict[str, Any]:
        kept = open_record(connection, asked.decision, platform.keys)
        if kept is None:
            raise NothingLikeItError(asked.decision)
        decision: Any = kept.body["decision"]
        known = {**unmarked(kept.body["inputs"]), **decision["outcomes"]}
        inputs = {name: known[name] for name in _TAKEN_OVER if name in known}
        # What the decision knows stands: who asks does not set the limit that they are measured by.
        fixed = {"exception": asked.kind, "approved": [], "days_open": 0}
        inputs = {**asked.inputs, **inputs, **fixed}
        id_ = new_id(asked.at)
        request = store.Request(id_, asked.decision, asked.kind, asked.by, asked.at)
        store.open_exception(connection, request, platform.keys)
        facts = {"exception": id_, "action": "asked", "decision": asked.decision}
        note(connection, Event("exception", asked.by, asked.at, facts, kept.person), platform.keys)
        case = Case(RULES, inputs, asked.at, store.case_of(id_), kept.person)
        made = decide_within(connection, platform, case, asked.at)
        return {"id": id_, "approvals": {}, **_answer(made)}

    return platform.writer.submit(work).result()


def approve(platform: Platform, id_: str, approval: Approval) -> dict[str, Any]:
    """Approve an exception in a role, and decide it again.

    Raises NothingLikeItError, ErasedError, ClosedError where it does not wait for this role, and
    SamePersonError.
    """

    def work(connection: Connection) -> dict[str, Any]:
        row = store.exception_row(connection, id_)
        kept = None if row is None else store.latest_of(connection, id_, platform.keys)
        if row is None or kept is None:
            raise NothingLikeItError(id_)
        before: Any = kept.body["decision"]
        if approval.role not in before["outcomes"].get("waiting_for", ()):
            raise ClosedError(str(before["outcomes"].get("outcome", before["status"])))
        inputs = {**unmarked(kept.body["inputs"]), "days_open": (approval.at - row.at).days}
        case = Case(RULES, inputs, approval.at, store.case_of(id_), kept.person)
        taken = (one["by"] for one in store.approvals_of(connection, id_).values())
        if any(is_same_name(approval.approver, one) for one in (row.requested_by, *taken)):
            raise SamePersonError(approval.role)
        # Too late is too late: what counts is how old the request is before this approval.
        if _outcome(try_case(platform, case)["decision"]) == "waiting":
            store.approve(connection, row, approval, platform.keys)
            facts = {"exception": id_, "action": "approved", "role": approval.role}
            event = Event("exception", approval.approver, approval.at, facts, kept.person)
            note(connection, event, platform.keys)
            approved = {"approved": [*inputs["approved"], approval.role]}
            case = dataclasses.replace(case, inputs={**inputs, **approved})
        made = decide_within(connection, platform, case, approval.at)
        return {"id": id_, "approvals": store.approvals_of(connection, id_), **_answer(made)}

    return platform.writer.submit(work).result()


def find(platform: Platform, id_: str) -> dict[str, Any]:
    """Give an exception as it was decided last; raises NothingLikeItError, ErasedError."""
    with platform.engine.connect() as connection:
        kept = store.latest_of(connection, id_, platform.keys)
        if kept is None:
            raise NothingLikeItError(id_)
        made = {"id": kept.id, "decision": kept.body["decision"]}
        return {"id": id_, "approvals": store.approvals_of(connection, id_), **_answer(made)}


def count(platform: Platform) -> dict[str, dict[str, int]]:
    """Count exceptions by kind and outcome; those about people who were erased are counted as such."""
    counted: dict[str, Counter[str]] = {}
    with platform.engine.connect() as connection:
        for id_, kind in store.kinds(connection).items():
            try:
                kept = store.latest_of(connection, id_, platform.keys)
                outcome = "" if kept is None else str(_outcome(kept.body["decision"]))
            except ErasedError:
                outcome = ERASED
            counted.setdefault(kind, Counter())[outcome] += 1
    return {kind: dict(sorted(counts.items())) for kind, counts in sorted(counted.items())}


def _answer(made: Mapping[str, Any]) -> dict[str, Any]:
    decision = made["decision"]
    return {"outcome": _outcome(decision), "recorded_as": made["id"], "decision": decision}


def _outcome(decision: Any) -> Any:  # noqa: ANN401 - JSON data
    return decision["outcomes"].get("outcome", decision["status"])
