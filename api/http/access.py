"""Who may call which route, and what they see of the answer: every route names its scope, and there is none without."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, HTTPBearer

from api.http.problems import ProblemError
from api.http.rates import address_of
from api.services.access import Caller, find_caller
from api.services.people import note_reading
from api.settings import LOOPBACK
from engine.hiring.masking import sensitive_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.http.rates import Rate
    from api.services.platform import Platform

FORGERY = "x-csrf-token"
"""The header with which a page shows that it is ours, where a session calls for a change."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def platform_of(request: Request) -> Platform:
    """Give the open parts of the service."""
    found: Platform = request.app.state.platform
    return found


# --- who calls -------------------------------------------------------------------------------------


# What the API's description tells of credentials; `Needs` reads them itself.
_KEY = HTTPBearer(scheme_name="key", description="a key, or a client's token", auto_error=False)
_SESSION = APIKeyCookie(name="__Host-evenhand", scheme_name="session", auto_error=False)


class Needs:
    """The dependency that lets only callers with one of these scopes through; without scopes, whoever is known."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(
        self,
        request: Request,
        _key: Annotated[object, Depends(_KEY)],
        _session: Annotated[object, Depends(_SESSION)],
    ) -> Caller:
        """Find the caller by bearer key, token or session; raises ProblemError."""
        caller = await _caller(request)
        request.state.caller = caller
        if self.scopes and caller.scopes.isdisjoint(self.scopes):
            raise ProblemError("not-allowed", f"scope {' / '.join(self.scopes)}")
        return caller


def _needs(*scopes: str) -> Any:  # noqa: ANN401 - FastAPI's own
    """Make the dependency, with its scopes in the API's description."""
    return Security(Needs(*scopes), scopes=scopes)


CanDecide, CanRead, CanAudit = (_needs(scope) for scope in ("decide", "read", "audit"))
CanAuthor, CanApprove, CanPublish = (_needs(scope) for scope in ("author", "approve", "publish"))
CanPlan, CanExplain = _needs("plan", "decide"), _needs("read", "own")
TakesBack = _needs("author", "publish")
CanSeeDrafts = _needs("author", "approve", "publish", "audit")
# A check is kept beside the draft: whoever writes nothing does not check either.
CanCheck = _needs("author", "approve", "publish")
ManagesPeople, Declares, SeesGroups = (
    _needs(scope) for scope in ("people", "demographics", "fairness")
)
GrantsExceptions, Invites, GivesAccess = (
    _needs(scope) for scope in ("exceptions", "invite", "access")
)
IsKnown = _needs()


async def _caller(request: Request) -> Caller:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme:
        caller = (
            await _found(request, shown.strip(), "key", "token")
            if scheme.lower() == "bearer"
            else None
        )
    else:
        shown = session_in(request)
        caller = await _found(request, shown, "session") if shown else None
        if caller is not None and request.method not in _SAFE:
            _refuse_forgery(request, shown)
    if caller is None:
        raise ProblemError("not-authenticated")
    return caller


async def _found(request: Request, shown: str, *kinds: Any) -> Caller | None:  # noqa: ANN401 - kinds of credentials
    platform = platform_of(request)
    known = platform.callers.known(shown)
    if known is not None:
        return known if known.kind in kinds else None
    failures: Rate = request.app.state.failures
    # Counted afterwards, for nobody guesses 256 bits: many who come at once with good keys do not wait.
    if not failures.has_left(address_of(request), time.monotonic()):
        raise ProblemError("too-many")
    caller = await run_in_threadpool(find_caller, platform, shown, kinds)
    if caller is None:
        failures.allows(address_of(request), time.monotonic())
    return caller


# --- guesses ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def counted_guess(request: Request, *wrong: type[Exception]) -> Iterator[None]:
    """Count what an address shows as wrong until it has been looked at: many at once are no more than one by one.

    One of the errors in `wrong` lets it stay counted. Raises ProblemError for who has none left.
    """
    failures: Rate = request.app.state.failures
    address = address_of(request)
    if not failures.allows(address, time.monotonic()):
        raise ProblemError("too-many")
    try:
        yield
    except wrong:
        raise
    except Exception:
        failures.gives_back(address, time.monotonic())
        raise
    failures.gives_back(address, time.monotonic())


# --- sessions --------------------------------------------------------------------------------------


def is_secure(request: Request) -> bool:
    """Whether cookies are for TLS alone; only a service on loopback, of no public address, does without."""
    at = urlsplit(platform_of(request).settings.public_url or str(request.url))
    return at.scheme == "https" or at.hostname not in LOOPBACK


def cookie_name(request: Request, name: str = "evenhand") -> str:
    """Name a cookie: with the prefix no other host and no plain connection can set it (RFC 6265bis)."""
    return f"__Host-{name}" if is_secure(request) else name


def session_in(request: Request) -> str:
    """Give the session that a request's cookie shows."""
    return request.cookies.get(cookie_name(request), "")


def forgery_token(session: str) -> str:
    """Give the token that belongs to a session: who cannot read the cookie cannot make it."""
    return hashlib.sha256(f"csrf:{session}".encode()).hexdigest()


def _refuse_forgery(request: Request, session: str) -> None:
    shown = request.headers.get(FORGERY, "")
    if not secrets.compare_digest(shown.encode(), forgery_token(session).encode()):
        raise ProblemError("forged", FORGERY)
    if not is_same_origin(request, is_said=True):
        raise ProblemError("forged", "origin")


def is_same_origin(request: Request, *, is_said: bool = False) -> bool:
    """Whether a browser says that a page of the service asks; with `is_said`, silence is no answer."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site is not None or not is_said
    public = platform_of(request).settings.public_url
    if public is not None:
        return origin == public
    return urlsplit(origin).netloc == request.headers.get("host")


# --- what is seen ----------------------------------------------------------------------------------


def caller_in(request: Request) -> Caller:
    """Give the caller whom the route let through."""
    caller: Caller = request.state.caller
    return caller


def answer(request: Request, found: Any, status: int = 200) -> JSONResponse:  # noqa: ANN401 - JSON data
    """Answer with data as their caller may see them."""
    return JSONResponse(caller_in(request).seen(found), status)


def answer_record(request: Request, id_: str, found: Any, status: int = 200) -> JSONResponse:  # noqa: ANN401 - JSON data
    """Answer with what is kept in a decision: what is sensitive and in the clear is logged first."""
    caller = caller_in(request)
    fields = sensitive_in(found, caller.sight)
    if fields:
        reading = (caller.client, dt.datetime.now(dt.UTC))
        note_reading(platform_of(request), id_, fields, *reading)
    return answer(request, found, status)
