"""Marks over time: what a database of before has is marked once, and a head that is gone stays missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from api.cli.operate import begin
from api.services.access import find_caller
from api.services.decide import Case, decide
from api.services.log import examined, signed_head
from api.services.platform import open_platform
from api.store.migrations import migrate
from api.store.tables import checkpoints
from tests.support.databases import DATABASES, settings_on
from tests.support.lived import INPUTS, NOW, settle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("database", DATABASES)
def test_heads_that_were_deleted_are_missed_also_after_the_next(
    database: str, tmp_path: Path
) -> None:
    with settings_on(database, tmp_path) as settings:
        begin(settings, None)
        platform = open_platform(settings)
        signed_head(platform, NOW)
        settle(platform)
        signed_head(platform, NOW)
        platform.writer.submit(lambda c: c.execute(delete(checkpoints)).rowcount).result()
        case = Case("offer@1.0.0", {**INPUTS, "overall": "85"}, NOW, "ann", "ann")
        decide(platform, case, NOW, "c", None).result()
        settle(platform)
        signed_head(platform, NOW)
        assert [one.code.id for one in examined(platform).check.found] == ["AUDIT-STORE-015"]
        platform.close()


@pytest.mark.parametrize("database", DATABASES)
def test_what_was_there_before_marks_is_marked_with_them(database: str, tmp_path: Path) -> None:
    with settings_on(database, tmp_path) as settings:
        key = begin(settings, None)
        assert key is not None
        platform = open_platform(settings)
        for number in range(3):
            case = Case("offer@1.0.0", {**INPUTS, "overall": "85"}, NOW, "ann", "ann")
            decide(platform, case, NOW, "c", f"k-{number}").result()
            settle(platform)
            signed_head(platform, NOW)
        platform.close()
        migrate(platform.engine, platform.keys, "0005")
        platform.engine.dispose()
        again = open_platform(settings)
        assert examined(again).check.found == []
        caller = find_caller(again, key, ("key",))
        assert caller is not None
        assert caller.client == "administrator"
        case = Case("offer@1.0.0", {**INPUTS, "overall": "85"}, NOW, "ann", "ann")
        first = decide(again, case, NOW, "c", "k-0").result()
        assert decide(again, case, NOW, "c", "k-0").result() == first
        again.close()
