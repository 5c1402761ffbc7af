"""The latest signed head in a file beside the keys: what the database says later must have grown from it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "signed.head"


def kept_head(folder: Path) -> str | None:
    """Read the head that was signed last; None before the first."""
    path = folder / _NAME
    return path.read_text("utf-8") if path.exists() else None


def keep_head(folder: Path, text: str) -> None:
    """Keep a head in the place of the one before, whole or not at all."""
    draft = folder / f"{_NAME}.{os.getpid()}.part"
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _NAME)
