"""Decisions: decide and record, find again, explain, try otherwise, prove, replay."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.http.access import (
    CanAudit,
    CanDecide,
    CanExplain,
    CanRead,
    answer,
    answer_record,
    platform_of,
)
from api.http.answers import (
    CounterfactualAnswer,
    DecisionAnswer,
    DecisionPage,
    ExplanationAnswer,
    InputsAnswer,
    ProofAnswer,
    ReplayAnswer,
    WhatIfAnswer,
)
from api.http.bodies import (
    DecisionRequest,
    EvaluationRequest,
    WhatIfRequest,
    moment,
    parse,
    read_raw,
)
from api.http.documented import (
    OF_A_BODY,
    OF_A_NAME,
    OF_A_RECORD,
    RECORDS,
    Responses,
    answers,
    body_of,
)
from api.http.once import IdempotencyKey, OneKey
from api.http.problems import ProblemError, language_of
from api.services.access import Caller
from api.services.decide import decide, find, try_case
from api.services.explain import counterfactuals_of, explanation_of, own_explanation_of, what_if
from api.services.log import proof_of
from api.services.people import Reader, read_inputs
from api.services.replay import replay_one
from api.services.search import Sought, find_decisions, read_cursor
from api.tracing import Tracing
from engine.hiring.masking import guarded_by

router = APIRouter(prefix="/v1", tags=["decisions"])

_ID = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="A decision's id.")]
_LANGUAGE = Annotated[
    Literal["zh", "en"] | None,
    Query(description="The language of texts; that of the header, when left out."),
]
_WORD = r"^[^\x00-\x1f\x7f]*$"
_NO_RECORD: Responses = {
    200: {"model": DecisionAnswer, "description": "A dry run: nothing is kept."}
}


@router.post(
    "/decisions",
    dependencies=[OneKey],
    status_code=201,
    response_model=DecisionAnswer,
    responses={**_NO_RECORD, **answers(*OF_A_NAME, *RECORDS)},
    openapi_extra=body_of(DecisionRequest),
)
async def post_decision(
    request: Request,
    caller: Annotated[Caller, CanDecide],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Decide one case. The answer comes when the record is on the disk; with `dry_run` nothing is kept."""
    return await _decided(request, DecisionRequest, caller, idempotency_key)


@router.post(
    "/evaluations",
    dependencies=[OneKey],
    status_code=201,
    response_model=DecisionAnswer,
    responses={**_NO_RECORD, **answers(*OF_A_NAME, *RECORDS)},
    openapi_extra=body_of(EvaluationRequest),
)
async def post_evaluation(
    request: Request,
    caller: Annotated[Caller, CanDecide],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Evaluate an interview whole: profile, decision and plan in one record. Its id is its key, where no other is given."""
    return await _decided(request, EvaluationRequest, caller, idempotency_key)


@router.get("/decisions", dependencies=[CanRead], response_model=DecisionPage, responses=answers())
def list_decisions(  # noqa: PLR0913, PLR0917 - each narrows by itself
    request: Request,
    case: Annotated[str | None, Query(max_length=120, pattern=_WORD)] = None,
    person: Annotated[str | None, Query(max_length=64, pattern=_WORD)] = None,
    rule_set: Annotated[str | None, Query(max_length=80, pattern=_WORD)] = None,
    version: Annotated[str | None, Query(max_length=40, pattern=_WORD)] = None,
    status: Annotated[
        Literal["decided", "incomplete", "error", "needs_human"] | None, Query()
    ] = None,
    since: Annotated[str | None, Query(max_length=40, description="RFC 3339, included")] = None,
    until: Annotated[str | None, Query(max_length=40, description="RFC 3339, excluded")] = None,
    after: Annotated[str | None, Query(max_length=200, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> JSONResponse:
    """Find decisions by what is in the clear, the latest first; everything given has to hold."""
    sought = Sought(case, person, rule_set, version, status, moment(since), moment(until))
    if after is not None:
        try:
            sought = read_cursor(sought, after)
        except ValueError:
            raise ProblemError("not-valid", "after") from None
    return JSONResponse(find_decisions(platform_of(request), sought, limit))


@router.get(
    "/decisions/{id_}",
    dependencies=[CanRead],
    response_model=DecisionAnswer,
    responses=answers(*OF_A_RECORD),
)
def get_decision(request: Request, id_: _ID) -> JSONResponse:
    """Give a recorded decision."""
    return answer_record(request, id_, find(platform_of(request), id_))


@router.get(
    "/decisions/{id_}/explanation",
    response_model=ExplanationAnswer,
    responses=answers(*OF_A_RECORD),
)
def explain_decision(
    request: Request, id_: _ID, caller: Annotated[Caller, CanExplain], lang: _LANGUAGE = None
) -> JSONResponse:
    """Explain a recorded decision in full, in Chinese or English; to a candidate what concerns them."""
    platform, told_in = platform_of(request), lang or language_of(request)
    if "read" not in caller.scopes:
        own = own_explanation_of(platform, id_, told_in, caller.case or "")
        return answer(request, own)
    guarded = guarded_by(caller.sight)
    return answer_record(request, id_, explanation_of(platform, id_, told_in, guarded))


@router.get(
    "/decisions/{id_}/counterfactuals",
    dependencies=[CanRead],
    response_model=CounterfactualAnswer,
    responses=answers(*OF_A_RECORD),
)
def counter_decision(request: Request, id_: _ID) -> JSONResponse:
    """List the smallest changes that would have given another outcome; each was decided."""
    return answer_record(request, id_, counterfactuals_of(platform_of(request), id_))


@router.post(
    "/decisions/{id_}/what-if",
    dependencies=[CanDecide],
    response_model=WhatIfAnswer,
    responses=answers(*OF_A_RECORD, *OF_A_BODY),
    openapi_extra=body_of(WhatIfRequest),
)
async def try_otherwise(request: Request, id_: _ID) -> JSONResponse:
    """Decide a record with some inputs changed, and keep nothing."""
    platform = platform_of(request)
    asked = parse(await read_raw(request, platform.settings.max_body_bytes), WhatIfRequest)
    tried = await run_in_threadpool(what_if, platform, id_, asked.changes)
    return await run_in_threadpool(answer_record, request, id_, tried)


@router.get("/decisions/{id_}/inputs", response_model=InputsAnswer, responses=answers(*OF_A_RECORD))
def get_inputs(
    request: Request,
    id_: _ID,
    caller: Annotated[Caller, CanRead],
    field: Annotated[list[Annotated[str, Query(max_length=80)]], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
) -> JSONResponse:
    """Give what a decision was made on, as the caller may see it; sensitive fields in the clear are logged."""
    reader = Reader(caller.client, caller.sight)
    now = dt.datetime.now(dt.UTC)
    inputs = read_inputs(platform_of(request), id_, field, reader, now)
    return JSONResponse({"id": id_, "masked": not caller.sees_all, "inputs": inputs})


@router.post(
    "/decisions/{id_}/replay",
    dependencies=[CanAudit],
    response_model=ReplayAnswer,
    responses=answers(*OF_A_RECORD),
)
def replay_decision(request: Request, id_: _ID) -> JSONResponse:
    """Decide a record again by the versions it names, and say what differs."""
    return answer_record(request, id_, replay_one(platform_of(request), id_).as_json())


@router.get(
    "/decisions/{id_}/proof",
    dependencies=[CanAudit],
    response_model=ProofAnswer,
    responses=answers(*OF_A_RECORD),
)
def prove_decision(request: Request, id_: _ID) -> JSONResponse:
    """Prove that a decision is in the log (RFC 9162)."""
    return JSONResponse(proof_of(platform_of(request), id_))


async def _decided(
    request: Request,
    model: type[DecisionRequest | EvaluationRequest],
    caller: Caller,
    key: str | None,
) -> JSONResponse:
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    tracing: Tracing = request.app.state.tracing
    asked: Any = parse(await read_raw(request, platform.settings.max_body_bytes), model)
    case = asked.asked(now)
    if asked.dry_run:
        return answer(request, await run_in_threadpool(try_case, platform, case))
    own = key or asked.own_key()
    with tracing.span("decide"):
        done = await run_in_threadpool(decide, platform, case, now, caller.client, own)
    with tracing.span("commit"):
        made = await asyncio.wrap_future(done)
    # What the caller sent in is no reading: masked where it must be, and not logged.
    return answer(request, made, 201)
