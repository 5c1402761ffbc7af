"""What the OpenAPI document says of answers: their shapes, with examples, and every problem."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.problems import TITLES

Responses = dict[int | str, dict[str, Any]]

_ID = "01932f8a3c70c0ffee00c0ffee00c0ff"
_DECISION = {
    "status": "decided",
    "outcomes": {"base_salary": "9460.00", "outcome": "offer"},
    "reasons": [{"code": "OFFER", "zh": "…", "en": "…", "clause": "…"}],
    "obligations": [],
    "used": [{"kind": "rule_set", "id": "offer", "version": "1.0.0", "hash": "sha256:…"}],
    "missing": [],
    "trace": [],
}


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class DecisionAnswer(_Answer):
    """A decision; `id`, `decided_at` and `digest` are there when it was recorded."""

    id: str | None = Field(None, examples=[_ID])
    decided_at: str | None = None
    as_of: str
    engine: str = Field(description="the version of the program that decided")
    digest: str | None = Field(None, description="what the log commits to")
    decision: dict[str, Any] = Field(examples=[_DECISION])
    evaluation: dict[str, Any] | None = Field(
        None, description="of an interview: profile, plan, mentions, what was used"
    )


class DecisionPage(_Answer):
    """A page of decisions, the latest first."""

    decisions: list[dict[str, Any]]
    next: str | None = Field(description="give it as `after` to have the next page")


class ExplanationAnswer(_Answer):
    """Why a decision is so, as text and as data."""

    id: str
    language: str
    text: str
    explanation: dict[str, Any]
    plan: str | None = None


class CounterfactualAnswer(_Answer):
    """What would have changed the outcome, the nearest first."""

    id: str
    counterfactuals: list[dict[str, Any]]


class WhatIfAnswer(_Answer):
    """What changed inputs give, beside what was recorded; nothing of it is kept."""

    id: str
    changed: list[str]
    recorded: dict[str, Any]
    decision: dict[str, Any]


class ReplayAnswer(_Answer):
    """Whether a record is decided to the same answer again, or what differs."""

    id: str
    state: Literal["same", "differs", "erased", "imported", "altered", "unknown_rules"]
    same: bool
    differs: dict[str, Any]
    recorded_engine: str | None
    engine: str


class InputsAnswer(_Answer):
    """What a decision was made on; `masked` where the reader may not see what is sensitive."""

    id: str
    masked: bool
    inputs: dict[str, Any]


class ProofAnswer(_Answer):
    """That an entry is in the log (RFC 9162); `index` is null until it has its place."""

    leaf: str
    index: int | None
    size: int
    proof: list[str]


class GrowthAnswer(_Answer):
    """That a log is the beginning of a later one (RFC 9162)."""

    old: int
    size: int
    proof: list[str]


class PlanAnswer(_Answer):
    """An exact plan, as data and as text."""

    plan: dict[str, Any]
    text: str
    choices: dict[str, Any] | None = None
    why: str | None = None


class ProposalAnswer(_Answer):
    """A plan proposed anew from what was learned."""

    follow_up: dict[str, Any]
    proposal: dict[str, Any]
    text: str


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:evenhand:problem:not-valid"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "at": {"type": ["string", "null"]},
                    "message": {"type": "string"},
                    "help": {"type": ["string", "null"]},
                },
            },
        },
    },
}
EVERYWHERE = ("not-json", "not-authenticated", "not-allowed", "not-valid", "too-many", "unforeseen")
OF_A_NAME = ("not-found",)
OF_A_RECORD = ("not-found", "erased")
OF_A_BODY = ("too-large",)
RECORDS = ("key-reused", *OF_A_BODY)


def answers(*problems: str) -> Responses:
    """Document the problems that a route may answer with, those of every route among them."""
    by_status: dict[int, list[str]] = {}
    for kind in (*EVERYWHERE, *problems):
        status, title, _ = TITLES[kind]
        by_status.setdefault(status, []).append(title)
    return {
        status: {
            "description": "; ".join(dict.fromkeys(titles)),
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
        for status, titles in sorted(by_status.items())
    }


def body_of(
    model: type[BaseModel],
    media: str = "application/json",
    example: Any = None,  # noqa: ANN401 - JSON data
) -> dict[str, Any]:
    """Document the body of a request that is read by hand, so that no decimal becomes a float."""
    content: dict[str, Any] = {"schema": model.model_json_schema()}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": True, "content": {media: content}}}
