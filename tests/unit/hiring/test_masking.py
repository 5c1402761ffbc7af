"""Sensitive fields under their masks, and the check digit of ID numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hiring.masking import (
    KINDS,
    MASKED,
    Sight,
    is_id_number,
    mask_id_number,
    masked,
    sensitive_in,
)

if TYPE_CHECKING:
    import datetime as dt


def check_digit(first: str) -> str:
    """GB 11643 as the standard's table of weights has it: an oracle of another form."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11
    return "10X98765432"[rest]


@given(
    st.integers(110000, 659999),
    st.dates().filter(lambda day: day.year >= 1000),
    st.integers(0, 999),
)
def test_the_check_digit_is_the_standards(region: int, born: dt.date, order: int) -> None:
    first = f"{region}{born:%Y%m%d}{order:03}"
    right = check_digit(first)
    assert [d for d in "0123456789X" if is_id_number(first + d)] == [right]
    assert mask_id_number(first + right) == f"{first[:3]}{'*' * 11}{first[-3:]}{right}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11010519491231002",
        "110105194913310021",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002XX",
    ],
)
def test_what_is_no_id_number(text: str) -> None:
    assert not is_id_number(text)


def test_masks_reach_every_depth() -> None:
    given_ = {
        "name": "林安",
        "score": "80",
        "history": [{"phone": "13912345678", "email": "lin.an@example.com", "bank_account": 5}],
        "address": {"city": "上海"},
        "id_number": "123",
        "birth_date": None,
    }
    assert masked(given_) == {
        "name": "林**",
        "score": "80",
        "history": [{"phone": "139****5678", "email": "l***@example.com", "bank_account": "***"}],
        "address": "***",
        "id_number": "***",
        "birth_date": None,
    }


@given(
    st.sampled_from(sorted(name for name, kind in KINDS.items() if kind in MASKED)),
    st.text(min_size=3, max_size=40),
)
def test_a_mask_never_shows_the_whole(name: str, text: str) -> None:
    assert masked({name: text}) != {name: text} or "*" in text


def test_short_texts_are_hidden_whole() -> None:
    short = {"phone": "1234567", "email": "nobody", "name": "林"}
    assert set(masked(short).values()) == {"***"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the input `band_min` is 12345.678, with too many places", "the input `band_min` is ***, with too many places"),
        ("the input `band_min` must be a number, and `abc12345` is not", "the input `band_min` must be a number, and `***` is not"),
        ("the input `overall` is 11010519491231002X, outside", "the input `overall` is 110***********002X, outside"),
        ("the input `overall` is 120, outside [0..100]", "the input `overall` is 120, outside [0..100]"),
    ],
)  # fmt: skip
def test_a_fault_quotes_nothing_that_is_hidden(said: str, shown: str) -> None:
    fault = {"code": "INPUT-003", "at": None, "zh": said, "en": said}
    sight: Sight = {"pay": "hidden", "id_number": "masked"}
    assert masked([fault], sight) == [{**fault, "zh": shown, "en": shown}]
    assert masked([fault], {}) == [fault]


def test_a_reading_of_a_fault_is_one_of_the_field() -> None:
    said = "the input `identity` must be one of these, and `ill` is not"
    fault = {"code": "INPUT-003", "at": None, "zh": said, "en": said}
    assert sensitive_in({"faults": [fault]}, {}) == ["identity"]


def test_a_course_has_a_name_for_everybody() -> None:
    course = {"name": {"zh": "谈判", "en": "Negotiation"}}
    assert masked(course, {"contact": "masked"}) == masked(course, {"contact": "hidden"}) == course
    assert sensitive_in(course, {}) == []
    assert masked({"name": "Ann"}, {"contact": "hidden"}) == {}
