"""What rows must say by what was done: versions by their steps, people and access by their events."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Row

Approved = tuple[int, str, str]
"""A version by its row, the digest of what was approved, and who approved it."""


# --- versions ------------------------------------------------------------------------------------


def versions_by(steps: Iterable[Row[Any]]) -> dict[int, dict[str, Any]]:
    """Give what the rows of versions say after these steps, by their numbers; what no step tells is left out."""
    made: dict[int, dict[str, Any]] = {}
    stopped: set[tuple[str, str]] = set()
    for step in steps:
        if step.verb == "suspended":
            stopped.add((step.kind, step.name))
        elif step.verb == "resumed":
            stopped.discard((step.kind, step.name))
        else:
            row = made.setdefault(step.document, {"created_at": step.at, "needs": 1})
            row |= {"kind": step.kind, "name": step.name, "version": step.version}
            row |= _after(row, step, json.loads(step.detail))
    for row in made.values():
        if row["needs"] is None:
            del row["needs"]
        if row.get("status") == "published" and (row["kind"], row["name"]) in stopped:
            row["status"] = "suspended"
    return made


def _after(row: Mapping[str, Any], step: Row[Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a step changed."""
    passed = {"checked": step.digest, "blockers": 0}
    # Steps were once silent about how many must approve: from such a one on it is not known.
    needs = {"needs": detail.get("needs")}
    match step.verb:
        case "drafted":
            empty = ("checked", "blockers", "shadow_since", "discarded_at", "published_at")
            return {**_text_of(step), "status": "draft", **dict.fromkeys(empty)}
        case "taken_over":
            since = dt.datetime.fromisoformat(detail["recorded"])
            none = {"shadow_since": None, "discarded_at": None}
            told = {**_text_of(step), "status": "published", "published_at": since}
            return {**told, **passed, **none}
        case "checked":
            shadow = None if detail["blockers"] else row["shadow_since"]
            return {**passed, "blockers": detail["blockers"], "shadow_since": shadow}
        case "submitted":
            return {**passed, **needs, "status": "submitted"}
        case "withdrawn" | "rejected":
            return {"status": "draft"}
        case "discarded":
            return {"discarded_at": step.at, "shadow_since": None}
        case "published":
            return {"status": "published", "published_at": step.at, "shadow_since": None, **needs}
        case "shadowed":
            return {**passed, "shadow_since": step.at}
        case "unshadowed":
            return {"shadow_since": None}
        case _:
            return {}


def _text_of(step: Row[Any]) -> dict[str, Any]:
    return {"hash": step.hash, "digest": step.digest, "author": step.who}


def approvals_by(steps: Iterable[Row[Any]]) -> set[Approved]:
    """Give the approvals that stand after these steps."""
    given: set[Approved] = set()
    for step in steps:
        if step.verb == "approved":
            given.add((step.document, step.digest, step.who))
        elif step.verb == "voided":
            given = {one for one in given if one[0] != step.document}
    return given


# --- people and access -----------------------------------------------------------------------------


@dataclass(slots=True)
class Told:
    """What the events told, one after the other in the order of the log."""

    erased: dict[str, str] = field(default_factory=dict)
    """Who was erased, and when."""
    vouched: dict[str, str] = field(default_factory=dict)
    """Of erased records: the hash of the columns in the clear, as the erasure noted it."""
    holds: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """By the event that placed it: on whom, and the event that lifted it."""
    links: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    """By the event that added it, an external id that is still there: whose, and until an erasure also what."""
    exceptions: set[str] = field(default_factory=set)
    approvals: set[tuple[str, str, str]] = field(default_factory=set)
    """Exception, role and approver."""
    accounts: dict[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    """By name, what a person with a password may, and whether that was taken."""
    keys: set[str] = field(default_factory=set)
    """The keys and clients that were made."""
    revoked: set[str] = field(default_factory=set)

    def hear(self, id_: str, body: Mapping[str, Any]) -> None:
        """Take the next event."""
        facts, action = body["facts"], body["facts"].get("action")
        match body["kind"]:
            case "erasure":
                self.erased[body["person"]] = body["at"]
                self.vouched |= facts["rows"]
            case "retention":
                self.vouched |= facts["rows"]
            case "exception" if action == "asked":
                self.exceptions.add(facts["exception"])
            case "exception" if action == "approved":
                self.approvals.add((facts["exception"], facts["role"], body["by"]))
            case "hold" if action == "placed":
                self.holds[id_] = (body["person"], None)
            case "hold" if facts["hold"] in self.holds:
                self.holds[facts["hold"]] = (self.holds[facts["hold"]][0], id_)
            case "link":
                self.links[id_] = (body["person"], facts["system"], facts["id"])
            case "unlink":
                self.links.pop(facts["link"], None)
            case "key_change":
                self._access(action, facts)
            case _:
                pass

    def hear_erased(self, id_: str, person: str | None) -> None:
        """Take the next event, of which an erasure left only whom it was about: such are external ids."""
        self.links[id_] = (person,)

    def _access(self, action: str | None, facts: Mapping[str, Any]) -> None:
        name = facts.get("name", "")
        match action:
            case "made" if facts.get("what") in {"key", "client"}:
                self.keys.add(facts["credential"])
            case "revoked":
                self.revoked.add(facts["credential"])
            case "granted":
                self.accounts[name] = (tuple(facts["grants"]), False)
            case "disabled" if name in self.accounts:
                self.accounts[name] = (self.accounts[name][0], True)
            case _:
                pass
