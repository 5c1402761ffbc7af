"""The log: its signed head, its key, and the proof that it only grew."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

from api.http.access import CanAudit, platform_of
from api.http.answers import GrowthAnswer, ProofAnswer
from api.http.documented import answers
from api.services.access import Caller
from api.services.log import bundle, note_bundle, proof_of, proof_of_growth, public_key, signed_head

router = APIRouter(
    prefix="/v1/log", tags=["log"], dependencies=[CanAudit], responses=answers("not-found")
)


@router.get("/checkpoint", response_class=PlainTextResponse)
def get_checkpoint(request: Request) -> PlainTextResponse:
    """Give the signed head of the log (C2SP checkpoint)."""
    return PlainTextResponse(signed_head(platform_of(request), dt.datetime.now(dt.UTC)))


@router.get("/key", response_class=PlainTextResponse)
def get_key(request: Request) -> PlainTextResponse:
    """Give the public key of the log; keep it where the service cannot change it."""
    return PlainTextResponse(f"{public_key(platform_of(request))}\n")


@router.get("/entries/{subject}/proof", response_model=ProofAnswer)
def prove_entry(
    request: Request, subject: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
) -> JSONResponse:
    """Prove that what is recorded under an id, as a step of a version, is in the log (RFC 9162)."""
    return JSONResponse(proof_of(platform_of(request), subject))


@router.get("/consistency", response_model=GrowthAnswer)
def get_consistency(
    request: Request,
    old: Annotated[int, Query(ge=0, le=1 << 62, description="the size of the older log")],
    size: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> JSONResponse:
    """Prove that the log of `old` entries is the beginning of the one there is."""
    return JSONResponse(proof_of_growth(platform_of(request), old, size))


@router.get(
    "/bundle",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}}},
)
def get_bundle(request: Request, caller: Annotated[Caller, CanAudit]) -> StreamingResponse:
    """Give the whole log as lines of JSON, which `evenhand verify` checks without the service."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    note_bundle(platform, caller.client, now, bodies=False)
    return StreamingResponse(bundle(platform, now, bodies=False), media_type="application/jsonl")
