"""What the engine decides is never excluded by the terms that proofs are made from.

A proof says "no case": were one real case ruled out by a law or a translation, proofs would be worth nothing.
"""

from __future__ import annotations

from collections import Counter
from decimal import localcontext
from typing import TYPE_CHECKING, Any

import z3
from hypothesis import HealthCheck, given, note, settings

from engine.feel import to_feel
from engine.feel.backends.interpreter import FaultError, evaluate_ir
from engine.feel.backends.solver import (
    Encoder,
    ListInput,
    Maybe,
    Unknown,
    World,
    negation,
)
from engine.feel.backends.solver.laws import laws
from engine.feel.checker import check_expression
from engine.feel.parser import parse_expression
from engine.feel.scope import Scope
from engine.feel.scope import Symbol as Named
from engine.kernel.decimals import CONTEXT
from engine.kernel.documents import load_data
from engine.rules.compiler import check_rule_set, compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from engine.rules.pairs import OTHER, Pair
from engine.rules.symbolic import declare_input
from tests.support import programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.feel.backends.solver import Symbol
    from engine.rules.compiled import CompiledInput
    from engine.rules.decision import Decision
    from engine.rules.symbolic import Encoded

EXPRESSIONS, RULE_SETS = 120, 25


def _inputs() -> tuple[CompiledInput, ...]:
    document, found = load_data(RuleSet, {**programs.HEAD, "decisions": {"x": {"value": "1"}}})
    assert document is not None, found
    return compile_rule_set(document).inputs


INPUTS = _inputs()
SCOPE = Scope(names={declared.name: Named(declared.type) for declared in INPUTS})
_seen: Counter[str] = Counter()
_QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def _replaced(
    encoder: Encoder, inputs: Mapping[str, Symbol], case: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """The terms of the inputs and what they are in a case; lists and the like stay open."""
    found = []
    for name, symbol in inputs.items():
        value = case[name]
        inner = symbol
        if isinstance(symbol, Maybe):
            found.append((symbol.absent, encoder.world.flag(value is None)))
            if value is None or symbol.value is None:
                continue
            inner = symbol.value
        if isinstance(inner, ListInput | Unknown):
            continue
        known = encoder.constant(value)
        if hasattr(inner, "flag"):
            found.append((inner.flag, known.flag))  # type: ignore[union-attr]
        else:
            found.append((inner.term, known.term))  # type: ignore[union-attr]
    return found


def _answered(encoded: Encoded, decision: Decision) -> list[Any]:
    """Each decision applies as it did and has the value that the engine gave, where terms can say so."""
    encoder, flags = encoded.encoder, []
    for name, outcome in encoded.outcomes.items():
        if name not in decision.outcomes:
            flags.append(negation(outcome.applies))
            continue
        flags.append(outcome.applies)
        known = encoder.constant(decision.outcomes[name])
        flags.append(encoder.same(outcome.value, known))
    return flags


def _possible(world: World, claims: dict[str, list[Any]], values: list[Any]) -> None:
    """Check that the claims can hold together where the inputs have these values."""
    solver = z3.Solver(ctx=world.context)
    solver.set("timeout", 2_000)
    for group in claims.values():
        solver.add(*(z3.simplify(z3.substitute(claim, *values)) for claim in group))
    found = solver.check()
    _seen[str(found)] += 1
    assert found != z3.unsat, _culprit(world.context, claims, values)


@settings(max_examples=EXPRESSIONS, suppress_health_check=_QUIET, deadline=None)
@given(programs.expressions(), programs.cases(), programs.cases())
def test_two_values_of_an_expression_are_possible(
    text: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    note(text)
    node, faults = parse_expression(text)
    assert node is not None, faults
    made, faults = check_expression(node, SCOPE)
    if faults:
        return
    answers = []
    for case in (one, other):
        with localcontext(CONTEXT):
            try:
                answers.append(evaluate_ir(made, {n: to_feel(v) for n, v in case.items()}))
            except FaultError:
                _seen["faulted"] += 1
                return
    world, claims, values = World(), {}, []
    for mark, case, answer in (("", one, answers[0]), (OTHER, other, answers[1])):
        world.begin()
        encoder, symbols = Encoder(world), {}
        for declared in INPUTS:
            symbols[declared.name] = declare_input(world, declared, declared.name + mark, {})
            encoder.bind(declared.name, symbols[declared.name])
        value = encoder.symbol(made)
        values += _replaced(encoder, symbols, case)
        claims[f"required{mark}"] = encoder.required
        claims[f"answer{mark}"] = [encoder.same(value, encoder.constant(answer))]
    claims |= {"laws": [*world.facts, *laws(world, near=False)], "meaning": world.sharp}
    _possible(world, claims, values)


@settings(max_examples=RULE_SETS, suppress_health_check=_QUIET, deadline=None)
@given(programs.rule_sets(), programs.cases(), programs.cases())
def test_two_decided_cases_are_possible(
    data: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    loaded, shape = load_data(RuleSet, data)
    assert loaded is not None, shape
    if check_rule_set(loaded):
        return
    compiled = compile_rule_set(loaded)
    decisions = [decide(compiled, case) for case in (one, other)]
    if any(d.status != "decided" for d in decisions):
        _seen["not decided"] += 1
        return
    pair = Pair(compiled, compiled, apart={i.name for i in compiled.inputs})
    values = [
        *_replaced(pair.left.encoder, pair.left.inputs, one),
        *_replaced(pair.right.encoder, pair.right.inputs, other),
    ]
    claims = {
        "laws": [*pair.world.facts, *laws(pair.world, near=True)],
        "all laws": [*laws(pair.world, near=False)],
        "meaning": pair.world.sharp,
        "decided": pair.decided,
        "first": _answered(pair.left, decisions[0]),
        "second": _answered(pair.right, decisions[1]),
    }
    _possible(pair.world, claims, values)


def _culprit(context: z3.Context, claims: dict[str, list[Any]], values: list[Any]) -> list[str]:
    """Name claims that together exclude what happened."""
    solver, named = z3.Solver(ctx=context), {}
    for group, listed in claims.items():
        for place, claim in enumerate(listed):
            name = f"{group} {place}"
            named[name] = claim
            solver.assert_and_track(z3.substitute(claim, *values), z3.Bool(name, context))
    solver.check()
    return [f"{name}: {named[str(name)]}" for name in solver.unsat_core()]


def test_most_programs_were_decided() -> None:
    """The law would be empty if few programs came to it; runs after it, in order."""
    if sum(_seen.values()) > 50:
        assert _seen["sat"] > 0.4 * sum(_seen.values()), _seen
