"""Laws of scores: exact, indifferent to order and repetition, and never lower for more points."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from engine.competency.compiler import WEIGHTS, WEIGHTS_RESCALE
from engine.competency.mentions import find_mentions
from engine.competency.profile import displayed, make_profile, overall_score
from engine.competency.scoring import gather, score_competencies
from engine.kernel.decimals import decimal_text, from_fraction
from tests.support.competency import MODEL, compiled, exam, findings, rated, seen
from tests.support.interviews import model

if TYPE_CHECKING:
    from engine.competency.documents import Evidence

COMPILED = compiled()
SALES = model("sales-rep-fmcg").document
WORTH = {"1": 40, "2": 55, "3": 70, "4": 85, "5": 95}

levels = st.lists(st.sampled_from("12345"), min_size=2, max_size=7)
hundredths = st.integers(0, 10_000).map(lambda number: Decimal(number).scaleb(-2))
evidence = st.lists(
    st.builds(
        seen,
        st.sampled_from(["tidy", "quick", "other"]),
        st.sampled_from(["found", "not_found"]),
        st.sampled_from(["0.5", "0.6", "0.9"]),
    ),
    max_size=8,
)


@given(evidence, levels, hundredths, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(
    found: list[Evidence], panel: list[str], test: Decimal, random: object
) -> None:
    ratings = list(rated(*panel))
    once = make_profile(COMPILED, found, ratings, [exam(str(test))])
    shuffled = [*found, *found]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(ratings)  # type: ignore[attr-defined]
    assert make_profile(COMPILED, shuffled, ratings, [exam(str(test))]) == once


@given(levels, hundredths)
def test_the_overall_score_is_the_exact_weighted_sum(panel: list[str], test: Decimal) -> None:
    known = gather(COMPILED, [seen("tidy")], rated(*panel), [exam(str(test))])
    mean = Fraction(sum(WORTH[level] for level in panel), len(panel))
    care = (60 * mean + 40 * 80) / 100
    assert (
        overall_score(score_competencies(COMPILED, known))
        == (60 * care + 40 * Fraction(test)) / 100
    )


@given(st.integers(-100, 100), st.integers(0, 100), levels)
def test_more_points_never_score_lower(points: int, more: int, panel: list[str]) -> None:
    low = compiled(MODEL.replace("points: 30}", f"points: {points}}}"))
    high = compiled(MODEL.replace("points: 30}", f"points: {min(points + more, 100)}}}"))
    scores = [
        make_profile(one, [seen("tidy")], rated(*panel), [exam("80")]).overall
        for one in (low, high)
    ]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] <= scores[1]


@given(levels, hundredths, hundredths)
def test_a_better_test_never_scores_lower(panel: list[str], one: Decimal, other: Decimal) -> None:
    low, high = (
        make_profile(COMPILED, [seen("tidy")], rated(*panel), [exam(str(test))]).overall
        for test in sorted((one, other))
    )
    assert low is not None
    assert high is not None
    assert low <= high


@given(st.lists(st.integers(1, 9_999), min_size=2, max_size=2).map(tuple))
def test_weights_sum_to_exactly_100_or_are_refused(weights: tuple[int, int]) -> None:
    first, second = (Decimal(number).scaleb(-2) for number in weights)
    text = MODEL.replace("value: 60,", f"value: {first},").replace(
        "value: 40,", f"value: {second},"
    )
    found = [one for one in findings(text) if one.code in {WEIGHTS, WEIGHTS_RESCALE}]
    assert bool(found) is (first + second != 100)
    if found and found[0].code == WEIGHTS_RESCALE:
        offered = found[0].args["others"].split("` ")[1]
        assert Decimal(found[0].args["weight"]) + Decimal(offered) == 100


@given(st.fractions(0, 100), st.integers(0, 12))
def test_what_is_shown_is_below_and_near(score: Fraction, digits: int) -> None:
    shown = Fraction(displayed(score, digits))
    assert 0 <= score - shown < Fraction(1, 10**digits)


@given(hundredths)
def test_a_finished_score_is_written_without_loss(score: Decimal) -> None:
    found = make_profile(COMPILED, [seen("tidy")], rated("3", "3"), [exam(str(score))])
    assert found.competencies[1].score == score
    assert decimal_text(from_fraction(Fraction(score))) == decimal_text(score)


WORDS = st.sampled_from(
    [
        *[
            "完成",
            "120%",
            "80%",
            "1.2倍",
            "目标",
            "没有",
            "带领",
            "团队",
            "，",
            "但",
            "不",
            "销售",
            "１２０％",
            "百分之",
        ],
        *["not", "times", ".", "…", "𝄞", "é", "é"],
        "led a team",
        "120% of target",
        " ",
    ]
)


@given(st.lists(WORDS, max_size=25).map("".join))
def test_every_mention_quotes_its_place(text: str) -> None:
    mentions = find_mentions(SALES, "track_record", text)
    for one in mentions:
        assert one.start < one.end
        assert text[one.start : one.end] == one.quote
    for one in mentions:
        apart = [other for other in mentions if other.indicator == one.indicator and other != one]
        assert all(one.end <= other.start or other.end <= one.start for other in apart)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert all(one.indicator in SALES.indicators for one in find_mentions(SALES, "objection", text))
