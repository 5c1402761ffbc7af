"""What can be written at a position: names, members, built-ins, codes of reasons, keys and their values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.content import MODELS
from engine.editing.hover import about_function, about_name, signature_text
from engine.editing.names import declared, members_of_column, names_at
from engine.editing.places import Place, find_place_to_write
from engine.editing.words import word_before
from engine.feel.builtins import FUNCTIONS
from engine.kernel.diagnostics import Span
from engine.kernel.documents import keys_at, values_at
from engine.kernel.source import Scalar, descend
from engine.meanings import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.editing.names import Documents, Name
    from engine.editing.words import Word
    from engine.kernel.diagnostics import Lang

ItemKind: TypeAlias = Literal["name", "member", "function", "reason", "key"]


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that can be written in place of a stretch; `snippet` has `${1:…}` to be filled in."""

    label: str
    kind: ItemKind
    detail: str
    explanation: str
    span: Span
    snippet: str = ""


def complete(
    text: str, line: int, column: int, lang: Lang, documents: Documents | None = None
) -> list[Completion]:
    """List what can be written at a position, the nearest first."""
    place = find_place_to_write(text, line, column)
    if place is None:
        return []
    known = documents or {}
    word = word_before(place.text, place.offset, coded=place.form in {"coded", "key", "value"})
    span = Span("", place.line, place.column_of(word.start), place.line, place.column)
    found = _found(place, word, lang, known)
    return [replace(item, span=span) for item in found]


_NOWHERE = Span("", 1, 1, 1, 1)


def _found(place: Place, word: Word, lang: Lang, documents: Documents) -> Iterable[Completion]:
    if place.form == "coded":
        return _reasons(place, lang) if place.head == "reason" else ()
    if place.form == "key":
        return _keys(place, lang)
    if place.form == "value":
        return _values(place, lang, documents)
    if word.quoted:
        return _compared(place, word, documents)
    members = _members(members_of_column(place.tree, place.path, place.head, documents), place.head)
    if place.form in {"condition", "output"} and members and not _is_truth(members):
        return members  # a bare word in such a column is a member, and nothing else
    names = names_at(place.tree, place.path, documents).values()
    return [*members, *(_name(name, lang) for name in names), *_functions(lang)]


def _is_truth(members: list[Completion]) -> bool:
    return {m.label for m in members} == {"true", "false"}


def _members(values: Iterable[str], of: str) -> list[Completion]:
    return [Completion(value, "member", of, "", _NOWHERE) for value in values]


def _compared(place: Place, word: Word, documents: Documents) -> list[Completion]:
    """List the members of the name that a text is compared with: `outcome = "`."""
    before = place.text[: word.start - 1].rstrip().rstrip("=!").rstrip()
    left = word_before(before, len(before)).text
    name = names_at(place.tree, place.path, documents).get(left)
    return _members(name.members, left) if name is not None else []


def _reasons(place: Place, lang: Lang) -> list[Completion]:
    reasons = declared(place.tree, "reasons", kind="reason")
    return [
        Completion(r.name, "reason", r.label(lang), about_name(r, lang), _NOWHERE) for r in reasons
    ]


def _name(name: Name, lang: Lang) -> Completion:
    snippet = ""
    if name.kind == "function":
        snippet = _snippet(name.name, name.parameters)
    unit = f" {name.said('unit')}" if name.said("unit") else ""
    return Completion(
        name.name, "name", f"{name.type}{unit}", about_name(name, lang), _NOWHERE, snippet
    )


def _functions(lang: Lang) -> list[Completion]:
    found = []
    for name, builtin in FUNCTIONS.items():
        first = builtin.signatures[0]
        required = [p.name for p in first.parameters[: max(1, first.required)]]
        detail = signature_text(name, first)
        told = about_function(name, lang)
        found.append(Completion(name, "function", detail, told, _NOWHERE, _snippet(name, required)))
    return found


def _snippet(name: str, parameters: Iterable[str]) -> str:
    filled = ", ".join(f"${{{i}:{p}}}" for i, p in enumerate(parameters, 1))
    return f"{name}({filled})"


def _keys(place: Place, lang: Lang) -> list[Completion]:
    """List the keys that the document's model has here and the author has not written yet."""
    kind = descend(place.tree, ("kind",))
    model = MODELS.get(kind.text) if isinstance(kind, Scalar) else None
    if model is None:
        return []
    above = descend(place.tree, place.path[:-1])
    written = set(getattr(above, "keys", ())) - {place.text}
    found = []
    for key, needed in keys_at(model, place.path[:-1]).items():
        if key not in written:
            must = {"en": "required", "zh": "必填"}[lang] if needed else ""
            told = KEYS[key][lang] if key in KEYS else ""
            found.append(Completion(key, "key", must, told, _NOWHERE, f"{key}: "))
    return found


def _values(place: Place, lang: Lang, documents: Documents) -> list[Completion]:
    """List the values that the model allows for a key, or the names that it takes."""
    kind = descend(place.tree, ("kind",))
    model = MODELS.get(kind.text) if isinstance(kind, Scalar) else None
    if place.path[-1] in {"never_decreases", "never_worse", "of"} and "guarantees" in place.path:
        names = declared(place.tree, "decisions", kind="decision")
        return [_name(name, lang) for name in names]
    if place.path[-1] in {"when_rises", "independent_of"}:
        return [_name(name, lang) for name in declared(place.tree, "inputs", kind="input")]
    if place.path[:1] == ("uses",):
        return _members(sorted(id_ for known, id_ in documents if known == "rule_set"), "rule_set")
    return _members(values_at(model, place.path), str(place.path[-1])) if model is not None else []
