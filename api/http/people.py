"""People: their external ids, what is kept about them, holds, erasure, and what they declare for audits."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import Field

from api.http.access import (
    Declares,
    ManagesPeople,
    SeesGroups,
    answer,
    platform_of,
)
from api.http.answers import ErasureAnswer, ExportAnswer, HoldAnswer, LinksAnswer, OutcomesAnswer
from api.http.bodies import RequestBody, body_as
from api.http.documented import answers, body_of
from api.http.once import Once
from api.http.problems import ProblemError, language_of
from api.services import demographics, people
from api.services.access import Caller
from api.services.people import Deed, External
from api.services.person_text import person_text

router = APIRouter(
    prefix="/v1",
    tags=["people"],
    responses=answers(
        "not-found", "too-large", "erased", "held", "taken", "no-vault", "key-reused"
    ),
)

_Person = Annotated[
    str, Path(max_length=128, pattern=r"^[^\s/\x00-\x1f\x7f]+$", description="A person's id.")
]
_System = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,39}$", examples=["ats"])]
_External = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Manager = Annotated[Caller, ManagesPeople]


class Reason(RequestBody):
    """Why something is done: the number of a request or a matter, never a person."""

    reason: str = Field(min_length=1, max_length=200, examples=["request 2026-118"])


class Declared(RequestBody):
    """What a person declares of themselves, freely and for audits alone."""

    facts: dict[
        Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")],
        Annotated[str, Field(min_length=1, max_length=60)],
    ] = Field(max_length=20, examples=[{"sex": "female"}])


class Comparing(RequestBody):
    """What is compared between groups, and which of them are too small to be told."""

    rule_set: str = Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
    attribute: str = Field(pattern="^[a-z][a-z0-9_]{0,39}$", description="what people declared")
    selected: list[Annotated[str, Field(max_length=60)]] = Field(
        ["offer"], max_length=20, description="the outcomes that are the favourable ones"
    )
    score: str | None = Field(
        None, max_length=80, description="a number, an input or outcome, for the scoring rate"
    )
    least: int = Field(
        demographics.LEAST,
        ge=demographics.LEAST,
        le=1000,
        description="smaller groups are not told",
    )


_Reason = Annotated[Reason, body_as(Reason)]


def _deed(caller: Caller, reason: str = "") -> Deed:
    return Deed(caller.client, dt.datetime.now(dt.UTC), reason)


@router.get(
    "/people/{person}/external-ids", dependencies=[ManagesPeople], response_model=LinksAnswer
)
def get_links(request: Request, person: _Person) -> JSONResponse:
    """List what other systems call a person; after an erasure, where they are still to be erased."""
    return answer(request, {"external_ids": people.links(platform_of(request), person)})


@router.put("/people/{person}/external-ids/{system}/{external}", status_code=204)
def put_link(
    request: Request, person: _Person, system: _System, external: _External, caller: _Manager
) -> Response:
    """Say what another system calls a person."""
    people.link(platform_of(request), person, External(system, external), _deed(caller))
    return Response(status_code=204)


@router.delete("/people/{person}/external-ids/{system}/{external}", status_code=204)
def delete_link(
    request: Request, person: _Person, system: _System, external: _External, caller: _Manager
) -> Response:
    """Forget an external id, once that system has erased it."""
    known = External(system, external)
    if not people.unlink(platform_of(request), person, known, _deed(caller)):
        raise ProblemError("not-found")
    return Response(status_code=204)


@router.post(
    "/people/{person}/holds",
    status_code=201,
    openapi_extra=body_of(Reason),
    response_model=HoldAnswer,
)
def post_hold(person: _Person, caller: _Manager, asked: _Reason, platform: Once) -> JSONResponse:
    """Place a legal hold: until it is lifted the person is not erased."""
    id_ = people.hold(platform, person, _deed(caller, asked.reason))
    return JSONResponse({"id": id_}, 201)


@router.post("/people/{person}/holds/{id_}/lift", status_code=204, openapi_extra=body_of(Reason))
def lift_hold(
    person: _Person,
    id_: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    caller: _Manager,
    asked: _Reason,
    platform: Once,
) -> Response:
    """Lift a legal hold."""
    if not people.lift(platform, person, id_, _deed(caller, asked.reason)):
        raise ProblemError("not-found")
    return Response(status_code=204)


@router.post(
    "/people/{person}/erasure", openapi_extra=body_of(Reason), response_model=ErasureAnswer
)
def post_erasure(
    request: Request, person: _Person, caller: _Manager, asked: _Reason, platform: Once
) -> JSONResponse:
    """Erase a person: their key and bodies; gives where they are still to be erased."""
    return answer(request, people.erase(platform, person, _deed(caller, asked.reason)))


@router.get(
    "/people/{person}/export",
    response_model=None,
    responses={
        200: {"model": ExportAnswer, "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def get_export(
    request: Request,
    person: _Person,
    caller: _Manager,
    form: Annotated[str, Query(alias="as", pattern="^(json|text)$")] = "json",
) -> Response:
    """Give everything that is kept about a person, as data or to be read."""
    now = dt.datetime.now(dt.UTC)
    made = caller.seen(people.export(platform_of(request), person, caller.client, now))
    if form == "text":
        return PlainTextResponse(person_text(made, language_of(request)))
    return JSONResponse(made)


@router.put(
    "/people/{person}/demographics",
    dependencies=[Declares],
    status_code=204,
    openapi_extra=body_of(Declared),
)
def put_demographics(
    request: Request, person: _Person, asked: Annotated[Declared, body_as(Declared)]
) -> Response:
    """Keep what a person declares of themselves; no decision can read it."""
    demographics.declare(platform_of(request), person, asked.facts)
    return Response(status_code=204)


@router.get("/audit/outcomes", response_model=OutcomesAnswer)
def get_outcomes(
    request: Request,
    caller: Annotated[Caller, SeesGroups],
    asked: Annotated[Comparing, Query()],
) -> JSONResponse:
    """Compare the outcomes of a rule set between groups of what people declared; the reading is logged."""
    chosen = tuple(asked.selected)
    question = demographics.Asked(asked.rule_set, asked.attribute, chosen, asked.score, asked.least)
    now = dt.datetime.now(dt.UTC)
    found = demographics.outcomes_by_group(platform_of(request), question, caller.client, now)
    return JSONResponse({**asked.model_dump(), **found})
