"""The reference of the routes is what the API says of itself."""

from __future__ import annotations

from tests.support.golden import assert_golden
from tests.support.routes_page import routes_page


def test_the_reference_of_the_routes_is_current() -> None:
    assert_golden("../../docs/reference/routes.md", routes_page())
