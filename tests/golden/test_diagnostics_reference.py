"""The reference of diagnostics lists every code that the program has, and says of each what it does."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path

import api
import engine
from engine.kernel.diagnostics import Code

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "diagnostics.md"
_HEAD = """# Diagnostics

Every finding has a code that never changes its meaning. Made from the program by the test that keeps it true.

| code | severity | says | help |
|---|---|---|---|
"""


def every_code() -> dict[str, Code]:
    """Collect the codes of all modules by id."""
    found: dict[str, Code] = {}
    for package in (engine, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name == "api.__main__":
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Code):
                    assert found.setdefault(value.id, value) is value, f"{value.id} is used twice"
    return found


def _cell(english: str, chinese: str) -> str:
    return (
        f"{english}<br>{chinese}".replace("|", "\\|").replace("{{", "{").replace("}}", "}")
        if english
        else ""
    )


def test_the_reference_is_current() -> None:
    rows = [
        f"| `{c.id}` | {c.severity} | {_cell(c.en, c.zh)} | {_cell(c.help_en, c.help_zh)} |"
        for _, c in sorted(every_code().items())
    ]
    page = _HEAD + "\n".join(rows) + "\n"
    if os.environ.get("EVENHAND_UPDATE_GOLDEN"):
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page


def test_every_code_is_said_in_both_languages_and_most_say_what_to_do() -> None:
    codes = every_code().values()
    assert all(code.en and code.zh for code in codes)
    assert all(bool(code.help_en) == bool(code.help_zh) for code in codes)
    assert not [
        code.id
        for code in codes
        if (code.en[0].isupper() and not code.en.startswith("YAML ")) or code.en.endswith(".")
    ]
