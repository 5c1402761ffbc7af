"""The change of a weight seen through the offer: who loses, who gains, and how far at most."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from api.folder import default_folder, read_folder
from engine.analysis.models import ModelPair
from engine.content import read_content
from engine.rules.impact import Impact, find_impacts

if TYPE_CHECKING:
    from engine.content import Content

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
BAND = {"band_min": Decimal(8000), "band_max": Decimal(10000)}


@cache
def content() -> Content:
    return read_content(read_folder(default_folder()).files)


@cache
def pair() -> ModelPair:
    first, second = (
        content().model(f"sales-rep-fmcg@{version}", NOW).document for version in ("1.0.0", "1.1.0")
    )
    return ModelPair(first, second, content().rule_set("offer", NOW), BAND)


@cache
def impacts() -> dict[tuple[str, str], Impact]:
    return {(i.output, i.direction): i for i in find_impacts(pair())}


def test_the_change_can_take_an_offer_away_from_a_named_person() -> None:
    lost = impacts()["outcome", "loss"]
    before, after = lost.example
    assert lost.verdict == "shown"
    assert (before.version, after.version) == ("1.0.0", "1.1.0")
    assert before.decision.outcomes["outcome"] == "offer"
    assert after.decision.outcomes["outcome"] == "human_review"
    scores = {c.id for c in pair().first.competencies}
    assert scores <= before.inputs.keys()
    assert {n: before.inputs[n] for n in scores} == {n: after.inputs[n] for n in scores}


def test_and_give_one_to_another() -> None:
    before, after = impacts()["outcome", "gain"].example
    assert before.decision.outcomes["outcome"] != "offer"
    assert after.decision.outcomes["outcome"] == "offer"


def test_the_largest_raise_and_cut_are_shown_and_proved() -> None:
    # A raise is largest where a full score in what weighs more now meets the line exactly: 10 points of
    # weight move from the others' mean of 75 to 100, which is 2.5 points, and 200 a point.
    most: dict[str, tuple[Decimal | None, Decimal | None]] = {
        i.direction: (i.most, i.bound)
        for (name, _), i in impacts().items()
        if name == "base_salary"
    }
    assert most["gain"] == (Decimal(500), Decimal(500))
    # A cut is largest at the cap, with the new weight on the least score that the floor allows: 37.5
    # points below the others' mean of 97.5, by 10 points of weight.
    assert most["loss"] == (Decimal(750), Decimal(750))
    for (name, direction), impact in impacts().items():
        if name == "base_salary":
            before, after = (s.decision.outcomes["base_salary"] for s in impact.example)
            assert abs(after - before) == most[direction][0]  # type: ignore[operator]
            assert (after > before) == (direction == "gain")  # type: ignore[operator]


@settings(max_examples=300)
@given(st.lists(st.decimals(0, 100, places=2), min_size=4, max_size=4))
def test_nobody_gains_or_loses_more(scores: list[Decimal]) -> None:
    case = dict(zip([c.id for c in pair().first.competencies], scores, strict=True))
    before, after = pair().shown({**case, "discrepant": False, "min_confidence": Decimal(1)})
    pay = [s.decision.outcomes.get("base_salary") for s in (before, after)]
    if all(isinstance(p, Decimal) for p in pay):
        assert -750 <= pay[1] - pay[0] <= 500  # type: ignore[operator]
