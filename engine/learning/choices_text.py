"""What stood to choose, in plain words, zh and en."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.explain import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from engine.kernel.diagnostics import Lang
    from engine.learning.choices import AnotherPlan, PlanChoices, Rejected, Relaxation
    from engine.learning.documents import GraphNode

_OBSTACLE = {
    "passed": {
        "zh": "已通过（或已通过同一内容）",
        "en": "it, or the same content, has been passed",
    },
    "budget": {"zh": "预算不容", "en": "the budget does not allow it"},
    "hours_a_week": {"zh": "每周学时不容", "en": "the hours a week do not allow it"},
    "weeks": {"zh": "期限内无法完成", "en": "it does not end before the deadline"},
    "languages": {"zh": "没有可用的授课语言", "en": "it is not given in the languages"},
    "limits": {"zh": "几项限制同时不容", "en": "several limits together do not allow it"},
    "conflict": {
        "zh": "与必修、前置或同一内容冲突",
        "en": "it conflicts with what is mandatory, comes before it or has the same content",
    },
}
_LIMIT = {
    "budget": {"zh": "预算", "en": "the budget"},
    "hours_a_week": {"zh": "每周学时", "en": "the hours a week"},
    "weeks": {"zh": "期限（周）", "en": "the weeks"},
    "languages": {"zh": "授课语言", "en": "the languages"},
}


def explain_choices(choices: PlanChoices, lang: Lang) -> str:
    """Write as lines: why not these items, the next best sets, what would make more possible."""
    return "\n".join(_lines(choices, lang))


def explain_rejected(rejected: Rejected, currency: str, lang: Lang) -> str:
    """Say in one sentence why an item is not in the plan."""
    if rejected.why != "worse":
        return _OBSTACLE[rejected.why][lang]
    said = [_difference(rejected.hours, rejected.cost, currency, lang)]
    if rejected.adds:
        names = _names(rejected.adds, lang)
        said.append(f"还需{names}" if lang == "zh" else f"also needs {names}")
    if rejected.replaces:
        names = _names(rejected.replaces, lang)
        said.append(f"可不选{names}" if lang == "zh" else f"without {names}")
    if not rejected.closes:
        said.append("差距弥合得更少" if lang == "zh" else "less of the gaps is closed")
    return ("，" if lang == "zh" else ", ").join(said)


def _lines(choices: PlanChoices, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    if choices.rejected:
        yield "为什么不选：" if zh else "why not:"
        for rejected in choices.rejected:
            name = f"《{rejected.name.zh}》" if zh else rejected.name.en
            yield f"  {name}{'：' if zh else ': '}{explain_rejected(rejected, choices.currency, lang)}"
    if choices.others:
        yield "其次的方案：" if zh else "the next best:"
        for number, other in enumerate(choices.others, 1):
            yield f"  {number}. {_other(other, choices.currency, lang)}"
    for relaxation in choices.relaxations:
        yield _relaxation(relaxation, lang)
    for skill in choices.unreachable:
        levels = shown(skill.reachable), shown(skill.target)
        yield (
            f"目录最多把{skill.name.zh}带到 {levels[0]}，目标是 {levels[1]}"
            if zh
            else f"the catalog brings {skill.name.en} to {levels[0]} at most; the target is {levels[1]}"
        )


def _other(other: AnotherPlan, currency: str, lang: Lang) -> str:
    said = []
    if other.adds:
        said.append(("改选" if lang == "zh" else "with ") + _names(other.adds, lang))
    if other.drops:
        said.append(("不选" if lang == "zh" else "without ") + _names(other.drops, lang))
    said.append(_difference(other.hours, other.cost, currency, lang))
    if not other.closes:
        said.append("差距弥合得更少" if lang == "zh" else "less of the gaps is closed")
    return ("，" if lang == "zh" else ", ").join(said)


def _difference(hours: Decimal | None, cost: Decimal | None, currency: str, lang: Lang) -> str:
    """Say what is taken more or less: `+6 h, +200 CNY`."""
    unit = "小时" if lang == "zh" else "h"
    parts = [f"{_signed(n)} {u}" for n, u in ((hours, unit), (cost, currency)) if n]
    if not parts:
        return "学时与费用相同" if lang == "zh" else "the same hours and cost"
    return ("，" if lang == "zh" else ", ").join(parts)


def _signed(number: Decimal) -> str:
    return f"{'+' if number > 0 else '−'}{decimal_text(abs(number))}"


def _relaxation(relaxation: Relaxation, lang: Lang) -> str:
    limit = _LIMIT[relaxation.limit][lang]
    change = f"{relaxation.now} → {relaxation.needed}"
    if lang == "zh":
        return f"{'仅需放宽' if relaxation.alone else '需一并放宽'}{limit}：{change}"
    return f"{'enough by itself' if relaxation.alone else 'needed together'}: {limit} {change}"


def _names(nodes: Sequence[GraphNode], lang: Lang) -> str:
    if lang == "zh":
        return "、".join(f"《{node.name.zh}》" for node in nodes)
    return ", ".join(node.name.en for node in nodes)
