"""Two executors and a third reading agree on random inferences, whatever the order of the facts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from engine.chaining import durable, places
from engine.chaining.compiler import check_inference, compile_inference
from engine.chaining.documents import Inference
from engine.chaining.infer import infer
from engine.chaining.program import Fact
from engine.kernel.documents import load_data
from tests.support import inference_programs as random_programs

if TYPE_CHECKING:
    from engine.chaining.infer import Inferred
    from engine.chaining.program import CompiledInference, Value

PROGRAMS = 600

needs_durable = pytest.mark.skipif(
    not durable.AVAILABLE, reason="durable-rules is not installed here"
)


def compiled(program: random_programs.Program) -> CompiledInference:
    """Compile a random program; the few that are too large for the matcher are drawn anew."""
    loaded, found = load_data(Inference, random_programs.document(program))
    assert loaded is not None, found
    found = check_inference(loaded)
    assume(not any(finding.code.id.startswith("CHAIN-BOUND-") for finding in found))
    return compile_inference(loaded)


def plain(fact: Fact) -> tuple[str, random_programs.Fields]:
    """Give a fact in the form of the third reading."""
    return fact.type, tuple(sorted(fact.as_dict().items()))


def fired(answer: Inferred) -> random_programs.Fired:
    """Give the firings in the form of the third reading."""
    return {
        (firing.rule, tuple((variable, plain(fact)) for variable, fact in firing.matched))
        for firing in answer.firings
    }


@needs_durable
@settings(max_examples=PROGRAMS, suppress_health_check=list(HealthCheck))
@given(program=random_programs.programs(), data=st.data())
def test_executors_agree(program: random_programs.Program, data: st.DataObject) -> None:
    inference, facts = compiled(program), random_programs.given(program)
    by_reference = infer(inference, facts, executor="reference")
    by_durable = infer(inference, facts, executor="durable")
    assert by_durable.fault is None
    assert by_durable.executor == "durable"
    assert by_durable.firings == by_reference.firings
    assert by_durable.derived == by_reference.derived
    assert by_durable.digest == by_reference.digest

    known, all_fired = random_programs.expected(program)
    assert fired(by_reference) == all_fired
    assert {plain(fact) for fact in by_reference.derived} == {
        fact for fact in known if fact[0] in random_programs.DERIVED
    }

    shuffled = data.draw(st.permutations([*program.facts, *program.facts[:2]]))
    again = tuple(Fact.of(name, **dict(fields)) for name, fields in shuffled)
    assert infer(inference, again, executor="reference").digest == by_reference.digest
    assert infer(inference, again, executor="durable").digest == by_reference.digest
    event(f"strata {len(inference.strata)}")
    event(f"firings {min(len(by_reference.firings), 10)}{'+' * (len(by_reference.firings) > 9)}")


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


@given(
    constants=st.sets(numbers, max_size=6),
    values=st.sets(numbers | st.sampled_from(random_programs.NUMBERS), max_size=12),
)
def test_places_keep_order_and_equality(constants: set[Decimal], values: set[Decimal]) -> None:
    fixed: dict[type, list[Value]] = {Decimal: sorted(constants)}
    alone = places.place(fixed, constants)
    among = places.place(fixed, [*values, *constants])
    assert all(among[key] == at for key, at in alone.items())
    every = sorted({*values, *constants})
    numbered = [among[Decimal, value] for value in every]
    assert numbered == sorted(set(numbered))
    assert all(0 < number < 2**53 for number in numbered)


def test_true_is_not_one() -> None:
    placed = places.place({}, [True, Decimal(1), Decimal(2), "1"])
    assert len(placed) == 4
