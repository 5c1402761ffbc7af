"""How far a learner has come: a Gaussian over the log-deficits of the skills of a competency.

The model, with x = ln(100 - level) of each skill, in nats:

- A score s of a competency says x = ln(100 - s) of each of its skills, with one error that they
  share (`interview`) and one that each has alone (`spread`).
- Whoever passes an item with the gain f takes -ln(1 - f) off x, up to the item's ceiling. A gain
  that n outcomes back adds the variance f / ((1 - f)(n + 1)), a share of a distance being a beta.
- An exam score or a mentor's rating of an item observes the mean x of the skills that it teaches,
  with the error of its source: exam < rating < interview. A rating counts as the level that its
  anchor stands for, a written remark as nothing. Of one item the latest exam and the latest rating
  count: an exam that is sat again replaces the one before.
- Results are applied in the order of their times; of one time, the gain first. So the same
  results give the same estimate in whatever order they came in.

The level of a competency is the weighted mean of its skills; the deficit of that mean is a sum of
log-normals, taken as log-normal with the same mean and variance (Fenton and Wilkinson, 1960).
Floats stay in here: levels leave it rounded down to two places, so that no line is crossed, chances
as percentages with one place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine.learning.levels import level_after
from engine.learning.results.documents import Estimate, SkillEstimate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.learning.documents import LearningItem, Teaches
    from engine.learning.results.progress import Standing
    from engine.learning.skill_graph import SkillGraph

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]

_LEAST_DEFICIT = 0.5
_NORMAL = NormalDist()
_WIDTH = _NORMAL.inv_cdf(0.95)
_ANCHORS = MappingProxyType({1: 40, 2: 55, 3: 70, 4: 85, 5: 95})


@dataclass(frozen=True, slots=True)
class Noise:
    """The standard deviations of the model in nats, set by people; 0.2 at 70 is about 6 points.

    `anchors` are the levels that the ratings 1 to 5 stand for.
    """

    exam: float = 0.20
    rating: float = 0.30
    interview: float = 0.35
    spread: float = 0.10
    anchors: Mapping[int, int] = field(default_factory=lambda: _ANCHORS)


HUMAN_SET = Noise()


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """The Gaussian over the skills of one competency: their log-deficits, and how they vary together.

    `untouched` is the score while nothing else is known: it stays exact.
    """

    competency: str
    skills: tuple[str, ...]
    weights: Vector
    mean: Vector
    cov: Matrix
    untouched: Decimal | None

    def level(self, skill: str) -> Decimal:
        """Give the level of a skill at the mean."""
        if self.untouched is not None:
            return self.untouched
        return _rounded_down(100 - math.exp(self.mean[self.skills.index(skill)]))

    def deficit(self) -> tuple[float, float]:
        """Give mean and standard deviation of the competency's own log-deficit."""
        each = self.weights * np.exp(self.mean + np.diag(self.cov) / 2)
        total = float(each.sum())
        spread = float(each @ (np.exp(self.cov) - 1) @ each)
        variance = math.log1p(spread / total**2)
        return math.log(total) - variance / 2, math.sqrt(variance)

    def chance(self, target: Decimal) -> Decimal:
        """Give the probability, in percent, that the competency is at `target` or above."""
        mean, deviation = self.deficit()
        far = (math.log(float(100 - target)) - mean) / max(deviation, 1e-9)
        return Decimal(100 * _NORMAL.cdf(far)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def believe(graph: SkillGraph, competency: str, score: Decimal, noise: Noise = HUMAN_SET) -> Belief:
    """Begin with the score of a competency, 0 to 100."""
    leaves = graph.leaves[competency]
    deficit = math.log(max(100 - float(score), _LEAST_DEFICIT))
    shared = np.full((len(leaves), len(leaves)), noise.interview**2)
    return Belief(
        competency=competency,
        skills=tuple(leaf for leaf, _ in leaves),
        weights=np.array([float(weight) for _, weight in leaves]),
        mean=np.full(len(leaves), deficit),
        cov=shared + np.eye(len(leaves)) * noise.spread**2,
        untouched=score,
    )


def learn(graph: SkillGraph, belief: Belief, item: LearningItem) -> Belief:
    """Apply the gain of an item that was passed, or will be."""
    taught = _taught(graph, belief, item)
    mean, cov = belief.mean.copy(), belief.cov.copy()
    for at, teaches in taught:
        gain = next(g for g in graph.gains[belief.skills[at]] if g.item == item.id)
        before = Fraction(max(100 - math.exp(mean[at]), 0))
        mean[at] = math.log(max(float(100 - level_after(before, (gain,))), _LEAST_DEFICIT))
        share = float(teaches.gain)
        cov[at, at] += share / ((1 - share) * (teaches.prior_n + 1))
    return _replaced(belief, mean, cov) if taught else belief


def observe(
    graph: SkillGraph, belief: Belief, item: LearningItem, level: float, deviation: float
) -> Belief:
    """Take in a level that was observed of what an item teaches, with the error of its source."""
    taught = _taught(graph, belief, item)
    if not taught:
        return belief
    seen = np.zeros(len(belief.skills))
    seen[[at for at, _ in taught]] = 1 / len(taught)
    gain = belief.cov @ seen / (seen @ belief.cov @ seen + deviation**2)
    off = math.log(max(100 - level, _LEAST_DEFICIT)) - seen @ belief.mean
    return _replaced(
        belief, belief.mean + gain * off, belief.cov - np.outer(gain, seen @ belief.cov)
    )


def _replaced(belief: Belief, mean: Vector, cov: Matrix) -> Belief:
    return Belief(belief.competency, belief.skills, belief.weights, mean, cov, None)


def _taught(graph: SkillGraph, belief: Belief, item: LearningItem) -> list[tuple[int, Teaches]]:
    """List the skills of a competency that an item teaches, and by which entry."""
    below = [
        (teaches, {leaf for leaf, _ in graph.leaves[teaches.skill]}) for teaches in item.teaches
    ]
    return [
        (at, teaches)
        for at, skill in enumerate(belief.skills)
        for teaches, leaves in below
        if skill in leaves
    ]


def update(
    graph: SkillGraph,
    belief: Belief,
    standings: Iterable[Standing],
    noise: Noise = HUMAN_SET,
    since: dt.datetime | None = None,
) -> Belief:
    """Take in everything that results say, in the order of their times.

    What was reported before `since`, when the scores were taken, is in the scores already.
    """
    events = sorted(
        (
            event
            for standing in standings
            for event in _events(standing, noise)
            if since is None or event[0] > since
        ),
        key=lambda event: event[:3],
    )
    for _, _, item, observed in events:
        described = graph.items[item]
        belief = (
            learn(graph, belief, described)
            if observed is None
            else observe(graph, belief, described, *observed)
        )
    return belief


def _events(
    standing: Standing, noise: Noise
) -> Iterator[tuple[dt.datetime, int, str, tuple[float, float] | None]]:
    """Give what moves an estimate: the pass, the latest exam and the latest rating, with their times."""
    if standing.passed_at is not None:
        yield standing.passed_at, 0, standing.item, None
    exams = [one for one in standing.results if one.exam is not None]
    ratings = [one for one in standing.results if one.rating is not None]
    for last in exams[-1:]:
        yield last.at, 1, standing.item, (float(last.exam or 0), noise.exam)
    for last in ratings[-1:]:
        yield last.at, 2, standing.item, (float(noise.anchors[last.rating or 1]), noise.rating)


def estimates(graph: SkillGraph, role: str, beliefs: Sequence[Belief]) -> tuple[Estimate, ...]:
    """Write what is believed: levels, 90 % intervals and chances, all rounded."""
    targets = {target.competency: target.level for target in graph.targets.get(role, ())}
    return tuple(_estimate(graph, belief, targets.get(belief.competency)) for belief in beliefs)


def _estimate(graph: SkillGraph, belief: Belief, target: Decimal | None) -> Estimate:
    mean, deviation = belief.deficit()
    low, high = (100 - math.exp(mean + way * _WIDTH * deviation) for way in (1, -1))
    level = sum(
        (weight * Fraction(belief.level(leaf)) for leaf, weight in graph.leaves[belief.competency]),
        Fraction(0),
    )
    return Estimate(
        competency=belief.competency,
        name=graph.names[belief.competency],
        level=_rounded_down(float(level)),
        low=_rounded_down(max(low, 0)),
        high=_rounded_down(high),
        target=target,
        chance=None if target is None else belief.chance(target),
        skills=tuple(
            SkillEstimate(
                skill=skill,
                name=graph.names[skill],
                level=belief.level(skill),
                mean=_written(belief.mean[at]),
                variance=_written(belief.cov[at, at]),
            )
            for at, skill in enumerate(belief.skills)
        ),
    )


def _rounded_down(level: float) -> Decimal:
    """Round a level down to two places; what a float adds or takes beyond the sixth is none of it."""
    exact = Decimal(max(level, 0)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
    return exact.quantize(Decimal("0.01"), ROUND_FLOOR)


def _written(number: float) -> Decimal:
    return Decimal(float(number)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
