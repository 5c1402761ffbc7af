"""What steps were answered with under an idempotency key: asked again, the same answer, and nothing is done twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from api.store.keys import seal, unseal
from api.store.marks import write
from api.store.people import is_erased
from api.store.records import KeyReusedError, key_of
from api.store.tables import people, replies
from engine.kernel.canonical import canonical_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

    from api.store.keys import Keys
    from engine.kernel.canonical import ContentHash

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Once:
    """A request under an idempotency key; `person_of` says whom its answer is about, if anybody.

    What was answered about a person is encrypted with that person's key, and is gone with it.
    """

    client: str
    key: str
    request: ContentHash
    at: dt.datetime
    person_of: Callable[[Connection, object], str | None]


def answer_once(
    connection: Connection, once: Once, keys: Keys, work: Callable[[Connection], T]
) -> T:
    """Do the work and keep its answer, which is JSON data; under a known key only give the answer.

    Raises KeyReusedError for another request under the key, ErasedError for the answer about a
    person who was erased.
    """
    place = f"reply:{once.client}:{once.key}"
    known = select(replies, people.c.key.label("of_person")).outerjoin(people)
    row = connection.execute(
        known.where(replies.c.client == once.client, replies.c.key == once.key)
    ).one_or_none()
    if row is not None:
        if row.request != once.request:
            raise KeyReusedError(once.key)
        key = keys.master if row.person is None else keys.unwrap(row.person, row.of_person)
        told: T = json.loads(unseal(key, row.body, place))
        return told
    made = work(connection)
    person = once.person_of(connection, made)
    # Who was just erased has no key any more: what is left to say is where else to erase.
    if person is not None and is_erased(connection, person):
        person = None
    key = keys.master if person is None else key_of(connection, person, keys)
    reply = {
        "client": once.client,
        "key": once.key,
        "request": once.request,
        "person": person,
        "body": seal(key, canonical_json(made), place),
        "at": once.at,
    }
    write(connection, keys, replies, reply)
    return made
