"""People's rights over HTTP on both databases: export, hold, erasure, masked and logged readings, the vault."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from api.services import demographics
from api.services.access import Made, give
from api.services.decide import Case, decide
from api.store.vault import opened_vault
from engine.audit.bundle import verify_bundle
from engine.audit.checkpoint import parse_verifier
from tests.integration.service.test_api import BAND, STRONG
from tests.integration.service.test_decisions import CASE, decided, integrated

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from api.services.platform import Platform

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
WHY = {"reason": "request 7"}


def platform_in(service: TestClient) -> Platform:
    found: Platform = service.app.state.platform  # type: ignore[attr-defined]
    return found


def scoped(service: TestClient, *scopes: str) -> dict[str, str]:
    """A key with these scopes alone."""
    platform = platform_in(service)
    key = give(platform, Made("key", "narrow", scopes, NOW), "test")
    return {"authorization": f"Bearer {key}"}


def platform_decided(platform: Platform, person: str, inputs: dict[str, str]) -> None:
    """Decide a case about somebody, without the way over HTTP."""
    decide(platform, Case("offer", inputs, NOW, None, person), NOW, "c", None).result()


def events_in(service: TestClient, person: str) -> list[dict[str, Any]]:
    exported: dict[str, Any] = service.get(f"/v1/people/{person}/export").json()
    return list(exported["events"])


def test_what_somebody_declares_can_be_exported_and_erased(service: TestClient) -> None:
    """Also of who was never decided about; and not of who is gone."""
    at, facts = "/v1/people/new/demographics", {"facts": {"sex": "f"}}
    assert service.put(at, json=facts).status_code == 204
    assert service.get("/v1/people/new/export").json()["demographics"] == {"sex": "f"}
    assert service.post("/v1/people/new/erasure", json=WHY).status_code == 200
    assert service.put(at, json=facts).status_code == 410


def test_an_export_has_the_interview_and_what_was_read_in_it(service: TestClient) -> None:
    asked = {"interview": STRONG, "inputs": BAND, "person": "ann"}
    assert service.post("/v1/evaluations", json=asked).status_code == 201
    (one,) = service.get("/v1/people/ann/export").json()["decisions"]
    assert one["interview"]["id"] == STRONG["id"]
    assert {"profile", "plan"} <= one["evaluation"].keys()
    text = service.get("/v1/people/ann/export", headers={"accept": "text/markdown"}).text
    assert STRONG["id"] in text


def test_an_erased_person_is_gone_and_everything_still_proves_itself(service: TestClient) -> None:
    ids = [decided(service, person="ann", case="c1")["id"] for _ in range(2)]
    other = decided(service, person="bo")["id"]
    for system, external in (("ats", "A-1"), ("esign", "E/9")):
        path = f"/v1/people/ann/external-ids/{system}/{external.replace('/', '-')}"
        assert service.put(path).status_code == service.put(path).status_code == 204
    assert service.put("/v1/people/bo/external-ids/ats/A-1").status_code == 409
    assert (
        service.put("/v1/people/ann/demographics", json={"facts": {"sex": "f"}}).status_code == 204
    )

    hold = service.post("/v1/people/ann/holds", json=WHY).json()["id"]
    refused = service.post("/v1/people/ann/erasure", json=WHY)
    assert (refused.status_code, refused.json()["detail"]) == (409, hold)
    lift = f"/v1/people/ann/holds/{hold}/lift"
    assert [service.post(lift, json=WHY).status_code for _ in range(2)] == [204, 404]

    done = service.post("/v1/people/ann/erasure", json=WHY).json()
    assert done["records"] == 2
    assert [one["system"] for one in done["to_erase_elsewhere"]] == ["ats", "esign"]
    for id_ in ids:
        assert service.get(f"/v1/decisions/{id_}").status_code == 410
        assert service.get(f"/v1/decisions/{id_}/inputs").status_code == 410
        assert service.post(f"/v1/decisions/{id_}/replay").json()["state"] == "erased"
        assert integrated(service, id_)["index"] is not None
    assert service.post(f"/v1/decisions/{other}/replay").json()["state"] == "same"
    for path, status in (("erasure", 410), ("holds", 410)):
        assert service.post(f"/v1/people/ann/{path}", json=WHY).status_code == status
    assert service.get("/v1/people/ann/export").status_code == 410
    assert service.post("/v1/decisions", json={**CASE, "person": "ann"}).status_code == 410
    left = "/v1/people/ann/external-ids"
    assert service.delete(f"{left}/ats/A-1").status_code == 204
    assert service.delete(f"{left}/ats/A-1").status_code == 404
    assert [one["system"] for one in service.get(left).json()["external_ids"]] == ["esign"]
    settings = platform_in(service).settings
    with opened_vault(settings.vault() or "", settings.data_dir) as vault:
        assert vault.of(["ann"]) == {}


def test_an_export_has_everything_and_is_logged(service: TestClient) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "name": "林安"})  # type: ignore[dict-item]
    service.put("/v1/people/ann/external-ids/ats/A-1")
    service.put("/v1/people/ann/demographics", json={"facts": {"sex": "f"}})
    exported = service.get("/v1/people/ann/export").json()
    assert exported["decisions"][0]["inputs"]["overall"] == "87.3"
    assert exported["decisions"][0]["decision"] == made["decision"]
    assert exported["demographics"] == {"sex": "f"}
    assert exported["known_elsewhere"][0]["id"] == "A-1"
    told = events_in(service, "ann")
    assert [one["kind"] for one in told] == ["link", "export", "export"]
    assert told[0]["facts"] == {"system": "ats", "id": "A-1"}
    zh = {"accept-language": "zh-CN"}
    text = service.get("/v1/people/ann/export", params={"as": "text"}, headers=zh).text
    assert "# 关于 ann 所保存的全部内容" in text
    assert "- name: 林安" in text
    assert "A-1" in text
    assert service.get("/v1/people/nobody/export").status_code == 404


def test_a_reading_in_the_clear_is_logged_and_others_see_a_mask(service: TestClient) -> None:
    inputs = {
        "overall": "87.3",
        "id_number": "11010519491231002X",
        "more": [{"phone": "13912345678"}],
    }
    id_ = decided(service, person="ann", inputs=inputs)["id"]
    path = f"/v1/decisions/{id_}/inputs"
    narrow = service.get(path, headers=scoped(service, "read")).json()
    assert narrow["inputs"]["id_number"] == "110***********002X"
    assert narrow["inputs"]["more"] == [{"phone": "139****5678"}]
    assert narrow["masked"] is True
    assert "sensitive_read" not in {one["kind"] for one in events_in(service, "ann")}
    clear = service.get(path, params={"field": "id_number"}).json()
    assert clear["inputs"] == {"id_number": "11010519491231002X"}
    reading = next(one for one in events_in(service, "ann") if one["kind"] == "sensitive_read")
    assert reading["facts"] == {"what": "inputs", "decision": id_, "fields": ["id_number"]}


def test_only_the_audit_counts_by_what_people_declared(service: TestClient) -> None:
    groups = {"f": ("85",) * 4 + ("70",), "m": ("90",) * 5, "x": ("95",), None: ("95",) * 5}
    platform = platform_in(service)
    for sex, scores in groups.items():
        for number, overall in enumerate(scores):
            person, inputs = f"{sex}{number}", {**CASE["inputs"], "overall": overall}  # type: ignore[dict-item]
            platform_decided(platform, person, inputs)
            if sex is not None:
                demographics.declare(platform, person, {"sex": sex})
    asked = {"rule_set": "offer", "attribute": "sex", "score": "overall"}
    counted = service.get("/v1/audit/outcomes", params=asked).json()
    # One person alone in a group: the next smallest goes with them, and no difference tells.
    assert counted["selection"]["suppressed"] == ["f", "x"]
    assert (counted["people"], counted["unknown"]) == (16, 5)
    assert counted["outcomes"] == {"m": {"offer": 5}, "unknown": {"offer": 5}}
    demographics.declare(platform, "x0", {"sex": "f"})
    counted = service.get("/v1/audit/outcomes", params=asked).json()
    assert counted["outcomes"]["f"] == {"human_review": 1, "offer": 5}
    assert counted["selection"]["groups"] == [
        {"group": "f", "people": 6, "favoured": 5, "rate": "5/6", "ratio": "5/6", "below_four_fifths": False},
        {"group": "m", "people": 5, "favoured": 5, "rate": "1", "ratio": "1", "below_four_fifths": False},
        {"group": "unknown", "people": 5, "favoured": 5, "rate": "1", "ratio": None, "below_four_fifths": False},
    ]  # fmt: skip
    scoring = {one["group"]: one["rate"] for one in counted["scoring"]["groups"]}
    assert scoring == {"f": "1/6", "m": "0", "unknown": "1"}
    none = {**asked, "selected": ["decline"], "score": "height"}
    counted = service.get("/v1/audit/outcomes", params=none).json()
    assert [one["ratio"] for one in counted["selection"]["groups"]] == [None] * 3
    assert counted["scoring"] is None
    for wrong in ({"least": 4}, {"attribute": "Sex"}, {"more": 1}):
        answer = service.get("/v1/audit/outcomes", params={**asked, **wrong})
        assert 400 <= answer.status_code < 500
    for scopes in (("audit",), ("demographics",), ("decide", "read", "people", "sensitive")):
        answer = service.get("/v1/audit/outcomes", params=asked, headers=scoped(service, *scopes))
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/people/ann/erasure", {}),
        ("POST", "/v1/people/ann/erasure", {"reason": "x" * 201}),
        ("PUT", "/v1/people/ann/external-ids/ATS/1", None),
        ("PUT", "/v1/people/ann/demographics", {"facts": {"Sex!": "f"}}),
        ("POST", "/v1/people/ann/holds/x/lift", WHY),
        ("POST", "/v1/people/nobody/erasure", WHY),
        ("POST", "/v1/people/nobody/holds", WHY),
    ],
)
def test_nonsense_about_people_is_refused(
    standing: TestClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = standing.request(method, path, json=body)
    assert 400 <= answer.status_code < 500
    for other in (scoped(standing, "decide", "read", "audit"), {"authorization": ""}):
        assert standing.request(method, path, json=body, headers=other).status_code in {
            401,
            403,
            422,
        }


def test_the_bundle_comes_as_lines(service: TestClient) -> None:
    integrated(service, decided(service)["id"])
    answer = service.get("/v1/log/bundle")
    assert answer.headers["content-type"] == "application/jsonl"
    key = parse_verifier(service.get("/v1/log/key").text)
    verdict = verify_bundle(answer.text.splitlines(keepends=True), key)
    assert verdict.holds
    assert verdict.check.covered >= 1
