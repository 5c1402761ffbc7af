"""Simulated cohorts of people who took an item or did not, with a truth that is known."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from engine.analysis.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

MANAGERS = 6


def _score(number: float) -> Decimal:
    return Decimal(round(min(max(number, 0), 99), 2)).quantize(Decimal("0.01"))


def cohort(
    seed: int,
    item: str,
    *,
    size: int = 200,
    gain: float = 0.0,
    points: float = 0.0,
    loading: float = 0.8,
    reliability: float = 1.0,
) -> list[Outcome]:
    """Draw one cohort: prior ability drives completion and performance alike, each with `loading`.

    The item closes `gain` of the distance on its competency and adds `points` (in standard
    deviations) to performance. The score before shows ability with this reliability.
    """
    draw = np.random.default_rng(seed)
    ability = draw.normal(size=size)
    rest = math.sqrt(1 - loading**2)
    share = loading * ability + rest * draw.normal(size=size)
    completed = share > np.quantile(share, 0.35)
    performance = loading * ability + rest * draw.normal(size=size) + points * completed
    error = math.sqrt((1 - reliability) / reliability) if reliability < 1 else 0.0
    pre = 68 + 7 * (ability + error * draw.normal(size=size))
    drift = draw.normal(0.05, 0.12, size=size)
    logs = np.log(np.maximum(100 - pre, 1)) - drift - completed * -math.log1p(-gain)
    post = 100 - np.exp(logs)
    manager = draw.integers(MANAGERS, size=size)
    tenure = draw.integers(1, 36, size=size)
    return [
        Outcome(
            learner=f"P-{seed}-{n}",
            item=item,
            completed=bool(completed[n]),
            pre=_score(pre[n]),
            post=_score(post[n]),
            performance=Decimal(round(70 + 10 * performance[n], 2)).quantize(Decimal("0.01")),
            tenure=Decimal(int(tenure[n])),
            manager=f"M-{manager[n]}",
            site=f"S-{manager[n] % 2}",
        )
        for n in range(size)
    ]


def gain_cohort(
    seed: int, item: str, gain: float, *, completed: int = 24, others: int = 12
) -> list[Outcome]:
    """Draw outcomes of one item whose true gain is `gain`; scores before and after carry error."""
    draw = np.random.default_rng(seed)
    size = completed + others
    took = np.arange(size) < completed
    before = np.log(100 - draw.normal(70, 6, size=size))
    after = before - draw.normal(0.03, 0.12, size=size) - took * -math.log1p(-gain)
    after += draw.normal(0, 0.15, size=size)
    return [
        Outcome(
            learner=f"P-{seed}-{n}",
            item=item,
            completed=bool(took[n]),
            pre=_score(100 - math.exp(before[n])),
            post=_score(100 - math.exp(after[n])),
        )
        for n in range(size)
    ]


def drawn_gains(seed: int, means: Sequence[float], variances: Sequence[float]) -> list[float]:
    """Draw true gains around what experts said, in logs; never below a gain of 0.01."""
    draw = np.random.default_rng(seed)
    logs = draw.normal(means, np.sqrt(variances))
    return [1 - math.exp(-max(float(one), 0.01)) for one in logs]
