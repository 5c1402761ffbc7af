"""Many cases at once: a case a line in, an answer a line out, in the same order."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.http.access import CanDecide, platform_of
from api.http.bodies import BatchDecision, BatchEvaluation, checked, parse_json
from api.http.documented import OF_A_BODY, answers, body_of
from api.http.once import KEY_SIGNS, OneKey
from api.http.problems import TOLD, ProblemError, language_of, problem_body, told
from api.observability import logger
from api.services.access import Caller
from api.services.decide import decide, try_case
from api.services.platform import Platform
from api.services.spool import Line, Spool
from api.settings import Settings
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
    dependencies=[OneKey],
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
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=180, pattern=KEY_SIGNS)
    ] = None,
) -> StreamingResponse:
    """Decide up to 100,000 lines, each recorded. A faulty line answers as a line; blank lines are passed over.

    A line is what `/v1/decisions` or `/v1/evaluations` takes, and may have its own `key`; else the
    key of the batch and its number are its key. The next lines are decided as the answers are read.
    """
    platform = platform_of(request)
    spool = Spool(platform.settings.data_dir)
    try:
        await _read(request, platform.settings, spool)
    except BaseException:
        spool.close()
        raise
    batch = _Batch(platform, caller, idempotency_key, language_of(request))
    return _Lines(_answers(batch, spool))


async def _read(request: Request, settings: Settings, spool: Spool) -> None:
    """Put all lines into the spool, and hold no more than a stretch of them; raises ProblemError."""
    count, size, stretch = 0, 0, list[Line]()
    async for number, line in _lines(request, settings):
        count += 1
        if count > MAX_LINES:
            raise ProblemError("too-large", f"{MAX_LINES} lines")
        stretch.append((number, line))
        size += len(line)
        if len(stretch) == _AT_ONCE or size > settings.max_body_bytes:
            await run_in_threadpool(spool.add, stretch)
            size, stretch = 0, []
    if stretch:
        await run_in_threadpool(spool.add, stretch)


async def _lines(request: Request, settings: Settings) -> AsyncIterator[Line]:
    """Give the lines that are not blank, as they come in; raises ProblemError for too many bytes."""
    size, before, rest = 0, 0, b""
    async for part in request.stream():
        size += len(part)
        if size > settings.max_batch_bytes:
            raise ProblemError("too-large", f"{settings.max_batch_bytes} bytes")
        *whole, rest = (rest + part).split(b"\n")
        for number, line in enumerate(whole, before + 1):
            if line.strip():
                yield number, line
        before += len(whole)
        # A line that is too long already is told so: what else it says, nobody will read.
        rest = rest[: settings.max_body_bytes + 1]
    if rest.strip():
        yield before + 1, rest


async def _answers(batch: _Batch, spool: Spool) -> AsyncIterator[bytes]:
    """Give the answers of each stretch while the next one is decided; no more than two are under way."""
    stretches, before = spool.stretches(), list[tuple[int, Any]]()
    try:
        while (stretch := await run_in_threadpool(_begin, batch, stretches)) or before:
            if before:
                yield await _written(before, batch)
            before = stretch
    finally:
        spool.close()


def _begin(batch: _Batch, stretches: Iterator[list[Line]]) -> list[tuple[int, Any]]:
    """Decide the lines of the next stretch and queue their records; waits where the writer is behind."""
    return [(number, _line(batch, number, line)) for number, line in next(stretches, [])]


def _line(batch: _Batch, number: int, line: bytes) -> Future[dict[str, object]] | dict[str, object]:
    try:
        return _decided(batch, number, line)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this line
        return _problem(batch, error)


def _decided(
    batch: _Batch, number: int, line: bytes
) -> Future[dict[str, object]] | dict[str, object]:
    """Decide a line and queue its record; raises whatever is wrong with it."""
    now = dt.datetime.now(dt.UTC)
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


def _problem(batch: _Batch, error: Exception) -> dict[str, object]:
    """Say what became of a line in the place of its answer; of what is unforeseen only the log says more."""
    if isinstance(error, TOLD):
        return {"problem": problem_body(batch.lang, *told(error))}
    logger().error("a line of a batch failed", exc_info=error)
    return {"problem": problem_body(batch.lang, "unforeseen")}


async def _written(stretch: list[tuple[int, Any]], batch: _Batch) -> bytes:
    made = []
    for number, answer in stretch:
        try:
            one = await asyncio.wrap_future(answer) if isinstance(answer, Future) else answer
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this line
            one = _problem(batch, error)
        line = {"line": number, **batch.caller.seen(one)}
        made.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    return "\n".join([*made, ""]).encode()
