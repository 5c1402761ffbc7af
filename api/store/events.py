"""What was done about people, each with its entry in the log: erasures, exports, holds, readings, exceptions."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from api.store.keys import AlteredError, ErasedError, seal, unseal
from api.store.ledger import append
from api.store.records import new_id
from api.store.tables import events, people
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest
from engine.kernel.canonical import canonical_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, Row, Select

    from api.store.keys import Keys
    from engine.audit.entry import EntryKind


OF_THE_PERSON = frozenset({"link"})
"""The kinds whose bodies hold personal data: they are sealed with the person's key, and erased with it."""


_TRIED = 5
"""How many events and people show whether keys and database belong together."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done: by whom, about whom, and what of it is kept.

    `facts` has no personal datum, but in the kinds of `OF_THE_PERSON`.
    """

    kind: EntryKind
    by: str
    at: dt.datetime
    facts: Mapping[str, object]
    person: str | None = None


def note(connection: Connection, event: Event, keys: Keys) -> str:
    """Write an event and its log entry in the transaction of what it is about; gives its id; raises ErasedError."""
    id_, salt = new_id(event.at), secrets.token_bytes(SALT_BYTES)
    clear = {"kind": event.kind, "person": event.person, "at": event.at.isoformat()}
    body = canonical_json({**clear, "by": event.by, "facts": dict(event.facts)})
    digest = body_digest(salt, body)
    connection.execute(
        insert(events).values(
            id=id_,
            kind=event.kind,
            person=event.person,
            at=event.at,
            digest=digest,
            body=seal(_key_of(connection, event, keys), salt + body, f"event:{id_}"),
        )
    )
    append(connection, LogEntry(kind=event.kind, subject=id_, time=event.at, digest=digest))
    return id_


def _key_of(connection: Connection, event: Event, keys: Keys) -> bytes:
    if event.kind not in OF_THE_PERSON:
        return keys.master
    if event.person is None:
        raise ErasedError(event.kind)
    wrapped = connection.execute(select(people.c.key).where(people.c.id == event.person)).scalar()
    return keys.unwrap(event.person, wrapped)


def with_keys() -> Select[Any]:
    """Ask for events, each with the key of its person, where there is still one."""
    of_person = people.c.id == events.c.person
    return select(events, people.c.key, people.c.erased_at).outerjoin(people, of_person)


def open_event(row: Row[Any], keys: Keys) -> tuple[bytes, bytes]:
    """Give the salt and the body of an event that has its person's `key`; raises AlteredError, ErasedError."""
    key = keys.unwrap(row.person, row.key) if row.kind in OF_THE_PERSON else keys.master
    opened = unseal(key, row.body, f"event:{row.id}")
    return opened[:SALT_BYTES], opened[SALT_BYTES:]


def clear_of(row: Row[Any]) -> dict[str, str | None]:
    """Give what an event's row says in the clear."""
    return {"kind": row.kind, "person": row.person, "at": row.at.isoformat()}


def belong_together(connection: Connection, keys: Keys) -> bool:
    """Whether this master key is the one under which the database was begun; an empty one takes any.

    A few things are tried, for one of them may have been altered.
    """
    masters = select(events.c.id).where(events.c.kind.not_in(OF_THE_PERSON))
    written = connection.execute(masters.order_by(events.c.id).limit(_TRIED)).scalars().all()
    wrapped = select(people.c.id).where(people.c.key.is_not(None)).order_by(people.c.id)
    persons = connection.execute(wrapped.limit(_TRIED)).scalars().all()

    def open_one(id_: str) -> object:
        return open_event(connection.execute(with_keys().where(events.c.id == id_)).one(), keys)

    def unwrap_one(id_: str) -> object:
        query = select(people.c.key).where(people.c.id == id_)
        return keys.unwrap(id_, connection.execute(query).scalar())

    tries = [(open_one, id_) for id_ in written] + [(unwrap_one, id_) for id_ in persons]
    return not tries or any(_opens(open_, id_) for open_, id_ in tries)


def _opens(open_: Callable[[str], object], id_: str) -> bool:
    try:
        open_(id_)
    except (AlteredError, TypeError, ValueError, DBAPIError):
        return False
    return True


def events_of(connection: Connection, keys: Keys, person: str) -> Iterator[dict[str, Any]]:
    """Give the events about a person in order; raises AlteredError, ErasedError."""
    query = with_keys().where(events.c.person == person).order_by(events.c.at, events.c.id)
    for row in connection.execute(query).all():
        yield {"id": row.id, **json.loads(open_event(row, keys)[1])}
