"""The steps of a version: drafted, checked, submitted, approved, published, in shadow, suspended, resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.services.callers import is_same_name
from api.services.shadows import RUN_IN_SHADOW
from api.services.versions import finding_json, show
from api.store.drafts import (
    Draft,
    Step,
    Version,
    add_approval,
    assessed_versions,
    authors_of,
    change,
    find_version,
    given_approvals,
    put_draft,
    record_of_all,
    set_status,
    statuses_of,
    steps_of,
    void_approvals,
)
from api.store.registry import PUBLISHED, SUSPENDED, hold_revision, raise_revision, revision_of
from engine.kernel.documents import parse_instant
from engine.kernel.errors import NotFoundError
from engine.publishing.draft import digest_of, read_draft
from engine.publishing.review import Circumstances, review

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Row

    from api.services.platform import Platform
    from api.store.drafts import Verb
    from engine.kernel.diagnostics import Diagnostic
    from engine.publishing.review import Review

__all__ = [
    "Act",
    "BlockedError",
    "RefusedError",
    "Version",
    "approve",
    "assess",
    "check",
    "discard",
    "draft",
    "publish",
    "reject",
    "resume",
    "shadow",
    "submit",
    "suspend",
    "waive",
    "withdraw",
]

_TRIES = 3


class RefusedError(Exception):
    """Raised when a step is not allowed; `kind` is that of the problem, `detail` what it is about."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail


class BlockedError(Exception):
    """Raised when findings stand in the way of a step."""

    def __init__(self, findings: tuple[Diagnostic, ...]) -> None:
        super().__init__(", ".join(one.code.id for one in findings))
        self.findings = findings


class _EditedMeanwhileError(Exception):
    """What was looked at is no longer what there is."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when and why; who may publish also takes back what others wrote."""

    who: str
    at: dt.datetime
    reason: str = ""
    may_publish: bool = False

    def step(self, verb: Verb, **detail: object) -> Step:
        """Make the step that is recorded."""
        return Step(verb, self.who, self.at, self.reason, detail)


# --- writing -------------------------------------------------------------------------------------


def draft(platform: Platform, name: Version, files: Mapping[str, str], act: Act) -> dict[str, Any]:
    """Write a draft, or edit one: approvals are void. The same files again change nothing.

    Raises DocumentError for files that do not hold the version, RefusedError for a published one.
    """
    _, loaded = read_draft(files, name.kind, name.id, name.version)
    digest = digest_of(files)

    def work(connection: Connection) -> dict[str, Any]:
        row = find_version(connection, name, to_change=True)
        if row is not None and row.digest == digest and row.discarded_at is None:
            return show(connection, row, changed=False)
        if row is not None and row.published_at is not None:
            raise RefusedError("published", _named(name))
        if row is not None and row.shadow_since is not None:
            raise_revision(connection)
        put_draft(connection, Draft(name, loaded.hash, files), act.step("drafted"), platform.keys)
        return show(connection, _row(connection, name))

    return _write(platform, work)


def check(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Look at a version as if it were published now, and keep what came of it; blockers are in the answer."""

    def work(connection: Connection, row: Row[Any], found: Review) -> dict[str, Any]:
        if row.status == "draft":
            values: dict[str, Any] = {"checked": row.digest, "blockers": len(found.blockers)}
            if found.blockers and row.shadow_since is not None:
                values["shadow_since"] = None
                raise_revision(connection)
            told = act.step("checked", blockers=len(found.blockers))
            change(connection, row, told, platform.keys, **values)
        return {**show(connection, _row(connection, name)), **_found(found)}

    return _reviewed(platform, name, act, work)


def submit(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Hand a draft to those who approve; raises BlockedError, RefusedError."""

    def work(connection: Connection, row: Row[Any], found: Review) -> dict[str, Any]:
        if row.status == "submitted":
            return show(connection, row, changed=False)
        _expect(row, "draft")
        if found.blockers:
            raise BlockedError(found.blockers)
        told = act.step(
            "submitted",
            stakes=list(found.stakes),
            waived=list(found.waived),
            needs=found.approvers,
        )
        values = {"checked": row.digest, "blockers": 0, "needs": found.approvers}
        change(connection, row, told, platform.keys, status="submitted", **values)
        return {**show(connection, _row(connection, name)), **_found(found)}

    return _reviewed(platform, name, act, work)


def withdraw(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Take a submitted version back to be a draft; approvals of it are void."""

    def work(connection: Connection) -> dict[str, Any]:
        row = _row(connection, name, to_change=True)
        if row.status == "draft":
            return show(connection, row, changed=False)
        _expect(row, "submitted")
        _expect_own(connection, row, act)
        void_approvals(connection, row, act.step("withdrawn"), platform.keys)
        change(connection, row, act.step("withdrawn"), platform.keys, status="draft")
        return show(connection, _row(connection, name))

    return _write(platform, work)


def discard(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Discard a draft: no step takes it further until somebody writes it again; its history stays."""

    def work(connection: Connection) -> dict[str, Any]:
        row = find_version(connection, name, to_change=True)
        if row is not None and row.discarded_at is not None:
            return show(connection, row, changed=False)
        row = _row(connection, name, to_change=True)
        _expect(row, "draft")
        _expect_own(connection, row, act)
        if row.shadow_since is not None:
            raise_revision(connection)
        told = act.step("discarded")
        change(connection, row, told, platform.keys, discarded_at=act.at, shadow_since=None)
        return show(connection, _row(connection, name))

    return _write(platform, work)


# --- approving -----------------------------------------------------------------------------------


def approve(platform: Platform, name: Version, digest: str, act: Act) -> dict[str, Any]:
    """Approve a version by the digest or the hash of what was read; raises RefusedError.

    Nobody approves what they wrote any part of, nor anything but what it says now.
    """

    def work(connection: Connection) -> dict[str, Any]:
        row = _row(connection, name, to_change=True)
        _expect_others(connection, row, act)
        if digest not in (row.digest, row.hash):
            raise RefusedError("stale", _named(name))
        given = given_approvals(connection, row.id, platform.keys)
        if any(is_same_name(one.approver, act.who) for one in given):
            return show(connection, row, changed=False)
        _expect(row, "submitted")
        add_approval(connection, row, act.step("approved"), platform.keys)
        return show(connection, row)

    return _write(platform, work)


def reject(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Give a submitted version back to its author; approvals of it are void."""

    def work(connection: Connection) -> dict[str, Any]:
        row = _row(connection, name, to_change=True)
        _expect(row, "submitted")
        void_approvals(connection, row, act.step("rejected"), platform.keys)
        change(connection, row, act.step("rejected"), platform.keys, status="draft")
        return show(connection, _row(connection, name))

    return _write(platform, work)


def waive(
    platform: Platform, name: Version, what: str, until: dt.datetime, act: Act
) -> dict[str, Any]:
    """Let what is not proved pass until a day, by name: a guarantee's id, or a table's. An edit voids it."""

    def work(connection: Connection) -> dict[str, Any]:
        row = _row(connection, name, to_change=True)
        _expect_others(connection, row, act)
        if until <= act.at:
            raise RefusedError("over", until.isoformat())
        told = act.step("waived", what=what, until=until.isoformat())
        change(connection, row, told, platform.keys)
        return show(connection, row)

    return _write(platform, work)


def assess(platform: Platform, name: Version, kept_at: str, act: Act) -> dict[str, Any]:
    """Record that the impact of a version was assessed, and where the assessment is kept."""

    def work(connection: Connection) -> dict[str, Any]:
        row = _row(connection, name, to_change=True)
        change(connection, row, act.step("assessed", kept_at=kept_at), platform.keys)
        return show(connection, row)

    return _write(platform, work)


# --- taking effect -------------------------------------------------------------------------------


def publish(platform: Platform, name: Version, act: Act) -> dict[str, Any]:
    """Publish an approved version: it is in force from its `effective_from` on.

    It is looked at once more, beside what is published by now. Raises BlockedError, RefusedError.
    """

    def work(connection: Connection, row: Row[Any], found: Review) -> dict[str, Any]:
        if row.published_at is not None:
            return show(connection, row, changed=False)
        _expect(row, "submitted")
        if found.blockers:
            raise BlockedError(found.blockers)
        needs = max(row.needs, found.approvers)
        given = given_approvals(connection, row.id, platform.keys)
        if len(given) < needs:
            raise RefusedError("not-approved", f"{len(given)} / {needs}")
        values = {"needs": needs, "published_at": act.at, "shadow_since": None}
        told = act.step("published", approvers=[one.approver for one in given], needs=needs)
        stopped = SUSPENDED in statuses_of(connection, name.kind, name.id)
        status = SUSPENDED if stopped else PUBLISHED
        change(connection, row, told, platform.keys, status=status, **values)
        raise_revision(connection)
        return show(connection, _row(connection, name))

    return _reviewed(platform, name, act, work)


def shadow(platform: Platform, name: Version, act: Act, *, runs: bool) -> dict[str, Any]:
    """Let a checked version run beside the one in force, recorded and without effect, or end that."""

    def work(connection: Connection, row: Row[Any], found: Review) -> dict[str, Any]:
        if name.kind not in RUN_IN_SHADOW:
            raise RefusedError("no-shadow", name.kind)
        if row.published_at is not None:
            raise RefusedError("published", _named(name))
        if (row.shadow_since is not None) == runs:
            return show(connection, row, changed=False)
        if runs and found.blockers:
            raise BlockedError(found.blockers)
        values: dict[str, Any] = {"shadow_since": act.at if runs else None}
        if runs:
            values |= {"checked": row.digest, "blockers": 0}
        told = act.step("shadowed" if runs else "unshadowed")
        change(connection, row, told, platform.keys, **values)
        raise_revision(connection)
        return show(connection, _row(connection, name))

    return _reviewed(platform, name, act, work)


def suspend(platform: Platform, kind: str, id_: str, act: Act) -> dict[str, Any]:
    """Stop a document: from the next decision on, what rests on it goes to a person."""
    return _stop(platform, kind, id_, act, stops=True)


def resume(platform: Platform, kind: str, id_: str, act: Act) -> dict[str, Any]:
    """Let a stopped document decide again."""
    return _stop(platform, kind, id_, act, stops=False)


def _stop(platform: Platform, kind: str, id_: str, act: Act, *, stops: bool) -> dict[str, Any]:
    before, after = (PUBLISHED, SUSPENDED) if stops else (SUSPENDED, PUBLISHED)

    def work(connection: Connection) -> dict[str, Any]:
        answer = {"kind": kind, "id": id_, "suspended": stops}
        known = statuses_of(connection, kind, id_)
        if not known & {PUBLISHED, SUSPENDED}:
            raise NotFoundError(kind, id_)
        if before not in known:
            return {**answer, "changed": False}
        set_status(connection, kind, id_, before, after)
        raise_revision(connection)
        step = act.step("suspended" if stops else "resumed")
        record_of_all(connection, kind, id_, step, platform.keys)
        return {**answer, "changed": True}

    return _write(platform, work)


# --- looking -------------------------------------------------------------------------------------


def _reviewed(
    platform: Platform,
    name: Version,
    act: Act,
    work: Callable[[Connection, Row[Any], Review], dict[str, Any]],
) -> dict[str, Any]:
    """Review a version outside of any transaction, then do the work if it is still what was reviewed."""
    for attempt in range(_TRIES):
        snapshot = platform.snapshot()
        with platform.engine.connect() as connection:
            row = _row(connection, name)
            given = _circumstances(connection, row, act)
        files = json.loads(row.files)
        document, loaded = read_draft(files, name.kind, name.id, name.version)
        looked = _Looked(row, review(snapshot.content, document, loaded, given), snapshot.revision)
        try:
            return _write(platform, _unit(name, looked, work))
        except _EditedMeanwhileError:
            if attempt == _TRIES - 1:
                raise RefusedError("stale", _named(name)) from None
    raise AssertionError


@dataclass(frozen=True, slots=True)
class _Looked:
    """A version as it was looked at, what was found, and the revision of what was beside it."""

    row: Row[Any]
    found: Review
    revision: int


def _unit(
    name: Version,
    looked: _Looked,
    work: Callable[[Connection, Row[Any], Review], dict[str, Any]],
) -> Callable[[Connection], dict[str, Any]]:
    return lambda connection: work(connection, _same(connection, name, looked), looked.found)


def _same(connection: Connection, name: Version, looked: _Looked) -> Row[Any]:
    """Give the version to change; raises _EditedMeanwhileError if it is not what was looked at."""
    row = _row(connection, name, to_change=True)
    before = looked.row
    if (row.digest, row.status) != (before.digest, before.status):
        raise _EditedMeanwhileError
    if revision_of(connection) != looked.revision:
        raise _EditedMeanwhileError
    return row


def _write(platform: Platform, work: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
    """Do a step alone: no decision is recorded and no other step is taken meanwhile."""

    def unit(connection: Connection) -> dict[str, Any]:
        hold_revision(connection, alone=True)
        return work(connection)

    return platform.writer.submit(unit, alone=True).result()


def _circumstances(connection: Connection, row: Row[Any], act: Act) -> Circumstances:
    waivers = [json.loads(one.detail) for one in steps_of(connection, row, "waived")]
    return Circumstances(
        act.at,
        frozenset(one["what"] for one in waivers if parse_instant(one["until"]) > act.at),
        assessed_versions(connection, row),
    )


def _row(connection: Connection, name: Version, *, to_change: bool = False) -> Row[Any]:
    row = find_version(connection, name, to_change=to_change)
    if row is None:
        raise NotFoundError(name.kind, name.id, name.version)
    if to_change and row.discarded_at is not None:
        raise RefusedError("wrong-state", "discarded")
    return row


def _named(name: Version) -> str:
    return f"{name.id}@{name.version}"


def _expect(row: Row[Any], status: str) -> None:
    if row.published_at is not None:
        raise RefusedError("published", f"{row.name}@{row.version}")
    if row.status != status:
        raise RefusedError("wrong-state", row.status)


def _expect_others(connection: Connection, row: Row[Any], act: Act) -> None:
    if any(is_same_name(act.who, one) for one in authors_of(connection, row)):
        raise RefusedError("own-work", f"{row.name}@{row.version}")


def _expect_own(connection: Connection, row: Row[Any], act: Act) -> None:
    if not act.may_publish and act.who not in authors_of(connection, row):
        raise RefusedError("others-work", f"{row.name}@{row.version}")


def _found(found: Review) -> dict[str, Any]:
    """Write what a review found as JSON data."""
    return {
        "findings": [finding_json(one) for one in (*found.blockers, *found.notes)],
        "needs": found.approvers,
        "stakes": list(found.stakes),
        "waived": list(found.waived),
    }
