"""The cases of a rule set: written as data, read by the types of its inputs, decided, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.types import ListType, Type
from engine.kernel.cases import Case, CaseFile, CaseResult, Difference, compare_expected, listed
from engine.kernel.source import Scalar
from engine.rules.compiled import Fragment
from engine.rules.evaluate import decide
from engine.rules.inputs import from_texts
from engine.rules.tables import parse_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision


def cases_of(file: CaseFile) -> tuple[Case, ...]:
    """Give the cases of a file with its defaults merged in, those of its grid last."""
    return tuple(_merged(case, file) for case in (*file.cases, *_grid_cases(file)))


def check_grid(file: Loaded[CaseFile]) -> list[Diagnostic]:
    """Give every fault in the drawing of a grid, which would otherwise be no cases at all."""
    grid, node = file.document.grid, file.node("grid")
    fragment = Fragment(grid or "", node if isinstance(node, Scalar) else None)
    return [fragment.diagnostic(fault) for fault in parse_table(fragment.text)[1]] if grid else []


def _merged(case: Case, file: CaseFile) -> Case:
    inputs = {
        k: v for k, v in {**file.defaults.inputs, **case.inputs}.items() if k not in case.without
    }
    return case.model_copy(
        update={
            "inputs": inputs,
            "as_of": case.as_of or file.defaults.as_of,
            "versions": case.versions if case.versions is not None else file.versions,
        }
    )


def _grid_cases(file: CaseFile) -> list[Case]:
    table, _ = parse_table(file.grid) if file.grid else (None, [])
    if table is None:
        return []
    made = []
    for row in table.rows:
        inputs = {
            h.text: c.text for h, c in zip(table.when, row.when, strict=True) if c.text != "-"
        }
        expect = {
            h.text: c.text for h, c in zip(table.then, row.then, strict=True) if c.text != "-"
        }
        without = [h.text for h, c in zip(table.when, row.when, strict=True) if c.text == "absent"]
        made.append(
            Case.model_validate(
                {
                    "id": row.id.text,
                    "inputs": {k: v for k, v in inputs.items() if v != "absent"},
                    "without": without,
                    "expect": expect,
                }
            )
        )
    return made


def run_case(rule_set: CompiledRuleSet, case: Case) -> CaseResult:
    """Decide a case and compare what it names."""
    decision = decide(rule_set, typed_inputs(rule_set, case.inputs))
    document = rule_set.document
    differences = compare_expected(case.expect, answer(decision))
    hits = {step.decision: ";".join(step.rows) for step in decision.trace}
    differences += [
        Difference(f"hit.{d.key}", d.expected, d.actual) for d in compare_expected(case.hit, hits)
    ]
    return CaseResult(document.id, document.version, case.id, tuple(differences))


def answer(decision: Decision) -> dict[str, object]:
    """Lay a decision flat: its outcomes beside `status`, `missing`, `reasons`, `obligations` and `faults`."""
    return {
        **decision.outcomes,
        "status": decision.status,
        "missing": list(decision.missing),
        "reasons": [r.code for r in decision.reasons],
        "obligations": list(decision.obligations),
        "faults": [f.code.id for f in decision.faults],
    }


def typed_inputs(rule_set: CompiledRuleSet, data: Mapping[str, object]) -> dict[str, object]:
    """Read texts by the types of the inputs; what cannot be read stays as it is, for the decision to refuse."""
    known = {i.name: i.type for i in rule_set.inputs}
    return {name: _typed(value, known.get(name, types.ANY)) for name, value in data.items()}


def _typed(value: object, type_: Type) -> object:
    """Read data by a type; `a; b`, as a cell of a grid has it, is a list where one is asked for."""
    is_list = isinstance(types.without_null(type_), ListType) and value != "null"
    return from_texts(listed(value) if is_list else value, type_)
