"""Why this set of items and not another: what was rejected, the next best, what would make it possible."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.canonical import ContentHash, content_hash
from engine.kernel.decimals import from_fraction
from engine.kernel.diagnostics import nearest
from engine.kernel.documents import Flag, Identifier, Name, Number, Shape, Text, identity
from engine.kernel.errors import DocumentError
from engine.learning.alternatives import best_plans
from engine.learning.documents import GraphNode, PlanLimits
from engine.learning.levels import level_after
from engine.learning.situation import NO_LIMITS, UNKNOWN_ITEM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from fractions import Fraction

    from engine.learning.alternatives import Option
    from engine.learning.documents import LearningPlan
    from engine.learning.planner.problem import Situation
    from engine.learning.skill_graph import SkillGraph

LimitName: TypeAlias = Literal["budget", "hours_a_week", "weeks", "languages"]
Why: TypeAlias = Literal[
    "passed", "budget", "hours_a_week", "weeks", "languages", "limits", "conflict", "worse"
]


class Rejected(Shape):
    """An item that is not in the plan: what stands against it, or what it would cost to have it in.

    `hours` and `cost` are what the best plan with it takes more (less, where negative); `closes` says
    that this plan leaves no more open; `replaces` are the steps that it would do without.
    """

    item: Identifier
    name: Text
    why: Why
    teaches: tuple[GraphNode, ...]
    hours: Number | None = None
    cost: Number | None = None
    closes: Flag | None = None
    adds: tuple[GraphNode, ...] = ()
    replaces: tuple[GraphNode, ...] = ()


class AnotherPlan(Shape):
    """One of the next best sets: what it adds and drops, and what it takes more."""

    items: tuple[GraphNode, ...]
    adds: tuple[GraphNode, ...]
    drops: tuple[GraphNode, ...]
    hours: Number
    cost: Number
    closes: Flag


class Relaxation(Shape):
    """The least change of a limit with which all closes that can; not `alone`: all of them together."""

    limit: LimitName
    now: str
    needed: str
    alone: Flag


class Unreachable(Shape):
    """A skill that nothing in the catalog brings to its target: `reachable` is as far as all of it leads."""

    skill: Name
    name: Text
    target: Number
    reachable: Number


class PlanChoices(Shape):
    """What stood to choose when the plan with the hash `plan` was made."""

    schema_version: Literal["1"]
    kind: Literal["plan_choices"]
    plan: ContentHash
    currency: str
    rejected: tuple[Rejected, ...]
    others: tuple[AnotherPlan, ...]
    relaxations: tuple[Relaxation, ...]
    unreachable: tuple[Unreachable, ...]


def weigh_choices(
    situation: Situation,
    plan: LearningPlan,
    *,
    asked: Collection[str] = (),
    rejected: int = 5,
    others: int = 3,
) -> PlanChoices:
    """Say of a plan made in `situation` why not other items, which sets come next, and what binds.

    The items `asked` for come first, then up to `rejected` obvious ones: what teaches a weak skill
    best for its hours. Each is forced into the plan and solved again. Raises DocumentError for an
    item that the catalog does not know.
    """
    graph = situation.graph
    unknown = [
        UNKNOWN_ITEM.at(None, item=i, place="why_not", near=nearest(i, graph.items))
        for i in asked
        if i not in graph.items
    ]
    if unknown:
        raise DocumentError(unknown)
    best = best_plans(situation, 1 + others)
    chosen = frozenset(step.item for step in plan.steps)
    named = list(dict.fromkeys((*asked, *_obvious(situation, chosen, rejected))))
    return PlanChoices(
        schema_version="1",
        kind="plan_choices",
        plan=content_hash(identity(plan)),
        currency=plan.currency,
        rejected=tuple(
            _reject(situation, best[0] if best else None, item)
            for item in named
            if item not in chosen
        ),
        others=tuple(_compare(graph, best[0], other) for other in best[1:]),
        relaxations=tuple(_relax(situation, best[0] if best else None))
        if plan.status != "complete"
        else (),
        unreachable=tuple(_unreachable(situation)),
    )


def nodes_of(graph: SkillGraph, ids: Iterable[str]) -> tuple[GraphNode, ...]:
    """Give items and skills with their names."""
    return tuple(
        GraphNode(id=id_, name=graph.items[id_].name if id_ in graph.items else graph.names[id_])
        for id_ in ids
    )


# --- why not ------------------------------------------------------------------------------------


def _weak(situation: Situation) -> dict[str, Fraction]:
    """Give the skills below their target, with their level."""
    return {
        leaf: situation.start(gap, leaf)
        for gap in situation.gaps
        for leaf, _ in situation.graph.leaves[gap.competency]
    }


def _obvious(situation: Situation, chosen: Collection[str], most: int) -> list[str]:
    """List what a reader would ask about: it teaches a weak skill, the most for its hours first."""
    worth: dict[str, int] = {}
    for leaf, start in _weak(situation).items():
        for gain in situation.graph.gains[leaf]:
            if gain.ceiling > start and gain.item not in chosen:
                worth[gain.item] = worth.get(gain.item, 0) + gain.milli_nats
    items = situation.graph.items
    return sorted(worth, key=lambda i: (-worth[i] / items[i].hours, i))[:most]


def _reject(situation: Situation, best: Option | None, item: str) -> Rejected:
    graph = situation.graph
    weak = _weak(situation)
    taught = [leaf for t in graph.items[item].teaches for leaf, _ in graph.leaves[t.skill]]
    head = {
        "item": item,
        "name": graph.items[item].name,
        "teaches": nodes_of(graph, (leaf for leaf in taught if leaf in weak)),
    }
    if not situation.passed.isdisjoint(graph.variants(item)):
        return Rejected.model_validate({**head, "why": "passed"})
    forced = replace(
        situation, forced=situation.forced | {item}, excluded=situation.excluded - {item}
    )
    with_it = best_plans(forced, 1)
    if not with_it or best is None:
        return Rejected.model_validate({**head, "why": _obstacle(forced)})
    compared = _compare(graph, best, with_it[0])
    adds = tuple(node for node in compared.adds if node.id != item)
    more = {"hours": compared.hours, "cost": compared.cost, "closes": compared.closes}
    return Rejected.model_validate(
        {**head, "why": "worse", **more, "adds": adds, "replaces": compared.drops}
    )


def _obstacle(forced: Situation) -> Why:
    """Find the limit that keeps an item out: with it lifted, there is a plan that holds the item."""
    for limit in _set(forced.limits):
        lifted = forced.limits.model_copy(update={limit: None})
        if best_plans(replace(forced, limits=lifted), 1):
            return limit
    return "limits" if best_plans(replace(forced, limits=NO_LIMITS), 1) else "conflict"


def _compare(graph: SkillGraph, best: Option, other: Option) -> AnotherPlan:
    return AnotherPlan(
        items=nodes_of(graph, other.items),
        adds=nodes_of(graph, (i for i in other.items if i not in best.items)),
        drops=nodes_of(graph, (i for i in best.items if i not in other.items)),
        hours=other.hours - best.hours,
        cost=other.cost - best.cost,
        closes=other.unmet <= best.unmet,
    )


# --- what would make it possible -----------------------------------------------------------------

_LIMITS: tuple[LimitName, ...] = ("budget", "hours_a_week", "weeks", "languages")
_CENT = Decimal("0.01")
_MOST_WEEKS = 520


def _set(limits: PlanLimits) -> list[LimitName]:
    return [limit for limit in _LIMITS if getattr(limits, limit) is not None]


def _relax(situation: Situation, best: Option | None) -> Iterator[Relaxation]:
    """Find for each limit the least with which all closes that can; else what all must be together."""
    free = best_plans(replace(situation, limits=NO_LIMITS), 1)
    if not free or (best is not None and best.unmet == free[0].unmet):
        return
    goal, found = free[0].unmet, False
    for limit in _set(situation.limits):
        needed = _least(situation, limit, goal)
        if needed is not None:
            found = True
            yield Relaxation(
                limit=limit, now=_now(situation.limits, limit), needed=needed, alone=True
            )
    if not found:
        for limit, needed in _together(situation, free[0]):
            yield Relaxation(
                limit=limit, now=_now(situation.limits, limit), needed=needed, alone=False
            )


def _now(limits: PlanLimits, limit: LimitName) -> str:
    return _shown(getattr(limits, limit))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _with(situation: Situation, **limits: object) -> Option | None:
    changed = situation.limits.model_copy(update=limits)
    found = best_plans(replace(situation, limits=changed), 1)
    return found[0] if found else None


def _reaches(situation: Situation, goal: tuple[int, ...], **limits: object) -> Option | None:
    option = _with(situation, **limits)
    return option if option is not None and option.unmet == goal else None


def _least(situation: Situation, limit: LimitName, goal: tuple[int, ...]) -> str | None:
    """Give the least value of one limit that reaches the goal while the others stand; None: none does."""
    most = _reaches(situation, goal, **{limit: None})
    if most is None:
        return None
    match limit:
        case "budget":
            return _shown(_least_budget(situation, goal, most.cost))
        case "hours_a_week":
            weeks = situation.limits.weeks
            rate = (most.hours / weeks).quantize(_CENT, ROUND_CEILING) if weeks else most.hours
            return _shown(rate) if _reaches(situation, goal, hours_a_week=rate) else None
        case "weeks":
            return _least_weeks(situation, goal)
        case "languages":
            return _least_languages(situation, goal)


def _least_budget(situation: Situation, goal: tuple[int, ...], enough: Decimal) -> Decimal:
    """Halve the way between a budget that is too small and one that is enough, down to a cent."""
    short = situation.limits.budget or Decimal(0)
    while enough - short > _CENT:
        middle = ((enough + short) / 2).quantize(_CENT)
        option = _reaches(situation, goal, budget=middle)
        short, enough = (short, option.cost) if option else (middle, enough)
    return enough


def _least_weeks(situation: Situation, goal: tuple[int, ...]) -> str | None:
    short = situation.limits.weeks or 0
    enough = short + 1
    while not _reaches(situation, goal, weeks=enough):
        short, enough = enough, enough * 2
        if enough > _MOST_WEEKS:
            return None
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (
            (short, middle) if _reaches(situation, goal, weeks=middle) else (middle, enough)
        )
    return str(enough)


def _least_languages(situation: Situation, goal: tuple[int, ...]) -> str | None:
    """Name the first language that suffices when it is added; all of the catalog's, if only together."""
    own = situation.limits.languages or ()
    offered = {language for item in situation.graph.items.values() for language in item.language}
    more = sorted(offered - set(own))
    for language in more:
        if _reaches(situation, goal, languages=(*own, language)):
            return _shown((*own, language))
    return _shown((*own, *more))


def _together(situation: Situation, free: Option) -> Iterator[tuple[LimitName, str]]:
    limits = situation.limits
    if limits.budget is not None and free.cost > limits.budget:
        yield "budget", _shown(free.cost)
    if limits.hours_a_week is not None and limits.weeks is not None:
        rate = (free.hours / limits.weeks).quantize(_CENT, ROUND_CEILING)
        if rate > limits.hours_a_week:
            yield "hours_a_week", _shown(rate)
    if limits.languages is not None:
        spoken = {lang for item in free.items for lang in situation.graph.items[item].language[:1]}
        if not spoken <= set(limits.languages):
            yield "languages", _shown(tuple(sorted({*limits.languages, *spoken})))


def _unreachable(situation: Situation) -> Iterator[Unreachable]:
    """List the skills whose target lies above all that the catalog teaches."""
    for gap in situation.gaps:
        for leaf, _ in situation.graph.leaves[gap.competency]:
            gains = (g for g in situation.graph.gains[leaf] if g.item not in situation.passed)
            level = level_after(situation.start(gap, leaf), gains)
            if level < gap.target:
                yield Unreachable(
                    skill=leaf,
                    name=situation.graph.names[leaf],
                    target=gap.target,
                    reachable=from_fraction(level),
                )
