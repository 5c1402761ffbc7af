"""Who calls, and what they see; and those of the last seconds, so that not every request asks the database."""

from __future__ import annotations

import hashlib
import threading
import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.hiring.masking import masked

if TYPE_CHECKING:
    from api.store.access import Kind
    from engine.hiring.masking import Sight

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name, the scopes and roles, and for a candidate the case; `id` is the credential's."""

    client: str
    scopes: frozenset[str]
    roles: frozenset[str]
    sight: Sight
    id: str
    kind: Kind
    case: str | None = None
    origin: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether nothing is masked."""
        return all(shown == "clear" for shown in self.sight.values())

    def seen(self, found: Any) -> Any:  # noqa: ANN401 - JSON data
        """Give data as this caller may see them: the one place where answers are masked."""
        return found if self.sees_all else masked(found, self.sight)


class Callers:
    """The callers of the last seconds, by the hash of what they showed."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._lock = threading.Lock()
        self.turn = 0
        """Rises with every change of access: what was read before one is not remembered after it."""

    def known(self, shown: str) -> Caller | None:
        """Give a caller who was found a moment ago."""
        until, caller = self._known.get(_digest(shown), (0.0, None))
        return caller if time.monotonic() < until else None

    def remember(self, shown: str, caller: Caller, seconds: float, turn: int) -> None:
        """Keep a caller that was found when the turn was `turn`, for some seconds."""
        with self._lock:
            if turn != self.turn:
                return
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[_digest(shown)] = (time.monotonic() + seconds, caller)

    def forget(self) -> None:
        """Know nobody: access has changed."""
        with self._lock:
            self.turn += 1
            self._known.clear()


def _digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are one person's: four eyes are not had by a capital letter, a width or a space.

    >>> is_same_name("Ann ", "ann"), is_same_name("Ａｎｎ", "ann"), is_same_name("ann", "anna")
    (True, True, False)
    """
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
