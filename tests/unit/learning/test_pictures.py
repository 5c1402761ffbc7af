"""A plan drawn and as a page: well-formed, whole, within its frame, and with nothing from outside."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning.choices import PlanChoices, weigh_choices
from engine.learning.page import plan_page
from engine.learning.pictures import WIDTH, TimeAxis, TimeBar, _fitted, _wide, draw_plan
from engine.learning.plan import plan
from engine.learning.situation import describe_situation
from tests.support.catalogs import item, shipped_graph, small_graph, teaches, text
from tests.support.golden import assert_golden

if TYPE_CHECKING:
    from engine.learning.documents import LearningPlan

SCORES = {"negotiation": Decimal(70), "customer_orientation": Decimal(70)}
SVG = "{http://www.w3.org/2000/svg}"


def article() -> tuple[LearningPlan, PlanChoices]:
    graph, role = shipped_graph(), "sales-rep-fmcg"
    made = plan(graph, role, SCORES)
    return made, weigh_choices(describe_situation(graph, role, SCORES), made)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_picture_of_the_articles_person(lang: Any) -> None:  # noqa: ANN401
    made, choices = article()
    drawn = draw_plan(made, lang, rejected=choices.rejected)
    assert_golden(f"plans/article.{lang}.svg", drawn)
    said = "".join(ET.fromstring(drawn).itertext())  # noqa: S314 - our own text
    for step in made.steps:
        assert step.name[lang] in said
    for rejected in choices.rejected:
        assert rejected.name[lang] in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_the_articles_person(lang: Any) -> None:  # noqa: ANN401
    made, choices = article()
    page = plan_page(made, lang, choices=choices)
    assert_golden(f"plans/article.{lang}.html", page)
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!http://www.w3.org)""", page) == []
    assert "default-src 'none'" in page


def test_an_axis_of_ones_own_is_drawn() -> None:
    made, _ = article()
    bars = tuple(TimeBar(s.item, Decimal(n), Decimal(n + 1)) for n, s in enumerate(made.steps))
    axis = TimeAxis(bars, ((Decimal(0), "12-07"), (Decimal(4), "12-11")), Decimal(len(bars)))
    assert "12-11" in draw_plan(made, "en", time=axis)


def test_without_a_gap_and_without_steps_there_is_still_a_picture() -> None:
    graph = small_graph(items=[item("course", teaches("listen", "0.4"))])
    made = plan(graph, "seller", {"talk": Decimal(90)})
    for lang in ("zh", "en"):
        drawn = draw_plan(made, lang)
        ET.fromstring(drawn)  # noqa: S314 - our own text
        assert plan_page(made, lang).count("<svg") == 1


@settings(max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=4))
def test_any_name_is_drawn_as_text_within_the_frame(names: list[str]) -> None:
    items = [
        {**item(f"i{n}", teaches("listen", "0.1")), "name": text(name)}
        for n, name in enumerate(names)
    ]
    made = plan(small_graph(items=items), "seller", {"talk": Decimal(60)})
    clean = "".join(names).translate(dict.fromkeys(range(32), ""))
    if not clean.isprintable():
        return
    root = ET.fromstring(draw_plan(made, "en"))  # noqa: S314 - our own text
    assert {node.tag for node in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "rect", "text", "path", "g")
    }
    for box in root.iter(f"{SVG}rect"):
        assert 0 <= int(box.get("x", "0")) <= WIDTH
        assert int(box.get("x", "0")) + int(box.get("width", "0")) <= WIDTH


@given(st.text(max_size=120), st.integers(60, 220), st.integers(1, 3))
def test_a_fitted_text_keeps_to_its_lines(words: str, width: int, most: int) -> None:
    lines = _fitted(words, width, most)
    assert 1 <= len(lines) <= most
    for line in lines:
        assert sum(map(_wide, line)) <= width + 2 * _wide("…") + _wide("字")
