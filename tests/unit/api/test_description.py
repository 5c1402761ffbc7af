"""The API's own description says enough to be used without anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.app import create_app
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIBED: dict[str, Any] = create_app(Settings()).openapi()
# What standards outside of ours describe, and what is no JSON.
BARE = {"/.well-known/oauth-authorization-server", "/healthz"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DESCRIBED["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DESCRIBED["components"]["schemas"][name] if name else schema
    return found


ALL = list(operations())
IDS = [f"{method} {path}" for method, path, _ in ALL]


@pytest.mark.parametrize(("method", "path", "told"), ALL, ids=IDS)
def test_a_route_says_what_it_does_takes_and_answers(
    method: str, path: str, told: dict[str, Any]
) -> None:
    assert told["description"].endswith((".", "`"))
    assert told["tags"][0] in {tag["name"] for tag in DESCRIBED["tags"]}
    for content in told.get("requestBody", {}).get("content", {}).values():
        fields = resolved(content["schema"]).get("properties", {}).values()
        assert "example" in content or any("examples" in one for one in fields), method
    for status, answer in told["responses"].items():
        body = answer.get("content", {}).get("application/json")
        if status.startswith("2") and body is not None and path not in BARE:
            assert resolved(body["schema"]).get("properties"), (status, body)
        elif not status.startswith("2"):
            assert answer["description"]
