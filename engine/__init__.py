"""The pure half of Evenhand: it reads documents, checks them and decides, and touches nothing outside.

This is its door: `parse` a folder's texts, `check` them, `decide` and `explain` a case, `recommend` a
plan. Each part is imported when it is first asked for, so that a small use stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.content import check_content as check
    from engine.content import read_content as parse
    from engine.learning.plan import plan as recommend
    from engine.rules.evaluate import decide
    from engine.rules.explain import explain

__all__ = ["check", "decide", "explain", "parse", "recommend"]

_DOOR = {
    "parse": ("engine.content", "read_content"),
    "check": ("engine.content", "check_content"),
    "decide": ("engine.rules.evaluate", "decide"),
    "explain": ("engine.rules.explain", "explain"),
    "recommend": ("engine.learning.plan", "plan"),
}


def __getattr__(name: str) -> object:
    """Find a function of the door where it is made (PEP 562)."""
    if name not in _DOOR:
        raise AttributeError(name)
    module, attribute = _DOOR[name]
    return getattr(import_module(module), attribute)
