"""One running service on each database, with a key that may do everything."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.operate import begin
from tests.support.databases import DATABASES, settings_on
from tests.support.described import hold_to_description
from tests.support.lived import lived_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.services.platform import Platform


@contextmanager
def serving(database: str, folder: Path) -> Iterator[TestClient]:
    """Run a service of its own; gives a client that has its key already."""
    with settings_on(database, folder) as settings:
        key = begin(settings, None)
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            client.headers["authorization"] = f"Bearer {key}"
            yield hold_to_description(client)


@pytest.fixture(params=DATABASES)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A service for this test alone."""
    with serving(request.param, tmp_path / "data") as client:
        yield client


@pytest.fixture(scope="session", params=DATABASES)
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """A service that something of everything happened to, for tests that leave it as it is."""
    with lived_in(request.param, tmp_path_factory.mktemp("lived")) as made:
        yield made


@pytest.fixture(scope="session", params=DATABASES)
def standing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A service for all tests that record nothing: to start one takes longer than to be refused."""
    with serving(request.param, tmp_path_factory.mktemp("standing")) as client:
        yield client
