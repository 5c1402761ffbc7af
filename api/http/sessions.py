"""Sessions of people: come in by password, by an OpenID provider or by a link; see who one is; go."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.http.access import (
    Invites,
    IsKnown,
    cookie_name,
    counted_guess,
    forgery_token,
    is_same_origin,
    is_secure,
    platform_of,
    session_in,
)
from api.http.answers import LinkAnswer
from api.http.bodies import CaseName, RequestBody, body_as
from api.http.documented import answers, body_of
from api.http.problems import ProblemError
from api.observability import logger
from api.services import sign_in
from api.services.access import BY_ONCE, Caller, Made, find_caller, give
from api.services.sign_in import NotSignedInError, Provider, ProviderError, Return

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.http.rates import Rate

router = APIRouter(prefix="/v1", tags=["sessions"])

_AWAY = "evenhand-sign-in"
_AWAY_SECONDS = 600
_HOME = "/v1/session"
_Printed = r"^[^\x00-\x1f\x7f]+$"


class SignIn(RequestBody):
    """A name and the password that goes with it."""

    name: str = Field(max_length=64, pattern=_Printed, examples=["administrator"])
    password: str = Field(max_length=sign_in.MOST)


class NewPassword(RequestBody):
    """The password until now, unless it was a one-time one, and the next."""

    before: str = Field("", max_length=sign_in.MOST)
    password: str = Field(max_length=sign_in.MOST, examples=["twelve letters at the least"])


class Invitation(RequestBody):
    """The case whose candidate is to have a link, and for how long it can be redeemed."""

    case: CaseName
    minutes: int | None = Field(None, ge=5, examples=[1440])


class Redemption(RequestBody):
    """The link as the candidate was sent it."""

    link: str = Field(max_length=200, examples=["evl_4c1f09ab5d6e7f80_…"])


class SessionAnswer(BaseModel):
    """Who one is, and the token for `x-csrf-token` with every change that a session asks for."""

    name: str
    roles: list[str]
    scopes: list[str]
    csrf_token: str | None = Field(description="none for a key or token")
    must_change_password: bool
    case: str | None = None
    decisions: list[str] | None = Field(None, description="of a candidate: those of the case")


def _who(request: Request, caller: Caller, shown: str) -> dict[str, Any]:
    own = caller.case is not None
    return {
        "name": caller.client,
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
        "csrf_token": forgery_token(shown) if caller.kind == "session" else None,
        "must_change_password": caller.origin == BY_ONCE,
        "case": caller.case,
        "decisions": sign_in.own_decisions(platform_of(request), caller.case or "")
        if own
        else None,
    }


def _begun(request: Request, shown: str) -> JSONResponse:
    """Answer with a new session and its cookie."""
    caller = find_caller(platform_of(request), shown, ("session",))
    if caller is None:
        raise ProblemError("not-authenticated")
    answered = JSONResponse(_who(request, caller, shown), 201)
    _set_cookie(request, answered, shown)
    return answered


def _set_cookie(request: Request, answered: Response, shown: str) -> None:
    # Lax, for the way back from the provider is a navigation from elsewhere; changes need more.
    answered.set_cookie(
        cookie_name(request), shown, secure=is_secure(request), httponly=True, samesite="lax"
    )


def _own_page_only(request: Request) -> None:
    """Let no other site's page sign a browser in: who is signed in as another tells them things."""
    if not is_same_origin(request):
        raise ProblemError("forged", "origin")


def _come_in(request: Request, begin: Callable[[], str], name: str | None = None) -> JSONResponse:
    """Begin a session, slowly for who fails: by address, and by name from wherever it is tried."""
    _own_page_only(request)
    names: Rate = request.app.state.names
    with _telling(), counted_guess(request, NotSignedInError):
        if name is not None and not names.allows(name, time.monotonic()):
            raise ProblemError("too-many")
        shown = begin()
    # A session of before is not taken over: neither by whoever set its cookie, nor by who comes next.
    _end(request)
    return _begun(request, shown)


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """Let the log say why somebody does not come in."""
    try:
        yield
    except (NotSignedInError, ProviderError) as error:
        logger().warning("not signed in", why=str(error))
        raise


def _end(request: Request) -> None:
    platform, shown = platform_of(request), session_in(request)
    if shown:
        sign_in.sign_out(platform, shown, dt.datetime.now(dt.UTC))


# --- by password -----------------------------------------------------------------------------------


@router.post(
    "/session",
    status_code=201,
    response_model=SessionAnswer,
    responses=answers("not-signed-in", "forged", "too-large"),
    openapi_extra=body_of(SignIn),
)
def post_session(request: Request, body: Annotated[SignIn, body_as(SignIn)]) -> JSONResponse:
    """Sign in with a password. A one-time password opens one session, which can only set another."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    return _come_in(
        request, lambda: sign_in.sign_in(platform, body.name, body.password, now), body.name
    )


@router.put(
    "/session/password",
    status_code=201,
    response_model=SessionAnswer,
    responses=answers("not-signed-in", "forged", "weak-password", "too-large"),
    openapi_extra=body_of(NewPassword),
)
def put_password(
    request: Request,
    caller: Annotated[Caller, IsKnown],
    body: Annotated[NewPassword, body_as(NewPassword)],
) -> JSONResponse:
    """Set one's own password; all one's sessions end, and a new one begins."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    return _come_in(
        request,
        lambda: sign_in.change_password(platform, caller, body.before, body.password, now),
        caller.client,
    )


@router.get("/session", response_model=SessionAnswer, responses=answers())
def get_session(request: Request, caller: Annotated[Caller, IsKnown]) -> JSONResponse:
    """Say who one is, with which roles and scopes."""
    return JSONResponse(_who(request, caller, session_in(request)))


@router.delete("/session", status_code=204, dependencies=[IsKnown], responses=answers("forged"))
def delete_session(request: Request) -> Response:
    """End the session."""
    _end(request)
    answered = Response(status_code=204)
    answered.delete_cookie(
        cookie_name(request), secure=is_secure(request), httponly=True, samesite="lax"
    )
    return answered


# --- by an OpenID provider -------------------------------------------------------------------------


def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.provider
    if found is None:
        raise ProblemError("not-found", "OpenID provider")
    return found


def is_own_path(to: str) -> bool:
    """Whether a text is a path of this service, and no browser can read another place in it."""
    plain = to.isascii() and to.isprintable() and "\\" not in to and " " not in to
    return plain and to.startswith("/") and not to.startswith("//")


@router.get(
    "/session/login",
    status_code=303,
    response_class=RedirectResponse,
    responses=answers("not-found", "not-signed-in"),
)
def get_login(
    request: Request, to: Annotated[str, Query(max_length=500)] = _HOME
) -> RedirectResponse:
    """Go to the OpenID provider to sign in; `to` is the path to come back to."""
    provider, now = _provider(request), dt.datetime.now(dt.UTC)
    wanted = to if is_own_path(to) else _HOME
    with _telling():
        departure = sign_in.depart(platform_of(request), provider, wanted, now)
    answered = RedirectResponse(departure.address, 303)
    answered.set_cookie(
        cookie_name(request, _AWAY),
        departure.sealed,
        max_age=_AWAY_SECONDS,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return answered


@router.get(
    "/session/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses=answers("not-found", "not-signed-in"),
)
def get_callback(
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str | None, Query(max_length=300)] = None,
) -> RedirectResponse:
    """Come back from the OpenID provider: only the browser that went there, with what it was given."""
    provider, now = _provider(request), dt.datetime.now(dt.UTC)
    away = cookie_name(request, _AWAY)
    back = Return(request.cookies.get(away, ""), state, code, iss)
    with _telling(), counted_guess(request, NotSignedInError, ProviderError):
        shown, to = sign_in.arrive(platform_of(request), provider, back, now)
    _end(request)
    answered = RedirectResponse(to, 303)
    _set_cookie(request, answered, shown)
    answered.delete_cookie(away, secure=is_secure(request), httponly=True, samesite="lax")
    return answered


# --- candidates ------------------------------------------------------------------------------------


@router.post(
    "/links",
    status_code=201,
    responses=answers("too-large"),
    openapi_extra=body_of(Invitation),
    response_model=LinkAnswer,
)
def post_link(
    request: Request,
    caller: Annotated[Caller, Invites],
    body: Annotated[Invitation, body_as(Invitation)],
) -> JSONResponse:
    """Make a link for the candidate of a case; it is shown this once, and redeemed once."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    most = platform.settings.link_minutes
    ends = now + dt.timedelta(minutes=min(body.minutes or most, most))
    made = Made("link", "candidate", ("role:candidate",), now, ends, body.case)
    link = give(platform, made, caller.client)
    return JSONResponse({"link": link, "case": body.case, "ends_at": ends.isoformat()}, 201)


@router.post(
    "/session/link",
    status_code=201,
    response_model=SessionAnswer,
    responses=answers("not-signed-in", "forged", "too-large"),
    openapi_extra=body_of(Redemption),
)
def post_redemption(
    request: Request, body: Annotated[Redemption, body_as(Redemption)]
) -> JSONResponse:
    """Redeem a link: by POST, so that whoever merely looks at an address in a mail uses nothing up."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    return _come_in(request, lambda: sign_in.redeem(platform, body.link, now))
