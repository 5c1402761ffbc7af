"""Hit policies: which of the rows that fit give the value of a table, and how collected values are joined."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from engine.feel.builtins.operators import compare, equal
from engine.feel.values import NoValueError
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.feel.values import Value

TWO_ROWS = Code(
    "RULE-EVAL-002",
    "the rows `{first}` and `{second}` of `{table}` both fit",
    "`{table}` 的行 `{first}` 与 `{second}` 同时符合",
    "only one row may fit under `unique`: narrow one, or use `first`",
    "`unique` 只允许一行符合：请收窄其一，或改用 `first`",
)
ROWS_DIFFER = Code(
    "RULE-EVAL-003",
    "the rows `{first}` and `{second}` of `{table}` fit and give different values",
    "`{table}` 的行 `{first}` 与 `{second}` 同时符合但结果不同",
    "rows that fit together must give the same under `any`",
    "`any` 要求同时符合的行结果相同",
)


class PolicyError(Exception):
    """Two rows fit that may not fit together: why, and the places of the two among those that fit."""

    def __init__(self, code: Code, first: int, second: int) -> None:
        """Keep which two rows disagree."""
        super().__init__(code.id)
        self.code, self.first, self.second = code, first, second


def choose(
    policy: str, values: Sequence[Value], rank: Callable[[int], tuple[int, ...]]
) -> list[int]:
    """Choose, of the rows that fit, those that give the value, in order (DMN 1.5, 8.2.10).

    `values` are what the rows give, `rank` the place of one in the declared order of outputs.

    Raises:
        PolicyError: `unique` or `any` does not allow the rows to fit together.
    """
    every = list(range(len(values)))
    if policy == "unique" and len(values) > 1:
        raise PolicyError(TWO_ROWS, 0, 1)
    if policy == "any":
        for index in every[1:]:
            if not _alike(values[0], values[index]):
                raise PolicyError(ROWS_DIFFER, 0, index)
    if policy in {"priority", "output_order"}:
        every.sort(key=rank)
    return every if policy in {"collect", "rule_order", "output_order"} else every[:1]


def _alike(left: Value, right: Value) -> bool:
    try:
        return equal(left, right)
    except NoValueError:  # values of unlike kinds
        return False


def aggregate(operator: str, values: Sequence[Value]) -> Value:
    """Join collected values: sum, count, min or max."""
    if operator == "count":
        return Decimal(len(values))
    if operator == "sum":
        return sum(cast("Sequence[Decimal]", values), Decimal(0))
    best = values[0]
    for value in values[1:]:
        if (compare(value, best) < 0) == (operator == "min"):
            best = value
    return best
