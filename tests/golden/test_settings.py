"""The reference page of the settings says what can be set."""

from __future__ import annotations

from tests.support.golden import assert_golden
from tests.support.settings_page import settings_page


def test_the_page_says_every_setting() -> None:
    assert_golden("../../docs/reference/settings.md", settings_page())
