"""Holds every answer of the service against what its own description says of that route and status."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from api.app import create_app
from api.settings import Settings

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI
    from fastapi.testclient import TestClient


class Description:
    """The description of an application, asked about answers."""

    def __init__(self, app: FastAPI) -> None:
        self._whole = app.openapi()
        self._components = self._whole["components"]
        # What names more of an address stands before what takes anything.
        paths = sorted(self._whole["paths"], key=lambda path: (path.count("{"), path))
        self._routes = [(re.compile(_pattern(path)), path) for path in paths]

    def hold(self, answer: httpx2.Response) -> None:
        """Fail for an answer that is not described: its status, its kind of content, or its shape."""
        method, address = answer.request.method.lower(), answer.request.url.path
        told = next(
            (
                self._whole["paths"][path][method]
                for pattern, path in self._routes
                if pattern.fullmatch(address) and method in self._whole["paths"][path]
            ),
            None,
        )
        if told is None:
            undescribed = address == "/openapi.json" or answer.status_code in {404, 405}
            assert undescribed, (method, address, answer.status_code)
            return
        status = str(answer.status_code)
        assert status in told["responses"], (method, address, status, answer.read()[:300])
        contents = told["responses"][status].get("content", {})
        kind = answer.headers.get("content-type", "").partition(";")[0]
        assert not contents or kind in contents, (method, address, status, kind)
        if kind in contents and (kind == "application/json" or kind.endswith("+json")):
            answer.read()
            schema = {**contents[kind].get("schema", {}), "components": self._components}
            found = best_match(Draft202012Validator(schema).iter_errors(answer.json()))
            assert found is None, (method, address, status, found)


def _pattern(path: str) -> str:
    return re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(path))


@functools.cache
def _description() -> Description:
    """Read the description once: it is the same whatever the settings."""
    return Description(create_app(Settings()))


def hold_to_description(client: TestClient) -> TestClient:
    """Let a client fail for each answer that is not described."""
    client.event_hooks = {"request": [], "response": [_description().hold]}
    return client
