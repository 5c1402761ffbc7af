"""No question looks through a whole table that grows with every decision: SQLite says how it would look."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from api.cli.operate import begin
from api.services.decide import Case, decide, find
from api.services.log import proof_of, proof_of_growth
from api.services.platform import open_platform
from api.services.replay import replay_one
from api.services.search import Sought, find_decisions
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.services.platform import Platform

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
GROWING = "people|decisions|answers|log_entries|log_nodes"
CASE = Case("offer@1.0.0", {"assessed": False}, NOW, case="c", person="p")


def recorded(platform: Platform) -> str:
    return str(decide(platform, CASE, NOW, "client", "key").result()["id"])


def found(**sought: Any) -> Callable[[Platform], object]:  # noqa: ANN401 - each its own
    return lambda platform: find_decisions(platform, Sought(**sought), 10)


ASKED: dict[str, Callable[[Platform], object]] = {
    "record": recorded,
    "find": lambda platform: find(platform, recorded(platform)),
    "replay": lambda platform: replay_one(platform, recorded(platform)),
    "inclusion": lambda platform: proof_of(platform, recorded(platform)),
    "consistency": lambda platform: proof_of_growth(platform, 1, None),
    "page": found(),
    "page far in": found(after=(NOW, "z")),
    "by case": found(case="c"),
    "by person": found(person="p"),
    "by rules": found(rule_set="offer"),
    "by version": found(rule_set="offer", version="1.0.0", after=(NOW, "z")),
    "by status": found(status="decided"),
    "of a time": found(since=NOW, until=NOW + dt.timedelta(days=1)),
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    begin(settings, None)
    opened = open_platform(settings)
    yield opened
    opened.close()


@pytest.mark.parametrize("what", ASKED)
def test_an_index_leads_to_what_is_asked(platform: Platform, what: str) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, given: Any, *_: object) -> None:  # noqa: ANN401
        if re.search(rf"(FROM|UPDATE) ({GROWING})\b", statement):
            asked.append((statement, given))

    event.listen(platform.engine, "before_cursor_execute", listen)
    try:
        ASKED[what](platform)
    finally:
        event.remove(platform.engine, "before_cursor_execute", listen)
    assert asked
    with platform.engine.connect() as connection:
        for statement, given in asked:
            one = given[0] if isinstance(given, list) else given
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
            for *_, how in rows:
                assert not re.match(rf"SCAN ({GROWING})(?! USING)|USE TEMP B-TREE", how), statement
