"""Learning results as they come in, and what follows from them, as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from engine.kernel.canonical import ContentHash, canonical_json, content_hash
from engine.kernel.diagnostics import Code
from engine.kernel.documents import (
    Count,
    Day,
    Flag,
    Identifier,
    Instant,
    Name,
    Number,
    SemVer,
    Shape,
    Text,
    reject,
)
from engine.learning.documents import LearningPlan, Percent

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = Code(
    "RESULT-VALUE-001",
    "this text has {size} characters; 1 to {limit} are allowed here",
    "此处文字有 {size} 个字符，应为 1 到 {limit} 个",
    "shorten it, or fill it in",
    "请缩短或补上",
)
NOT_A_RATING = Code(
    "RESULT-VALUE-002",
    "`{text}` is not a rating from 1 to 5",
    "`{text}` 不是 1 到 5 的评级",
    "write a whole number; what the mentor says in words goes into the comment",
    "请写整数；导师的文字意见请写入评语",
)


def _sized(limit: int) -> BeforeValidator:
    """Make a check that a text has 1 to `limit` characters once the space around it is gone."""

    def check(value: object) -> object:
        if not isinstance(value, str):
            return value
        if not 1 <= len(value.strip()) <= limit:
            raise reject(LENGTH, size=len(value.strip()), limit=limit)
        return value.strip()

    return BeforeValidator(check)


def _rating() -> Callable[[object], int]:
    def check(value: object) -> int:
        for rating in range(1, 6):
            if value in {rating, str(rating)} and not isinstance(value, bool):
                return rating
        raise reject(NOT_A_RATING, text=str(value)[:40])

    return check


Key: TypeAlias = Annotated[str, _sized(200)]
"""An id given by another system: a statement, a learner, a source."""
Words: TypeAlias = Annotated[str, _sized(4000)]
Rating: TypeAlias = Annotated[
    int,
    BeforeValidator(_rating()),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5}),
]
"""A rating on the behaviourally anchored scale, 1 to 5."""

AlertName: TypeAlias = str
"""A name that a rule set gives: `low_completion`, `low_exam`, `failed_again`, …"""


def identity_of(document: Shape) -> ContentHash:
    """Name a document by what stands in it; read back from JSON it has the same name."""
    return content_hash(canonical_json(document.model_dump(mode="json")))


# --- what comes in -------------------------------------------------------------------------------


class LearningResult(Shape):
    """One thing that was reported about one learner and one item, at one time, by one source.

    `completion` and `exam` are percentages, 0 to 100. `text` is kept and never scored.
    """

    schema_version: Literal["1"] = "1"
    kind: Literal["learning_result"] = "learning_result"
    id: Key
    learner: Key
    item: Identifier
    at: Instant
    source: Key
    completion: Percent | None = None
    exam: Percent | None = None
    success: Flag | None = None
    rating: Rating | None = None
    text: Words | None = None


class OutsideNames(Shape):
    """What other systems call items and learners; null passes over what is none of ours."""

    items: dict[str, Identifier | None] = Field(default_factory=dict)
    learners: dict[str, Key | None] = Field(default_factory=dict)


class Booking(Shape):
    """An item that a learner is booked on, from its first day to the day it is due."""

    item: Identifier
    starts: Day
    due: Day


class Pause(Shape):
    """A time in which nothing is held against a learner; an end that is left out is open."""

    because: Literal["approved_leave", "accommodation_pending"]
    starts: Day | None = None
    ends: Day | None = None


class Enrolment(Shape):
    """What one learner is booked on, and what stands in the way."""

    schema_version: Literal["1"]
    kind: Literal["enrolment"]
    learner: Key
    booked: tuple[Booking, ...] = ()
    pauses: tuple[Pause, ...] = ()
    unavailable: tuple[Identifier, ...] = ()


# --- what follows --------------------------------------------------------------------------------


class UsedDocument(Shape):
    """A document that an answer rests on, named by its content."""

    kind: str
    id: str
    version: SemVer
    hash: str


Status: TypeAlias = Literal["not_begun", "begun", "failed", "passed"]


class ItemState(Shape):
    """Where a learner stands with one item: the latest of each figure, and the results behind it."""

    item: Identifier
    name: Text
    status: Status
    completion: Number | None
    exam: Number | None
    rating: Count | None
    failures: Count
    passed_at: Instant | None
    rests_on: tuple[ContentHash, ...]


class SkillEstimate(Shape):
    """The estimate of one skill: its level, and mean and variance of the log-deficit behind it."""

    skill: Name
    name: Text
    level: Number
    mean: Number
    variance: Number


class Estimate(Shape):
    """The level of a competency, where 90 of 100 such people lie, and how likely its target is met.

    `chance` is a percentage; `skills` are what a plan starts from.
    """

    competency: Name
    name: Text
    level: Number
    low: Number
    high: Number
    target: Number | None
    chance: Number | None
    skills: tuple[SkillEstimate, ...]


class Alert(Shape):
    """What HR is told of one item; open, or closed by a later result."""

    item: Identifier
    name: Text
    alert: AlertName
    level: Literal["warn", "urgent"]
    reason: Text
    clause: str
    since: Instant
    closed_at: Instant | None = None
    closed_by: ContentHash | None = None
    rests_on: tuple[ContentHash, ...]


class Task(Shape):
    """Something for a person to do about an alert."""

    item: Identifier
    name: Text
    assignee: str
    what: str


class Measure(Shape):
    """What may help with an alert: a kind of help, and the items of the catalog that give it."""

    item: Identifier
    name: Text
    what: str
    items: tuple[Identifier, ...]


class Suppressed(Shape):
    """A finding that raises no alert, and why."""

    item: Identifier
    name: Text
    alert: AlertName
    because: tuple[str, ...]


class Addition(Shape):
    """An item that good progress adds to a plan; this is no alert."""

    item: Identifier
    add: Identifier
    name: Text
    reason: Text
    clause: str


class StartScore(Shape):
    """The score of a competency from which a plan began."""

    competency: Name
    score: Number


class Baseline(Shape):
    """What was known before any result counts: scores, when they were taken, what was passed by then.

    It stays the same through all versions of a plan, so that no result counts twice.
    """

    scores: tuple[StartScore, ...]
    passed: tuple[Identifier, ...]
    since: Instant | None


class FollowUp(Shape):
    """What became of one learner's plan by one moment."""

    schema_version: Literal["1"]
    kind: Literal["follow_up"]
    learner: Key
    role: Identifier
    as_of: Instant
    plan: ContentHash
    baseline: Baseline
    states: tuple[ItemState, ...]
    estimates: tuple[Estimate, ...]
    alerts: tuple[Alert, ...]
    closed: tuple[Alert, ...]
    tasks: tuple[Task, ...]
    measures: tuple[Measure, ...]
    suppressed: tuple[Suppressed, ...]
    additions: tuple[Addition, ...]
    undated: tuple[Identifier, ...]
    used: tuple[UsedDocument, ...]
    executor: Literal["durable", "reference"]
    digest: ContentHash


class Change(Shape):
    """What becomes of one item in a new plan, and why."""

    item: Identifier
    name: Text
    booked: bool
    why: Text


class Chance(Shape):
    """How likely a target is met, in percent: as things stand, and with the new plan."""

    competency: Name
    name: Text
    target: Number
    now: Number
    planned: Number


class PlanProposal(Shape):
    """A new version of a plan, for a person to accept, edit or let be; the old one is kept."""

    schema_version: Literal["1"]
    kind: Literal["plan_proposal"]
    status: Literal["proposed"]
    learner: Key
    as_of: Instant
    number: Count
    replaces: ContentHash
    follow_up: ContentHash
    baseline: Baseline
    because: tuple[Alert, ...]
    task: Task | None
    plan: LearningPlan
    done: tuple[Identifier, ...]
    kept: tuple[Change, ...]
    added: tuple[Change, ...]
    dropped: tuple[Change, ...]
    moved: tuple[Change, ...]
    booked_changes: Count
    chances: tuple[Chance, ...]


class Link(Shape):
    """One step of the way back: a document or a part of one, named, and what it rests on."""

    kind: str
    id: str
    hash: ContentHash | None
    says: Text
    rests_on: tuple[str, ...]


class ProbationRecord(Shape):
    """A probation result with all that it rests on; `incomplete` is for a person to decide."""

    schema_version: Literal["1"]
    kind: Literal["probation_record"]
    learner: Key
    as_of: Instant
    status: Literal["decided", "incomplete"]
    completion: Number | None
    exam: Number | None
    mentor_rating: Number | None
    training_effect: Number | None
    performance: Number | None
    score: Number | None
    outcome: str | None
    missing: tuple[str, ...]
    reasons: tuple[Text, ...]
    follow_up: ContentHash
    plan: ContentHash
    used: tuple[UsedDocument, ...]
    way_back: tuple[Link, ...]
