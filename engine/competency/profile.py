"""Scores to a candidate profile: bands, strengths and gaps, and the values that rule sets read."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.competency.documents import CandidateProfile, CompetencyScore, ModelUsed
from engine.competency.scoring import HUNDRED, gather, score_competencies
from engine.kernel.decimals import from_fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.competency.compiler import CompiledModel
    from engine.competency.documents import Band, CompetencyModel, Evidence, Measure, Rating
    from engine.competency.scoring import Known, Scored

PROFILE = frozenset({"overall", "assessed", "below_floor", "discrepant", "min_confidence"})
"""The names by which rule sets read a profile."""


def make_profile(
    compiled: CompiledModel,
    evidence: Iterable[Evidence],
    ratings: Iterable[Rating] = (),
    measures: Iterable[Measure] = (),
) -> CandidateProfile:
    """Score one person against a model; raises EvaluationError for ratings it cannot read."""
    known = gather(compiled, evidence, ratings, measures)
    return read_profile(compiled, known, score_competencies(compiled, known))


def read_profile(
    compiled: CompiledModel, known: Known, scored: Sequence[Scored]
) -> CandidateProfile:
    """Read scores against the bands and floors of their model."""
    model = compiled.document
    competencies = tuple(_read(model, one) for one in scored)
    bands = {band.id: band.reads for band in model.bands}
    total = overall_score(scored)
    parts = [part for one in scored for part in one.parts if one.score is not None]
    confidences = [confidence for part in parts for confidence in part.confidences]
    return CandidateProfile(
        model=ModelUsed(id=model.id, version=model.version, hash=compiled.hash),
        role=model.role,
        use=model.use,
        competencies=competencies,
        overall=None if total is None else from_fraction(total),
        shown=None if total is None else displayed(total, model.digits),
        assessed=total is not None,
        not_assessed=tuple(one.id for one in competencies if one.score is None),
        strengths=tuple(one.id for one in competencies if bands.get(one.band or "") == "strength"),
        gaps=tuple(one.id for one in competencies if bands.get(one.band or "") == "gap"),
        below_floor=tuple(one.id for one in competencies if one.below_floor),
        discrepant=any(one.discrepant for one in competencies),
        min_confidence=min(confidences, default=None),
        weak_evidence=known.weak,
        unread_evidence=tuple(
            one
            for (indicator, _), group in known.evidence.items()
            if indicator not in model.indicators
            for one in group
        ),
    )


def overall_score(scored: Iterable[Scored]) -> Fraction | None:
    """Give the exact weighted sum; None when any competency was not assessed."""
    total = Fraction()
    for one in scored:
        if one.score is None:
            return None
        total += Fraction(one.competency.weight.value) * one.score
    return total / HUNDRED


def displayed(score: Fraction, digits: int) -> str:
    """Write a score with exactly `digits` places, cut off: it never crosses a line upward.

    >>> displayed(Fraction("79.996"), 2)
    '79.99'
    """
    cut = score.numerator * 10**digits // score.denominator
    return format(Decimal(cut).scaleb(-digits), "f")


def rule_inputs(profile: CandidateProfile) -> dict[str, object]:
    """Give what a rule set reads by name; what is not known is left out, and so is missing."""
    given: dict[str, object] = {
        "assessed": profile.assessed,
        "below_floor": profile.below_floor,
        "discrepant": profile.discrepant,
    }
    if profile.overall is not None:
        given["overall"] = profile.overall
    if profile.min_confidence is not None:
        given["min_confidence"] = profile.min_confidence
    return given


def band_of(bands: Sequence[Band], score: Fraction) -> Band:
    """Find the band that a score lies in; a band ends where the next begins."""
    return max((band for band in bands if band.source <= score), key=lambda band: band.source)


def _read(model: CompetencyModel, scored: Scored) -> CompetencyScore:
    competency, score = scored.competency, scored.score
    floor = competency.floor
    return CompetencyScore(
        id=competency.id,
        title=competency.title,
        weight=competency.weight.value,
        score=None if score is None else from_fraction(score),
        shown=None if score is None else displayed(score, model.digits),
        band=None if score is None else band_of(model.bands, score).id,
        floor=floor,
        below_floor=score is not None and floor is not None and score < floor,
        discrepant=scored.spread > model.discrepant_above,
        parts=tuple(part.reason for part in scored.parts),
    )
