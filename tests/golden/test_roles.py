"""The reference page of roles says what the tables say."""

from __future__ import annotations

from tests.support.golden import assert_golden
from tests.support.roles_page import roles_page


def test_the_page_says_both_tables() -> None:
    assert_golden("../../docs/reference/roles.md", roles_page())
