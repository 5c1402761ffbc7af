"""Who calls, found by what they show; and who gives, changes and takes access, each time on the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.services.callers import Caller
from api.services.roles import read_grants, sight_of, wrong_grants
from api.store import access as store
from api.store.access import Kind, Made
from api.store.events import Event, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Row

    from api.services.platform import Platform

__all__ = ["Caller", "Kind", "Made", "WrongGrantsError", "find_caller"]

REMEMBERED_SECONDS = 5.0
"""How long a caller is known without asking the database: another process may revoke it meanwhile."""
BY_PASSWORD, BY_ONCE, BY_PROVIDER = "password", "once", "provider"
"""How a session began; the session of a one-time password can only set another."""
MOST_LISTED = 1_000


class WrongGrantsError(ValueError):
    """Raised for a scope or role that there is none of."""


def find_caller(platform: Platform, shown: str, kinds: tuple[Kind, ...]) -> Caller | None:
    """Find who shows a key, token or session; None for one that is unknown, over or revoked."""
    known = platform.callers.known(shown)
    if known is not None:
        return known if known.kind in kinds else None
    turn, now = platform.callers.turn, dt.datetime.now(dt.UTC)
    with platform.engine.connect() as connection:
        row = store.find(connection, platform.keys, shown, kinds, now)
    if row is None or _is_over(platform, row, now):
        return None
    if store.is_due(row, now):
        platform.writer.submit(lambda c: store.see(c, platform.keys, row.id, now))
    caller = caller_of(row)
    left = REMEMBERED_SECONDS
    if row.ends_at is not None:
        left = min(left, (row.ends_at - now).total_seconds())
    platform.callers.remember(shown, caller, left, turn)
    return caller


def _is_over(platform: Platform, row: Row[Any], now: dt.datetime) -> bool:
    """Whether a session was left alone for too long, or began in a way that is closed now."""
    if row.kind != "session":
        return False
    idle = dt.timedelta(minutes=platform.settings.session_idle_minutes)
    closed = row.origin in {BY_PASSWORD, BY_ONCE} and not platform.settings.takes_passwords()
    return closed or now - (row.seen_at or row.created_at) > idle


def caller_of(row: Row[Any]) -> Caller:
    """Give the caller that a credential stands for."""
    roles, scopes = read_grants(row.grants.split())
    sight = sight_of(roles, scopes)
    return Caller(row.name, scopes, roles, sight, row.id, row.kind, row.case_id, row.origin)


# --- giving and taking -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives or takes access, and when."""

    by: str
    at: dt.datetime


def give(platform: Platform, made: Made, by: str) -> str:
    """Make a key, client or link; gives its text, this once. Raises WrongGrantsError."""
    check_grants(made.grants)
    return platform.writer.submit(lambda c: given(c, platform, made, by)).result()


def given(connection: Connection, platform: Platform, made: Made, by: str) -> str:
    """Do what `give` does, in a transaction that does more."""
    shown = store.make(connection, platform.keys, made)
    facts = {
        "action": "made",
        "what": made.kind,
        "credential": store.id_in(shown),
        "name": made.name,
        "grants": sorted(made.grants),
        "case": made.case,
        "ends_at": _moment(made.ends_at),
    }
    log_change(connection, platform, Giver(by, made.at), facts)
    return shown


def shown_once(kind: Kind, shown: str) -> dict[str, str]:
    """Say a new secret, with the id that it is revoked by; of a client that is the `client_id`."""
    if kind == "client":
        return {"client_id": store.id_in(shown), "client_secret": shown}
    return {"id": store.id_in(shown), "key": shown}


def take(platform: Platform, id_: str, giver: Giver) -> bool:
    """Revoke a key, client, token, session or link; whether there was one."""

    def work(connection: Connection) -> bool:
        row = store.revoke(connection, platform.keys, id_, giver.at)
        if row is None:
            return False
        facts = {"action": "revoked", "what": row.kind, "credential": id_, "name": row.name}
        log_change(connection, platform, giver, facts)
        return True

    done = platform.writer.submit(work).result()
    platform.callers.forget()
    return done


def log_change(
    connection: Connection, platform: Platform, giver: Giver, facts: Mapping[str, object]
) -> None:
    """Log a change of access in its own transaction; no secret is among the facts."""
    said = {name: fact for name, fact in facts.items() if fact is not None}
    note(connection, Event("key_change", giver.by, giver.at, said), platform.keys)


_LISTED: tuple[Kind, ...] = ("key", "client", "session", "link")


def listed(platform: Platform) -> list[dict[str, Any]]:
    """List keys, clients, sessions and links that are good, without their secrets, the latest first."""
    now = dt.datetime.now(dt.UTC)
    with platform.engine.connect() as connection:
        rows = store.list_credentials(connection, _LISTED, now, MOST_LISTED)
    return [
        {
            "id": row["id"],
            "kind": row["kind"],
            "name": row["name"],
            "grants": row["grants"].split(),
            "case": row["case_id"],
            **{name: _moment(row[name]) for name in ("created_at", "ends_at")},
            "last_used": row["seen_at"].date().isoformat() if row["seen_at"] else None,
        }
        for row in rows
    ]


def check_grants(grants: Iterable[str]) -> None:
    """Refuse what nothing is known of; raises WrongGrantsError."""
    if wrong := wrong_grants(grants):
        raise WrongGrantsError(", ".join(wrong))


def _moment(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
