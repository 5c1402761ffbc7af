"""What stands before every route: headers, the rate of each caller, a line in the log, and the figures."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING

from fastapi import Request

from api.http.problems import problem
from api.http.rates import Rate, address_of
from api.observability import logger

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.observability import Figures
    from api.tracing import Span, Tracing

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """The outermost layer of the service; no origin of another site is let in, for no header says so."""

    def __init__(self, app: ASGIApp, figures: Figures, tracing: Tracing, a_second: int) -> None:
        self._app, self._figures, self._tracing = app, figures, tracing
        self._rate = Rate(a_second, a_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it without what it holds."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), 0, secrets.token_hex(8)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                known = {name for name, _ in message["headers"]}
                added = {**_HEADERS, "x-request-id": request_id}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in added.items()
                        if name.encode() not in known
                    ),
                ]
            await send(message)

        request = Request(scope)
        with self._tracing.span("request", request.headers) as span:
            try:
                if self._rate.allows(_caller(request), began):
                    await self._app(scope, receive, sending)
                else:
                    self._figures.refused.inc()
                    await problem(request, "too-many")(scope, receive, sending)
            except Exception as error:
                # Answered here, and not further out: so this answer has the headers of all others.
                logger().error("unforeseen", request=request_id, exc_info=error)
                if status:
                    raise
                await problem(request, "unforeseen")(scope, receive, sending)
            finally:
                self._tell(span, scope, status or 500, time.perf_counter() - began, request_id)

    def _tell(self, span: Span, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # The route and never the address: an address may name a person or a case.
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in _METHODS else "-"
        span.update_name(f"{method} {route}")
        span.set_attribute("http.request.method", method)
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("evenhand.request", request_id)
        self._figures.requests.labels(method, route, status).inc()
        self._figures.seconds.labels(route).observe(seconds)
        logger().info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=str(round(seconds * 1000, 1)),
            request=request_id,
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _caller(request: Request) -> str:
    """Tell callers apart: by what they show, else by where they come from."""
    shown = request.headers.get("authorization")
    if shown:
        return hashlib.sha256(shown.encode()).hexdigest()
    return address_of(request)
