"""Many cases at once: a case a line in, an answer a line out, in the same order."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.http.access import CanDecide, platform_of
from api.http.bodies import BatchDecision, BatchEvaluation, checked, parse_json, read_raw
from api.http.documented import OF_A_BODY, answers, body_of
from api.http.problems import TOLD, ProblemError, language_of, problem_body, told
from api.services.access import Caller
from api.services.decide import decide, try_case
from api.services.platform import Platform
from engine.kernel.diagnostics import Lang

router = APIRouter(prefix="/v1", tags=["decisions"])

MAX_LINES = 100_000
_AT_ONCE = 200
_NDJSON = "application/x-ndjson"
_EXAMPLE = (
    '{"rule_set": "offer@1.0.0", "inputs": {"overall": "87.3", "assessed": true, "band_min": 8000,'
    ' "band_max": 10000}, "key": "case-1"}\n'
)


class _Lines(StreamingResponse):
    media_type = _NDJSON


@dataclass(frozen=True, slots=True)
class _Batch:
    """Who asks for what, and under which key."""

    platform: Platform
    caller: Caller
    key: str | None
    lang: Lang


@router.post(
    "/decisions/batch",
    response_class=_Lines,
    responses={
        200: {
            "description": "A line for each line, in order: the answer, or the problem.",
            "content": {_NDJSON: {"schema": {"type": "string"}}},
        },
        **answers(*OF_A_BODY),
    },
    openapi_extra=body_of(BatchDecision, _NDJSON, _EXAMPLE),
)
async def post_batch(
    request: Request,
    caller: Annotated[Caller, CanDecide],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=180)] = None,
) -> StreamingResponse:
    """Decide up to 100,000 lines, each recorded. A faulty line answers as a line; blank lines are passed over.

    A line is what `/v1/decisions` or `/v1/evaluations` takes, and may have its own `key`; else the
    key of the batch and its number are its key. The next lines are decided as the answers are read.
    """
    platform = platform_of(request)
    raw = await read_raw(request, platform.settings.max_batch_bytes)
    lines = [(n, line) for n, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise ProblemError("too-large", f"{MAX_LINES} lines")
    batch = _Batch(platform, caller, idempotency_key, language_of(request))
    return _Lines(_answers(batch, lines))


async def _answers(batch: _Batch, lines: list[tuple[int, bytes]]) -> AsyncIterator[bytes]:
    """Give the answers of each stretch while the next one is decided; no more than two are under way."""
    before: list[tuple[int, Any]] = []
    for start in range(0, len(lines), _AT_ONCE):
        stretch = await run_in_threadpool(_begin, batch, lines[start : start + _AT_ONCE])
        if before:
            yield await _written(before, batch)
        before = stretch
    if before:
        yield await _written(before, batch)


def _begin(batch: _Batch, lines: list[tuple[int, bytes]]) -> list[tuple[int, Any]]:
    """Decide lines and queue their records; waits where the writer is behind."""
    return [(number, _line(batch, number, line)) for number, line in lines]


def _line(batch: _Batch, number: int, line: bytes) -> Future[dict[str, object]] | dict[str, object]:
    now = dt.datetime.now(dt.UTC)
    try:
        if len(line) > batch.platform.settings.max_body_bytes:
            raise ProblemError("too-large")
        data = parse_json(line)
        is_interview = isinstance(data, dict) and "interview" in data
        asked: Any = checked(data, BatchEvaluation if is_interview else BatchDecision)
        case = asked.asked(now)
        if asked.dry_run:
            return try_case(batch.platform, case)
        of_batch = f"{batch.key}#{number}" if batch.key else None
        key = asked.key or of_batch or asked.own_key()
        return decide(batch.platform, case, now, batch.caller.client, key)
    except TOLD as error:
        return {"problem": problem_body(batch.lang, *told(error))}


async def _written(stretch: list[tuple[int, Any]], batch: _Batch) -> bytes:
    made = []
    for number, answer in stretch:
        try:
            one = await asyncio.wrap_future(answer) if isinstance(answer, Future) else answer
        except TOLD as error:
            one = {"problem": problem_body(batch.lang, *told(error))}
        line = {"line": number, **batch.caller.seen(one)}
        made.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    return "\n".join([*made, ""]).encode()
