"""`make endurance`: what a question costs among 10,000 recorded decisions, and among a million."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from api.cli.operate import begin
from api.services.decide import Case, make
from api.services.log import proof_of, proof_of_growth
from api.services.platform import open_platform
from api.services.replay import replay_one
from api.services.search import Sought, find_decisions
from api.store.ledger import size_of
from api.store.records import keep, new_id
from api.store.tables import log_entries
from tests.benchmarks.timing import Figure
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.settings import Settings
    from api.store.records import Record

SIZES = (10_000, 1_000_000)
AT_ONCE, AHEAD = 2_500, 3
CALLS = 300
START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=20)
BAND = {"assessed": True, "band_min": 8000, "band_max": 10000}


def endurance_figures(database: str, sizes: tuple[int, int] = SIZES) -> Iterator[Figure]:
    """Fill two databases, and ask both the same questions in turn, so that what else goes on meets both."""
    name = f"endurance.{database}"
    with contextlib.ExitStack() as stack:
        asked = []
        for size in sizes:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            platform = _opened(stack.enter_context(settings_on(database, folder)))
            stack.callback(platform.close)
            began = time.perf_counter()
            fill(platform, size)
            yield Figure(f"{name}.{size}.fill_seconds", time.perf_counter() - began, "s")
            asked.append(_questions(platform, size))
        for what in asked[0]:
            medians = _in_turns([questions[what] for questions in asked])
            for size, median in zip(sizes, medians, strict=True):
                yield Figure(f"{name}.{size}.{what}_p50_ms", median, "ms")
            ratio = medians[1] / medians[0]
            yield Figure(f"{name}.{what}_ratio", ratio, "×", f"among {sizes[0]:,}")


def _opened(given: Settings) -> Platform:
    begin(given, None)
    return open_platform(given)


def _in_turns(asks: list[Callable[[], object]]) -> list[float]:
    """Ask each by turns; gives the median of each in milliseconds."""
    taken: list[list[float]] = [[] for _ in asks]
    for ask in asks:
        ask()
    for _ in range(CALLS):
        for place, ask in enumerate(asks):
            began = time.perf_counter()
            ask()
            taken[place].append(time.perf_counter() - began)
    return [statistics.median(each) * 1000 for each in taken]


def fill(platform: Platform, size: int) -> None:
    """Record so many decisions as the service does: bodies, keys, entries and their places.

    They are made once for each score, and then recorded under an id, a person, a case and a time of
    their own: ten for a person, two for a case, one in a thousand by a rule set that is seldom asked.
    """
    made = [
        make(platform.snapshot(), Case("offer@1.0.0", inputs, START), START).record
        for score in range(1000)
        for inputs in ({**BAND, "overall": Decimal(score) / 10},)
    ]
    made[500] = make(platform.snapshot(), Case("benefits@1.0.0", {}, START), START).record
    waiting = []
    for start in range(0, size, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, size))
        records = [_numbered(made[n % len(made)], n) for n in numbers]
        waiting.append(platform.writer.submit_to(_keep, (platform, records)))
        if len(waiting) > AHEAD:
            waiting.pop(0).result()
    for done in waiting:
        done.result()
    while _waits(platform):
        platform.sequence()


def _keep(connection: Connection, parts: Sequence[tuple[Platform, list[Record]]]) -> list[None]:
    for platform, records in parts:
        keep(connection, records, platform.keys)
    return [None] * len(parts)


def _waits(platform: Platform) -> int:
    query = select(func.count()).where(log_entries.c.place.is_(None))
    with platform.engine.connect() as connection:
        return connection.execute(query).scalar_one()


def _numbered(record: Record, number: int) -> Record:
    at = START + number * STEP
    person, case = f"p-{number // 10}", f"case-{number // 2}"
    return replace(record, id=new_id(at), case=case, person=person, decided_at=at)


def _questions(platform: Platform, size: int) -> dict[str, Callable[[], object]]:
    """Give what is asked, each time about another record."""
    draw = random.Random(size)  # noqa: S311 - a bench draws by seed
    with platform.engine.connect() as connection:
        assert size_of(connection) >= size
    ids = list(_some_ids(platform, draw, size))

    def somewhere() -> int:
        return draw.randrange(size)

    def found(sought: Sought, limit: int = 50) -> None:
        assert find_decisions(platform, sought, limit)["decisions"]

    def replayed() -> None:
        assert replay_one(platform, draw.choice(ids)).state == "same"

    return {
        "first_page": lambda: found(Sought()),
        "page_far_in": lambda: found(Sought(after=(START + somewhere() * STEP, "z"))),
        "by_status": lambda: found(
            Sought(status="decided", after=(START + max(1000, somewhere()) * STEP, "z"))
        ),
        "by_version": lambda: found(Sought(rule_set="offer", version="1.0.0")),
        "by_rare_rules": lambda: found(Sought(rule_set="benefits"), 10),
        "by_person": lambda: found(Sought(person=f"p-{somewhere() // 10}")),
        "by_case": lambda: found(Sought(case=f"case-{somewhere() // 2}")),
        "inclusion_proof": lambda: proof_of(platform, draw.choice(ids)),
        "consistency_proof": lambda: proof_of_growth(platform, 1 + somewhere(), None),
        "replay": replayed,
    }


def _some_ids(platform: Platform, draw: random.Random, size: int) -> Iterator[str]:
    for _ in range(CALLS):
        sought = Sought(after=(START + draw.randrange(1, size) * STEP, "z"))
        listed: list[dict[str, str]] = find_decisions(platform, sought, 1)["decisions"]  # type: ignore[assignment]
        yield listed[0]["id"]


def main(databases: tuple[str, ...], sizes: tuple[int, int]) -> int:
    """Measure, and print each figure as it is there."""
    for database in databases:
        for figure in endurance_figures(database, sizes):
            print(f"{figure.name:58}{figure.value:12.3f} {figure.unit} {figure.peer}", flush=True)
    return 0


if __name__ == "__main__":
    words = tuple(one for one in sys.argv[1:] if not one.isdigit())
    given = [int(one) for one in sys.argv[1:] if one.isdigit()] or SIZES
    sys.exit(main(words or DATABASES, (given[0], given[1])))
