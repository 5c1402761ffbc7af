"""A small competency model to vary in tests, and makers of what is known about a person."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.competency.compiler import CompiledModel, check_model, compile_model
from engine.competency.documents import CompetencyModel, Evidence, Measure, Rating, State
from engine.jurisdictions.merge import NO_LAW, Law
from engine.kernel.documents import load_text

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

MODEL = """\
schema_version: "1"
kind: competency_model
id: clerk
version: 1.0.0
title: {zh: 文员, en: Clerk}
owner: hr-policy
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-POL-05
role: clerk
evidence_from: interview-evidence
jurisdictions: [cn]
min_confidence: 0.60
discrepant_above: 20
digits: 2
bands:
  - {id: low, from: 0, title: {zh: 低, en: Low}, reads: gap}
  - {id: fair, from: 70, title: {zh: 中, en: Fair}}
  - {id: high, from: 90, title: {zh: 高, en: High}, reads: strength}
scales:
  bars5: {1: 40, 2: 55, 3: 70, 4: 85, 5: 95}
indicators:
  tidy: {title: {zh: 整洁, en: Tidy}, modality: text}
  quick: {title: {zh: 迅速, en: Quick}, modality: speech_timing}
competencies:
  - id: care
    title: {zh: 细致, en: Care}
    weight: {value: 60, provenance: human_set}
    floor: 50
    parts:
      - {share: 60, method: rating, rating: panel, scale: bars5, take: mean, at_least: 2}
      - share: 40
        method: points
        start: 50
        points:
          - {id: C1, indicator: tidy, when: found, points: 30}
          - {id: C2, indicator: quick, when: not_found, points: -20}
  - id: typing
    title: {zh: 打字, en: Typing}
    weight: {value: 40, provenance: human_set}
    parts:
      - {share: 100, method: measure, measure: typing_test}
"""


def compiled(text: str = MODEL, law: Law = NO_LAW) -> CompiledModel:
    """Compile a model."""
    return compile_model(load_text(CompetencyModel, text, "clerk.yaml"), law)


def findings(text: str, law: Law = NO_LAW) -> list[Diagnostic]:
    """Check a model whose shape is right."""
    return check_model(load_text(CompetencyModel, text, "clerk.yaml"), law)


def pointed(found: Diagnostic, text: str) -> str:
    """Give the stretch of the text that a finding is about."""
    assert found.span is not None
    assert found.span.line == found.span.end_line
    line = text.split("\n")[found.span.line - 1]
    return line[found.span.column - 1 : found.span.end_column - 1]


def seen(indicator: str, state: State = "found", confidence: str = "0.8") -> Evidence:
    """Make evidence."""
    return Evidence(
        indicator=indicator, state=state, confidence=Decimal(confidence), rule="E01", clause="X-1"
    )


def rated(*levels: str, competency: str = "care") -> tuple[Rating, ...]:
    """Make one rating a level, each by another person."""
    return tuple(
        Rating(competency=competency, rating="panel", rater=f"rater-{place}", level=level)
        for place, level in enumerate(levels)
    )


def exam(value: str, measure: str = "typing_test") -> Measure:
    """Make a measure."""
    return Measure(measure=measure, value=Decimal(value), source="lab")
