"""Where the tests find PostgreSQL: one that is set, one on loopback, else one that they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from api.store.database import answers, open_database
from tests.support import databases
from tests.support.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = "postgresql://postgres@127.0.0.1:1/postgres"


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look anew, on a machine where nobody listens."""
    databases.postgres.cache_clear()
    monkeypatch.delenv("EVENHAND_TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(databases, "ON_LOOPBACK", NOBODY)
    yield
    databases.postgres.cache_clear()


def test_a_server_is_started_where_none_answers(tmp_path: Path) -> None:
    if databases._programs() is None:
        pytest.skip("no PostgreSQL is installed to start")
    with databases.settings_on("postgres", tmp_path) as settings:
        plain = settings.url().replace("+psycopg", "")
        with psycopg.connect(plain) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_what_is_set_is_taken_at_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_TEST_POSTGRES_URL", NOBODY)
    with (
        pytest.raises(psycopg.OperationalError),
        databases.settings_on("postgres", tmp_path),
    ):
        pass


def test_without_any_server_a_test_is_skipped_and_ci_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_programs", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with (
        pytest.raises(pytest.skip.Exception, match="EVENHAND_TEST_POSTGRES_URL"),
        databases.settings_on("postgres", tmp_path),
    ):
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception), databases.settings_on("postgres", tmp_path):
        pass


def test_a_server_that_is_not_there_is_told_as_not_ready() -> None:
    port = free_port()
    assert answers(open_database(f"postgresql+psycopg://nobody@127.0.0.1:{port}/none")) is False
