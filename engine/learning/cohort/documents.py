"""A cohort as it is given, and its plan as it is answered."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator

from engine.kernel.canonical import ContentHash
from engine.kernel.diagnostics import Code
from engine.kernel.documents import (
    Count,
    Day,
    Flag,
    Identifier,
    Name,
    Number,
    SemVer,
    Shape,
    Text,
    reject,
)
from engine.learning.documents import OUT_OF_RANGE, Amount, CatalogUsed, Hours, Percent
from engine.learning.schedule.documents import Meeting

BAD_PERSON = Code(
    "COHORT-VALUE-001",
    "`{text}` is not an id of 1 to 80 letters, digits, `-`, `_` and `.`",
    "`{text}` 不是由 1 到 80 个字母、数字、`-`、`_` 和 `.` 组成的编号",
    "give each hire the id that your system knows them by, and no name",
    "请使用贵方系统中的编号，不要用姓名",
)
_LONGEST_ID = 80


def _person(text: str) -> str:
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    if not (plain.isalnum() and len(text) <= _LONGEST_ID):
        raise reject(BAD_PERSON, text=text[:_LONGEST_ID])
    return text


def _count(low: int, high: int) -> AfterValidator:
    def check(number: int) -> int:
        if not low <= number <= high:
            raise reject(OUT_OF_RANGE, text=number, range=f"[{low}..{high}]")
        return number

    return AfterValidator(check)


PersonId: TypeAlias = Annotated[str, AfterValidator(_person)]
Weeks: TypeAlias = Annotated[Count, _count(0, 520)]
Weight: TypeAlias = Annotated[Count, _count(1, 1000)]


class Hire(Shape):
    """One hire: the scores, from when and how much a week, and what the waiting rule asks for."""

    id: PersonId
    role: Identifier
    scores: dict[Name, Percent]
    arrival: Day
    hours_a_week: Hours
    site: str | None = None
    languages: tuple[str, ...] | None = None
    budget: Amount | None = None
    passed: tuple[Identifier, ...] = ()
    priority: Annotated[Count, _count(1, 5)] = 3
    weeks_waited: Weeks = 0
    probation_ends: Day | None = None


class Cohort(Shape):
    """The hires that are planned together."""

    schema_version: Literal["1"]
    kind: Literal["cohort"]
    hires: tuple[Hire, ...]


# --- the plan, as it is answered -----------------------------------------------------------------


class Waiting(Shape):
    """What the waiting rule said of a hire.

    A week until a gap closes weighs `weight`, and `weight_past_limit` once the hire has waited
    more than `limit` weeks for the others.
    """

    weight: Weight
    weight_past_limit: Weight
    limit: Weeks
    reasons: tuple[Text, ...] = ()


class RulesUsed(Shape):
    """The rule set that weighed the waiting."""

    id: Identifier
    version: SemVer
    hash: ContentHash


class PlacedItem(Shape):
    """An item of a hire with its weeks, counted from 1; `session` where it is dated.

    `meetings` are its days, or nothing where the days of a week do not hold what its hours do.
    """

    item: Identifier
    name: Text
    first_week: Count
    last_week: Count
    hours: Number
    pool: Identifier | None
    session: Day | None
    site: str | None
    meetings: tuple[Meeting, ...]


class HireGap(Shape):
    """A gap of a hire: the week in which it closes, and the week in which it would close alone.

    `week` is absent where nothing closes it in the weeks that are planned; `waits` is the
    difference, in weeks; `reachable` is false where no set of items can close it at all.
    """

    competency: Name
    name: Text
    week: Count | None
    alone: Count | None
    waits: Count | None
    overdue: Flag
    reachable: Flag


class HirePlan(Shape):
    """What one hire does in which week."""

    hire: PersonId
    role: Identifier
    arrival_week: Count
    waiting: Waiting
    gaps: tuple[HireGap, ...]
    items: tuple[PlacedItem, ...]
    alike: tuple[PersonId, ...]
    """Hires who are the same in everything that counts, in the order in which they are served."""


Aim: TypeAlias = Literal["unmet", "weeks"]


class Reached(Shape):
    """One aim: its value, a bound that no plan of the listed options can beat, and the gap in percent.

    The gap is rounded up; `arrival_order` is what serving one after another would give.
    """

    aim: Aim
    value: Count
    bound: Count
    gap: Number
    proved: Flag
    arrival_order: Count


class Bottleneck(Shape):
    """A mentor pool in a week, or a session, that is full; `saves` is what one more slot brings.

    Solved again with one more slot: the weighted weeks that are saved, after the gaps it closes.
    """

    pool: Identifier | None
    item: Identifier | None
    name: Text
    week: Count
    site: str | None
    slots: Count
    closes: Count | None
    saves: Count | None
    price: Number


class PoolWeek(Shape):
    """How many slots of a pool are taken in a week."""

    pool: Identifier
    week: Count
    taken: Count
    slots: Count


class CohortPlan(Shape):
    """The plan of a cohort over `weeks` weeks from the Monday `start`."""

    schema_version: Literal["1"]
    kind: Literal["cohort_plan"]
    catalog: CatalogUsed
    rules: RulesUsed | None
    cohort: ContentHash
    start: Day
    weeks: Count
    proved: Flag
    aims: tuple[Reached, ...]
    hires: tuple[HirePlan, ...]
    pools: tuple[PoolWeek, ...]
    bottlenecks: tuple[Bottleneck, ...]
    options: Count
    options_left_out: Count
