"""An OpenID provider: where to send a browser, and what the code that it brings back is worth (OpenID Connect Core 1.0)."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.settings import LOOPBACK

if TYPE_CHECKING:
    import datetime as dt

    from api.settings import Settings

# Signatures by a key of the provider alone: neither `none`, nor one made with our own secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"]
CALLBACK = "/v1/session/callback"
_SECONDS, _MOST_BYTES = 10.0, 1 << 20
_LEEWAY = 60
_KEPT_SECONDS, _AGAIN_SECONDS = 3600.0, 60.0


class ProviderError(RuntimeError):
    """Raised where the provider does not answer, or what it says is not to be believed; the argument says why."""


class Provider:
    """One provider, its description and keys read once an hour; a key that is not known is asked for at once."""

    def __init__(self, settings: Settings) -> None:
        """Ask nothing yet: the service starts without its provider."""
        self._issuer = settings.oidc_issuer or ""
        self._client = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._scope = settings.oidc_scope
        self._redirect = f"{settings.public_url}{CALLBACK}"
        self._http = httpx2.Client(timeout=_SECONDS, follow_redirects=False)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Give the address to sign in at: code flow with PKCE (RFC 7636, S256); raises ProviderError."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._redirect,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def claims(
        self, code: str, issuer: str | None, verifier: str, nonce: str, now: dt.datetime
    ) -> dict[str, Any]:
        """Give the verified claims of whom a code stands for; raises ProviderError.

        `issuer` is what came back beside the code (RFC 9207): the answer of another provider is refused.
        """
        described = self._description()
        says_issuer = described.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._issuer and (issuer is not None or says_issuer):
            raise ProviderError("another issuer")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        answer = self._ask("POST", self._endpoint("token_endpoint"), form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("no ID token")
        return self._verified(token, nonce, now)

    def _verified(self, token: str, nonce: str, now: dt.datetime) -> dict[str, Any]:
        """Verify an ID token as section 3.1.3.7 asks."""
        try:
            try:
                read = jwt.decode(token, self._keys(), ALGORITHMS)
            except (JoseError, ValueError):
                # Keys are changed from time to time: look once more.
                read = jwt.decode(token, self._keys(_AGAIN_SECONDS), ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._client},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(read.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderError(f"ID token: {type(error).__name__}") from None
        party, audience = read.claims.get("azp"), read.claims["aud"]
        if party != self._client and (
            party is not None or audience not in (self._client, [self._client])
        ):
            raise ProviderError("ID token: another party")
        return dict(read.claims)

    def _description(self) -> dict[str, Any]:
        found = self._kept(
            f"{self._issuer.rstrip('/')}/.well-known/openid-configuration", _KEPT_SECONDS
        )
        if found.get("issuer") != self._issuer:
            raise ProviderError("the description is of another issuer")
        return found

    def _endpoint(self, name: str) -> str:
        found = self._description().get(name)
        if not isinstance(found, str):
            raise ProviderError(f"no {name}")
        parts = urlsplit(found)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ProviderError(f"{name} is not reached by https")
        return found

    def _keys(self, not_older: float = _KEPT_SECONDS) -> KeySet:
        return KeySet.import_key_set(self._kept(self._endpoint("jwks_uri"), not_older))  # type: ignore[arg-type]

    def _kept(self, address: str, not_older: float) -> dict[str, Any]:
        """Give what stands at an address, as it was not longer ago than that."""
        with self._lock:
            at, found = self._known.get(address, (0.0, None))
            if found is None or time.monotonic() - at > not_older:
                found = self._ask("GET", address)
                self._known[address] = (time.monotonic(), found)
            return found

    def _ask(self, method: str, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """Ask for a JSON object of bounded size; raises ProviderError."""
        headers = {"accept": "application/json"}
        if form is not None and self._secret is not None:
            pair = (
                f"{quote(self._client, safe='')}:{quote(self._secret.get_secret_value(), safe='')}"
            )
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif form is not None:
            form = {**form, "client_id": self._client}
        try:
            with self._http.stream(method, address, data=form, headers=headers) as answer:
                read = b""
                for part in answer.iter_bytes():
                    read += part
                    if len(read) > _MOST_BYTES:
                        raise ProviderError("the answer is too large")
                found = json.loads(read) if answer.status_code == httpx2.codes.OK else None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderError(type(error).__name__) from None
        if not isinstance(found, dict):
            raise ProviderError("the provider refused")
        return found
