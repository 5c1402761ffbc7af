"""What was done about people, each with its entry in the log: erasures, exports, holds, readings, exceptions."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from api.store.keys import seal, unseal
from api.store.ledger import append
from api.store.records import new_id
from api.store.tables import events
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest
from engine.kernel.canonical import canonical_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys
    from engine.audit.entry import EntryKind


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done: by whom, about whom, and what of it is kept; `facts` has no personal datum."""

    kind: EntryKind
    by: str
    at: dt.datetime
    facts: Mapping[str, object]
    person: str | None = None


def note(connection: Connection, event: Event, keys: Keys) -> str:
    """Write an event and its log entry in the transaction of what it is about; gives its id."""
    id_, salt = new_id(event.at), secrets.token_bytes(SALT_BYTES)
    clear = {"kind": event.kind, "person": event.person, "at": event.at.isoformat()}
    body = canonical_json({**clear, "by": event.by, "facts": event.facts})
    digest = body_digest(salt, body)
    connection.execute(
        insert(events).values(
            id=id_,
            kind=event.kind,
            person=event.person,
            at=event.at,
            digest=digest,
            body=seal(keys.master, salt + body, f"event:{id_}"),
        )
    )
    append(connection, LogEntry(kind=event.kind, subject=id_, time=event.at, digest=digest))
    return id_


def open_event(row: Row[Any], keys: Keys) -> tuple[bytes, bytes]:
    """Give the salt and the body of an event; raises AlteredError."""
    opened = unseal(keys.master, row.body, f"event:{row.id}")
    return opened[:SALT_BYTES], opened[SALT_BYTES:]


def events_of(connection: Connection, keys: Keys, person: str) -> Iterator[dict[str, Any]]:
    """Give the events about a person in order; raises AlteredError."""
    query = select(events).where(events.c.person == person).order_by(events.c.at, events.c.id)
    for row in connection.execute(query).all():
        yield {"id": row.id, **json.loads(open_event(row, keys)[1])}
