"""Sign-in by an OpenID provider over real HTTP: what a true answer opens, and every lie that opens nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError

from api.app import create_app
from api.cli.operate import begin
from api.http.sessions import is_own_path
from api.settings import Settings
from tests.integration.service.test_sessions import first_password
from tests.support.provider import CLIENT, SECRET, open_provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tests.support.provider import OpenIdProvider

HERE = "https://hire.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with open_provider() as opened:
        yield opened


@pytest.fixture(scope="module")
def settings(provider: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        failures_a_minute=100_000,
        public_url=HERE,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        oidc_roles={"People": ("hr",), "Audit": ("auditor",)},
    )
    begin(made, None)
    return made


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture(scope="module")
def running(app: FastAPI) -> Iterator[None]:
    with TestClient(app, base_url=HERE):
        yield


@pytest.fixture
def browser(app: FastAPI, running: None, provider: OpenIdProvider) -> TestClient:
    """A browser without cookies, and a provider that tells the truth."""
    fresh: dict[str, Any] = {"claims": {}, "alg": "RS256", "described": {}, "says_issuer": None}
    vars(provider).update(fresh, person={"sub": "person-7", "roles": ["People"]})
    provider.key = provider.published
    return TestClient(app, base_url=HERE, follow_redirects=False)


def departed(browser: TestClient, to: str = "/v1/session") -> str:
    """Go to the provider and be let in there; gives the way back."""
    away = browser.get("/v1/session/login", params={"to": to})
    assert away.status_code == 303, away.text
    return httpx2.get(away.headers["location"]).headers["location"]


def arrived(browser: TestClient, to: str = "/v1/session") -> httpx2.Response:
    answer: httpx2.Response = browser.get(departed(browser, to))
    return answer


def test_a_true_answer_opens_a_session_with_the_roles_of_its_groups(browser: TestClient) -> None:
    back = arrived(browser, "/v1/decisions?limit=1")
    assert (back.status_code, back.headers["location"]) == (303, "/v1/decisions?limit=1")
    cookie = next(
        c for c in back.headers.get_list("set-cookie") if c.startswith("__Host-evenhand=")
    )
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    who = browser.get("/v1/session").json()
    assert (who["name"], who["roles"]) == ("person-7", ["hr"])
    assert browser.get("/v1/decisions").status_code == 200
    assert browser.get("/v1/log/key").status_code == 403


def test_roles_come_from_a_claim_as_deep_as_it_stands(
    browser: TestClient, provider: OpenIdProvider
) -> None:
    for person in ({"roles": "Audit"}, {"roles": ["Audit", 7, "Unknown"]}):
        provider.person = {"sub": "person-8", **person}
        assert arrived(browser).status_code == 303
        assert browser.get("/v1/session").json()["roles"] == ["auditor"]


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"]}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"claims": {"azp": "another"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"sub": None}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "x" * 65}},
        {"claims": {"roles": ["Unknown"]}},
        {"claims": {"roles": {"People": True}}},
        {"alg": "none"},
        {"alg": "HS256"},
        {"says_issuer": "https://another.example"},
    ],
    ids=str,
)
def test_a_lie_opens_nothing(
    browser: TestClient, provider: OpenIdProvider, lie: dict[str, Any]
) -> None:
    vars(provider).update(lie)
    back = arrived(browser)
    assert (back.status_code, back.json()["type"]) == (401, "urn:evenhand:problem:not-signed-in")
    assert "__Host-evenhand=" not in str(back.headers.get_list("set-cookie"))
    assert browser.get("/v1/session").status_code == 401


def test_a_new_key_of_the_provider_is_asked_for_and_another_is_refused(
    app: FastAPI, browser: TestClient, provider: OpenIdProvider
) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert arrived(browser).status_code == 401
    provider.published = provider.key
    kept = app.state.provider._known
    kept.update({address: (at - 120, found) for address, (at, found) in kept.items()})
    assert arrived(browser).status_code == 303


def test_several_audiences_need_the_party_named(
    browser: TestClient, provider: OpenIdProvider
) -> None:
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert arrived(browser).status_code == 303


def test_a_way_back_serves_once_and_only_the_browser_that_went(
    app: FastAPI, browser: TestClient
) -> None:
    way = departed(browser)
    # Sent to somebody else, so that they sign in as the sender: they never went to the provider.
    other = TestClient(app, base_url=HERE, follow_redirects=False)
    assert other.get(way).status_code == 401
    departed(other)
    assert other.get(way).status_code == 401
    sealed = dict(browser.cookies)
    assert browser.get(way).status_code == 303
    # The same again: the cookie is gone, and with it kept the code is spent.
    assert browser.get(way).status_code == 401
    replay = TestClient(app, base_url=HERE, cookies=sealed, follow_redirects=False)
    assert replay.get(way).status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"state": "another"}, {"code": ""}, {"code": "guessed"}, {"iss": None}]
)
def test_a_way_back_that_was_changed_is_refused(
    browser: TestClient, wrong: dict[str, str | None]
) -> None:
    query = {n: v[0] for n, v in parse_qs(urlsplit(departed(browser)).query).items()}
    changed = {n: v for n, v in {**query, **wrong}.items() if v is not None}
    assert browser.get("/v1/session/callback", params=changed).status_code == 401


def test_a_sealed_cookie_cannot_be_made_elsewhere(browser: TestClient) -> None:
    way = departed(browser)
    name = "__Host-evenhand-sign-in"
    for made in ("", "AAAA", browser.cookies[name][:-8] + "AAAAAAAA", "é".encode().hex()):
        browser.cookies.clear()
        browser.cookies.set(name, made, domain="hire.example")
        assert browser.get(way).status_code == 401


def test_the_session_before_ends_when_another_begins(browser: TestClient) -> None:
    arrived(browser)
    old = browser.cookies["__Host-evenhand"]
    arrived(browser)
    assert browser.cookies["__Host-evenhand"] != old
    browser.cookies.clear()
    browser.cookies.set("__Host-evenhand", old, domain="hire.example")
    assert browser.get("/v1/session").status_code == 401


def test_with_a_provider_nobody_comes_in_by_password(
    browser: TestClient, settings: Settings
) -> None:
    assert first_password(settings) is None
    answer = browser.post("/v1/session", json={"name": "administrator", "password": "x" * 12})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "to",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\/elsewhere.example",
        "/a\r\nset-cookie: x=1",
        "/\t/elsewhere.example",
        "javascript:alert(1)",
        "elsewhere",
        "",
        "/é",
    ],
)
def test_nobody_is_sent_elsewhere(browser: TestClient, to: str) -> None:
    assert not is_own_path(to)
    assert arrived(browser, to).headers["location"] == "/v1/session"


def test_a_provider_that_does_not_answer_or_lies_of_itself_is_a_problem(
    provider: OpenIdProvider, tmp_path: Path
) -> None:
    for issuer, described in (
        ("http://127.0.0.1:9", {}),
        (f"{provider.issuer}/", {}),
        (provider.issuer, {"authorization_endpoint": "http://elsewhere.example/authorize"}),
        (provider.issuer, {"authorization_endpoint": None}),
    ):
        provider.described = described
        named = {"oidc_client_id": CLIENT, "public_url": HERE, "oidc_issuer": issuer}
        made = Settings(data_dir=tmp_path, **named)  # type: ignore[arg-type]
        with TestClient(create_app(made), base_url=HERE) as client:
            assert client.get("/v1/session/login").status_code == 401


def test_a_provider_without_tls_or_half_named_is_no_setting(tmp_path: Path) -> None:
    whole = {"oidc_client_id": CLIENT, "public_url": HERE}
    for wrong in (
        {**whole, "oidc_issuer": "http://idp.example"},
        {"oidc_client_id": CLIENT, "oidc_issuer": "https://idp.example"},
        {"public_url": HERE, "oidc_issuer": "https://idp.example"},
    ):
        with pytest.raises(ValidationError, match="oidc_issuer"):
            Settings(data_dir=tmp_path, **wrong)  # type: ignore[arg-type]
