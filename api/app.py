"""The service put together: routes, problems and headers around one open platform."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api.http import batch, decisions, log, plans
from api.http.problems import add_problems
from api.services.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from fastapi import Response

    from api.settings import Settings

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def create_app(settings: Settings) -> FastAPI:
    """Make the application; its database opens when it starts and closes when it ends."""

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.platform = open_platform(settings)
        yield
        app.state.platform.close()

    app = FastAPI(title="Evenhand", version="1", lifespan=life, docs_url=None, redoc_url=None)
    add_problems(app)

    @app.middleware("http")
    async def _(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await call(request)
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    @app.get("/healthz", tags=["health"])
    async def health() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"])
    def ready(request: Request) -> JSONResponse:
        """Say whether the database answers."""
        is_ready = request.app.state.platform.is_ready()
        return JSONResponse(
            {"status": "ready" if is_ready else "waiting"}, 200 if is_ready else 503
        )

    app.include_router(batch.router)
    app.include_router(decisions.router)
    app.include_router(plans.router)
    app.include_router(log.router)
    return app
