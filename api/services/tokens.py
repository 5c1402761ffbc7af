"""Tokens of clients: made for their secret, for some minutes and for some of their scopes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from api.services.roles import narrowed, read_grants
from api.store import access as store
from api.store.access import Made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from api.services.platform import Platform


class BadClientError(LookupError):
    """Raised for a client that is unknown, over or revoked, and for a wrong secret."""


class BadScopeError(ValueError):
    """Raised for a scope that the client does not have."""


def issue(
    platform: Platform, client: str, secret: str, wanted: Sequence[str] | None, now: dt.datetime
) -> tuple[str, frozenset[str]]:
    """Make a token; gives it, and its scopes. Raises BadClientError, BadScopeError."""
    with platform.engine.connect() as connection:
        row = store.find(connection, platform.keys, secret, ("client",), now)
    if row is None or row.id != client:
        raise BadClientError
    grants = tuple(row.grants.split())
    _, scopes = read_grants(grants)
    if wanted is not None:
        if not wanted or not scopes.issuperset(wanted):
            raise BadScopeError
        grants, scopes = narrowed(grants, wanted), frozenset(wanted)
    ends = now + dt.timedelta(minutes=platform.settings.token_minutes)

    def work(connection: Connection) -> str:
        store.forget_old(connection, now - _KEPT_AFTER)
        if store.is_due(row, now):
            store.see(connection, platform.keys, row.id, now)
        made = Made("token", row.name, grants, now, ends, row.case_id, row.id)
        return store.make(connection, platform.keys, made)

    return platform.writer.submit(work).result(), scopes


_KEPT_AFTER = dt.timedelta(days=1)
