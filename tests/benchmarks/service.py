"""What recording a decision costs: group commit against one commit each, recorded against dry runs, and many records."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.operate import begin
from api.http.batch import MAX_LINES
from api.services.decide import Case, decide
from api.services.platform import open_platform
from api.store.ledger import append, integrate
from engine.audit.entry import LogEntry
from engine.kernel.canonical import content_hash
from tests.benchmarks.load import CLIENTS, has_generator, load
from tests.benchmarks.timing import Figure
from tests.support.databases import DATABASES, postgres, settings_on
from tests.support.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.services.platform import Platform
    from api.settings import Settings
    from tests.benchmarks.load import Load
    from tests.support.running import Running

SECONDS, ROUNDS = 4, 3
GROUPED = 2_000
BODY: dict[str, Any] = {
    "rule_set": "offer@1.0.0",
    "inputs": {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000},
}
NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def service_figures() -> Iterator[Figure]:
    """Measure each database that is there."""
    for database in DATABASES:
        if database == "postgres" and postgres() is None:
            continue
        with tempfile.TemporaryDirectory() as folder, settings_on(database, Path(folder)) as given:
            yield from _over_http(database, given, Path(folder))
        with tempfile.TemporaryDirectory() as folder, settings_on(database, Path(folder)) as given:
            yield from _in_process(database, given)


def _over_http(database: str, given: Settings, folder: Path) -> Iterator[Figure]:
    """Load a running service by turns: recorded, the same without the record, and a bare hello."""
    quiet = {"EVENHAND_REQUESTS_A_SECOND": "1000000", "EVENHAND_LOG_LEVEL": "warning"}
    with running(given, folder / "log", **quiet) as service:
        if has_generator():
            yield from _loaded(f"service.{database}", service)
        else:
            print("no load over HTTP: wrk is not installed (apt-get install wrk)", file=sys.stderr)
        yield from _batch_memory(f"service.{database}", service)


def _loaded(name: str, service: Running) -> Iterator[Figure]:
    at = f"{service.url}/v1/decisions"
    asked: dict[str, Callable[[], Load]] = {
        "recorded": lambda: load(at, SECONDS, key=service.key, body=BODY),
        "unrecorded": lambda: load(at, SECONDS, key=service.key, body={**BODY, "dry_run": True}),
        "hello": lambda: load(f"{service.url}/healthz", SECONDS),
    }
    asked["recorded"]()
    rounds = [{what: ask() for what, ask in asked.items()} for _ in range(ROUNDS)]
    for what in asked:
        told = [each[what] for each in rounds]
        rate, p50, p99 = (statistics.median(figure) for figure in zip(*told, strict=True))
        yield Figure(f"{name}.{what}_a_second", rate, "1/s", f"{CLIENTS} clients")
        yield Figure(f"{name}.{what}_p50_ms", p50, "ms")
        yield Figure(f"{name}.{what}_p99_ms", p99, "ms")
    for above, below in (("recorded", "unrecorded"), ("recorded", "hello")):
        ratio = statistics.median(each[above].a_second / each[below].a_second for each in rounds)
        yield Figure(f"{name}.{above}_vs_{below}", ratio, "×")


def _batch_memory(name: str, service: Running) -> Iterator[Figure]:
    """Send as many lines as a batch may have; gives how much memory the service took more than before."""
    line = json.dumps(BODY) + "\n"
    before, began = service.peak_mib(), time.perf_counter()
    connection = HTTPConnection("127.0.0.1", service.port)
    headers = {"authorization": f"Bearer {service.key}"}
    connection.request("POST", "/v1/decisions/batch", line * MAX_LINES, headers)
    answer, count = connection.getresponse(), 0
    while part := answer.read(1 << 16):
        count += part.count(b"\n")
    connection.close()
    assert count == MAX_LINES
    taken = time.perf_counter() - began
    yield Figure(f"{name}.batch_lines_a_second", count / taken, "1/s", f"{MAX_LINES:,} lines")
    yield Figure(f"{name}.batch_memory_mib", service.peak_mib() - before, "MiB", "more at the peak")


def _in_process(database: str, given: Settings) -> Iterator[Figure]:
    """Record the same decisions in one process: in groups, and with one commit each."""
    begin(given, None)
    group, single = (
        open_platform(one) for one in (given, given.model_copy(update={"batch_size": 1}))
    )
    try:
        rounds = [
            (_committed(group, GROUPED), _committed(single, GROUPED // 4)) for _ in range(ROUNDS)
        ]
        name = f"service.{database}"
        ratios = [group / single for group, single in rounds]
        yield Figure(
            f"{name}.group_commits_a_second", statistics.median(g for g, _ in rounds), "1/s"
        )
        yield Figure(
            f"{name}.group_vs_single_commit", statistics.median(ratios), "×", "one commit each"
        )
        yield Figure(f"{name}.log_append_us", _append_us(group), "µs", "entry and tree, in batches")
    finally:
        group.close()
        single.close()


def _committed(platform: Platform, number: int) -> float:
    """Record so many decisions, all of them queued at once; gives how many a second."""
    asked = Case(BODY["rule_set"], BODY["inputs"], NOW)
    began = time.perf_counter()
    for done in [decide(platform, asked, NOW, "bench", None) for _ in range(number)]:
        done.result()
    return number / (time.perf_counter() - began)


def _append_us(platform: Platform) -> float:
    """Time the entry of one decision in a batch, with its place in the tree."""
    number = 2_000
    entries = [
        LogEntry(kind="decision", subject=f"{n:032x}", time=NOW, digest=content_hash(b"%d" % n))
        for n in range(number)
    ]
    with platform.engine.begin() as connection:
        began = time.perf_counter()
        append(connection, *entries)
        while integrate(connection):
            pass
        taken = time.perf_counter() - began
    return taken / number * 1e6
