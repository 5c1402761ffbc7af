"""Group commit: one transaction for many, and a unit that fails takes no other with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, func, insert, select

from api.store.database import open_database
from api.store.tables import checkpoints, metadata
from api.store.writer import Writer
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

import datetime as dt

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with settings_on(request.param, tmp_path, bare=True) as settings:
        opened = open_database(settings.url())
        metadata.create_all(opened)
        yield opened
        opened.dispose()


def adding(size: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(insert(checkpoints).values(size=size, text="t", at=NOW))
        return size

    return work


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(checkpoints)).scalar_one()


def test_many_units_are_committed_in_few_transactions(engine: Engine) -> None:
    commits = 0
    held = threading.Event()

    def counted(_: Connection) -> None:
        nonlocal commits
        commits += 1

    writer = Writer(engine, batch=50, finish=counted)
    first = writer.submit(lambda _: held.wait(10))
    rest = [writer.submit(adding(n)) for n in range(120)]
    held.set()
    assert first.result(10)
    assert [done.result(10) for done in rest] == list(range(120))
    writer.close()
    assert count(engine) == 120
    assert commits <= 4


def test_a_unit_that_fails_fails_alone(engine: Engine) -> None:
    held = threading.Event()
    writer = Writer(engine, batch=50)
    writer.submit(lambda _: held.wait(10))
    good = [writer.submit(adding(n)) for n in range(5)]
    twice = writer.submit(adding(3))
    more = writer.submit(adding(9))
    held.set()
    assert [done.result(10) for done in (*good, more)] == [0, 1, 2, 3, 4, 9]
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        twice.result(10)
    writer.close()
    assert count(engine) == 6


def test_what_is_queued_is_committed_before_the_end(engine: Engine) -> None:
    writer = Writer(engine, batch=3, threads=2)
    rest = [writer.submit(adding(n)) for n in range(40)]
    writer.close()
    assert all(done.done() for done in rest)
    assert count(engine) == 40


def test_a_unit_that_wants_to_be_alone_is(engine: Engine) -> None:
    commits: list[list[int]] = []

    def counted(connection: Connection) -> None:
        sizes = connection.execute(select(checkpoints.c.size).order_by(checkpoints.c.size))
        commits.append(list(sizes.scalars()))

    held = threading.Event()
    writer = Writer(engine, batch=50, finish=counted)
    first = writer.submit(lambda _: held.wait(10), alone=True)
    rest = [writer.submit(adding(n), alone=n == 2) for n in range(5)]
    held.set()
    assert [first.result(10), *(one.result(10) for one in rest)] == [True, 0, 1, 2, 3, 4]
    writer.close()
    assert commits == [[], [0, 1], [0, 1, 2], [0, 1, 2, 3, 4]]
