"""How points and ranges lie to each other (DMN 1.5, 10.3.4.9 and table 80)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.builtins.operators import compare, includes
from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN
from engine.feel.values import NoValueError, Range, Value
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN_RANGE = Code(
    "FEEL-EVAL-050",
    "this function needs ranges with both ends",
    "此函数需要两端都有的区间",
    "write `[a..b]`",
    "请写成 `[a..b]`",
)


def _as_range(value: Value) -> Range:
    """Read a point as the range of that one point."""
    found = value if isinstance(value, Range) else Range(value, value)
    if found.low is None or found.high is None:
        raise NoValueError(OPEN_RANGE)
    return found


def _before(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    order = compare(left.high, right.low)
    return order < 0 or (order == 0 and not (left.high_closed and right.low_closed))


def _meets(a: Value, b: Value) -> bool:
    left, right = _as_range(a), _as_range(b)
    return left.high_closed and right.low_closed and compare(left.high, right.low) == 0


def _starts_no_later(a: Range, b: Range) -> bool:
    order = compare(a.low, b.low)
    return order < 0 or (order == 0 and (a.low_closed or not b.low_closed))


def _ends_no_earlier(a: Range, b: Range) -> bool:
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
    return compare(a.low, b.low) == 0 and a.low_closed == b.low_closed


def _same_end(a: Range, b: Range) -> bool:
    return compare(a.high, b.high) == 0 and a.high_closed == b.high_closed


def _starts(a: Value, b: Value) -> bool:
    outer = _as_range(b)
    if not isinstance(a, Range):
        return outer.low_closed and compare(a, outer.low) == 0
    return _same_start(a, outer) and _ends_no_earlier(outer, a)


def _finishes(a: Value, b: Value) -> bool:
    outer = _as_range(b)
    if not isinstance(a, Range):
        return outer.high_closed and compare(a, outer.high) == 0
    return _same_end(a, outer) and _starts_no_later(outer, a)


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


BUILTINS = {
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
