"""The shape of the database from version to version, up and down, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from api.store.database import is_sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from api.store.keys import Keys

_LOCK = 0x45_56_48_4D
"""The advisory lock under which one process migrates."""
HEAD, EMPTY = "head", "base"
LATEST = "0006"
"""The version that the tables of this program are in; most starts find it there."""


class NewerDatabaseError(RuntimeError):
    """Raised for a database that a later version of the program has migrated."""


def migrate(engine: Engine, keys: Keys, to: str = HEAD) -> None:
    """Bring a database to a version: all of it, or nothing; whoever comes second finds it done.

    Rows from before there were marks are marked with the keys. Raises NewerDatabaseError.
    """
    with engine.connect() as connection:
        if to == HEAD and version_of(connection) == LATEST:
            return
    connecting = engine.connect().execution_options(writes=True)
    with connecting as connection:
        _check_references(connection, on=False)
        try:
            with connection.begin():
                _run(connection, keys, to)
        finally:
            _check_references(connection, on=True)


def version_of(connection: Connection) -> str | None:
    """Give the version that a database is in; None for one that is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
    return found


def _run(connection: Connection, keys: Keys, to: str) -> None:
    # Half a second that only a start with something to migrate pays.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    if not is_sqlite(connection.engine):
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes |= {"connection": connection, "keys": keys}
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    here = version_of(connection)
    if here is not None and here not in known:
        raise NewerDatabaseError(here)
    goes_down = to == EMPTY or (to != HEAD and here is not None and to < here)
    command.downgrade(config, to) if goes_down else command.upgrade(config, to)


def _check_references(connection: Connection, *, on: bool) -> None:
    """SQLite rebuilds a table to change it: what points at it must not be looked at meanwhile."""
    if is_sqlite(connection.engine):
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - the connection is open
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
