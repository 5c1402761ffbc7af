"""The cases of a rule set: written as data, read by the types of its inputs, decided, and compared."""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.types import ListType, Type
from engine.kernel.cases import Case, CaseFile, CaseResult, Difference, compare_expected, listed
from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code, Phrase, nearest
from engine.kernel.source import Scalar
from engine.rules.compiled import Fragment
from engine.rules.evaluate import decide
from engine.rules.inputs import from_texts, read_inputs
from engine.rules.tables import parse_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel.values import Value
    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Loaded
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision
    from engine.rules.documents import RuleSet


def cases_of(file: CaseFile) -> tuple[Case, ...]:
    """Give the cases of a file with its defaults merged in, those of its grid last."""
    return tuple(_merged(case, file) for case in (*file.cases, *_grid_cases(file)))


def check_grid(file: Loaded[CaseFile]) -> list[Diagnostic]:
    """Give every fault in the drawing of a grid, which would otherwise be no cases at all."""
    fragment = _grid_of(file)
    return (
        [fragment.diagnostic(fault) for fault in parse_table(fragment.text)[1]]
        if fragment.text
        else []
    )


def _grid_of(file: Loaded[CaseFile]) -> Fragment:
    node = file.node("grid")
    return Fragment(file.document.grid or "", node if isinstance(node, Scalar) else None)


UNKNOWN_IN_CASE = Code(
    "CASE-001",
    "`{name}` is no {what} of `{of}`",
    "`{name}` 不是 `{of}` 的{what}",
    "known here: {known}",
    "此处可用：{known}",
)
_INPUT, _OUTCOME = Phrase("input", "输入"), Phrase("outcome", "结果")
_TOLD = ("status", "missing", "reasons", "obligations", "faults")


def check_cases(file: Loaded[CaseFile], versions: Iterable[RuleSet]) -> list[Diagnostic]:
    """Find the names in a case file that no version of its rule set has: they would test nothing."""
    documents = list(versions)
    inputs = sorted({name for d in documents for name in d.inputs})
    outcomes = sorted({name for d in documents for name in d.decisions} | set(_TOLD))
    found: list[Diagnostic] = []

    def name(text: str, span: Span | None, known: list[str], what: Phrase) -> None:
        if text not in known:
            shown = ", ".join(f"`{k}`" for k in known)
            near, of = nearest(text, known), file.document.of
            found.append(
                UNKNOWN_IN_CASE.at(span, near=near, name=text, what=what, of=of, known=shown)
            )

    def look(names: Iterable[str], known: list[str], what: Phrase, *path: str | int) -> None:
        for text in names:
            name(text, file.span(*path, text), known, what)

    look(file.document.defaults.inputs, inputs, _INPUT, "defaults", "inputs")
    for index, case in enumerate(file.document.cases):
        if case.expect.get("status") != "error":  # a case may show that an unknown input is refused
            look(case.inputs, inputs, _INPUT, "cases", index, "inputs")
        look(case.expect, outcomes, _OUTCOME, "cases", index, "expect")
        look(case.hit, outcomes, _OUTCOME, "cases", index, "hit")
    grid = _grid_of(file)
    table = parse_table(grid.text)[0] if grid.text else None
    if table is not None:
        for head in table.when:
            name(head.text, grid.place(head.start, head.start + len(head.text)), inputs, _INPUT)
        for head in table.then:
            name(head.text, grid.place(head.start, head.start + len(head.text)), outcomes, _OUTCOME)
    return found


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
    return CaseResult(document.id, document.version, case.id, differences(case, decision))


def differences(case: Case, decision: Decision) -> tuple[Difference, ...]:
    """List where a decision is not what a case expects."""
    found = compare_expected(case.expect, answer(decision))
    hits = {step.decision: ";".join(step.rows) for step in decision.trace}
    found += [
        Difference(f"hit.{d.key}", d.expected, d.actual) for d in compare_expected(case.hit, hits)
    ]
    return tuple(found)


def typical_inputs(rule_set: CompiledRuleSet, file: CaseFile) -> list[dict[str, Value]]:
    """Give the inputs of the cases that can be read: what examples should look like."""
    found = []
    with localcontext(CONTEXT):
        for case in cases_of(file):
            given = typed_inputs(rule_set, case.inputs)
            values, missing, wrong = read_inputs(rule_set.inputs, given)
            if not missing and not wrong:
                found.append(values)
    return found


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
