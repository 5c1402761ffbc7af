"""What `evenhand check` takes for long tables: a grid that has no fault, and rows that overlap at random."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from engine.content import check_content, read_content
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
schema_version: "1"
kind: rule_set
id: bench
version: 1.0.0
title: {zh: 基准, en: Bench}
owner: bench
effective_from: 2026-01-01T00:00:00+08:00
clause: B-1
feel: "1"
inputs:
"""
COLUMNS = 6
SIZES = (50, 500, 1_000)


def grid_rows(count: int) -> list[list[str]]:
    """Cut three of the six columns into cells, so that every case fits exactly one row."""
    steps = [1, 1, 1]
    while steps[0] * steps[1] * steps[2] < count:
        steps[steps.index(min(steps))] += 1
    cuts = [[f"[{1000 * i // n}..{1000 * (i + 1) // n})" for i in range(n)] for n in steps]
    for cut in cuts:
        cut[-1] = cut[-1].replace(")", "]")
    return [[a, b, c, "-", "-", "-"] for a in cuts[0] for b in cuts[1] for c in cuts[2]]


def random_rows(count: int, seed: int = 1) -> list[list[str]]:
    """Draw rows of ranges that overlap, each cell open two times of five; the last row fits everything."""
    draw = random.Random(seed)  # noqa: S311 - the same rows each time
    rows = []
    for _ in range(count - 1):
        ranges = (sorted(draw.sample(range(1001), 2)) for _ in range(COLUMNS))
        rows.append(["-" if draw.random() < 0.4 else f"[{a}..{b})" for a, b in ranges])
    return [*rows, ["-"] * COLUMNS]


def rule_set_text(rows: list[list[str]], policy: str) -> str:
    """Write a rule set with one drawn table of six numbers."""
    names = [f"c{i}" for i in range(COLUMNS)]
    inputs = "".join(f'  {name}: {{type: number, range: "[0..1000]"}}\n' for name in names)
    lines = [f"| id | {' | '.join(names)} || out |", "|-" + "|-" * COLUMNS + "||-|"]
    lines += [f"| R{i} | {' | '.join(row)} || {i} |" for i, row in enumerate(rows)]
    drawn = "".join(f"      {line}\n" for line in lines)
    table = f"    type: number\n    hit_policy: {policy}\n    table: |\n{drawn}"
    return f"{_HEAD}{inputs}decisions:\n  out:\n{table}"


def check_seconds(text: str) -> tuple[float, set[str]]:
    """Check a rule set from its text on; gives the seconds and the codes that were found."""
    start = time.perf_counter()
    found = check_content(read_content({"rules/bench/1.0.0.yaml": text}))
    return time.perf_counter() - start, {d.code.id for d in found}


def check_figures() -> Iterator[Figure]:
    """Measure the whole check for 50, 500 and 1,000 rows of six columns."""
    for count in SIZES:
        seconds, found = check_seconds(rule_set_text(random_rows(count), "first"))
        assert "RULE-DEAD-001" in found or count == SIZES[0], found
        assert "RULE-BUDGET-001" not in found
        yield Figure(f"check.{count}_rows_seconds", seconds, "s", "ranges that overlap at random")
        seconds, found = check_seconds(rule_set_text(grid_rows(count), "unique"))
        assert not found
        yield Figure(f"check.{count}_grid_rows_seconds", seconds, "s", "a grid without a fault")
