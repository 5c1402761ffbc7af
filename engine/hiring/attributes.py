"""Protected attributes and their proxies, which no rule may read (`law-as-features` L2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.jurisdictions.merge import blocked_inputs
from engine.kernel.diagnostics import Code, Phrase, Severity
from engine.rules.unused import names_read

if TYPE_CHECKING:
    from engine.jurisdictions.merge import Law
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Text
    from engine.rules.compiled import CompiledRuleSet

PROTECTED = Code(
    "LAW-INPUT-001",
    "the input `{name}` is a protected attribute, {attribute}: {cites}",
    "输入 `{name}` 是受保护的个人特征（{attribute}）：{cites}",
    "delete it; to prove that nothing depends on it, let no rule read it and write `independent_of: {name}`",
    "请删除；如要证明结果与其无关，则不让任何规则读取它，并写 `independent_of: {name}`",
)
PROXY = Code(
    "LAW-INPUT-002",
    "the input `{name}` can stand for a protected attribute, {attribute}: {cites}",
    "输入 `{name}` 可能间接反映受保护的个人特征（{attribute}）：{cites}",
    "take it out, or have counsel write down why the post needs it",
    "请去除，或由法务书面说明岗位为何需要它",
    Severity.WARNING,
)

# What each attribute is called, in English words and in Chinese.
_ATTRIBUTES: dict[str, tuple[str, str]] = {
    "age": ("age", "年龄"),
    "gender": ("gender|sex|gender identity|sexual orientation", "性别|性取向"),
    "marital_status": ("marital status|marriage|married|civil status", "婚姻|婚育|婚否"),
    "parenthood": ("pregnancy|pregnant|children|childbearing", "怀孕|孕期|生育|子女"),
    "ethnicity": ("ethnicity|ethnic group|ethnic origin|race|skin colour", "民族|种族|肤色"),
    "religion": ("religion|religious belief", "宗教|宗教信仰"),
    "hukou": ("hukou|household registration", "户口|户籍"),
    "health": ("health|disability|disabled|medical history|hepatitis b", "健康|残疾|病史|乙肝"),
    "political_opinion": ("political opinion|political affiliation", "政治面貌|政治立场"),
}
_PROXIES: dict[str, tuple[str, str]] = {
    "age": (
        "birth date|date of birth|birth year|year of birth|birthday|school year|graduation year",
        "出生日期|出生年月|出生年份|生日|毕业年份|入学年份",
    ),
    "gender": (
        "photo|photograph|portrait|first name|given name|full name|candidate name|=name",
        "照片|姓名",
    ),
    "ethnicity": (
        "postcode|postal code|post code|zip code|=zip|nationality|birthplace|surname|last name",
        "邮编|邮政编码|国籍|出生地|姓氏",
    ),
    "hukou": ("native place|id number|id number prefix", "籍贯|身份证号|身份证号码"),
}
_AFTER = {"at", "band", "bracket", "category", "code", "group", "in", "range", "status", "years"}
"""Words that may follow an attribute and leave it what it is: `age_group`, but not `health_insurance`."""
_AFTER_ZH = r"(?:段|组|分组|区间|代码|状况|情况)?"
_GENERAL = Phrase("a person is not judged by it", "不以此评判人")


def check_attributes(rule_set: CompiledRuleSet, law: Law) -> list[Diagnostic]:
    """Find the inputs that are protected attributes or proxies: by the law that applies, or by their words.

    An input that no decision reads and that `independent_of` names is there to prove just that, and is let be.
    """
    passed = {c.subject for c in rule_set.claims if c.kind == "independent_of"}
    passed -= names_read(rule_set)
    found = []
    for name, declared in rule_set.document.inputs.items():
        said = None if name in passed else _by_law(name, law) or _by_words(name, declared.label)
        if said is not None:
            code, attribute, cites = said
            span = rule_set.loaded.span("inputs", name)
            found.append(code.at(span, name=name, attribute=attribute, cites=cites))
    return found


def _by_law(name: str, law: Law) -> tuple[Code, str, str] | None:
    grounds = blocked_inputs(law, name)
    if not grounds:
        return None
    cites = f"`{grounds[0].jurisdiction}`, {grounds[0].cites}"
    proxy = name in law.proxies
    return (PROXY, law.proxies[name], cites) if proxy else (PROTECTED, name, cites)


def _by_words(name: str, label: Text | None) -> tuple[Code, str, str] | None:
    texts = [name, *((label.en, label.zh) if label else ())]
    for code, listed in ((PROTECTED, _ATTRIBUTES), (PROXY, _PROXIES)):
        for attribute, (english, chinese) in listed.items():
            if any(_is_called(text, english, chinese) for text in texts):
                told = Phrase(attribute.replace("_", " "), chinese.partition("|")[0])
                return code, told, _GENERAL
    return None


def _is_called(text: str, english: str, chinese: str) -> bool:
    """Whether a name or label is one of these words, or ends with it as a noun does: `candidate_age`."""
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    for term in english.split("|"):
        wanted = term.removeprefix("=").split()
        if words == wanted or (not term.startswith("=") and _ends(words, wanted)):
            return True
    return any(
        re.search(rf"(?:{chinese}){_AFTER_ZH}$", part)
        for part in re.split(r"[\s，。、：；（）()·/_\-\d]+", text)
    )


def _ends(words: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(
        words[at : at + size] == wanted
        and (at + size == len(words) or (words[at + size] in _AFTER and size < len(words)))
        for at in range(len(words) - size + 1)
    )
