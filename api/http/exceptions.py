"""Exceptions to an offer: ask, approve in a role, see, count."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from api.http.access import (
    CanAudit,
    CanDecide,
    CanRead,
    GrantsExceptions,
    answer,
    answer_record,
    platform_of,
)
from api.http.answers import CountAnswer, ExceptionAnswer
from api.http.bodies import RequestBody, body_as
from api.http.documented import answers, body_of
from api.http.once import Once
from api.http.problems import ProblemError
from api.services import exceptions
from api.services.access import Caller
from api.services.exceptions import Approval, Asked

router = APIRouter(
    prefix="/v1/exceptions",
    tags=["exceptions"],
    responses=answers("not-found", "too-large", "erased", "same-person", "closed", "key-reused"),
)

_ID = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="An exception's id.")]
_Amount = Annotated[str, Field(pattern=r"^[0-9]{1,7}(\.[0-9]{1,2})?$")]


class ExceptionRequest(RequestBody):
    """An exception to a decision; what the decision holds is taken from it when left out."""

    decision: str = Field(pattern="^[0-9a-f]{32}$")
    exception: str = Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["above_cap"])
    evidence: str = Field("none", max_length=60)
    asked_base: _Amount | None = None
    current_base: _Amount | None = None
    base_salary: _Amount | None = None
    band_max: _Amount | None = None


class ApprovalRequest(RequestBody):
    """The role in which is approved; the caller must have it, granted as `role:…`."""

    role: str = Field(pattern="^[a-z][a-z_]{0,39}$", examples=["hr_director"])


@router.post(
    "", status_code=201, openapi_extra=body_of(ExceptionRequest), response_model=ExceptionAnswer
)
def post_exception(
    request: Request,
    caller: Annotated[Caller, CanDecide],
    asked: Annotated[ExceptionRequest, body_as(ExceptionRequest)],
    platform: Once,
) -> JSONResponse:
    """Ask for an exception to a decision."""
    given: dict[str, Any] = asked.model_dump(exclude_none=True, exclude={"decision", "exception"})
    now = dt.datetime.now(dt.UTC)
    question = Asked(asked.decision, asked.exception, given, caller.client, now)
    return answer(request, exceptions.ask(platform, question), 201)


@router.post(
    "/{id_}/approvals",
    status_code=201,
    openapi_extra=body_of(ApprovalRequest),
    response_model=ExceptionAnswer,
)
def post_approval(
    request: Request,
    id_: _ID,
    caller: Annotated[Caller, GrantsExceptions],
    asked: Annotated[ApprovalRequest, body_as(ApprovalRequest)],
    platform: Once,
) -> JSONResponse:
    """Approve an exception in a role of one's own."""
    if asked.role not in caller.roles:
        raise ProblemError("not-allowed", f"role:{asked.role}")
    approval = Approval(asked.role, caller.client, dt.datetime.now(dt.UTC))
    made = exceptions.approve(platform, id_, approval)
    return answer_record(request, made["recorded_as"], made, 201)


@router.get("/count", dependencies=[CanAudit], response_model=CountAnswer)
def get_count(request: Request) -> JSONResponse:
    """Count exceptions by kind and outcome."""
    return JSONResponse({"exceptions": exceptions.count(platform_of(request))})


@router.get("/{id_}", dependencies=[CanRead], response_model=ExceptionAnswer)
def get_exception(request: Request, id_: _ID) -> JSONResponse:
    """Give an exception as it was decided last."""
    found = exceptions.find(platform_of(request), id_)
    return answer_record(request, found["recorded_as"], found)
