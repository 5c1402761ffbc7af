"""Where a learner stands with each item at one moment, read from results in any order."""

from __future__ import annotations

import datetime as dt
import operator
import re
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import CONTEXT
from engine.learning.results.documents import ItemState, identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.learning.documents import LearningItem
    from engine.learning.results.documents import Booking, Enrolment, LearningResult, Status
    from engine.learning.skill_graph import SkillGraph

FULL = Decimal(100)
_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_FINEST = Decimal("0.0001")
_WEEK = dt.timedelta(days=7)


def meets(threshold: str, number: Decimal) -> bool:
    """Whether a number fulfils a threshold such as `>= 80`, exactly."""
    sign, wanted = re.fullmatch(r"([<>=]+) ?(.+)", threshold).groups()  # type: ignore[union-attr]
    return bool(_COMPARE[sign](number, Decimal(wanted)))


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures of one item at one moment: the latest of each, and how often it was failed."""

    item: str
    status: Status
    completion: Decimal | None = None
    exam: Decimal | None = None
    rating: int | None = None
    rating_week_before: int | None = None
    failures: int = 0
    passed_at: dt.datetime | None = None
    results: tuple[LearningResult, ...] = ()


def stand(
    item: LearningItem, results: Sequence[LearningResult], as_of: dt.datetime, *, due: bool = False
) -> Standing:
    """Read where a learner stands with `item`; `results` are theirs, in the ledger's order.

    An exam below the pass mark, a failure that the source reports, and a completion below the mark
    when the item is due are failures. What was passed stays passed.
    """
    ours = tuple(one for one in results if one.item == item.id and one.at <= as_of)
    completion = exam = None
    failures, failing = 0, False
    passed_at: dt.datetime | None = None
    for one in ours:
        failed = _failed(item, one)
        # A report that repeats the score or the failure before it tells of the same attempt.
        again = one.exam == exam if one.exam is not None else failing
        failures += bool(failed) and not (again and failures)
        completion = one.completion if one.completion is not None else completion
        exam = one.exam if one.exam is not None else exam
        failing = failed if failed is not None else failing
        if passed_at is None and not failing and _passed(item, completion, exam, one):
            passed_at = one.at
    late = due and passed_at is None and not _complete(item, completion)
    status: Status = "begun" if ours else "not_begun"
    if passed_at is not None:
        status = "passed"
    elif failing or late:
        status = "failed"  # also where nothing came in by the day it was due
    this_week, week_before = _ratings(ours, as_of)
    return Standing(
        item=item.id,
        status=status,
        completion=completion,
        exam=exam,
        rating=this_week,
        rating_week_before=week_before,
        failures=failures + (late and not failing),
        passed_at=passed_at,
        results=ours,
    )


def _failed(item: LearningItem, one: LearningResult) -> bool | None:
    """Whether a result fails the item; None if it says nothing of that."""
    mark = item.pass_mark.exam if item.pass_mark else None
    if one.exam is not None and mark is not None:
        return not meets(mark, one.exam)
    return None if one.success is None else not one.success


def _passed(
    item: LearningItem, completion: Decimal | None, exam: Decimal | None, last: LearningResult
) -> bool:
    """Whether all marks are met; without an exam score the source's word counts for the exam."""
    mark, success = item.pass_mark, last.success
    if mark is None or (mark.completion is None and mark.exam is None):
        return success is True or completion == FULL
    sat = mark.exam is None or success is True or (exam is not None and meets(mark.exam, exam))
    # Who passed the exam of a course without an account of its completion has done it.
    unknown = completion is None and mark.exam is not None and success is True
    return sat and (unknown or _complete(item, completion))


def _complete(item: LearningItem, completion: Decimal | None) -> bool:
    mark = item.pass_mark.completion if item.pass_mark else None
    return mark is None or (completion is not None and meets(mark, completion))


def _ratings(
    results: Iterable[LearningResult], as_of: dt.datetime
) -> tuple[int | None, int | None]:
    """Give the latest ratings of the seven days up to `as_of`, and of the seven before those."""
    this_week = week_before = None
    for one in results:
        if one.rating is not None and one.at > as_of - _WEEK:
            this_week = one.rating
        elif one.rating is not None and one.at > as_of - 2 * _WEEK:
            week_before = one.rating
    return this_week, week_before


def elapsed(booking: Booking | None, as_of: dt.datetime) -> Decimal:
    """Give the share of the time that has passed, in percent, rounded down.

    100 from the day after the item is due; 0 where nobody said when it is due: then completion
    is not judged.
    """
    if booking is None or as_of.date() <= booking.starts:
        return Decimal(0)
    if as_of.date() > booking.due:
        return FULL
    whole = Decimal((booking.due - booking.starts).days + 1)
    gone = Decimal((as_of.date() - booking.starts).days)
    return CONTEXT.divide(gone * FULL, whole).quantize(_FINEST, ROUND_FLOOR)


def bookings_of(enrolment: Enrolment) -> dict[str, Booking]:
    """Give the booking of each item; of several the one that is due last."""
    return {one.item: one for one in sorted(enrolment.booked, key=lambda one: one.due)}


def describe(graph: SkillGraph, standing: Standing) -> ItemState:
    """Write a standing as a part of a document."""
    return ItemState(
        item=standing.item,
        name=graph.items[standing.item].name,
        status=standing.status,
        completion=standing.completion,
        exam=standing.exam,
        rating=standing.rating,
        failures=standing.failures,
        passed_at=standing.passed_at,
        rests_on=tuple(identity_of(one) for one in standing.results),
    )
