"""Systems: client credentials as RFC 6749 has them, keys with an end, and the commands that give and take both."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, inspect, select, text, update
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app as commands
from api.cli.operate import begin
from api.http.rates import Rate
from api.services.access import REMEMBERED_SECONDS, Giver, Made, give, take
from api.services.roles import ROLES, SCOPES, read_grants
from api.store.access import revoke
from api.store.database import open_database
from api.store.marks import is_marked, rewrite
from api.store.migrations import EMPTY, migrate
from api.store.tables import credentials
from tests.support.databases import DATABASES, KEYS, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from api.services.platform import Platform
    from api.settings import Settings

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
FORM = {"content-type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"


@pytest.fixture(scope="module", params=DATABASES)
def settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    with settings_on(request.param, tmp_path_factory.mktemp("data")) as made:
        begin(made, None)
        yield made.model_copy(update={"failures_a_minute": 100_000})


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def platform_in(service: TestClient) -> Platform:
    found: Platform = service.app.state.platform  # type: ignore[attr-defined]
    return found


def client_of(service: TestClient, *grants: str) -> tuple[str, str]:
    secret = give(platform_in(service), Made("client", "payroll", grants, NOW), "test")
    return secret.split("_")[1], secret


def basic(client: str, secret: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{client}:{secret}'.encode()).decode()}"}


def token(service: TestClient, form: str, headers: dict[str, str]) -> httpx2.Response:
    answer: httpx2.Response = service.post(
        "/v1/oauth/token", content=form, headers={**FORM, **headers}
    )
    return answer


def bearer(answer: httpx2.Response) -> dict[str, str]:
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_client_has_a_token_by_header_or_by_form(service: TestClient) -> None:
    client, secret = client_of(service, "read", "audit")
    by_header = token(service, GRANT, basic(client, secret))
    by_form = token(service, f"{GRANT}&client_id={client}&client_secret={secret}", {})
    for answer in (by_header, by_form):
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["token_type"], said["expires_in"], said["scope"]) == (
            "Bearer",
            900,
            "audit read",
        )
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == (
            "no-store",
            "no-cache",
        )
        assert service.get("/v1/decisions", headers=bearer(answer)).status_code == 200
    who = service.get("/v1/session", headers=bearer(by_form)).json()
    assert (who["name"], who["csrf_token"]) == ("payroll", None)
    # Kept as a hash alone.
    with platform_in(service).engine.connect() as connection:
        rows = json.dumps([list(map(str, row)) for row in connection.execute(select(credentials))])
    for shown in (secret, by_form.json()["access_token"]):
        assert shown.split("_", 2)[2] not in rows


def test_a_token_can_be_for_less_and_never_for_more(service: TestClient) -> None:
    client, secret = client_of(service, "role:auditor", "role:hr_director")
    less = token(service, f"{GRANT}&scope=read", basic(client, secret))
    assert less.json()["scope"] == "read"
    who = service.get("/v1/session", headers=bearer(less)).json()
    # What is masked for an auditor stays so, and the position is left behind.
    assert (who["roles"], who["scopes"]) == (["auditor"], ["read"])
    assert service.get("/v1/log/key", headers=bearer(less)).status_code == 403
    for scope in ("decide", "read+decide", "", "role:hr", "only:decide"):
        refused = token(service, f"{GRANT}&scope={scope}x"[:-1], basic(client, secret))
        expected = "invalid_scope" if scope else None
        assert refused.json().get("error") == expected, scope


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        (f"{GRANT}&{GRANT}", "invalid_request"),
        (f"{GRANT}&client_secret=x", "invalid_request"),
        ("&".join(f"a{n}=1" for n in range(20)), "invalid_request"),
        ("grant_type=%ff", "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_as_the_standard_says(
    service: TestClient, form: str, error: str
) -> None:
    answer = token(service, form, basic(*client_of(service, "read")))
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_who_is_no_client_is_told_so(service: TestClient) -> None:
    client, secret = client_of(service, "read")
    other, _ = client_of(service, "read")
    key = give(platform_in(service), Made("key", "k", ("read",), NOW), "test")
    for headers in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": "Basic !"},
        basic(client, secret[:-1]),
        basic(other, secret),
        basic(key.split("_")[1], key),
        basic("", ""),
    ):
        answer = token(service, GRANT, headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert service.post("/v1/oauth/token", json={"grant_type": "x"}).status_code == 400
    assert token(service, "a" * 9000, {}).status_code == 413
    # The secret of a client opens no other door.
    assert (
        service.get("/v1/session", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    )


def test_tokens_end_with_their_time_and_their_client(service: TestClient) -> None:
    platform = platform_in(service)
    client, secret = client_of(service, "read")
    spent, good = (token(service, GRANT, basic(client, secret)) for _ in range(2))
    id_ = spent.json()["access_token"].split("_")[1]
    this = credentials.c.id == id_
    past = platform.writer.submit(
        lambda c: rewrite(c, platform.keys, credentials, this, ends_at=NOW)
    )
    assert past.result() == 1
    assert service.get("/v1/decisions", headers=bearer(spent)).status_code == 401
    assert service.get("/v1/decisions", headers=bearer(good)).status_code == 200
    assert take(platform, client, Giver("test", NOW))
    assert service.get("/v1/decisions", headers=bearer(good)).status_code == 401
    assert token(service, GRANT, basic(client, secret)).status_code == 401


def test_where_tokens_are_given_is_said(service: TestClient) -> None:
    said = service.get("/.well-known/oauth-authorization-server").json()
    assert said["token_endpoint"].removeprefix("http://testserver") == "/v1/oauth/token"
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["scopes_supported"] == sorted(SCOPES)


def test_a_caller_is_remembered_and_forgotten_at_once_when_access_changes(
    service: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = platform_in(service)
    now = time.monotonic()
    monkeypatch.setattr("api.services.callers.time", SimpleNamespace(monotonic=lambda: now))
    key = give(platform, Made("key", "k", ("read",), NOW), "test")
    headers = {"authorization": f"Bearer {key}"}
    assert service.get("/v1/decisions", headers=headers).status_code == 200
    id_ = key.split("_")[1]
    assert platform.writer.submit(lambda c: revoke(c, platform.keys, id_, NOW)).result()
    # Another process did that: known for some seconds more, and no longer.
    assert service.get("/v1/decisions", headers=headers).status_code == 200
    now += REMEMBERED_SECONDS
    assert service.get("/v1/decisions", headers=headers).status_code == 401


def test_the_day_of_use_is_written_once(service: TestClient) -> None:
    platform = platform_in(service)
    key = give(platform, Made("key", "daily", ("read",), NOW), "test")
    seen = select(credentials.c.seen_at).where(credentials.c.name == "daily")

    def last() -> dt.datetime | None:
        with platform.engine.connect() as connection:
            found: dt.datetime | None = connection.execute(seen).scalar()
        return found

    def called() -> None:
        platform.callers.forget()
        assert service.get("/v1/decisions", headers={"authorization": f"Bearer {key}"}).is_success

    assert last() is None
    called()
    # Nobody waits for it: one of the writers has it in hand.
    first = next(at for _ in range(10_000) if (at := last()) is not None)
    called()
    platform.writer.submit(lambda _: None, alone=True).result()
    assert last() == first


def test_an_address_that_fails_too_often_waits(service: TestClient) -> None:
    state: Any = service.app.state  # type: ignore[attr-defined]
    before, state.failures = state.failures, Rate(0, 3)
    try:
        key = give(platform_in(service), Made("key", "known", ("read",), NOW), "test")
        good = {"authorization": f"Bearer {key}"}
        assert service.get("/v1/decisions", headers=good).status_code == 200
        wrong = {"authorization": "Bearer evh_0_0"}
        codes = [service.get("/v1/decisions", headers=wrong).status_code for _ in range(5)]
        assert codes == [401, 401, 401, 429, 429]
        for path, body in (
            ("/v1/session", {"name": "a", "password": "b"}),
            ("/v1/session/link", {"link": "x"}),
        ):
            assert service.post(path, json=body).status_code == 429
        assert token(service, GRANT, {}).status_code == 429
        # Who is known goes on: one's neighbour at the same address does no harm.
        assert service.get("/v1/decisions", headers=good).status_code == 200
    finally:
        state.failures = before


# --- commands --------------------------------------------------------------------------------------


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(commands, ["access", *arguments, "--lang", "en"])
    assert done.exit_code == code, done.output
    return done.output


def test_the_commands_give_list_and_take(
    settings: Settings, service: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENHAND_DATA_DIR", str(settings.data_dir))
    if settings.database_url is not None:
        monkeypatch.setenv("EVENHAND_DATABASE_URL", settings.database_url.get_secret_value())
    made = json.loads(run("key", "ats", "--grant", "decide", "--days", "30", "--json"))
    headers = {"authorization": f"Bearer {made['key']}"}
    assert service.get("/v1/session", headers=headers).json()["scopes"] == ["decide"]
    client = json.loads(run("client", "hris", "--grant", "role:client", "--json"))
    given = token(service, GRANT, basic(client["client_id"], client["client_secret"]))
    assert given.json()["scope"] == "decide plan read"
    assert "one-time password" in run("person", "ann", "--grant", "role:hr")
    assert not run("person", "ann", "--grant", "role:auditor")
    listed = json.loads(run("list", "--json"))
    ats = next(one for one in listed["credentials"] if one["id"] == made["id"])
    assert (ats["name"], ats["grants"]) == ("ats", ["decide"])
    assert {"ann", "role:auditor"} <= set(run("list").split())
    run("disable", "ann")
    assert "disabled" in run("list")
    run("revoke", made["id"])
    assert "there is no" in run("revoke", made["id"], code=1)
    for wrong in (("key", "a b", "--grant", "read"), ("key", "a", "--grant", "everything")):
        run(*wrong, code=2)


# --- what somebody wrote into the database --------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"grants": "access approve audit author decide people publish read"},
        {"name": "administrator"},
        {"created_at": NOW.replace(year=2025)},
        {"case_id": "x"},
        {"mark": None},
        {"mark": bytes(32)},
    ],
    ids=str,
)
def test_a_key_that_somebody_altered_lets_nobody_in(
    service: TestClient, values: dict[str, object]
) -> None:
    key = give(platform_in(service), Made("key", "ats", ("read",), NOW), "test")
    mine = {"authorization": f"Bearer {key}"}
    this = credentials.c.id == key.split("_")[1]
    with platform_in(service).engine.begin() as connection:
        connection.execute(update(credentials).where(this).values(**values))
    assert service.get("/v1/decisions", headers=mine).status_code == 401


@pytest.mark.parametrize(
    "shown", ["evc_\x00_x", "evc_" + "a" * 16 + "_\x00", "evc_é_x", "evc__", "evl_\x00_x"]
)
def test_a_secret_of_odd_signs_lets_nobody_in(service: TestClient, shown: str) -> None:
    assert token(service, GRANT, basic("a" * 16, shown)).status_code == 401
    body = json.dumps({"link": shown.replace("evc", "evl")})
    page = {"content-type": "application/json", "origin": "http://testserver"}
    assert 400 <= service.post("/v1/session/link", content=body, headers=page).status_code < 500


def test_a_key_that_somebody_made_lets_nobody_in(service: TestClient) -> None:
    row = {"kind": "key", "name": "eve", "grants": "read", "created_at": NOW}
    with platform_in(service).engine.begin() as connection:
        secret = hashlib.sha256(b"s").hexdigest()
        values = {**row, "id": "0" * 16, "secret": secret, "mark": bytes(32)}
        connection.execute(insert(credentials).values(**values))
    headers = {"authorization": f"Bearer evh_{'0' * 16}_s"}
    assert service.get("/v1/decisions", headers=headers).status_code == 401


# --- what was there before -------------------------------------------------------------------------


@pytest.mark.parametrize("database", DATABASES)
def test_keys_of_before_go_on_both_ways(database: str, tmp_path: Path) -> None:
    with settings_on(database, tmp_path) as settings:
        engine = open_database(settings.url())
        migrate(engine, KEYS, "0001")
        connecting = engine.connect().execution_options(writes=True)
        with connecting as connection, connection.begin():
            old = "insert into api_keys (id, client, secret, scopes, created_at) values (:id, 'old', 's', 'read', :at)"
            at = NOW if database == "postgres" else "2026-11-01 00:00:00.000000"
            connection.execute(text(old), {"id": "0a1b2c3d", "at": at})
        migrate(engine, KEYS)
        with engine.connect() as connection:
            kept = connection.execute(select(credentials)).one()
        assert (kept.id, kept.kind, kept.name, kept.grants) == ("0a1b2c3d", "key", "old", "read")
        assert is_marked(KEYS, credentials, kept)
        assert kept.created_at == NOW
        migrate(engine, KEYS, "0001")
        with engine.connect() as connection:
            back = connection.execute(text("select client, scopes from api_keys")).one()
        assert tuple(back) == ("old", "read")
        assert not inspect(engine).has_table("credentials")
        migrate(engine, KEYS, EMPTY)
        engine.dispose()


def test_the_grants_of_every_role_fit_their_column() -> None:
    everything = [*SCOPES, *(f"role:{role}" for role in ROLES)]
    assert len(" ".join(everything)) < 1000
    assert read_grants(SCOPES)[1] == frozenset(SCOPES)
