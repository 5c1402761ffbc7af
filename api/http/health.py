"""Whether the service lives, whether it can work, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from api.http.access import CanAudit, platform_of
from api.http.answers import ReadyAnswer
from api.http.documented import answers

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def health() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    responses={503: {"description": "the database does not answer"}},
    response_model=ReadyAnswer,
)
def ready(request: Request) -> JSONResponse:
    """Say whether the database answers."""
    is_ready = platform_of(request).is_ready()
    return JSONResponse({"status": "ready" if is_ready else "waiting"}, 200 if is_ready else 503)


@router.get(
    "/metrics",
    dependencies=[CanAudit],
    response_class=PlainTextResponse,
    responses=answers(),
)
def metrics(request: Request) -> PlainTextResponse:
    """Give the figures of this process, as Prometheus reads them."""
    return PlainTextResponse(request.app.state.figures.text())
