"""A schedule in plain words, in zh and en."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.schedule.working_days import DAY, monday_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Lang
    from engine.learning.schedule.documents import Schedule

_STATUS = {
    "fits": {"zh": "可以排下", "en": "the plan fits"},
    "late": {"zh": "会晚于截止日", "en": "the plan ends after the deadline"},
    "impossible": {"zh": "有步骤无处可排", "en": "some steps have no place"},
}
_DAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def explain_schedule(schedule: Schedule, lang: Lang) -> str:
    """Write a schedule as lines: how it fits, week by week, what is late and what would help."""
    return "\n".join(_lines(schedule, lang))


def _lines(schedule: Schedule, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    yield _head(schedule, lang)
    for week in schedule.weeks:
        hours = decimal_text(week.hours)
        yield f"{week.monday} 起的一周：{hours} 小时" if zh else f"week of {week.monday}: {hours} h"
        for step in schedule.steps:
            days = [m for m in step.meetings if monday_of(m.date) == week.monday]
            if days:
                shown = ("、" if zh else ", ").join(
                    f"{_day(m.date, lang)} {decimal_text(m.hours)} {'小时' if zh else 'h'}"
                    for m in days
                )
                name = f"《{step.name.zh}》" if zh else step.name.en
                site = f" ({step.site})" if step.site else ""
                yield f"  {name}{site}{'：' if zh else ': '}{shown}"
    for late in schedule.late:
        name = late.name[lang]
        yield (
            f"《{name}》到 {late.last} 才结束，晚 {late.days} 天"
            if zh
            else f"{name} ends on {late.last}, {late.days} {'day' if late.days == 1 else 'days'} late"
        )
    for out in schedule.unplaced:
        yield (
            f"《{out.name.zh}》无处可排：{out.reason.zh}"
            if zh
            else (f"{out.name.en} has no place: {out.reason.en}")
        )
    yield from (
        f"{'办法' if zh else 'what would help'}{'：' if zh else ': '}{r.text[lang]}"
        for r in schedule.remedies
    )
    if schedule.status != "fits" and not schedule.remedies:
        yield "没有单独一项改动能使其排下" if zh else "no single change makes it fit"


def _head(schedule: Schedule, lang: Lang) -> str:
    zh = lang == "zh"
    line = f"{schedule.role}{'：' if zh else ': '}{_STATUS[schedule.status][lang]}"
    if schedule.finish is None or schedule.earliest_week is None:
        return line
    line += f"，{schedule.finish} 结束" if zh else f", it ends on {schedule.finish}"
    if schedule.proved:
        return line + ("；没有更早结束的一周" if zh else "; no earlier week is possible")
    week = schedule.earliest_week
    return line + (
        f"；最早也要到 {week} 至 {week + 6 * DAY} 的一周"
        if zh
        else f"; nothing ends before the week of {week}"
    )


def _day(day: dt.date, lang: Lang) -> str:
    return (
        f"{day:%m-%d}（{_DAYS['zh'][day.weekday()]}）"
        if lang == "zh"
        else f"{_DAYS['en'][day.weekday()]} {day:%m-%d}"
    )
