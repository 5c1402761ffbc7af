"""What an evaluation is recorded with: its shadows, and the law and the targets that a replay holds to."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from api.folder import read_folder
from api.services.decide import Case, InterviewCase, make
from api.services.replay import replay_kept
from api.store.records import Kept
from api.store.registry import Shadow, Snapshot
from engine.content import read_content
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import read_json
from engine.lock import LOCK_NAME, unlocked
from tests.support.source import ROOT

if TYPE_CHECKING:
    from api.services.decide import Made

AT = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
START = "2026-06-20T00:00:00+00:00"
FILES = read_folder(ROOT).files
SNAPSHOT = Snapshot(7, read_content(FILES), frozenset())
STRONG: Any = read_json(
    (ROOT / "examples/interviews/marketing-analyst-strong.json").read_text("utf-8"), "strong"
)
ASKED = InterviewCase(STRONG, {"band_min": "10000.00", "band_max": "14000.00"}, AT)
MODEL = "competency_models/marketing-analyst/1.1.0.yaml"
OFFER = "rules/offer/1.0.0.yaml"
EVIDENCE = "rules/interview-evidence/1.0.0.yaml"
LAW = "rules/jurisdictions/cn/1.0.0.yaml"
OTHER_LAW = "rules/jurisdictions/eu/1.0.0.yaml"


def changed(path: str, *edits: tuple[str, str], version: str = "9.0.0") -> dict[str, str]:
    """Write another version of a shipped document, in force before the day that is asked for."""
    before = path.rpartition("/")[2].removesuffix(".yaml")
    text = FILES[path]
    for old, new in (("version: " + before, "version: " + version), *edits):
        assert old in text, old
        text = text.replace(old, new)
    # A later start than what is shipped: from now on it is this one that is in force.
    text = re.sub(r"effective_from: \S+", f"effective_from: {START}", text)
    return {path.replace(before, version): text}


def published(more: dict[str, str]) -> Snapshot:
    """Give the shipped content with more of it, published after everything else, and reaching back."""
    files = {**FILES, **more}
    content = read_content(files)
    assert not content.found, content.found
    lines = (*content.lock, *unlocked(content.lock, content.documents(), AT))
    return replace(SNAPSHOT, content=read_content({**files, LOCK_NAME: "\n".join(map(str, lines))}))


def in_shadow(kind: str, id_: str, more: dict[str, str]) -> Made:
    """Evaluate with one version in shadow."""
    shadow = Shadow(3, kind, id_, "9.0.0", "sha256:0")
    beside = read_content({**FILES, **more})
    return make(replace(SNAPSHOT, shadows=(shadow,), beside=beside), ASKED, AT)


def kept(made: Made, *, older: bool = False) -> Kept:
    record = made.record
    body: Any = json.loads(json.dumps(dict(record.body)))
    if older:
        del body["named"]
    return Kept(record.id, "p", AT, AT, "1", record.rule_set, record.version, "", body)


@pytest.mark.parametrize(
    ("kind", "id_", "more", "differs"),
    [
        ("rule_set", "offer", changed(OFFER), ()),
        ("competency_model", "marketing-analyst", changed(MODEL, ("5: 95}", "5: 41}")), None),
        ("inference", "interview-evidence", changed(EVIDENCE), ()),
    ],
    ids=["rules", "model", "inference"],
)
def test_an_evaluation_has_shadows(
    kind: str, id_: str, more: dict[str, str], differs: tuple[str, ...] | None
) -> None:
    plain, made = make(SNAPSHOT, ASKED, AT), in_shadow(kind, id_, more)
    assert made.parts == plain.parts, "a shadow has no effect"
    (answer,) = made.shadows
    assert (answer.document, answer.in_force) == (3, "offer")
    told: Any = made.record.body["shadows"]
    (decision,) = told.values()
    assert list(told) == [f"{kind}/{id_}@9.0.0"]
    assert decision["status"] == "decided"
    if differs is None:
        assert answer.differs
    else:
        assert answer.differs == differs
    assert not replay_kept(SNAPSHOT, kept(made))


def test_a_shadow_that_breaks_stops_nothing() -> None:
    made = in_shadow(
        "competency_model",
        "marketing-analyst",
        changed(MODEL, ("evidence_from: interview-evidence", "evidence_from: nowhere")),
    )
    assert made.parts["decision"]["status"] == "decided"
    assert (made.shadows[0].shadow, made.shadows[0].differs[-1]) == ("error", "status")


def test_what_has_no_part_has_no_shadow() -> None:
    assert not in_shadow("rule_set", "benefits", {}).shadows
    assert not in_shadow("competency_model", "sales-rep-fmcg", {}).shadows


@pytest.mark.parametrize(
    "more",
    [
        changed(MODEL, ("level: 80, priority: 1", "level: 99, priority: 1")),
        changed(
            LAW,
            (
                "modality: gaze, signals: [gaze",
                "modality: speech_timing, signals: [speech_rate, gaze",
            ),
        ),
        changed(
            OTHER_LAW,
            ("blocked_modalities:\n", "blocked_modalities:\n  - {modality: text, cites: x}\n"),
        ),
    ],
    ids=["targets", "law of the case", "law of the model"],
)
def test_a_replay_holds_to_law_and_targets(more: dict[str, str]) -> None:
    made, later = make(SNAPSHOT, ASKED, AT), published(more)
    assert not replay_kept(later, kept(made))
    try:
        otherwise = bool(replay_kept(later, kept(made, older=True)))
    except DocumentError:
        otherwise = True
    assert otherwise, "else this test could not fail"


def test_a_case_holds_to_the_rules_that_its_rules_use() -> None:
    user = changed(OFFER, ("id: offer\n", "id: user\nuses: {other: offer}\n"), version="1.0.0")
    files = {path.replace("offer", "user"): text for path, text in user.items()}
    before = published(files)
    made = make(before, Case("user", {"assessed": False}, AT), AT)
    named = {(one.id, one.version) for one in before.content.rule_set("user", AT).used}
    assert ("offer", "1.0.0") in named
    after = published({**files, **changed(OFFER)})
    assert ("offer", "9.0.0") in {
        (one.id, one.version) for one in after.content.rule_set("user", AT).used
    }
    assert not replay_kept(after, kept(made))
