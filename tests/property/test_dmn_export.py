"""The law of export: a rule set and the DMN model that is written of it decide alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.folder import read_folder
from engine.content import read_content, read_document
from engine.dmn import DmnModel, load
from engine.dmn.documents import Head
from engine.dmn.export import export_rule_set
from engine.dmn.translate import translate_model
from engine.feel import to_python
from engine.kernel.diagnostics import has_errors
from engine.kernel.documents import load_data
from engine.rules.cases import cases_of, typed_inputs
from engine.rules.compiler import check_rule_set, compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from engine.rules.inputs import read_inputs
from tests.support import programs
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.feel.values import Range
    from engine.rules.compiled import CompiledInput, CompiledRuleSet

CONTENT = read_content(read_folder(ROOT).files)
SHIPPED = {
    f"{loaded.document.id}@{loaded.document.version}": CONTENT.compile_rule_set(loaded)
    for (kind, _), versions in CONTENT.versions.items()
    if kind == "rule_set"
    for loaded in versions
}
MODELS = {name: load(export_rule_set(rules).xml) for name, rules in SHIPPED.items()}


def check_alike(rules: CompiledRuleSet, model: DmnModel, inputs: Mapping[str, object]) -> bool:
    """Compare each decision; DMN has no defaults, so the inputs are given whole."""
    decision = decide(rules, inputs)
    if decision.status != "decided":
        # A fault voids a rule set whole; DMN goes on with null, which a `-` takes as any other value.
        return False
    values, _, _ = read_inputs(rules.inputs, inputs)
    given = {name: to_python(value) for name, value in values.items()}
    for node in rules.decisions:
        result = model.evaluate(node.name, given)
        wanted = to_python(decision.outcomes.get(node.name))
        assert result.value == wanted, (node.name, [f.message() for f in result.faults])
    return True


@pytest.mark.parametrize("name", SHIPPED)
def test_every_case_of_a_shipped_rule_set_is_decided_alike(name: str) -> None:
    rules = SHIPPED[name]
    decided = 0
    for file in CONTENT.cases:
        if file.document.of == rules.document.id:
            for case in cases_of(file.document):
                decided += check_alike(rules, MODELS[name], typed_inputs(rules, case.inputs))
    assert decided


def bounds(range_: Range) -> tuple[Decimal, Decimal]:
    assert isinstance(range_.low, Decimal)
    assert isinstance(range_.high, Decimal)
    return range_.low, range_.high


def drawn_input(draw: st.DrawFn, declared: CompiledInput) -> object:
    field = declared.field
    if field.nullable and draw(st.booleans()):
        return None
    if declared.members is not None:
        member = st.sampled_from(declared.members)
        return draw(st.lists(member, max_size=3) if field.type.startswith("list") else member)
    if field.type == "number":
        low, high = (0, 10_000) if declared.range is None else bounds(declared.range)
        return draw(st.decimals(low, high, allow_nan=False, places=field.scale or 2))
    simple: dict[str, st.SearchStrategy[object]] = {
        "boolean": st.booleans(),
        "string": st.sampled_from(["Shanghai", "Beijing", "x"]),
        "date": st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31)),
        "list<string>": st.lists(st.sampled_from(["customer", "x"]), max_size=3),
        "list<number>": st.lists(st.integers(0, 100), max_size=4),
        "list<boolean>": st.lists(st.booleans(), max_size=4),
    }
    return draw(simple[field.type])


@st.composite
def shipped_cases(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(sorted(SHIPPED)))
    return name, {i.name: drawn_input(draw, i) for i in SHIPPED[name].inputs}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(shipped_cases())
def test_shipped_rule_sets_and_their_models_decide_alike(case: tuple[str, dict[str, Any]]) -> None:
    name, inputs = case
    check_alike(SHIPPED[name], MODELS[name], inputs)


@settings(
    max_examples=80,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
@given(programs.rule_sets(), st.lists(programs.cases(), min_size=3, max_size=3))
def test_any_rule_set_and_its_model_decide_alike(
    data: dict[str, Any], cases: list[dict[str, Any]]
) -> None:
    loaded, _ = load_data(RuleSet, data)
    if loaded is None or check_rule_set(loaded):
        return
    rules = compile_rule_set(loaded)
    model = load(export_rule_set(rules).xml)
    for inputs in cases:
        check_alike(rules, model, inputs)


TRANSLATED = {
    name: translate_model(MODELS[name], Head("back", "test", "-", "2026-01-01T00:00:00+08:00"))
    for name in SHIPPED
}


def carried(name: str) -> CompiledRuleSet | None:
    """Compile the rule set that comes back from a model; None when the checker refuses the draft."""
    text, found = TRANSLATED[name]
    loaded, _ = read_document(text)
    if loaded is None or has_errors(found) or check_rule_set(loaded):
        return None
    return compile_rule_set(loaded)


BACK = {name: rules for name in SHIPPED if (rules := carried(name)) is not None}


def test_most_shipped_rule_sets_come_back_from_their_models() -> None:
    """Those that do not lack a type that DMN can name, such as a list of contexts."""
    lost = {name.partition("@")[0] for name in SHIPPED.keys() - BACK.keys()}
    assert lost <= {"benefits"}


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(shipped_cases())
def test_a_rule_set_that_comes_back_decides_alike(case: tuple[str, dict[str, Any]]) -> None:
    name, inputs = case
    decision = decide(SHIPPED[name], inputs)
    if name in BACK and decision.status == "decided":
        again = decide(BACK[name], inputs)
        assert again.status == "decided", again.faults
        assert again.outcomes == decision.outcomes
