"""What the OpenAPI document says of requests and of every problem that a route may answer with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.http.problems import TITLES

Responses = dict[int | str, dict[str, Any]]

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:evenhand:problem:not-valid"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "at": {"type": ["string", "null"]},
                    "message": {"type": "string"},
                    "help": {"type": ["string", "null"]},
                },
            },
        },
    },
}
EVERYWHERE = ("not-json", "not-authenticated", "not-allowed", "not-valid", "too-many", "unforeseen")
OF_A_NAME = ("not-found",)
OF_A_RECORD = ("not-found", "erased")
OF_A_BODY = ("too-large",)
RECORDS = ("key-reused", "erased", *OF_A_BODY)


def answers(*problems: str) -> Responses:
    """Document the problems that a route may answer with, those of every route among them."""
    by_status: dict[int, list[str]] = {}
    for kind in (*EVERYWHERE, *problems):
        status, title, _ = TITLES[kind]
        by_status.setdefault(status, []).append(title)
    return {
        status: {
            "description": "; ".join(dict.fromkeys(titles)),
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
        for status, titles in sorted(by_status.items())
    }


def body_of(
    model: type[BaseModel],
    media: str = "application/json",
    example: Any = None,  # noqa: ANN401 - JSON data
) -> dict[str, Any]:
    """Document the body of a request that is read by hand, so that no decimal becomes a float."""
    content: dict[str, Any] = {"schema": model.model_json_schema()}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": True, "content": {media: content}}}
