"""How often somebody may ask, or fail: so many a second on average, and as many at once after a pause."""

from __future__ import annotations

import ipaddress
import threading
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
        self._lock = threading.Lock()

    def allows(self, caller: str, now: float) -> bool:
        """Take one of a caller at `now`, in seconds of a clock that only rises; nothing where none is left."""
        with self._lock:
            left = self._now_left(caller, now)
            allowed = left >= 1
            self._keep(caller, left - 1 if allowed else left, now)
        return allowed

    def gives_back(self, caller: str, now: float) -> None:
        """Give a caller back one that was taken."""
        with self._lock:
            self._keep(caller, min(self._at_once, self._now_left(caller, now) + 1), now)

    def has_left(self, caller: str, now: float) -> bool:
        """Whether a caller has one left, without taking it."""
        with self._lock:
            return self._now_left(caller, now) >= 1

    def _keep(self, caller: str, left: float, now: float) -> None:
        self._left.pop(caller, None)
        self._left[caller] = (left, now)
        if len(self._left) > _MOST_CALLERS:
            self._left.popitem(last=False)

    def _now_left(self, caller: str, now: float) -> float:
        left, at = self._left.get(caller, (self._at_once, now))
        return min(self._at_once, left + (now - at) * self._a_second)


def address_of(request: Request) -> str:
    """Say where a request comes from; of IPv6 the /64, for whoever has one has all of its addresses."""
    return origin_of(request.client.host) if request.client else "-"


def origin_of(host: str) -> str:
    """Say who answers for an address.

    >>> origin_of("2001:db8:1:2:3:4:5:6"), origin_of("::ffff:192.0.2.1"), origin_of("192.0.2.1")
    ('2001:db8:1:2::/64', '192.0.2.1', '192.0.2.1')
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
