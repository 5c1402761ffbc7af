"""Decisions as they are kept: a row in the clear, the inputs and the answer encrypted, a log entry."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, or_, select

from api.store.keys import new_key, seal, unseal
from api.store.ledger import append
from api.store.tables import answers, decisions, people
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest
from engine.kernel.canonical import canonical_json, content_hash

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import Connection, RowMapping

    from api.store.keys import Keys
    from engine.kernel.canonical import ContentHash


class KeyReusedError(ValueError):
    """Raised when an idempotency key comes with another request than the first time."""


@dataclass(frozen=True, slots=True)
class Record:
    """A decision on its way into the store: what is kept in the clear, and the body, which is not."""

    id: str
    case: str | None
    person: str
    rule_set: str
    version: str
    status: str
    used: tuple[ContentHash, ...]
    decided_at: dt.datetime
    as_of: dt.datetime
    engine: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it was kept, with its body opened."""

    id: str
    decided_at: dt.datetime
    as_of: dt.datetime
    engine: str
    rule_set: str
    version: str
    digest: str
    body: dict[str, object]


def new_id(now: dt.datetime) -> str:
    """Make an id that sorts by time: 48 bits of milliseconds, 80 of chance (as RFC 9562, version 7 does)."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def request_hash(request: object) -> ContentHash:
    """Name a request by what it says."""
    return content_hash(canonical_json(request))


def answered(connection: Connection, client: str, key: str, request: ContentHash) -> str | None:
    """Give the decision that was answered under this key; raises KeyReusedError for another request."""
    query = select(answers.c.request, answers.c.decision).where(
        answers.c.client == client, answers.c.key == key
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.request != request:
        raise KeyReusedError(key)
    return str(row.decision)


def keep_answer(
    connection: Connection, client: str, key: str, request: ContentHash, record: Record
) -> None:
    """Keep under an idempotency key which decision was answered."""
    values = {"client": client, "key": key, "request": request, "decision": record.id}
    connection.execute(insert(answers).values(at=record.decided_at, **values))


def keep(connection: Connection, record: Record, keys: Keys) -> ContentHash:
    """Write a decision and its log entry; gives the digest that the log commits to."""
    key = _key_of(connection, record.person, keys)
    salt, body = secrets.token_bytes(SALT_BYTES), canonical_json(record.body)
    digest = body_digest(salt, body)
    connection.execute(
        insert(decisions).values(
            id=record.id,
            case_id=record.case,
            person=record.person,
            rule_set=record.rule_set,
            version=record.version,
            status=record.status,
            decided_at=record.decided_at,
            as_of=record.as_of,
            engine=record.engine,
            digest=digest,
            body=seal(key, salt + body, f"decision:{record.id}"),
        )
    )
    entry = LogEntry(
        kind="decision",
        subject=record.id,
        time=record.decided_at,
        digest=digest,
        used=record.used,
        previous=_previous(connection, record),
    )
    append(connection, entry)
    return digest


def open_record(connection: Connection, id_: str, keys: Keys) -> Kept | None:
    """Give a decision with its body; raises ErasedError, AlteredError, None for no such decision."""
    query = select(decisions, people.c.key).join(people).where(decisions.c.id == id_)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    key = keys.unwrap(row.person, row.key)
    opened = unseal(key, row.body, f"decision:{row.id}")
    return Kept(
        id=row.id,
        decided_at=row.decided_at,
        as_of=row.as_of,
        engine=row.engine,
        rule_set=row.rule_set,
        version=row.version,
        digest=row.digest,
        body=json.loads(opened[SALT_BYTES:]),
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """By what records are looked for, all of it together; `after` is the last of the page before."""

    case: str | None = None
    person: str | None = None
    rule_set: str | None = None
    version: str | None = None
    status: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    after: tuple[dt.datetime, str] | None = None


def list_records(connection: Connection, sought: Sought, limit: int) -> list[RowMapping]:
    """List what is in the clear of records, the latest first, `limit` of them."""
    of = decisions.c
    equal = {
        of.case_id: sought.case,
        of.person: sought.person,
        of.rule_set: sought.rule_set,
        of.version: sought.version,
        of.status: sought.status,
    }
    wanted = [column == value for column, value in equal.items() if value is not None]
    if sought.since is not None:
        wanted.append(of.decided_at >= sought.since)
    if sought.until is not None:
        wanted.append(of.decided_at < sought.until)
    if sought.after is not None:
        moment, id_ = sought.after
        earlier = and_(of.decided_at == moment, of.id < id_)
        # The first half says the same twice: with it the index is entered at the place.
        wanted += [of.decided_at <= moment, or_(of.decided_at < moment, earlier)]
    query = select(*(column for column in of if column is not of.body)).where(*wanted)
    found = connection.execute(query.order_by(of.decided_at.desc(), of.id.desc()).limit(limit))
    return list(found.mappings())


def _key_of(connection: Connection, person: str, keys: Keys) -> bytes:
    query = select(people.c.key).where(people.c.id == person)
    row = connection.execute(query).one_or_none()
    if row is not None:
        return keys.unwrap(person, row.key)
    key = new_key()
    connection.execute(insert(people).values(id=person, key=keys.wrap(person, key)))
    return key


def _previous(connection: Connection, record: Record) -> ContentHash | None:
    """Give the digest of the decision before it of the same case."""
    if record.case is None:
        return None
    query = (
        select(decisions.c.digest)
        .where(decisions.c.case_id == record.case, decisions.c.id != record.id)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
        .limit(1)
    )
    found: ContentHash | None = connection.execute(query).scalar()
    return found
