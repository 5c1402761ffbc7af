"""Asking whether something always holds: proved, an example against it, or an honest "not known".

The effort is counted in the solver's own steps and not in seconds, so that the same question has the same
answer on every machine; a bound in time stands behind it for the few steps that can take for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

import z3

from engine.feel.backends.solver.counting import uncounted
from engine.feel.backends.solver.laws import laws
from engine.feel.backends.solver.symbols import (
    Flag,
    ListInput,
    Maybe,
    Number,
    Ordered,
    Symbol,
    Term,
    Text,
    Truth,
)
from engine.feel.builtins.numbers import round_half_even
from engine.kernel.decimals import from_fraction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.feel.backends.solver.world import World
    from engine.feel.values import Value

Verdict: TypeAlias = Literal["holds", "fails", "unknown"]
Example: TypeAlias = dict[str, "Value"]
"""The values of the inputs by the names they were declared under."""

EFFORT = 4_000_000
"""How many steps one round of a question may take."""
_STEPS_A_MILLISECOND = 100
"""So few that the bound in time is never met by steps of the usual length."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question; an example was accepted by whoever asked."""

    verdict: Verdict
    example: Example | None = None


def ask(  # noqa: PLR0913 - a question is its terms, how it is asked, and how far
    world: World,
    goal: Flag,
    assuming: Iterable[Flag] = (),
    *,
    accept: Callable[[Example], bool],
    cases: Sequence[Flag] = (),
    effort: int = EFFORT,
) -> Asked:
    """Ask whether `goal` holds wherever `assuming` does.

    An example against it counts only if `accept` says so: the terms know less than the engine. First the
    few laws that are mostly enough are given, then all, then what the operations mean exactly. `cases` of
    which one always holds are asked about one by one, which many rows make quicker than all at once.
    """
    solver = z3.Solver(ctx=world.context)
    solver.add(*world.facts, *assuming, z3.Not(goal))
    rounds = (lambda: laws(world, near=True), lambda: laws(world, near=False), lambda: world.sharp)
    for more in rounds:
        solver.add(*more())
        for case in cases or (world.yes,):
            _limit(solver, effort)
            found = solver.check(case)
            if found == z3.sat:
                example = next((e for e in _found(world, solver, effort) if accept(e)), None)
                if example is not None:
                    return Asked("fails", example)
            if found != z3.unsat:
                break
        else:
            return Asked("holds")
    return Asked("unknown")


def highest(
    world: World,
    number: Number,
    assuming: Iterable[Flag] = (),
    *,
    accept: Callable[[Example], bool],
    effort: int = EFFORT,
) -> tuple[Fraction | None, Example | None]:
    """Find how high a number can be wherever `assuming` holds: a bound it is proved never to pass, and a case.

    The bound is None where none was found; the case is one near it that `accept` took.
    """
    solver = z3.Optimize(ctx=world.context)
    _limit(solver, effort)
    solver.add(*world.facts, *laws(world, near=True), *assuming)
    goal = solver.maximize(number.term)
    if solver.check() != z3.sat:
        return None, None
    infinite, top, _ = solver.upper_values(goal)
    taken = next((e for e in _found(world, solver, effort) if accept(e)), None)
    return (Fraction(top.as_string()) if infinite.as_string() == "0" else None), taken


def _limit(solver: z3.Solver | z3.Optimize, effort: int) -> None:
    solver.set("rlimit", effort)
    solver.set("timeout", effort // _STEPS_A_MILLISECOND)


# --- examples ----------------------------------------------------------------------------------


def _found(world: World, solver: z3.Solver | z3.Optimize, effort: int) -> Iterator[Example]:
    """Give examples: first one in which nothing has to be rounded, whose numbers are short."""
    model = solver.model()
    solver.push()
    solver.add(*(step.result == step.exact for step in world.steps))
    _limit(solver, effort)
    if solver.check() == z3.sat:
        yield from _examples(world, solver.model())
    solver.pop()
    yield from _examples(world, model)


def _examples(world: World, model: z3.ModelRef) -> Iterator[Example]:
    """Read an example from a model: as it is, and with its numbers on their decimal places, or cut short."""
    found = {v.name: _value(world, v.symbol, model) for v in world.variables}
    yield found
    for fewest in (0, 2, 6):
        places = {v.name: fewest if v.scale is None else v.scale for v in world.variables}
        yield {name: _cut(value, places[name]) for name, value in found.items()}


def _cut(value: Value, places: int) -> Value:
    return round_half_even(value, Decimal(places)) if isinstance(value, Decimal) else value


def _fraction(model: z3.ModelRef, term: Term) -> Fraction:
    value = model.eval(term, model_completion=True)
    if z3.is_algebraic_value(value):
        value = value.approx(40)
    return Fraction(value.as_string())


def _value(world: World, symbol: Symbol, model: z3.ModelRef) -> Value:
    """Read the value of an input from a model."""
    match symbol:
        case Number():
            return from_fraction(_fraction(model, symbol.term))
        case Truth():
            return z3.is_true(model.eval(symbol.flag, model_completion=True))
        case Text():
            return world.text_of(model.eval(symbol.term, model_completion=True).as_long())
        case Ordered():
            return uncounted(symbol.kind, _fraction(model, symbol.term))
        case Maybe():
            absent = z3.is_true(model.eval(symbol.absent, model_completion=True))
            return None if absent or symbol.value is None else _value(world, symbol.value, model)
        case ListInput():
            held = world.held(symbol.name, model)
            size = int(_fraction(model, symbol.count))
            others = [f"other {n}" for n in range(1, min(size, 50) - len(held) + 1)]
            return (*held, *others)
        case _:
            pass
    return None
