"""The plan of a cohort in plain words, in zh and en."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.schedule.working_days import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Lang
    from engine.learning.cohort.documents import (
        Bottleneck,
        CohortPlan,
        HireGap,
        HirePlan,
        PlacedItem,
        Reached,
    )

_AIM = {
    "unmet": {"zh": "未弥合的差距（加权）", "en": "gaps left open, weighted"},
    "weeks": {"zh": "到达目标的周数（加权）", "en": "weeks to target, weighted"},
}


def explain_cohort(plan: CohortPlan, lang: Lang) -> str:
    """Write the whole as lines: how far each aim was met and proved, what is short, in which order."""
    return "\n".join(_lines(plan, lang))


def explain_hire(plan: CohortPlan, hire: HirePlan, lang: Lang) -> str:
    """Write one hire's plan as lines: the gaps with their weeks, the items, why they wait."""
    return "\n".join(_hire_lines(plan, hire, lang))


def _lines(plan: CohortPlan, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    hires = len(plan.hires)
    yield (
        f"{hires} 人，自 {plan.start} 起 {plan.weeks} 周"
        if zh
        else f"{hires} {'hire' if hires == 1 else 'hires'}, {plan.weeks} weeks from {plan.start}"
    )
    yield from (f"  {_reached(aim, lang)}" for aim in plan.aims)
    if plan.rules is not None:
        used = f"{plan.rules.id}@{plan.rules.version}"
        yield (
            f"  等待的权重与上限由 {used} 决定；条件相同者按到岗日、再按编号先后"
            if zh
            else f"  {used} says what a wait weighs; equal hires are served by arrival, then id"
        )
    late = sum(gap.overdue for hire in plan.hires for gap in hire.gaps)
    if late:
        yield (
            f"  {late} 项差距的等待超过上限"
            if zh
            else f"  {late} {'gap waits' if late == 1 else 'gaps wait'} past the limit"
        )
    if plan.options_left_out:
        yield (
            f"  方案：考虑 {plan.options} 个，略去全部或部分的 {plan.options_left_out} 个；证明以所考虑者为限"
            if zh
            else f"  options: {plan.options} considered, {plan.options_left_out} left out whole or in part; the proof is over those considered"
        )
    yield from (f"  {_bottleneck(one, lang)}" for one in plan.bottlenecks)


def _reached(aim: Reached, lang: Lang) -> str:
    zh = lang == "zh"
    line = f"{_AIM[aim.aim][lang]}{'：' if zh else ': '}{aim.value}"
    line += (
        f"（按到岗先后：{aim.arrival_order}）"
        if zh
        else f" (in order of arrival: {aim.arrival_order})"
    )
    if aim.proved:
        return line + ("，已证明最优" if zh else ", proved to be the least")
    gap = decimal_text(aim.gap)
    return line + (
        f"，与下界 {aim.bound} 相差至多 {gap}%"
        if zh
        else f", at most {gap} % above the bound {aim.bound}"
    )


def _bottleneck(one: Bottleneck, lang: Lang) -> str:
    zh = lang == "zh"
    site = f" ({one.site})" if one.site else ""
    line = (
        f"瓶颈：第 {one.week} 周 {one.name.zh}{site}，{one.slots} 个名额已满"
        if zh
        else f"bottleneck: {one.name.en}{site} in week {one.week}, all {one.slots} taken"
    )
    if one.saves is None or one.closes is None:
        price = decimal_text(one.price)
        return line + (
            f"；按价格估计再加一个可省 {price}"
            if zh
            else f"; by its price one more would save {price}"
        )
    if not one.saves and not one.closes:
        return line + ("；再加一个没有帮助" if zh else "; one more by itself brings nothing")
    parts = []
    if one.closes:
        parts.append(f"多弥合 {one.closes}" if zh else f"closes {one.closes}")
    if one.saves:
        parts.append(
            (f"省 {one.saves} 加权周" if zh else f"saves {one.saves} weighted weeks")
            if one.saves > 0
            else (f"多用 {-one.saves} 加权周" if zh else f"takes {-one.saves} weighted weeks more")
        )
    told = ("、" if zh else " and ").join(parts)
    return line + (f"；再加一个可{told}（重新求解）" if zh else f"; one more {told} (solved again)")


def _hire_lines(plan: CohortPlan, hire: HirePlan, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    weight = hire.waiting.weight
    yield (
        f"{hire.hire}（{hire.role}）第 {hire.arrival_week} 周到岗，每周权重 {weight}"
        if zh
        else f"{hire.hire} ({hire.role}) from week {hire.arrival_week}, a week weighs {weight}"
    )
    yield from (f"  {reason[lang]}" for reason in hire.waiting.reasons)
    yield from (f"  {_gap(gap, plan.weeks, lang)}" for gap in hire.gaps)
    for item in hire.items:
        name = f"《{item.name.zh}》" if zh else item.name.en
        weeks = _weeks(item.first_week, item.last_week, lang)
        when = f"{item.session} {item.site}" if item.session else _days(plan, item, lang)
        yield f"  {weeks}{'：' if zh else ': '}{name} · {when}"
    if hire.alike:
        order = ("、" if zh else ", ").join(hire.alike)
        yield (
            f"  与其条件相同者，按先后：{order}"
            if zh
            else f"  equal hires, in their order: {order}"
        )


def _days(plan: CohortPlan, item: PlacedItem, lang: Lang) -> str:
    """Say the first and last day, or the first week where the days are not laid out."""
    zh = lang == "zh"
    if not item.meetings:
        monday = plan.start + (item.first_week - 1) * WEEK
        return f"{monday} 起" if zh else f"from {monday}"
    first, last = item.meetings[0].date, item.meetings[-1].date
    return f"{first}" if first == last else f"{first} {'至' if zh else 'to'} {last}"


def _weeks(first: int, last: int, lang: Lang) -> str:
    if first == last:
        return f"第 {first} 周" if lang == "zh" else f"week {first}"
    return f"第 {first}–{last} 周" if lang == "zh" else f"weeks {first}–{last}"


def _gap(gap: HireGap, weeks: int, lang: Lang) -> str:
    zh = lang == "zh"
    name = gap.name[lang]
    if not gap.reachable:
        return f"{name}：没有条目组合能够弥合" if zh else f"{name}: no set of items closes it"
    if gap.week is None:
        return f"{name}：{weeks} 周内未弥合" if zh else f"{name}: not closed within {weeks} weeks"
    line = f"{name}：第 {gap.week} 周弥合" if zh else f"{name}: closed in week {gap.week}"
    if gap.waits:
        weeks_shown = f"{gap.waits} {'week' if gap.waits == 1 else 'weeks'}"
        line += f"，为他人等待 {gap.waits} 周" if zh else f", {weeks_shown} later than alone"
    if gap.overdue:
        line += "（超过上限）" if zh else " (past the limit)"
    return line
