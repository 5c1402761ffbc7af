"""Several laws make one: lists united, the strictest length of each, and contradictions by name."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.jurisdictions.documents import Jurisdiction
from engine.jurisdictions.merge import (
    NO_LAW,
    AssessmentDue,
    Ground,
    Law,
    blocked,
    blocked_inputs,
    human_decides,
    merge,
)
from engine.jurisdictions.periods import Period, parse_period
from engine.kernel.documents import Loaded, load_text
from engine.kernel.errors import DocumentError
from tests.support.interviews import JURISDICTIONS, jurisdiction

NOON = dt.datetime(2026, 6, 15, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))

HEAD = """\
schema_version: "1"
kind: jurisdiction
id: {id}
version: 1.0.0
title: {{zh: 某地, en: Somewhere}}
owner: legal
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-POL-03
"""


def place(name: str, body: str) -> Loaded[Jurisdiction]:
    return load_text(Jurisdiction, HEAD.format(id=name) + body, f"{name}.yaml")


def united(*laws: Loaded[Jurisdiction], as_of: dt.datetime = NOON) -> Law:
    known = {one.document.id: one for one in laws}
    return merge(known, known, as_of)


def faults(body: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        place("a", body)
    return [one.code.id for one in caught.value.diagnostics]


def test_lists_are_united_and_say_why() -> None:
    law = united(
        place("a", "blocked_modalities:\n  - {modality: gaze, cites: Act 1}\n"),
        place(
            "b",
            "blocked_modalities:\n  - {modality: gaze, cites: Act 2}\n"
            "  - {modality: voice_emotion, cites: Act 3}\n",
        ),
    )
    assert blocked(law, "gaze") == (Ground("a", "Act 1"), Ground("b", "Act 2"))
    assert blocked(law, "voice_emotion") == (Ground("b", "Act 3"),)
    assert blocked(law, "text") == ()
    assert [one.id for one in law.used] == ["a", "b"]


def test_no_law_blocks_nothing() -> None:
    assert blocked(NO_LAW, "gaze") == blocked_inputs(NO_LAW, "age") == ()
    assert human_decides(NO_LAW, "decline_by_person") == ()


def test_a_proxy_is_blocked_with_its_attribute() -> None:
    law = united(
        place("a", "blocked_inputs:\n  - {attribute: age, proxies: [birth_year], cites: Act 1}\n")
    )
    assert (
        blocked_inputs(law, "age") == blocked_inputs(law, "birth_year") == (Ground("a", "Act 1"),)
    )
    assert blocked_inputs(law, "birthday_cake") == ()


@pytest.mark.parametrize(("day", "holds"), [(14, False), (15, True), (20, True), (21, False)])
def test_an_entry_holds_from_its_first_day_to_its_last(day: int, holds: bool) -> None:
    one = place(
        "a",
        "human_decides:\n  - {outcome: hold, cites: Act 1, from: 2026-06-15, to: 2026-06-20}\n",
    )
    law = united(one, as_of=NOON.replace(day=day))
    assert bool(human_decides(law, "hold")) is holds


def test_the_day_is_that_of_the_place_that_asks() -> None:
    one = place("a", "human_decides:\n  - {outcome: hold, cites: Act 1, from: 2026-06-15}\n")
    late = dt.datetime.fromisoformat("2026-06-14T23:30:00-05:00")
    assert not human_decides(united(one, as_of=late), "hold")
    assert human_decides(united(one, as_of=late + dt.timedelta(hours=1)), "hold")


def test_the_longest_notice_holds() -> None:
    law = united(
        place(
            "a", "notice:\n  - {before: test, text_id: one, at_least: 10 business days, cites: A}\n"
        ),
        place("b", "notice:\n  - {before: test, text_id: two, at_least: 13 days, cites: B}\n"),
        place("c", "notice:\n  - {before: test, text_id: one, cites: C}\n"),
    )
    due = law.notices["test"]
    assert str(due.at_least) == "10 business days"
    assert due.texts == ("one", "two")
    assert [ground.cites for ground in due.grounds] == ["A", "B", "C"]


def test_a_notice_without_a_time() -> None:
    law = united(place("a", "notice:\n  - {before: test, text_id: one, cites: A}\n"))
    assert law.notices["test"].at_least is None


def test_the_strictest_retention_holds() -> None:
    law = united(
        place("a", "retention:\n  - {what: log, at_least: 6 months, then: review, cites: A}\n"),
        place("b", "retention:\n  - {what: log, at_least: 3 years, then: review, cites: B}\n"),
        place("c", "retention:\n  - {what: log, at_most: 10 years, then: erase, cites: C}\n"),
        place("d", "retention:\n  - {what: log, at_most: 5 years, then: review, cites: D}\n"),
    )
    keep = law.retention["log"]
    assert (str(keep.at_least), str(keep.at_most), keep.erase) == ("3 years", "5 years", True)


def test_a_contradiction_names_both_sources() -> None:
    with pytest.raises(DocumentError) as caught:
        united(
            place(
                "a", "retention:\n  - {what: log, at_least: 3 years, then: review, cites: Act 1}\n"
            ),
            place("b", "retention:\n  - {what: log, at_most: 1 year, then: erase, cites: Act 2}\n"),
        )
    (found,) = caught.value.diagnostics
    assert found.message() == (
        "`log` is kept at least 3 years (`a`: Act 1) and at most 1 year (`b`: Act 2)"
    )
    assert str(found.span) == "b.yaml:10:26"


def test_one_extends_another() -> None:
    base = place("base", "blocked_modalities:\n  - {modality: gaze, cites: Act 1}\n")
    town = place("town", "extends: [base]\n")
    known = {"base": base, "town": town}
    law = merge(["town"], known, NOON)
    assert blocked(law, "gaze") == (Ground("base", "Act 1"),)
    assert [one.id for one in law.used] == ["base", "town"]
    assert merge(["town", "base", "town"], known, NOON) == law


def test_an_unknown_name_is_guessed() -> None:
    town = place("town", "extends: [bse]\n")
    with pytest.raises(DocumentError) as caught:
        merge(["town", "twon"], {"town": town, "base": place("base", "")}, NOON)
    assert [(str(one.span), one.near) for one in caught.value.diagnostics] == [
        ("None", "town"),
        ("town.yaml:9:11", "base"),
    ]


def test_a_cycle_prints_its_path() -> None:
    known = {"a": place("a", "extends: [b]\n"), "b": place("b", "extends: [a]\n")}
    with pytest.raises(DocumentError) as caught:
        merge(["a"], known, NOON)
    assert [one.message() for one in caught.value.diagnostics] == [
        "the jurisdiction extends itself: `a` → `b` → `a`"
    ]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("10 business days", Period(10, "business day")),
        ("1 day", Period(1, "day")),
        ("6 months", Period(6, "month")),
        ("0 days", None),
        ("ten days", None),
        ("P10D", None),
        ("10  days", None),
    ],
)
def test_lengths_of_time_are_read(text: str, period: Period | None) -> None:
    assert parse_period(text) == period


def test_a_document_is_checked() -> None:
    assert faults("notice:\n  - {before: x, text_id: y, at_least: a while, cites: A}\n") == [
        "LAW-VALUE-001"
    ]
    assert faults("retention:\n  - {what: log, then: erase, cites: A}\n") == ["LAW-VALUE-002"]
    head = "impact_assessment:\n  - {cites: A, renew: "
    assert faults(head + "material_change, source_url: the law}\n") == ["LAW-VALUE-003"]
    assert faults(head + "now and then}\n") == ["DOC-TYPE-009"]
    assert faults("blocked_modalities:\n  - {modality: gaze}\n") == ["DOC-KEY-001"]
    assert faults("blocked_modalities:\n  - {modality: smell, cites: A}\n") == ["DOC-TYPE-009"]


@pytest.mark.parametrize("name", JURISDICTIONS)
def test_the_shipped_law_blocks_what_a_face_shows(name: str) -> None:
    law = merge([name], {name: jurisdiction(name)}, NOON)
    assert blocked(law, "face_expression")
    assert blocked_inputs(law, "birth_year")
    assert not blocked(law, "text")
    assert not blocked(law, "speech_timing")


def test_the_shipped_law_of_all_places_agrees() -> None:
    law = merge(JURISDICTIONS, {name: jurisdiction(name) for name in JURISDICTIONS}, NOON)
    assert str(law.notices["assessment"].at_least) == "10 business days"
    assert str(law.retention["decision_log"].at_least) == "3 years"
    assert human_decides(law, "decline_by_person")


def test_an_assessment_is_due_by_the_strictest_law() -> None:
    def law(renew: str, cites: str) -> str:
        return f"impact_assessment:\n  - {{cites: {cites}, renew: {renew}}}\n"

    seldom, often = place("a", law("material_change", "A")), place("b", law("every_version", "B"))
    assert united(place("c", "")).assessment is None
    assert united(seldom).assessment == AssessmentDue(False, (Ground("a", "A"),))
    both = (Ground("a", "A"), Ground("b", "B"))
    assert united(seldom, often).assessment == AssessmentDue(True, both)


def test_the_shipped_law_asks_for_assessments() -> None:
    known = {name: jurisdiction(name, "1.1.0") for name in ("cn", "eu")}

    def cited(year: int) -> list[str]:
        due = merge(known, known, dt.datetime(year, 12, 2, tzinfo=dt.UTC)).assessment
        return [] if due is None else [ground.cites for ground in due.grounds]

    assert cited(2026) == ["个人信息保护法 第55–56条", "GDPR Art. 35"]
    assert cited(2027) == [*cited(2026), "AI Act Art. 27"]
    entries = [one for law in known.values() for one in law.document.impact_assessment]
    assert all(one.source_url and one.note for one in entries)
    assert not any(one.reviewed_on for one in entries), "nobody has reviewed them yet"


def test_the_high_risk_duties_begin_in_december_2027() -> None:
    eu = {"eu": jurisdiction("eu")}
    before = merge(["eu"], eu, dt.datetime(2027, 12, 1, tzinfo=dt.UTC))
    after = merge(["eu"], eu, dt.datetime(2027, 12, 2, tzinfo=dt.UTC))
    assert before.retention["decision_log"].grounds == (Ground("eu", "HR-POL-03.5"),)
    assert after.retention["decision_log"].grounds == (Ground("eu", "AI Act Art. 26(6)"),)
