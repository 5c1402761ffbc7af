"""The commands that put learning into weeks: `cohort`, and the schedule that `plan` prints."""

from __future__ import annotations

import csv
import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.diagnostics import Lang
    from engine.learning.cohort.documents import CohortPlan
    from engine.learning.documents import LearningPlan
    from engine.learning.schedule.documents import Schedule
    from engine.learning.skill_graph import SkillGraph

StartOption = Annotated[
    str | None,
    typer.Option("--start", metavar="DATE", help="The first day; today, when left out. · 开始日"),
]
HolidaysOption = Annotated[
    str,
    typer.Option(
        "--holidays",
        metavar="COUNTRY[-PART]|none",
        help="Whose holidays are days off, with the days worked instead. · 节假日",
    ),
]
SiteOption = Annotated[
    str | None, typer.Option("--site", help="Where sessions can be attended. · 场次地点")
]

ScheduleOption = Annotated[
    bool, typer.Option("--schedule", help="Lay the plan out over weeks and days. · 排期")
]
DeadlineOption = Annotated[
    str | None,
    typer.Option(
        "--deadline", metavar="DATE", help="The end of probation, for --schedule. · 截止日"
    ),
]
CalendarOption = Annotated[
    Path | None,
    typer.Option("--ics", metavar="FILE", help="Write the schedule as a calendar. · 导出日历"),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone",
        metavar="NAME",
        help="Give the meetings hours, from 09:00; all-day events, when left out. · 时区",
    ),
]
HiresArgument = Annotated[
    str,
    typer.Argument(
        metavar="HIRES.csv|.json|.yaml",
        help="The hires: id, role, arrival, hours, scores. · 入职名单",
    ),
]
PlannedWeeksOption = Annotated[
    int, typer.Option("--weeks", help="How many weeks are planned. · 规划周数")
]
WaitingOption = Annotated[
    str, typer.Option("--rules", metavar="ID[@VERSION]", help="The rule of waiting. · 等待规则")
]
BottlenecksOption = Annotated[
    int, typer.Option("--bottlenecks", min=0, max=50, help="How many to solve again. · 瓶颈个数")
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        min=0.1,
        metavar="SECONDS",
        help="The most that the search may take; what is not proved then says its gap. · 求解时限（秒）",
    ),
]
HireOption = Annotated[
    list[str] | None,
    typer.Option("--hire", metavar="ID", help="Show this hire's plan whole. · 查看某人"),
]
TableOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write every item with its days. · 导出 CSV"),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(cohort)


def day_of(text: str | None, option: str) -> dt.date:
    """Read a date of an option; nothing is today."""
    if text is None:
        return dt.datetime.now(dt.UTC).astimezone().date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        wrong_use(
            f"--{option}: `{text}` is not a date; write it as 2026-01-31",
            f"--{option}：`{text}` 不是日期；请写作 2026-01-31",
        )


# --- the schedule of one plan -------------------------------------------------------------------


def scheduled(
    graph: SkillGraph,
    plan: LearningPlan,
    *,
    start: str | None,
    deadline: str | None,
    place: str,
    site: str | None,
) -> Schedule:
    """Lay a plan out over the working days of a place."""
    from api.calendars import working_days
    from engine.learning.schedule.make import make_schedule

    first = day_of(start, "start")
    return make_schedule(
        graph,
        plan,
        start=first,
        worked=working_days(place, first),
        deadline=None if deadline is None else day_of(deadline, "deadline"),
        site=site,
    )


def write_calendar(
    schedule: Schedule, path: Path, lang: Lang, *, stamp: dt.datetime, zone: str | None
) -> None:
    """Write a schedule as an .ics file."""
    from api.calendars import schedule_calendar, time_zone

    named = None if zone is None else time_zone(zone)
    path.write_bytes(schedule_calendar(schedule, lang, stamp=stamp, zone=named))


# --- a cohort -----------------------------------------------------------------------------------


@ending
def cohort(
    hires: HiresArgument,
    weeks: PlannedWeeksOption = 24,
    start: StartOption = None,
    holidays: HolidaysOption = "CN",
    rules: WaitingOption = "cohort-waiting",
    bottlenecks: BottlenecksOption = 3,
    time_limit: TimeLimitOption = None,
    hire: HireOption = None,
    csv_file: TableOption = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Plan many hires who share mentors and seats (also `plan cohort`). · 为一批入职者统筹培养"""
    from api.calendars import working_days
    from engine.learning.cohort.documents import RulesUsed
    from engine.learning.cohort.make import Progress, plan_cohort
    from engine.learning.cohort.table import parse_cohort
    from engine.learning.cohort.waiting import weigh_waiting

    read, when = load(content), moment(as_of)
    graph, compiled = read.graph(when), read.rule_set(rules, when)
    given = parse_cohort(read_argument(hires), hires, graph.competencies)
    first = day_of(start, "start")
    waiting = weigh_waiting(compiled, given, first)
    with progress_line() as line:
        task = line.add_task("")
        made = plan_cohort(
            graph,
            given,
            waiting,
            start=first,
            weeks=weeks,
            worked=working_days(holidays, first),
            rules=RulesUsed(
                id=compiled.document.id,
                version=compiled.document.version,
                hash=compiled.loaded.hash,
            ),
            bottlenecks=bottlenecks,
            progress=Progress(
                told=lambda text: line.update(task, description=text),
                seconds_left=_countdown(time_limit),
            ),
        )
    if csv_file is not None:
        _write_csv(made, csv_file)
    if json:
        print_json(made.model_dump(mode="json"))
    else:
        _show(made, hire or [], as_lang(lang))
    if made.aims[0].value:
        raise typer.Exit(FINDINGS)


def _countdown(seconds: float | None) -> Callable[[], float] | None:
    """Count down from the first time that is asked: the search asks, what goes before does not."""
    if seconds is None:
        return None
    begun: list[float] = []

    def left() -> float:
        begun.append(time.monotonic())
        return seconds - (begun[-1] - begun[0])

    return left


def _show(made: CohortPlan, asked: list[str], lang: Lang) -> None:
    """Print the whole, then the hires that were asked for, or a table of all."""
    from rich.console import Console
    from rich.table import Table

    from engine.learning.cohort.explain import explain_cohort, explain_hire

    known = {one.hire: one for one in made.hires}
    for id_ in asked:
        if id_ not in known:
            wrong_use(f"the cohort has no hire `{id_}`", f"名单中没有 `{id_}`")
    print(explain_cohort(made, lang))
    if asked:
        print("\n".join(explain_hire(made, known[id_], lang) for id_ in asked))
        return
    zh = lang == "zh"
    table = Table()
    heads = (
        ("编号", "权重", "差距（弥合周）", "项目（周）")
        if zh
        else ("hire", "weight", "gaps (week closed)", "items (weeks)")
    )
    for head in heads:
        table.add_column(head, justify="right" if head in {"权重", "weight"} else "left")
    for one in made.hires:
        gaps = "\n".join(
            f"{gap.name[lang]} ({gap.week or '–'}{'!' if gap.overdue else ''})" for gap in one.gaps
        )
        items = "\n".join(
            f"{item.name[lang]} ({item.first_week}–{item.last_week})" for item in one.items
        )
        table.add_row(one.hire, str(one.waiting.weight), gaps, items)
    Console().print(table)


def _write_csv(made: CohortPlan, path: Path) -> None:
    """Write a row for every meeting of every item; one without days where only its weeks are known."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "hire",
                "role",
                "item",
                "name_zh",
                "name_en",
                "pool",
                "site",
                "first_week",
                "last_week",
                "date",
                "hours",
            ]
        )
        for one in made.hires:
            for item in one.items:
                named = (one.hire, one.role, item.item, item.name.zh, item.name.en)
                place = (item.pool or "", item.site or "", item.first_week, item.last_week)
                for meeting in item.meetings:
                    writer.writerow((*named, *place, meeting.date, meeting.hours))
                if not item.meetings:
                    writer.writerow((*named, *place, "", item.hours))
