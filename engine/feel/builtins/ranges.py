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
    "`{function}` needs ranges with both ends",
    "`{function}` 需要两端都有的区间",
    "write `[a..b]`",
    "请写成 `[a..b]`",
)


def _as_range(value: Value) -> Range:
    """Read a point as the range of that one point."""
    found = value if isinstance(value, Range) else Range(value, value)
    if found.low is None or found.high is None:
        raise NoValueError(OPEN_RANGE, function="range")
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


def _relation(first: str, second: str, run: Callable[[Value, Value], bool]) -> object:
    return signature(f"{first}: any, {second}: any", BOOLEAN, run)


BUILTINS = {
    "before": _relation("point1", "point2", _before),
    "after": _relation("point1", "point2", lambda a, b: _before(b, a)),
    "meets": _relation("range1", "range2", _meets),
    "met by": _relation("range1", "range2", lambda a, b: _meets(b, a)),
    "overlaps": _relation("range1", "range2", _overlaps),
    "overlaps before": _relation("range1", "range2", _overlaps_before),
    "overlaps after": _relation("range1", "range2", lambda a, b: _overlaps_before(b, a)),
    "finishes": _relation("point", "range", _finishes),
    "finished by": _relation("range", "point", lambda a, b: _finishes(b, a)),
    "includes": _relation("range", "point", _includes),
    "during": _relation("point", "range", lambda a, b: _includes(b, a)),
    "starts": _relation("point", "range", _starts),
    "started by": _relation("range", "point", lambda a, b: _starts(b, a)),
    "coincides": _relation("point1", "point2", _coincides),
}
"""The range functions by name."""
