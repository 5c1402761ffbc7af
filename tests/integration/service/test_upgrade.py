"""A database from before is gone on with: what it has is marked once, and holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.cli.operate import begin
from api.services.access import find_caller
from api.services.decide import Case, decide
from api.services.log import examined, signed_head
from api.services.platform import open_platform
from api.store.migrations import migrate
from tests.support.databases import DATABASES, settings_on
from tests.support.lived import INPUTS, NOW, settle

if TYPE_CHECKING:
    from pathlib import Path


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
