"""Requests as they come in: read with every decimal kept, and bounded."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.http.access import platform_of
from api.http.problems import ProblemError
from api.services.decide import Case, InterviewCase
from api.services.exceptions import is_own_case
from engine.kernel.documents import parse_instant
from engine.kernel.json_text import read_json

if TYPE_CHECKING:
    M = TypeVar("M", bound=BaseModel)
else:
    M = TypeVar("M")

MAX_DEPTH = 64
"""How deep lists and objects may stand in each other."""

Reference = Annotated[str, Field(max_length=121, pattern=r"^[a-z0-9.@-]+$")]


def _free(case: str) -> str:
    """Refuse the name of a case that only the service decides: what is recorded under it counts as approved."""
    if is_own_case(case):
        raise ValueError("cases of exceptions are decided by approvals alone")
    return case


CaseName = Annotated[
    str, Field(max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_free)
]
PersonName = Annotated[str, Field(max_length=64, pattern=r"^[^:\s\x00-\x1f\x7f]+$")]
LineKey = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] | None
Moment = Annotated[str, Field(max_length=40, description="RFC 3339; now, when left out")]
Ids = Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=1000)]


class RequestBody(BaseModel):
    """What every body has in common: nothing that is not asked for, and no refusal repeats what came in."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class DecisionRequest(RequestBody):
    """One case for a rule set; numbers may be JSON numbers or texts, and keep every digit."""

    rule_set: Reference = Field(examples=["offer@1.0.0"])
    inputs: dict[str, Any] = Field(
        examples=[{"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000}]
    )
    as_of: Moment | None = None
    case: CaseName | None = None
    person: PersonName | None = None
    dry_run: bool = Field(False, description="decide, and keep nothing")  # noqa: FBT003 - a default

    def asked(self, now: dt.datetime) -> Case:
        """Give the case that is asked about; raises ProblemError."""
        when = moment(self.as_of)
        return Case(
            self.rule_set, self.inputs, when or now, self.case, self.person, dated=when is not None
        )

    def own_key(self) -> str | None:
        """A case has no idempotency key of its own."""
        return None


class EvaluationRequest(RequestBody):
    """An interview to evaluate whole, with the inputs that come from elsewhere."""

    interview: dict[str, Any] = Field(description="as `evenhand schema` describes an interview")
    inputs: dict[str, Any] = Field(
        default_factory=dict, examples=[{"band_min": "10000.00", "band_max": "14000.00"}]
    )
    model: Reference | None = Field(None, description="another model than the interview names")
    rules: Reference = "offer"
    as_of: Moment | None = None
    case: CaseName | None = None
    person: PersonName | None = Field(None, description="the candidate, when left out")
    dry_run: bool = Field(False, description="evaluate, and keep nothing")  # noqa: FBT003 - a default

    def asked(self, now: dt.datetime) -> InterviewCase:
        """Give the interview that is asked about; raises ProblemError."""
        when, candidate = moment(self.as_of), self.interview.get("candidate")
        return InterviewCase(
            self.interview,
            self.inputs,
            when or now,
            self.rules,
            self.model,
            self.case,
            self.person or (candidate if isinstance(candidate, str) else None),
            dated=when is not None,
        )

    def own_key(self) -> str | None:
        """The same interview again is the same request: its id is its idempotency key."""
        return f"interview:{self.interview.get('id')}"[:200]


class BatchDecision(DecisionRequest):
    """A line of a batch."""

    key: LineKey = Field(None, description="the idempotency key of this line")


class BatchEvaluation(EvaluationRequest):
    """A line of a batch with an interview."""

    key: LineKey = Field(None, description="the idempotency key of this line")


class WhatIfRequest(RequestBody):
    """The inputs that are changed; all others stay as they were recorded."""

    changes: dict[str, Any] = Field(max_length=200, examples=[{"overall": "79.9"}])


class PlanRequest(RequestBody):
    """A role, scores by competency (0 to 100), and what the plan may take."""

    role: str = Field(max_length=80, examples=["sales-rep-fmcg"])
    scores: dict[str, Any] = Field(max_length=200, examples=[{"negotiation": "72"}])
    limits: dict[str, Any] = Field(
        default_factory=dict, examples=[{"budget": "3000", "hours_a_week": "6", "weeks": 12}]
    )
    passed: Ids = Field(default_factory=list)
    booked: Ids = Field(default_factory=list)
    forced: Ids = Field(default_factory=list)
    excluded: Ids = Field(default_factory=list)
    preference: str | None = Field(None, max_length=80)
    seconds: Annotated[int, Field(ge=1, le=60)] = 10
    why: bool = Field(False, description="say what stood to choose")  # noqa: FBT003 - a default
    as_of: Moment | None = None


class ReplanRequest(RequestBody):
    """A plan with what became of it since; `plan` or the `decision` that an evaluation recorded."""

    decision: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    plan: dict[str, Any] | None = Field(None, description="a plan, or a proposal of another day")
    enrolment: dict[str, Any] = Field(examples=[{"learner": "cand-7f3a91", "booked": []}])
    xapi: str = Field("", description="xAPI statements: an array, or one a line")
    csv: str = Field("", description="results or ratings of mentors as CSV")
    limits: dict[str, Any] = Field(default_factory=dict)
    as_of: Moment | None = None


async def read_raw(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes; raises ProblemError."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise ProblemError("too-large", f"{limit} bytes")
        parts.append(part)
    return b"".join(parts)


def body_as(model: type[BaseModel], *, is_draft: bool = False) -> Any:  # noqa: ANN401 - FastAPI's own
    """Give the dependency that reads a body as `model`; only drafts may be large."""

    async def read(request: Request) -> BaseModel:
        settings = platform_of(request).settings
        limit = settings.max_draft_bytes if is_draft else settings.max_body_bytes
        raw = request.state.body = await read_raw(request, limit)
        # No body says nothing, as `{}` does.
        return parse(raw or b"{}", model)

    return Depends(read)


def body_in(request: Request) -> bytes:
    """Give the body that a route's dependency has read."""
    found: bytes = request.state.body
    return found


def parse(raw: bytes, model: type[M]) -> M:
    """Read JSON with its decimals kept: no number becomes a float on the way; raises ProblemError, DocumentError."""
    return checked(parse_json(raw), model)


def parse_json(raw: bytes) -> object:
    """Read JSON that is no deeper than `MAX_DEPTH`; raises ProblemError, DocumentError."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProblemError("not-json", "UTF-8") from None
    data = read_json(text, "body")
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(data):
        raise ProblemError("not-json", f"> {MAX_DEPTH}")
    return data


def checked(data: object, model: type[M]) -> M:
    """Hold data against the shape of a request; raises ProblemError without what came in."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        where = "; ".join(
            f"{'.'.join(str(step)[:80] for step in one['loc'])}: {one['msg']}"
            for one in error.errors()[:5]
        )
        raise ProblemError("not-json", where) from None


def moment(text: str | None, name: str = "as_of") -> dt.datetime | None:
    """Read an instant (RFC 3339); raises ProblemError that names the field."""
    if text is None:
        return None
    try:
        return parse_instant(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ProblemError("not-json", name) from None


def _is_deep(data: object) -> bool:
    """Whether anything stands deeper than allowed; without recursion, for it may be very deep."""
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            for inner in (
                one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            )
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
