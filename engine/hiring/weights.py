"""Weights of a competency model moved by one on purpose, to see whether its cases notice."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.competency.compiler import compile_model
from engine.hiring.cases import run_case
from engine.kernel.diagnostics import Code, Severity
from engine.kernel.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.competency.compiler import CompiledModel
    from engine.competency.documents import CompetencyModel
    from engine.jurisdictions.merge import Law
    from engine.kernel.cases import Case
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded

WEIGHT = Code(
    "CASE-MUTANT-006",
    "no case notices if one point of weight moves from `{source}` to `{target}`",
    "若 1 分权重由 `{source}` 移到 `{target}`，没有案例会发现",
    "add a case that expects `overall` where the two scores differ",
    "请增加一个两项得分不同、且写明 `overall` 的案例",
    Severity.NOTE,
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """How many moves of weight the cases of a model notice, and what is told of the others."""

    total: int
    survivors: tuple[Diagnostic, ...]

    @property
    def noticed(self) -> int:
        """How many moves are noticed."""
        return self.total - len(self.survivors)


def weigh(loaded: Loaded[CompetencyModel], law: Law, cases: Sequence[Case]) -> Weighed:
    """Move a point of weight between neighbours, both ways, and see whether a case that passes now fails."""
    passing = [case for case in cases if _passes(compile_model(loaded, law), case)]
    moved = list(_moved(loaded, law))
    survivors = [told for model, told in moved if all(_passes(model, case) for case in passing)]
    return Weighed(len(moved), tuple(survivors))


def _passes(model: CompiledModel, case: Case) -> bool:
    try:
        return run_case(model, case).passed
    except EngineError:
        return False


def _moved(loaded: Loaded[CompetencyModel], law: Law) -> Iterator[tuple[CompiledModel, Diagnostic]]:
    competencies = loaded.document.competencies
    places = range(len(competencies))
    for first, second in itertools.pairwise(places):
        for source, target in ((first, second), (second, first)):
            weights = {source: Decimal(-1), target: Decimal(1)}
            if competencies[source].weight.value < 1:
                continue
            changed = tuple(
                one.model_copy(
                    update={
                        "weight": one.weight.model_copy(
                            update={"value": one.weight.value + weights.get(place, Decimal(0))}
                        )
                    }
                )
                for place, one in enumerate(competencies)
            )
            document = loaded.document.model_copy(update={"competencies": changed})
            span = loaded.span("competencies", source, "weight")
            names = {"source": competencies[source].id, "target": competencies[target].id}
            model = compile_model(replace(loaded, document=document), law)
            yield model, WEIGHT.at(span, **names)
