"""The probation result with its training part, and the way back from it to the evidence."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import CONTEXT, decimal_text
from engine.kernel.documents import Text
from engine.learning.results.documents import (
    Link,
    ProbationRecord,
    UsedDocument,
    identity_of,
)
from engine.rules.evaluate import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.competency.documents import CandidateProfile, PartReason
    from engine.learning.documents import LearningPlan
    from engine.learning.results.documents import LearningResult
    from engine.learning.results.follow_up import Followed
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision

_CENT = Decimal("0.01")


def assess_probation(  # noqa: PLR0913 - each is a document that stands by itself
    followed: Followed,
    plan: LearningPlan,
    training_effect: CompiledRuleSet,
    probation: CompiledRuleSet,
    performance: Decimal | None,
    *,
    criteria_disclosed: bool = False,
    evidence: Sequence[Link] = (),
) -> ProbationRecord:
    """Assess a probation from what was learned and how the person performed.

    Completion is the mean over the items of the plan, one that has no result counting as 0, and
    those that results speak of, which an earlier version of the plan may have held; the exam is
    the mean of the exams sat; the rating is the latest. Each is rounded half up to two places. A
    part that is missing leaves the record `incomplete`: a person decides. `evidence` is what the
    weaknesses of the plan rest on, for the way back.
    """
    completion, exam, rating = _figures(followed, plan)
    given = {"completion": completion, "exam": exam, "mentor_rating": rating}
    effect = decide(training_effect, {k: v for k, v in given.items() if v is not None})
    points = effect.outcomes.get("training_effect")
    parts: dict[str, object] = {"criteria_disclosed": criteria_disclosed}
    parts |= {} if points is None else {"training_effect": points}
    parts |= {} if performance is None else {"performance": performance}
    decision = decide(probation, parts)
    decided = decision.status == "decided"
    missing = [*effect.missing, *(m for m in decision.missing if m != "training_effect")]
    document = followed.document
    score, outcome = (decision.outcomes.get(name) for name in ("score", "outcome"))
    return ProbationRecord(
        schema_version="1",
        kind="probation_record",
        learner=document.learner,
        as_of=document.as_of,
        status="decided" if decided else "incomplete",
        completion=completion,
        exam=exam,
        mentor_rating=rating,
        training_effect=points if isinstance(points, Decimal) else None,
        performance=performance,
        score=score if isinstance(score, Decimal) else None,
        outcome=str(outcome) if decided else None,
        missing=tuple(missing),
        reasons=tuple(Text(zh=r.zh, en=r.en) for r in decision.reasons),
        follow_up=identity_of(document),
        plan=identity_of(plan),
        used=tuple(_used(effect, decision)),
        way_back=tuple(_way_back(followed, plan, evidence)),
    )


def _figures(
    followed: Followed, plan: LearningPlan
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    standings, before = followed.standings, followed.document.baseline.passed
    items = {step.item for step in plan.steps} | {i for i, one in standings.items() if one.results}
    done = [standings[i].completion or Decimal(0) for i in sorted(items) if i not in before]
    exams = [one.exam for one in standings.values() if one.exam is not None]
    ratings = [r for one in standings.values() for r in one.results if r.rating is not None]
    begun = any(one.results for one in standings.values())
    latest = max(ratings, key=lambda one: (one.at, one.id), default=None)
    return (
        _mean(done) if begun else None,
        _mean(exams),
        None if latest is None else Decimal(latest.rating or 0),
    )


def _mean(numbers: Sequence[Decimal]) -> Decimal | None:
    if not numbers:
        return None
    exact = CONTEXT.divide(sum(numbers, Decimal(0)), Decimal(len(numbers)))
    return exact.quantize(_CENT, ROUND_HALF_UP)


def _used(*decisions: Decision) -> Iterator[UsedDocument]:
    for decision in decisions:
        for one in decision.used:
            yield UsedDocument(kind=one.kind, id=one.id, version=one.version, hash=one.hash)


# --- the way back --------------------------------------------------------------------------------


def _way_back(followed: Followed, plan: LearningPlan, evidence: Sequence[Link]) -> Iterator[Link]:
    """Go from the follow-up to its alerts and results, to the plan, its weaknesses, their evidence."""
    document = followed.document
    alerts = [*document.alerts, *document.closed]
    results = [one for standing in followed.standings.values() for one in standing.results]
    yield Link(
        kind="follow_up",
        id=document.learner,
        hash=identity_of(document),
        says=Text(
            zh=f"培训跟进，截至 {document.as_of.date().isoformat()}",
            en=f"the follow-up by {document.as_of.date().isoformat()}",
        ),
        rests_on=(*(f"alert:{one.item}/{one.alert}" for one in alerts), f"plan:{plan.role}"),
    )
    for alert in alerts:
        yield Link(
            kind="alert",
            id=f"{alert.item}/{alert.alert}",
            hash=identity_of(alert),
            says=alert.reason,
            rests_on=tuple(f"learning_result:{one}" for one in alert.rests_on),
        )
    for result in results:
        yield Link(
            kind="learning_result",
            id=result.id,
            hash=identity_of(result),
            says=_said(result),
            rests_on=(f"item:{result.item}",),
        )
    yield Link(
        kind="plan",
        id=plan.role,
        hash=identity_of(plan),
        says=Text(zh="培养计划", en="the learning plan"),
        rests_on=tuple(f"weakness:{gap.competency}" for gap in plan.gaps),
    )
    behind = _by_weakness(evidence)
    for gap in plan.gaps:
        score, target = decimal_text(gap.score), decimal_text(gap.target)
        yield Link(
            kind="weakness",
            id=gap.competency,
            hash=None,
            says=Text(
                zh=f"{gap.name.zh} {score}，目标 {target}",
                en=f"{gap.name.en} {score}, target {target}",
            ),
            rests_on=behind.get(gap.competency, ()),
        )
    weak = {gap.competency for gap in plan.gaps}
    yield from (one for one in evidence if one.kind != "evidence" or one.id.split("/")[0] in weak)


def evidence_of(profile: CandidateProfile, interview: str) -> tuple[Link, ...]:
    """Give what the scores of a profile rest on, as links whose ids begin with the competency."""
    links = [
        link
        for competency in profile.competencies
        for part in competency.parts
        for link in _part_links(competency.id, part)
    ]
    links.append(
        Link(
            kind="profile",
            id=f"{profile.model.id}@{profile.model.version}",
            hash=identity_of(profile),
            says=Text(zh="能力画像", en="the profile"),
            rests_on=(f"interview:{interview}",),
        )
    )
    return tuple(links)


def _part_links(competency: str, part: PartReason) -> Iterator[Link]:
    """Give one link a rating, and one a line of points that evidence was found for."""
    for rating in part.ratings:
        yield Link(
            kind="evidence",
            id=f"{competency}/{rating.rater}",
            hash=identity_of(rating),
            says=Text(zh=f"评分 {rating.level}", en=f"rated {rating.level}"),
            rests_on=("profile",),
        )
    for line in part.lines:
        for number, found in enumerate(line.evidence, 1):
            yield Link(
                kind="evidence",
                id=f"{competency}/{line.id}/{number}",
                hash=identity_of(found),
                says=line.title,
                rests_on=("profile",),
            )


def _by_weakness(evidence: Iterable[Link]) -> dict[str, tuple[str, ...]]:
    """Group evidence by the competency that its id begins with."""
    found: dict[str, tuple[str, ...]] = {}
    for one in evidence:
        if one.kind == "evidence":
            competency = one.id.partition("/")[0]
            found[competency] = (*found.get(competency, ()), f"evidence:{one.id}")
    return found


def _said(result: LearningResult) -> Text:
    """Say what a result reported, figures only."""
    figures = {
        ("完成率", "completion"): result.completion,
        ("考试", "exam"): result.exam,
        ("评级", "rating"): None if result.rating is None else Decimal(result.rating),
    }
    zh = [
        f"{names[0]} {decimal_text(value)}" for names, value in figures.items() if value is not None
    ]
    en = [
        f"{names[1]} {decimal_text(value)}" for names, value in figures.items() if value is not None
    ]
    head = f"{result.item}"
    return Text(zh=f"{head}：{'，'.join(zh) or '—'}", en=f"{head}: {', '.join(en) or '—'}")
