"""Publishing over HTTP and by SQL on both databases: what passes, and what is refused whoever asks."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.services import publish as steps
from api.store.drafts import find_version
from engine.publishing.review import Review
from tests.support.databases import DATABASES
from tests.support.registry import BEGAN, Office, open_office, rule_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

OTHER = "sha256:" + "0" * 64
UNPROVED = "\n  - {id: G2, always: 'sqrt(score) * sqrt(score) <= score + 1'}"


@pytest.fixture(params=DATABASES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A service with the small company's rules."""
    with open_office(request.param, tmp_path) as opened:
        yield opened


def submitted(office: Office, **changed: str) -> str:
    """Draft and submit a version; gives its digest."""
    digest: str = office.draft(**changed)["digest"]
    office.do("ann", "submit")
    return digest


def sql(office: Office, statement: str, **values: object) -> str:
    """Run a statement as whoever has the database; gives why it was refused, or nothing."""
    connecting = office.platform.engine.connect().execution_options(writes=True)
    with connecting as connection:
        try:
            with connection.begin():
                connection.execute(text(statement), values)
        except IntegrityError as error:
            return str(error.orig)
    return ""


def placed(office: Office, id_: str) -> Any:  # noqa: ANN401 - JSON data
    """Wait until an entry has its place in the log: on PostgreSQL that takes a moment."""
    for _ in range(600):
        proof = office.call("cai", "GET", f"/log/entries/{id_}/proof").json()
        if proof["index"] is not None:
            return proof
        time.sleep(0.1)
    pytest.fail("the entry has no place after a minute")


def kind_of(answer: Any) -> tuple[int, str]:  # noqa: ANN401 - a response
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_a_version_passes_from_draft_to_publication(office: Office) -> None:
    drafted = office.draft()
    assert (drafted["state"], drafted["changed"]) == ("draft", True)
    assert office.draft()["changed"] is False
    checked = office.do("ann", "check")
    assert (checked["state"], checked["needs"]) == ("checked", 2)
    assert [one["code"] for one in checked["findings"]] == ["PUBLISH-009"]  # it reaches back
    assert checked["stakes"] == ["thresholds"]
    assert office.do("ann", "submit", {"reason": "a higher line"})["state"] == "submitted"
    assert office.decide(70)["decision"]["outcomes"] == {"outcome": "offer"}
    one = office.approve("bob", drafted["digest"])
    assert (one.json()["state"], one.json()["needs"]) == ("submitted", 2)
    assert kind_of(office.call("cai", "POST", "1.1.0/publish", {})) == (409, "not-approved")
    assert office.approve("cai", drafted["hash"]).json()["state"] == "approved"
    assert office.approve("cai", drafted["hash"]).json()["changed"] is False
    published = office.do("cai", "publish")
    assert published["state"] == "published"
    assert office.do("cai", "publish")["changed"] is False
    made = office.decide(70)
    assert made["decision"]["outcomes"] == {"outcome": "human_review"}
    listed = office.call("cai", "GET", "/rule-sets/line").json()
    standing = {one["version"]: one["standing"] for one in listed["versions"]}
    assert standing == {"1.0.0": "superseded", "1.1.0": "in_force"}
    decided = office.call("cai", "GET", "1.1.0/decisions").json()
    assert (decided["count"], decided["decisions"][0]["id"]) == (1, made["id"])

    history = office.call("ann", "GET", "history").json()["history"]
    verbs = [(one["verb"], one["who"]) for one in history]
    assert verbs == [
        ("published", "cai"),
        ("approved", "cai"),
        ("approved", "bob"),
        ("submitted", "ann"),
        ("checked", "ann"),
        ("drafted", "ann"),
        ("taken_over", "starter"),
    ]
    assert all(one["intact"] for one in history)
    assert history[-1]["recorded"] == BEGAN.isoformat()
    for one in history:
        assert one["entry"] in placed(office, one["step"])["leaf"]

    changed = office.call("ann", "GET", "diff?before=1.0.0&after=1.1.0").json()
    assert [one["text"] for one in changed["edits"]][1:] == ["params · line · value: 60 → 80"]
    assert any("can get worse" in one["text"][0] for one in changed["impacts"])


def test_two_times_tell_what_was_known(office: Office) -> None:
    digest = submitted(office)
    for who in ("bob", "cai"):
        office.approve(who, digest)
    recorded = office.do("cai", "publish")["published_at"]
    asked = "in-force?as_of=2026-07-01T00:00:00Z"

    def version(more: str = "") -> str:
        found: str = office.call("ann", "GET", asked + more).json()["version"]
        return found

    assert version() == "1.1.0"
    assert version("&known_at=2026-07-01T00:00:00Z") == "1.0.0"
    assert version(f"&known_at={recorded.replace('+', '%2B')}") == "1.1.0"
    before = "in-force?as_of=2026-07-01T00:00:00Z&known_at=2026-01-15T00:00:00Z"
    assert office.call("ann", "GET", before).status_code == 404
    assert office.call("ann", "GET", "in-force?as_of=today").status_code == 400
    # What was stopped later was not stopped as it was known before, whatever day is asked for.
    office.call("dee", "POST", "suspend", {"reason": "an incident"})
    (step,) = office.call("ann", "GET", "history?limit=1").json()["history"]
    after = step["at"].replace("+", "%2B")
    office.call("dee", "POST", "resume", {"reason": "mended"})

    def stopped(more: str = "") -> bool:
        found: bool = office.call("ann", "GET", asked + more).json()["suspended"]
        return found

    known = [f"&known_at={recorded.replace('+', '%2B')}", f"&known_at={after}", ""]
    assert [stopped(more) for more in known] == [False, True, False]
    assert version(f"&known_at={after}") == "1.1.0"


def test_nobody_approves_their_own_work(office: Office) -> None:
    digest = office.draft("bob")["digest"]
    office.draft("ann", line="81")
    digest = office.draft("ann", line="82")["digest"]
    office.do("ann", "submit")
    # bob wrote only an earlier text of it
    assert kind_of(office.approve("bob", digest)) == (403, "own-work")
    waiver = {"what": "G1", "until": "2099-01-01T00:00:00Z", "reason": "trust me"}
    assert kind_of(office.call("bob", "POST", "1.1.0/waive", waiver)) == (403, "own-work")
    assert kind_of(office.call("ann", "POST", "1.1.0/approve", {})) == (403, "not-allowed")
    told = """insert into approvals (document, hash, digest, author, approver, reason, at)
        select id, hash, digest, author, :who, 'x', created_at from documents where version = '1.1.0'"""
    assert "does not approve" in sql(office, told, who="ann")
    assert "does not approve" in sql(office, told, who="bob")
    assert not sql(office, told, who="cai")


def test_an_edit_voids_approvals_where_everybody_sees_it(office: Office) -> None:
    digest = submitted(office)
    for who in ("bob", "cai"):
        office.approve(who, digest)
    edited = office.draft(line="85")
    assert (edited["state"], edited["approvals"]) == ("draft", [])
    assert kind_of(office.approve("cai", digest)) == (409, "stale")
    assert kind_of(office.call("cai", "POST", "1.1.0/publish", {})) == (409, "wrong-state")
    voided = next(
        one
        for one in office.call("ann", "GET", "history").json()["history"]
        if one["verb"] == "voided"
    )
    assert (voided["approvers"], voided["who"]) == (["bob", "cai"], "ann")
    office.do("ann", "submit")
    stale = """insert into approvals (document, hash, digest, author, approver, reason, at)
        select id, hash, :digest, author, 'cai', 'x', created_at from documents where version = '1.1.0'"""
    assert sql(office, stale, digest=digest)
    assert "enough others" in sql(
        office,
        "update documents set status = 'published', published_at = created_at"
        " where version = '1.1.0'",
    )
    # An edit of cases alone voids too: they are part of what was looked at.
    again = office.approve("cai", edited["digest"]).json()
    assert again["approvals"]
    assert office.draft(line="85", low="offer")["approvals"] == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rest": "< 70  "}, "RULE-GAP-001"),
        ({"low": "offer"}, "PUBLISH-001"),
        ({"more": "\n  - {id: G2, always: 'outcome = \"offer\"'}"}, "PUBLISH-002"),
        ({"more": UNPROVED}, "PUBLISH-003"),
        ({"line": "nothing"}, "RULE-"),
    ],
)
def test_what_stands_in_the_way_is_said(office: Office, changed: dict[str, str], code: str) -> None:
    office.draft(**changed)
    checked = office.do("ann", "check")
    assert checked["state"] == "draft"
    assert any(one["code"].startswith(code) for one in checked["findings"])
    refused = office.call("ann", "POST", "1.1.0/submit", {})
    assert kind_of(refused) == (422, "blocked")
    assert any(one["code"].startswith(code) for one in refused.json()["findings"])
    for status in ("submitted", "published"):
        stamp = ", published_at = created_at" if status == "published" else ""
        forced = f"update documents set status = '{status}'{stamp} where version = '1.1.0'"  # noqa: S608 - a test's own
        assert sql(office, forced)
    shadow = office.call("cai", "POST", "1.1.0/shadow", {"runs": True})
    assert kind_of(shadow) == (422, "blocked")


def test_a_published_version_never_changes(office: Office) -> None:
    assert kind_of(office.call("ann", "PUT", "1.0.0", {"files": rule_set("1.0.0", line="61")})) == (
        409,
        "published",
    )
    for statement in (
        "update documents set files = '{}' where version = '1.0.0'",
        "update documents set status = 'draft', published_at = null where version = '1.0.0'",
        "delete from documents where version = '1.0.0'",
        """insert into documents (kind, name, version, hash, digest, files, author, status, checked,
            blockers, created_at, published_at) select kind, name, '9.0.0', hash, digest, files,
            author, status, checked, blockers, created_at, published_at from documents""",
    ):
        assert sql(office, statement)
    office.draft()
    for statement in (
        "update publishing_events set who = 'eve'",
        "delete from publishing_events",
    ):
        assert "history" in sql(office, statement)
    # Whoever owns the database can drop a guard; the log then shows it.
    on = "" if office.platform.engine.dialect.name == "sqlite" else " on publishing_events"
    assert not sql(office, f"drop trigger events_stand{on}")
    assert not sql(office, "update publishing_events set who = 'eve'")
    (drafted, _) = office.call("ann", "GET", "history").json()["history"]
    assert (drafted["who"], drafted["intact"]) == ("eve", False)


def test_an_approval_that_somebody_wrote_by_hand_does_not_count(office: Office) -> None:
    digest = submitted(office)
    office.approve("cai", digest)
    forged = """insert into approvals (document, hash, digest, author, approver, reason, at)
        select document, hash, digest, author, 'zed', reason, at from approvals"""
    assert not sql(office, forged)
    refused = office.call("dee", "POST", "1.1.0/publish", {})
    assert kind_of(refused) == (409, "not-approved")
    assert refused.json()["detail"] == "1 / 2"


@pytest.mark.parametrize("name", ["Ann", " ann", "ａｎｎ"])
def test_nobody_has_four_eyes_by_a_capital_letter(office: Office, name: str) -> None:
    digest = submitted(office)
    version = steps.Version("rule_set", "line", "1.1.0")
    with pytest.raises(steps.RefusedError, match="own-work"):
        steps.approve(office.platform, version, digest, steps.Act(name, BEGAN, "read"))


def test_a_draft_is_discarded_and_comes_back_when_it_is_written_again(office: Office) -> None:
    digest = submitted(office)
    office.approve("cai", digest)
    why = {"reason": "no longer wanted"}
    assert kind_of(office.call("ann", "POST", "1.1.0/discard", why)) == (409, "wrong-state")
    assert kind_of(office.call("bob", "POST", "1.1.0/withdraw", {})) == (403, "others-work")
    assert kind_of(office.call("ann", "POST", "1.0.0/discard", why)) == (409, "published")
    stamp = "update documents set discarded_at = created_at where version = "
    for version in ("1.0.0", "1.1.0"):
        assert "only a draft" in sql(office, f"{stamp}'{version}'")
    taken = office.do("dee", "withdraw")  # who may publish takes back what others wrote
    assert (taken["state"], taken["approvals"]) == ("checked", [])
    assert office.do("ann", "withdraw")["changed"] is False
    assert kind_of(office.call("bob", "POST", "1.1.0/discard", why)) == (403, "others-work")
    assert office.call("ann", "POST", "1.1.0/discard", {}).status_code == 400
    office.do("dee", "shadow", {"runs": True})
    assert office.do("ann", "discard", why)["state"] == "discarded"
    assert office.do("ann", "discard", why)["changed"] is False
    assert office.platform.snapshot().shadows == ()
    for who, step, body in (
        ("ann", "submit", {}),
        ("ann", "withdraw", {}),
        ("ann", "check", {}),
        ("ann", "assess", {"kept_at": "file 7"}),
        ("cai", "shadow", {"runs": True}),
        ("cai", "approve", {"digest": digest, "reason": "x"}),
        ("cai", "publish", {}),
    ):
        refused = office.call(who, "POST", f"1.1.0/{step}", body)
        assert kind_of(refused) == (409, "wrong-state"), step
    for forced in ("status = 'submitted'", "shadow_since = created_at"):
        assert "only a draft" in sql(
            office,
            f"update documents set {forced} where version = '1.1.0'",  # noqa: S608 - a test's own
        )
    history = office.call("ann", "GET", "history").json()["history"]
    assert [one["verb"] for one in history[:4]] == ["discarded", "shadowed", "withdrawn", "voided"]
    assert (history[0]["reason"], history[0]["intact"]) == ("no longer wanted", True)
    assert history[0]["entry"] in placed(office, history[0]["step"])["leaf"]
    again = office.draft()
    assert (again["state"], again["changed"]) == ("draft", True)
    assert office.do("ann", "submit")["state"] == "submitted"


def test_an_assessment_counts_until_a_version_knows_more(office: Office) -> None:
    law = """schema_version: "1"
kind: jurisdiction
id: eu
version: 1.0.0
title: {zh: 欧盟, en: EU}
owner: hr
effective_from: 2026-01-01T00:00:00+00:00
clause: HR-3
impact_assessment:
  - {cites: GDPR Art. 35, renew: material_change}
"""
    files = {"rules/jurisdictions/eu/1.0.0.yaml": law}
    there = "/jurisdictions/eu/1.0.0"
    digest = office.call("ann", "PUT", there, {"files": files}).json()["digest"]
    assert office.call("ann", "POST", f"{there}/submit", {}).status_code == 200
    for who in ("bob", "cai"):
        office.call(who, "POST", f"{there}/approve", {"digest": digest, "reason": "x"})
    assert office.call("cai", "POST", f"{there}/publish", {}).status_code == 200

    def write(version: str, start: str, more: str = "") -> tuple[str, list[str]]:
        given = rule_set(version, start=start)
        head = f"\njurisdictions: [eu]\n\ninputs:{more}"
        given = {path: text.replace("\ninputs:", head) for path, text in given.items()}
        answer = office.call("ann", "PUT", version, {"files": given}).json()
        found = office.do("ann", "check", version=version)["findings"]
        return answer["digest"], [one["code"] for one in found if one["severity"] == "error"]

    digest, found = write("1.1.0", "2026-06-01T00:00:00+00:00")
    assert found == ["PUBLISH-005"]
    office.do("ann", "assess", {"kept_at": "DPIA 7"})
    office.do("ann", "submit")
    for who in ("bob", "cai"):
        office.approve(who, digest)
    office.do("cai", "publish")
    assert write("1.2.0", "2026-07-01T00:00:00+00:00")[1] == []
    more = "\n  tenure: {type: number, default: 0}"
    assert write("1.3.0", "2026-08-01T00:00:00+00:00", more)[1] == ["PUBLISH-010"]
    office.do("ann", "assess", {"kept_at": "DPIA 8"}, version="1.3.0")
    assert office.do("ann", "check", version="1.3.0")["state"] == "checked"
    # An edit makes it another version than the one that was assessed.
    assert write("1.3.0", "2026-08-02T00:00:00+00:00", more)[1] == ["PUBLISH-010"]


def test_lists_come_by_pages_that_hold_each_once(office: Office) -> None:
    for number in range(1, 6):
        office.draft(version=f"1.{number}.0", start=f"2027-0{number}-01T00:00:00+00:00")
    office.draft(version="1.3.0", line="81")

    def pages(path: str, part: str, key: str) -> list[Any]:
        seen: list[Any] = []
        after: str | None = ""
        while after is not None:
            page = office.call("cai", "GET", f"{path}limit=2&after={after}").json()
            assert len(page[part]) <= 2
            seen += [one[key] for one in page[part]]
            after = page["next"]
        return seen

    versions = [f"1.{number}.0" for number in range(6)]
    assert pages("/rule-sets?", "versions", "version") == versions
    assert pages("/rule-sets/line?", "versions", "version") == versions
    whole = office.call("cai", "GET", "history").json()
    assert whole["next"] is None
    assert pages("history?", "history", "step") == [one["step"] for one in whole["history"]]
    assert len(pages("history?version=1.3.0&", "history", "step")) == 2
    made = [office.decide(90)["id"] for _ in range(3)]
    assert pages("1.0.0/decisions?", "decisions", "id") == sorted(made)
    assert office.call("cai", "GET", "/rule-sets?after=999").json()["versions"] == []
    for wrong in ("limit=0", "limit=1001", "after=x", "after=" + "9" * 19):
        assert 400 <= office.call("cai", "GET", f"/rule-sets?{wrong}").status_code < 500, wrong


def test_a_waiver_has_a_name_a_reason_and_another_author(office: Office) -> None:
    office.draft(more=UNPROVED)
    good = {"what": "G2", "until": "2099-01-01T00:00:00Z", "reason": "by hand, file 12"}
    for wrong in ({"what": ""}, {"reason": ""}, {"until": ""}):
        assert office.call("cai", "POST", "1.1.0/waive", good | wrong).status_code == 400
    for missing in good:
        body = {name: one for name, one in good.items() if name != missing}
        assert office.call("cai", "POST", "1.1.0/waive", body).status_code == 400
    assert kind_of(office.call("ann", "POST", "1.1.0/waive", good)) == (403, "not-allowed")
    told = """insert into publishing_events (id, document, kind, name, version, verb, hash, digest, who, at, reason, detail, salt, entry)
        select :who || :reason, id, kind, name, version, 'waived', hash, digest, :who, created_at, :reason,
        '{"what":"G2","until":"2099-01-01T00:00:00+00:00"}', :salt, 'x' from documents where version = '1.1.0'"""
    for who, reason in (("ann", "x"), (" ", "x"), ("cai", "")):
        assert "a waiver has a name" in sql(office, told, who=who, reason=reason, salt=b"x")
    # A waiver of another name lets nothing pass.
    office.do("cai", "waive", good | {"what": "G1"})
    assert kind_of(office.call("ann", "POST", "1.1.0/submit", {})) == (422, "blocked")
    office.do("cai", "waive", good)
    assert office.do("ann", "submit")["waived"] == ["G2"]
    # An edit voids the waiver, too.
    office.draft(more=UNPROVED, line="81")
    assert kind_of(office.call("ann", "POST", "1.1.0/submit", {})) == (422, "blocked")


def test_the_stop_button_works_from_the_next_decision_on(office: Office) -> None:
    assert office.decide(95)["decision"]["status"] == "decided"
    assert office.call("dee", "POST", "suspend", {}).status_code == 400
    stopped = office.call("dee", "POST", "suspend", {"reason": "an incident"}).json()
    assert stopped == {"kind": "rule_set", "id": "line", "suspended": True, "changed": True}
    assert office.call("dee", "POST", "suspend", {"reason": "again"}).json()["changed"] is False
    kept: Any = None
    for reference in ("line", "line@1.0.0"):
        body = {"rule_set": reference, "inputs": {"score": 95}}
        kept = office.call("dee", "POST", "/decisions", body).json()
        made = kept["decision"]
        assert (made["status"], made["outcomes"]) == ("needs_human", {})
        assert [reason["code"] for reason in made["reasons"]] == ["SUSPENDED"]
    # What is published meanwhile stays stopped.
    digest = submitted(office)
    for who in ("bob", "cai"):
        office.approve(who, digest)
    assert office.do("cai", "publish")["state"] == "suspended"
    assert office.decide(95)["decision"]["status"] == "needs_human"
    office.call("dee", "POST", "resume", {"reason": "mended"})
    assert office.decide(95)["decision"]["status"] == "decided"
    assert office.call("cai", "POST", f"/decisions/{kept['id']}/replay").json()["same"]
    assert office.call("dee", "POST", "/policies/none/suspend", {"reason": "x"}).status_code == 404


def test_a_shadow_is_recorded_and_has_no_effect(office: Office) -> None:
    office.draft()
    assert office.do("cai", "shadow", {"runs": True})["shadow_since"] is not None
    assert office.do("cai", "shadow", {"runs": True})["changed"] is False
    for score in (50, 70, 75, 90):
        made = office.decide(score)
        assert made["decision"]["used"][0]["version"] == "1.0.0"
        assert office.call("cai", "POST", f"/decisions/{made['id']}/replay").json()["same"]
    report = office.call("cai", "GET", "1.1.0/agreement").json()
    assert (report["decisions"], report["same"], report["differ"]) == (4, 2, 2)
    assert {"in_force": "offer", "shadow": "human_review", "decisions": 2, "same": 0} in report[
        "pairs"
    ]
    assert (report["parts"], report["share"]) == ({"outcome": 2}, "1/2")
    assert [one["in_force"] for one in report["differing"]] == ["offer", "offer"]
    first = office.call("cai", "GET", "1.1.0/agreement?limit=1").json()
    last = office.call("cai", "GET", f"1.1.0/agreement?after={first['next']}").json()
    assert [*first["differing"], *last["differing"]] == report["differing"]
    assert (report["next"], last["next"]) == (None, None)
    office.call("cai", "POST", "1.1.0/check", {})
    # A shadow is no version that one can decide by.
    body = {"rule_set": "line@1.1.0", "inputs": {"score": 95}}
    assert office.call("dee", "POST", "/decisions", body).status_code == 404
    assert office.draft(line="90")["shadow_since"] is None
    office.decide(70)
    assert office.call("cai", "GET", "1.1.0/agreement").json()["decisions"] == 0


def test_what_rests_on_a_stopped_document_is_stopped_too(office: Office) -> None:
    user = f"{rule_set('1.0.0')['rules/line/1.0.0.yaml']}uses: {{other: line}}\n".replace(
        "id: line", "id: user"
    )
    files = {"files": {"rules/user/1.0.0.yaml": user}}
    address = "/rule-sets/user/1.0.0"
    digest = office.call("ann", "PUT", address, files).json()["digest"]
    assert office.call("ann", "POST", f"{address}/submit", {}).status_code == 200
    for who in ("bob", "cai"):
        office.call(who, "POST", f"{address}/approve", {"digest": digest, "reason": "x"})
    assert office.call("cai", "POST", f"{address}/publish", {}).status_code == 200
    assert office.decide(95, rule_set="user")["decision"]["status"] == "decided"
    office.call("dee", "POST", "suspend", {"reason": "an incident"})
    assert office.decide(95, rule_set="user")["decision"]["status"] == "needs_human"


def test_two_approvers_at_once_both_count(office: Office) -> None:
    digest = submitted(office)
    answers: list[Any] = []

    def approve(who: str) -> None:
        answers.append(office.approve(who, digest).status_code)

    threads = [
        threading.Thread(target=approve, args=(who,)) for who in ("bob", "cai", "dee", "cai")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    found = office.call("ann", "GET", "1.1.0").json()
    assert (found["state"], len(found["approvals"])) == ("approved", 3)


def test_a_decision_is_recorded_only_under_what_is_published(office: Office) -> None:
    digest = submitted(office)
    for who in ("bob", "cai"):
        office.approve(who, digest)
    made: list[Any] = []
    stop = threading.Event()

    def decide() -> None:
        while not stop.is_set():
            made.append(office.decide(70))

    threads = [threading.Thread(target=decide) for _ in range(3)]
    for thread in threads:
        thread.start()
    office.do("cai", "publish")
    stop.set()
    for thread in threads:
        thread.join()
    made.append(office.decide(70))
    published = next(
        one["step"]
        for one in office.call("ann", "GET", "history").json()["history"]
        if one["verb"] == "published"
    )
    at = placed(office, published)["index"]
    for one in made:
        used = one["decision"]["used"][0]["version"]
        place = placed(office, one["id"])["index"]
        assert used == ("1.1.0" if place > at else "1.0.0")


NONSENSE: tuple[tuple[str, str, object, int], ...] = (
    ("PUT", "1.1.0", {"files": {}}, 400),
    ("PUT", "1.1.0", {"files": {"rules/line/1.1.0.yaml": "kind: rule_set"}}, 422),
    ("PUT", "1.1.0", {"files": {"../1.1.0.yaml": "x: ["}}, 422),
    ("PUT", "1.2.0", {"files": rule_set("1.1.0")}, 422),
    ("PUT", "1.1.0", {"files": {**rule_set(), "rules/other.yaml": "kind: x"}}, 422),
    ("PUT", "one", {"files": rule_set()}, 422),
    ("PUT", "1.1.0", [], 400),
    ("PUT", "1.1.0", {"files": rule_set(), "reason": "\0"}, 400),
    ("PUT", "1.1.0", {"files": {"rules/line/1.1.0.yaml": "\0"}}, 422),
    ("PUT", "1.1.0", {"files": {"\0": ""}}, 422),
    ("POST", "1.0.0/approve", {"digest": OTHER, "reason": "x"}, 409),
    ("POST", "1.0.0/waive", {"what": "G1", "until": "soon", "reason": "x"}, 400),
    ("GET", "/policies/line/1.0.0/decisions", None, 403),
    ("POST", "/policies/line/1.0.0/shadow", {"runs": True}, 403),
    ("GET", "1.0.0/decisions", None, 403),
    ("POST", "1.1.0/check", {}, 404),
    ("POST", "1.0.0/submit", {}, 409),
    ("GET", "2.0.0", None, 404),
    ("GET", "history?version=2.0.0", None, 404),
    ("GET", "diff?before=1.0.0&after=2.0.0", None, 404),
    ("GET", "/gossip/line", None, 404),
    ("POST", "1.0.0/check", None, 200),
    ("GET", "/policies", None, 200),
)


def test_nonsense_is_a_problem(tmp_path: Path) -> None:
    with open_office("sqlite", tmp_path) as office:
        for method, path, body, status in NONSENSE:
            answer = office.call("bob", method, path, body)
            assert answer.status_code == status, (method, path, answer.text)
        assert office.call("cai", "GET", f"/log/entries/{'0' * 32}/proof").status_code == 404


def test_what_was_edited_since_it_was_looked_at_is_not_submitted(tmp_path: Path) -> None:
    with open_office("sqlite", tmp_path) as office:
        office.draft()
        platform, name = office.platform, steps.Version("rule_set", "line", "1.1.0")
        snapshot = platform.snapshot()
        with platform.engine.connect() as connection:
            row = find_version(connection, name)
        assert row is not None
        seen = steps._Looked(row, Review((), (), (), ()), snapshot.revision)

        def submit(connection: Connection) -> object:
            return steps._same(connection, name, seen)

        platform.writer.submit(submit).result()
        office.call("dee", "POST", "suspend", {"reason": "x"})
        with pytest.raises(steps._EditedMeanwhileError):
            platform.writer.submit(submit).result()
        office.call("dee", "POST", "resume", {"reason": "x"})
        office.draft(line="85")
        with pytest.raises(steps._EditedMeanwhileError):
            platform.writer.submit(submit).result()


def test_a_waiver_holds_until_its_day(tmp_path: Path) -> None:
    with open_office("sqlite", tmp_path) as office:
        office.draft(more="\n  - {id: G2, always: 'sqrt(score) * sqrt(score) <= score + 1'}")
        platform, name = office.platform, steps.Version("rule_set", "line", "1.1.0")
        early, until, late = (dt.datetime(2026, 12, day, tzinfo=dt.UTC) for day in (1, 2, 3))
        steps.waive(platform, name, "G2", until, steps.Act("cai", early, "for a day"))
        act = steps.Act("cai", early)
        assert steps.shadow(platform, name, act, runs=True)["shadow_since"] is not None
        # From its day on it stands in the way again, and the shadow ends.
        found = steps.check(platform, name, steps.Act("cai", late))
        assert (found["shadow_since"], found["state"]) == (None, "draft")
        assert platform.snapshot().shadows == ()
        with pytest.raises(steps.BlockedError):
            steps.submit(platform, name, steps.Act("ann", late))
        with pytest.raises(steps.RefusedError, match="over"):
            steps.waive(platform, name, "G2", until, steps.Act("cai", late, "again"))
