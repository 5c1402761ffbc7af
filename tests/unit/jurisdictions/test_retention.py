"""Lengths of time on the calendar: the day until which a thing is kept, and when it is due."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jurisdictions.merge import Keep
from engine.jurisdictions.periods import Period, parse_period
from engine.jurisdictions.retention import after, retained

DAY = dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("day", "period", "expected"),
    [
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2024-02-29", "3 years", "2027-02-28"),
        ("2026-11-30", "6 months", "2027-05-30"),
        ("2026-01-31", "30 days", "2026-03-02"),
        ("2026-01-30", "1 business day", "2026-02-02"),
        ("2026-01-31", "5 business days", "2026-02-09"),
        ("9999-12-01", "1 month", "9999-12-31"),
        ("9999-12-01", "9999 years", "9999-12-31"),
        ("9999-12-01", "9999 business days", "9999-12-31"),
    ],
)
def test_a_day_after_a_period(day: str, period: str, expected: str) -> None:
    length = parse_period(period)
    assert length is not None
    assert after(dt.date.fromisoformat(day), length).isoformat() == expected


@given(
    st.dates(max_value=dt.date(9000, 1, 1)),
    st.integers(1, 400),
    st.sampled_from(["day", "business day", "month", "year"]),
)
def test_a_period_takes_the_days_that_it_can_take(day: dt.date, count: int, unit: str) -> None:
    period = Period(count, unit)
    days = (after(day, period) - day).days
    slack = 4 if unit == "business day" else 3
    assert period.fewest_days - slack <= days <= period.most_days + slack


def test_what_is_kept_is_due_the_day_after() -> None:
    due = retained(DAY, Keep(Period(1, "month"), None, erase=False, grounds=()))
    assert (due.is_due(dt.date(2026, 2, 28)), due.is_due(dt.date(2026, 3, 1))) == (False, True)
    most = retained(DAY, Keep(None, Period(1, "day"), erase=True, grounds=()))
    assert (most.is_late(dt.date(2026, 2, 1)), most.is_due(dt.date(2026, 2, 2))) == (False, True)
