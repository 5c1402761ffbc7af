"""A new version of a plan with the least disturbance, proposed: what stays, comes, goes, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

from engine.kernel.documents import Text
from engine.learning.alternatives import best_plans
from engine.learning.explain import shown
from engine.learning.plan import plan as make_plan
from engine.learning.results.documents import (
    Chance,
    Change,
    PlanProposal,
    Task,
    identity_of,
)
from engine.learning.results.estimate import learn
from engine.learning.results.follow_up import ON_FAIL
from engine.learning.results.progress import bookings_of
from engine.learning.situation import describe_situation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from decimal import Decimal

    from engine.learning.alternatives import Option
    from engine.learning.documents import LearningPlan, PlanLimits, PlanStep
    from engine.learning.results.documents import Enrolment, FollowUp
    from engine.learning.results.estimate import Belief
    from engine.learning.results.follow_up import Followed
    from engine.learning.results.progress import Standing
    from engine.learning.skill_graph import SkillGraph

MOST_TRIES = 3
"""An item that was failed so often, the first time and two retakes, is not planned again."""


def replan(  # noqa: PLR0913 - each is a fact that stands by itself
    graph: SkillGraph,
    plan: LearningPlan,
    enrolment: Enrolment,
    followed: Followed,
    *,
    number: int = 2,
    limits: PlanLimits | None = None,
    mentor_load: Mapping[str, int] | None = None,
) -> PlanProposal:
    """Propose the plan anew from what was learned: unmet gaps first, then what is booked, then hours.

    What was passed counts with its gain, what was failed without; what helps after a failure and
    what good progress adds is put in. `limits` are what may still be taken, the plan's own when
    left out. The old plan stays as it is: a person accepts, edits or refuses.
    """
    state = _state(graph, plan, enrolment, followed)
    asked = _Asked(
        graph=state.graph,
        role=plan.role,
        scores=_known(graph, plan, followed),
        limits=limits or plan.limits,
        passed=state.done,
        excluded=state.excluded,
        levels=_levels(followed.beliefs.values()),
    )
    new = make_plan(
        **asked,
        booked=state.booked or state.ahead,
        preference=plan.preference,
        forced=_kept(asked, state),
        mentor_load=mentor_load,
    )
    changes = _Changes(state, plan, new)
    dropped, moved = tuple(changes.dropped()), tuple(changes.moved())
    alerts = followed.document.alerts
    return PlanProposal(
        schema_version="1",
        kind="plan_proposal",
        status="proposed",
        learner=enrolment.learner,
        as_of=followed.document.as_of,
        number=number,
        replaces=identity_of(plan),
        follow_up=identity_of(followed.document),
        baseline=followed.document.baseline,
        because=alerts,
        task=_task(followed.document),
        plan=new,
        done=tuple(sorted(state.done)),
        kept=tuple(changes.kept()),
        added=tuple(changes.added()),
        dropped=dropped,
        moved=moved,
        booked_changes=sum(one.booked for one in (*dropped, *moved)),
        chances=tuple(_chances(state.graph, followed, new)),
    )


class _Asked(TypedDict):
    """What every plan for this learner is made from, whatever it must hold."""

    graph: SkillGraph
    role: str
    scores: Mapping[str, Decimal]
    limits: PlanLimits
    passed: Collection[str]
    excluded: Collection[str]
    levels: Mapping[str, Decimal]


def _kept(asked: _Asked, state: _State) -> frozenset[str]:
    """Choose what the new plan must hold: the help, and of what is booked as much as leaves no gap wider.

    All of it, or all but one, is found exactly; where more has to go, the worst goes first.
    """
    help_, free = state.forced, _best(asked, state.forced)
    if free is None:
        # Together it cannot be: what each alone makes impossible is left out, else all of it.
        help_ = frozenset(item for item in help_ if _best(asked, {item}) is not None)
        free = _best(asked, help_)
    if free is None:
        help_ = frozenset()
        free = _best(asked, help_)
    if free is None:
        return frozenset()
    kept = state.booked
    while kept:
        made = _best(asked, help_ | kept)
        if made is not None and made.unmet == free.unmet:
            break
        without = ((_best(asked, help_ | kept - {item}), item) for item in sorted(kept))
        kept -= {min(without, key=_disturbance)[1]}
    return help_ | kept


def _best(asked: _Asked, forced: Collection[str]) -> Option | None:
    return next(iter(best_plans(describe_situation(**asked, forced=forced), 1)), None)


def _disturbance(found: tuple[Option | None, str]) -> tuple[bool, tuple[int, ...], str]:
    """Order what could go: first what makes a plan possible, then the least unmet."""
    option, item = found
    return option is None, option.unmet if option else (), item


def _known(graph: SkillGraph, plan: LearningPlan, followed: Followed) -> dict[str, Decimal]:
    """Give the level of each competency; one that the plan found no gap in is at its target at least."""
    open_ = {one.competency for one in plan.not_assessed}
    known = {
        target.competency: target.level
        for target in graph.targets.get(plan.role, ())
        if target.competency not in open_
    }
    return known | {one.competency: one.level for one in followed.document.estimates}


def _levels(beliefs: Iterable[Belief]) -> dict[str, Decimal]:
    """Give the level of each skill that results speak of; of two competencies the lower one."""
    levels: dict[str, Decimal] = {}
    for belief in beliefs:
        for skill in belief.skills:
            level = belief.level(skill)
            levels[skill] = min(level, levels.get(skill, level))
    return levels


def _task(document: FollowUp) -> Task | None:
    """Give HR the task to look at the proposal, where an alert asks for it."""
    if not document.alerts:
        return None
    first = document.alerts[0]
    return Task(item=first.item, name=first.name, assignee="hr", what="review_proposal")


# --- what there is to start from -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """What a new plan starts from: done, failed, booked ahead; what it must hold, and why."""

    graph: SkillGraph
    done: frozenset[str]
    failed: frozenset[str]
    ahead: frozenset[str]
    booked: frozenset[str]
    excluded: frozenset[str]
    unavailable: frozenset[str]
    reasons: Mapping[str, Text]

    @property
    def forced(self) -> frozenset[str]:
        """The items that a failure or good progress puts in."""
        return frozenset(self.reasons)


def _state(
    graph: SkillGraph, plan: LearningPlan, enrolment: Enrolment, followed: Followed
) -> _State:
    standings = followed.standings
    done = {item for item, one in standings.items() if one.status == "passed"} | set(plan.passed)
    failed = {item for item, one in standings.items() if one.status == "failed"}
    own = reopen(graph, standings)
    mandatory = set(graph.mandatory.get(plan.role, {}))
    worn = {item for item in failed if standings[item].failures >= MOST_TRIES}
    excluded = ({*enrolment.unavailable} | worn) - mandatory - done
    reasons = {
        item: why
        for item, why in _asked_for(own, followed, done)
        if item not in excluded and done.isdisjoint(graph.variants(item))
    }
    ahead = {step.item for step in plan.steps} - done - failed
    return _State(
        graph=own,
        done=frozenset(done),
        failed=frozenset(failed),
        ahead=frozenset(ahead),
        booked=frozenset(
            item
            for item in set(bookings_of(enrolment)) - failed - excluded
            if done.isdisjoint(graph.variants(item))
        ),
        excluded=frozenset(excluded),
        unavailable=frozenset(enrolment.unavailable),
        reasons=reasons,
    )


def _asked_for(
    graph: SkillGraph, followed: Followed, done: Collection[str]
) -> Iterator[tuple[str, Text]]:
    """Give what the catalog has against a failure, and what good progress adds, with why."""
    document = followed.document
    for measure in document.measures:
        if measure.what not in ON_FAIL:
            continue
        for help_ in graph.items[measure.item].on_fail:
            # What itself needs the failed item cannot come instead of it.
            again = any(set(group) == {measure.item} for group in graph.groups[help_])
            if help_ not in done and not again:
                failed = followed.standings[measure.item].status == "failed"
                yield help_, _help(measure.name, failed=failed)
    for one in document.additions:
        yield one.add, one.reason


def _help(name: Text, *, failed: bool) -> Text:
    if failed:
        zh, en = f"《{name.zh}》未通过，增加辅导", f"{name.en} was not passed: this helps with it"
    else:
        zh, en = (
            f"《{name.zh}》进度落后，增加辅导",
            f"{name.en} is behind its pace: this helps with it",
        )
    return Text(zh=zh, en=en)


def reopen(graph: SkillGraph, standings: Mapping[str, Standing]) -> SkillGraph:
    """Take out the prerequisites that the completion of an item fulfils though it is not passed."""
    begun = {
        item: Fraction(one.completion) / 100
        for item, one in standings.items()
        if one.status != "passed" and one.completion is not None
    }
    if not begun:
        return graph
    met = {need for need, share in graph.shares.items() if begun.get(need[1], -1) >= share}
    groups = {
        item: tuple(group for group in listed if met.isdisjoint((item, one) for one in group))
        for item, listed in graph.groups.items()
    }
    return replace(graph, groups=groups)


# --- the difference ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Changes:
    """The difference between a plan and a new one, item by item."""

    state: _State
    old: LearningPlan
    new: LearningPlan

    def _before(self) -> list[str]:
        """List what the old plan and the bookings still held."""
        planned = [step.item for step in self.old.steps if step.item not in self.state.done]
        return [*planned, *sorted(self.state.booked - set(planned))]

    def _change(self, item: str, why: Text) -> Change:
        name = self.state.graph.items[item].name
        return Change(item=item, name=name, booked=item in self.state.booked, why=why)

    def kept(self) -> Iterator[Change]:
        """Give what stays, with what it is there for."""
        before = set(self._before())
        for step in self.new.steps:
            if step.item not in before:
                continue
            if step.item in self.state.failed:
                yield self._change(step.item, _AGAIN)
            else:
                yield self._change(step.item, _why(step))

    def added(self) -> Iterator[Change]:
        """Give what comes, with why."""
        before = set(self._before())
        for step in self.new.steps:
            if step.item not in before:
                yield self._change(step.item, self.state.reasons.get(step.item, _why(step)))

    def dropped(self) -> Iterator[Change]:
        """Give what goes, with why."""
        there = {step.item for step in self.new.steps}
        for item in self._before():
            if item not in there:
                yield self._change(item, self._why_dropped(item))

    def _why_dropped(self, item: str) -> Text:
        if self.new.status == "infeasible":
            return _NO_PLAN
        if item in self.state.unavailable:
            return _UNAVAILABLE
        if item in self.state.failed:
            return _FAILED
        graph = self.state.graph
        taught = {leaf for t in graph.items[item].teaches for leaf, _ in graph.leaves[t.skill]}
        open_ = {leaf for gap in self.new.gaps for leaf, _ in graph.leaves[gap.competency]}
        return _REACHED if taught.isdisjoint(open_) else _WITHOUT

    def moved(self) -> Iterator[Change]:
        """Give what is booked and now has to wait for something that is not done by then."""
        before = set(self._before()) - self.state.failed
        for step in self.new.steps:
            waits = [node for node in step.after if node.id not in before]
            if step.item in self.state.booked and waits:
                zh = "、".join(f"《{node.name.zh}》" for node in waits)
                en = ", ".join(node.name.en for node in waits)
                why = Text(zh=f"须在{zh}之后开始", en=f"it begins only after {en}")
                yield self._change(step.item, why)


def _why(step: PlanStep) -> Text:
    """Say in short what a step is there for; the plan has its reasons in full."""
    zh, en = [], []
    if step.mandatory:
        zh.append(f"必修（{step.mandatory}）")
        en.append(f"mandatory under {step.mandatory}")
    for closes in step.closes:
        levels = f"{shown(closes.before)} → {shown(closes.after)}"
        zh.append(f"{closes.name.zh} {levels}")
        en.append(f"{closes.name.en} {levels}")
    if step.needed_by:
        zh.append(f"是{'、'.join(f'《{node.name.zh}》' for node in step.needed_by)}的前置")
        en.append(f"comes before {', '.join(node.name.en for node in step.needed_by)}")
    return Text(zh="；".join(zh), en="; ".join(en)) if en else _BOOKED


_AGAIN = Text(zh="未通过，须重修", en="not passed: it is taken again")
_BOOKED = Text(zh="已预约，予以保留", en="booked, and so it stays")
_NO_PLAN = Text(zh="没有可行的计划", en="no plan is feasible")
_UNAVAILABLE = Text(zh="目前无法参加", en="it cannot be taken now")
_FAILED = Text(zh="未通过，由其他条目补足", en="not passed; other items make up for it")
_REACHED = Text(zh="所教内容已达标", en="what it teaches has reached its target")
_WITHOUT = Text(zh="新计划不需要它", en="the new plan does without it")


def _chances(graph: SkillGraph, followed: Followed, new: LearningPlan) -> Iterator[Chance]:
    """Say how likely each target is met: as things stand, and when the new plan is done."""
    for estimate in followed.document.estimates:
        if estimate.target is None or estimate.chance is None:
            continue
        belief = followed.beliefs[estimate.competency]
        for step in new.steps:
            belief = learn(graph, belief, graph.items[step.item])
        yield Chance(
            competency=estimate.competency,
            name=estimate.name,
            target=estimate.target,
            now=estimate.chance,
            planned=belief.chance(estimate.target),
        )
