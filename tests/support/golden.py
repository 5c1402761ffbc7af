"""Texts that are kept beside the tests and compared to the letter; `EVENHAND_UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import LANGS, Code, render

if TYPE_CHECKING:
    from types import ModuleType

    from engine.kernel.diagnostics import Diagnostic

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
UPDATE = os.environ.get("EVENHAND_UPDATE_GOLDEN") == "1"


def assert_golden(path: str, text: str) -> None:
    """Compare `text` with the file of that name, or write it when the switch is on."""
    file = GOLDEN / path
    if UPDATE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.exists(), f"no golden text {path}: run with EVENHAND_UPDATE_GOLDEN=1 and read it"
    assert text == file.read_text("utf-8")


def rendered(diagnostic: Diagnostic, source: str) -> str:
    """Draw a finding in every language, with the source it was found in."""
    lines = source.split("\n")
    return "\n\n".join(render(diagnostic, lines, lang) for lang in LANGS) + "\n"


def codes_of(*packages: ModuleType) -> dict[str, Code]:
    """Collect every code that the modules of packages declare; an id that is declared twice is refused."""
    found: dict[str, Code] = {}
    for package in packages:
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(info.name)).values():
                if isinstance(value, Code):
                    assert found.setdefault(value.id, value) == value, f"{value.id} is used twice"
        for value in vars(package).values():
            if isinstance(value, Code):
                assert found.setdefault(value.id, value) == value, f"{value.id} is used twice"
    return found
