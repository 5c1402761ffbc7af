"""Who calls: found by the key that comes with a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.store.access import Caller, caller_of

if TYPE_CHECKING:
    from api.services.platform import Platform

__all__ = ["Caller", "find_caller"]


def find_caller(platform: Platform, authorization: str) -> Caller | None:
    """Find the caller by an `Authorization` header; None for a key that is unknown or revoked."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    with platform.engine.connect() as connection:
        return caller_of(connection, key)
