"""Requests at the edges of what HTTP, JSON and the calendar allow: each has an answer that is described."""

from __future__ import annotations

import base64
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.service.test_api import CASE, STRONG
from tests.support.databases import DATABASES, settings_on
from tests.support.running import running

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

pytestmark = pytest.mark.slow

DECISIONS, BATCH = "/v1/decisions", "/v1/decisions/batch"
STEP = "/v1/rule-sets/offer/resume"
KEYS: dict[str, list[bytes]] = {
    "empty": [b""],
    "too long": [b"k" * 201],
    "not ASCII": ["键".encode()],
    "no text": [b"\xff\xfe"],
    "control": [b"a\x7fb"],
    "tab": [b"a\tb"],
    "two": [b"a", b"b"],
    "the same twice": [b"a", b"a"],
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("path", [DECISIONS, BATCH, STEP])
def test_a_key_is_one_short_line_of_plain_signs(
    standing: TestClient, path: str, keys: list[bytes]
) -> None:
    body = json.dumps({"reason": "x"} if path == STEP else CASE).encode()
    headers = [(b"idempotency-key", key) for key in keys]
    answer = standing.post(path, content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "idempotency-key" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "0e999999999", "1e-999999999"])
def test_a_number_that_nobody_can_write_out_is_refused(standing: TestClient, number: str) -> None:
    """As a whole number it would be made of a billion digits, and the service would do nothing else."""
    for path, body in (
        ("/v1/plans", f'{{"role": "sales-rep-fmcg", "scores": {{}}, "seconds": {number}}}'),
        ("/v1/links", f'{{"case": "a", "minutes": {number}}}'),
        (DECISIONS, f'{{"rule_set": "offer", "inputs": {{"overall": {number}}}}}'),
    ):
        assert standing.post(path, content=body).status_code == 422


@pytest.mark.parametrize(
    "place",
    [
        "0001-01-01T00:00:00+14:00 a",
        "9999-12-31T23:59:59-14:00 a",
        "2026-01-01T00:00:00 a",
        "2026-01-01T00:00:00+00:00 \0",
        "",
        "\ud800",
    ],
)
def test_a_place_in_pages_that_is_none_is_refused(standing: TestClient, place: str) -> None:
    after = base64.urlsafe_b64encode(place.encode("utf-8", "surrogatepass")).decode()
    assert standing.get(DECISIONS, params={"after": after}).status_code == 422


TIMES = {
    "0001-01-01T00:00:00Z": True,
    "0001-01-01T00:00:00+14:00": False,
    "9999-12-31T23:59:59Z": True,
    "9999-12-31T23:59:59-14:00": False,
    "0000-01-01T00:00:00Z": False,
    "2016-12-31T23:59:60Z": False,
    "2026-02-30T00:00:00Z": False,
    "2026-01-01T00:00:00": False,
}


@pytest.mark.parametrize("when", TIMES)
def test_the_ends_of_the_calendar(standing: TestClient, when: str) -> None:
    asked: dict[str, Any] = {"as_of": when, "dry_run": True}
    for path, body in (
        (DECISIONS, {**CASE, **asked}),
        ("/v1/evaluations", {"interview": STRONG, **asked}),
    ):
        code = standing.post(path, json=body).status_code
        assert code in ({200, 404, 422} if TIMES[when] else {400}), (path, code)
    for name in ("since", "until"):
        code = standing.get(DECISIONS, params={name: when}).status_code
        assert code == (200 if TIMES[when] else 400)


@pytest.mark.parametrize("database", DATABASES)
def test_who_breaks_off_is_no_fault_of_ours(database: str, tmp_path: Path) -> None:
    with (
        settings_on(database, tmp_path / "data") as given,
        running(given, tmp_path / "log") as service,
    ):
        start = f"HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {service.key}\r\n"
        for path, rest in (
            (DECISIONS, "transfer-encoding: chunked\r\n\r\n5\r\nabc"),
            (BATCH, "transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n"),
            (DECISIONS, "content-length: 50\r\n\r\n{"),
        ):
            with socket.create_connection(("127.0.0.1", service.port), 10) as sent:
                sent.sendall(f"POST {path} {start}{rest}".encode())
                sent.shutdown(socket.SHUT_WR)
                assert sent.recv(1000) == b""
        # The service is there still, and has nothing to tell of but requests.
        with socket.create_connection(("127.0.0.1", service.port), 10) as sent:
            sent.sendall(f"GET {DECISIONS} {start}connection: close\r\n\r\n".encode())
            assert sent.recv(1000).startswith(b"HTTP/1.1 200")
    told = (tmp_path / "log").read_text("utf-8")
    assert told.count('"route": "/v1/decisions/batch", "status": 400') == 1
    assert "Exception" not in told
    assert '"status": 5' not in told


def test_what_is_unforeseen_has_the_headers_of_every_answer(
    standing: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> str:
        raise RuntimeError("Wang Fang, 11010519491231002X")

    monkeypatch.setattr("api.http.log.public_key", fails)
    answer = standing.get("/v1/log/key")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:evenhand:problem:unforeseen")
    assert "Wang" not in answer.text
    expected = ("no-store", "nosniff", "DENY")
    names = ("cache-control", "x-content-type-options", "x-frame-options")
    assert tuple(answer.headers[name] for name in names) == expected
    assert answer.headers["x-request-id"]
