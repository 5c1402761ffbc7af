"""The service put together: routes, problems and what guards them around one open platform."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api.http import (
    administration,
    batch,
    decisions,
    exceptions,
    health,
    log,
    oauth,
    people,
    plans,
    publishing,
    sessions,
)
from api.http.guard import Guard
from api.http.problems import add_problems
from api.http.rates import Rate
from api.observability import Figures, logger
from api.services.decide import ENGINE
from api.services.platform import open_platform
from api.services.sign_in import Provider
from api.services.signing import signing
from api.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.settings import Settings

_ABOUT = """Hiring decisions and growth plans by versioned rules, recorded so that each can be reproduced.

Numbers may be JSON numbers or texts, and keep every digit; answers write decimals as texts. Texts are in the language that
`Accept-Language` asks for (zh or en). Every error is a problem (RFC 9457)."""
_TAGS = {
    "decisions": "Decide, evaluate interviews, find again, explain, try otherwise, prove and replay.",
    "plans": "Exact plans of what to learn, and plans made anew from results.",
    "publishing": "Versions of documents: drafts, approvals, publication, shadow and the stop button.",
    "log": "The log of everything that was done (RFC 9162): its signed head, and proofs.",
    "sessions": "How people and candidates come in, and go.",
    "tokens": "How systems come in: short tokens for OAuth clients.",
    "access": "Who may come in: keys, clients, people and their roles.",
    "people": "What people are owed: their data, holds, erasure, and groups counted for audits.",
    "exceptions": "Exceptions to an offer, approved by named roles.",
    "health": "Whether the service lives and works, and its figures.",
}
_PASSWORDS_A_MINUTE = 10
"""How often a password may be tried for one name, from wherever."""


def create_app(settings: Settings) -> FastAPI:
    """Make the application; its database opens when it starts and closes when it ends.

    Raises MissingTelemetryError where traces are set and cannot be.
    """
    tracing = Tracing(ENGINE, is_on=settings.traces == "otlp")

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.platform = open_platform(settings)
        app.state.provider = Provider(settings) if settings.oidc_issuer else None
        logger().info("ready")
        with signing(app.state.platform):
            yield
        # Whoever was promised an answer has it: what is queued is committed first.
        app.state.platform.close()
        tracing.close()
        if app.state.provider is not None:
            app.state.provider.close()
        logger().info("stopped")

    def waiting() -> int:
        platform = getattr(app.state, "platform", None)
        return platform.writer.waiting() if platform is not None else 0

    app = FastAPI(
        title="Evenhand",
        version="1",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=[{"name": name, "description": about} for name, about in _TAGS.items()],
        lifespan=life,
        docs_url=None,
        redoc_url=None,
    )
    app.state.figures, app.state.tracing = Figures(waiting), tracing
    app.state.provider = None
    most = settings.failures_a_minute
    app.state.failures, app.state.names = (Rate(n / 60, n) for n in (most, _PASSWORDS_A_MINUTE))
    add_problems(app)
    app.add_middleware(
        Guard, figures=app.state.figures, tracing=tracing, a_second=settings.requests_a_second
    )
    parts = (health, batch, decisions, plans, log, publishing, people, exceptions)
    for part in (*parts, sessions, oauth, administration):
        app.include_router(part.router)
    return app
