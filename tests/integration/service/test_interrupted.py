"""A database that goes away for a moment: what was recorded stays, and the log grows again afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import text

from api.services.decide import Case, decide
from api.services.log import proof_of
from tests.integration.service.test_people import NOW
from tests.support.registry import open_office

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from api.services.platform import Platform

# Every connection but this one, as a restart of the server would end them.
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def recorded(platform: Platform) -> str:
    case = Case("line", {"score": 70}, NOW)
    return str(decide(platform, case, NOW, "bench", None).result(30)["id"])


def has_place(platform: Platform, id_: str) -> bool:
    for _ in range(600):
        if proof_of(platform, id_)["index"] is not None:
            return True
        time.sleep(0.1)
    return False


def test_the_log_grows_again_when_the_database_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_office("postgres", tmp_path) as office:
        platform = office.platform
        assert has_place(platform, recorded(platform))
        # Whoever gives places finds the database gone, more than once.
        real, fails = type(platform).sequence, [3]

        def cut(self: Platform) -> None:
            if fails[0]:
                fails[0] -= 1
                with self.engine.begin() as connection:
                    connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))
            real(self)

        monkeypatch.setattr(type(platform), "sequence", cut)
        with platform.engine.connect() as connection:
            connection.execute(text(CUT))
        made = recorded(platform)
        assert has_place(platform, made)
        assert not fails[0]
