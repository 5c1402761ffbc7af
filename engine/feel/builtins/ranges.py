"""How points and ranges lie to each other (DMN 1.5, 10.3.4.9 and table 80)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.operators import compare, includes
from engine.feel.builtins.registry import signature
from engine.feel.builtins.temporal import literal, standard_literal
from engine.feel.types import BOOLEAN
from engine.feel.values import NoValueError, Range, Value
from engine.kernel.decimals import parse_number
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_A_RANGE = Code(
    "FEEL-EVAL-051",
    "`{text}` is not a range between two written values",
    "`{text}` 不是由两个写明的值构成的区间",
    'write it as `[1..10]` or `[@"2026-01-01"..@"2026-12-31")`',
    '请写成 `[1..10]` 或 `[@"2026-01-01"..@"2026-12-31")`',
)


def _as_range(value: Value) -> Range:
    """Read a point as the range of that one point."""
    return value if isinstance(value, Range) else Range(value, value)


def _before(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    if left.high is None or right.low is None:
        return False
    order = compare(left.high, right.low)
    return order < 0 or (order == 0 and not (left.high_closed and right.low_closed))


def _meets(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    if left.high is None or right.low is None:
        return False
    return left.high_closed and right.low_closed and compare(left.high, right.low) == 0


def _starts_no_later(a: Range, b: Range) -> bool:
    if a.low is None or b.low is None:
        return a.low is None
    order = compare(a.low, b.low)
    return order < 0 or (order == 0 and (a.low_closed or not b.low_closed))


def _ends_no_earlier(a: Range, b: Range) -> bool:
    if a.high is None or b.high is None:
        return a.high is None
    order = compare(a.high, b.high)
    return order > 0 or (order == 0 and (a.high_closed or not b.high_closed))


def _overlaps(a: Value, b: Value) -> bool:
    return not _before(a, b) and not _before(b, a)


def _overlaps_before(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    return (
        _overlaps(left, right)
        and _starts_no_later(left, right)
        and not _starts_no_later(right, left)
        and _ends_no_earlier(right, left)
    )


def _includes(a: Value, b: Value) -> bool:
    outer = _as_range(a)
    if not isinstance(b, Range):
        return includes(outer, b)
    inner = _as_range(b)
    return _starts_no_later(outer, inner) and _ends_no_earlier(outer, inner)


def _same_start(a: Range, b: Range) -> bool:
    return _starts_no_later(a, b) and _starts_no_later(b, a)


def _same_end(a: Range, b: Range) -> bool:
    return _ends_no_earlier(a, b) and _ends_no_earlier(b, a)


def _starts(a: Value, b: Value) -> bool:
    inner, outer = _as_range(a), _as_range(b)
    return _same_start(inner, outer) and (not isinstance(a, Range) or _ends_no_earlier(outer, a))


def _finishes(a: Value, b: Value) -> bool:
    inner, outer = _as_range(a), _as_range(b)
    return _same_end(inner, outer) and (not isinstance(a, Range) or _starts_no_later(outer, a))


def _coincides(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    return _same_start(left, right) and _same_end(left, right)


_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES = (
    "point1: comparable, point2: comparable",
    "point: comparable, range: range",
    "range: range, point: comparable",
    "range1: range, range2: range",
)


def _relation(run: Callable[[Value, Value], bool], *forms: str) -> tuple[object, ...]:
    return tuple(signature(form, BOOLEAN, run) for form in forms)


def _turned(run: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    """The same relation seen from the other side."""
    return lambda a, b: run(b, a)


_TEXT = r'"(?:[^"\\]|\\.)*"'
_END = rf"-?[0-9.]+|{_TEXT}|@{_TEXT}|(?:date and time|date|time|duration)\({_TEXT}\)"
_RANGE = re.compile(rf"\s*([\[(\]])\s*({_END})?\s*\.\.\s*({_END})?\s*([\])\[])\s*")


def _reader(literal: Callable[[str], Value]) -> Callable[[str], Range]:
    def end(text: str | None) -> Value:
        if text is None:
            return None
        inner = text[text.find('"') + 1 : text.rfind('"')]
        if text.startswith('"'):
            return re.sub(r"\\(.)", r"\1", inner)
        return literal(inner) if '"' in text else parse_number(text)

    def read(text: str) -> Range:
        """Read a range literal whose ends are written values; an end left out is open (10.3.4.1)."""
        if match := _RANGE.fullmatch(text[:_LONGEST]):
            opening, low_text, high_text, closing = match.groups()
            low, high = end(low_text), end(high_text)
            found = Range(low, high, opening == "[", closing == "]")
            low_fits = low is not None or (low_text is None and not found.low_closed)
            high_fits = high is not None or (high_text is None and not found.high_closed)
            several = low is not None and high is not None
            if low_fits and high_fits and (several or low is not high):
                if several:
                    compare(low, high)
                return found
        raise NoValueError(NOT_A_RANGE, text=text[:60])

    return read


_LONGEST = 1_000


BUILTINS = {
    "range": signature("from: string", types.RangeType(types.ANY), _reader(literal)),
    "before": _relation(_before, _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES),
    "after": _relation(_turned(_before), _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES),
    "meets": _relation(_meets, _RANGES),
    "met by": _relation(_turned(_meets), _RANGES),
    "overlaps": _relation(_overlaps, _RANGES),
    "overlaps before": _relation(_overlaps_before, _RANGES),
    "overlaps after": _relation(_turned(_overlaps_before), _RANGES),
    "finishes": _relation(_finishes, _POINT_RANGE, _RANGES),
    "finished by": _relation(_turned(_finishes), _RANGE_POINT, _RANGES),
    "includes": _relation(_includes, _RANGE_POINT, _RANGES),
    "during": _relation(_turned(_includes), _POINT_RANGE, _RANGES),
    "starts": _relation(_starts, _POINT_RANGE, _RANGES),
    "started by": _relation(_turned(_starts), _RANGE_POINT, _RANGES),
    "coincides": _relation(_coincides, _POINTS, _RANGES),
}
"""The range functions by name."""

STANDARD = {
    "range": signature("from: string", types.RangeType(types.ANY), _reader(standard_literal))
}
"""The function that reads more in the standard."""
