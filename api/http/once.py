"""Idempotency keys: what records is done once under a key, and answered alike whenever it is asked again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Depends, Header, Request

from api.http.access import caller_in, platform_of
from api.http.bodies import body_in
from api.http.problems import ProblemError
from api.services.once import asked_once
from api.services.platform import Platform

_NAME = "idempotency-key"
KEY_SIGNS = r"^[\x20-\x7e]+$"
"""What a key is made of: signs that every program between us reads alike."""


def one_key(request: Request) -> None:
    """Refuse two keys: which of them is meant, programs on the way see differently; raises ProblemError."""
    if len(request.headers.getlist(_NAME)) > 1:
        raise ProblemError("not-valid", f"{_NAME}: > 1")


OneKey = Depends(one_key)
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=KEY_SIGNS,
        description="The same key with the same request has the same answer, and is done once.",
    ),
]


def once_only(request: Request, idempotency_key: IdempotencyKey = None) -> Platform:
    """Give the platform that a step is taken on; it stands behind caller and body among a route's parameters."""
    one_key(request)
    platform = platform_of(request)
    if idempotency_key is None:
        return platform
    said = f"{request.method} {request.url.path}\n".encode() + body_in(request)
    person = request.path_params.get("person")
    client, now = caller_in(request).client, dt.datetime.now(dt.UTC)
    return asked_once(platform, client, idempotency_key, said, person, now)


Once = Annotated[Platform, Depends(once_only)]
