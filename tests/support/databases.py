"""Real databases for tests: SQLite in a folder, and PostgreSQL where a server can be had."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSTGRES = os.environ.get(
    "EVENHAND_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
DATABASES = ("sqlite", "postgres")


@contextmanager
def settings_on(database: str, folder: Path) -> Iterator[Settings]:
    """Give settings for an empty database, which is gone afterwards."""
    if database == "sqlite":
        yield Settings(data_dir=folder)
        return
    name = f"evenhand_test_{secrets.token_hex(6)}"
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        if "CI" in os.environ:
            raise
        pytest.skip("no PostgreSQL server answers: set EVENHAND_TEST_POSTGRES_URL")
    with server:
        server.execute(f'create database "{name}"')
        try:
            url = POSTGRES.rpartition("/")[0] + f"/{name}"
            yield Settings(data_dir=folder, database_url=SecretStr(url))
        finally:
            server.execute(f'drop database "{name}" with (force)')
