"""What publishing takes on the shipped content: a review, the stop button, and decisions beside a shadow."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.operate import begin
from api.folder import default_folder
from api.services import publish as steps
from api.services.decide import Case, decide
from api.services.platform import open_platform
from api.settings import Settings
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.services.platform import Platform

AT = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
ACT = steps.Act("bench", AT, "bench")
NAME = steps.Version("rule_set", "offer", "1.1.0")
COUNT = 2_000
_GIVEN = {"overall": 81, "assessed": True, "band_min": 8000, "band_max": 10000}


def publishing_figures() -> Iterator[Figure]:
    """Measure on SQLite, where every commit is on the disk."""
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data_dir=Path(place))
        begin(settings, None)
        platform = open_platform(settings)
        try:
            yield from _figures(platform)
        finally:
            platform.close()


def _figures(platform: Platform) -> Iterator[Figure]:
    old = (default_folder() / "rules/offer/1.0.0.yaml").read_text("utf-8")
    text = old.replace("version: 1.0.0", "version: 1.1.0").replace("{value: 80, ", "{value: 82, ")
    text = text.replace("2026-01-01T", "2026-12-01T")
    steps.draft(platform, NAME, {"rules/offer/1.1.0.yaml": text}, ACT)
    platform.snapshot()
    start = time.perf_counter()
    found = steps.check(platform, NAME, ACT)
    yield Figure("publishing.review_of_a_version", time.perf_counter() - start, "s")
    assert found["state"] == "checked", found
    yield Figure("publishing.decisions_recorded", _rate(platform), "/s")
    steps.shadow(platform, NAME, ACT, runs=True)
    platform.snapshot()
    yield Figure("publishing.decisions_recorded_beside_a_shadow", _rate(platform), "/s")
    start = time.perf_counter()
    steps.suspend(platform, "rule_set", "offer", ACT)
    made = decide(platform, _case(), AT, "bench", None).result()
    yield Figure(
        "publishing.stop_to_the_first_decision_by_a_person", time.perf_counter() - start, "s"
    )
    answer = made["decision"]
    assert isinstance(answer, dict)
    assert answer["status"] == "needs_human"


def _case() -> Case:
    return Case("offer", _GIVEN, AT)


def _rate(platform: Platform) -> float:
    """Decide many cases, each recorded, and give how many a second."""
    start = time.perf_counter()
    waiting = [decide(platform, _case(), AT, "bench", None) for _ in range(COUNT)]
    for one in waiting:
        one.result()
    return COUNT / (time.perf_counter() - start)


if __name__ == "__main__":
    for figure in publishing_figures():
        print(f"{figure.name:50} {figure.value:10.2f} {figure.unit}")
