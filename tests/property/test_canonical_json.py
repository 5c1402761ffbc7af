"""Canonical JSON has one form, whichever writer is at hand: that of the RFC's own library."""

from __future__ import annotations

from decimal import Decimal

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from engine.kernel.canonical import canonical_json

TEXTS = st.text(st.characters(codec="utf-8"))
SAFE = 2**53 - 1
LEAVES = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXTS
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(TEXTS, inner),
    max_leaves=30,
)


@given(DATA)
@example({"\ue000": "1", "\U00010000": "2"})
@example({"b": '\x00\x1f\x7f\u2028"\\/', "a": ["，", "\U0001f600"], "A": {}})
def test_both_writers_write_the_same(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", ["\ud800", ["\udfff"], {"\ud800": "x"}, {1: "x"}, 2**60, Decimal(1), {"a": {1, 2}}]
)
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical_json({"value": value})
