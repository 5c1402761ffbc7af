"""The API is called as its own description allows; the long form is `make fuzz`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.api import call_api
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def _quiet() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = before, level
    logging.raiseExceptions = True


@pytest.mark.slow
@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("database", DATABASES)
def test_no_answer_is_a_fault_of_ours_or_undocumented(database: str, tmp_path: Path) -> None:
    with settings_on(database, tmp_path) as settings:
        made = call_api(200, settings)
    assert not made.faults, made.faults[0]
    assert made.statuses.total() >= 200
    assert not [name for name in made.statuses if name.split()[-1].startswith("5")]
