"""Inference documents for tests: the example of the interview, and short ones from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.chaining.compiler import compile_inference
from engine.chaining.documents import Inference
from engine.kernel.documents import load_text

if TYPE_CHECKING:
    from engine.chaining.program import CompiledInference
    from engine.kernel.documents import Loaded

HEAD = """\
schema_version: "1"
kind: inference
id: interview-evidence
version: 1.0.0
title: {zh: 面试证据, en: Interview evidence}
owner: hr-policy
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-POL-04
feel: "1"
"""

INTERVIEW = (
    HEAD
    + """
facts:
  signal:
    name: {type: string}
    value: {type: number}
    modality: {type: string, one_of: [text, speech_timing, face_expression, gaze, voice_emotion]}
    confidence: {type: number, range: "[0..1]"}
  mention:
    indicator: {type: string, one_of: [target_attainment, team_leadership, empathy]}
    negated: {type: boolean}
    confidence: {type: number, range: "[0..1]"}
  question:
    asks_for: {type: string, one_of: [target_attainment, team_leadership, empathy]}
  accommodation:
    covers: {type: string, one_of: [speech_timing, text]}
derives:
  evidence:
    indicator:
      type: string
      one_of: [target_attainment, team_leadership, empathy, speech_steady]
    state: {type: string, one_of: [found, not_found]}
    confidence: {type: number, range: "[0..1]"}
  flag:
    code: {type: string, one_of: [evidence_mixed, follow_up]}
params:
  sure: {value: 0.60, provenance: human_set}
rules:
  - id: E01
    clause: HR-POL-04.1
    when:
      m: {fact: mention, where: "not(negated) and confidence >= sure"}
    then:
      evidence: {indicator: = m.indicator, state: found, confidence: = m.confidence}
  - id: E02
    clause: HR-POL-04.2
    when:
      s: {fact: signal, where: 'name = "speech_rate_change" and value <= 0.10'}
    unless:
      a: {fact: accommodation, where: covers = s.modality}
    then:
      evidence: {indicator: speech_steady, state: found, confidence: = s.confidence}
  - id: E03
    clause: HR-POL-04.3
    when:
      q: {fact: question}
    unless:
      e: {fact: evidence, where: indicator = q.asks_for}
    then:
      flag: {code: follow_up}
  - id: E04
    clause: HR-POL-04.4
    when:
      m: {fact: mention, where: negated}
      e: {fact: evidence, where: indicator = m.indicator}
    then:
      - flag: {code: evidence_mixed}
      - flag: {code: follow_up}
"""
)


def load(text: str, path: str = "rules/test.yaml") -> Loaded[Inference]:
    """Read a whole document."""
    return load_text(Inference, text, path)


def compiled(text: str) -> CompiledInference:
    """Compile the part of a document that follows the head."""
    return compile_inference(load(text if text.startswith("schema_version") else HEAD + text))
