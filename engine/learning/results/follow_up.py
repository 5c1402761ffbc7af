"""What became of a plan by one moment: standings, estimates, alerts escalated, and what is added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from engine.chaining.infer import infer
from engine.kernel.diagnostics import Code, Phrase, nearest
from engine.kernel.documents import Text
from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.results.documents import (
    Addition,
    Alert,
    Baseline,
    FollowUp,
    Measure,
    StartScore,
    Suppressed,
    Task,
    UsedDocument,
    identity_of,
)
from engine.learning.results.estimate import HUMAN_SET, believe, estimates, update
from engine.learning.results.progress import bookings_of, describe, elapsed, stand
from engine.rules.evaluate import decide

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.chaining.infer import Inferred
    from engine.chaining.program import CompiledInference, Fact
    from engine.learning.documents import LearningPlan
    from engine.learning.results.documents import Enrolment, LearningResult
    from engine.learning.results.estimate import Belief, Noise
    from engine.learning.results.ledger import Ledger
    from engine.learning.results.progress import Standing
    from engine.learning.skill_graph import SkillGraph
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision, Reason

UNDECIDED = Code(
    "RESULT-RULES-001",
    "the rule set `{id}` gives no answer for `{item}`: {problem}",
    "规则集 `{id}` 对 `{item}` 没有给出结果：{problem}",
    "correct the rule set or the result",
    "请更正规则集或结果",
)
OTHER_CATALOG = Code(
    "RESULT-PLAN-001",
    "the plan was made from the catalog {planned}, and this is {given}",
    "计划依据目录 {planned}，而此处是 {given}",
    "choose that version of the catalog by `--as-of`, or make the plan anew",
    "请用 `--as-of` 选择该版本的目录，或重新生成计划",
)
NOT_IN_CATALOG = Code(
    "RESULT-PLAN-002",
    "the catalog has no item `{item}`, which the enrolment names",
    "目录中没有登记所列的条目 `{item}`",
    "correct the id",
    "请更正编号",
)

BACKWARDS = Code(
    "RESULT-PLAN-003",
    "{what} ends on {ends}, before it begins on {starts}",
    "{what}在 {ends} 结束，早于开始的 {starts}",
    "correct one of the days",
    "请更正其中一天",
)

ExecutorChoice = Literal["auto", "durable", "reference"]
# What each kind of help in the inference means in the catalog: of an item's `on_fail` these kinds.
ON_FAIL: Mapping[str, frozenset[str]] = {
    "offline_tutoring": frozenset({"coaching", "mentoring", "workshop"}),
    "study_materials": frozenset({"resource", "course", "assignment"}),
}
_ITSELF = "retake_at_most_2"


@dataclass(frozen=True, slots=True)
class FollowUpRules:
    """The rules that a plan is followed by: exact tests, their escalation, and adaptation."""

    alerts: CompiledRuleSet
    escalation: CompiledInference
    adaptation: CompiledRuleSet


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow-up as a document, and the standings and beliefs that it was written from."""

    document: FollowUp
    standings: Mapping[str, Standing]
    beliefs: Mapping[str, Belief]


@dataclass(frozen=True, slots=True)
class _Finding:
    """One alert of the exact rules for one item, at the moment of a standing."""

    item: str
    alert: str
    reason: Reason
    since: dt.datetime


def follow_up(  # noqa: PLR0913, PLR0917 - each is a document that stands by itself
    graph: SkillGraph,
    plan: LearningPlan,
    enrolment: Enrolment,
    ledger: Ledger,
    rules: FollowUpRules,
    as_of: dt.datetime,
    *,
    baseline: Baseline | None = None,
    noise: Noise = HUMAN_SET,
    executor: ExecutorChoice = "auto",
) -> Followed:
    """Follow a plan up from all results until `as_of`.

    Levels start from `baseline`, which is the plan's own gaps when left out; results from before it
    and of items that were passed by then move no level: the scores hold them already. Raises DocumentError where the documents do not belong together, EvaluationError where a rule
    set gives no answer.
    """
    _check(graph, plan, enrolment)
    results = ledger.of(enrolment.learner, as_of)
    booked = bookings_of(enrolment)
    items = _items(plan, enrolment, results)
    standings = {
        item: stand(graph.items[item], results, as_of, due=_due(enrolment, item, as_of))
        for item in items
    }
    begun = baseline or baseline_of(plan)
    news = [one for item, one in standings.items() if item not in begun.passed]
    beliefs = {
        one.competency: update(
            graph, believe(graph, one.competency, one.score, noise), news, noise, begun.since
        )
        for one in begun.scores
    }
    judge = _Judge(graph, enrolment, rules, results, as_of)
    findings = [found for item in items for found in judge.findings(item)]
    inferred = infer(rules.escalation, dict(judge.facts(findings, standings)), executor=executor)
    document = FollowUp(
        schema_version="1",
        kind="follow_up",
        learner=enrolment.learner,
        role=plan.role,
        as_of=as_of,
        plan=identity_of(plan),
        baseline=begun,
        states=tuple(describe(graph, standings[item]) for item in items),
        estimates=estimates(graph, plan.role, list(beliefs.values())),
        alerts=tuple(judge.raised(inferred, findings, standings)),
        closed=tuple(one for item in items for one in judge.closed(item)),
        tasks=tuple(_tasks(graph, inferred)),
        measures=tuple(_measures(graph, inferred)),
        suppressed=tuple(judge.suppressed(findings)),
        additions=tuple(_additions(graph, rules, standings.values(), plan)),
        undated=tuple(
            item
            for item in items
            if item not in booked and standings[item].status in {"begun", "failed"}
        ),
        used=_used(graph, plan.role, rules),
        executor=inferred.executor,
        digest=inferred.digest,
    )
    return Followed(document, standings, beliefs)


def baseline_of(
    plan: LearningPlan,
    scores: Mapping[str, Decimal] | None = None,
    since: dt.datetime | None = None,
) -> Baseline:
    """Say from what a first plan began: its gaps, and the other `scores` taken at `since`."""
    known = {**{gap.competency: gap.score for gap in plan.gaps}, **(scores or {})}
    listed = tuple(StartScore(competency=c, score=known[c]) for c in sorted(known))
    return Baseline(scores=listed, passed=plan.passed, since=since)


def _check(graph: SkillGraph, plan: LearningPlan, enrolment: Enrolment) -> None:
    if plan.catalog.hash != graph.used.hash:
        planned, given = (f"`{c.id}` {c.version}" for c in (plan.catalog, graph.used))
        raise DocumentError([OTHER_CATALOG.at(None, planned=planned, given=given)])
    named = {*(one.item for one in enrolment.booked), *enrolment.unavailable}
    found = [
        NOT_IN_CATALOG.at(None, item=item, near=nearest(item, graph.items))
        for item in sorted(named - set(graph.items))
    ]
    spans = [(Phrase(f"`{b.item}`", f"`{b.item}` "), b.starts, b.due) for b in enrolment.booked]
    spans += [
        (Phrase("the pause", "暂停"), pause.starts, pause.ends)
        for pause in enrolment.pauses
        if pause.starts is not None and pause.ends is not None
    ]
    found += [
        BACKWARDS.at(None, what=what, starts=starts, ends=ends)
        for what, starts, ends in spans
        if ends < starts
    ]
    if found:
        raise DocumentError(found)


def _items(
    plan: LearningPlan, enrolment: Enrolment, results: Iterable[LearningResult]
) -> tuple[str, ...]:
    """List the items that matter: those of the plan in its order, booked ones, those with results."""
    listed = [step.item for step in plan.steps]
    others = {one.item for one in enrolment.booked} | {one.item for one in results}
    return (*listed, *sorted(others - set(listed)))


def _due(enrolment: Enrolment, item: str, at: dt.datetime) -> bool:
    booking = bookings_of(enrolment).get(item)
    return booking is not None and at.date() > booking.due


# --- alerts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judge:
    """Asks the exact rules about one learner's items, at any moment up to `as_of`."""

    graph: SkillGraph
    enrolment: Enrolment
    rules: FollowUpRules
    results: Sequence[LearningResult]
    as_of: dt.datetime

    def findings(self, item: str, at: dt.datetime | None = None) -> Iterator[_Finding]:
        """Give what the rules find about an item at a moment, from the figures there are."""
        when = at or self.as_of
        due = _due(self.enrolment, item, when)
        standing = stand(self.graph.items[item], self.results, when, due=due)
        booking = bookings_of(self.enrolment).get(item)
        if not standing.results and booking is None:
            return
        inputs: dict[str, object] = {
            "completion": standing.completion or Decimal(0),
            "elapsed": elapsed(booking, when),
        }
        if standing.status == "passed" and standing.completion is None:
            del inputs["elapsed"]
            inputs["completion"] = Decimal(100)
        for name, value in (
            ("exam", standing.exam),
            ("mentor_rating", standing.rating),
            ("mentor_rating_last_week", standing.rating_week_before),
        ):
            inputs[name] = None if value is None else Decimal(value)
        last = max((one.at for one in standing.results), default=when)
        for alert, reason in _collected(self.rules.alerts, item, "alerts", inputs):
            yield _Finding(item, alert, reason, when if alert == "low_completion" else last)

    def facts(
        self, findings: Iterable[_Finding], standings: Mapping[str, Standing]
    ) -> Iterator[tuple[str, list[dict[str, object]]]]:
        """Give the facts of the inference; those that it does not declare are left out."""
        said: dict[str, list[dict[str, object]]] = {
            "finding": [{"course": one.item, "alert": one.alert} for one in findings],
            "pause": [{"because": because} for because in self.pauses(self.as_of)],
            "unavailable": [{"course": item} for item in self.enrolment.unavailable],
            "failed_before": [
                {"course": item} for item, standing in standings.items() if _again(standing)
            ],
        }
        return (
            (name, facts) for name, facts in said.items() if name in self.rules.escalation.types
        )

    def pauses(self, at: dt.datetime) -> list[str]:
        """List why nothing is held against the learner at a moment."""
        return sorted(
            {
                pause.because
                for pause in self.enrolment.pauses
                if (pause.starts is None or pause.starts <= at.date())
                and (pause.ends is None or at.date() <= pause.ends)
            }
        )

    def raised(
        self,
        inferred: Inferred,
        findings: Sequence[_Finding],
        standings: Mapping[str, Standing],
    ) -> Iterator[Alert]:
        """Give the alerts that the inference raises; a combined one has the reasons of its parts."""
        clauses = {fact: one.clause for one in inferred.firings for fact in one.derived}
        by_item: dict[str, list[_Finding]] = defaultdict(list)
        for found in findings:
            by_item[found.item].append(found)
        for fact in _facts(inferred, "alert"):
            said = fact.as_dict()
            item, alert = str(said["course"]), str(said["alert"])
            parts = [f for f in by_item[item] if f.alert == alert] or by_item[item]
            yield Alert(
                item=item,
                name=self.graph.items[item].name,
                alert=alert,
                level="urgent" if said["level"] == "urgent" else "warn",
                reason=_joined([f.reason for f in parts]),
                clause=clauses[fact] or "-",
                since=min(f.since for f in parts),
                rests_on=tuple(identity_of(one) for one in standings[item].results),
            )

    def closed(self, item: str) -> Iterator[Alert]:
        """Give the alerts that a result raised and a later one closed."""
        open_: dict[str, tuple[_Finding, tuple[LearningResult, ...]]] = {}
        ours = [one for one in self.results if one.item == item]
        for number, result in enumerate(ours):
            found = {one.alert: one for one in self.findings(item, result.at)}
            for alert in sorted(set(open_) - set(found)):
                finding, behind = open_.pop(alert)
                yield Alert(
                    item=item,
                    name=self.graph.items[item].name,
                    alert=alert,
                    level="warn",
                    reason=_joined([finding.reason]),
                    clause=finding.reason.clause,
                    since=finding.since,
                    closed_at=result.at,
                    closed_by=identity_of(result),
                    rests_on=tuple(identity_of(one) for one in behind),
                )
            if not self.pauses(result.at) and item not in self.enrolment.unavailable:
                for alert in sorted(set(found) - set(open_)):
                    open_[alert] = found[alert], tuple(ours[: number + 1])

    def suppressed(self, findings: Iterable[_Finding]) -> Iterator[Suppressed]:
        """Give the findings that raise nothing now, with what stands in their way."""
        pauses = self.pauses(self.as_of)
        for found in findings:
            because = [*pauses]
            if found.item in self.enrolment.unavailable:
                because.append("course_unavailable")
            if because:
                name = self.graph.items[found.item].name
                yield Suppressed(
                    item=found.item, name=name, alert=found.alert, because=tuple(because)
                )


def _again(standing: Standing) -> bool:
    """Whether an item that is not passed was failed before the latest failure."""
    return standing.status == "failed" and standing.failures > 1


def _collected(
    rule_set: CompiledRuleSet, item: str, name: str, inputs: Mapping[str, object]
) -> list[tuple[str, Reason]]:
    """Decide, and give what the decision `name` collects, each with its reason."""
    decision = decide(rule_set, inputs)
    collected = decision.outcomes.get(name)
    if decision.status == "decided" and isinstance(collected, tuple):
        pairs = list(zip(map(str, collected), decision.reasons, strict=False))
        if len(pairs) == len(collected) == len(decision.reasons):
            return pairs
        problem = Phrase("each of them needs one reason", "其中每一项都须有一个原因")
    else:
        problem = _problem(decision)
    raise EvaluationError(UNDECIDED.at(None, id=rule_set.document.id, item=item, problem=problem))


def _problem(decision: Decision) -> Phrase:
    if decision.faults:
        return Phrase(decision.faults[0].message("en"), decision.faults[0].message("zh"))
    return Phrase("it does not decide", "未能裁定")


def _joined(reasons: Iterable[Reason]) -> Text:
    listed = list(reasons)
    return Text(zh="；".join(r.zh for r in listed), en="; ".join(r.en for r in listed))


def _facts(inferred: Inferred, kind: str) -> Iterator[Fact]:
    return (fact for fact in inferred.derived if fact.type == kind)


def _tasks(graph: SkillGraph, inferred: Inferred) -> Iterator[Task]:
    for fact in _facts(inferred, "task"):
        said = fact.as_dict()
        item = str(said["course"])
        name = graph.items[item].name
        yield Task(item=item, name=name, assignee=str(said["for"]), what=str(said["what"]))


def _measures(graph: SkillGraph, inferred: Inferred) -> Iterator[Measure]:
    """Give the help that is proposed, with the items of the catalog that give it."""
    for fact in _facts(inferred, "proposal"):
        said = fact.as_dict()
        item, what = str(said["course"]), str(said["what"])
        kinds = ON_FAIL.get(what, frozenset())
        helpful = [help_ for help_ in graph.items[item].on_fail if graph.items[help_].kind in kinds]
        items = (item,) if what == _ITSELF else tuple(helpful)
        yield Measure(item=item, name=graph.items[item].name, what=what, items=items)


# --- adaptation ----------------------------------------------------------------------------------


def _additions(
    graph: SkillGraph,
    rules: FollowUpRules,
    standings: Iterable[Standing],
    plan: LearningPlan,
) -> Iterator[Addition]:
    """Give what the adaptation rules add for the completion of an item; once, and not if it is done."""
    listed = list(standings)
    done = {one.item for one in listed if one.status == "passed"} | set(plan.passed)
    there = {step.item for step in plan.steps} | done
    for standing in listed:
        if standing.completion is None:
            continue
        inputs = {"course": standing.item, "completion": standing.completion}
        for add, reason in _collected(rules.adaptation, standing.item, "add", inputs):
            if add not in graph.items or add in there:
                continue
            there.add(add)
            yield Addition(
                item=standing.item,
                add=add,
                name=graph.items[add].name,
                reason=Text(zh=reason.zh, en=reason.en),
                clause=reason.clause,
            )


def _used(graph: SkillGraph, role: str, rules: FollowUpRules) -> tuple[UsedDocument, ...]:
    escalation, catalog = rules.escalation, graph.used
    return (
        *(
            UsedDocument(kind=u.kind, id=u.id, version=u.version, hash=u.hash)
            for one in (rules.alerts, rules.adaptation)
            for u in one.used
        ),
        UsedDocument(
            kind="inference", id=escalation.id, version=escalation.version, hash=escalation.hash
        ),
        UsedDocument(kind="catalog", id=catalog.id, version=catalog.version, hash=catalog.hash),
        *(
            UsedDocument(kind="competency_model", id=m.id, version=m.version, hash=m.hash)
            for m in graph.models.get(role, ())
        ),
    )
