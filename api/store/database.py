"""One database, SQLite or PostgreSQL: how it is opened, and how a transaction begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_database(url: str) -> Engine:
    """Open a database; on SQLite every commit is on the disk when it returns, and only the owner can read the file."""
    if url.startswith("sqlite"):
        # SQLite gives its journals the rights of the database.
        Path(make_url(url).database or "").touch(mode=0o600)
        engine = create_engine(
            url,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=8,
            connect_args={"timeout": 30},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, hide_parameters=True, pool_size=16, max_overflow=16, pool_pre_ping=True
    )


def answers(engine: Engine) -> bool:
    """Whether the database answers."""
    try:
        with engine.connect() as connection:
            return connection.execute(text("select 1")).scalar() == 1
    except SQLAlchemyError:
        return False


def why_unusable(error: Exception) -> str | None:
    """Give the database's own words where it cannot be reached, read or written; None for any other error."""
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return str(error.orig).strip().partition("\n")[0]
    return None


def is_sqlite(engine: Engine) -> bool:
    """Whether this is the embedded database, with its one writer."""
    return engine.dialect.name == "sqlite"


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "trusted_schema=OFF",
        "secure_delete=ON",  # what is erased is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 - an event's argument
    # A reader that later writes would fail when another wrote meanwhile: whoever means to write says so.
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")
