"""Fair timing: contenders take turns, and ratios are taken round by round, so that drift cancels out."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 11


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: its name elsewhere, its value, its unit, and what it is compared with."""

    name: str
    value: float
    unit: str
    peer: str = ""


def seconds_per_call(call: Callable[[], object], *, at_least: float = 0.05) -> float:
    """Time one call as the mean of enough calls to fill `at_least` seconds."""
    count = 1
    while True:
        start = time.perf_counter()
        for _ in range(count):
            call()
        taken = time.perf_counter() - start
        if taken >= at_least:
            return taken / count
        count = max(count * 2, int(count * at_least / max(taken, 1e-9)))


def take_turns(
    contenders: Mapping[str, Callable[[], object]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Time each contender once a round, in turn; gives the seconds per call of every round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for call in contenders.values():
        call()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in contenders.items():
                times[name].append(seconds_per_call(call))
    finally:
        gc.enable()
    return times


def ratio(times: Mapping[str, list[float]], above: str, below: str) -> float:
    """Take the median over the rounds of one contender's time divided by another's."""
    return statistics.median(a / b for a, b in zip(times[above], times[below], strict=True))


def median_us(times: Mapping[str, list[float]], name: str) -> float:
    """Take the median time per call in microseconds."""
    return statistics.median(times[name]) * 1e6


def percentiles(call: Callable[[], object], calls: int) -> tuple[float, float]:
    """Time single calls; gives the median and the 99th percentile in microseconds."""
    taken = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    taken.sort()
    return taken[len(taken) // 2] * 1e6, taken[int(len(taken) * 0.99)] * 1e6
