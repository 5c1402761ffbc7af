"""Functions of texts (DMN 1.5, 10.3.4.3); positions count code points from 1, or back from -1."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel.builtins import patterns
from engine.feel.builtins.operators import MAX_TEXT, TEXT_TOO_LONG, guarded
from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN, NUMBER, STRING, ListType
from engine.feel.values import NoValueError, Value, kind_of
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_POSITION = Code(
    "FEEL-EVAL-021",
    "position {position} does not exist",
    "位置 {position} 不存在",
    "positions count from 1, or back from -1",
    "位置从 1 数起，或从 -1 倒数",
)
NOT_A_TEXT = Code(
    "FEEL-EVAL-023",
    "`string join` joins texts, and this list holds a {given}",
    "`string join` 连接文字，而列表中有 {given}",
    "turn it into a text first: `string(…)`",
    "请先用 `string(…)` 转成文字",
)
NOT_A_NUMBER = Code(
    "FEEL-EVAL-022",
    "`{text}` is not a number",
    "`{text}` 不是数字",
    "write digits with an optional sign and point",
    "请写数字，可带正负号和小数点",
)


def whole(number: Decimal, code: Code = BAD_POSITION) -> int:
    """Read a whole number, such as a position."""
    if number != number.to_integral_value() or abs(number) > 10**9:
        raise NoValueError(code, position=number)
    return int(number)


def _substring(text: str, start: Decimal, length: Decimal | None = None) -> str:
    first = whole(start)
    if first == 0 or abs(first) > len(text):
        raise NoValueError(BAD_POSITION, position=first)
    index = first - 1 if first > 0 else len(text) + first
    if length is None:
        return text[index:]
    count = whole(length)
    if count < 1:
        raise NoValueError(BAD_POSITION, position=count)
    return text[index : index + count]


def _before(text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


def _after(text: str, match: str) -> str:
    if not match:
        return text
    return text.partition(match)[2]


def _join(texts: tuple[Value, ...], delimiter: str | None = "") -> str:
    """Join texts; one that is missing is left out, anything else is refused (table 75)."""
    given = [text for text in texts if text is not None]
    for text in given:
        if not isinstance(text, str):
            raise NoValueError(NOT_A_TEXT, given=kind_of(text))
    found = [str(text) for text in given]
    size = sum(map(len, found)) + len(delimiter or "") * len(found)
    if size > MAX_TEXT:
        raise NoValueError(TEXT_TOO_LONG, limit=MAX_TEXT)
    return (delimiter or "").join(found)


def _number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    if (
        grouping not in {None, " ", ",", "."}
        or point not in {None, ".", ","}
        or (grouping and grouping == point)
    ):
        raise NoValueError(NOT_A_NUMBER, text=text[:80])
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", plain):
        raise NoValueError(NOT_A_NUMBER, text=text[:80])
    return +Decimal(plain)


def _standard_number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    """Read a number as the standard writes it (rule 37): no plus before it, and digits after a point."""
    if text.startswith("+") or text.endswith(point or "."):
        raise NoValueError(NOT_A_NUMBER, text=text[:80])
    return _number(text, grouping, point)


def _replaced(text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    made = patterns.replace(text, pattern, replacement, flags or "")
    if len(made) > MAX_TEXT:
        raise NoValueError(TEXT_TOO_LONG, limit=MAX_TEXT)
    return made


def _matches(text: str, pattern: str, flags: str | None = None) -> bool:
    return patterns.matches(text, pattern, flags or "")


def _case(change: Callable[[str], str]) -> object:
    return signature("string: string", STRING, change)


_NUMBER = "from: string, grouping separator: string? = none, decimal separator: string? = none"
_TWO = "string: string, match: string"
BUILTINS = {
    "substring": signature(
        "string: string, start position: number, length: number = all", STRING, _substring
    ),
    "string length": signature("string: string", NUMBER, lambda text: Decimal(len(text))),
    "upper case": _case(str.upper),
    "lower case": _case(str.lower),
    "substring before": signature(_TWO, STRING, _before),
    "substring after": signature(_TWO, STRING, _after),
    "contains": signature(_TWO, BOOLEAN, lambda text, match: match in text),
    "starts with": signature(_TWO, BOOLEAN, str.startswith),
    "ends with": signature(_TWO, BOOLEAN, str.endswith),
    "matches": signature(
        "input: string, pattern: string, flags: string? = none", BOOLEAN, _matches
    ),
    "replace": signature(
        "input: string, pattern: string, replacement: string, flags: string? = none",
        STRING,
        _replaced,
    ),
    "split": signature("string: string, delimiter: string", ListType(STRING), patterns.split),
    "string join": (
        signature("list: list<string>, delimiter: string? = none", STRING, _join),
        signature("list: list, delimiter: string? = none", STRING, _join),
    ),
    "number": signature(_NUMBER, NUMBER, guarded(_number)),
}
"""The functions of texts by name."""

STANDARD = {"number": signature(_NUMBER, NUMBER, guarded(_standard_number))}
"""The function that reads less in the standard."""
