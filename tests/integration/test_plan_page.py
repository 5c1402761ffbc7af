"""The page of a plan in a real browser: on a phone, on a desk and on paper, and alone in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser import page_of_width
from tests.support.golden import GOLDEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {lang: GOLDEN / "plans" / f"article.{lang}.html" for lang in ("zh", "en")}


def opened(page: Page, lang: str) -> list[str]:
    """Open a page from its file; gives what it asked for besides itself, and what it complained of."""
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.goto(PAGES[lang].as_uri())
    return heard[1:]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_over_the_side_and_nothing_is_asked_for(width: int) -> None:
    with page_of_width(width) as page:
        for lang in PAGES:
            assert opened(page, lang) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("document.documentElement.lang") == {"zh": "zh-Hans"}.get(
                lang, "en"
            )


def test_a_reader_by_ear_or_keyboard_gets_the_whole() -> None:
    with page_of_width(390) as page:
        opened(page, "en")
        assert page.get_by_role("img", name="Learning plan: sales-rep-fmcg").count() == 1
        assert page.get_by_role("heading", level=1).inner_text() == "Learning plan: sales-rep-fmcg"
        assert page.get_by_role("listitem").count() == 4
        page.keyboard.press("Tab")
        # The wide picture can be scrolled by the keyboard.
        assert page.evaluate("document.activeElement.className") == "picture"


def test_texts_of_the_picture_stay_inside_it() -> None:
    with page_of_width(1280) as page:
        for lang in PAGES:
            opened(page, lang)
            outside = page.evaluate(
                """() => { const frame = document.querySelector('svg').getBoundingClientRect();
                return [...document.querySelectorAll('svg text')].filter(text => {
                  const box = text.getBoundingClientRect();
                  return box.left < frame.left - 1 || box.right > frame.right + 1; }).length }"""
            )
            assert outside == 0
