"""`python -m tests.chaos KILLS`: so many kills on each database; ends with 1 where anything was lost."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.kills import kill_repeatedly
from tests.support.databases import DATABASES, settings_on
from tests.support.running import Running

if TYPE_CHECKING:
    from tests.chaos.kills import Toll


def main(kills: int, databases: tuple[str, ...], seed: int) -> int:
    """Run it, and print what came of it."""
    code = 0
    for database in databases:
        began = time.monotonic()

        def tell(toll: Toll, name: str = database) -> None:
            if sys.stderr.isatty():
                print(f"\r{name}: {toll}", end="\x1b[K", file=sys.stderr, flush=True)

        with (
            tempfile.TemporaryDirectory() as folder,
            settings_on(database, Path(folder)) as settings,
        ):
            toll = kill_repeatedly(Running(settings, Path(folder) / "log"), kills, seed, tell)
        print(f"{database}: {toll} ({time.monotonic() - began:.0f} s, seed {seed})", flush=True)
        code |= not toll.is_clean()
    return code


if __name__ == "__main__":
    given = sys.argv[1:]
    number = int(given[0]) if given else 200
    sys.exit(main(number, tuple(given[1:]) or DATABASES, int(time.time())))
