"""The bodies of requests: read within a limit, with every decimal kept, and told where they do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from api.http.access import platform_of
from api.http.problems import ProblemError
from engine.kernel.documents import parse_instant
from engine.kernel.json_text import read_json

if TYPE_CHECKING:
    import datetime as dt

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, model: type[M], limit: int) -> M:
    """Read a body of at most `limit` bytes: no number becomes a float on the way; raises ProblemError.

    No body says nothing, as `{}` does.
    """
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > limit:
            raise ProblemError("too-large", f"{limit} bytes")
    try:
        return model.model_validate(read_json(raw.decode("utf-8") or "{}", "body"))
    except UnicodeDecodeError:
        raise ProblemError("not-json", "UTF-8") from None
    except ValidationError as error:
        where = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]
        )
        raise ProblemError("not-json", where) from None


def body_as(model: type[BaseModel], *, is_draft: bool = False) -> Any:  # noqa: ANN401 - FastAPI's own
    """Give the dependency that reads a body as `model`; only drafts may be large."""

    async def read(request: Request) -> BaseModel:
        settings = platform_of(request).settings
        limit = settings.max_draft_bytes if is_draft else settings.max_body_bytes
        return await read_body(request, model, limit)

    return Depends(read)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def moment(text: str | None, name: str) -> dt.datetime | None:
    """Read an instant (RFC 3339); raises ProblemError that names the field."""
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        raise ProblemError("not-json", name) from None
