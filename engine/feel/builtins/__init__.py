"""The function table of FEEL (DMN 1.5, 10.3.4): one module per kind of value."""

from dataclasses import replace

from engine.feel.builtins import (
    contexts,
    lists,
    logic,
    numbers,
    operators,
    ranges,
    strings,
    temporal,
)
from engine.feel.builtins.registry import Builtin, Signature, builtins_of
from engine.feel.chronology import narrow
from engine.feel.types import DATE, DATE_TIME, DAYS, TIME

_FUNCTIONS = (numbers, strings, lists, logic, contexts, ranges, temporal)
_CALENDAR = (DATE, TIME, DATE_TIME, DAYS)


def _in_rules(table: dict[str, Builtin]) -> dict[str, Builtin]:
    """Keep what gives dates, times and durations to those that rules have."""
    return {
        name: Builtin(
            name,
            tuple(
                replace(s, run=narrow(s.run)) if s.result in _CALENDAR else s
                for s in builtin.signatures
            ),
        )
        for name, builtin in table.items()
    }


STANDARD_FUNCTIONS: dict[str, Builtin] = builtins_of("BUILTINS", *_FUNCTIONS) | builtins_of(
    "STANDARD", *_FUNCTIONS
)
"""The functions as the standard means them, for imported models."""

STANDARD_OPERATORS: dict[str, Builtin] = builtins_of("BUILTINS", operators) | builtins_of(
    "STANDARD", operators
)
"""The operators as the standard means them."""

FUNCTIONS: dict[str, Builtin] = _in_rules(builtins_of("BUILTINS", *_FUNCTIONS))
"""Every function that an expression of a rule can call, by name."""

OPERATORS: dict[str, Builtin] = _in_rules(builtins_of("BUILTINS", operators))
"""The operators, by sign; `negate` is the minus before a value."""

__all__ = [
    "FUNCTIONS",
    "OPERATORS",
    "STANDARD_FUNCTIONS",
    "STANDARD_OPERATORS",
    "Builtin",
    "Signature",
]
