"""Scores are exact, say where they come from, and what is missing is never zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from engine.competency.profile import displayed, make_profile, rule_inputs
from engine.kernel.errors import EvaluationError
from tests.support.competency import MODEL, compiled, exam, rated, seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.competency.documents import (
        CandidateProfile,
        CompetencyScore,
        Evidence,
        Measure,
        Rating,
    )

PANEL = rated("3", "3")


def profile(
    evidence: Iterable[Evidence] = (),
    ratings: Iterable[Rating] = PANEL,
    measures: Iterable[Measure] = (exam("80"),),
    text: str = MODEL,
) -> CandidateProfile:
    return make_profile(compiled(text), evidence, ratings, measures)


def care(found: CandidateProfile) -> CompetencyScore:
    return found.competencies[0]


def with_part(part: str) -> str:
    return MODEL.replace("{share: 100, method: measure, measure: typing_test}", part)


# --- points --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "score"),
    [
        ([seen("tidy")], "74"),
        ([seen("tidy"), seen("tidy", confidence="0.9")], "74"),
        ([seen("tidy", "not_found")], "62"),
        ([seen("tidy"), seen("quick", "not_found")], "66"),
        ([seen("quick", "found")], "62"),
    ],
)
def test_points_are_given_once_a_line(evidence: list[Evidence], score: str) -> None:
    assert care(profile(evidence)).score == Decimal(score)


def test_points_stay_between_0_and_100() -> None:
    more = MODEL.replace("points: 30}", "points: 80}").replace("points: -20}", "points: -90}")
    assert care(profile([seen("tidy")], text=more)).parts[1].score == 100
    assert care(profile([seen("quick", "not_found")], text=more)).parts[1].score == 0


def test_a_line_cites_its_evidence() -> None:
    weaker, stronger = seen("tidy", confidence="0.7"), seen("tidy", confidence="0.9")
    tidy, quick = care(profile([weaker, stronger])).parts[1].lines
    assert (tidy.applied, tidy.evidence) == (True, (stronger, weaker))
    assert (quick.applied, quick.evidence) == (False, ())


def test_no_evidence_for_any_line_is_missing_not_zero() -> None:
    found = profile([])
    assert care(found).score is None
    assert care(found).parts[1].missing == "no_evidence"
    assert found.not_assessed == ("care",)
    assert (found.assessed, found.overall, found.shown) == (False, None, None)
    assert rule_inputs(found) == {"assessed": False, "below_floor": (), "discrepant": False}


def test_weak_evidence_is_not_used_but_reported() -> None:
    weak = seen("tidy", confidence="0.59")
    found = profile([weak])
    assert found.weak_evidence == (weak,)
    assert care(found).parts[1].missing == "no_evidence"
    assert profile([seen("tidy", confidence="0.60")]).weak_evidence == ()


def test_evidence_that_the_model_does_not_read_is_reported() -> None:
    other = seen("cheerful")
    found = profile([other, seen("tidy")])
    assert found.unread_evidence == (other,)
    assert care(found).score == 74


# --- ratings and measures ------------------------------------------------------------------------


def test_a_mean_that_does_not_end_is_exact() -> None:
    """250/3 x 30 / 100 is 25: a rounded mean would give 24.99…9."""
    text = (
        MODEL.replace("{1: 40, 2: 55, 3: 70, 4: 85, 5: 95}", "{1: 70, 2: 80, 3: 100}")
        .replace("share: 60, method", "share: 30, method")
        .replace("share: 40\n", "share: 70\n")
        .replace("start: 50", "start: 0")
    )
    found = profile([seen("tidy", "not_found")], rated("1", "2", "3"), text=text)
    assert care(found).score == 25
    assert str(care(found).parts[0].score).startswith("83.333333333333333")


@pytest.mark.parametrize(
    ("take", "levels", "score"),
    [
        ("mean", ("2", "3", "3"), 65),
        ("median", ("1", "3", "4"), 70),
        ("median", ("3", "4"), Decimal("77.5")),
        ("min", ("5", "2", "4"), 55),
    ],
)
def test_ratings_are_taken_together(take: str, levels: tuple[str, ...], score: Decimal) -> None:
    text = MODEL.replace("take: mean", f"take: {take}")
    part = care(profile([seen("tidy")], rated(*levels), text=text)).parts[0]
    assert part.score == score
    assert [(one.rater, one.level) for one in part.ratings] == [
        (f"rater-{place}", level) for place, level in enumerate(levels)
    ]


def test_too_few_ratings_are_missing() -> None:
    part = care(profile([seen("tidy")], rated("3"))).parts[0]
    assert (part.missing, part.score, part.at_least) == ("too_few_ratings", None, 2)
    assert len(part.ratings) == 1


def test_a_missing_measure_is_not_assessed() -> None:
    found = profile([seen("tidy")], measures=[])
    assert found.competencies[1].parts[0].missing == "no_measure"
    assert found.not_assessed == ("typing",)


@pytest.mark.parametrize(
    ("ratings", "measures", "code"),
    [
        (rated("6", "3"), [exam("80")], "SCORE-INPUT-001"),
        ((*PANEL, PANEL[0]), [exam("80")], "SCORE-INPUT-002"),
        (PANEL, [exam("80"), exam("81")], "SCORE-INPUT-003"),
    ],
)
def test_what_cannot_be_read_is_refused(
    ratings: tuple[Rating, ...], measures: list[Measure], code: str
) -> None:
    with pytest.raises(EvaluationError) as caught:
        profile([seen("tidy")], ratings, measures)
    assert caught.value.fault.code.id == code


def test_a_missing_part_may_be_shared_out() -> None:
    text = MODEL.replace("share: 40\n", "share: 40\n        if_missing: share_out\n")
    found = care(profile([], text=text))
    assert found.score == 70
    assert [part.share_used for part in found.parts] == [100, None]
    both = care(profile([seen("tidy")], text=text))
    assert [part.share_used for part in both.parts] == [60, 40]


def test_sharing_out_everything_leaves_nothing() -> None:
    text = with_part("{share: 100, method: measure, measure: typing_test, if_missing: share_out}")
    assert profile([seen("tidy")], measures=[], text=text).not_assessed == ("typing",)


# --- expressions ---------------------------------------------------------------------------------


def test_an_expression_reads_what_is_known() -> None:
    part = (
        "{share: 100, method: expression, scale: bars5,"
        ' value: \'if found(tidy) then rating("panel") else measure("typing_test") / 3\'}'
    )
    ratings = rated("2", "3", "3", competency="typing")
    both = (*PANEL, *ratings)
    assert profile([seen("tidy")], both, text=with_part(part)).competencies[1].score == 65
    found = profile([seen("tidy", "not_found")], both, text=with_part(part)).competencies[1]
    assert str(found.score).startswith("26.66666666")


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ("if found(quick) then 1 else 2", "no_evidence"),
        ('rating("other")', "too_few_ratings"),
        ('measure("other")', "no_measure"),
    ],
)
def test_what_an_expression_asks_for_may_be_missing(value: str, missing: str) -> None:
    part = f"{{share: 100, method: expression, scale: bars5, value: '{value}'}}"
    found = profile([seen("tidy")], text=with_part(part)).competencies[1]
    assert (found.score, found.parts[0].missing) == (None, missing)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ('measure("typing_test") / 0', "SCORE-VALUE-001"),
        ('measure("typing_test") * 2', "SCORE-VALUE-002"),
    ],
)
def test_an_expression_without_a_score_is_a_fault(value: str, code: str) -> None:
    part = f"{{share: 100, method: expression, value: '{value}'}}"
    with pytest.raises(EvaluationError) as caught:
        profile([seen("tidy")], text=with_part(part))
    assert caught.value.fault.code.id == code


# --- the profile ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "band"),
    [("0", "low"), ("69.99", "low"), ("70", "fair"), ("90", "high"), ("100", "high")],
)
def test_a_band_ends_where_the_next_starts(test: str, band: str) -> None:
    assert profile([seen("tidy")], measures=[exam(test)]).competencies[1].band == band


def test_strengths_and_gaps_are_those_of_the_bands() -> None:
    high = profile([seen("tidy")], measures=[exam("95")])
    assert (high.strengths, high.gaps) == (("typing",), ())
    low = profile([seen("tidy")], measures=[exam("60")])
    assert (low.strengths, low.gaps) == ((), ("typing",))


def test_below_the_floor_is_named() -> None:
    low = profile([seen("quick", "not_found")], rated("1", "1"))
    assert care(low).score == 36
    assert low.below_floor == ("care",)
    assert rule_inputs(low)["below_floor"] == ("care",)
    at = profile([seen("tidy", "not_found")], rated("2", "1"))
    assert care(at).score == Decimal("48.5")
    assert profile([seen("tidy", "not_found")], rated("2", "2")).below_floor == ()


def test_sources_that_differ_by_more_than_20_are_discrepant() -> None:
    assert not profile([seen("tidy")], rated("3", "3")).discrepant
    assert profile([seen("tidy")], rated("2", "4")).discrepant
    assert not profile([seen("tidy")], rated("2", "3")).discrepant
    text = MODEL.replace("share: 60, method", "share: 40, method").replace(
        "      - share: 40\n",
        "      - {share: 20, method: measure, measure: exam}\n      - share: 40\n",
    )
    exact = profile([seen("tidy")], measures=[exam("80"), exam("90", "exam")], text=text)
    assert not exact.discrepant
    apart = profile([seen("tidy")], measures=[exam("80"), exam("90.01", "exam")], text=text)
    assert apart.discrepant
    assert [one.discrepant for one in apart.competencies] == [True, False]


def test_the_lowest_confidence_is_that_of_evidence_that_counted() -> None:
    evidence = [seen("tidy", confidence="0.7"), seen("quick", "found", confidence="0.65")]
    assert profile(evidence).min_confidence == Decimal("0.7")
    assert profile([seen("quick", "found")]).min_confidence is None


def test_the_overall_score_is_weighed_and_unrounded() -> None:
    found = profile([seen("tidy")], measures=[exam("79.996")])
    assert found.overall == Decimal("76.3984")
    assert found.shown == "76.39"


@pytest.mark.parametrize(
    ("score", "digits", "text"),
    [
        ("79.996", 2, "79.99"),
        ("79.999999999999999999", 4, "79.9999"),
        ("80", 4, "80.0000"),
        ("200/3", 0, "66"),
        ("0", 2, "0.00"),
    ],
)
def test_what_is_shown_never_crosses_a_line_upward(score: str, digits: int, text: str) -> None:
    assert displayed(Fraction(score), digits) == text


def test_the_profile_is_json_with_decimals_as_text() -> None:
    found = profile([seen("tidy")]).model_dump(mode="json")
    assert found["overall"] == "76.4"
    assert found["competencies"][0]["parts"][1]["lines"][0]["points"] == "30"
    assert found["model"]["hash"].startswith("sha256:")
