"""Lines that wait: given back as they came, and never readable on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services.spool import IN_MEMORY, Spool
from api.store.keys import AlteredError

if TYPE_CHECKING:
    from pathlib import Path

LINES = st.lists(
    st.tuples(st.integers(1, 10**6), st.binary().map(lambda raw: raw.replace(b"\n", b""))),
    min_size=1,
)


@given(st.lists(LINES, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_come_back_as_they_came(
    tmp_path: Path, stretches: list[list[tuple[int, bytes]]]
) -> None:
    spool = Spool(tmp_path)
    for stretch in stretches:
        spool.add(stretch)
    assert list(spool.stretches()) == stretches
    spool.close()


def test_nobody_can_read_what_waits(tmp_path: Path) -> None:
    spool, name = Spool(tmp_path), b"a name " * (IN_MEMORY // 6)
    spool.add([(1, name)])
    assert not list(tmp_path.iterdir()), "the file has no name"
    spool._file.seek(0)
    there = spool._file.read()
    assert len(there) > IN_MEMORY
    assert name[:7] not in there
    spool._file.seek(40)
    spool._file.write(b"other")
    with pytest.raises(AlteredError):
        next(spool.stretches())
    spool.close()
