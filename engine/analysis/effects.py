"""What an item adds, from outcomes: a gain with its interval, and associations that may be proposed.

Floats stay in here; what leaves is rounded. Two questions are asked of each item.

**Its gain.** g = ln((100 - pre) / (100 - post)), the log of the distance that is left, is regressed
on completion with the score before held (with fewer than five others the completers stand alone).
The expert's gain is the prior: f with `prior_n` outcomes has the variance f / ((1 - f)(prior_n + 1))
in logs. With five items or more the width of these priors is itself estimated, by moments, from how
far experts were off: empirical Bayes. Under twenty completers the expert's gain stands, labelled.

**Whether completing it goes with doing better.** The outcome is regressed on completion with score
before, tenure, manager and site held, standard errors HC3 (MacKinnon and White, 1985). Completion
that correlates with performance is not effect: a proposal needs every gate of `GATES`, Holm over all
tests, and an association that stays when the score before is taken as measured with error. The
E-value (VanderWeele and Ding, 2017) says how strong an unmeasured cause would have to be.
"""

from __future__ import annotations

import math
import operator
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.analysis.effect_documents import (
    FEW_OTHERS,
    EffectReport,
    ItemGain,
    ItemTest,
    describe_gain,
    propose,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.analysis.outcomes import Outcome
    from engine.learning.skill_graph import SkillGraph

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
    Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]

_NORMAL = NormalDist()
_LEAST_DEFICIT = 0.5
_FEW_ITEMS = 5
_MOST_GROUPS = 20
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What people set: the sizes asked for, the level of the tests, and how reliable `pre` is.

    `reliability` is the share of the variance of the score before that is no error.
    """

    outcomes: int = 20
    completed: int = 60
    others: int = 20
    level: float = 0.05
    reliability: float = 0.8
    group: int = 5


HUMAN_SET = Assumptions()


def assess_effects(
    graph: SkillGraph, outcomes: Iterable[Outcome], assumptions: Assumptions = HUMAN_SET
) -> EffectReport:
    """Assess every item that outcomes speak of; every test that was run is in the answer, nulls too."""
    by_item: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda one: (one.item, one.learner)):
        by_item[outcome.item].append(outcome)
    priors = {item: prior_of(graph, item) for item in by_item}
    seen = {item: _measure(rows, assumptions) for item, rows in by_item.items()}
    width = _width(priors, seen)
    gains = tuple(
        _posterior(graph, priors[item], seen[item], width, assumptions) for item in sorted(by_item)
    )
    raw = [
        test
        for item in sorted(by_item)
        for test in _tests(item, by_item[item], priors[item], seen[item], assumptions)
    ]
    tests = tuple(_closed(raw, assumptions))
    return EffectReport(
        schema_version="1",
        kind="effect_report",
        catalog=graph.used,
        gains=gains,
        tests=tests,
        proposals=tuple(
            propose(graph, test, gain, by_item[test.item])
            for test in tests
            for gain in gains
            if test.raised and gain.item == test.item
        ),
    )


# --- regression ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fit:
    """Coefficients with their robust covariances; `spread` is the variance that is left over."""

    coefficients: Vector
    cov: Matrix
    freedom: int
    spread: float = 0.0

    @property
    def errors(self) -> Vector:
        """The standard errors."""
        return np.sqrt(np.clip(np.diag(self.cov), 0, None))

    def interval(self, at: int, level: float) -> tuple[float, float]:
        """Give the interval of one coefficient that `1 - level` of such intervals cover."""
        reach = t_quantile(1 - level / 2, self.freedom) * float(self.errors[at])
        return float(self.coefficients[at]) - reach, float(self.coefficients[at]) + reach

    def p_value(self, at: int, null: float = 0) -> float:
        """Give the two-sided p-value of one coefficient against `null`."""
        if not self.errors[at]:
            return 1.0
        t = (float(self.coefficients[at]) - null) / float(self.errors[at])
        return 2 * _NORMAL.cdf(
            -abs(t) * (1 - 1 / (4 * self.freedom)) / math.sqrt(1 + t**2 / (2 * self.freedom))
        )


def t_quantile(share: float, freedom: int) -> float:
    """Give a quantile of Student's t by its expansion in the normal one (Abramowitz, Stegun 26.7.5)."""
    z = _NORMAL.inv_cdf(share)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def _fit(columns: Sequence[Vector], y: Vector) -> _Fit | None:
    """Fit least squares with HC3 errors; None where the columns do not tell their parts apart."""
    x = np.column_stack(columns)
    rows, count = x.shape
    if rows - count < 1 or np.linalg.matrix_rank(x) < count:
        return None
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ x.T @ y
    residuals = y - x @ coefficients
    leverage = np.clip(np.einsum("ij,jk,ik->i", x, inverse, x), 0, 0.999)
    meat = (x * ((residuals / (1 - leverage)) ** 2)[:, None]).T @ x
    return _Fit(coefficients, inverse @ meat @ inverse, rows - count, float(residuals.var()))


# --- the gain ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prior:
    """What the catalog says an item adds to the competency that it teaches most of."""

    item: str
    competency: str
    gain: float
    prior_n: int

    @property
    def mean(self) -> float:
        """The gain in logs."""
        return -math.log1p(-self.gain)

    @property
    def variance(self) -> float:
        """The variance of a gain that `prior_n` outcomes would have backed."""
        return self.gain / ((1 - self.gain) * (self.prior_n + 1))


def prior_of(graph: SkillGraph, item: str) -> Prior:
    """Read what an item adds to a competency: the gains of its skills by their weights."""
    described = graph.items[item]
    taught = {leaf: t for t in described.teaches for leaf, _ in graph.leaves[t.skill]}
    best = (0.0, described.teaches[0].skill)
    for competency in sorted(graph.competencies):
        shares = (
            float(weight) * float(taught[leaf].gain)
            for leaf, weight in graph.leaves[competency]
            if leaf in taught
        )
        best = max(best, (sum(shares), competency), key=lambda found: found[0])
    gain, competency = best
    gain = gain or float(described.teaches[0].gain)
    return Prior(item, competency, gain, min(t.prior_n for t in described.teaches))


@dataclass(frozen=True, slots=True)
class _Measured:
    """The gain that outcomes show, in logs, with the score before held; None where too few tell."""

    completed: int
    others: int
    mean: float = 0.0
    variance: float = 0.0
    fit: _Fit | None = None


def _measure(rows: Sequence[Outcome], assumptions: Assumptions) -> _Measured:
    told = [row for row in rows if row.post is not None]
    took = np.array([row.completed for row in told], dtype=float)
    completed = int(took.sum())
    others = len(told) - completed
    if completed < assumptions.outcomes:
        return _Measured(completed, others)
    before = np.array([_log_deficit(row.pre) for row in told])
    gained = before - np.array([_log_deficit(row.post or Decimal(0)) for row in told])
    if others < FEW_OTHERS:
        keep = took > 0
        centred = before[keep] - before[keep].mean()
        fit = _fit([np.ones(completed), centred], gained[keep]) or _fit(
            [np.ones(completed)], gained[keep]
        )
        at = 0
    else:
        fit = _fit([np.ones(len(told)), took, before - before.mean()], gained) or _fit(
            [np.ones(len(told)), took], gained
        )
        at = 1
    if fit is None:
        return _Measured(completed, others)
    # A t of few degrees of freedom is wider than the normal: its own variance says by how much.
    wider = fit.freedom / max(fit.freedom - 2, 1)
    variance = max(float(fit.errors[at]) ** 2 * wider, 1e-9)
    return _Measured(completed, others, float(fit.coefficients[at]), variance, fit)


def _log_deficit(score: Decimal) -> float:
    return math.log(max(100 - float(score), _LEAST_DEFICIT))


def _width(priors: Mapping[str, Prior], seen: Mapping[str, _Measured]) -> float:
    """Estimate by moments how much wider experts' errors are than their `prior_n` says; 1 if few tell."""
    told = [(priors[item], one) for item, one in seen.items() if one.fit is not None]
    if len(told) < _FEW_ITEMS:
        return 1.0
    each = [((m.mean - p.mean) ** 2 - m.variance) / p.variance for p, m in told]
    return min(max(sum(each) / len(each), 0.25), 25.0)


def _posterior(
    graph: SkillGraph, prior: Prior, seen: _Measured, width: float, assumptions: Assumptions
) -> ItemGain:
    mean, variance = prior.mean, prior.variance
    backed = seen.fit is not None
    if backed:
        precision = 1 / (variance * width) + 1 / seen.variance
        mean = (mean / (variance * width) + seen.mean / seen.variance) / precision
        variance = 1 / precision
    reach = _NORMAL.inv_cdf(0.95) * math.sqrt(variance)
    low, middle, high = (1 - math.exp(-(mean + way * reach)) for way in (-1, 0, 1))
    return describe_gain(
        graph,
        prior.item,
        prior.competency,
        basis="outcomes" if backed else "expert",
        counts=(seen.completed, seen.others, assumptions.outcomes),
        gains=tuple(_decimal(number) for number in (prior.gain, middle, low, high)),
    )


# --- the tests -----------------------------------------------------------------------------------

GATES = (
    "too_few_completed",
    "too_few_others",
    "not_identified",
    "not_significant",
    "not_positive",
    "not_on_target",
    "not_robust",
    "not_stable",
)
"""What keeps a test from raising a proposal, in the order in which it is asked."""


@dataclass(frozen=True, slots=True)
class _Raw:
    """A test before the multiplicity of all tests is known."""

    item: str
    kind: Literal["mandatory", "rerate"]
    outcome: Literal["performance", "post"]
    completed: int
    others: int
    gates: tuple[str, ...]
    raw_r: float | None = None
    partial_r: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float = 1.0
    robust_low: float | None = None
    e_value: float | None = None


def _tests(
    item: str, rows: Sequence[Outcome], prior: Prior, seen: _Measured, assumptions: Assumptions
) -> Iterator[_Raw]:
    """Test whether completion goes with doing better, and whether the gain is another than rated."""
    yield _associated(item, rows, seen, assumptions)
    gates = _sizes(seen.completed, seen.others, assumptions)
    fit = seen.fit
    if fit is None or seen.others < FEW_OTHERS:
        gates = gates or ("not_identified",)
        yield _Raw(item, "rerate", "post", seen.completed, seen.others, gates)
        return
    low, high = fit.interval(1, assumptions.level)
    yield _Raw(
        item,
        "rerate",
        "post",
        seen.completed,
        seen.others,
        gates,
        difference=float(fit.coefficients[1]) - prior.mean,
        low=low - prior.mean,
        high=high - prior.mean,
        p=fit.p_value(1, prior.mean),
    )


def _sizes(completed: int, others: int, assumptions: Assumptions) -> tuple[str, ...]:
    few = ("too_few_completed",) if completed < assumptions.completed else ()
    return (*few, *(("too_few_others",) if others < assumptions.others else ()))


def _associated(
    item: str, rows: Sequence[Outcome], seen: _Measured, assumptions: Assumptions
) -> _Raw:
    """Test the association of completion with performance, or with the score after where it is missing."""
    outcome: Literal["performance", "post"] = "performance"
    told = [r for r in rows if r.performance is not None and r.tenure is not None]
    if not told:
        outcome = "post"
        told = [r for r in rows if r.post is not None and r.tenure is not None]
    completed = sum(row.completed for row in told)
    others = len(told) - completed
    gates = _sizes(completed, others, assumptions)
    y = np.array(
        [float((r.performance if outcome == "performance" else r.post) or 0) for r in told]
    )
    design = _Design.of(told, assumptions)
    fit = design.fit(y) if told else None
    if fit is None:
        gates = gates or ("not_identified",)
        return _Raw(item, "mandatory", outcome, completed, others, gates)
    low, high = fit.interval(1, assumptions.level)
    robust = _robust_low(design, fit, assumptions)
    checks = {
        "not_on_target": not _on_target(seen, assumptions),
        "not_robust": robust <= 0,
        "not_stable": not _stable(design, y),
    }
    t = float(fit.coefficients[1]) / max(float(fit.errors[1]), 1e-12)
    return _Raw(
        item,
        "mandatory",
        outcome,
        completed,
        others,
        (*gates, *(gate for gate, shut in checks.items() if shut)),
        raw_r=float(np.corrcoef(design.took, y)[0, 1]) if y.std() and design.took.std() else 0.0,
        partial_r=t / math.sqrt(t**2 + fit.freedom),
        difference=float(fit.coefficients[1]),
        low=low,
        high=high,
        p=fit.p_value(1),
        robust_low=robust,
        e_value=_e_value(max(low, 0.0) / max(float(y.std()), 1e-12)),
    )


@dataclass(frozen=True, slots=True)
class _Design:
    """What an outcome is regressed on: completion, the score before, and what else is held."""

    took: Vector
    pre: Vector
    held: tuple[Vector, ...]
    groups: tuple[Mask, ...]

    @classmethod
    def of(cls, rows: Sequence[Outcome], assumptions: Assumptions) -> _Design:
        """Hold tenure, managers and sites; small groups stand together."""
        tenure = np.array([float(row.tenure or 0) for row in rows])
        held = [tenure - tenure.sum() / max(len(rows), 1)]
        groups: list[Mask] = []
        for names in ([row.manager for row in rows], [row.site for row in rows]):
            sizes = Counter(name or "" for name in names).most_common(_MOST_GROUPS)
            members = {
                name: np.array([n == name for n in names]) for name, _ in sorted(sizes) if name
            }
            groups += members.values()
            large = [name for name, size in sizes if size >= assumptions.group and name in members]
            held += [members[name].astype(float) for name in sorted(large)]
        took = np.array([row.completed for row in rows], dtype=float)
        pre = np.array([float(row.pre) for row in rows])
        return cls(took, pre, tuple(held), tuple(groups))

    def fit(self, y: Vector, keep: Mask | None = None) -> _Fit | None:
        """Regress on completion, then the score before, then all that is held, of the rows kept."""
        return self._fitted([self.took, self.pre], y, keep)

    def fit_pre(self) -> _Fit | None:
        """Regress the score before on completion and what is held."""
        return self._fitted([self.took], self.pre, None)

    def _fitted(self, first: list[Vector], y: Vector, keep: Mask | None) -> _Fit | None:
        rows = slice(None) if keep is None else keep
        kept = y[rows]
        own = [np.ones(len(kept)), *(column[rows] for column in first)]
        apart = _apart([*own, *(column[rows] for column in self.held)])
        told = len(apart) >= len(own) and all(map(operator.is_, apart, own))
        return _fit(apart, kept) if told else None


def _apart(columns: Iterable[Vector]) -> list[Vector]:
    """Leave out each column that those before it make up: it would tell nothing apart."""
    kept: list[Vector] = []
    basis: list[Vector] = []
    for column in columns:
        new = column
        for known in basis:
            new = new - known * (known @ new)
        length = float(np.linalg.norm(new))
        if length > _SAME * max(float(np.linalg.norm(column)), 1.0):
            kept.append(column)
            basis.append(new / length)
    return kept


def _robust_low(design: _Design, fit: _Fit, assumptions: Assumptions) -> float:
    """Give the lower end of an association once prior ability is taken as measured with error.

    Regression calibration: of what the score before explains, the part that its error hides is
    laid to the account of prior ability, as far as the two groups differ in it.
    """
    first = design.fit_pre()
    if first is None:
        return fit.interval(1, assumptions.level)[0]
    error = (1 - assumptions.reliability) * float(design.pre.var())
    reliable = min(max(1 - error / max(first.spread, 1e-12), 0.2), 1.0)
    slope = max(float(fit.coefficients[2]), 0.0)
    apart = max(float(first.coefficients[1]), 0.0)
    hidden = (1 - reliable) / reliable
    variance = (
        float(fit.cov[1, 1])
        - 2 * hidden * apart * float(fit.cov[1, 2])
        + hidden**2 * (apart**2 * float(fit.cov[2, 2]) + slope**2 * float(first.cov[1, 1]))
    )
    reach = t_quantile(1 - assumptions.level / 2, fit.freedom) * math.sqrt(max(variance, 0.0))
    return float(fit.coefficients[1]) - hidden * slope * apart - reach


def _on_target(seen: _Measured, assumptions: Assumptions) -> bool:
    """Whether the competency that the item teaches rose more with it, the score before held."""
    if seen.fit is None or seen.others < assumptions.others:
        return False
    return seen.fit.interval(1, assumptions.level)[0] > 0


def _stable(design: _Design, y: Vector) -> bool:
    """Whether the association keeps its sign when any one large manager or site is left out."""
    fits = (design.fit(y, ~group) for group in design.groups if not group.all())
    return all(fit is None or fit.coefficients[1] > 0 for fit in fits)


def _e_value(standardised: float) -> float:
    """Give the E-value of a difference in standard deviations, by way of its risk ratio."""
    risk = math.exp(0.91 * standardised)
    return risk + math.sqrt(risk * (risk - 1))


def _closed(raw: Sequence[_Raw], assumptions: Assumptions) -> Iterator[ItemTest]:
    """Correct the p-values for all tests by Holm's step-down, and say which raise a proposal."""
    corrected = [1.0] * len(raw)
    highest = 0.0
    for rank, at in enumerate(sorted(range(len(raw)), key=lambda n: (raw[n].p, n))):
        highest = min(max(highest, raw[at].p * (len(raw) - rank)), 1.0)
        corrected[at] = highest
    for one, p in zip(raw, corrected, strict=True):
        gates = list(one.gates)
        if one.difference is None:
            pass  # no test could be run: its gates say why
        elif p > assumptions.level:
            gates.append("not_significant")
        elif one.kind == "mandatory" and one.difference <= 0:
            gates.append("not_positive")
        yield ItemTest(
            item=one.item,
            kind=one.kind,
            outcome=one.outcome,
            completed=one.completed,
            others=one.others,
            raw_r=_maybe(one.raw_r),
            partial_r=_maybe(one.partial_r),
            difference=_maybe(one.difference),
            low=_maybe(one.low),
            high=_maybe(one.high),
            p=_decimal(one.p),
            p_holm=_decimal(p),
            robust_low=_maybe(one.robust_low),
            e_value=_maybe(one.e_value),
            gates=tuple(sorted(gates, key=GATES.index)),
            raised=not gates,
        )


def _maybe(number: float | None) -> Decimal | None:
    return None if number is None else _decimal(number)


def _decimal(number: float) -> Decimal:
    return Decimal(number).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
