"""Evidence, ratings and measures to scores, in exact rationals, each score with its reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.competency.documents import (
    ExpressionPart,
    LineReason,
    MeasurePart,
    PartReason,
    PointsPart,
    RatingPart,
    RatingReason,
)
from engine.feel.backends.interpreter import FaultError, Run, evaluate_ir
from engine.feel.values import NoValueError
from engine.kernel.decimals import CONTEXT, decimal_text, from_fraction
from engine.kernel.diagnostics import Code, nearest
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.competency.compiler import CompiledModel
    from engine.competency.documents import (
        Competency,
        Evidence,
        Measure,
        Missing,
        Part,
        Rating,
        State,
    )
    from engine.feel.values import Value

NO_LEVEL = Code(
    "SCORE-INPUT-001",
    "`{level}` is not a level of the scale `{scale}`",
    "`{level}` 不是量表 `{scale}` 的等级",
    "its levels are {known}",
    "其等级为 {known}",
)
RATED_TWICE = Code(
    "SCORE-INPUT-002",
    "`{rater}` rated `{competency}` twice as `{rating}`",
    "`{rater}` 对 `{competency}` 的 `{rating}` 评了两次",
    "keep one rating a person",
    "每人请只保留一次评分",
)
MEASURED_TWICE = Code(
    "SCORE-INPUT-003",
    "the measure `{measure}` is given twice",
    "测量值 `{measure}` 给出了两次",
    "keep one",
    "请保留一个",
)
NO_NUMBER = Code(
    "SCORE-VALUE-001",
    "the expression of `{competency}` has no value: {problem}",
    "`{competency}` 的表达式没有值：{problem}",
    "correct the expression",
    "请更正表达式",
)
OUTSIDE = Code(
    "SCORE-VALUE-002",
    "the expression of `{competency}` gives {value}, outside 0 to 100",
    "`{competency}` 的表达式得到 {value}，不在 0 到 100 之间",
    "bound it with `min` and `max`",
    "请用 `min` 和 `max` 限定",
)
_NO_EVIDENCE = Code("SCORE-MISSING-001", "no evidence of `{id}`", "没有 `{id}` 的证据")
_NO_RATINGS = Code("SCORE-MISSING-002", "no ratings `{id}`", "没有评分 `{id}`")
_NO_MEASURE = Code("SCORE-MISSING-003", "no measure `{id}`", "没有测量值 `{id}`")
_MISSING: dict[Code, Missing] = {
    _NO_EVIDENCE: "no_evidence",
    _NO_RATINGS: "too_few_ratings",
    _NO_MEASURE: "no_measure",
}

HUNDRED = Fraction(100)
_ZERO = Fraction()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person: the evidence strong enough to use, the ratings, the measures."""

    evidence: Mapping[tuple[str, State], tuple[Evidence, ...]]
    indicators: frozenset[str]
    ratings: Mapping[tuple[str, str], tuple[Rating, ...]]
    measures: Mapping[str, Measure]
    weak: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PartScore:
    """One part's exact score or none, its reason, and the scores of its separate sources."""

    reason: PartReason
    score: Fraction | None
    sources: tuple[Fraction, ...] = ()
    confidences: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """One competency's exact score, or none, with its parts."""

    competency: Competency
    score: Fraction | None
    parts: tuple[PartScore, ...] = field(default=())

    @property
    def spread(self) -> Fraction:
        """How far apart people and tests are: rated and measured parts, and the raters of each.

        Points and expressions are the owner's own scale, not a second opinion on the person.
        """
        judged = [
            part.score
            for part in self.parts
            if part.score is not None and part.reason.method in {"rating", "measure"}
        ]
        groups = [judged, *(list(part.sources) for part in self.parts)]
        return max((max(group) - min(group) for group in groups if group), default=_ZERO)


def _mean(scores: Sequence[Fraction]) -> Fraction:
    return sum(scores, _ZERO) / len(scores)


def _median(scores: Sequence[Fraction]) -> Fraction:
    middle = sorted(scores)[(len(scores) - 1) // 2 : len(scores) // 2 + 1]
    return _mean(middle)


_TAKE: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "mean": _mean,
    "median": _median,
    "min": min,
}


def gather(
    compiled: CompiledModel,
    evidence: Iterable[Evidence],
    ratings: Iterable[Rating] = (),
    measures: Iterable[Measure] = (),
) -> Known:
    """Sort out what is known of one person; raises EvaluationError for what cannot be read.

    Evidence below the model's `min_confidence` is set aside as weak. The order in which things
    come makes no difference.
    """
    usable: dict[tuple[str, State], list[Evidence]] = {}
    weak = []
    for one in sorted(set(evidence), key=_evidence_order):
        if one.confidence < compiled.document.min_confidence:
            weak.append(one)
        else:
            usable.setdefault((one.indicator, one.state), []).append(one)
    rated: dict[tuple[str, str], list[Rating]] = {}
    for rating in sorted(ratings, key=lambda one: one.rater):
        group = rated.setdefault((rating.competency, rating.rating), [])
        if group and group[-1].rater == rating.rater:
            raise EvaluationError(RATED_TWICE.at(None, **rating.model_dump()))
        group.append(rating)
    measured: dict[str, Measure] = {}
    for measure in measures:
        if measure.measure in measured:
            raise EvaluationError(MEASURED_TWICE.at(None, measure=measure.measure))
        measured[measure.measure] = measure
    return Known(
        {key: tuple(group) for key, group in usable.items()},
        frozenset(indicator for indicator, _ in usable),
        {key: tuple(group) for key, group in rated.items()},
        measured,
        tuple(weak),
    )


def _evidence_order(evidence: Evidence) -> tuple[object, ...]:
    return (evidence.indicator, evidence.state, -evidence.confidence, evidence.model_dump_json())


def score_competencies(compiled: CompiledModel, known: Known) -> tuple[Scored, ...]:
    """Score every competency of a model; one that lacks a part it needs has no score."""
    return tuple(
        _score_competency(compiled, competency, known)
        for competency in compiled.document.competencies
    )


def _score_competency(compiled: CompiledModel, competency: Competency, known: Known) -> Scored:
    parts = [
        _score_part(compiled, competency, index, known) for index in range(len(competency.parts))
    ]
    missing = {
        part.if_missing
        for part, got in zip(competency.parts, parts, strict=True)
        if got.score is None
    }
    there = sum((Fraction(got.reason.share) for got in parts if got.score is not None), _ZERO)
    if "not_assessed" in missing or not there:
        return Scored(competency, None, tuple(parts))
    weighed = [_weighed(got, HUNDRED / there) for got in parts]
    total = sum(
        (Fraction(got.reason.share) * got.score for got in parts if got.score is not None), _ZERO
    )
    return Scored(competency, total / there, tuple(weighed))


def _weighed(part: PartScore, factor: Fraction) -> PartScore:
    """Say which share of the competency a part came to have, once the missing were shared out."""
    if part.score is None:
        return part
    used = from_fraction(Fraction(part.reason.share) * factor)
    reason = part.reason.model_copy(update={"share_used": used})
    return PartScore(reason, part.score, part.sources, part.confidences)


# --- parts ---------------------------------------------------------------------------------------


def _score_part(
    compiled: CompiledModel, competency: Competency, index: int, known: Known
) -> PartScore:
    part = competency.parts[index]
    match part:
        case PointsPart():
            return _points(compiled, part, known)
        case RatingPart():
            return _rated(compiled, competency, part, known)
        case MeasurePart():
            measure = known.measures.get(part.measure)
            score = None if measure is None else Fraction(measure.value)
            missing = "no_measure" if measure is None else None
            return PartScore(_reason(part, score, missing=missing, measure=measure), score)
        case ExpressionPart():
            return _computed(compiled, competency, index, part, known)


def _reason(part: Part, score: Fraction | None, **said: object) -> PartReason:
    shown = None if score is None else from_fraction(score)
    return PartReason.model_validate(
        {"method": part.method, "share": part.share, "share_used": None, "score": shown, **said}
    )


def _points(compiled: CompiledModel, part: PointsPart, known: Known) -> PartScore:
    """`start` plus the points of each line that applies, held within 0 to 100."""
    total, confidences, lines = Fraction(part.start), [], []
    for line in part.points:
        evidence = known.evidence.get((line.indicator, line.when), ())
        if evidence:
            total += Fraction(line.points)
            confidences.append(evidence[0].confidence)
        title = compiled.document.indicators[line.indicator].title
        lines.append(
            LineReason(
                id=line.id,
                indicator=line.indicator,
                title=title,
                when=line.when,
                points=line.points,
                applied=bool(evidence),
                evidence=evidence,
            )
        )
    if all(line.indicator not in known.indicators for line in part.points):
        reason = _reason(part, None, missing="no_evidence", start=part.start, lines=lines)
        return PartScore(reason, None)
    score = min(max(total, _ZERO), HUNDRED)
    reason = _reason(part, score, start=part.start, lines=lines)
    return PartScore(reason, score, (), tuple(confidences))


def _rated(
    compiled: CompiledModel, competency: Competency, part: RatingPart, known: Known
) -> PartScore:
    ratings = known.ratings.get((competency.id, part.rating), ())
    scores = [_level(compiled, part.scale, rating) for rating in ratings]
    said = {
        "take": part.take,
        "at_least": part.at_least,
        "ratings": [
            RatingReason(rater=rating.rater, level=rating.level, score=score)
            for rating, score in zip(ratings, scores, strict=True)
        ],
    }
    if len(scores) < part.at_least:
        return PartScore(_reason(part, None, missing="too_few_ratings", **said), None)
    exact = [Fraction(score) for score in scores]
    taken = _TAKE[part.take](exact)
    return PartScore(_reason(part, taken, **said), taken, tuple(exact))


def _level(compiled: CompiledModel, scale: str, rating: Rating) -> Decimal:
    levels = compiled.document.scales[scale]
    if rating.level not in levels:
        known = ", ".join(f"`{level}`" for level in levels)
        near = nearest(rating.level, levels)
        raise EvaluationError(
            NO_LEVEL.at(None, level=rating.level, scale=scale, known=known, near=near)
        )
    return levels[rating.level]


def _computed(
    compiled: CompiledModel, competency: Competency, index: int, part: ExpressionPart, known: Known
) -> PartScore:
    """Evaluate FEEL; what it asks for and is not known makes the part missing, never a number."""

    def found(indicator: Value) -> Value:
        if indicator not in known.indicators:
            raise NoValueError(_NO_EVIDENCE, id=indicator)
        return (indicator, "found") in known.evidence

    def rating(name: Value) -> Value:
        ratings = known.ratings.get((competency.id, str(name)), ())
        if not ratings or part.scale is None:
            raise NoValueError(_NO_RATINGS, id=name)
        scores = [Fraction(_level(compiled, part.scale, one)) for one in ratings]
        return from_fraction(_mean(scores))

    def measure(name: Value) -> Value:
        if name not in known.measures:
            raise NoValueError(_NO_MEASURE, id=name)
        return known.measures[str(name)].value

    run = Run(functions={"found": found, "rating": rating, "measure": measure})
    try:
        with localcontext(CONTEXT):
            value = evaluate_ir(compiled.expressions[competency.id, index], {}, run)
    except FaultError as error:
        if error.code in _MISSING:
            reason = _reason(part, None, missing=_MISSING[error.code], expression=part.value)
            return PartScore(reason, None)
        problem = error.code.at(None, **error.args_).message()
        raise EvaluationError(
            NO_NUMBER.at(None, competency=competency.id, problem=problem)
        ) from error
    if not isinstance(value, Decimal) or not 0 <= value <= HUNDRED:
        shown = decimal_text(value) if isinstance(value, Decimal) else value
        raise EvaluationError(OUTSIDE.at(None, competency=competency.id, value=shown))
    score = Fraction(value)
    return PartScore(_reason(part, score, expression=part.value), score)
