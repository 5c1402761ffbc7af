"""The function table of FEEL (DMN 1.5, 10.3.4): one module per kind of value."""

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

FUNCTIONS: dict[str, Builtin] = builtins_of(
    numbers, strings, lists, logic, contexts, ranges, temporal
)
"""Every function that an expression can call, by name."""

OPERATORS: dict[str, Builtin] = builtins_of(operators)
"""The operators, by sign; `negate` is the minus before a value."""

STANDARD_FUNCTIONS: dict[str, Builtin] = FUNCTIONS
"""The functions as the standard means them, for imported models."""

STANDARD_OPERATORS: dict[str, Builtin] = OPERATORS
"""The operators as the standard means them."""

__all__ = [
    "FUNCTIONS",
    "OPERATORS",
    "STANDARD_FUNCTIONS",
    "STANDARD_OPERATORS",
    "Builtin",
    "Signature",
]
