"""Keys outside the database: made once, readable by their owner only, and bound to their place."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from api.services.platform import open_platform
from api.settings import Settings
from api.store.keys import AlteredError, ErasedError, new_key, open_keys, seal, unseal

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, again = open_keys(tmp_path / "d"), open_keys(tmp_path / "d")
    assert first.master == again.master
    assert first.signing.private_bytes_raw() == again.signing.private_bytes_raw()
    for name in ("master.key", "signing.key"):
        assert stat.S_IMODE((tmp_path / "d" / name).stat().st_mode) == 0o600
    assert open_keys(tmp_path / "e").master != first.master


def test_who_makes_keys_at_the_same_time_has_the_same(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def masters(_: int) -> list[bytes]:
        made = []
        for start in range(50):
            together.wait(10)
            made.append(open_keys(tmp_path / str(start)).master)
        return made

    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(masters, range(4))
    assert all(other == first for other in others)
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_sealed_opens_with_its_key_in_its_place_only() -> None:
    key = new_key()
    sealed = seal(key, b"plain", "decision:1")
    assert unseal(key, sealed, "decision:1") == b"plain"
    assert seal(key, b"plain", "decision:1") != sealed
    for wrong in ((new_key(), sealed, "decision:1"), (key, sealed, "decision:2"), (key, b"", "x")):
        with pytest.raises(AlteredError):
            unseal(*wrong)
    for at in range(len(sealed)):
        with pytest.raises(AlteredError):
            unseal(key, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "decision:1")


def test_a_persons_key_is_theirs_and_can_be_destroyed(tmp_path: Path) -> None:
    keys, key = open_keys(tmp_path), new_key()
    wrapped = keys.wrap("p-1", key)
    assert keys.unwrap("p-1", wrapped) == key
    with pytest.raises(AlteredError):
        keys.unwrap("p-2", wrapped)
    with pytest.raises(ErasedError):
        keys.unwrap("p-1", None)


def test_what_lies_in_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings = Settings(data_dir=tmp_path)
    platform = open_platform(settings)
    try:
        modes = {one.name: one.stat().st_mode & 0o077 for one in tmp_path.iterdir()}
    finally:
        platform.close()
    assert {"evenhand.sqlite", "evenhand.sqlite-wal", "master.key", "signing.key"} <= modes.keys()
    assert not any(modes.values()), modes
