"""Functions of truth values and of absence: `not`, `all`, `any`, `is defined`."""

from __future__ import annotations

from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN

BUILTINS = {
    "not": signature("negand: boolean", BOOLEAN, lambda value: not value, "(not {0})"),
    "all": (
        signature("list: list<boolean>", BOOLEAN, all),
        signature("list: boolean…", BOOLEAN, lambda *values: all(values)),
    ),
    "any": (
        signature("list: list<boolean>", BOOLEAN, any),
        signature("list: boolean…", BOOLEAN, lambda *values: any(values)),
    ),
    "is": signature(
        "value1: any, value2: any",
        BOOLEAN,
        lambda left, right: type(left) is type(right) and left == right,
    ),
    "is defined": signature(
        "value: any", BOOLEAN, lambda value: value is not None, "({0} is not None)"
    ),
}
"""The functions of truth values by name."""
