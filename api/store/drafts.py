"""Versions on their way to publication: drafts, approvals, and every step as an event with its log entry."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import and_, delete, func, insert, select, tuple_, update

from api.store.ledger import append
from api.store.marks import is_marked, write
from api.store.records import new_id
from api.store.tables import approvals, decisions, documents, log_entries, publishing_events
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest
from engine.audit.verify import read_leaf
from engine.kernel.canonical import ContentHash, canonical_json
from engine.publishing.draft import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row

    from api.store.keys import Keys
    from engine.audit.entry import EntryKind

Verb: TypeAlias = Literal[
    "taken_over",
    "drafted",
    "checked",
    "submitted",
    "withdrawn",
    "discarded",
    "approved",
    "voided",
    "rejected",
    "waived",
    "assessed",
    "published",
    "suspended",
    "resumed",
    "shadowed",
    "unshadowed",
]

_ENTRIES: dict[Verb, EntryKind] = {
    "approved": "approval",
    "voided": "approval",
    "rejected": "approval",
    "waived": "approval",
    "assessed": "approval",
    "suspended": "suspension",
    "resumed": "suspension",
}
"""As what the log knows a step; all others belong to a publication."""


_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Version:
    """The name of one version of one document."""

    kind: str
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote: the files of a version by path, and the hash of the document in them."""

    name: Version
    hash: ContentHash
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did, when and why; `detail` is what only some steps have."""

    verb: Verb
    who: str
    at: dt.datetime
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


# --- versions ------------------------------------------------------------------------------------


def find_version(
    connection: Connection, name: Version, *, to_change: bool = False
) -> Row[Any] | None:
    """Find a version; `to_change` keeps others from changing it until the transaction ends."""
    query = select(documents).where(
        documents.c.kind == name.kind,
        documents.c.name == name.id,
        documents.c.version == name.version,
    )
    return connection.execute(query.with_for_update() if to_change else query).one_or_none()


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: at most `limit` rows after the one that `after` names; all from the first on without."""

    limit: int
    after: str = ""


def list_versions(
    connection: Connection, kind: str | None, id_: str | None, page: Page
) -> Sequence[Row[Any]]:
    """List versions by name, in the order in which they were begun; `after` is the number of a row."""
    order = tuple_(documents.c.kind, documents.c.name, documents.c.id)
    query = select(documents).order_by(documents.c.kind, documents.c.name, documents.c.id)
    if kind is not None:
        query = query.where(documents.c.kind == kind)
    if id_ is not None:
        query = query.where(documents.c.name == id_)
    if page.after:
        last = select(*order.clauses).where(documents.c.id == int(page.after))
        query = query.where(order > last.scalar_subquery())
    return connection.execute(query.limit(page.limit)).all()


def versions_of(connection: Connection, kind: str, id_: str) -> frozenset[str]:
    """Name the versions of a document."""
    query = select(documents.c.version).where(documents.c.kind == kind, documents.c.name == id_)
    return frozenset(connection.execute(query).scalars())


def put_draft(connection: Connection, draft: Draft, step: Step, keys: Keys) -> None:
    """Write a new draft, or other files over an old one: its approvals are void, its shadow ends."""
    name = draft.name
    row = find_version(connection, name, to_change=True)
    values = {
        "hash": draft.hash,
        "files": json.dumps(dict(draft.files), ensure_ascii=False),
        "digest": digest_of(draft.files),
        "author": step.who,
        "status": "draft",
        "checked": None,
        "blockers": None,
        "shadow_since": None,
        "discarded_at": None,
    }
    if row is None:
        connection.execute(
            insert(documents).values(
                kind=name.kind, name=name.id, version=name.version, created_at=step.at, **values
            )
        )
    else:
        void_approvals(connection, row, step, keys)
        connection.execute(update(documents).where(documents.c.id == row.id).values(values))
    record(connection, find_version(connection, name), step, keys)


def change(connection: Connection, row: Row[Any], step: Step, keys: Keys, **values: object) -> None:
    """Change what is known of a version, and record the step."""
    if values:
        connection.execute(update(documents).where(documents.c.id == row.id).values(values))
    record(connection, row, step, keys)


def statuses_of(connection: Connection, kind: str, id_: str) -> frozenset[str]:
    """Give the states that the versions of a document have."""
    query = select(documents.c.status).where(documents.c.kind == kind, documents.c.name == id_)
    return frozenset(connection.execute(query).scalars())


def set_status(connection: Connection, kind: str, id_: str, before: str, after: str) -> None:
    """Give all versions of a document that have one status another."""
    changing = update(documents).where(
        documents.c.kind == kind, documents.c.name == id_, documents.c.status == before
    )
    connection.execute(changing.values(status=after))


# --- approvals -----------------------------------------------------------------------------------


def approvals_of(connection: Connection, document: int) -> Sequence[Row[Any]]:
    """List the approvals of a version as it is, whoever wrote them."""
    query = select(approvals).where(approvals.c.document == document).order_by(approvals.c.id)
    return connection.execute(query).all()


def given_approvals(connection: Connection, document: int, keys: Keys) -> list[Row[Any]]:
    """List the approvals that count: one that somebody wrote by hand does not."""
    there = approvals_of(connection, document)
    return [one for one in there if is_marked(keys, approvals, one)]


def add_approval(connection: Connection, row: Row[Any], step: Step, keys: Keys) -> None:
    """Write an approval of a version as it is."""
    approval = {
        "document": row.id,
        "hash": row.hash,
        "digest": row.digest,
        "author": row.author,
        "approver": step.who,
        "reason": step.reason,
        "at": step.at,
    }
    write(connection, keys, approvals, approval)
    record(connection, row, step, keys)


def void_approvals(connection: Connection, row: Row[Any], cause: Step, keys: Keys) -> None:
    """Take the approvals of a version away, and record whose they were."""
    given = [one.approver for one in approvals_of(connection, row.id)]
    if given:
        connection.execute(delete(approvals).where(approvals.c.document == row.id))
        detail = {"approvers": given, "by": cause.verb}
        record(connection, row, Step("voided", cause.who, cause.at, cause.reason, detail), keys)


# --- history -------------------------------------------------------------------------------------


def record(connection: Connection, row: Row[Any] | None, step: Step, keys: Keys) -> None:
    """Write a step about a version, with its entry in the log."""
    if row is None:
        raise LookupError(step.verb)
    about = {"kind": row.kind, "name": row.name, "version": row.version}
    _write(connection, step, {**about, "hash": row.hash, "digest": row.digest}, row.id, keys)


def record_of_all(connection: Connection, kind: str, id_: str, step: Step, keys: Keys) -> None:
    """Write a step about all versions of a document."""
    about = {"kind": kind, "name": id_, "version": None, "hash": None, "digest": None}
    _write(connection, step, about, None, keys)


def _write(
    connection: Connection,
    step: Step,
    about: Mapping[str, str | None],
    document: int | None,
    keys: Keys,
) -> None:
    values = {
        "id": new_id(step.at),
        **about,
        "verb": step.verb,
        "who": step.who,
        "reason": step.reason,
        "detail": canonical_json(dict(step.detail)).decode(),
    }
    salt, at = secrets.token_bytes(SALT_BYTES), step.at.astimezone(dt.UTC)
    entry = body_digest(salt, canonical_json({**values, "at": at.isoformat()}))
    row = {**values, "document": document, "at": step.at, "salt": salt, "entry": entry}
    write(connection, keys, publishing_events, row)
    told = LogEntry(
        kind=_ENTRIES.get(step.verb, "publication"),
        subject=str(values["id"]),
        time=step.at,
        digest=entry,
        used=() if about["hash"] is None else (ContentHash(about["hash"]),),
    )
    append(connection, told)


COMMITTED = ("id", "kind", "name", "version", "hash", "digest", "verb", "who", "reason", "detail")
"""The columns of a step that, with its time, the log commits to."""


def intact_steps(connection: Connection, steps: Sequence[Row[Any]]) -> frozenset[str]:
    """Name the steps that are what the log committed to when they were taken."""
    logged: dict[str, bytes] = {}
    ids = [step.id for step in steps]
    for first in range(0, len(ids), _AT_ONCE):
        query = select(log_entries.c.subject, log_entries.c.leaf)
        chosen = query.where(log_entries.c.subject.in_(ids[first : first + _AT_ONCE]))
        logged |= {subject: bytes(leaf) for subject, leaf in connection.execute(chosen)}
    intact = set()
    for step in steps:
        body = {name: getattr(step, name) for name in COMMITTED}
        digest = body_digest(step.salt, canonical_json({**body, "at": step.at.isoformat()}))
        leaf = logged.get(step.id)
        entry = None if leaf is None else read_leaf(leaf)
        if entry is not None and entry.digest == digest == step.entry:
            intact.add(step.id)
    return frozenset(intact)


def history_of(
    connection: Connection, kind: str, id_: str, version: str | None, page: Page
) -> Sequence[Row[Any]]:
    """List the steps of a document's versions, the latest first; `after` is the id of a step."""
    events = publishing_events.c
    query = select(publishing_events).where(events.kind == kind, events.name == id_)
    if version is not None:
        query = query.where((events.version == version) | events.version.is_(None))
    if page.after:
        last = select(publishing_events.c.number).where(events.id == page.after)
        query = query.where(events.number < last.scalar_subquery())
    return connection.execute(query.order_by(events.number.desc()).limit(page.limit)).all()


def is_stopped(connection: Connection, kind: str, id_: str, known_at: dt.datetime) -> bool:
    """Whether the last that was known then is that a document was stopped."""
    events = publishing_events.c
    query = select(events.verb).where(events.kind == kind, events.name == id_)
    query = query.where(events.verb.in_(("suspended", "resumed")), events.at <= known_at)
    return connection.execute(query.order_by(events.number.desc()).limit(1)).scalar() == "suspended"


def steps_of(connection: Connection, row: Row[Any], verb: Verb) -> Sequence[Row[Any]]:
    """List the steps of one kind about a version as it is."""
    events = publishing_events.c
    query = select(publishing_events).where(
        events.document == row.id, events.verb == verb, events.digest == row.digest
    )
    return connection.execute(query.order_by(events.number)).all()


def assessed_versions(connection: Connection, row: Row[Any]) -> frozenset[str]:
    """Name the versions of a document whose impact was assessed, as they are now."""
    events = publishing_events.c
    query = (
        select(documents.c.version)
        .join(publishing_events, events.document == documents.c.id)
        .where(documents.c.kind == row.kind, documents.c.name == row.name)
        .where(events.verb == "assessed", events.digest == documents.c.digest)
    )
    return frozenset(connection.execute(query).scalars())


def authors_of(connection: Connection, row: Row[Any]) -> frozenset[str]:
    """Name all who ever wrote at a version."""
    events = publishing_events.c
    query = select(events.who).where(events.document == row.id, events.verb == "drafted")
    return frozenset({row.author, *connection.execute(query).scalars()})


def count_by(connection: Connection, name: Version) -> int:
    """Count the decisions that a version of a rule set made."""
    query = select(func.count()).select_from(decisions).where(_made_by(name))
    return int(connection.execute(query).scalar_one())


def decisions_by(connection: Connection, name: Version, page: Page) -> Sequence[Row[Any]]:
    """List the decisions that a version of a rule set made, by time; `after` is the id of one."""
    columns = (decisions.c[one] for one in ("id", "decided_at", "as_of", "status"))
    query = select(*columns).where(_made_by(name), decisions.c.id > page.after)
    return connection.execute(query.order_by(decisions.c.id).limit(page.limit)).all()


def _made_by(name: Version) -> ColumnElement[bool]:
    return and_(decisions.c.rule_set == name.id, decisions.c.version == name.version)
