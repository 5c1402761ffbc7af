"""Decisions: decide and record, find again, prove, replay."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.http.access import CanAudit, CanDecide, CanRead, platform_of
from api.http.bodies import moment, read_body, schema_of
from api.services.access import Caller
from api.services.decide import Case, decide, find, try_case
from api.services.log import proof_of
from api.services.people import Reader, read_inputs
from api.services.replay import replay_one

router = APIRouter(prefix="/v1", tags=["decisions"])

_ID = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="A decision's id.")]


class DecisionRequest(BaseModel):
    """One case for a rule set; numbers may be JSON numbers or texts, and keep every digit."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    rule_set: str = Field(max_length=121, examples=["offer@1.0.0"])
    inputs: dict[str, Any] = Field(
        examples=[{"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000}]
    )
    as_of: str | None = Field(None, description="RFC 3339; now, when left out")
    case: str | None = Field(None, max_length=120)
    person: str | None = Field(None, max_length=64, pattern=r"^[^:\s]+$")
    dry_run: bool = Field(False, description="decide, and keep nothing")  # noqa: FBT003 - a default


@router.post("/decisions", status_code=201, openapi_extra=schema_of(DecisionRequest))
async def post_decision(
    request: Request,
    caller: Annotated[Caller, CanDecide],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> JSONResponse:
    """Decide one case. The answer comes when the record is on the disk; with `dry_run` nothing is kept."""
    platform = platform_of(request)
    asked = await read_body(request, DecisionRequest, platform.settings.max_body_bytes)
    now = dt.datetime.now(dt.UTC)
    case = Case(
        asked.rule_set,
        asked.inputs,
        (moment(asked.as_of, "as_of") or now).astimezone(dt.UTC),
        asked.case,
        asked.person,
    )
    if asked.dry_run:
        return JSONResponse(try_case(platform, case), 200)
    done = decide(platform, case, now, caller.client, idempotency_key)
    return JSONResponse(await asyncio.wrap_future(done), 201)


@router.get("/decisions/{id_}", dependencies=[CanRead])
def get_decision(request: Request, id_: _ID) -> JSONResponse:
    """Give a recorded decision."""
    return JSONResponse(find(platform_of(request), id_))


@router.get("/decisions/{id_}/inputs")
def get_inputs(
    request: Request,
    id_: _ID,
    caller: Annotated[Caller, CanRead],
    field: Annotated[list[Annotated[str, Query(max_length=80)]], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
) -> JSONResponse:
    """Give what a decision was made on; sensitive fields are masked without the scope `sensitive`, and logged with it."""
    reader = Reader(caller.client, "sensitive" in caller.scopes)
    now = dt.datetime.now(dt.UTC)
    inputs = read_inputs(platform_of(request), id_, field, reader, now)
    return JSONResponse({"id": id_, "masked": not reader.sees_all, "inputs": inputs})


@router.post("/decisions/{id_}/replay", dependencies=[CanAudit])
def replay_decision(request: Request, id_: _ID) -> JSONResponse:
    """Decide a record again by the versions it names, and say what differs."""
    return JSONResponse(replay_one(platform_of(request), id_).as_json())


@router.get("/decisions/{id_}/proof", dependencies=[CanAudit])
def prove_decision(request: Request, id_: _ID) -> JSONResponse:
    """Prove that a decision is in the log (RFC 9162)."""
    return JSONResponse(proof_of(platform_of(request), id_))
