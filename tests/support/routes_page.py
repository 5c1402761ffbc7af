"""The reference page of the routes, written from the API's own description."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from api.app import create_app
from api.http.problems import TITLES
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING = """# Routes

Every route with the scope that it wants, what it takes beside the address, and what it may answer besides a success, what any
route may (400, 401, 403, 422, 429, 500) left out. What holds for all of them is in [the API](api.md); shapes and examples are at
`/openapi.json`. This page is written from that description by `EVENHAND_UPDATE_GOLDEN=1 pytest tests/golden/test_routes.py`.
"""
_PROBLEMS = """
## Problems

The `type` of each is `urn:evenhand:problem:` and its name.

| status | name | title |
|---|---|---|
"""
_OF_ALL = {"400", "401", "403", "422", "429", "500"}


def routes_page() -> str:
    """Write the page."""
    described = create_app(Settings()).openapi()
    about = {tag["name"]: tag["description"] for tag in described["tags"]}
    parts = [_OPENING]
    found = sorted(_operations(described), key=lambda one: list(about).index(one[0]))
    for tag, operations in groupby(found, key=lambda one: one[0]):
        parts.append(f"\n## {tag.capitalize()}\n\n{about[tag]}\n")
        parts += [_told(method, path, told) for _, method, path, told in operations]
    parts.append(_PROBLEMS)
    ordered = sorted(TITLES.items(), key=lambda one: (one[1][0], one[0]))
    parts += [f"| {status} | `{name}` | {title} |\n" for name, (status, title, _) in ordered]
    return "".join(parts)


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            yield told["tags"][0], method.upper(), path, told


def _told(method: str, path: str, told: dict[str, Any]) -> str:
    lines = [f"\n### `{method} {path}`\n", told["description"].split("\n\n")[0].replace("\n", " ")]
    lines.append(f"\n- scope: {_scopes(told)}")
    given = [
        f"`{one['name']}`"
        + (f" ({one['description'].rstrip('.')})" if "description" in one else "")
        for one in told.get("parameters", ())
        if one["in"] != "path"
    ]
    if given:
        lines.append(f"- takes: {', '.join(given)}")
    if "requestBody" in told:
        lines.append(f"- body: {_body(told['requestBody'])}")
    answers = [
        f"{status} {answer['description']}".strip()
        for status, answer in told["responses"].items()
        if not status.startswith("2") and status not in _OF_ALL
    ]
    if answers:
        lines.append(f"- may answer: {'; '.join(answers)}")
    return "\n".join(lines) + "\n"


def _scopes(told: dict[str, Any]) -> str:
    wanted = [
        scope for one in told.get("security", ()) for scopes in one.values() for scope in scopes
    ]
    if wanted:
        return " or ".join(f"`{scope}`" for scope in dict.fromkeys(wanted))
    return "any caller who is known" if told.get("security") else "none"


def _body(body: dict[str, Any]) -> str:
    (media, content), *_ = body["content"].items()
    schema = content["schema"]
    fields = schema.get("properties", {})
    wanted = schema.get("required", ())
    named = ", ".join(f"`{name}`" + ("" if name in wanted else "?") for name in fields)
    return f"{media} {named}".strip()
