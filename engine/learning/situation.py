"""What is known of one person, checked against the catalog before anything is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text, fits
from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.kernel.errors import DocumentError
from engine.learning.documents import PlanLimits
from engine.learning.gaps import check_scores, rank_gaps
from engine.learning.planner.problem import Situation
from engine.learning.planner.solver import Effort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from decimal import Decimal

    from engine.learning.skill_graph import SkillGraph

UNKNOWN_ITEM = Code(
    "PLAN-INPUT-004",
    "the catalog has no item `{item}`",
    "目录中没有条目 `{item}`",
    "correct the id under `{place}`",
    "请更正 `{place}` 中的编号",
)
UNKNOWN_PREFERENCE = Code(
    "PLAN-INPUT-005",
    "the catalog has no preference `{preference}`",
    "目录中没有偏好 `{preference}`",
    "known preferences: {known}",
    "可用偏好：{known}",
)
CONTRADICTION = Code(
    "PLAN-INPUT-006",
    "`{item}` is both asked for and ruled out",
    "`{item}` 既被要求又被排除",
    "keep it under `forced` or under `excluded`, not under both",
    "请只保留在 `forced` 或 `excluded` 之一中",
)
FORCED_AGAIN = Code(
    "PLAN-INPUT-007",
    "`{item}` is asked for and has been passed already",
    "`{item}` 已通过，却又被要求",
    "delete it under `forced`, or under `passed` if it is to be taken again",
    "请从 `forced` 中删除；若要重修，请从 `passed` 中删除",
)

EFFORT_RANGE = Code(
    "PLAN-INPUT-009",
    "the limit of the search is {given}; it must be above 0",
    "搜索限制为 {given}；必须大于 0",
    "give more, or leave the limit out",
    "请增大，或不设限制",
)

NO_LIMITS = PlanLimits()
NOTHING: frozenset[str] = frozenset()


def describe_situation(  # noqa: PLR0913 - each is a fact about the person that stands by itself
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    *,
    limits: PlanLimits = NO_LIMITS,
    passed: Collection[str] = NOTHING,
    booked: Collection[str] = NOTHING,
    preference: str | None = None,
    forced: Collection[str] = NOTHING,
    excluded: Collection[str] = NOTHING,
    levels: Mapping[str, Decimal] | None = None,
) -> Situation:
    """Describe one person from their scores (0 to 100) by competency and what a plan may take.

    `passed` items are not repeated, nor is their content in another form; `booked` ones are kept
    between equals; `forced` ones are in every plan
    and `excluded` ones in none. `levels` are those of single skills. Raises
    DocumentError for what the catalog does not know, for scores outside 0 to 100 and for wishes
    that contradict each other.
    """
    named = {"passed": passed, "booked": booked, "forced": forced, "excluded": excluded}
    found = check_scores(graph, role, scores)
    found += _check_wishes(graph, named, preference)
    if found:
        raise DocumentError(found)
    owned = frozenset(variant for item in passed for variant in graph.variants(item))
    found += [FORCED_AGAIN.at(None, item=item) for item in sorted(owned.intersection(forced))]
    if found:
        raise DocumentError(found)
    mandatory = graph.mandatory.get(role, {})
    return Situation(
        graph=graph,
        gaps=rank_gaps(graph, role, scores, levels or {}),
        scores=scores,
        mandatory={item: clause for item, clause in mandatory.items() if item not in owned},
        limits=limits,
        passed=owned,
        booked=frozenset(booked),
        suits=frozenset(graph.preferences[preference].suits) if preference else NOTHING,
        forced=frozenset(forced),
        excluded=frozenset(excluded),
        levels=levels or {},
    )


def _check_wishes(
    graph: SkillGraph, named: Mapping[str, Collection[str]], preference: str | None
) -> Iterator[Diagnostic]:
    for place, items in named.items():
        for item in sorted(items):
            if item not in graph.items:
                near = nearest(item, graph.items)
                yield UNKNOWN_ITEM.at(None, item=item, place=place, near=near)
    for item in sorted(set(named["forced"]).intersection(named["excluded"])):
        yield CONTRADICTION.at(None, item=item)
    if preference is not None and preference not in graph.preferences:
        known = ", ".join(f"`{name}`" for name in sorted(graph.preferences))
        near = nearest(preference, graph.preferences)
        yield UNKNOWN_PREFERENCE.at(None, preference=preference, known=known, near=near)


def check_effort(seconds: Decimal | None, nodes: int) -> Effort:
    """Give the limits of a search; raises DocumentError where they leave nothing to search."""
    if seconds is not None and not (fits(seconds) and seconds > 0):
        shown = decimal_text(seconds) if seconds.is_finite() else str(seconds)
        raise DocumentError([EFFORT_RANGE.at(None, given=shown)])
    if nodes < 1:
        raise DocumentError([EFFORT_RANGE.at(None, given=nodes)])
    return Effort(seconds, nodes)
