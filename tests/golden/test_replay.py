"""Decisions of the shipped rule sets, recorded whole: no change of the engine changes an answer unseen."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from api.folder import read_folder
from engine.content import read_content
from engine.rules.cases import cases_of, typed_inputs
from engine.rules.decision import decision_json, plain_json
from engine.rules.evaluate import decide
from tests.support.golden import assert_golden
from tests.support.source import ROOT

if TYPE_CHECKING:
    from engine.kernel.cases import CaseFile
    from engine.kernel.documents import Loaded

AT = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
OFFERS = [
    "0",
    "76.99",
    "77",
    "79.999999999999999999",
    "80",
    "85",
    "87.3",
    "89.999",
    "90",
    "97",
    "100",
]


def recorded() -> list[dict[str, object]]:
    """Decide every shipped case of a rule set, and the offer at the article's scores."""
    content = read_content(read_folder(ROOT).files)
    files: list[Loaded[CaseFile]] = [
        f for f in content.cases if ("rule_set", f.document.of) in content.versions
    ]
    given = [
        (file.document.of, version, dict(case.inputs))
        for file in files
        for case in cases_of(file.document)
        for version in case.versions or ("1.0.0",)
    ]
    band = {"assessed": "true", "band_min": "8000", "band_max": "10000"}
    given += [("offer", "1.0.0", {**band, "overall": score}) for score in OFFERS]
    found: list[dict[str, object]] = []
    for id_, version, inputs in given:
        rule_set = content.rule_set(f"{id_}@{version}", AT)
        typed = typed_inputs(rule_set, inputs)
        shown = {
            name: plain_json(value) if not isinstance(value, list | dict) else value
            for name, value in typed.items()
        }
        found.append(
            {
                "of": f"{id_}@{version}",
                "inputs": shown,
                "answer": decision_json(decide(rule_set, typed)),
            }
        )
    return found


def test_every_recorded_decision_is_given_again() -> None:
    made = recorded()
    assert len(made) >= 60
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in made)
    assert_golden("decisions.json", f"[\n{lines}\n]\n")
