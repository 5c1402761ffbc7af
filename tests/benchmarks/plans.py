"""How long a catalog of 10,000 items takes to load, and a plan over it to make, by how much is weak."""

from __future__ import annotations

import gc
import random
import resource
import statistics
import time
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.learning.cache import PlanCache
from engine.learning.plan import plan
from engine.learning.situation import describe_situation
from tests.benchmarks.catalogs import synthetic_graph
from tests.benchmarks.timing import Figure, seconds_per_call
from tests.benchmarks.whole import solve_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.learning.documents import LearningPlan
    from engine.learning.skill_graph import SkillGraph

ITEMS, SKILLS = 10_000, 14_000
PEOPLE, COMPARED = 100, 12
"""So many people are planned for; for the first of them the peer plans too."""
CAP = Decimal(30)
"""Seconds of the solver after which the peer is stopped; it then counts with what it took."""

Person = tuple[str, dict[str, Decimal]]


def plan_figures() -> Iterator[Figure]:
    """Load the catalog, then plan for people with 2, 3 and 5 weak competencies of their role."""
    before, start = _held(), time.perf_counter()
    graph = synthetic_graph(ITEMS, SKILLS)
    yield Figure("catalog.10k.load_seconds", time.perf_counter() - start, "s")
    yield Figure("catalog.10k.memory_mib", _held() - before, "MiB")
    # As a server does that has loaded what it serves: else the collector walks the catalog in a plan.
    gc.collect()
    gc.freeze()
    draw = random.Random(3)  # noqa: S311 - a fixed seed: the same people each time
    proved: list[bool] = []
    for weak in (2, 3, 5):
        people = [_person(draw, graph, weak) for _ in range(PEOPLE)]
        taken, made = _timed(graph, people)
        proved += [each.proved for each in made]
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            value = sorted(taken)[int(PEOPLE * share)] * 1000
            yield Figure(f"planner.10k.{weak}_weak.{name}_ms", value, "ms")
        if weak != 3:
            yield from _compared(graph, people[:COMPARED], weak)
    yield Figure("planner.10k.proven_share", sum(proved) / len(proved), "")
    yield from _cached(graph, _person(draw, graph, 5))
    gc.unfreeze()


def _person(draw: random.Random, graph: SkillGraph, weak: int) -> Person:
    role = draw.choice(sorted(graph.targets))
    asked = draw.sample([target.competency for target in graph.targets[role]], weak)
    return role, {competency: Decimal(draw.randint(55, 75)) for competency in asked}


def _timed(graph: SkillGraph, people: list[Person]) -> tuple[list[float], list[LearningPlan]]:
    taken, made = [], []
    for role, scores in people:
        begun = time.perf_counter()
        made.append(plan(graph, role, scores))
        taken.append(time.perf_counter() - begun)
    return taken, made


def _compared(graph: SkillGraph, people: list[Person], weak: int) -> Iterator[Figure]:
    """Let planner and peer take turns; where the peer finishes it has no more hours than ours.

    It may have fewer: nothing keeps its items from supporting each other in a circle.
    """
    ratios, without_order, sizes, same = [], [], [], []
    for role, scores in people:
        [ours], [ended] = _timed(graph, [(role, scores)])
        peer = solve_whole(describe_situation(graph, role, scores), CAP)
        ratios.append(peer.seconds / ours)
        without_order.append(peer.without_order / ours)
        sizes.append(peer.items)
        hours = len({gap.priority for gap in ended.gaps})
        same.append(peer.values is not None and peer.values[hours] == ended.hours)
        assert peer.values is None or peer.values[hours] <= ended.hours
    named = f"HiGHS on the full closure, {statistics.median(sizes):.0f} items in the median"
    name = "median_speedup_vs_full_closure"
    yield Figure(f"planner.10k.{weak}_weak.{name}", statistics.median(ratios), "×", named)
    if weak == 5:
        yield Figure(f"planner.10k.{name}", statistics.median(ratios), "×", named)
    less = f"planner.10k.{weak}_weak.{name}_without_order"
    yield Figure(less, statistics.median(without_order), "×", f"{named}, ties left open")
    agreed = sum(same) / len(same)
    yield Figure(f"planner.10k.{weak}_weak.same_hours_as_full_closure_share", agreed, "")


def _cached(graph: SkillGraph, person: Person) -> Iterator[Figure]:
    role, scores = person
    cache = PlanCache()
    first = plan(graph, role, scores, cache=cache)
    assert plan(graph, role, scores, cache=cache) == first
    afresh = seconds_per_call(lambda: plan(graph, role, scores))
    again = seconds_per_call(lambda: plan(graph, role, scores, cache=cache))
    yield Figure("planner.10k.cached_speedup", afresh / again, "×", "our plan without a cache")
    tracemalloc.start()
    plan(graph, role, scores)
    yield Figure("planner.10k.plan_peak_mib", tracemalloc.get_traced_memory()[1] / 2**20, "MiB")
    tracemalloc.stop()


def _held() -> float:
    """Say how much memory the process has held at most, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
