"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from api.store.tables import api_keys

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy import Connection

PREFIX = "evh"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the client's name, and what it may do."""

    client: str
    scopes: frozenset[str]


def make_key(connection: Connection, client: str, scopes: Iterable[str], now: dt.datetime) -> str:
    """Make a key with 256 bits of chance; the text is given once and kept nowhere."""
    id_, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    connection.execute(
        insert(api_keys).values(
            id=id_,
            client=client,
            secret=_hash(secret),
            scopes=" ".join(sorted(scopes)),
            created_at=now,
        )
    )
    return f"{PREFIX}_{id_}_{secret}"


def caller_of(connection: Connection, key: str) -> Caller | None:
    """Find who holds a key; None for one that is unknown or revoked."""
    prefix, _, rest = key.partition("_")
    id_, _, secret = rest.partition("_")
    if prefix != PREFIX or not id_ or not secret:
        return None
    query = select(api_keys).where(api_keys.c.id == id_, api_keys.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None or not secrets.compare_digest(row.secret, _hash(secret)):
        return None
    return Caller(row.client, frozenset(row.scopes.split()))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
