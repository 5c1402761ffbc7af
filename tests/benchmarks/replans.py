"""How many booked items a new plan changes after a failure, and how far the statistics of items can be trusted."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from engine.analysis.effects import assess_effects, prior_of
from tests.benchmarks.timing import Figure
from tests.support.cohorts import cohort, drawn_gains, gain_cohort
from tests.support.follow_ups import NOW as AS_OF
from tests.support.follow_ups import content, random_case

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES, COHORTS = 200, 200
ITEM = "fmcg-negotiation"


def replan_figures() -> Iterator[Figure]:
    """Plan anew for 200 random learners who failed one item, with what is booked and without."""
    changes: list[int] = []
    free: list[int] = []
    taken: list[float] = []
    seed = equal = 0
    while len(changes) < CASES:
        begun = time.perf_counter()
        case = random_case(seed)
        seed += 1
        if case is None:
            continue
        taken.append(time.perf_counter() - begun)
        changes.append(case.proposal.booked_changes)
        free.append(case.free_changes())
        equal += case.equal_gap()
    yield Figure("replan.booked_changes_median", statistics.median(changes), "items")
    yield Figure("replan.booked_changes_mean", statistics.mean(changes), "items")
    yield Figure("replan.booked_changes_most", max(changes), "items")
    yield Figure("replan.equal_gap_share", equal / CASES, "share")
    yield Figure(
        "replan.free_changes_median",
        statistics.median(free),
        "items",
        "planned as if nothing was booked",
    )
    yield Figure("replan.case_ms", statistics.median(taken) * 1000, "ms", "three plans a case")


def effect_figures() -> Iterator[Figure]:
    """Ask of 200 cohorts without and with an effect for proposals, and of intervals for the truth."""
    graph = content().graph(AS_OF)

    def raised(**truth: float) -> tuple[float, float, float]:
        tests = [
            assess_effects(graph, cohort(seed, ITEM, **truth)).tests[0]  # type: ignore[arg-type]
            for seed in range(COHORTS)
        ]
        return (
            sum(test.raised for test in tests) / COHORTS,
            sum(test.p_holm < 1 and float(test.p_holm) <= 0.05 for test in tests) / COHORTS,
            statistics.mean(float(test.raw_r or 0) for test in tests),
        )

    share, significant, r = raised(loading=0.92, reliability=0.8)
    yield Figure("effects.null_proposals", share, "share")
    yield Figure("effects.null_raw_r", r, "r")
    yield Figure("effects.null_significant", significant, "share", "the same, by Holm alone")
    share, _, _ = raised(loading=0.92, reliability=0.8, gain=0.25)
    yield Figure("effects.null_on_performance_proposals", share, "share", "the competency did rise")
    share, _, r = raised(reliability=0.8, gain=0.25, points=0.5)
    yield Figure("effects.real_proposals", share, "share")
    yield Figure("effects.coverage_90", coverage(range(30)), "share")


def coverage(seeds: range) -> float:
    """Give the share of items whose true gain lies in the 90 % interval from 24 completers each."""
    graph = content().graph(AS_OF)
    priors = [prior_of(graph, item) for item in sorted(graph.items)]
    held = total = 0
    for seed in seeds:
        truth = drawn_gains(seed, [p.mean for p in priors], [p.variance for p in priors])
        rows = [
            row
            for n, prior in enumerate(priors)
            for row in gain_cohort(seed * 1000 + n, prior.item, truth[n])
        ]
        for gain in assess_effects(graph, rows).gains:
            true = truth[[p.item for p in priors].index(gain.item)]
            held += float(gain.low) <= true <= float(gain.high)
            total += 1
    return held / total
