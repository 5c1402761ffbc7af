"""Giving and taking access: keys, clients, people and their roles, sessions; each change is an entry of the log."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.http.access import GivesAccess, platform_of
from api.http.answers import CredentialsAnswer, PeopleAnswer, PersonAnswer, ShownAnswer
from api.http.bodies import PersonName, RequestBody, body_as
from api.http.documented import answers, body_of
from api.http.problems import ProblemError
from api.services import sign_in
from api.services.access import Caller, Giver, Made, give, listed, shown_once, take

router = APIRouter(
    prefix="/v1/access",
    tags=["access"],
    responses=answers("not-found", "too-large", "wrong-grants"),
)

Grants = Annotated[list[Annotated[str, Field(max_length=46)]], Field(max_length=15)]
_Giver = Annotated[Caller, GivesAccess]
_Name = Annotated[str, Path(max_length=64, pattern=r"^[^/:\s\x00-\x1f\x7f]+$")]


class NewCredential(RequestBody):
    """A key to call with, or a client that asks for tokens with its secret."""

    kind: Literal["key", "client"]
    name: PersonName
    grants: Grants = Field(min_length=1, examples=[["decide", "read"]])
    days: int | None = Field(None, ge=1, le=3660, description="until it ends; never, when left out")


class Person(RequestBody):
    """The roles and scopes of somebody with a password; all others are taken."""

    grants: Grants = Field(examples=[["role:hr"]])
    reset_password: bool = Field(
        False,  # noqa: FBT003 - a default
        description="make a new one-time password",
    )


def _giver(caller: Caller) -> Giver:
    return Giver(caller.client, dt.datetime.now(dt.UTC))


@router.get("/credentials", dependencies=[GivesAccess], response_model=CredentialsAnswer)
def get_credentials(request: Request) -> JSONResponse:
    """List the keys, clients, sessions and links that are good, without their secrets."""
    return JSONResponse({"credentials": listed(platform_of(request))})


@router.post(
    "/credentials",
    status_code=201,
    openapi_extra=body_of(NewCredential),
    response_model=ShownAnswer,
)
def post_credential(
    request: Request, caller: _Giver, body: Annotated[NewCredential, body_as(NewCredential)]
) -> JSONResponse:
    """Make a key or a client; its secret is shown this once."""
    now = dt.datetime.now(dt.UTC)
    ends = now + dt.timedelta(days=body.days) if body.days else None
    shown = give(
        platform_of(request),
        Made(body.kind, body.name, tuple(body.grants), now, ends),
        caller.client,
    )
    return JSONResponse(shown_once(body.kind, shown), 201)


@router.delete("/credentials/{id_}", status_code=204)
def delete_credential(
    request: Request,
    id_: Annotated[str, Path(pattern="^[0-9a-f]{8,24}$")],
    caller: _Giver,
) -> Response:
    """Revoke a key, client, session or link; the tokens of a client end with it."""
    if not take(platform_of(request), id_, _giver(caller)):
        raise ProblemError("not-found")
    return Response(status_code=204)


@router.get("/people", dependencies=[GivesAccess], response_model=PeopleAnswer)
def get_people(request: Request) -> JSONResponse:
    """List the people with a password here, and their roles."""
    return JSONResponse({"people": sign_in.people(platform_of(request))})


@router.put("/people/{name}", openapi_extra=body_of(Person), response_model=PersonAnswer)
def put_person(
    request: Request, name: _Name, caller: _Giver, body: Annotated[Person, body_as(Person)]
) -> JSONResponse:
    """Say which roles somebody has; their sessions end. Who is new is given a one-time password."""
    once = sign_in.put_person(
        platform_of(request), name, body.grants, _giver(caller), resets=body.reset_password
    )
    return JSONResponse({"name": name, "grants": body.grants, "one_time_password": once})


@router.delete("/people/{name}", status_code=204)
def delete_person(request: Request, name: _Name, caller: _Giver) -> Response:
    """Let somebody in no more, and end their sessions, those from a provider as well."""
    if not sign_in.disable_person(platform_of(request), name, _giver(caller)):
        raise ProblemError("not-found")
    return Response(status_code=204)
