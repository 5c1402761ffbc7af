"""A learning plan in plain words, in zh and en, for terminals and letters."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Lang
    from engine.learning.documents import (
        Closes,
        GraphNode,
        LearningPlan,
        PlannedGap,
        RemainingGap,
        StepFacts,
    )

_CENT = Decimal("0.01")

_STATUS = {
    "none": {"zh": "没有低于目标的胜任力", "en": "nothing is below its target"},
    "complete": {"zh": "所有差距均可弥合", "en": "every gap is closed"},
    "partial": {"zh": "部分差距无法弥合", "en": "not every gap can be closed"},
    "infeasible": {"zh": "没有可行的计划", "en": "no plan is feasible"},
}
_LIMITS = {
    "budget": {"zh": "预算", "en": "the budget"},
    "hours": {"zh": "每周学时", "en": "the hours a week"},
    "weeks": {"zh": "期限", "en": "the deadline"},
    "languages": {"zh": "授课语言", "en": "the languages"},
    "wishes": {"zh": "必选或排除的项目", "en": "what is asked for or ruled out"},
    "catalog": {"zh": "现有目录", "en": "what the catalog offers"},
}
_OBJECTIVES = {
    "unmet": {
        "zh": "优先级 {priority} 的缺口（毫奈特）",
        "en": "shortfall at priority {priority} (milli-nats)",
    },
    "hours": {"zh": "学时", "en": "hours"},
    "cost": {"zh": "费用", "en": "cost"},
    "booked": {"zh": "已预订项目（计为负数）", "en": "items kept as booked (below 0)"},
    "preference": {"zh": "不合偏好的项目", "en": "items that suit the preference less"},
    "items": {"zh": "项目数", "en": "items"},
    "order": {"zh": "编号次序", "en": "order of ids"},
}
_MODALITY = {
    "online": {"zh": "线上", "en": "online"},
    "offline": {"zh": "线下", "en": "offline"},
    "blended": {"zh": "线上线下结合", "en": "blended"},
    "mentoring": {"zh": "导师带教", "en": "mentoring"},
}
_EVERY = {
    "workday": {"zh": "每个工作日", "en": "every working day"},
    "week": {"zh": "每周", "en": "every week"},
    "fortnight": {"zh": "每两周", "en": "every two weeks"},
    "month": {"zh": "每月", "en": "every month"},
}


_NOTHING_KNOWN = {
    "zh": "已评估的胜任力均达标；其余未评估",
    "en": "of what was assessed nothing is below its target; the rest was not assessed",
}


def explain_plan(plan: LearningPlan, lang: Lang) -> str:
    """Write a plan as lines: the gaps, the steps with their reasons, what binds, what is open."""
    return "\n".join(_lines(plan, lang))


def explain_step(step: StepFacts, lang: Lang) -> str:
    """Say why a step is in the plan: clause, gap and path, what it leads to, what is to confirm."""
    return ("；" if lang == "zh" else "; ").join(_reasons(step, lang))


def shown(number: Decimal) -> str:
    """Show a level with two places at most, never rounded up across a line."""
    return decimal_text(number.quantize(_CENT, ROUND_FLOOR))


def _lines(plan: LearningPlan, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    status = _STATUS["none" if plan.status == "complete" and not plan.gaps else plan.status]
    if plan.status == "complete" and not plan.gaps and plan.not_assessed:
        status = _NOTHING_KNOWN
    yield f"{plan.role}{'：' if zh else ': '}{status[lang]}"
    for gap in plan.gaps:
        yield f"  {_gap(gap, lang)}"
    for number, step in enumerate(plan.steps, 1):
        yield f"{number}. {_title(step, lang)}"
        yield from (f"   {reason}" for reason in _reasons(step, lang))
    if plan.steps:
        hours, cost = decimal_text(plan.hours), f"{decimal_text(plan.cost)} {plan.currency}"
        yield f"合计：{hours} 小时，{cost}" if zh else f"in all: {hours} hours, {cost}"
    for bundle in plan.bundles:
        cost, saved = (f"{decimal_text(n)} {plan.currency}" for n in (bundle.cost, bundle.saved))
        yield (
            f"其中《{bundle.name.zh}》打包 {cost}，比单买省 {saved}"
            if zh
            else f"of this {bundle.name.en} as a bundle: {cost}, {saved} less than one by one"
        )
    if plan.binding:
        limits = ("、" if zh else ", ").join(_LIMITS[limit][lang] for limit in plan.binding)
        yield f"受限于：{limits}" if zh else f"what binds: {limits}"
    if plan.not_assessed:
        names = ("、" if zh else ", ").join(open_.name[lang] for open_ in plan.not_assessed)
        yield f"未评估：{names}" if zh else f"not assessed: {names}"
    if plan.remaining:
        yield _remaining(plan.remaining, lang)
    elif not plan.proved:
        yield "未能证明最优" if zh else "not proved to be the best"


def _remaining(remaining: RemainingGap, lang: Lang) -> str:
    """Say that a plan is not proved, and how much better another could be at most."""
    name = _OBJECTIVES[remaining.objective][lang].format(priority=remaining.priority)
    value, bound = decimal_text(remaining.value), decimal_text(remaining.bound)
    if lang == "zh":
        return f"未能证明最优：{name}为 {value}，任何计划都不会低于 {bound}"
    return f"not proved to be the best: {name} {value}, and no plan has less than {bound}"


def _gap(gap: PlannedGap, lang: Lang) -> str:
    zh = lang == "zh"
    levels, target = f"{shown(gap.score)} → {shown(gap.after)}", shown(gap.target)
    line = f"{gap.name[lang]} {levels}" + (f"（目标 {target}）" if zh else f" (target {target})")
    if not gap.short:
        return line
    short = [f"{skill.name[lang]} {shown(skill.after)}" for skill in gap.short]
    return line + (f"，仍不足：{'、'.join(short)}" if zh else f"; still short: {', '.join(short)}")


def _title(step: StepFacts, lang: Lang) -> str:
    name = f"《{step.name.zh}》" if lang == "zh" else step.name.en
    return f"{name} · {_MODALITY[step.modality][lang]} · {_amount(step, lang)}"


def _amount(step: StepFacts, lang: Lang) -> str:
    zh = lang == "zh"
    if step.cadence:
        every, times = _EVERY[step.cadence.every][lang], step.cadence.times
        return f"{every} 1 次，共 {times} 次" if zh else f"{every}, {times} times"
    if step.lessons is not None:
        return f"{step.lessons} 课时" if zh else _count(Decimal(step.lessons), "lesson")
    if step.days is not None:
        return f"{decimal_text(step.days)} 天" if zh else _count(step.days, "day")
    return f"{decimal_text(step.hours)} 小时" if zh else _count(step.hours, "hour")


def _count(number: Decimal, unit: str) -> str:
    return f"{decimal_text(number)} {unit}{'' if number == 1 else 's'}"


def _reasons(step: StepFacts, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    if step.mandatory:
        yield f"必修（{step.mandatory}）" if zh else f"mandatory under {step.mandatory}"
    for closes in step.closes:
        yield from _closing(closes, lang)
    if step.needed_by:
        names = _names(step.needed_by, lang)
        yield f"是{names}的前置" if zh else f"comes before {names}"
    if step.focus:
        yield f"重点：{step.focus.zh}" if zh else f"focus: {step.focus.en}"
    if step.mentor:
        yield f"导师：{step.mentor}" if zh else f"mentor: {step.mentor}"
    if "no_mentor" in step.flags:
        yield "暂无可用导师" if zh else "no mentor has a free slot"
    for need in step.confirm:
        level = shown(need.level)
        yield (
            f"开始前请确认{need.name.zh}达到 {level}（未评估）"
            if zh
            else f"confirm before it begins: {need.name.en} at {level} (not assessed)"
        )


def _closing(closes: Closes, lang: Lang) -> Iterator[str]:
    levels = f"{shown(closes.before)} → {shown(closes.after)}"
    target = shown(closes.target)
    yield (
        f"{closes.name.zh} {levels}（目标 {target}）"
        if lang == "zh"
        else f"{closes.name.en} {levels} (target {target})"
    )
    for lift in closes.lifts:
        path = " → ".join(node.name[lang] for node in lift.path)
        levels = f"{shown(lift.before)} → {shown(lift.after)}"
        yield f"路径 {path}：{levels}" if lang == "zh" else f"by {path}: {levels}"


def _names(nodes: tuple[GraphNode, ...], lang: Lang) -> str:
    if lang == "zh":
        return "、".join(f"《{node.name.zh}》" for node in nodes)
    return ", ".join(node.name.en for node in nodes)
