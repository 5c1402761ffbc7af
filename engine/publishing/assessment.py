"""What of a version makes an earlier assessment of its impact void: new signals, and weights from new data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.chaining.documents import Inference
from engine.competency.documents import CompetencyModel, MeasurePart, RatingPart
from engine.rules.documents import RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.documents import Document


def material_changes(before: Document, after: Document) -> list[str]:
    """Name the signals that only the later version reads, and the numbers that only it takes from that data.

    What is taken away is no change of this kind: nobody is judged by more than was assessed.
    """
    new = {*_signals(after), *_from_data(after)} - {*_signals(before), *_from_data(before)}
    return sorted({name for name, _ in new})


def _signals(document: Document) -> Iterator[tuple[str, str]]:
    """Give what a document reads about people, each with where it comes from."""
    match document:
        case RuleSet(inputs=inputs):
            yield from ((name, f"input {one.source}") for name, one in inputs.items())
        case Inference(facts=facts):
            yield from (
                (f"{fact}.{name}", "fact") for fact, names in facts.items() for name in names
            )
        case CompetencyModel(indicators=indicators, competencies=competencies):
            yield from ((name, one.modality) for name, one in indicators.items())
            for part in (part for one in competencies for part in one.parts):
                match part:
                    case RatingPart(rating=name) | MeasurePart(measure=name):
                        yield name, part.method
                    case _:
                        pass
        case _:
            pass


def _from_data(document: Document) -> Iterator[tuple[str, str]]:
    """Give the numbers that are derived from data, each with the hash of what they are derived from."""
    match document:
        case RuleSet(params=params) | Inference(params=params):
            numbers = [*(params or {}).items()]
        case CompetencyModel(competencies=competencies):
            numbers = [(one.id, one.weight) for one in competencies]
        case _:
            numbers = []
    for name, number in numbers:
        if number.provenance == "data_derived":
            yield name, f"data {number.evidence}"
