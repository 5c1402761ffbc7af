"""Proofs: the typed form as terms of the z3 solver, questions about them, and examples that answer them.

An operation that linear arithmetic cannot say exactly (rounding to 34 digits, rounding to cents,
products of two unknowns) becomes a fresh number with laws that are known to hold of it: a proof needs only
the laws, so it is sound; what it means exactly comes in when an example is looked for.
"""

from __future__ import annotations

from engine.feel.backends.solver.question import EFFORT, Asked, Example, Verdict, ask, highest
from engine.feel.backends.solver.symbols import (
    Entries,
    Flag,
    Interval,
    Items,
    ListInput,
    Maybe,
    Number,
    Ordered,
    Symbol,
    Text,
    Truth,
    Unknown,
    all_of,
    any_of,
    at_most_one,
    choose,
    equal,
    implies,
    negation,
)
from engine.feel.backends.solver.translate import Encoder
from engine.feel.backends.solver.world import Variable, World

__all__ = [
    "EFFORT",
    "Asked",
    "Encoder",
    "Entries",
    "Example",
    "Flag",
    "Interval",
    "Items",
    "ListInput",
    "Maybe",
    "Number",
    "Ordered",
    "Symbol",
    "Text",
    "Truth",
    "Unknown",
    "Variable",
    "Verdict",
    "World",
    "all_of",
    "any_of",
    "ask",
    "at_most_one",
    "choose",
    "equal",
    "highest",
    "implies",
    "negation",
]
