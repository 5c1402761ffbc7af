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
def settings_on(database: str, folder: Path, *, apart: bool = False) -> Iterator[Settings]:
    """Give settings for an empty database, which is gone afterwards; the vault has a role of its own.

    With `apart` the service has one, too, as the how-to says; else it is whoever runs the tests.
    """
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
        own, vault = f"{name}_own", f"{name}_vault"
        passwords = {role: secrets.token_hex(16) for role in (own, vault)}
        try:
            for role, password in passwords.items():
                server.execute(f"create role {role} login password '{password}'")
                server.execute(f"alter role {role} set timezone = 'Asia/Shanghai'")
            server.execute(f"create database {name}{f' owner {own}' if apart else ''}")
            url = f"{POSTGRES.rpartition('/')[0]}/{name}"
            with psycopg.connect(url, autocommit=True) as made:
                made.execute(f"create schema vault authorization {vault}")
            place = url.rpartition("@")[2]
            urls = {r: SecretStr(f"postgresql://{r}:{p}@{place}") for r, p in passwords.items()}
            mine = urls[own] if apart else SecretStr(url)
            yield Settings(data_dir=folder, database_url=mine, vault_url=urls[vault])
        finally:
            server.execute(f"drop database if exists {name} with (force)")
            for role in passwords:
                server.execute(f"drop role if exists {role}")
