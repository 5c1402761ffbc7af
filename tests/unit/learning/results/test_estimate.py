"""What is believed of levels: gains, observations by the error of their source, and chances that hold."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pytest

from engine.learning.results.estimate import (
    HUMAN_SET,
    Belief,
    believe,
    estimates,
    learn,
    observe,
    update,
)
from engine.learning.results.follow_up import baseline_of
from tests.support.catalogs import item, node, part, small_graph, teaches
from tests.support.follow_ups import NOW as AS_OF
from tests.support.follow_ups import content, followed, result, sales_plan

GRAPH = content().graph(AS_OF)
COURSE = GRAPH.items["fmcg-negotiation"]


def begun(score: str = "70") -> Belief:
    return believe(GRAPH, "negotiation", Decimal(score))


def test_a_score_alone_stays_exact() -> None:
    [one] = estimates(GRAPH, "sales-rep-fmcg", [believe(GRAPH, "negotiation", Decimal("79.996"))])
    assert (one.level, {s.level for s in one.skills}) == (Decimal("79.99"), {Decimal("79.996")})
    assert (one.target, one.low < one.level < one.high) == (Decimal(80), True)


def test_a_passed_item_lifts_what_it_teaches_by_its_gain_up_to_its_ceiling() -> None:
    done = learn(GRAPH, begun(), COURSE)
    assert [done.level(skill) for skill in done.skills] == [
        Decimal("80.80"),
        Decimal("80.80"),
        Decimal(70),
    ]
    high = learn(GRAPH, begun("87.9"), COURSE)
    assert high.level("price_negotiation") == Decimal("88.00")
    assert learn(GRAPH, begun("95"), COURSE).level("price_negotiation") == 95
    belief = begun()
    assert learn(GRAPH, belief, GRAPH.items["excel-advanced"]) is belief
    assert observe(GRAPH, belief, GRAPH.items["excel-advanced"], 90, HUMAN_SET.exam) is belief


def test_the_surer_the_source_the_more_it_counts() -> None:
    assert HUMAN_SET.exam < HUMAN_SET.rating < HUMAN_SET.interview
    levels = [
        observe(GRAPH, begun(), COURSE, 85, deviation).level("price_negotiation")
        for deviation in (HUMAN_SET.exam, HUMAN_SET.rating, HUMAN_SET.interview)
    ]
    assert 85 > levels[0] > levels[1] > levels[2] > 70
    spread = np.diag(observe(GRAPH, begun(), COURSE, 85, HUMAN_SET.exam).cov)
    assert (spread < np.diag(begun().cov)).all()


def test_the_latest_exam_counts_and_words_do_not() -> None:
    first, second = (
        result("fmcg-negotiation", f"2026-08-{day}", completion=100, exam=exam)
        for day, exam in ((10, 60), (20, 85))
    )
    words = result("fmcg-negotiation", "2026-08-21", text="谈判技巧有明显提升")
    both = followed([first, second, words]).document.estimates
    assert both == followed([second]).document.estimates
    rated = result("fmcg-negotiation", "2026-08-21", rating=5)
    [_, was] = [e.level for e in both]
    [_, now] = [e.level for e in followed([second, rated]).document.estimates]
    assert now > was


def test_a_failed_item_earns_nothing() -> None:
    failed = followed([result("fmcg-negotiation", "2026-08-10", completion=90)]).beliefs[
        "negotiation"
    ]
    assert failed.untouched == 70
    passed = followed([result("fmcg-negotiation", "2026-08-10", completion=90, success=True)])
    assert passed.beliefs["negotiation"].level("price_negotiation") == Decimal("80.80")


def test_what_the_scores_hold_already_moves_nothing() -> None:
    exam = result("fmcg-negotiation", "2026-08-10", completion=100, exam=90)
    assert (
        followed([exam], baseline=baseline_of(sales_plan(), since=exam.at))
        .beliefs["negotiation"]
        .untouched
        == 70
    )
    before = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    assert (
        followed([exam], baseline=baseline_of(sales_plan(), since=before))
        .beliefs["negotiation"]
        .untouched
        is None
    )


def test_scores_at_the_ends_have_an_estimate() -> None:
    for score in ("0", "100"):
        belief = learn(GRAPH, believe(GRAPH, "negotiation", Decimal(score)), COURSE)
        [one] = estimates(GRAPH, "sales-rep-fmcg", [observe(GRAPH, belief, COURSE, 100, 0.2)])
        assert 0 <= one.low <= one.high <= 100


def test_the_level_of_a_competency_is_that_of_the_weighted_deficits() -> None:
    belief = update(GRAPH, learn(GRAPH, begun(), COURSE), [])
    draw = np.random.default_rng(1).multivariate_normal(belief.mean, belief.cov, 200_000)
    logs = np.log(np.exp(draw) @ belief.weights)
    mean, deviation = belief.deficit()
    assert mean == pytest.approx(logs.mean(), abs=0.003)
    assert deviation == pytest.approx(logs.std(), abs=0.004)


def test_chances_are_calibrated_on_simulated_learners() -> None:
    """True levels are drawn from the model, scores and exams observed; of chances near p, p come true."""
    skills = ("a", "b", "c")
    graph = small_graph(
        nodes=[node("talk", "competency"), *map(node, skills)],
        edges=[part("a", "talk", "0.4"), part("b", "talk", "0.3"), part("c", "talk", "0.3")],
        items=[item("course", teaches("a", "0.3"), teaches("b", "0.3"))],
    )
    course = graph.items["course"]
    draw = np.random.default_rng(7)
    told, true, scaled = [], [], []
    share, weights = 0.3, np.array([0.4, 0.3, 0.3])
    for _ in range(1500):
        score = draw.uniform(62, 84)
        shared = draw.normal(0, HUMAN_SET.interview)
        logs = math.log(100 - score) + shared + draw.normal(0, HUMAN_SET.spread, size=3)
        gains = -math.log1p(-share) + draw.normal(0, math.sqrt(share / (1 - share) / 9), size=2)
        logs[:2] -= gains
        seen = logs[:2].mean() + draw.normal(0, HUMAN_SET.exam)
        belief = learn(graph, believe(graph, "talk", Decimal(round(score, 4))), course)
        belief = observe(graph, belief, course, 100 - math.exp(seen), HUMAN_SET.exam)
        deficit = math.log(float(np.exp(logs) @ weights))
        mean, deviation = belief.deficit()
        scaled.append((deficit - mean) / deviation)
        told.append(float(belief.chance(Decimal(80))) / 100)
        true.append(deficit <= math.log(20))
    chances, came = np.array(told), np.array(true, dtype=float)
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1)):
        there = (chances >= low) & (chances <= high)
        assert there.sum() > 80
        error = 3 * math.sqrt(0.25 / there.sum())
        assert came[there].mean() == pytest.approx(chances[there].mean(), abs=min(error, 0.1))
    assert np.std(scaled) == pytest.approx(1, abs=0.07)
    assert np.mean(scaled) == pytest.approx(0, abs=0.07)
