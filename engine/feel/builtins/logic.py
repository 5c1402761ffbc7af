"""Functions of truth values and of absence: `not`, `all`, `any`, `is defined`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.builtins.lists import same
from engine.feel.builtins.registry import signature
from engine.feel.types import BOOLEAN
from engine.feel.values import NoValueError, Value, kind_of
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

UNDECIDED = Code(
    "FEEL-EVAL-035",
    "`{function}` is undecided: an item is neither true nor false",
    "`{function}` 无法判断：有的项既不是真也不是假",
    "leave out what is missing first",
    "请先去掉缺失的项",
)


def _decided(function: str, decisive: bool) -> Callable[[tuple[Value, ...]], bool]:  # noqa: FBT001 - true for `any`
    """Join as the three-valued `and` and `or` do: one decisive item decides, an unknown one leaves it open."""

    def call(items: tuple[Value, ...]) -> bool:
        if any(item is decisive for item in items):
            return decisive
        if any(item is not (not decisive) for item in items):
            raise NoValueError(UNDECIDED, function=function)
        return not decisive

    return call


def _joined(function: str, decisive: bool) -> tuple[object, ...]:  # noqa: FBT001 - true for `any`
    call = _decided(function, decisive)
    return (
        signature("list: list<boolean>", BOOLEAN, call),
        signature("list: list", BOOLEAN, call),
        signature("list: boolean…", BOOLEAN, lambda *items: call(items)),
        signature("list: any…", BOOLEAN, lambda *items: call(items)),
    )


BUILTINS = {
    "not": signature("negand: boolean", BOOLEAN, lambda value: not value, "(not {0})"),
    "all": _joined("all", False),  # noqa: FBT003
    "any": _joined("any", True),  # noqa: FBT003
    "is": signature(
        "value1: any, value2: any",
        BOOLEAN,
        lambda left, right: kind_of(left) == kind_of(right) and same(left, right),
    ),
    "is defined": signature(
        "value: any", BOOLEAN, lambda value: value is not None, "({0} is not None)"
    ),
}
"""The functions of truth values by name."""
