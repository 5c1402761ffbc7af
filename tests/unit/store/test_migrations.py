"""Migrations: they make what the tables say, leave nothing on the way down, and may be asked for twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, select, text

from api.store.database import open_database
from api.store.drafts import intact_steps
from api.store.guards import metadata
from api.store.ledger import waiting_leaves
from api.store.marks import is_marked
from api.store.migrations import EMPTY, NewerDatabaseError, migrate
from api.store.tables import publishing_events
from tests.support.databases import DATABASES, KEYS, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with settings_on(request.param, tmp_path, bare=True) as settings:
        opened = open_database(settings.url())
        yield opened
        opened.dispose()


def shape_of(engine: Engine) -> dict[str, Any]:
    """Everything that the database knows of its tables."""
    seen = inspect(engine)
    return {
        table: {
            "columns": [{**one, "type": str(one["type"])} for one in seen.get_columns(table)],
            "key": seen.get_pk_constraint(table),
            "references": by_name(seen.get_foreign_keys(table)),
            "unique": by_name(seen.get_unique_constraints(table)),
            "indexes": by_name([as_text(one) for one in seen.get_indexes(table)]),
            "checks": by_name(seen.get_check_constraints(table)),
            "triggers": triggers_of(engine, table),
        }
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def triggers_of(engine: Engine, table: str) -> list[str]:
    told = {
        "sqlite": "select name from sqlite_master where type = 'trigger' and tbl_name = :table",
        "postgresql": "select tgname from pg_trigger where not tgisinternal and tgrelid = cast(:table as regclass)",
    }
    with engine.connect() as connection:
        return sorted(
            connection.execute(text(told[engine.dialect.name]), {"table": table}).scalars()
        )


def as_text(index: Any) -> dict[str, Any]:  # noqa: ANN401 - as SQLAlchemy gives it
    """Which rows an index is over comes as a clause, which is like no other."""
    options = index.get("dialect_options", {}).items()
    return {**index, "dialect_options": {name: str(one) for name, one in options}}


def by_name(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda one: str(one["name"]))


def test_migrations_make_what_the_tables_say_and_unmake_it(engine: Engine) -> None:
    metadata.create_all(engine)
    wanted = shape_of(engine)
    assert wanted["documents"]["triggers"]
    metadata.drop_all(engine)
    migrate(engine, KEYS)
    assert shape_of(engine) == wanted
    migrate(engine, KEYS)
    migrate(engine, KEYS, EMPTY)
    assert not shape_of(engine)
    migrate(engine, KEYS)
    assert shape_of(engine) == wanted
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("pragma foreign_keys")).scalar() == 1


def test_what_was_published_before_the_log_knew_gets_its_entry(engine: Engine) -> None:
    migrate(engine, KEYS, "0001")
    row = """insert into documents (kind, name, version, hash, files, digest, author, status, checked,
        blockers, created_at, published_at) values ('policy', 'p', '1.0.0', :hash, '{}', :hash, 'starter',
        'published', :hash, 0, '2026-02-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text(row), {"hash": "sha256:" + "0" * 64})
    migrate(engine, KEYS)
    with engine.connect() as connection:
        (step,) = connection.execute(select(publishing_events)).all()
        assert (step.verb, step.who) == ("taken_over", "starter")
        assert intact_steps(connection, [step]) == {step.id}
        assert is_marked(KEYS, publishing_events, step)
        assert len(waiting_leaves(connection)) == 1


def test_two_at_once_migrate_once(engine: Engine) -> None:
    faults: list[Exception] = []

    def run() -> None:
        try:
            migrate(engine, KEYS)
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not faults
    assert set(shape_of(engine)) == set(metadata.tables)


def test_a_newer_database_is_left_alone(engine: Engine) -> None:
    migrate(engine, KEYS)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(NewerDatabaseError):
        migrate(engine, KEYS)
