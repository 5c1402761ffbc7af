"""Traces, sent to a collector over HTTP as a monitor would have them: what is told, and what never is."""

from __future__ import annotations

import gzip
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.client import Client, ServiceError
from api.settings import Settings
from api.tracing import MissingTelemetryError, Tracing
from tests.support.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

CALLER = "0af7651916cd43dd8448eb211c80319c"
NAME, CASE = "张伟", "case-of-zhang-wei"


@contextmanager
def collector(into: list[bytes]) -> Iterator[str]:
    """Run a collector that keeps the bodies it is sent; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            into.append(
                gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spans_in(bodies: list[bytes]) -> list[Span]:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_a_decision_is_a_span_within_the_callers_and_tells_nothing_of_it(tmp_path: Path) -> None:
    bodies: list[bytes] = []
    with collector(bodies) as address:
        told = {"EVENHAND_TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": address}
        with running(Settings(data_dir=tmp_path / "data"), tmp_path / "log", **told) as service:
            client = Client(service.url, service.key)
            made = client.decide("offer", {"overall": "87.3", "note": NAME}, case=CASE)
            with pytest.raises(ServiceError):
                client.decision("0" * 32)
            list(client.decisions(case=CASE))
            within = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
            Client(service.url, service.key, headers=within).explanation(made["id"])
            service.stop()
    by_name = {span.name: span for span in spans_in(bodies)}
    whole = by_name["POST /v1/decisions"]
    assert {by_name[part].parent_span_id for part in ("decide", "commit")} == {whole.span_id}
    missing = by_name["GET /v1/decisions/{id_}"]
    values = {one.key: one.value for one in missing.attributes}
    assert values["http.response.status_code"].int_value == 404
    assert by_name["GET /v1/decisions/{id_}/explanation"].trace_id.hex() == CALLER
    sent = b"".join(bodies)
    assert b"evenhand" in sent
    for hidden in (NAME, CASE, made["id"], service.key):
        assert hidden.encode() not in sent


def test_a_failure_is_told_by_its_type_and_not_by_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bodies: list[bytes] = []
    with collector(bodies) as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "evenhand-of-the-east")
        tracing = Tracing("1", is_on=True)
        with pytest.raises(ValueError, match=NAME), tracing.span("work"):
            raise ValueError(NAME)
        tracing.close()
    (span,) = spans_in(bodies)
    assert (span.name, span.attributes[0].value.string_value) == ("work", "ValueError")
    assert NAME.encode() not in bodies[0]
    assert b"evenhand-of-the-east" in bodies[0]


def test_without_the_extra_it_says_so_and_off_needs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [one for one in sys.modules if one.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(MissingTelemetryError):
        Tracing("1", is_on=True)
    tracing = Tracing("1", is_on=False)
    with tracing.span("work") as span:
        span.update_name("more")
        span.set_attribute("a", 1)
    tracing.close()
