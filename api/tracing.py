"""Traces (OpenTelemetry) of what the service does: a span a request, and nothing of what the request holds."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Span(Protocol):
    """A stretch of work that is under way."""

    def set_attribute(self, key: str, value: str | int) -> None:
        """Tell one thing more of it, by a name of the semantic conventions or one of ours (`evenhand.…`)."""

    def update_name(self, name: str) -> None:
        """Name it by what is known only at its end."""


class MissingTelemetryError(ImportError):
    """Raised when traces are asked for and the extra `telemetry` is not installed."""


class Tracing:
    """Where spans go: nowhere, or in batches to a collector (OTLP over HTTP), set by the standard `OTEL_…` variables."""

    def __init__(self, version: str, *, is_on: bool) -> None:
        self._provider = _open_provider(version) if is_on else None
        self._tracer = self._provider and self._provider.get_tracer("evenhand", version)

    @contextlib.contextmanager
    def span(self, name: str, caller: Mapping[str, str] | None = None) -> Iterator[Span]:
        """Open a span within the one that is open; with the headers of a caller, within its own (W3C `traceparent`)."""
        if self._tracer is None:
            yield _Untold()
            return
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        within = None if caller is None else TraceContextTextMapPropagator().extract(caller)
        kind = SpanKind.INTERNAL if caller is None else SpanKind.SERVER
        # The words of an exception are not kept: they may quote a person.
        with self._tracer.start_as_current_span(
            name, within, kind, record_exception=False, set_status_on_exception=False
        ) as made:
            try:
                yield made
            except Exception as error:
                made.set_attribute("error.type", type(error).__name__)
                made.set_status(StatusCode.ERROR)
                raise

    def close(self) -> None:
        """Send what has not been sent."""
        if self._provider is not None:
            self._provider.shutdown()


class _Untold:
    def set_attribute(self, key: str, value: str | int) -> None: ...
    def update_name(self, name: str) -> None: ...


def _open_provider(version: str) -> Any:  # noqa: ANN401 - of a library that may not be there
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingTelemetryError from error
    own = Resource({"service.name": "evenhand", "service.version": version})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
