"""The cases of an inference: facts written as data, chained, and what was derived compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.chaining.infer import infer
from engine.kernel.cases import Case, CaseResult, compare_expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.chaining.program import CompiledInference, FactType

FactData = dict[str, object]


def run_case(compiled: CompiledInference, case: Case) -> CaseResult:
    """Chain the facts of a case and compare the derived types that it names.

    The order of facts does not matter, their number does; a fact is compared by the fields that
    are written. Raises EvaluationError for facts that the types refuse.
    """
    inferred = infer(compiled, typed_facts(compiled, case.inputs))
    derived: dict[str, list[FactData]] = {t.name: [] for t in compiled.types.values() if t.derived}
    for fact in inferred.derived:
        derived[fact.type].append(dict(fact.as_dict()))
    actual = {name: _arranged(case.expect.get(name), facts) for name, facts in derived.items()}
    differences = compare_expected(case.expect, actual)
    return CaseResult(compiled.id, compiled.version, case.id, tuple(differences))


def typed_facts(compiled: CompiledInference, data: Mapping[str, Any]) -> dict[str, Any]:
    """Read the texts of facts by their declared fields; what cannot be read stays, to be refused."""
    return {
        name: [_typed(compiled.types.get(name), fact) for fact in facts]
        if isinstance(facts, list)
        else facts
        for name, facts in data.items()
    }


def _typed(type_: FactType | None, fact: object) -> object:
    if type_ is None or not isinstance(fact, dict):
        return fact
    flags = {field.name for field in type_.fields if field.kind == "boolean"}
    words = {"true": True, "false": False}
    return {
        key: words.get(str(value), value) if key in flags else value for key, value in fact.items()
    }


def _arranged(wanted: object, facts: list[FactData]) -> list[FactData]:
    """Put facts in the order in which a case lists them; those that it does not list come last."""
    left, arranged = list(facts), []
    for one in wanted if isinstance(wanted, list) else ():
        found = next((f for f in left if not compare_expected({"": one}, {"": f})), None)
        if found is not None:
            left.remove(found)
            arranged.append(found)
    return [*arranged, *left]
