"""The shapes of answers, with examples, as the API's description tells of them; what is masked may be missing."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_NEXT = Field(None, description="give it as `after` to have the next page")
_HASH = "sha256:d06110f10291572ced36298401de91b900f0a8b714e3f8edbaba0f04b770f98b"

# --- decisions -------------------------------------------------------------------------------------

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


class ExceptionAnswer(_Answer):
    """An exception as it was decided last; `decision` is that of its own rules."""

    id: str = Field(examples=[_ID])
    outcome: str | None = Field(None, examples=["waiting"])
    recorded_as: str = Field(description="the id of that decision", examples=[_ID])
    approvals: dict[str, Any] = Field(
        examples=[{"hr_director": {"by": "li", "at": "2026-11-25T08:00:00+00:00"}}]
    )
    decision: dict[str, Any] = Field(examples=[_DECISION])


class CountAnswer(_Answer):
    """How many exceptions came to what, by kind."""

    exceptions: dict[str, dict[str, int]] = Field(examples=[{"above_cap": {"granted": 1}}])


# --- versions --------------------------------------------------------------------------------------


class VersionAnswer(_Answer):
    """A version: how far it is, who wrote and approved it; a step also says what was found."""

    kind: str = Field(examples=["rule_set"])
    id: str = Field(examples=["offer"])
    version: str = Field(examples=["1.1.0"])
    state: Literal[
        "draft", "checked", "submitted", "approved", "published", "suspended", "discarded"
    ]
    hash: str | None = Field(description="of what the document means", examples=[_HASH])
    digest: str = Field(description="of the files, to the letter", examples=[_HASH])
    authors: list[str]
    created_at: str
    published_at: str | None
    shadow_since: str | None
    blockers: int | None = Field(description="findings in the way; null where nobody has looked")
    needs: int | None = Field(description="how many others have to approve")
    approvals: list[dict[str, Any]]
    waivers: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    changed: bool | None = Field(None, description="whether this step changed anything")
    findings: list[dict[str, Any]] | None = None
    files: dict[str, str] | None = Field(
        None, description="by path, where one version is asked for"
    )


class VersionPage(_Answer):
    """Versions without their files."""

    versions: list[dict[str, Any]]
    next: str | None = _NEXT


class InForceAnswer(_Answer):
    """Which version was in force on a day, as it was known on another."""

    kind: str
    id: str
    version: str
    hash: str
    as_of: str
    known_at: str
    suspended: bool = Field(description="whether people decided then, whatever was in force")
    effective_from: str
    recorded: str = Field(description="when it was published")


class HistoryPage(_Answer):
    """Every step of a document's versions, the latest first."""

    kind: str
    id: str
    history: list[dict[str, Any]]
    next: str | None = _NEXT


class DifferenceAnswer(_Answer):
    """What changed between two versions, in words, and of rule sets who can gain and lose."""

    before: dict[str, Any]
    after: dict[str, Any]
    edits: list[dict[str, Any]]
    impacts: list[dict[str, Any]] | None = None


class DecidedPage(_Answer):
    """The decisions that a version made."""

    hash: str | None
    count: int
    decisions: list[dict[str, Any]]
    next: str | None = _NEXT


class AgreementAnswer(_Answer):
    """How a version in shadow agrees with the one in force."""

    version: str
    hash: str | None
    shadow_since: str | None
    decisions: int
    same: int
    differ: int
    share: str | None = Field(description="an exact fraction", examples=["19/20"])
    pairs: list[dict[str, Any]]
    parts: dict[str, int]
    differing: list[dict[str, Any]]
    next: str | None = _NEXT


class StopAnswer(_Answer):
    """Whether a document is stopped."""

    kind: str
    id: str
    suspended: bool
    changed: bool


# --- people ----------------------------------------------------------------------------------------


class LinksAnswer(_Answer):
    """What other systems call a person."""

    external_ids: list[dict[str, Any]] = Field(
        examples=[[{"system": "ats", "id": "A-17", "since": "2026-11-25T08:00:00+00:00"}]]
    )


class HoldAnswer(_Answer):
    """A legal hold, by the id that lifts it."""

    id: str = Field(examples=[_ID])


class ErasureAnswer(_Answer):
    """What was erased, and where else there is something to erase."""

    event: str = Field(description="its entry in the log", examples=[_ID])
    erased_at: str
    records: int
    to_erase_elsewhere: list[dict[str, Any]]


class ExportAnswer(_Answer):
    """Everything that is kept about a person."""

    person: str
    made_at: str
    known_elsewhere: list[dict[str, Any]] | str | None = None
    decisions: list[dict[str, Any]]
    events: list[dict[str, Any]]
    holds: dict[str, str] | list[str]
    demographics: dict[str, str] | None = None


class OutcomesAnswer(_Answer):
    """Outcomes by what people declared; small groups are not told."""

    people: int
    unknown: int | None
    outcomes: dict[str, dict[str, int]]
    selection: dict[str, Any]
    scoring: dict[str, Any] | None


# --- access ----------------------------------------------------------------------------------------


class CredentialsAnswer(_Answer):
    """Keys, clients, sessions and links that are good, without their secrets."""

    credentials: list[dict[str, Any]]


class ShownAnswer(_Answer):
    """A secret, shown this once: `id` and `key`, or `client_id` and `client_secret`."""

    id: str | None = None
    key: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class PeopleAnswer(_Answer):
    """The people with a password, and their roles."""

    people: list[dict[str, Any]]


class PersonAnswer(_Answer):
    """What somebody was given; a one-time password for who is new."""

    name: str
    grants: list[str]
    one_time_password: str | None


class LinkAnswer(_Answer):
    """The link of a candidate, shown this once."""

    link: str
    case: str
    ends_at: str


class TokenAnswer(_Answer):
    """A token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class ReadyAnswer(_Answer):
    """Whether the database answers."""

    status: Literal["ready", "waiting"]
