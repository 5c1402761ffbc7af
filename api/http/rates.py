"""How often somebody may ask, or fail: so many a second on average, and as many at once after a pause."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

_MOST_CALLERS = 10_000


class Rate:
    """What each caller may still do: `a_second` on average, `at_once` after a pause."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self._a_second, self._at_once = a_second, at_once
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, caller: str, now: float) -> bool:
        """Take one of a caller at `now`, in seconds of a clock that only rises."""
        left = self._now_left(caller, now)
        allowed = left >= 1
        self._left.pop(caller, None)
        self._left[caller] = (left - 1 if allowed else left, now)
        if len(self._left) > _MOST_CALLERS:
            self._left.popitem(last=False)
        return allowed

    def has_left(self, caller: str, now: float) -> bool:
        """Whether a caller has one left, without taking it."""
        return self._now_left(caller, now) >= 1

    def _now_left(self, caller: str, now: float) -> float:
        left, at = self._left.get(caller, (self._at_once, now))
        return min(self._at_once, left + (now - at) * self._a_second)


def address_of(request: Request) -> str:
    """Say where a request comes from."""
    return request.client.host if request.client else "-"
