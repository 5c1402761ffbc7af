"""The cases of a competency model: evidence, ratings and measures as data, and the profile compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.competency.documents import Evidence, Measure, Rating
from engine.competency.profile import make_profile
from engine.kernel.cases import Case, CaseResult, compare_expected
from engine.kernel.documents import Shape, load_data
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from engine.competency.compiler import CompiledModel
    from engine.competency.documents import CandidateProfile


class CaseEvidence(Evidence):
    """Evidence as a case states it, by no rule unless it names one."""

    rule: str = "case"
    clause: str = "case"


class CaseInputs(Shape):
    """What a case knows of one person."""

    evidence: tuple[CaseEvidence, ...] = ()
    ratings: tuple[Rating, ...] = ()
    measures: tuple[Measure, ...] = ()


def run_case(compiled: CompiledModel, case: Case) -> CaseResult:
    """Score the person of a case and compare what it names of the profile.

    Raises DocumentError for inputs of another shape, EvaluationError for ratings it cannot read.
    """
    loaded, found = load_data(CaseInputs, case.inputs)
    if loaded is None:
        raise DocumentError(found)
    inputs = loaded.document
    profile = make_profile(compiled, inputs.evidence, inputs.ratings, inputs.measures)
    differences = compare_expected(case.expect, answer(profile))
    document = compiled.document
    return CaseResult(document.id, document.version, case.id, tuple(differences))


def answer(profile: CandidateProfile) -> dict[str, object]:
    """Lay a profile flat: `scores` and `bands` by competency; what was not assessed is absent."""
    assessed = [one for one in profile.competencies if one.score is not None]
    flat: dict[str, object] = {
        "assessed": profile.assessed,
        "not_assessed": profile.not_assessed,
        "below_floor": profile.below_floor,
        "discrepant": profile.discrepant,
        "strengths": profile.strengths,
        "gaps": profile.gaps,
        "weak_evidence": [one.indicator for one in profile.weak_evidence],
        "scores": {one.id: one.score for one in assessed},
        "bands": {one.id: one.band for one in assessed},
    }
    numbers = {"overall": profile.overall, "min_confidence": profile.min_confidence}
    return {**flat, **{name: number for name, number in numbers.items() if number is not None}}
