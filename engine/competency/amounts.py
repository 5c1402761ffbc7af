"""Percentages and multiples in Chinese and English text, as percent with their places."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMERAL = "零一二两三四五六七八九十百千点"
# Every repetition is bounded and no two can take the same sign, so that no text takes long.
_AMOUNT = re.compile(
    r"(?<![\d.\-])(?P<percent>\d{1,6}(?:\.\d{1,4})?) ?(?:%|percent\b|per cent\b)"
    r"|(?<![\d.\-])(?P<times>\d{1,6}(?:\.\d{1,4})?) ?(?:倍|times\b|x\b)"
    rf"|百分之(?P<percent_zh>[{_NUMERAL}]{{1,9}}|\d{{1,6}}(?:\.\d{{1,4}})?)"
    rf"|(?P<times_zh>[{_NUMERAL}]{{1,9}})倍"
    r"|(?P<double>翻倍|翻番|\b(?:twice|doubled?)\b)"
)
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_TIMES = 100


class Found(NamedTuple):
    """An amount in percent and the code points it takes: 1.2 times is 120."""

    start: int
    end: int
    percent: Decimal


def find_amounts(text: str) -> Iterator[Found]:
    """Find every percentage and multiple in a folded text.

    >>> [(a.start, a.end, str(a.percent)) for a in find_amounts("完成120%销售目标")]
    [(2, 6, '120')]
    """
    for match in _AMOUNT.finditer(text):
        percent = _percent(match)
        if percent is not None:
            yield Found(match.start(), match.end(), percent)


def _percent(match: re.Match[str]) -> Decimal | None:
    said = match.groupdict()
    if said["double"]:
        return Decimal(2 * _TIMES)
    percent = said["percent"] or said["percent_zh"]
    number = _number(percent or said["times"] or said["times_zh"])
    return number if percent or number is None else number * _TIMES


def _number(words: str) -> Decimal | None:
    """Read a number in digits or numerals, such as 一百二十 or 一点二; None when it is not one."""
    if words[0].isdigit():
        return Decimal(words)
    whole, point, places = words.partition("点")
    if point and (not places or any(sign not in _DIGITS for sign in places)):
        return None
    total, digit = 0, 0
    for sign in whole:
        if sign in _UNITS:
            total += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    fraction = "".join(str(_DIGITS[sign]) for sign in places)
    return Decimal(f"{total + digit}.{fraction or 0}")
