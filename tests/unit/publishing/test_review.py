"""What stands in the way of a version, said in both languages, and what is let through by name."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from engine.content import read_content
from engine.kernel.diagnostics import Code
from engine.kernel.errors import DocumentError
from engine.lock import LOCK_NAME, unlocked
from engine.publishing import draft as draft_module
from engine.publishing import review as review_module
from engine.publishing.assessment import material_changes
from engine.publishing.draft import read_draft
from engine.publishing.review import Circumstances, Review, review
from tests.support.follow_ups import content
from tests.support.golden import assert_golden, rendered
from tests.support.registry import BEGAN, rule_set

if TYPE_CHECKING:
    from engine.content import Content

FUNCTION = """
functions:
  reaches: {type: boolean, params: {s: {type: number}}, value: s >= line}

decisions:
  outcome:"""
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
FIRST = rule_set("1.0.0", line="60", start="2026-01-01T00:00:00+00:00")
PATH = "rules/line/1.1.0.yaml"
OPEN = "\n  - {id: G2, always: 'sqrt(score) * sqrt(score) <= score + 1'}"
USER = """schema_version: "1"
kind: rule_set
id: user
version: 1.0.0
title: {zh: 用, en: User}
owner: hr
effective_from: 2026-01-01T00:00:00+00:00
clause: HR-2
feel: "1"
inputs:
  score: {type: number, range: "[0..100]", scale: 1}
uses:
  line: line
decisions:
  passes: {type: boolean, value: line.reaches(score)}
guarantees:
  - {id: U1, always: "if score >= 70 then passes else true"}
"""


def published(**more: str) -> Content:
    """What is published already."""
    files = {**FIRST, **more}
    lines = unlocked((), read_content(files).documents(), BEGAN)
    return read_content({**files, LOCK_NAME: "".join(f"{line}\n" for line in lines)})


def reviewed(files: dict[str, str], base: Content | None = None, **given: Any) -> Review:  # noqa: ANN401 - circumstances
    """Review a draft of `line` 1.1.0."""
    whole = Circumstances(NOW, **given)
    return review(base or published(), *read_draft(files, "rule_set", "line", "1.1.0"), whole)


def golden(found: tuple[Any, ...], code: str, text: str) -> None:
    chosen = next(one for one in found if one.code.id == code)
    assert_golden(f"diagnostics/{code}.txt", rendered(chosen, text))


def test_nothing_stands_in_the_way_of_a_sound_version() -> None:
    found = reviewed(rule_set())
    assert (found.blockers, found.notes, found.waived) == ((), (), ())
    assert (found.stakes, found.approvers) == (("thresholds",), 2)


def test_a_case_that_fails() -> None:
    files = rule_set(low="offer")
    golden(reviewed(files).blockers, "PUBLISH-001", files[PATH])


def test_a_guarantee_that_is_refuted_cannot_be_waived() -> None:
    files = rule_set(more="\n  - {id: G2, always: 'outcome = \"offer\"'}")
    found = reviewed(files, waived=frozenset({"G2"}))
    golden(found.blockers, "PUBLISH-002", files[PATH])


def test_a_guarantee_that_is_not_proved_can() -> None:
    files = rule_set(more=OPEN)
    golden(reviewed(files).blockers, "PUBLISH-003", files[PATH])
    found = reviewed(files, waived=frozenset({"G2", "G9"}))
    assert (found.blockers, found.waived) == ((), ("G2",))


def test_a_table_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing, and a solver that does not know, leave the question open."""
    monkeypatch.setattr("engine.rules.showing.Cases.show", lambda *_: None)
    monkeypatch.setattr("engine.rules.showing.Cases.prove", lambda *_: False)
    files = rule_set(rest="< line ")
    files = {path: text.replace(">= line", "> line ") for path, text in files.items()}
    golden(reviewed(files).blockers, "PUBLISH-004", files[PATH])
    found = reviewed(files, waived=frozenset({"outcome"}))
    assert "PUBLISH-004" not in {one.code.id for one in found.blockers}


LAW = """schema_version: "1"
kind: jurisdiction
id: eu
version: 1.0.0
title: {zh: 欧盟, en: EU}
owner: hr
effective_from: 2026-01-01T00:00:00+00:00
clause: HR-3
impact_assessment:
  - {cites: GDPR Art. 35, from: 2026-06-15, renew: material_change}
"""
LATER = "2026-07-01T00:00:00+00:00"


def under_law(files: dict[str, str]) -> dict[str, str]:
    """Put the rule set under the law of the EU."""
    return {
        path: text.replace("\ninputs:", "\njurisdictions: [eu]\n\ninputs:")
        for path, text in files.items()
    }


def test_an_assessment_that_a_jurisdiction_wants() -> None:
    base = published(**{"rules/jurisdictions/eu/1.0.0.yaml": LAW})
    files = under_law(rule_set(start=LATER))
    golden(reviewed(files, base).blockers, "PUBLISH-005", files[PATH])
    assert not reviewed(files, base, assessed=frozenset({"1.1.0"})).blockers
    assert not reviewed(rule_set(start=LATER), base).blockers
    # The law begins between the day of the review and that of the version: the latter counts.
    assert not reviewed(under_law(rule_set(start="2026-06-14T00:00:00+00:00")), base).blockers


def test_an_earlier_assessment_counts_until_more_is_known_of_people() -> None:
    base = published(**under_law(FIRST), **{"rules/jurisdictions/eu/1.0.0.yaml": LAW})
    first = frozenset({"1.0.0"})
    files = under_law(rule_set(start=LATER))
    assert not reviewed(files, base, assessed=first).blockers
    more = {
        path: text.replace("\nparams:", "  tenure: {type: number, default: 0}\n\nparams:")
        for path, text in files.items()
    }
    golden(reviewed(more, base, assessed=first).blockers, "PUBLISH-010", more[PATH])
    data = {path: text.replace("human_set", "data_derived") for path, text in files.items()}
    found = reviewed(data, base, assessed=first).blockers
    assert [(one.code.id, one.args["what"]) for one in found] == [("PUBLISH-010", "`line`")]
    every = LAW.replace("material_change", "every_version")
    base = published(**under_law(FIRST), **{"rules/jurisdictions/eu/1.0.0.yaml": every})
    found = reviewed(files, base, assessed=first).blockers
    assert [one.code.id for one in found] == ["PUBLISH-005"]


def test_what_is_new_is_told_of_every_kind_of_document() -> None:
    shipped = content()
    model = shipped.version("competency_model", "sales-rep-fmcg", "1.2.0").document
    assert material_changes(model, model) == []
    fewer = model.model_copy(
        update={"indicators": dict(list(model.indicators.items())[1:]), "competencies": ()}
    )
    assert next(iter(model.indicators)) in material_changes(fewer, model)
    assert material_changes(model, fewer) == []
    inference = shipped.version("inference", "interview-evidence", "1.0.0").document
    none = inference.model_copy(update={"facts": {}})
    assert len(material_changes(none, inference)) == sum(map(len, inference.facts.values()))


def test_a_version_without_cases_is_noted() -> None:
    files = {PATH: rule_set()[PATH]}
    base = published()
    base.cases.clear()
    golden(reviewed(files, base).notes, "PUBLISH-006", files[PATH])


def with_function(files: dict[str, str]) -> dict[str, str]:
    """Let others ask whether a score reaches the line."""
    return {p: t.replace("\ndecisions:\n  outcome:", FUNCTION) for p, t in files.items()}


def test_a_version_that_reaches_back_is_noted() -> None:
    files = rule_set(start="2026-04-01T00:00:00+00:00")
    found = reviewed(files)
    assert found.blockers == ()
    golden(found.notes, "PUBLISH-009", files[PATH])


def test_what_it_breaks_elsewhere_stands_in_the_way() -> None:
    mine = with_function(FIRST)
    base = published(**mine, **{"rules/user/1.0.0.yaml": USER})
    found = reviewed(with_function(rule_set()), base)
    assert [(one.code.id, one.args["of"]) for one in found.blockers] == [("PUBLISH-002", "user")]
    assert not reviewed(with_function(rule_set(line="65")), base).blockers
    found = reviewed(rule_set(line="65"), base)
    assert any(one.span and one.span.path.startswith("rules/user/") for one in found.blockers)


def test_what_was_broken_before_does_not() -> None:
    cases = """schema_version: "1"
kind: cases
of: user
cases:
  - {id: never, inputs: {score: 5}, expect: {passes: true}}
"""
    files = {
        **with_function(FIRST),
        "rules/user/1.0.0.yaml": USER.replace("score >= 70", "score >= 90"),
        "rules/user/cases.yaml": cases,
    }
    draft = with_function(rule_set())
    assert not reviewed(draft, published(**files)).blockers
    files["rules/user/cases.yaml"] = cases.replace("score: 5", "score: 70")
    found = reviewed(draft, published(**files))
    assert [(one.code.id, one.args["case"]) for one in found.blockers] == [("PUBLISH-001", "never")]


def test_only_what_belongs_is_a_draft() -> None:
    files = rule_set()
    stray = {**files, "rules/user/1.0.0.yaml": USER}
    with pytest.raises(DocumentError) as raised:
        read_draft(stray, "rule_set", "line", "1.1.0")
    golden(raised.value.diagnostics, "PUBLISH-007", USER)
    with pytest.raises(DocumentError) as raised:
        read_draft(files, "rule_set", "line", "1.2.0")
    golden(raised.value.diagnostics, "PUBLISH-008", "")
    others = {**files, "rules/line/cases.yaml": files["rules/line/cases.yaml"].replace("line", "x")}
    with pytest.raises(DocumentError):
        read_draft(others, "rule_set", "line", "1.1.0")
    with pytest.raises(DocumentError):
        read_draft({PATH: "a: ["}, "rule_set", "line", "1.1.0")


def test_every_code_has_its_example() -> None:
    known = {
        value.id
        for module in (review_module, draft_module)
        for value in vars(module).values()
        if isinstance(value, Code) and value.id.startswith("PUBLISH")
    }
    assert known == {f"PUBLISH-{number:03}" for number in range(1, 11)}


def test_a_guarantee_that_nothing_changed_is_held_against_the_version_named() -> None:
    same = rule_set(line="60", more="\n  - {id: U1, unchanged_from: 1.0.0}")
    assert reviewed(same).blockers == ()
    other = rule_set(line="61", more="\n  - {id: U1, unchanged_from: 1.0.0}")
    assert [one.args["id"] for one in reviewed(other).blockers] == ["U1"]
