"""What is known of the word under the cursor, as Markdown in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.editing.names import SECTIONS, Name, declared, members_of_column, names_at
from engine.editing.places import Place, find_place
from engine.editing.words import word_at
from engine.feel.builtins import FUNCTIONS
from engine.feel.builtins.registry import kind_text
from engine.feel.types import type_text
from engine.kernel.diagnostics import Lang, Phrase, Span
from engine.meanings import FUNCTIONS as FUNCTION_MEANINGS
from engine.meanings import KEYS

if TYPE_CHECKING:
    from engine.editing.names import Documents, NameKind
    from engine.feel.builtins import Signature


@dataclass(frozen=True, slots=True)
class Hover:
    """A text in Markdown and the stretch that it is about."""

    text: str
    span: Span


def hover(
    text: str, line: int, column: int, lang: Lang, documents: Documents | None = None
) -> Hover | None:
    """Say what is known of what stands at a position; None where nothing is."""
    place = find_place(text, line, column)
    if place is None:
        return None
    known = documents or {}
    if place.form == "key":
        told = _about_key(place, lang)
        return _at(place, 0, len(place.text), told) if told else None
    word = word_at(place.text, place.offset, coded=place.form == "coded")
    if word is None:
        return None
    told = about_word(place, word.text, lang, known, quoted=word.quoted)
    return _at(place, word.start, word.end, told) if told else None


def _at(place: Place, start: int, end: int, told: str) -> Hover:
    span = Span("", place.line, place.column_of(start), place.line, place.column_of(end))
    return Hover(told, span)


def about_word(
    place: Place, word: str, lang: Lang, documents: Documents, *, quoted: bool = False
) -> str:
    """Say what is known of a word of an expression, a cell or a value; nothing where nothing is."""
    if found := find_name(place, word, documents, quoted=quoted):
        return about_name(found, lang)
    if place.form in {"condition", "output"}:
        members = members_of_column(place.tree, place.path, place.head, documents)
        if word in members:
            return _about_member(word, place.head, members, lang)
    if place.is_formula and not quoted and word in FUNCTION_MEANINGS:
        return about_function(word, lang)
    if place.form == "value":
        return _meaning(place, lang)
    return ""


_NAMING_KEYS = {"never_decreases", "never_worse", "independent_of", "when_rises", "of"}


def find_name(
    place: Place, word: str, documents: Documents, *, quoted: bool = False
) -> Name | None:
    """Find the declaration that a word at a place refers to."""
    if place.form == "coded":
        reasons = declared(place.tree, "reasons", kind="reason")
        return next((name for name in reasons if name.name == word), None)
    naming = place.form == "value" and place.path[-1] in _NAMING_KEYS
    if quoted or not (place.is_formula or naming):
        return None
    names = names_at(place.tree, place.path, documents)
    if place.form == "condition" and word in members_of_column(
        place.tree, place.path, place.head, documents
    ):
        return None  # in the cells of such a column a bare word is a member, and nothing else
    # Of `interview.score` that is no name itself, the first part is.
    return names.get(word) or names.get(word.partition(".")[0])


# --- cards -------------------------------------------------------------------------------------

_KINDS: dict[NameKind, Phrase] = {
    "input": Phrase("input", "输入"),
    "param": Phrase("param", "参数"),
    "decision": Phrase("decision", "决策"),
    "output": Phrase("output", "输出"),
    "function": Phrase("function", "函数"),
    "parameter": Phrase("parameter", "函数的参数"),
    "reason": Phrase("reason", "理由"),
    "field": Phrase("field", "字段"),
    "rule_set": Phrase("rule set in use", "引用的规则集"),
}
_FACTS = {
    "unit": Phrase("unit", "单位"),
    "range": Phrase("range", "范围"),
    "scale": Phrase("decimal places", "小数位"),
    "one_of": Phrase("one of", "可取"),
    "ranked": Phrase("worst to best", "由差到好"),
    "value": Phrase("value", "值"),
    "default": Phrase("default", "默认"),
    "only_if": Phrase("only if", "适用条件"),
    "hit_policy": Phrase("hit policy", "命中策略"),
    "provenance": Phrase("provenance", "来源"),
    "clause": Phrase("clause", "条款"),
}


def said(phrase: str, lang: Lang) -> str:
    """Say a phrase in a language."""
    return phrase.zh if lang == "zh" and isinstance(phrase, Phrase) else phrase


def about_name(name: Name, lang: Lang) -> str:
    """Describe a name: its kind, type, label in both languages and what its declaration says."""
    kind = said(_KINDS[name.kind], lang)
    if name.kind == "reason":
        return f"`{name.name}` · {kind}\n\n{name.label('zh')}\n\n{name.label('en')}"
    shown = f"{name.name}({', '.join(name.parameters)})" if name.kind == "function" else name.name
    lines = [
        f"`{shown}: {name.type}` · {kind}" if name.kind != "rule_set" else f"`{shown}` · {kind}"
    ]
    if labels := " · ".join(filter(None, (name.label("zh"), name.label("en")))):
        lines.append(labels)
    facts = [f"- {said(t, lang)}: `{v}`" for key, t in _FACTS.items() if (v := name.said(key))]
    return "\n\n".join([*lines, *(["\n".join(facts)] if facts else [])])


def signature_text(name: str, signature: Signature) -> str:
    """Write a way to call a built-in: `substring(string: string, start position: number, …)`."""
    parts = []
    for index, parameter in enumerate(signature.parameters):
        mark = "" if index < signature.required else "?"
        kind = said(kind_text(parameter.kind), "en")
        parts.append(f"{parameter.name}{mark}: {kind}")
    more = ", …" if signature.variadic else ""
    gives = "" if callable(signature.result) else f" → {said(type_text(signature.result), 'en')}"
    return f"{name}({', '.join(parts)}{more}){gives}"


def about_function(name: str, lang: Lang) -> str:
    """Describe a built-in: the ways to call it and what it gives."""
    builtin = FUNCTIONS.get(name)
    ways = (
        [signature_text(name, s) for s in builtin.signatures] if builtin else [f"{name}(decision)"]
    )
    shown = "\n".join(dict.fromkeys(ways))
    return f"```feel\n{shown}\n```\n\n{FUNCTION_MEANINGS[name][lang]}"


def _about_member(word: str, head: str, members: tuple[str, ...], lang: Lang) -> str:
    listed = ", ".join(f"**{m}**" if m == word else m for m in members)
    return f"`{head}` · {listed}" if lang == "en" else f"`{head}` · {listed.replace(', ', '、')}"


def _about_key(place: Place, lang: Lang) -> str:
    """Describe a key: the name that it declares, or what it says."""
    section = SECTIONS.get(str(place.path[-2])) if len(place.path) > 1 else None
    if section == "param" and place.path[0] == "functions":
        section = "parameter"
    if section is not None:
        names = declared(place.tree, *place.path[:-1], kind=section)
        return next((about_name(n, lang) for n in names if n.name == place.text), "")
    return _meaning(place, lang)


def _meaning(place: Place, lang: Lang) -> str:
    key = next((step for step in reversed(place.path) if isinstance(step, str)), "")
    return f"`{key}` · {KEYS[key][lang]}" if key in KEYS else ""
