"""Tokens for systems: OAuth 2.0 client credentials (RFC 6749, section 4.4), and where to ask for them (RFC 8414)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.http.access import counted_guess, platform_of
from api.http.answers import TokenAnswer
from api.http.bodies import read_raw
from api.http.documented import answers
from api.services.roles import SCOPES
from api.services.tokens import BadClientError, BadScopeError, issue

router = APIRouter(tags=["tokens"])

_TOKEN = "/v1/oauth/token"  # noqa: S105 - an address
_MOST_BYTES, _MOST_FIELDS = 8192, 10
_FORM = "application/x-www-form-urlencoded"
_METHODS = ["client_secret_basic", "client_secret_post"]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"const": "client_credentials"},
                        "scope": {
                            "type": "string",
                            "description": "some of the client's, or all",
                            "examples": ["decide read"],
                        },
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                    },
                }
            }
        },
    }
}
_ERROR = {"application/json": {"schema": {"type": "object", "required": ["error"]}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **answers("too-large"),
    400: {"description": "an error of RFC 6749, section 5.2", "content": _ERROR},
    401: {"description": "`invalid_client`", "content": _ERROR},
}


class _RefusedError(Exception):
    """Raised with an error of RFC 6749, section 5.2."""


@router.post(_TOKEN, responses=_ANSWERS, openapi_extra=_BODY, response_model=TokenAnswer)
async def post_token(request: Request) -> JSONResponse:
    """Give a client a token for some minutes, for all its scopes or for those that it names."""
    platform, now = platform_of(request), dt.datetime.now(dt.UTC)
    try:
        form = _form(request, await read_raw(request, _MOST_BYTES))
        wanted = form["scope"].split() if "scope" in form else None
        with counted_guess(request, BadClientError):
            client, secret = _client(request, form)
            token, scopes = await run_in_threadpool(issue, platform, client, secret, wanted, now)
    except _RefusedError as error:
        return _refusal(str(error))
    except BadClientError:
        return _refusal("invalid_client", 401)
    except BadScopeError:
        return _refusal("invalid_scope")
    given = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": platform.settings.token_minutes * 60,
        "scope": " ".join(sorted(scopes)),
    }
    return JSONResponse(given, headers=_UNKEPT)


_UNKEPT = {"cache-control": "no-store", "pragma": "no-cache"}


def _refusal(error: str, status: int = 400) -> JSONResponse:
    asks = {"www-authenticate": 'Basic realm="evenhand"'} if status == 401 else {}  # noqa: PLR2004 - as section 5.2 asks
    return JSONResponse({"error": error}, status, {**_UNKEPT, **asks})


def _form(request: Request, raw: bytes) -> dict[str, str]:
    """Read a form in which every name stands once (section 3.2), for the one grant that there is."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _RefusedError("invalid_request")
    try:
        pairs = parse_qsl(raw.decode("ascii"), max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise _RefusedError("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs) or "grant_type" not in form:
        raise _RefusedError("invalid_request")
    if form["grant_type"] != "client_credentials":
        raise _RefusedError("unsupported_grant_type")
    return form


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Read who asks, from the header or the form and never from both (section 2.3)."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise _RefusedError("invalid_request")
    if scheme.lower() != "basic":
        raise BadClientError
    try:
        client, _, secret = base64.b64decode(shown.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise BadClientError from None
    return unquote_plus(client), unquote_plus(secret)


@router.get("/.well-known/oauth-authorization-server")
def get_metadata(request: Request) -> JSONResponse:
    """Say where tokens are given, and how (RFC 8414)."""
    base = platform_of(request).settings.public_url or str(request.base_url).rstrip("/")
    return JSONResponse(
        {
            "issuer": base,
            "token_endpoint": f"{base}{_TOKEN}",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": _METHODS,
            "response_types_supported": [],
            "scopes_supported": sorted(SCOPES),
        }
    )
