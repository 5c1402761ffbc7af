"""What is shown of a guarded field to who may not read it whole, and whether an ID number can be one."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Kind: TypeAlias = Literal["contact", "id_number", "check", "interview", "pay", "elsewhere"]
"""What a guarded field is about."""
Shown: TypeAlias = Literal["clear", "masked", "hidden"]
"""Whole; so that it can be told apart; not even that it is there."""
Sight: TypeAlias = "Mapping[Kind, Shown]"
"""What is shown of each kind; what is left out is shown whole."""

_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_LIKE_ID_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_CHECK = "10X98765432"
_HIDDEN = "*" * 3


def is_id_number(text: str) -> bool:
    """Whether a text can be an ID number: 18 places, a day of birth, the check digit of GB 11643.

    >>> is_id_number("11010519491231002X"), is_id_number("110105194912310021")
    (True, False)
    """
    if not (text.isascii() and _ID_NUMBER.fullmatch(text)):
        return False
    try:
        dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    # ISO 7064, MOD 11-2: the weight of the place i from the right is 2**i.
    total = sum(int(digit) << (17 - place) for place, digit in enumerate(text[:17]))
    return _CHECK[total % 11] == text[17].upper()


def mask_id_number(text: str) -> str:
    """Show the first three and the last four places of an ID number; of a shorter text nothing.

    >>> mask_id_number("110105194912311234")
    '110***********1234'
    """
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) > 7 else _HIDDEN  # noqa: PLR2004 - the places shown


def _mask_phone(text: str) -> str:
    return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else _HIDDEN  # noqa: PLR2004 - the places shown


def _mask_address(text: str) -> str:
    name, at, domain = text.rpartition("@")
    return f"{name[:1]}***{at}{domain}" if at else _HIDDEN


def _mask_name(text: str) -> str:
    return f"{text[:1]}**" if len(text) > 1 else _HIDDEN


def _hide(_: str) -> str:
    return _HIDDEN


_MASKS: dict[str, Callable[[str], str]] = {
    "id_number": mask_id_number,
    "phone": _mask_phone,
    "mobile": _mask_phone,
    "email": _mask_address,
    "name": _mask_name,
    "full_name": _mask_name,
    "bank_account": mask_id_number,
}
_NAMES: dict[Kind, tuple[str, ...]] = {
    "contact": ("phone", "mobile", "email", "name", "full_name", "address", "birth_date"),
    "id_number": ("id_number", "bank_account"),
    # What a background check found, and what the person said to it.
    "check": (
        *("background_check", "identity", "education", "employment", "employment_days"),
        *("safety_licence", "criminal_record", "clarification"),
    ),
    "interview": ("quote", "answers", "transcript"),
    "pay": (
        *("base_salary", "salary", "base", "asked_base", "current_base", "band_min", "band_max"),
        *("bonus", "target_bonus", "target_total", "allowance", "probation_pay"),
        *("employer_total", "employee_total"),
    ),
    "elsewhere": ("external_ids", "known_elsewhere"),
}
KINDS: Mapping[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names}
"""The guarded fields, by name: what each is about."""
SENSITIVE: frozenset[Kind] = frozenset({"contact", "id_number", "check"})
"""The kinds whose every reading in the clear is logged."""
MASKED: Sight = dict.fromkeys(sorted(SENSITIVE), "masked")
"""The sight of who may not read what is sensitive."""
# A program has a name as well, and no secret.
_NOT_PEOPLE = "extractor"
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
# What stands beside the name of a field, where data speak of a field instead of holding it.
_NAMING, _BESIDE = ("input", "decision"), frozenset({"decision", "input", "state", "outcome", "id"})


_TEXTS = ("zh", "en")
_OF_A_REASON = frozenset({"code", "clause", *_TEXTS})
_OF_A_FAULT = frozenset({"code", "at", *_TEXTS})
_QUOTED = re.compile(r"`([^`]*)`")


def masked(value: Any, sight: Sight = MASKED) -> Any:  # noqa: ANN401 - JSON data
    """Give data with its guarded fields as `sight` shows them, however deep they stand.

    A step of a trace, `{"decision": "base_salary", "value": …}`, is a guarded field as well.

    >>> masked({"id_number": "110105194912311234", "pay": [{"salary": 1}]}, {"id_number": "masked"})
    {'id_number': '110***********1234', 'pay': [{'salary': 1}]}
    >>> masked({"decision": "base_salary", "value": "9000"}, {"pay": "masked"})
    {'decision': 'base_salary', 'value': '***'}
    """
    match value:
        case dict():
            told = _told_of(value)
            if told is not None and sight.get(KINDS[told], "clear") != "clear":
                return {n: one if n in _BESIDE else _hidden(one) for n, one in value.items()}
            if value.keys() >= _OF_A_REASON and sight.get("pay", "clear") != "clear":
                return {**value, **{lang: without_numbers(value[lang]) for lang in _TEXTS}}
            if value.keys() >= _OF_A_FAULT:
                return {**value, **{lang: _without_values(value[lang], sight) for lang in _TEXTS}}
            return {
                name: one if name == _NOT_PEOPLE else _field(name, one, sight)
                for name, one in value.items()
                if not _is_guarded(name, one) or sight.get(KINDS[name]) != "hidden"
            }
        case list() | tuple():
            return [masked(one, sight) for one in value]
        case _:
            return value


def without_numbers(text: str) -> str:
    """Hide the numbers of a text: the reason of an offer may quote a salary.

    >>> without_numbers("The 15,151.51 asked for is above 110 %")
    'The *** asked for is above *** %'
    """
    return _NUMBER.sub(_HIDDEN, text)


def _without_values(text: str, sight: Sight) -> str:
    """Hide what the text of a fault quotes of a field that `sight` does not show; an ID number in any."""
    hidden = guarded_by(sight)
    if not hidden:
        return text
    if hidden.isdisjoint(_QUOTED.findall(text)):
        return _LIKE_ID_NUMBER.sub(lambda found: mask_id_number(found[0]), text)
    quoted = _QUOTED.sub(lambda one: one[0] if one[1] in KINDS else f"`{_HIDDEN}`", text)
    return without_numbers(quoted)


def guarded_by(sight: Sight) -> frozenset[str]:
    """Name the fields that `sight` does not show in the clear."""
    return frozenset(name for name, kind in KINDS.items() if sight.get(kind, "clear") != "clear")


def sensitive_in(value: Any, sight: Sight) -> list[str]:  # noqa: ANN401 - JSON data
    """Name the sensitive fields that data hold and `sight` shows in the clear."""
    shown = {kind for kind in SENSITIVE if sight.get(kind, "clear") == "clear"}
    return sorted({name for name in _guarded_in(value) if KINDS[name] in shown}) if shown else []


def _guarded_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON data
    match value:
        case dict():
            told = _told_of(value)
            if told is not None:
                yield told
            if value.keys() >= _OF_A_FAULT:
                yield from (one for one in _QUOTED.findall(value["en"]) if one in KINDS)
            for name, one in value.items():
                if _is_guarded(name, one) and one not in (None, [], {}):
                    yield name
                if name != _NOT_PEOPLE:
                    yield from _guarded_in(one)
        case list() | tuple():
            for one in value:
                yield from _guarded_in(one)
        case _:
            pass


def _told_of(value: Mapping[str, Any]) -> str | None:
    for naming in _NAMING:
        name = value.get(naming)
        if isinstance(name, str) and name in KINDS:
            return name
    return None


def _is_guarded(name: str, value: Any) -> bool:  # noqa: ANN401 - JSON data
    # What has a name in each language is a competency or a course, and nobody.
    return name in KINDS and not (isinstance(value, dict) and value and value.keys() <= {*_TEXTS})


def _field(name: str, value: Any, sight: Sight) -> Any:  # noqa: ANN401 - JSON data
    if not _is_guarded(name, value) or value is None or sight.get(KINDS[name], "clear") == "clear":
        return masked(value, sight)
    return _MASKS.get(name, _hide)(value) if isinstance(value, str) else _HIDDEN


def _hidden(value: Any) -> Any:  # noqa: ANN401 - JSON data
    return value if value is None else _HIDDEN
