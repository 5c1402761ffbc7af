"""Exact decimals: the one arithmetic context, how numbers are read, and how they are written."""

from __future__ import annotations

import re
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

DIGITS = 34
"""Significant digits of a FEEL number (DMN 1.5, 10.3.2.3.1: IEEE 754-2008 Decimal128)."""

CONTEXT = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
"""The context of every calculation; set at the doors, so that plain operators can be used inside."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_LONGEST = 6200


def parse_number(text: str) -> Decimal | None:
    """Read digits with an optional sign and point; `1e3`, `1_000`, `010` and over 34 digits give None."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text) or _LEADING_ZERO.match(text):
        return None
    number = Decimal(text)
    return number if len(text) <= DIGITS or fits(number) else None


def fits(number: Decimal) -> bool:
    """Whether `number` is finite and needs no more than 34 digits."""
    if not number.is_finite() or abs(number.adjusted()) > CONTEXT.Emax:
        return False
    digits = number.as_tuple().digits
    return len(digits) <= DIGITS or not any(digits[DIGITS:])


def decimal_text(number: Decimal) -> str:
    """Write a number canonically: no exponent, no trailing zeros, no minus before zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def plain_number(number: Decimal) -> Decimal:
    """Give the same number without trailing zeros, an exponent that can be written out, or a minus zero."""
    if not number:
        return Decimal(0)
    plain = number.normalize(CONTEXT)
    if int(plain.as_tuple().exponent) > 0 and plain.adjusted() < DIGITS:
        return plain.quantize(Decimal(1), context=CONTEXT)
    return plain


def from_fraction(value: Fraction) -> Decimal:
    """Turn an exact rational into the nearest decimal of 34 digits."""
    return CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
