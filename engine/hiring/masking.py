"""What is shown of a sensitive field to who may not read it, and whether an ID number can be one."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
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


_MASKS: dict[str, Callable[[str], str]] = {
    "id_number": mask_id_number,
    "phone": _mask_phone,
    "mobile": _mask_phone,
    "email": _mask_address,
    "name": _mask_name,
    "full_name": _mask_name,
    "address": lambda _: _HIDDEN,
    "birth_date": lambda _: _HIDDEN,
    "bank_account": mask_id_number,
}
SENSITIVE = frozenset(_MASKS)
"""The names of fields that are masked."""


def masked(value: Any) -> Any:  # noqa: ANN401 - JSON data
    """Give data with its sensitive fields masked, however deep they stand."""
    match value:
        case dict():
            return {name: _field(name, one) for name, one in value.items()}
        case list() | tuple():
            return [masked(one) for one in value]
        case _:
            return value


def _field(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON data
    if name not in SENSITIVE or value is None:
        return masked(value)
    return _MASKS[name](value) if isinstance(value, str) else _HIDDEN
