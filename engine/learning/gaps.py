"""Which competencies of a role are below their target, and which were never assessed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text, fits, from_fraction
from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.learning.documents import Gap, NotAssessed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from engine.learning.skill_graph import SkillGraph

UNKNOWN_ROLE = Code(
    "PLAN-INPUT-001",
    "the catalog has no targets for the role `{role}`",
    "目录中没有岗位 `{role}` 的目标",
    "known roles: {known}",
    "可用岗位：{known}",
)
UNKNOWN_COMPETENCY = Code(
    "PLAN-INPUT-002",
    "`{competency}` is no competency of this catalog",
    "`{competency}` 不是该目录中的胜任力",
    "correct the name, or add the competency to the catalog",
    "请更正名称，或把该胜任力加入目录",
)
SCORE_RANGE = Code(
    "PLAN-INPUT-003",
    "the score of `{competency}` is {score}, outside 0 to 100",
    "`{competency}` 的得分是 {score}，不在 0 到 100 之间",
    "give a number from 0 to 100, or leave a competency out that was not assessed",
    "请给出 0 到 100 的数；未评估的胜任力请不要填写",
)


def check_scores(graph: SkillGraph, role: str, scores: Mapping[str, Decimal]) -> list[Diagnostic]:
    """Say what is wrong with a role and its scores; an absent score is no fault."""
    found = []
    if role not in graph.targets:
        known = ", ".join(f"`{name}`" for name in sorted(graph.targets))
        near = nearest(role, graph.targets)
        found.append(UNKNOWN_ROLE.at(None, role=role, known=known, near=near))
    for competency, score in sorted(scores.items()):
        if competency not in graph.competencies:
            near = nearest(competency, graph.competencies)
            found.append(UNKNOWN_COMPETENCY.at(None, competency=competency, near=near))
        if not (fits(score) and 0 <= score <= 100):  # noqa: PLR2004 - a score is a percentage
            shown = decimal_text(score) if score.is_finite() else str(score)
            found.append(SCORE_RANGE.at(None, competency=competency, score=shown))
    return found


def rank_gaps(
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    levels: Mapping[str, Decimal] | None = None,
) -> tuple[Gap, ...]:
    """List the gaps of a role: by priority, then the widest, then as the catalog lists them.

    Where `levels` of single skills are known, one of them below the target makes a gap, and the
    score shown is their weighted mean.
    """
    known, gaps = levels or {}, []
    for target in graph.targets[role]:
        score = scores.get(target.competency)
        if score is None:
            continue
        leaves = graph.leaves[target.competency]
        if min(known.get(leaf, score) for leaf, _ in leaves) >= target.level:
            continue
        if any(leaf in known for leaf, _ in leaves):
            each = (weight * Fraction(known.get(leaf, score)) for leaf, weight in leaves)
            score = from_fraction(sum(each, Fraction(0)))
        gaps.append(
            Gap(
                competency=target.competency,
                name=graph.names[target.competency],
                score=score,
                target=target.level,
                distance=target.level - score,
                priority=target.priority,
            )
        )
    return tuple(sorted(gaps, key=lambda gap: (gap.priority, -gap.distance)))


def not_assessed(
    graph: SkillGraph, role: str, scores: Mapping[str, Decimal]
) -> tuple[NotAssessed, ...]:
    """List the competencies of a role without a score; they are neither gaps nor zeros."""
    return tuple(
        NotAssessed(competency=target.competency, name=graph.names[target.competency])
        for target in graph.targets[role]
        if target.competency not in scores
    )
