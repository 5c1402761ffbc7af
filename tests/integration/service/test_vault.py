"""The vault apart: what decides cannot read it, by roles of PostgreSQL and by a file of its own on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.app import create_app
from api.cli.operate import begin
from api.services.log import examined
from tests.integration.service.test_decisions import decided, integrated
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.services.platform import Platform
    from api.settings import Settings

WHY = {"reason": "request 7"}
FACTS = {"facts": {"sex": "f"}}


def open_service(settings: Settings) -> TestClient:
    key = begin(settings, None)
    client = TestClient(create_app(settings), raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {key}"
    return client


@pytest.fixture(params=DATABASES)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A service with a role of its own, as the how-to says, that can do nothing else on the server."""
    with (
        settings_on(request.param, tmp_path, apart=True) as settings,
        open_service(settings) as made,
    ):
        yield made


def platform_in(service: TestClient) -> Platform:
    found: Platform = service.app.state.platform  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "select * from vault.demographics",
        "select * from demographics",
        "insert into vault.demographics values ('t', 'x')",
        "drop table vault.demographics",
        "set role {vault}",
        "grant select on vault.demographics to public",
        "attach database 'vault.sqlite' as v; select * from v.demographics",
    ],
)
def test_what_decides_tries_and_fails(service: TestClient, statement: str) -> None:
    made = decided(service, person="ann")
    assert service.put("/v1/people/ann/demographics", json=FACTS).status_code == 204
    platform = platform_in(service)
    if platform.engine.dialect.name == "postgresql":
        assert platform.settings.vault_url is not None
        owner = platform.settings.vault_url.get_secret_value().partition("://")[2]
        statement = statement.format(vault=owner.partition(":")[0])
    with pytest.raises(DBAPIError), platform.engine.connect() as connection:
        connection.execute(text(statement))
    # And the one door goes on to open.
    assert service.get("/v1/people/ann/export").json()["demographics"] == {"sex": "f"}
    assert service.post("/v1/people/ann/erasure", json=WHY).status_code == 200
    # The zone of the role's session is another one than that of the log.
    assert integrated(service, made["id"])["index"] is not None
    assert examined(platform).check.found == []


def test_without_a_way_to_the_vault_nothing_passes_it_by(tmp_path: Path) -> None:
    with settings_on("postgres", tmp_path, apart=True) as settings:
        with open_service(settings) as client:
            decided(client, person="ann")
            decided(client, person="bo")
            # Nothing was ever declared: there is no vault, and nothing in the way.
            assert client.get("/v1/people/bo/export").json()["demographics"] is None
            assert client.put("/v1/people/ann/demographics", json=FACTS).status_code == 204
        closed = settings.model_copy(update={"vault_url": None})
        with TestClient(create_app(closed), raise_server_exceptions=False) as other:
            other.headers["authorization"] = client.headers["authorization"]
            for answer in (
                other.put("/v1/people/ann/demographics", json=FACTS),
                other.get("/v1/people/ann/export"),
                other.post("/v1/people/ann/erasure", json=WHY),
                other.get("/v1/audit/outcomes?rule_set=offer&attribute=sex"),
            ):
                assert answer.status_code == 503
                assert answer.json()["type"].endswith(":no-vault")
            assert other.get("/v1/decisions").status_code == 200
