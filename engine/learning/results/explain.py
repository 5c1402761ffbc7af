"""Follow-ups, proposals and probation records in plain words, in zh and en."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.explain import explain_plan, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from engine.kernel.diagnostics import Lang
    from engine.kernel.documents import Text
    from engine.learning.results.documents import (
        Alert,
        Chance,
        Change,
        Estimate,
        FollowUp,
        ItemState,
        PlanProposal,
        ProbationRecord,
    )

WORDS: dict[str, tuple[str, str]] = {
    "not_begun": ("未开始", "not begun"),
    "begun": ("进行中", "begun"),
    "failed": ("未通过", "failed"),
    "passed": ("已通过", "passed"),
    "low_completion": ("完成率不足", "low completion"),
    "low_exam": ("考试未通过", "low exam score"),
    "low_mentor_rating": ("导师评级偏低", "low mentor rating"),
    "low_in_both": ("完成率与考试均低", "low in both"),
    "failed_again": ("再次未达标", "failed again"),
    "warn": ("预警", "alert"),
    "urgent": ("紧急", "urgent"),
    "learner": ("学员", "learner"),
    "hr": ("HR", "HR"),
    "manager": ("经理", "manager"),
    "catch_up": ("补上进度", "catch up"),
    "review_alert": ("处理预警", "review the alert"),
    "review_proposal": ("审阅新计划", "review the new plan"),
    "meet_within_5_days": ("五天内面谈", "meet within five days"),
    "offline_tutoring": ("线下辅导", "offline tutoring"),
    "study_materials": ("学习资料", "study materials"),
    "retake_at_most_2": ("补考，最多两次", "a retake, two at most"),
    "change_mentor": ("更换导师", "another mentor"),
    "approved_leave": ("获批休假", "approved leave"),
    "accommodation_pending": ("便利安排待定", "an accommodation is pending"),
    "course_unavailable": ("课程不可用", "the course cannot be taken now"),
    "kept": ("保留", "kept"),
    "added": ("新增", "added"),
    "dropped": ("取消", "dropped"),
    "moved": ("后移", "moved"),
    "completion": ("完成率", "completion"),
    "exam": ("考试成绩", "exam"),
    "mentor_rating": ("导师评级", "mentor rating"),
    "performance": ("绩效", "performance"),
    "confirm_early_optional": ("可提前转正", "may be confirmed early"),
    "confirm": ("转正", "confirmed"),
    "improvement_plan": ("改进计划", "improvement plan"),
    "human_review": ("由人复核", "a person reviews"),
    "follow_up": ("跟进", "follow-up"),
    "alert": ("预警", "alert"),
    "learning_result": ("学习结果", "result"),
    "plan": ("计划", "plan"),
    "weakness": ("弱项", "weakness"),
    "evidence": ("证据", "evidence"),
    "profile": ("画像", "profile"),
}


def word(name: str, lang: Lang) -> str:
    """Give the word for a name that rules use; one that is not known is shown as it is."""
    zh, en = WORDS.get(name, (name, name))
    return zh if lang == "zh" else en


def explain_follow_up(document: FollowUp, lang: Lang) -> str:
    """Write a follow-up as lines: standings, levels, alerts with tasks and help, additions."""
    return "\n".join(_follow_up(document, lang))


def explain_proposal(proposal: PlanProposal, lang: Lang) -> str:
    """Write a proposal as lines: why, the difference item by item, the chances, the new plan."""
    return "\n".join(_proposal(proposal, lang))


def explain_probation(record: ProbationRecord, lang: Lang) -> str:
    """Write a probation record as lines, with the way back to the evidence."""
    return "\n".join(_probation(record, lang))


def _title(name: Text, lang: Lang) -> str:
    return f"《{name.zh}》" if lang == "zh" else name.en


def _listed(names: Iterable[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(names)


# --- follow-up -----------------------------------------------------------------------------------


def _follow_up(document: FollowUp, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    day = document.as_of.date().isoformat()
    yield f"{document.learner}，截至 {day}" if zh else f"{document.learner}, by {day}"
    yield from (f"  {_state(state, lang)}" for state in document.states)
    if document.estimates:
        yield "估计水平：" if zh else "estimated levels:"
        yield from (f"  {_estimate(one, lang)}" for one in document.estimates)
    yield from _alerts(document, lang)
    for added in document.additions:
        name = _title(added.name, lang)
        yield f"增加：{name}（{added.reason.zh}）" if zh else f"added: {name} ({added.reason.en})"
    for one in document.suppressed:
        because = _listed((word(b, lang) for b in one.because), lang)
        told = f"{_title(one.name, lang)} {word(one.alert, lang)}"
        yield f"未预警：{told}（{because}）" if zh else f"no alert: {told} ({because})"
    if document.undated:
        names = {state.item: _title(state.name, lang) for state in document.states}
        listed = _listed((names[item] for item in document.undated), lang)
        yield (
            f"没有到期日，未按完成率判断：{listed}"
            if zh
            else f"without a due date, completion is not judged: {listed}"
        )


def _state(state: ItemState, lang: Lang) -> str:
    zh = lang == "zh"
    figures = []
    if state.completion is not None:
        figures.append(f"{word('completion', lang)} {decimal_text(state.completion)}%")
    if state.exam is not None:
        figures.append(f"{word('exam', lang)} {decimal_text(state.exam)}")
    if state.rating is not None:
        figures.append(f"{word('mentor_rating', lang)} {state.rating}")
    if state.failures:
        figures.append(f"未通过 {state.failures} 次" if zh else f"failed {_times(state.failures)}")
    head = f"{_title(state.name, lang)}{'：' if zh else ': '}{word(state.status, lang)}"
    if not figures:
        return head
    return f"{head}（{'，'.join(figures)}）" if zh else f"{head} ({', '.join(figures)})"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _estimate(one: Estimate, lang: Lang) -> str:
    low, high, level = shown(one.low), shown(one.high), shown(one.level)
    if lang == "zh":
        text = f"{one.name.zh} {level}（九成在 {low} 到 {high} 之间）"
        if one.target is None or one.chance is None:
            return text
        return f"{text}，达到目标 {shown(one.target)} 的概率 {_percent(one.chance, lang)}"
    text = f"{one.name.en} {level} (90 % lie from {low} to {high})"
    if one.target is None or one.chance is None:
        return text
    return f"{text}; a chance of {_percent(one.chance, lang)} that the target {shown(one.target)} is met"


def _percent(number: Decimal, lang: Lang) -> str:
    """Write a chance; nothing is certain, so the ends are said as less and more."""
    space = "" if lang == "zh" else " "
    if not number or number == 100:  # noqa: PLR2004 - a percentage
        return f"{'<' if not number else '>'}{space}{'0.1' if not number else '99.9'}{space}%"
    return f"{decimal_text(number)}{space}%"


def _alerts(document: FollowUp, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    if not document.alerts:
        yield "没有预警" if zh else "no alerts"
    for alert in document.alerts:
        yield _alert(alert, lang)
    for task in document.tasks:
        told = f"{word(task.assignee, lang)}{'：' if zh else ': '}{word(task.what, lang)}"
        yield f"  → {told} · {_title(task.name, lang)}"
    for one in document.measures:
        items = f" ({_listed(one.items, lang)})" if one.items else ""
        told = f"{word(one.what, lang)}{items} · {_title(one.name, lang)}"
        yield f"  建议：{told}" if zh else f"  proposed: {told}"
    for alert in document.closed:
        day = alert.closed_at.date().isoformat() if alert.closed_at else ""
        told = f"{_title(alert.name, lang)} {word(alert.alert, lang)}"
        yield f"已关闭：{told}（{day}）" if zh else f"closed: {told} ({day})"


def _alert(alert: Alert, lang: Lang) -> str:
    head = f"{word(alert.level, lang)}{'：' if lang == 'zh' else ': '}"
    told = f"{_title(alert.name, lang)} {word(alert.alert, lang)}"
    reason = f"（{alert.reason.zh}）" if lang == "zh" else f" ({alert.reason.en})"
    return f"{head}{told}{reason} [{alert.clause}]"


# --- proposal ------------------------------------------------------------------------------------


def _proposal(proposal: PlanProposal, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    day = proposal.as_of.date().isoformat()
    yield (
        f"{proposal.learner}：建议的第 {proposal.number} 版计划（{day}），由人接受、修改或不采纳"
        if zh
        else f"{proposal.learner}: plan version {proposal.number} as proposed ({day}); a person accepts, edits or refuses it"
    )
    yield from (_alert(alert, lang) for alert in proposal.because)
    for kind in ("kept", "added", "dropped", "moved"):
        changes: tuple[Change, ...] = getattr(proposal, kind)
        for change in changes:
            yield f"{word(kind, lang)}{'：' if zh else ': '}{_change(change, lang)}"
    count = proposal.booked_changes
    yield f"已预约项目的变动：{count}" if zh else f"changes to what is booked: {count}"
    yield from (_chance(one, lang) for one in proposal.chances)
    yield ""
    yield explain_plan(proposal.plan, lang)


def _change(change: Change, lang: Lang) -> str:
    booked = ("，已预约" if lang == "zh" else ", booked") if change.booked else ""
    return f"{_title(change.name, lang)}{booked} – {change.why[lang]}"


def _chance(one: Chance, lang: Lang) -> str:
    now, planned = _percent(one.now, lang), _percent(one.planned, lang)
    target = shown(one.target)
    if lang == "zh":
        return f"{one.name.zh} 达到目标 {target} 的概率：现在 {now}，完成新计划后 {planned}"
    return f"{one.name.en} meets {target} with a chance of {now} as things stand, {planned} with the new plan"


# --- probation -----------------------------------------------------------------------------------


def _probation(record: ProbationRecord, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    if record.status == "decided" and record.score is not None:
        score, outcome = decimal_text(record.score), word(record.outcome or "", lang)
        yield f"试用期：{score}，{outcome}" if zh else f"probation: {score}, {outcome}"
        yield from (f"  {reason[lang]}" for reason in record.reasons)
    else:
        missing = _listed((word(one, lang) for one in record.missing), lang)
        yield (
            f"试用期：缺少 {missing}，由人决定"
            if zh
            else f"probation: {missing} missing, a person decides"
        )
    yield "依据，自上而下：" if zh else "what it rests on, from the top:"
    for link in record.way_back:
        # A result without an id of its own is named by its content: once is enough.
        named = "" if link.id.startswith("sha256:") else f" {link.id[:60]}"
        name = f" {link.hash[:19]}" if link.hash else ""
        yield f"  {word(link.kind, lang)}{named}{name}{'：' if zh else ': '}{link.says[lang]}"
