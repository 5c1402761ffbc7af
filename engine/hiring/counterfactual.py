"""What would have changed the outcome: the smallest change of each competency, tried first."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from engine.competency.documents import Score
from engine.competency.profile import rule_inputs
from engine.hiring.evaluation import decide_inputs
from engine.kernel.decimals import decimal_text, from_fraction
from engine.kernel.documents import Name, Number, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.competency.documents import CandidateProfile, CompetencyScore
    from engine.hiring.evaluation import Evaluation, Materials
    from engine.rules.decision import Decision

OUTCOME = "outcome"
"""The decision of a rule set that a change is about."""


class Counterfactual(Shape):
    """A score of one competency that, with all else equal, gives another outcome."""

    competency: Name
    title: Text
    before: Score
    after: Score
    change: Number
    outcome: str
    becomes: str
    text: Text


def find_counterfactuals(
    evaluation: Evaluation, materials: Materials, given: Mapping[str, object] | None = None
) -> tuple[Counterfactual, ...]:
    """Find for each competency the nearest score with another outcome, the smallest change first.

    Scores are hundredths, and every one that is returned was decided by the rule set; `given` are
    the inputs that the evaluation was made with. There is none where the decision has no outcome.
    """
    outcome = _outcome(evaluation.decision)
    if outcome is None:
        return ()

    def becomes(competency: CompetencyScore, score: Decimal) -> str:
        changed = _inputs(evaluation.profile, competency, score)
        return _outcome(decide_inputs(materials, {**(given or {}), **changed})) or outcome

    found = []
    for competency in evaluation.profile.competencies:
        if competency.score is not None:
            run = partial(becomes, competency)
            ways = (_first(way, outcome, run) for way in _ways(competency.score))
            told = [
                _told(competency, score, outcome, run(score)) for score in ways if score is not None
            ]
            found += sorted(told, key=lambda one: abs(one.change))[:1]
    return tuple(sorted(found, key=lambda one: abs(one.change)))


def _outcome(decision: Decision) -> str | None:
    value = decision.outcomes.get(OUTCOME) if decision.status == "decided" else None
    return value if isinstance(value, str) else None


def _ways(score: Decimal) -> tuple[Sequence[int], Sequence[int]]:
    """Give the hundredths above a score and those below it, each the nearest first."""
    here = Fraction(score) * 100
    return range(math.floor(here) + 1, 10_001), range(math.ceil(here) - 1, -1, -1)


def _first(way: Sequence[int], outcome: str, run: Callable[[Decimal], str]) -> Decimal | None:
    """Find where the outcome first changes on a way, by points and then by hundredths.

    An outcome that holds for less than a point may be passed over; what is found is always true.
    """
    for start in range(0, len(way), 100):
        stretch = [from_fraction(Fraction(one, 100)) for one in way[start : start + 100]]
        if run(stretch[-1]) != outcome:
            return next(score for score in stretch if run(score) != outcome)
    return None


def _inputs(
    profile: CandidateProfile, changed: CompetencyScore, score: Decimal
) -> dict[str, object]:
    """Give what a rule set would read if one competency had another score."""
    inputs = rule_inputs(profile)
    if profile.overall is not None:
        difference = Fraction(changed.weight) * (Fraction(score) - Fraction(changed.score or 0))
        inputs["overall"] = from_fraction(Fraction(profile.overall) + difference / 100)
    inputs["below_floor"] = tuple(
        one.id
        for one in profile.competencies
        if (one.floor is not None and score < one.floor if one is changed else one.below_floor)
    )
    return inputs


def _told(
    competency: CompetencyScore, after: Decimal, outcome: str, becomes: str
) -> Counterfactual:
    before = competency.score or Decimal(0)
    change = from_fraction(Fraction(after) - Fraction(before))
    old, new, by = (decimal_text(number) for number in (before, after, change))
    by = by if change < 0 else f"+{by}"
    return Counterfactual(
        competency=competency.id,
        title=competency.title,
        before=before,
        after=after,
        change=change,
        outcome=outcome,
        becomes=becomes,
        text=Text(
            zh=f"{competency.title.zh} {old} → {new}（{by}）：结果由 `{outcome}` 变为 `{becomes}`",
            en=f"{competency.title.en} {old} → {new} ({by}): `{outcome}` becomes `{becomes}`",
        ),
    )
