"""Named time zones, such as `Europe/Paris`, from the pinned `tzdata` package and never from the machine.

The data are part of the program, as its modules are: each zone is read once, when it is first named. Only
the standard's meaning has named zones; rules refuse them, since governments change them.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from zoneinfo import ZoneInfo


@functools.cache
def _names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text("utf-8").split())


def named_zone(name: str) -> ZoneInfo | None:
    """Find a zone by its IANA name; None when there is none."""
    return _read(name) if name in _names() else None


@functools.cache
def _read(name: str) -> ZoneInfo:
    place = files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        place /= part
    with place.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
