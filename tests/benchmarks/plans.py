"""How long a catalog of 10,000 items takes to load, and a plan over it to make, by how much is weak."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.learning.plan import plan
from tests.benchmarks.catalogs import ROLE, SKILLS_EACH, synthetic_graph
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS, SKILLS, PEOPLE = 10_000, 14_000, 20


def plan_figures() -> Iterator[Figure]:
    """Load the catalog, then plan for people with 2, 3 and 5 weak competencies of their role."""
    start = time.perf_counter()
    graph = synthetic_graph(ITEMS, SKILLS)
    yield Figure("catalog.10k.load_seconds", time.perf_counter() - start, "s")
    draw = random.Random(3)  # noqa: S311 - a fixed seed: the same people each time
    for weak in (2, 3, 5):
        taken = []
        for _ in range(PEOPLE):
            role = draw.randrange(SKILLS // SKILLS_EACH // ROLE)
            asked = draw.sample(range(role * ROLE, (role + 1) * ROLE), weak)
            scores = {f"c{n}": Decimal(draw.randint(55, 75)) for n in asked}
            begun = time.perf_counter()
            plan(graph, f"role{role}", scores)
            taken.append((time.perf_counter() - begun) * 1000)
        taken.sort()
        for name, share in (("p50", 0.5), ("p90", 0.9)):
            yield Figure(f"planner.10k.{weak}_weak.{name}_ms", taken[int(PEOPLE * share)], "ms")
