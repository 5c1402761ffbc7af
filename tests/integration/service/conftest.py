"""One running service on each database, with a key that may do everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.operate import begin
from tests.support.databases import DATABASES, settings_on
from tests.support.described import hold_to_description

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=DATABASES)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client of the service, already with its key."""
    with settings_on(request.param, tmp_path_factory.mktemp("data")) as settings:
        key = begin(settings, None)
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            client.headers["authorization"] = f"Bearer {key}"
            yield hold_to_description(client)
