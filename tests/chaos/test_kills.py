"""A few kills of the service under load on each database: the short form of `make chaos`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.kills import kill_repeatedly
from tests.support.databases import DATABASES, settings_on
from tests.support.running import Running

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [(DATABASES[0], 3), (DATABASES[1], 2)])
def test_what_was_acknowledged_is_there_once(database: str, kills: int, tmp_path: Path) -> None:
    with settings_on(database, tmp_path) as settings:
        toll = kill_repeatedly(Running(settings, tmp_path / "log"), kills, seed=7)
    assert toll.is_clean(), str(toll)
    assert toll.told
