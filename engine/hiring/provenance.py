"""Where the numbers of rules come from: set by people, or derived from data (`law-as-features` L12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.competency.documents import CompetencyModel
from engine.kernel.diagnostics import Code, Severity
from engine.rules.documents import RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Loaded

DERIVED = Code(
    "LAW-DATA-001",
    "`{name}` is derived from data: laws on automated decisions likely apply to this document",
    "`{name}` 由数据得出：自动化决策的法律很可能适用于本文件",
    "have it audited for bias before it is published where the law asks for it",
    "在法律要求之处，发布前须经偏差审计",
    Severity.NOTE,
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """How many weights and parameters people set, and how many are derived from data."""

    human_set: int
    data_derived: int


def derived_values(loaded: Loaded[Any]) -> list[Diagnostic]:
    """Name the parameters of a rule set, or the weights of a model, that are derived from data."""
    return [
        DERIVED.at(span, name=name)
        for name, provenance, span in _values(loaded)
        if provenance == "data_derived"
    ]


def count_provenance(documents: Iterable[Loaded[Any]]) -> Provenance:
    """Count the weights and parameters of documents by where they come from."""
    found = [provenance for loaded in documents for _, provenance, _ in _values(loaded)]
    derived = found.count("data_derived")
    return Provenance(len(found) - derived, derived)


def _values(loaded: Loaded[Any]) -> Iterator[tuple[str, str, Span | None]]:
    match loaded.document:
        case RuleSet(params=params):
            for name, parameter in params.items():
                yield name, parameter.provenance, loaded.span("params", name)
        case CompetencyModel(competencies=competencies):
            for index, one in enumerate(competencies):
                span = loaded.span("competencies", index, "weight")
                yield one.id, one.weight.provenance, span
        case _:
            pass
