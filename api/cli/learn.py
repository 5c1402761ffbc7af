"""The commands of learning: `plan`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

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
    read_object,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.learning.documents import PlanLimits

RoleOption = Annotated[str, typer.Option("--role", help="The role, such as sales-rep-fmcg. · 岗位")]
ScoresOption = Annotated[
    str,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="Scores by competency as JSON (or .yaml); - is standard input. · 得分文件",
    ),
]
PassedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--passed", metavar="ITEM", help="An item that need not be repeated. · 已通过项目"
    ),
]
BudgetOption = Annotated[str | None, typer.Option("--budget", help="The most it may cost. · 预算")]
HoursOption = Annotated[
    str | None, typer.Option("--hours-per-week", help="Hours a week. · 每周学时")
]
WeeksOption = Annotated[
    int | None, typer.Option("--weeks", help="Weeks until the deadline. · 期限（周）")
]
LanguagesOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="zh|en", help="A language of learning. · 学习语言"),
]
PreferOption = Annotated[
    str | None,
    typer.Option("--prefer", help="A stated preference: a tie-break, nothing more. · 偏好"),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (plan,):
        app.command()(command)


@ending
def plan(
    role: RoleOption,
    scores: ScoresOption,
    passed: PassedOption = None,
    budget: BudgetOption = None,
    hours_per_week: HoursOption = None,
    weeks: WeeksOption = None,
    languages: LanguagesOption = None,
    prefer: PreferOption = None,
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
    from engine.learning.explain import explain_plan
    from engine.learning.plan import plan as make_plan
    from engine.learning.schedule.explain import explain_schedule

    graph = load(content).graph(moment(as_of))
    made = make_plan(
        graph,
        role,
        _scores(read_object(scores)),
        limits=_limits(budget, hours_per_week, weeks, languages),
        passed=frozenset(passed or ()),
        preference=prefer,
    )
    shown = made.model_dump(mode="json")
    laid_out = None
    if schedule or ics:
        laid_out = scheduled(graph, made, start=start, deadline=deadline, place=holidays, site=site)
        shown = {"plan": shown, "schedule": laid_out.model_dump(mode="json")}
        if ics:
            write_calendar(laid_out, ics, as_lang(lang), stamp=moment(as_of), zone=time_zone)
    if json:
        print_json(shown)
    else:
        print(explain_plan(made, as_lang(lang)))
        if laid_out:
            print(f"\n{explain_schedule(laid_out, as_lang(lang))}")
    if made.status == "infeasible" or (laid_out and laid_out.status != "fits"):
        raise typer.Exit(FINDINGS)


def _scores(data: Mapping[str, object]) -> dict[str, Decimal]:
    from engine.rules.inputs import read_number

    made = {}
    for name, value in data.items():
        number = read_number(value)
        if number is None:
            wrong_use(f"the score of `{name}` is not a number")
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
        "languages": languages,
    }
    try:
        return PlanLimits.model_validate({k: v for k, v in given.items() if v})
    except ValidationError as error:
        option = str(error.errors()[0]["loc"][0]).replace("hours_a_week", "hours-per-week")
        wrong_use(
            f"--{option.removesuffix('s') if option == 'languages' else option} is not a value that is allowed"
        )
