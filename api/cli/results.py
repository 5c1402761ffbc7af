"""The commands that follow a plan up: `results`, `replan` and `effects`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from api.cli.shared import (
    FINDINGS,
    AsOfOption,
    ContentOption,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    load,
    moment,
    print_json,
    progress_line,
    read_argument,
    read_object,
    show_findings,
    wrong_use,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from engine.content import Content
    from engine.kernel.documents import Shape
    from engine.learning.documents import LearningPlan, PlanLimits
    from engine.learning.results.documents import Baseline, Enrolment, LearningResult, Link
    from engine.learning.results.follow_up import Followed
    from engine.learning.results.ledger import Ledger
    from engine.learning.results.reading import Names
    from engine.learning.skill_graph import SkillGraph

    S = TypeVar("S", bound=Shape)
    R = TypeVar("R")

PlanArgument = Annotated[
    str,
    typer.Argument(
        metavar="PLAN.json",
        help="What `plan --json`, `evaluate --json` or `replan --json` wrote. · 计划文件",
    ),
]
XapiOption = Annotated[
    list[str] | None,
    typer.Option("--xapi", metavar="FILE", help="xAPI statements. · xAPI 语句文件"),
]
CsvOption = Annotated[
    list[str] | None,
    typer.Option(
        "--csv", metavar="FILE", help="Results or mentor ratings as CSV. · CSV 结果或导师评级"
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="When the scores of the plan were taken: earlier results move no level. · 得分的评估日期",
    ),
]
EnrolmentOption = Annotated[
    str | None,
    typer.Option(
        "--enrolment",
        metavar="FILE",
        help="What the learner is booked on, and pauses: JSON or YAML. · 预约与暂停",
    ),
]
LearnerOption = Annotated[
    str | None,
    typer.Option("--learner", metavar="ID", help="Whose results count. · 学员编号"),
]
NamesOption = Annotated[
    str | None,
    typer.Option(
        "--names",
        metavar="FILE",
        help="Outside names of items and learners: {items: {…}, learners: {…}}. · 名称映射",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (results, replan, effects):
        app.command()(command)


@ending
def results(
    plan: PlanArgument,
    xapi: XapiOption = None,
    csv: CsvOption = None,
    enrolment: EnrolmentOption = None,
    learner: LearnerOption = None,
    names: NamesOption = None,
    since: SinceOption = None,
    performance: Annotated[
        str | None,
        typer.Option(
            "--performance",
            metavar="NUMBER",
            help="Assess the probation too, with this performance; - when it is not known. · 绩效，用于试用期评估",
        ),
    ] = None,
    criteria_disclosed: Annotated[
        bool,
        typer.Option(
            "--criteria-disclosed", help="The criteria were printed in the offer. · 录用条件已写明"
        ),
    ] = False,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Follow a plan up: standings, levels, alerts, and the probation if asked. · 跟进培训结果"""
    from engine.learning.results.explain import explain_follow_up, explain_probation
    from engine.learning.results.probation import assess_probation

    case = _case(
        load(content), plan, xapi, csv, enrolment, learner, names, since, moment(as_of), lang
    )
    record = None
    if performance is not None:
        record = assess_probation(
            case.followed,
            case.plan,
            case.content.rule_set("training-effect", case.when),
            case.content.rule_set("probation", case.when),
            None if performance == "-" else _number(performance),
            criteria_disclosed=criteria_disclosed,
            evidence=case.evidence,
        )
    if json:
        made: dict[str, object] = {"follow_up": case.followed.document.model_dump(mode="json")}
        made |= {"probation": record.model_dump(mode="json")} if record else {}
        print_json(made)
        return
    print(explain_follow_up(case.followed.document, as_lang(lang)))
    if record is not None:
        print(explain_probation(record, as_lang(lang)))


@ending
def replan(
    plan: PlanArgument,
    xapi: XapiOption = None,
    csv: CsvOption = None,
    enrolment: EnrolmentOption = None,
    learner: LearnerOption = None,
    names: NamesOption = None,
    since: SinceOption = None,
    budget: Annotated[
        str | None, typer.Option("--budget", help="The most that may still be spent. · 剩余预算")
    ] = None,
    hours_per_week: Annotated[
        str | None, typer.Option("--hours-per-week", help="Hours a week. · 每周学时")
    ] = None,
    weeks: Annotated[
        str | None, typer.Option("--weeks", help="Weeks that are left. · 剩余周数")
    ] = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Propose the plan anew with the least disturbance of what is booked. · 以最小变动提出新计划"""
    from engine.learning.results.explain import explain_proposal
    from engine.learning.results.replan import replan as propose

    case = _case(
        load(content), plan, xapi, csv, enrolment, learner, names, since, moment(as_of), lang
    )
    given = {"budget": budget, "hours_a_week": hours_per_week, "weeks": weeks}
    with progress_line() as progress:
        progress.add_task("planning · 规划中")
        proposal = propose(
            case.graph,
            case.plan,
            case.enrolment,
            case.followed,
            number=case.number + 1,
            limits=_limits(case.plan, {k: v for k, v in given.items() if v is not None}),
        )
    if json:
        print_json(proposal.model_dump(mode="json"))
    else:
        print(explain_proposal(proposal, as_lang(lang)))
    if proposal.plan.status == "infeasible":
        raise typer.Exit(FINDINGS)


@ending
def effects(
    outcomes: Annotated[
        str,
        typer.Argument(
            metavar="OUTCOMES.csv",
            help="Who completed which item, with scores before and after: CSV. · 结果数据",
        ),
    ],
    names: NamesOption = None,
    reliability: Annotated[
        str,
        typer.Option(
            "--reliability",
            metavar="SHARE",
            help="The share of the variance of the score before that is no error. · 之前得分的信度",
        ),
    ] = "0.8",
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Say what items add by their outcomes: gains with intervals, every test, proposals. · 评估课程效果"""
    from engine.analysis.effect_documents import explain_effects
    from engine.analysis.effects import Assumptions, assess_effects
    from engine.analysis.outcomes import read_outcomes
    from engine.learning.results.reading import names_of

    share = float(_number(reliability))
    if not 0 < share <= 1:
        wrong_use("--reliability lies above 0 and not above 1", "--reliability 应大于 0 且不大于 1")
    graph = load(content).graph(moment(as_of))
    items, _ = _names(names)
    with progress_line() as progress:
        progress.add_task(f"{outcomes}")
        read = _rows(read_outcomes, names_of(graph, items), outcomes, lang)
        report = assess_effects(graph, read, Assumptions(reliability=share))
    if json:
        print_json(report.model_dump(mode="json"))
    else:
        print(explain_effects(report, as_lang(lang)))


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """One learner's plan with everything that is known of it."""

    content: Content
    when: dt.datetime
    graph: SkillGraph
    plan: LearningPlan
    number: int
    evidence: tuple[Link, ...]
    enrolment: Enrolment
    followed: Followed


def _case(
    content: Content,
    plan_file: str,
    xapi: list[str] | None,
    csv: list[str] | None,
    enrolment_file: str | None,
    learner: str | None,
    names_file: str | None,
    since: str | None,
    when: dt.datetime,
    lang: str,
) -> _Case:
    from engine.learning.results.follow_up import FollowUpRules, follow_up

    plan, number, baseline, evidence = _plan(plan_file, None if since is None else moment(since))
    # A plan is followed by the catalog that it was made from, whatever is in force now.
    graph = content.graph(when, f"{plan.catalog.id}@{plan.catalog.version}")
    ledger = _ledger(graph, xapi or [], csv or [], names_file, lang)
    enrolment = _enrolment(enrolment_file, learner, ledger)
    rules = FollowUpRules(
        content.rule_set("training-alerts", when),
        content.inference("training-escalation", when),
        content.rule_set("training-adaptation", when),
    )
    followed = follow_up(graph, plan, enrolment, ledger, rules, when, baseline=baseline)
    return _Case(content, when, graph, plan, number, evidence, enrolment, followed)


def _plan(
    name: str, since: dt.datetime | None
) -> tuple[LearningPlan, int, Baseline, tuple[Link, ...]]:
    """Read a plan with its number, what it began from, and what the scores rest on where that is told."""
    from engine.competency.documents import CandidateProfile
    from engine.learning.documents import LearningPlan
    from engine.learning.results.documents import PlanProposal
    from engine.learning.results.follow_up import baseline_of
    from engine.learning.results.probation import evidence_of

    data = read_object(name)
    kind = data.get("kind")
    if kind == "plan_proposal":
        proposal = _read(PlanProposal, data)
        return proposal.plan, proposal.number, proposal.baseline, ()
    if kind == "evaluation":
        profile = _read(CandidateProfile, data.get("profile"))
        scores = {one.id: one.score for one in profile.competencies if one.score is not None}
        plan = _read(LearningPlan, data.get("plan"))
        evidence = evidence_of(profile, str(data.get("interview")))
        return plan, 1, baseline_of(plan, scores, since), evidence
    plan = _read(LearningPlan, data)
    return plan, 1, baseline_of(plan, since=since), ()


def _ledger(
    graph: SkillGraph, xapi: list[str], csv: list[str], names_file: str | None, lang: str
) -> Ledger:
    from engine.learning.results.ledger import collect
    from engine.learning.results.reading import names_of
    from engine.learning.results.tables import read_table
    from engine.learning.results.xapi import read_xapi

    items, learners = _names(names_file)
    names = names_of(graph, items, learners)
    read: list[LearningResult] = []
    with progress_line() as progress:
        for files, reader in ((xapi, read_xapi), (csv, read_table)):
            for file in files:
                progress.add_task(f"{file}")
                read += _rows(reader, names, file, lang)
    return collect(read)


def _rows(
    reader: Callable[[str, Names, str], tuple[R, ...]], names: Names, file: str, lang: str
) -> tuple[R, ...]:
    """Read the rows of a file; what is wrong with them is shown with its lines."""
    from engine.kernel.errors import DocumentError
    from engine.learning.results.reading import MAX_SIZE

    text = read_argument(file, MAX_SIZE)
    try:
        return reader(text, names, file)
    except DocumentError as error:
        show_findings(error.diagnostics, {file: text}, lang)
        raise typer.Exit(FINDINGS) from None


def _names(
    name: str | None,
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    from engine.learning.results.documents import OutsideNames

    if name is None:
        return {}, {}
    names = _read(OutsideNames, read_object(name))
    return names.items, names.learners


def _enrolment(name: str | None, learner: str | None, ledger: Ledger) -> Enrolment:
    """Read the enrolment; without a file, whose results count is `learner` or the only one there is."""
    from engine.kernel.diagnostics import nearest
    from engine.learning.results.documents import Enrolment

    if name is not None:
        enrolment = _read(Enrolment, read_object(name))
        if learner is not None and learner != enrolment.learner:
            theirs = enrolment.learner
            en = f"the enrolment is of `{theirs}`, not of `{learner}`"
            wrong_use(en, f"登记文件属于 `{theirs}`，而不是 `{learner}`")
        learner = enrolment.learner
    else:
        enrolment = None
    known = ledger.learners()
    if learner is None and len(known) != 1:
        told = ", ".join(f"`{one}`" for one in known[:20])
        en = f"name the learner by --learner; the results are of {told or 'nobody'}"
        wrong_use(en, f"请用 --learner 指明学员；结果中的学员：{told or '无'}")
    chosen = learner or known[0]
    if known and chosen not in known:
        near = nearest(chosen, known)
        en = f"there is no result of `{chosen}`" + (f"; did you mean `{near}`?" if near else "")
        wrong_use(en, f"没有 `{chosen}` 的结果" + (f"；是否指 `{near}`？" if near else ""))
    return enrolment or Enrolment(schema_version="1", kind="enrolment", learner=chosen)


def _limits(plan: LearningPlan, given: Mapping[str, str]) -> PlanLimits:
    from engine.learning.documents import PlanLimits

    kept = {k: v for k, v in plan.limits.model_dump(mode="json").items() if v is not None}
    return _read(PlanLimits, {**kept, **given})


def _number(text: str) -> Decimal:
    from engine.kernel.decimals import parse_number

    number = parse_number(text)
    if number is None:
        wrong_use(f"`{text}` is not a number", f"`{text}` 不是数字")
    return number


def _read(model: type[S], data: object) -> S:
    """Read data as a document of one kind; raises DocumentError."""
    from engine.kernel.documents import load_data
    from engine.kernel.errors import DocumentError

    loaded, found = load_data(model, data)
    if loaded is None:
        raise DocumentError(found)
    return loaded.document
