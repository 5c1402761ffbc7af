"""What an edit touches, and so how many must approve it."""

from __future__ import annotations

import pytest

from engine.content import read_document
from engine.publishing.stakes import stakes_of
from tests.support.registry import rule_set
from tests.support.rule_sets import shipped

OFFER = shipped("rules/offer/1.0.0.yaml")
MODEL = shipped("competency_models/sales-rep-fmcg/1.1.0.yaml")
LAW = shipped("rules/jurisdictions/eu/1.0.0.yaml")
SIGNS = shipped("rules/training-escalation/1.1.0.yaml")


def touched(text: str, *edits: tuple[str, str]) -> set[str]:
    """What these edits of a document touch."""
    changed = text
    for before, after in edits:
        assert before in changed
        changed = changed.replace(before, after)
    one, other = (read_document(each)[0] for each in (text, changed))
    assert one is not None
    assert other is not None
    return set(stakes_of(one.document, other.document))


@pytest.mark.parametrize(
    ("before", "after", "stakes"),
    [
        ("Offer and pay", "Offers and pay", ()),
        ("clause: HR-POL-07\n", "clause: HR-POL-08\n", ()),
        ("A competency was not assessed", "Not assessed", ()),
        ("en: Base salary", "en: Salary", ()),
        ("  - {id: G3,", "  - {id: G4, independent_of: assessed}\n  - {id: G3,", ()),
        ("line:      {value: 80, ", "line:      {value: 81, ", ("thresholds",)),
        ("band_min <= band_max", "band_min < band_max", ("thresholds",)),
        ('scale: 2, range: "[0..1000000]", source: finance, label: {zh: 薪资下限',
         'scale: 2, range: "[0..900000]", source: finance, label: {zh: 薪资下限',
         ("pay", "thresholds")),
        ("default: false, label", "default: true, label", ("thresholds",)),
        ("| > 0                |", "| > 1                |", ("knock_outs", "thresholds")),
        ("SCORE-MET        | HR-POL-07.1", "SCORE-MET        | HR-POL-07.2", ()),
        ("| true       | -              | -                   || human_review",
         "| false      | -              | -                   || human_review", ("knock_outs",)),
        ("round half up(inter", "round half down(inter", ("pay",)),
        ("  - {id: G2, never_worse: outcome, when_rises: overall}\n", "", ("guarantees",)),
        ("ranked: [decline_by_person, hold, ", "ranked: [hold, decline_by_person, ", ("knock_outs",)),
    ],
)  # fmt: skip
def test_a_rule_set(before: str, after: str, stakes: tuple[str, ...]) -> None:
    assert touched(OFFER, (before, after)) == set(stakes)


def test_models_and_others() -> None:
    assert touched(MODEL, ("FMCG sales", "Sales")) == set()
    assert touched(MODEL, ("体谅, ", "")) == set()
    assert touched(MODEL, ("discrepant_above: 20", "discrepant_above: 25")) == {"thresholds"}
    assert "knock_outs" in touched(MODEL, ("floor: 60", "floor: 61"))
    assert touched(LAW, ("blocked_modalities:", "blocked_modalities: #")) == set()
    assert touched(LAW, ("outcome: ", "outcome: x_")) == {"thresholds"}
    assert touched(SIGNS, ("version: 1.1.0", "version: 1.2.0")) == set()


def test_a_first_version_touches_all_it_has() -> None:
    for text, stakes in (
        (OFFER, {"thresholds", "pay", "knock_outs"}),
        (rule_set()["rules/line/1.1.0.yaml"], {"thresholds", "knock_outs"}),
        (MODEL, {"thresholds", "knock_outs"}),
        (shipped("rules/policies/hr-pol/1.0.0.yaml"), set()),
    ):
        loaded, _ = read_document(text)
        assert loaded is not None
        assert stakes_of(None, loaded.document) == stakes
