"""Lines that wait to be decided: on the disk, where nobody can read them, and no longer than they wait."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, TypeAlias

from api.store.keys import new_key, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

IN_MEMORY = 1 << 20
"""A batch of so many bytes never reaches the disk."""

Line: TypeAlias = tuple[int, bytes]
"""A line with its number."""


class Spool:
    """Stretches of lines in the order in which they came.

    They hold inputs about people: each is sealed with a key that only this object has, in a file that
    has no name. When the process ends, however it does, nothing is left that could be read.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - `close` is the owner's
        self._key, self._sizes = new_key(), list[int]()

    def add(self, lines: Sequence[Line]) -> None:
        """Put a stretch behind those that are there; no line has a line break."""
        plain = b"\n".join(b"%d %b" % line for line in lines)
        sealed = seal(self._key, plain, f"stretch:{len(self._sizes)}")
        self._file.write(sealed)
        self._sizes.append(len(sealed))

    def stretches(self) -> Iterator[list[Line]]:
        """Give them again, one at a time."""
        self._file.seek(0)
        for place, size in enumerate(self._sizes):
            plain = unseal(self._key, self._file.read(size), f"stretch:{place}")
            parted = (line.partition(b" ") for line in plain.split(b"\n"))
            yield [(int(number), line) for number, _, line in parted]

    def close(self) -> None:
        """Let go of them."""
        self._file.close()
