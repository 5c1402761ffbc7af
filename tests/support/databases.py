"""Real databases for tests: SQLite in a folder, and PostgreSQL where a server can be had or started."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from api.settings import Settings
from api.store.database import open_database
from api.store.keys import Keys
from api.store.migrations import migrate
from tests.support.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ON_LOOPBACK = "postgresql://postgres@127.0.0.1:5432/postgres"
DATABASES = ("sqlite", "postgres")
KEYS = Keys(bytes(32), Ed25519PrivateKey.from_private_bytes(bytes(32)))
"""Keys for what is never opened again."""


@contextmanager
def settings_on(
    database: str, folder: Path, *, apart: bool = False, bare: bool = False
) -> Iterator[Settings]:
    """Give settings for an empty database, which is gone afterwards; the vault has a role of its own.

    With `apart` the service has one, too, as the how-to says; else it is whoever runs the tests. It has its
    tables, unless it is `apart` or `bare`: making them takes longer than most tests.
    """
    if database == "sqlite":
        yield Settings(data_dir=folder)
        return
    address = postgres()
    if address is None:
        if "CI" in os.environ:
            pytest.fail("CI has a PostgreSQL server, and none was found or could be started")
        pytest.skip("no PostgreSQL: set EVENHAND_TEST_POSTGRES_URL, or install a server")
    name = f"evenhand_test_{secrets.token_hex(6)}"
    own, vault = f"{name}_own", f"{name}_vault"
    passwords = {role: secrets.token_hex(16) for role in (own, vault)}
    with psycopg.connect(address, autocommit=True, connect_timeout=3) as server:
        try:
            for role, password in passwords.items():
                server.execute(f"create role {role} login password '{password}'")
                server.execute(f"alter role {role} set timezone = 'Asia/Shanghai'")
            made_as = f"owner {own}" if apart else "" if bare else f"template {_template(address)}"
            server.execute(f"create database {name} {made_as}")
            url = f"{address.rpartition('/')[0]}/{name}"
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


@functools.cache
def postgres() -> str | None:
    """Give the address of a server: the one that is set, the one on loopback, else one that is started; None without any."""
    given = os.environ.get("EVENHAND_TEST_POSTGRES_URL")
    if given is not None:
        return given
    try:
        psycopg.connect(ON_LOOPBACK, connect_timeout=3).close()
    except psycopg.OperationalError:
        return _started()
    return ON_LOOPBACK


@functools.cache
def _template(address: str) -> str:
    """Name a database with the tables and nothing in them; it is gone with this process."""
    name = f"evenhand_template_{secrets.token_hex(6)}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"create database {name}")
    url = SecretStr(f"{address.rpartition('/')[0]}/{name}")
    engine = open_database(Settings(database_url=url).url())
    migrate(engine, KEYS)
    engine.dispose()

    def drop() -> None:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(address, autocommit=True) as server,
        ):
            server.execute(f"drop database if exists {name} with (force)")

    atexit.register(drop)
    return name


def _started() -> str | None:
    """Start a server of our own from an installed PostgreSQL; it ends with this process."""
    programs = _programs()
    if programs is None:
        return None
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="evenhand-postgres-"))
    shutil.chown(folder, user)
    kept, port = folder / "data", free_port()
    how = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="

    def run(program: str, *given: str) -> None:
        # Its words go to a file: a server that inherited a pipe would hold it open.
        with (folder / "said").open("ab") as said:
            command = [str(programs / program), "-D", str(kept), *given]
            subprocess.run(command, stdout=said, stderr=said, user=user, cwd=folder, check=True)

    run("initdb", "--auth=trust", "--username=postgres", "--no-sync")
    run("pg_ctl", "--options", how, "--wait", "start")

    def stop() -> None:
        run("pg_ctl", "--mode=immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def _programs() -> Path | None:
    """Find where the programs of the newest PostgreSQL lie; distributions keep them off the path."""
    on_path = shutil.which("pg_ctl")
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda one: float(one.parts[-3])
    )
    if on_path is not None:
        found.append(Path(on_path))
    return found[-1].parent if found else None


def _unprivileged() -> str:
    """Name whom the server runs as: it refuses root."""
    here = pwd.getpwuid(os.geteuid()).pw_name
    if here != "root":
        return here
    names = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
