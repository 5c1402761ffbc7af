"""The interpreter and the generated Python give the same answer, or both none, for every program and case."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.feel import to_feel
from engine.feel.backends.interpreter import FaultError, evaluate_ir
from engine.feel.backends.python import compile_expression
from engine.feel.checker import check_expression
from engine.feel.parser import parse_expression
from engine.feel.scope import Scope, Symbol
from engine.kernel.decimals import CONTEXT
from engine.kernel.documents import load_data
from engine.rules.compiler import check_rule_set, compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import interpret
from tests.support import programs

if TYPE_CHECKING:
    from engine.feel.values import Value

EXPRESSIONS, RULE_SETS, CASES_EACH = 2_000, 500, 4
"""Together 10,000 pairs of a program and a case."""

_QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def _scope() -> Scope:
    """Give the names of the programs the types that a rule set's inputs have."""
    document, found = load_data(RuleSet, {**programs.HEAD, "decisions": {"x": {"value": "1"}}})
    assert document is not None, found
    compiled = compile_rule_set(document)
    return Scope(names={declared.name: Symbol(declared.type) for declared in compiled.inputs})


SCOPE = _scope()


def _exact(value: Value) -> object:
    """Tell a value and its kind apart from its equals: 1 is not true, and 1.0 is 1."""
    if isinstance(value, tuple):
        return [_exact(item) for item in value]
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return (type(value).__name__, value)


_seen: Counter[str] = Counter()


@settings(max_examples=EXPRESSIONS, suppress_health_check=_QUIET)
@given(programs.expressions(), st.lists(programs.cases(), min_size=CASES_EACH, max_size=CASES_EACH))
def test_expressions(text: str, cases: list[dict[str, Any]]) -> None:
    note(text)
    node, faults = parse_expression(text)
    assert node is not None, faults
    made, faults = check_expression(node, SCOPE)
    if faults:
        # The writer knows no types of empty lists and the like: such a program is refused, not run.
        _seen["refused"] += 1
        return
    run = compile_expression(made, tuple(SCOPE.names))
    for case in cases:
        values = {name: to_feel(value) for name, value in case.items()}
        with localcontext(CONTEXT):
            try:
                expected = _exact(evaluate_ir(made, values))
                _seen["answered"] += 1
            except FaultError:
                _seen["faulted"] += 1
                with pytest.raises(Exception):  # noqa: B017, PT011 - any signal sends the case to the reference
                    run(*(values[name] for name in SCOPE.names))
                continue
            assert _exact(run(*(values[name] for name in SCOPE.names))) == expected


@settings(max_examples=RULE_SETS, suppress_health_check=_QUIET)
@given(programs.rule_sets(), st.lists(programs.cases(), min_size=CASES_EACH, max_size=CASES_EACH))
def test_rule_sets(data: dict[str, Any], cases: list[dict[str, Any]]) -> None:
    loaded, shape = load_data(RuleSet, data)
    assert loaded is not None, shape
    if check_rule_set(loaded):
        _seen["refused"] += 1
        return
    compiled = compile_rule_set(loaded)
    assert compiled.fast is not None
    for case in cases:
        expected = interpret(compiled, case)
        if expected.status == "decided":
            assert compiled.fast(case) == expected
            assert [_exact(v) for v in compiled.fast(case).outcomes.values()] == [
                _exact(v) for v in expected.outcomes.values()
            ]
        else:
            with pytest.raises(Exception):  # noqa: B017, PT011 - the reference tells the fault
                compiled.fast(case)


def test_most_programs_answer() -> None:
    """The comparison would be empty if most programs were refused; run after the others, in order."""
    if sum(_seen.values()) > 100:
        assert _seen["answered"] > _seen["refused"] + _seen["faulted"], _seen


def test_exactness_tells_kinds_apart() -> None:
    assert _exact(True) != _exact(Decimal(1))
    assert _exact(Decimal("1.0")) == _exact(Decimal(1))
