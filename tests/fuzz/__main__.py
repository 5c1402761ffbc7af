"""`make fuzz`: many documents in one process; ends with 1 if any is answered by a traceback or not in time."""

from __future__ import annotations

import argparse
import collections
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, given, seed, settings
from rich.console import Console
from rich.progress import Progress

from tests.fuzz.documents import documents
from tests.fuzz.trial import run_trial, watched


def run(count: int, number: int) -> int:
    """Run `count` trials of the sequence `number`; prints what became of them, gives how many failed."""
    ended: collections.Counter[str] = collections.Counter()
    times: list[tuple[float, str]] = []
    failed: set[str] = set()
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("fuzz", total=count)

        @seed(number)
        @settings(
            max_examples=count,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(documents)
        def each(document: tuple[str, str]) -> None:
            path, text = document
            started = time.perf_counter()
            try:
                with watched():
                    ended[run_trial(path, text)] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
                ended["failed"] += 1
                trace = traceback.format_exc()
                kind = "\n".join(trace.splitlines()[-5:])
                if kind not in failed:
                    print(f"--- {path}\n{text!r}\n--- {trace}", flush=True)
                failed.add(kind)
            times.append((time.perf_counter() - started, path))
            progress.advance(bar)

        each()
    spent = sorted(t for t, _ in times)
    print(
        f"{len(spent)} documents in {sum(spent):.0f} s: {dict(ended)}, {len(failed)} different failures"
    )
    print(
        f"median {spent[len(spent) // 2]:.4f} s; slowest: {[(f'{t:.2f} s', p) for t, p in sorted(times)[-5:]]}"
    )
    return ended["failed"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sys.exit(1 if run(asked.count, asked.seed) else 0)
