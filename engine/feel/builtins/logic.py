"""Functions of truth values and of absence: `not`, `all`, `any`, `is defined`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from engine.feel.builtins.operators import same
from engine.feel.builtins.registry import signature
from engine.feel.chronology import offset, zone_name
from engine.feel.types import BOOLEAN
from engine.feel.values import NoValueError, Value, kind_of
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.feel.chronology import DateTime

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


def _identical(left: Value, right: Value) -> bool:
    """Whether two values are the same in the value space: times also by the offset they are written with."""
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    if kind in {"time", "date and time"}:
        one, two = cast("DateTime", left), cast("DateTime", right)
        if (offset(one), zone_name(one)) != (offset(two), zone_name(two)):
            return False
    return same(left, right)


BUILTINS = {
    "not": signature("negand: boolean", BOOLEAN, lambda value: not value, "(not {0})"),
    "all": _joined("all", False),  # noqa: FBT003
    "any": _joined("any", True),  # noqa: FBT003
    "is": signature(
        "value1: any, value2: any",
        BOOLEAN,
        _identical,
    ),
    "is defined": signature(
        "value: any", BOOLEAN, lambda value: value is not None, "({0} is not None)"
    ),
}
"""The functions of truth values by name."""
