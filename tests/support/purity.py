"""A net around evaluation: inside it, whatever touches the world raises."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Audit events (PEP 578) by the first part of their name. Reading the clock raises none:
# the import contracts and ruff's TID251 see to that.
_WORLDLY = frozenset(
    {"ctypes", "ftplib", "glob", "http", "mmap", "open", "os", "pty", "resource", "shutil"}
    | {"signal", "smtplib", "socket", "sqlite3", "subprocess", "tempfile", "time", "urllib"}
    | {"webbrowser", "_thread"}
)


class TouchedTheWorldError(AssertionError):
    """Evaluation did what only the shell may do."""

    def __init__(self, event: str, arguments: tuple[object, ...]) -> None:
        super().__init__(f"evaluation touched the world: {event}{arguments!r}")
        self.event = event
        self.arguments = arguments


class PurityNet:
    """An audit hook that sleeps until it is cast, and then watches the casting thread alone."""

    def __init__(self) -> None:
        self._watched: int | None = None
        sys.addaudithook(self._on_event)  # there is no way to take one away again

    def _on_event(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._watched is None or event.partition(".")[0] not in _WORLDLY:
            return
        if threading.get_ident() == self._watched:
            raise TouchedTheWorldError(event, arguments)

    @contextmanager
    def cast(self) -> Iterator[None]:
        """Watch this thread until the block ends."""
        self._watched = threading.get_ident()
        try:
            yield
        finally:
            self._watched = None
