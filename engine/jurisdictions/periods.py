"""Lengths of time as law writes them, and which of two is longer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_PERIOD = re.compile(r"([1-9][0-9]{0,3}) (business day|day|month|year)s?")

# The fewest and the most days that one unit can take. Business days leave out weekends alone:
# public holidays only lengthen them.
_DAYS = {
    "business day": (Fraction(7, 5), Fraction(7, 5)),
    "day": (Fraction(1), Fraction(1)),
    "month": (Fraction(28), Fraction(31)),
    "year": (Fraction(365), Fraction(366)),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A count of one unit of the calendar."""

    count: int
    unit: str

    @property
    def fewest_days(self) -> Fraction:
        """The days that it takes at the least."""
        return self.count * _DAYS[self.unit][0]

    @property
    def most_days(self) -> Fraction:
        """The days that it can take."""
        return self.count * _DAYS[self.unit][1]

    def __str__(self) -> str:
        """Write it as in a document."""
        return f"{self.count} {self.unit}{'s' if self.count > 1 else ''}"


def parse_period(text: str) -> Period | None:
    """Read a length of time.

    >>> str(parse_period("10 business days"))
    '10 business days'
    """
    match = _PERIOD.fullmatch(text)
    return Period(int(match[1]), match[2]) if match else None
