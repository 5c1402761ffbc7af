"""The commands of learning: `plan`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.exchange import replace_file
from api.cli.scheduling import (
    CalendarOption,
    DeadlineOption,
    HolidaysOption,
    ScheduleOption,
    SiteOption,
    StartOption,
    ZoneOption,
    scheduled,
    write_calendar,
)
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
    read_object,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.learning.choices import PlanChoices
    from engine.learning.documents import LearningPlan, PlanLimits
    from engine.learning.schedule.documents import Schedule
    from engine.learning.skill_graph import SkillGraph


_Role = Annotated[str, typer.Option("--role", help="The role, such as sales-rep-fmcg. · 岗位")]
_Scores = Annotated[
    str,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="Scores by competency as JSON (or .yaml); - is standard input. · 得分文件",
    ),
]
_Passed = Annotated[
    list[str] | None,
    typer.Option(
        "--passed", metavar="ITEM", help="An item that need not be repeated. · 已通过项目"
    ),
]
_Budget = Annotated[str | None, typer.Option("--budget", help="The most it may cost. · 预算")]
_HoursPerWeek = Annotated[
    str | None, typer.Option("--hours-per-week", help="Hours a week. · 每周学时")
]
_Weeks = Annotated[
    int | None, typer.Option("--weeks", help="Weeks until the deadline. · 期限（周）")
]
_Languages = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="zh|en", help="A language of learning. · 学习语言"),
]
_Prefer = Annotated[
    str | None,
    typer.Option("--prefer", help="A stated preference: a tie-break, nothing more. · 偏好"),
]
_Booked = Annotated[
    list[str] | None,
    typer.Option("--booked", metavar="ITEM", help="An item kept between equals. · 已预订项目"),
]
_Forced = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="ITEM", help="An item that must be in it. · 必须包含"),
]
_Excluded = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="ITEM", help="An item that must not. · 必须排除"),
]
_TimeLimit = Annotated[
    str | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="The most that the solver may take; what is then not proved says how far. · 求解时限（秒）",
    ),
]
_NodeLimit = Annotated[
    int | None,
    typer.Option(
        "--node-limit",
        metavar="N",
        help="The most nodes of one search tree: the same answer on every machine. · 搜索节点上限",
    ),
]
_Anytime = Annotated[
    bool,
    typer.Option(
        "--anytime",
        help="Print a first plan at once, with its distance from the best, then the plan. · 先给初步计划",
    ),
]

_WhyNot = Annotated[
    list[str] | None,
    typer.Option(
        "--why-not",
        metavar="ITEM",
        help="Say what stands against an item, or what it would take more. · 为什么不选",
    ),
]
_Alternatives = Annotated[
    int,
    typer.Option(
        "--alternatives",
        min=0,
        max=99,
        metavar="N",
        help="Also so many next best sets of items, and what each costs more. · 备选方案数",
    ),
]
_Why = Annotated[
    bool,
    typer.Option(
        "--why",
        help="Also why not the obvious others, and what would make more possible. · 为什么不选其他",
    ),
]
_Svg = Annotated[
    Path | None,
    typer.Option("--svg", metavar="FILE", help="Draw gaps, time and graph as a picture. · 图示"),
]
_Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write a page that needs nothing else. · 网页"),
]
_OF_ONE = (
    "--anytime gives one plan after another; why, pictures and schedules ask of one",
    "--anytime 依次给出多个方案；原因、图与排期只针对一个方案",
)
_OBVIOUS = 5


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (plan,):
        app.command()(command)


@ending
def plan(
    role: _Role,
    scores: _Scores,
    passed: _Passed = None,
    budget: _Budget = None,
    hours_per_week: _HoursPerWeek = None,
    weeks: _Weeks = None,
    languages: _Languages = None,
    prefer: _Prefer = None,
    booked: _Booked = None,
    forced: _Forced = None,
    excluded: _Excluded = None,
    time_limit: _TimeLimit = None,
    node_limit: _NodeLimit = None,
    anytime: _Anytime = False,
    why: _Why = False,
    why_not: _WhyNot = None,
    alternatives: _Alternatives = 0,
    svg: _Svg = None,
    html: _Html = None,
    schedule: ScheduleOption = False,
    start: StartOption = None,
    deadline: DeadlineOption = None,
    site: SiteOption = None,
    holidays: HolidaysOption = "CN",
    ics: CalendarOption = None,
    time_zone: ZoneOption = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Make the exact training plan for a role and scores. · 生成精确的培养计划"""
    from engine.learning.planner.solver import MAX_NODES

    graph, given = load(content).graph(moment(as_of)), _scores(read_object(scores))
    asked: dict[str, Any] = {
        "limits": _limits(budget, hours_per_week, weeks, languages),
        "passed": frozenset(passed or ()),
        "booked": frozenset(booked or ()),
        "preference": prefer,
        "forced": frozenset(forced or ()),
        "excluded": frozenset(excluded or ()),
        "seconds": _seconds(time_limit),
        "nodes": MAX_NODES if node_limit is None else node_limit,
    }
    wanted = _Wanted(why, tuple(why_not or ()), alternatives, svg, html, schedule or bool(ics))
    if anytime:
        _show_as_found(graph, role, given, asked, wanted, lang, json=json)
        return
    made, choices = _weighed(graph, role, given, asked, wanted, always=not json)
    laid_out = None
    if wanted.schedule:
        laid_out = scheduled(graph, made, start=start, deadline=deadline, place=holidays, site=site)
    if laid_out and ics:
        write_calendar(laid_out, ics, as_lang(lang), stamp=moment(as_of), zone=time_zone)
    _show(made, choices, laid_out, lang, json=json)
    _draw(made, choices, laid_out, wanted, lang)
    if made.status == "infeasible" or (laid_out and laid_out.status != "fits"):
        raise typer.Exit(FINDINGS)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for besides the plan itself."""

    why: bool = False
    why_not: tuple[str, ...] = ()
    alternatives: int = 0
    svg: Path | None = None
    html: Path | None = None
    schedule: bool = False


def _weighed(
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    asked: Mapping[str, Any],
    wanted: _Wanted,
    *,
    always: bool,
) -> tuple[LearningPlan, PlanChoices | None]:
    """Make the plan, and weigh what stood to choose where that is wanted, or `always` where something stays open."""
    from engine.learning.choices import weigh_choices
    from engine.learning.plan import plan as make_plan
    from engine.learning.situation import describe_situation

    with progress_line() as progress:
        progress.add_task("searching · 求解中")
        made = make_plan(graph, role, scores, **asked)
        obvious = _OBVIOUS if wanted.why or wanted.svg or wanted.html else 0
        unasked = not (obvious or wanted.why_not or wanted.alternatives)
        if unasked and (made.status == "complete" or not always):
            return made, None
        facts = {name: value for name, value in asked.items() if name not in {"seconds", "nodes"}}
        situation = describe_situation(graph, role, scores, **facts)
        return made, weigh_choices(
            situation, made, asked=wanted.why_not, rejected=obvious, others=wanted.alternatives
        )


def _draw(
    made: LearningPlan,
    choices: PlanChoices | None,
    laid_out: Schedule | None,
    wanted: _Wanted,
    lang: str,
) -> None:
    """Write the picture and the page that were asked for; an older file of that name is replaced."""
    from engine.learning.page import plan_page
    from engine.learning.pictures import draw_plan, in_days

    time = in_days(laid_out) if laid_out and laid_out.steps else None
    chosen, rejected = as_lang(lang), choices.rejected if choices else ()
    if wanted.svg is not None:
        replace_file(wanted.svg, draw_plan(made, chosen, rejected=rejected, time=time).encode())
    if wanted.html is not None:
        replace_file(wanted.html, plan_page(made, chosen, choices=choices, time=time).encode())
    for path in filter(None, (wanted.svg, wanted.html)):
        print(path, file=sys.stderr)


def _show_as_found(
    graph: SkillGraph,
    role: str,
    scores: Mapping[str, Decimal],
    asked: Mapping[str, Any],
    wanted: _Wanted,
    lang: str,
    *,
    json: bool,
) -> None:
    """Print plans as they come; exits as the last one says."""
    from engine.learning.plan import plan_anytime

    if wanted != _Wanted():
        wrong_use(*_OF_ONE)
    made = None
    for made in plan_anytime(graph, role, scores, **asked):
        _show_at_once(made, lang, json=json)
    if made is not None and made.status == "infeasible":
        raise typer.Exit(FINDINGS)


def _show_at_once(made: LearningPlan, lang: str, *, json: bool) -> None:
    """Print one of several plans, as one line of JSON or with whether it is the last word."""
    from engine.learning.explain import explain_plan

    if json:
        print(made.model_dump_json(), flush=True)
        return
    proved = {"zh": "已证明：没有更好的计划", "en": "proved: no plan is better"}[as_lang(lang)]
    print(explain_plan(made, as_lang(lang)))
    print(f"{proved}\n" if made.proved else "", flush=True)


def _show(
    made: LearningPlan,
    choices: PlanChoices | None,
    laid_out: Schedule | None,
    lang: str,
    *,
    json: bool,
) -> None:
    """Print a plan, what stood to choose and its schedule, where those were asked."""
    from engine.learning.choices_text import explain_choices
    from engine.learning.explain import explain_plan
    from engine.learning.schedule.explain import explain_schedule

    if json:
        shown = made.model_dump(mode="json")
        more = {"choices": choices, "schedule": laid_out}
        given = {name: part.model_dump(mode="json") for name, part in more.items() if part}
        print_json({"plan": shown, **given} if given else shown)
        return
    print(explain_plan(made, as_lang(lang)))
    if choices and (said := explain_choices(choices, as_lang(lang))):
        print(said)
    if laid_out:
        print(f"\n{explain_schedule(laid_out, as_lang(lang))}")


def _seconds(text: str | None) -> Decimal | None:
    from engine.rules.inputs import read_number

    seconds = None if text is None else read_number(text)
    if text is not None and seconds is None:
        wrong_use(
            f"--time-limit: `{text}` is not a number of seconds", f"--time-limit：`{text}` 不是秒数"
        )
    return seconds


def _scores(data: Mapping[str, object]) -> dict[str, Decimal]:
    from engine.rules.inputs import read_number

    made = {}
    for name, value in data.items():
        number = read_number(value)
        if number is None:
            wrong_use(f"the score of `{name}` is not a number", f"`{name}` 的得分不是数字")
        made[name] = number
    return made


def _limits(
    budget: str | None,
    hours_per_week: str | None,
    weeks: int | None,
    languages: list[str] | None,
) -> PlanLimits:
    from pydantic import ValidationError

    from engine.learning.documents import PlanLimits

    given = {
        "budget": budget,
        "hours_a_week": hours_per_week,
        "weeks": weeks,
        "languages": tuple(languages or ()),
    }
    try:
        return PlanLimits.model_validate({k: v for k, v in given.items() if v not in {None, ()}})
    except ValidationError as error:
        option = str(error.errors()[0]["loc"][0]).replace("hours_a_week", "hours-per-week")
        named = option.removesuffix("s") if option == "languages" else option
        wrong_use(f"--{named} is not a value that is allowed", f"--{named} 的值不被允许")
