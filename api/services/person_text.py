"""Everything about a person as a text to be read, in Chinese or English."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.kernel.diagnostics import Lang

_WORDS = {
    "title": ("Everything kept about {person}", "关于 {person} 所保存的全部内容"),
    "made": ("Made at {made_at}", "生成时间：{made_at}"),
    "elsewhere": ("Known elsewhere as", "在其他系统中的编号"),
    "declared": ("Declared for audits alone", "仅供审计的自愿申报"),
    "decisions": ("Decisions", "裁定"),
    "rules": ("by {rule_set} {version}, as of {as_of}", "依据 {rule_set} {version}，时点 {as_of}"),
    "imported": ("made in another system", "由其他系统作出"),
    "inputs": ("decided on", "依据的数据"),
    "interview": ("the interview", "面试"),
    "evaluation": ("how it was read, and the plan", "评估与计划"),
    "shadows": ("what versions on trial came to, without effect", "试运行版本的结果（不生效）"),
    "outcomes": ("outcome", "结果"),
    "reasons": ("reasons", "理由"),
    "retention": ("kept until", "保存至"),
    "erase": ("then erased", "期满删除"),
    "review": ("then looked at", "期满复核"),
    "documents": ("documents used", "所用文件"),
    "events": ("What was done with it", "处理记录"),
    "holds": ("Legal holds", "法律冻结"),
    "none": ("nothing", "无"),
}
_EVENTS = {
    "export": ("exported", "导出"),
    "sensitive_read": ("read in the clear", "明文读取"),
    "hold": ("legal hold", "法律冻结"),
    "erasure": ("erased", "删除"),
    "exception": ("exception", "例外"),
    "link": ("external id added", "添加外部编号"),
    "unlink": ("external id removed", "移除外部编号"),
}


def person_text(made: Mapping[str, Any], lang: Lang) -> str:
    """Write an export of a person as Markdown."""
    return "\n".join(_lines(made, lang)) + "\n"


def _lines(made: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    def word(name: str) -> str:
        return _WORDS[name][lang == "zh"]

    yield f"# {word('title').format(**made)}"
    yield ""
    yield word("made").format(**made)
    elsewhere = {one["system"]: one["id"] for one in made["known_elsewhere"]}
    yield from _section(word("elsewhere"), elsewhere, word("none"))
    yield from _section(word("declared"), made["demographics"] or {}, word("none"))
    yield from ("", f"## {word('decisions')}")
    for one in made["decisions"]:
        yield from _decision(one, lang)
    if not made["decisions"]:
        yield from ("", word("none"))
    events = {
        f"{one['at']} {_EVENTS.get(one['kind'], (one['kind'],) * 2)[lang == 'zh']}": one["by"]
        for one in made["events"]
    }
    yield from _section(word("events"), events, word("none"))
    yield from _section(word("holds"), dict.fromkeys(made["holds"], ""), word("none"))


def _decision(one: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    def word(name: str) -> str:
        return _WORDS[name][lang == "zh"]

    decision = one["decision"]
    made_by = word("imported") if one["engine"] == "imported" else word("rules").format(**one)
    yield from ("", f"### {one['decided_at']}", "", made_by)
    yield from _section(word("outcomes"), decision.get("outcomes", {}), word("none"), "####")
    yield from _section(word("inputs"), one["inputs"], word("none"), "####")
    for more in ("interview", "evaluation", "shadows"):
        if more in one:
            yield from _section(word(more), one[more], word("none"), "####")
    reasons = {str(reason["code"]): reason[lang] for reason in decision.get("reasons", ())}
    yield from _section(word("reasons"), reasons, word("none"), "####")
    if due := one.get("retention"):
        day, then = due["keep_until"] or due["gone_by"], word(due["then"])
        yield from _section(
            word("retention"), {f"{day} ({then})": "; ".join(due["cites"])}, "", "####"
        )
    used = {f"{u['id']} {u['version']}": u["hash"] for u in decision.get("used", ())}
    yield from _section(word("documents"), used, word("none"), "####")


def _section(
    title: str, values: Mapping[str, Any], nothing: str, level: str = "##"
) -> Iterator[str]:
    yield from ("", f"{level} {title}", "")
    for name, value in values.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield f"- {name}: {shown}" if shown else f"- {name}"
    if not values:
        yield nothing
