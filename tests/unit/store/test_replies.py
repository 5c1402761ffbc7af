"""Steps under an idempotency key: done once, answered alike, apart for each client, gone with the person."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from api.services.once import doing_once
from api.services.platform import Platform, open_platform
from api.store.events import Event, note
from api.store.keys import ErasedError
from api.store.people import Deed, erase
from api.store.records import KeyReusedError, key_of
from api.store.replies import Once
from api.store.tables import events, replies
from engine.kernel.canonical import content_hash
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
ASKED = content_hash(b"asked")


@pytest.fixture(params=DATABASES)
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    with settings_on(request.param, tmp_path) as settings:
        opened = open_platform(settings)
        yield opened
        opened.close()


def once(
    client: str = "hr", key: str = "k", request: str = ASKED, person: str | None = None
) -> Once:
    return Once(client, key, content_hash(request.encode()), NOW, lambda *_: person)


def step(platform: Platform, asked: Once) -> dict[str, object]:
    """Write an event, under a key."""
    under = doing_once(platform, asked)

    def work(connection: Connection) -> dict[str, object]:
        return {"id": note(connection, Event("hold", "hr", NOW, {}), platform.keys)}

    return under.writer.submit(work).result()


def count(platform: Platform) -> int:
    with platform.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(events)).scalar_one())


def test_a_step_is_done_once_under_its_key(platform: Platform) -> None:
    first = step(platform, once())
    assert step(platform, once()) == first
    assert count(platform) == 1
    others = [once(client="other"), once(key="l")]
    assert len({str(step(platform, other)["id"]) for other in others} | {str(first["id"])}) == 3
    with pytest.raises(KeyReusedError):
        step(platform, once(request="another"))
    assert count(platform) == 3


def test_asked_at_the_same_time_it_is_done_once(platform: Platform) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: str(step(platform, once())["id"]), range(24)))
    assert len(set(told)) == 1
    assert count(platform) == 1


def test_what_was_answered_about_a_person_goes_with_the_person(platform: Platform) -> None:
    platform.writer.submit(lambda c: key_of(c, "p-1", platform.keys)).result()
    first = step(platform, once(person="p-1"))
    assert step(platform, once(person="p-1")) == first
    with platform.engine.connect() as connection:
        kept = connection.execute(select(replies)).one()
    assert str(first["id"]).encode() not in kept.body
    deed = Deed("hr", NOW, "asked")
    platform.writer.submit(lambda c: erase(c, "p-1", deed, platform.keys)).result()
    with pytest.raises(ErasedError):
        step(platform, once(person="p-1"))
