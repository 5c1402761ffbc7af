"""What items add by their outcomes: intervals that hold, proposals that null effects do not raise."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.analysis.effect_documents import EffectReport, explain_effects
from engine.analysis.effects import (
    GATES,
    Assumptions,
    _Fit,
    assess_effects,
    prior_of,
    t_quantile,
)
from engine.analysis.outcomes import Outcome, read_outcomes
from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from engine.learning.results.reading import names_of
from tests.benchmarks.replans import coverage
from tests.support.cohorts import cohort, gain_cohort
from tests.support.follow_ups import NOW as AS_OF
from tests.support.follow_ups import content
from tests.support.golden import assert_golden
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.analysis.effect_documents import ItemTest
    from engine.kernel.diagnostics import Lang

GRAPH = content().graph(AS_OF)
ITEM = "fmcg-negotiation"


def association(rows: Iterable[Outcome], assumptions: Assumptions | None = None) -> ItemTest:
    report = assess_effects(GRAPH, rows, assumptions or Assumptions())
    return next(test for test in report.tests if test.kind == "mandatory")


# --- gains -----------------------------------------------------------------------------------


def test_the_prior_is_what_the_catalog_says_of_a_competency() -> None:
    prior = prior_of(GRAPH, ITEM)
    assert (prior.competency, round(prior.gain, 4), prior.prior_n) == ("negotiation", 0.252, 8)
    assert prior_of(GRAPH, "product-knowledge").competency == "product_knowledge"
    assert prior_of(GRAPH, "product-knowledge").gain == pytest.approx(0.4)


def test_under_twenty_outcomes_the_expert_stands_with_a_wide_interval_and_a_label() -> None:
    [few] = assess_effects(GRAPH, gain_cohort(1, ITEM, 0.5, completed=19)).gains
    [more] = assess_effects(GRAPH, gain_cohort(1, ITEM, 0.5, completed=20)).gains
    assert (few.basis, few.gain, few.rated) == ("expert", Decimal("0.2520"), Decimal("0.2520"))
    assert few.label.en == "an expert's estimate: 19 completed it, fewer than 20"
    assert few.high - few.low > Decimal("0.4")
    assert (more.basis, more.completed, more.others) == ("outcomes", 20, 12)
    assert more.gain > few.gain
    assert more.high - more.low < few.high - few.low


def test_more_outcomes_outweigh_the_expert() -> None:
    gains = [
        assess_effects(GRAPH, gain_cohort(3, ITEM, 0.5, completed=size, others=size)).gains[0]
        for size in (20, 60, 200)
    ]
    assert all(one.low < one.gain < one.high for one in gains)
    widths = [one.high - one.low for one in gains]
    assert widths == sorted(widths, reverse=True)
    assert abs(gains[-1].gain - Decimal("0.5")) < Decimal("0.05")


def test_without_others_the_completers_stand_alone() -> None:
    report = assess_effects(GRAPH, gain_cohort(4, ITEM, 0.3, completed=80, others=0))
    assert report.gains[0].basis == "outcomes"
    assert "nobody to compare with" in report.gains[0].label.en
    assert [test.gates[0] for test in report.tests] == ["too_few_completed", "too_few_others"]


def test_ninety_of_a_hundred_intervals_hold_the_truth() -> None:
    assert 0.85 <= coverage(range(8)) <= 0.95


# --- associations ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_course_without_effect_raises_no_proposal_though_it_correlates() -> None:
    tests = [association(cohort(seed, ITEM, loading=0.92, reliability=0.8)) for seed in range(200)]
    assert float(np.mean([float(test.raw_r or 0) for test in tests])) == pytest.approx(
        0.65, abs=0.04
    )
    assert sum(test.raised for test in tests) <= 10


@pytest.mark.slow
def test_a_course_that_lifts_only_its_competency_hardly_raises_one() -> None:
    made = [
        association(cohort(seed, ITEM, loading=0.92, reliability=0.8, gain=0.25))
        for seed in range(200)
    ]
    assert sum(test.raised for test in made) <= 16


@pytest.mark.slow
def test_a_real_effect_raises_a_proposal() -> None:
    made = [
        association(cohort(seed, ITEM, reliability=0.8, gain=0.25, points=0.5))
        for seed in range(200)
    ]
    assert sum(test.raised for test in made) >= 160


def test_small_cohorts_raise_nothing_whatever_they_show() -> None:
    test = association(cohort(1, ITEM, size=80, gain=0.4, points=2))
    assert test.gates[0] == "too_few_completed"
    assert not test.raised


def test_each_gate_has_its_case() -> None:
    seen = set()
    for seed in range(12):
        null = cohort(seed, ITEM, loading=0.92, reliability=0.8)
        seen |= set(association(null).gates)
    worse = [
        row.model_copy(update={"performance": (row.performance or Decimal(0)) - 30 * row.completed})
        for row in cohort(2, ITEM, gain=0.25)
    ]
    seen |= set(association(worse).gates)
    same = [row.model_copy(update={"completed": True}) for row in cohort(3, ITEM)]
    seen |= set(association(same).gates)
    one_manager = [
        row.model_copy(
            update={"performance": Decimal(60 + 30 * (row.completed and row.manager == "M-1"))}
        )
        for row in cohort(5, ITEM, loading=0.1)
    ]
    seen |= set(association(one_manager).gates)
    seen |= set(association(cohort(6, ITEM, size=30)).gates)
    no_time = [row.model_copy(update={"tenure": None}) for row in cohort(7, ITEM)]
    seen |= set(association(no_time).gates)
    assert seen | {"not_identified"} == set(GATES)


def test_the_score_after_stands_in_where_performance_is_missing() -> None:
    rows = [
        row.model_copy(update={"performance": None})
        for row in cohort(1, ITEM, gain=0.4, reliability=0.8)
    ]
    assert association(rows).outcome == "post"


def test_who_did_not_say_before_how_reliable_the_score_is_is_taken_at_four_fifths() -> None:
    rows = cohort(3, ITEM, reliability=0.8, gain=0.25, points=0.5)
    lows = [
        association(rows, Assumptions(reliability=share)).robust_low or Decimal(0)
        for share in (0.6, 0.8, 1.0)
    ]
    assert lows == sorted(lows)


def test_every_test_is_in_the_answer_and_corrected_for_all_of_them() -> None:
    items = ["customer-empathy", "stress-review", "goal-to-action", ITEM]
    rows = [row for n, item in enumerate(items) for row in cohort(n, item, size=120)]
    report = assess_effects(GRAPH, rows)
    assert len(report.tests) == 8
    assert all(test.p <= test.p_holm <= 1 for test in report.tests)
    by_p = sorted(report.tests, key=lambda test: test.p)
    assert by_p[0].p_holm == min(Decimal(1), 8 * by_p[0].p) or by_p[0].p_holm < Decimal("0.001")
    assert [test.p_holm for test in by_p] == sorted(test.p_holm for test in by_p)


def test_a_gain_unlike_the_rating_is_proposed_for_another() -> None:
    report = assess_effects(GRAPH, gain_cohort(2, ITEM, 0.5, completed=80, others=60))
    [proposal] = report.proposals
    assert proposal.kind == "rerate"
    assert "associated with" in proposal.says.en


def test_a_proposal_claims_no_effect_and_says_what_it_takes() -> None:
    rows = cohort(3, ITEM, reliability=0.8, gain=0.25, points=0.9)
    rows = [
        row.model_copy(update={"site": "S-9"})
        if not row.completed and row.manager == "M-1"
        else row
        for row in rows
    ]
    report = assess_effects(GRAPH, rows)
    proposal = next(one for one in report.proposals if one.kind == "mandatory")
    told = " ".join([proposal.says.en, *(one.en for one in proposal.caveats)])
    assert "associated with" in told
    assert not {"improves", "causes", "increases"} & set(told.split())
    assert (proposal.hours, proposal.cost, proposal.currency) == (Decimal(20), Decimal(300), "CNY")
    assert proposal.not_completed == sum(not row.completed for row in rows)
    assert (proposal.languages, proposal.without_access) == (("zh",), ("S-9",))
    for lang, word in (
        ("en", "sites where nobody completed it: S-9"),
        ("zh", "无人完成的地点：S-9"),
    ):
        assert word in explain_effects(report, lang)  # type: ignore[arg-type]


def test_a_report_is_a_document_and_says_nothing_of_nothing() -> None:
    report = assess_effects(GRAPH, cohort(1, ITEM, size=30))
    read, found = load_data(EffectReport, report.model_dump(mode="json"))
    assert read is not None, found
    assert read.document == report
    assert explain_effects(assess_effects(GRAPH, []), "en") == "there are no outcomes"
    assert explain_effects(assess_effects(GRAPH, []), "zh") == "没有结果数据"


def test_the_same_rows_in_any_order_give_the_same_report() -> None:
    rows = cohort(8, ITEM, size=90)
    assert assess_effects(GRAPH, rows) == assess_effects(GRAPH, rows[::-1])


@pytest.mark.parametrize(
    ("share", "freedom", "exact"),
    [(0.95, 10, 1.8125), (0.975, 20, 2.0860), (0.975, 100, 1.9840), (0.95, 5, 2.0150)],
)
def test_quantiles_of_t(share: float, freedom: int, exact: float) -> None:
    """Against the printed table (Abramowitz and Stegun, 26.10)."""
    assert t_quantile(share, freedom) == pytest.approx(exact, abs=0.002)


@pytest.mark.parametrize("freedom", [30, 75, 200])
def test_p_values_and_quantiles_of_t_agree(freedom: int) -> None:
    for share in (0.9, 0.975, 0.995):
        fit = _Fit(np.array([t_quantile(share, freedom)]), np.array([[1.0]]), freedom)
        assert fit.p_value(0) == pytest.approx(2 * (1 - share), rel=0.02)


def test_scores_at_the_ends_have_a_logarithm() -> None:
    rows = [
        row.model_copy(update={"pre": Decimal(100), "post": Decimal(100)})
        for row in cohort(1, ITEM, size=60)
    ]
    [gain] = assess_effects(GRAPH, rows).gains
    assert math.isfinite(gain.gain)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_in_words(lang: Lang) -> None:
    text = (ROOT / "examples" / "results" / "outcomes-simulated.csv").read_text("utf-8")
    report = assess_effects(GRAPH, read_outcomes(text, names_of(GRAPH)))
    assert_golden(f"results/effects.{lang}.txt", explain_effects(report, lang) + "\n")


# --- reading ---------------------------------------------------------------------------------

HEAD = "learner,item,completed,pre,post,tenure"
NAMES = names_of(GRAPH)


def test_outcomes_are_read_from_a_table() -> None:
    [one] = read_outcomes(
        "学员,课程,已完成,之前得分,之后得分,工龄（月）,地点\nP-1,C101,是,70%,81.5,14,上海\n", NAMES
    )
    assert (one.item, one.completed, one.pre, one.post, one.tenure, one.site) == (
        ITEM,
        True,
        Decimal(70),
        Decimal("81.5"),
        Decimal(14),
        "上海",
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("P-1,C9,yes,70,80,1", "RESULT-NAME-001"),
        ("P-1,C101,perhaps,70,80,1", "DOC-TYPE-006"),
        ("P-1,C101,yes,170,80,1", "CAT-VALUE-001"),
        ("P-1,C101,yes,70,,1", "OUTCOME-002"),
        ("P-0,C101,yes,70,80,1", "OUTCOME-001"),
        ("P-1,C101,yes,70", "RESULT-CSV-004"),
        (",C101,yes,70,80,1", "DOC-KEY-001"),
    ],
)
def test_faults_of_outcomes(line: str, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_outcomes(f"{HEAD}\nP-0,C101,no,70,75,3\n{line}\n", NAMES, "o.csv")
    [found] = caught.value.diagnostics
    assert (found.code.id, found.span.line) == (code, 3)  # type: ignore[union-attr]
    assert found.message("zh")


def test_so_many_faults_of_outcomes_are_enough() -> None:
    with pytest.raises(DocumentError) as caught:
        read_outcomes("\n".join([HEAD, *["P-1,C9,yes,70,80,1"] * 300]), NAMES)
    assert len(caught.value.diagnostics) == 200
