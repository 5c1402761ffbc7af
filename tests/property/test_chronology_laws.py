"""Laws of the calendar beyond `datetime`: where both can count they agree, and elsewhere the same laws hold."""

from __future__ import annotations

import datetime as dt
from decimal import localcontext

from hypothesis import given
from hypothesis import strategies as st

from engine.feel import Months, evaluate
from engine.feel.builtins.temporal import standard_literal, text_of
from engine.feel.chronology import (
    DAY,
    MAX_YEAR,
    Date,
    DateTime,
    add_months,
    combined,
    date_from,
    date_of,
    day_number,
    difference,
    duration_of,
    instant,
    key,
    length,
    nanoseconds,
    shifted,
    time_of,
)
from engine.feel.zones import named_zone
from engine.kernel.decimals import CONTEXT

ZONES = [named_zone(n) for n in ("Europe/Paris", "America/New_York", "Asia/Shanghai", "Etc/UTC")]
EARLIEST = dt.datetime(1950, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
LATEST = EARLIEST.replace(year=2200)
dates = st.builds(
    date_from,
    st.integers(-MAX_YEAR, MAX_YEAR) | st.integers(-5, 12_000),
    st.integers(1, 12),
    st.integers(1, 28),
)
clocks = st.builds(
    time_of,
    st.integers(0, DAY - 1) | st.integers(0, 86_399).map(lambda s: s * 1_000_000_000),
    st.none() | st.just(dt.UTC) | st.just(dt.timezone(dt.timedelta(hours=8))),
)
moments = st.builds(combined, dates, clocks)
spans = st.integers(-(10**24), 10**24)


@given(dates, st.integers(-(10**9), 10**9))
def test_days_are_counted_there_and_back(day: Date, days: int) -> None:
    number = day_number(day)
    assert date_of(number) == day
    assert day_number(date_of(number // 2 + days)) == number // 2 + days


@given(st.dates(), st.dates())
def test_days_are_those_of_datetime(one: dt.date, two: dt.date) -> None:
    assert day_number(one) == one.toordinal()
    assert length(duration_of((day_number(one) - day_number(two)) * DAY)) == length(one - two)
    assert (key(one) < key(two)) == (one < two)


@given(moments, st.integers(-(10**20), 10**20))
def test_a_moment_moves_there_and_back(moment: DateTime, count: int) -> None:
    if abs(moment.year) > MAX_YEAR - 10_000:
        return
    moved = shifted(moment, count)
    assert instant(moved) - instant(moment) == count
    assert shifted(moved, -count) == moment
    assert length(difference(moved, moment)) == count


@given(
    st.datetimes(EARLIEST, LATEST),
    st.sampled_from(ZONES),
    st.timedeltas(dt.timedelta(-9999), dt.timedelta(9999)),
)
def test_zones_are_those_of_datetime(
    naive: dt.datetime, zone: dt.tzinfo, span: dt.timedelta
) -> None:
    local = naive.replace(tzinfo=zone)
    expected = (local.astimezone(dt.UTC) + span).astimezone(zone)
    found = shifted(local, length(span))
    assert isinstance(found, dt.datetime)
    assert (found.replace(tzinfo=None), found.utcoffset()) == (
        expected.replace(tzinfo=None),
        expected.utcoffset(),
    )


@given(dates, st.integers(-10_000, 10_000))
def test_months_keep_the_day_or_the_end_of_the_month(day: Date, months: int) -> None:
    if abs(day.year) > MAX_YEAR - 1_000:
        return
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == day.day


@given(
    st.one_of(
        dates, moments, clocks, spans.map(duration_of), st.integers(-(10**9), 10**9).map(Months)
    )
)
def test_what_is_written_can_be_read(value: object) -> None:
    """`string` and the literal are inverse, for every temporal value of the standard."""
    assert standard_literal(text_of(value)) == value
    with localcontext(CONTEXT):
        assert evaluate(f'string(@"{text_of(value)}")', mode="dmn") == text_of(value)


@given(clocks, spans)
def test_a_clock_goes_round(clock: dt.time, count: int) -> None:
    moved = time_of(nanoseconds(clock) + count, clock.tzinfo)
    assert (nanoseconds(moved) - nanoseconds(clock) - count) % DAY == 0
