"""Functions of texts (DMN 1.5, 10.3.4.3); positions count code points from 1, or back from -1."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN, NUMBER, STRING, ListType
from engine.feel.values import NoValueError, Value
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_PATTERN = Code(
    "FEEL-EVAL-020",
    "`{pattern}` is not a pattern: {problem}",
    "`{pattern}` 不是正确的模式：{problem}",
    "check its brackets and signs",
    "请检查其中的括号与符号",
)
BAD_POSITION = Code(
    "FEEL-EVAL-021",
    "position {position} does not exist",
    "位置 {position} 不存在",
    "positions count from 1, or back from -1",
    "位置从 1 数起，或从 -1 倒数",
)
NOT_A_NUMBER = Code(
    "FEEL-EVAL-022",
    "`{text}` is not a number",
    "`{text}` 不是数字",
    "write digits with an optional sign and point",
    "请写数字，可带正负号和小数点",
)
PATTERN_TOO_LONG = Code(
    "FEEL-BOUND-010",
    "the pattern or text is too long to be searched",
    "模式或文字过长，无法搜索",
    "shorten it",
    "请缩短",
)
_LONGEST_PATTERN, _LONGEST_TEXT = 1_000, 10_000


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
    return text.partition(match)[2] if match in text and match else text if not match else ""


_FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.VERBOSE}


def _pattern(pattern: str, flags: str, text: str) -> re.Pattern[str]:
    """Compile the part of XPath's regular expressions that Python's share."""
    if len(pattern) > _LONGEST_PATTERN or len(text) > _LONGEST_TEXT:
        raise NoValueError(PATTERN_TOO_LONG)
    unknown = set(flags) - set(_FLAGS)
    if unknown:
        raise NoValueError(BAD_PATTERN, pattern=flags, problem="unknown flag")
    try:
        return re.compile(pattern, sum({f: _FLAGS[f] for f in flags}.values()))
    except (re.error, OverflowError, RecursionError) as error:
        raise NoValueError(BAD_PATTERN, pattern=pattern[:80], problem=str(error)) from None


def _matches(text: str, pattern: str, flags: str = "") -> bool:
    return _pattern(pattern, flags, text).search(text) is not None


def _replace(text: str, pattern: str, replacement: str, flags: str = "") -> str:
    compiled = _pattern(pattern, flags, text)
    template = re.sub(
        r"\$(\d)", r"\\g<\1>", replacement.replace("\\", "\\\\").replace("\\\\$", "$$")
    )
    try:
        return compiled.sub(template, text)
    except (re.error, IndexError) as error:
        raise NoValueError(BAD_PATTERN, pattern=replacement[:80], problem=str(error)) from None


def _split(text: str, delimiter: str) -> tuple[str, ...]:
    """Split at every match of the pattern; groups in it are not part of the result."""
    parts, last = [], 0
    for match in _pattern(delimiter, "", text).finditer(text):
        if match.end() > match.start():
            parts.append(text[last : match.start()])
            last = match.end()
    return (*parts, text[last:])


def _join(texts: tuple[Value, ...], delimiter: str | None = "") -> str:
    return (delimiter or "").join(t for t in texts if isinstance(t, str))


def _number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    if (
        grouping not in {None, " ", ",", "."}
        or point not in {None, ".", ","}
        or (grouping and grouping == point)
    ):
        raise NoValueError(NOT_A_NUMBER, text=text[:80])
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", plain):
        raise NoValueError(NOT_A_NUMBER, text=text[:80])
    return +Decimal(plain)


def _case(change: Callable[[str], str]) -> object:
    return signature("string: string", STRING, change)


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
    "matches": signature("input: string, pattern: string, flags: string = none", BOOLEAN, _matches),
    "replace": signature(
        "input: string, pattern: string, replacement: string, flags: string = none",
        STRING,
        _replace,
    ),
    "split": signature("string: string, delimiter: string", ListType(STRING), _split),
    "string join": (
        signature("list: list<string>, delimiter: string = none", STRING, _join),
        signature("list: list, delimiter: any = none", STRING, _join),
    ),
    "number": signature(
        "from: string, grouping separator: any = none, decimal separator: any = none",
        NUMBER,
        _number,
    ),
}
"""The functions of texts by name."""
