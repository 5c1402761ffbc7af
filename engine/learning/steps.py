"""The steps of a plan and what put each there: the gap, the path, the clause, what needs it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from engine.kernel.decimals import from_fraction
from engine.kernel.documents import Text
from engine.learning.documents import (
    Closes,
    GraphNode,
    PlanStep,
    SkillLift,
    StepFacts,
    Unconfirmed,
)
from engine.learning.explain import explain_step
from engine.learning.levels import level_after
from engine.learning.planner.problem import holds, open_groups, supporters, unassessed
from engine.learning.skill_graph import SkillLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from engine.learning.documents import Gap
    from engine.learning.planner.problem import Situation
    from engine.learning.skill_graph import SkillGraph


def describe_steps(
    situation: Situation, items: Sequence[str], mentor_load: Mapping[str, int]
) -> tuple[PlanStep, ...]:
    """Describe the items of a plan, given in the order in which they are taken."""
    load = dict(mentor_load)
    leads = {item: _leads(situation, items[:at], item) for at, item in enumerate(items)}
    steps = []
    for at in range(len(items)):
        mentor = _match_mentor(situation.graph, items[at], load)
        facts = _facts(situation, items, at, mentor, leads)
        reason = Text(zh=explain_step(facts, "zh"), en=explain_step(facts, "en"))
        steps.append(PlanStep(**dict(facts), reason=reason))
    return tuple(steps)


def mean_level(situation: Situation, gap: Gap, items: Collection[str]) -> Fraction:
    """Give the level of a weak competency after `items`: the weighted mean of its leaves."""
    graph = situation.graph
    return sum(
        (
            weight * _level(graph, leaf, situation.start(gap, leaf), items)
            for leaf, weight in graph.leaves[gap.competency]
        ),
        Fraction(0),
    )


def _level(graph: SkillGraph, leaf: str, start: Fraction, items: Collection[str]) -> Fraction:
    return level_after(start, (gain for gain in graph.gains[leaf] if gain.item in items))


def _facts(
    situation: Situation,
    items: Sequence[str],
    at: int,
    mentor: str | None,
    leads: Mapping[str, Sequence[str]],
) -> StepFacts:
    graph, before = situation.graph, items[:at]
    item = graph.items[items[at]]
    clauses = (situation.mandatory.get(same) for same in graph.variants(item.id))
    return StepFacts(
        item=item.id,
        code=item.code,
        kind=item.kind,
        name=item.name,
        modality=item.modality,
        lessons=item.lessons,
        days=item.days,
        cadence=item.cadence,
        hours=item.hours,
        cost=item.cost,
        focus=item.focus,
        mandatory=next((clause for clause in clauses if clause), None),
        closes=tuple(_closes(situation, before, item.id)),
        after=_nodes(graph, leads[item.id]),
        needed_by=_nodes(graph, [later for later in items if item.id in leads[later]]),
        mentor=mentor,
        flags=("no_mentor",) if item.mentors and mentor is None else (),
        confirm=tuple(_confirm(situation, item.id, items)),
        on_fail=item.on_fail,
        adapt=item.adapt,
    )


def _leads(situation: Situation, before: Sequence[str], item: str) -> list[str]:
    """List the steps before `item` that made what it needs hold; later ones add nothing."""
    leads = set()
    for group in open_groups(situation, item):
        helpful = supporters(situation.graph, group)
        done: set[str] = set()
        for step in before:
            if step in helpful and not any(holds(situation, need, done) for need in group):
                leads.add(step)
            done.add(step)
    return [step for step in before if step in leads]


def _nodes(graph: SkillGraph, ids: Iterable[str]) -> tuple[GraphNode, ...]:
    return tuple(
        GraphNode(id=id_, name=graph.items[id_].name if id_ in graph.items else graph.names[id_])
        for id_ in ids
    )


def _closes(situation: Situation, before: Sequence[str], item: str) -> Iterator[Closes]:
    """Give what `item` adds to each gap once the steps before it are done."""
    graph = situation.graph
    taught = {leaf for t in graph.items[item].teaches for leaf, _ in graph.leaves[t.skill]}
    done = frozenset(before)
    for gap in situation.gaps:
        if not any(leaf in taught for leaf, _ in graph.leaves[gap.competency]):
            continue
        lifts = tuple(_lifts(situation, gap, done, item))
        if lifts:
            levels = (mean_level(situation, gap, d) for d in (done, done | {item}))
            was, becomes = (from_fraction(level) for level in levels)
            yield Closes(
                competency=gap.competency,
                name=gap.name,
                before=was,
                after=becomes,
                target=gap.target,
                lifts=lifts,
            )


def _lifts(
    situation: Situation, gap: Gap, before: frozenset[str], item: str
) -> Iterator[SkillLift]:
    graph, after = situation.graph, before | {item}
    for leaf, _ in graph.leaves[gap.competency]:
        if all(gain.item != item for gain in graph.gains[leaf]):
            continue
        start = situation.start(gap, leaf)
        was, becomes = _level(graph, leaf, start, before), _level(graph, leaf, start, after)
        if becomes > was:
            yield SkillLift(
                skill=leaf,
                before=from_fraction(was),
                after=from_fraction(becomes),
                path=_nodes(graph, graph.paths[item, leaf, gap.competency]),
            )


def _confirm(situation: Situation, item: str, items: Sequence[str]) -> Iterator[Unconfirmed]:
    """List the levels of skill that `item` needs and that nothing but an assumption gives."""
    for group in situation.graph.groups[item]:
        open_ = [a for a in group if isinstance(a, SkillLevel) and unassessed(situation, a)]
        if not any(holds(situation, a, items) for a in group if a not in open_):
            for need in open_:
                name, level = situation.graph.names[need.skill], from_fraction(need.level)
                yield Unconfirmed(skill=need.skill, name=name, level=level)


def _match_mentor(graph: SkillGraph, item: str, load: dict[str, int]) -> str | None:
    """Take the first mentor of the item's pool with a free slot, and count the learner there."""
    source = graph.items[item].mentors
    for mentor in graph.pools[source.pool].members if source else ():
        if load.get(mentor.person, 0) < mentor.slots_per_week:
            load[mentor.person] = load.get(mentor.person, 0) + 1
            return mentor.person
    return None
