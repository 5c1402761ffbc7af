"""The schedule of a plan as it is answered: its weeks, its dates, what is late and what would help."""

from __future__ import annotations

from typing import Literal, TypeAlias

from engine.kernel.canonical import ContentHash
from engine.kernel.documents import Count, Day, Flag, Identifier, Number, Shape, Text


class Meeting(Shape):
    """Hours of one step on one day."""

    date: Day
    hours: Number


class ScheduledStep(Shape):
    """A step of the plan with its days; `site` where it is a dated session."""

    item: Identifier
    name: Text
    first: Day
    last: Day
    site: str | None
    meetings: tuple[Meeting, ...]


class ScheduledWeek(Shape):
    """The week from `monday` on, and the hours in it."""

    monday: Day
    hours: Number


class LateStep(Shape):
    """A step that ends after the deadline, and by how many days."""

    item: Identifier
    name: Text
    last: Day
    days: Count


class Unplaced(Shape):
    """A step that has no place in any week, and why."""

    item: Identifier
    name: Text
    reason: Text


RemedyKind: TypeAlias = Literal["hours_a_week", "deadline", "start", "site"]


Status: TypeAlias = Literal["fits", "late", "impossible"]


class Remedy(Shape):
    """One change by itself with which the whole plan fits: tried, and told in words."""

    change: RemedyKind
    value: str
    text: Text


class Schedule(Shape):
    """The plan `plan` over weeks: it fits, ends late, or has steps without any place.

    `earliest_week` is the Monday of the first week in which any schedule could end; `proved` says
    that this one ends in that week.
    """

    schema_version: Literal["1"]
    kind: Literal["schedule"]
    plan: ContentHash
    role: Identifier
    start: Day
    deadline: Day | None
    hours_a_week: Number
    site: str | None
    status: Status
    finish: Day | None
    earliest_week: Day | None
    proved: Flag
    weeks: tuple[ScheduledWeek, ...]
    steps: tuple[ScheduledStep, ...]
    late: tuple[LateStep, ...]
    unplaced: tuple[Unplaced, ...]
    remedies: tuple[Remedy, ...]
