"""Decisions of the shipped rule sets, recorded whole: no change of the engine changes an answer unseen."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.folder import read_folder
from api.services.decide import Case, InterviewCase, make
from api.services.replay import replay_kept
from api.store.records import Kept
from api.store.registry import Snapshot
from engine.content import read_content
from engine.kernel.json_text import read_json
from engine.rules.cases import cases_of, typed_inputs
from engine.rules.decision import decision_json, plain_json
from engine.rules.evaluate import decide
from tests.support.golden import GOLDEN, assert_golden
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


RECORDS = "records.jsonl"


def test_records_are_written_as_they_were() -> None:
    """The bodies that the service keeps, to the letter: what is stored must stay readable."""
    snapshot = Snapshot(0, read_content(read_folder(ROOT).files), frozenset())
    lines = []
    for one in recorded():
        inputs: Any = one["inputs"]
        record = make(snapshot, Case(str(one["of"]), inputs, AT, case="golden"), AT).record
        kept = {"rule_set": record.rule_set, "version": record.version, "body": dict(record.body)}
        lines.append(json.dumps(kept, ensure_ascii=False, sort_keys=True))
    assert_golden(RECORDS, "\n".join(lines) + "\n")


EVALUATIONS = "evaluations.jsonl"
EVALUATED = {
    "marketing-analyst-strong": {"band_min": "10000.00", "band_max": "14000.00"},
    "article-marketing": {},
    "article-sales": {"band_min": "8000", "band_max": "10000"},
}


def test_evaluations_are_written_as_they_were() -> None:
    """With the law and the targets that they name, and the interview itself."""
    snapshot = Snapshot(0, read_content(read_folder(ROOT).files), frozenset())
    lines = []
    for name, inputs in EVALUATED.items():
        data: Any = read_json((ROOT / f"examples/interviews/{name}.json").read_text("utf-8"), name)
        record = make(snapshot, InterviewCase(data, inputs, AT), AT).record
        kept = {"rule_set": record.rule_set, "version": record.version, "body": dict(record.body)}
        lines.append(json.dumps(kept, ensure_ascii=False, sort_keys=True))
    assert_golden(EVALUATIONS, "\n".join(lines) + "\n")


@pytest.mark.parametrize("corpus", [RECORDS, EVALUATIONS])
def test_every_record_from_before_is_decided_again_alike(corpus: str) -> None:
    snapshot = Snapshot(0, read_content(read_folder(ROOT).files), frozenset())
    differing = {}
    for number, line in enumerate((GOLDEN / corpus).read_text("utf-8").splitlines(), 1):
        given = json.loads(line)
        # Before law and targets were named, an evaluation was recorded without them.
        older = {**given, "body": {k: v for k, v in given["body"].items() if k != "named"}}
        for told in (given, older):
            kept = Kept(
                id=str(number),
                person="golden",
                decided_at=AT,
                as_of=AT,
                engine="0",
                digest="",
                **told,
            )
            if found := replay_kept(snapshot, kept):
                differing[number] = found
    assert not differing
