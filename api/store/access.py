"""Who may come in: secrets that are kept as hashes, and people with a password."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy import delete, or_, select

from api.store.marks import is_marked, rewrite, write
from api.store.tables import accounts, credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection, Row, RowMapping

    from api.store.keys import Keys

Kind: TypeAlias = Literal["key", "client", "token", "session", "link"]
"""What a credential is; all are made, kept, found and revoked alike."""

_PREFIXES: dict[Kind, str] = {
    "key": "evh",
    "client": "evc",
    "token": "evt",
    "session": "evs",
    "link": "evl",
}
_NOTED_EVERY = {
    "key": dt.timedelta(days=1),
    "client": dt.timedelta(days=1),
    "session": dt.timedelta(minutes=1),
}
_LONGEST, _AT_ONCE = 200, 500
_ID = re.compile("[0-9a-f]{8,24}")


@dataclass(frozen=True, slots=True)
class Made:
    """A credential as it is made: for whom, what it may, until when, and where it came from."""

    kind: Kind
    name: str
    grants: tuple[str, ...]
    at: dt.datetime
    ends_at: dt.datetime | None = None
    case: str | None = None
    origin: str | None = None


def make(connection: Connection, keys: Keys, made: Made) -> str:
    """Make a credential with 256 bits of chance; the text is given once and kept nowhere."""
    id_, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = {
        "id": id_,
        "kind": made.kind,
        "name": made.name,
        "secret": _hash(secret),
        "grants": " ".join(sorted(set(made.grants))),
        "case_id": made.case,
        "origin": made.origin,
        "created_at": made.at,
        "ends_at": made.ends_at,
    }
    write(connection, keys, credentials, row)
    return f"{_PREFIXES[made.kind]}_{id_}_{secret}"


def find(
    connection: Connection, keys: Keys, shown: str, kinds: Iterable[Kind], now: dt.datetime
) -> Row[Any] | None:
    """Find what a text shows; None for one that is unknown, over or revoked, or whose client is.

    What somebody else than the service wrote, or altered, is unknown.
    """
    prefix, _, rest = shown.partition("_")
    id_, _, secret = rest.partition("_")
    known = {_PREFIXES[kind] for kind in kinds}
    if len(shown) > _LONGEST or prefix not in known or not _ID.fullmatch(id_):
        return None
    row = _good_one(connection, keys, id_, now)
    right = secrets.compare_digest(_hash("") if row is None else row.secret, _hash(secret))
    if row is None or not right or _PREFIXES[row.kind] != prefix:
        return None
    if row.kind == "token" and _good_one(connection, keys, row.origin, now) is None:
        return None
    return row


def _good_one(connection: Connection, keys: Keys, id_: str, now: dt.datetime) -> Row[Any] | None:
    query = select(credentials).where(credentials.c.id == id_, *_good(now))
    row = connection.execute(query).one_or_none()
    return row if row is not None and is_marked(keys, credentials, row) else None


def _good(now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    of = credentials.c
    return (of.revoked_at.is_(None), or_(of.ends_at.is_(None), of.ends_at > now))


def id_in(shown: str) -> str:
    """Give the public part of a credential's text: the id that it is listed and revoked by."""
    return shown.split("_")[1]


def is_due(row: Row[Any], now: dt.datetime) -> bool:
    """Whether its use is to be noted: of a key once a day, of a session once a minute."""
    if row.kind not in _NOTED_EVERY:
        return False
    return row.seen_at is None or now - row.seen_at >= _NOTED_EVERY[row.kind]


def see(connection: Connection, keys: Keys, id_: str, now: dt.datetime) -> None:
    """Note that a credential was used."""
    rewrite(connection, keys, credentials, credentials.c.id == id_, seen_at=now)


def revoke(connection: Connection, keys: Keys, id_: str, now: dt.datetime) -> Row[Any] | None:
    """Revoke a credential; None where there is none, or it is revoked already: of two, one is first."""
    there = (credentials.c.id == id_, credentials.c.revoked_at.is_(None))
    if not rewrite(connection, keys, credentials, *there, revoked_at=now):
        return None
    return connection.execute(select(credentials).where(credentials.c.id == id_)).one()


def revoke_sessions(connection: Connection, keys: Keys, name: str, now: dt.datetime) -> int:
    """Revoke every session of a person; gives how many there were."""
    of = credentials.c
    theirs = (of.kind == "session", of.name == name, of.revoked_at.is_(None))
    return rewrite(connection, keys, credentials, *theirs, revoked_at=now)


def list_credentials(
    connection: Connection, kinds: Iterable[Kind], now: dt.datetime, limit: int
) -> list[RowMapping]:
    """List what is good, the latest first, without its secret."""
    shown = [column for column in credentials.c if column is not credentials.c.secret]
    query = select(*shown).where(credentials.c.kind.in_(list(kinds)), *_good(now))
    ordered = query.order_by(credentials.c.created_at.desc(), credentials.c.id).limit(limit)
    return list(connection.execute(ordered).mappings())


def forget_old(connection: Connection, before: dt.datetime) -> None:
    """Delete tokens, sessions and links that were over before a moment: the log keeps what was done."""
    over = select(credentials.c.id).where(
        credentials.c.ends_at < before, credentials.c.kind.not_in(("key", "client"))
    )
    # Some at a time, and not those that another process is deleting.
    some = over.order_by(credentials.c.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
    connection.execute(delete(credentials).where(credentials.c.id.in_(some)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# --- people with a password ------------------------------------------------------------------------


def has_accounts(connection: Connection) -> bool:
    """Whether anybody has a password here."""
    return connection.execute(select(accounts.c.name).limit(1)).scalar() is not None


def account(connection: Connection, name: str) -> Row[Any] | None:
    """Give a person's account, locked until the transaction ends; None for nobody."""
    query = select(accounts).where(accounts.c.name == name).with_for_update()
    return connection.execute(query).one_or_none()


def list_accounts(connection: Connection) -> list[RowMapping]:
    """List people with a password, without it."""
    shown = [column for column in accounts.c if column is not accounts.c.password]
    return list(connection.execute(select(*shown).order_by(accounts.c.name)).mappings())


def is_good(keys: Keys, account: Row[Any]) -> bool:
    """Whether a person with this account may come in: nobody took it from them, and nobody else wrote it."""
    return account.disabled_at is None and is_marked(keys, accounts, account)


def put_account(
    connection: Connection, keys: Keys, name: str, now: dt.datetime, **values: object
) -> None:
    """Make a person's account, or change what is given of it; of one that somebody altered nothing stays."""
    row, own = account(connection, name), accounts.c.name == name
    if row is not None and is_marked(keys, accounts, row):
        rewrite(connection, keys, accounts, own, **values)
        return
    connection.execute(delete(accounts).where(own))
    empty: dict[str, object] = {"password": "", "must_change": True, "grants": ""}
    write(connection, keys, accounts, {**empty, **values, "name": name, "created_at": now})
