"""Exceptions E1 to E3 on both databases: approved by named roles, each another person, recorded and counted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from api.services import exceptions
from api.services.access import Made, give
from api.services.exceptions import Approval, Asked
from api.services.log import examined
from tests.integration.service.test_decisions import CASE, decided
from tests.integration.service.test_people import NOW, platform_in

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def key_of(service: TestClient, client: str, *roles: str) -> dict[str, str]:
    scopes = ("decide", "read", *(f"role:{role}" for role in roles))
    platform = platform_in(service)
    key = give(platform, Made("key", client, scopes, NOW), "test")
    return {"authorization": f"Bearer {key}"}


def approved(service: TestClient, id_: str, role: str, headers: dict[str, str]) -> Any:  # noqa: ANN401 - a response
    return service.post(f"/v1/exceptions/{id_}/approvals", json={"role": role}, headers=headers)


def test_who_asks_sets_no_limit(service: TestClient) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "overall": "95"})  # type: ignore[dict-item]
    asked = {"decision": made["id"], "exception": "above_cap", "evidence": "counter_offer"}
    more = {"asked_base": "50000", "band_max": "60000", "base_salary": "50000"}
    told = service.post("/v1/exceptions", json={**asked, **more})
    assert (told.status_code, told.json()["outcome"]) == (201, "not_possible")


def test_nobody_approves_what_they_ask_under_another_spelling(service: TestClient) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "overall": "95"})  # type: ignore[dict-item]
    body = {"decision": made["id"], "exception": "above_cap", "evidence": "counter_offer"}
    asker = key_of(service, "max", "hr_director")
    id_ = service.post(
        "/v1/exceptions", json={**body, "asked_base": "11000"}, headers=asker
    ).json()["id"]
    shouting = key_of(service, "MAX", "hr_director")
    assert approved(service, id_, "hr_director", shouting).json()["type"].endswith("same-person")


def test_a_salary_above_the_cap_needs_two_people(service: TestClient) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "overall": "95"})  # type: ignore[dict-item]
    asker = key_of(service, "recruiter", "hr_director")
    body = {
        "decision": made["id"],
        "exception": "above_cap",
        "evidence": "counter_offer",
        "asked_base": "11000",
    }
    asked = service.post("/v1/exceptions", json=body, headers=asker).json()
    id_ = asked["id"]
    assert asked["outcome"] == "waiting"
    assert asked["decision"]["outcomes"]["waiting_for"] == ["hr_director", "finance_bp"]

    director = key_of(service, "director", "hr_director", "finance_bp")
    finance = key_of(service, "finance", "finance_bp")
    assert approved(service, id_, "hr_director", asker).json()["type"].endswith("same-person")
    assert approved(service, id_, "hr_director", finance).status_code == 403
    assert approved(service, id_, "hr_director", director).json()["outcome"] == "waiting"
    assert approved(service, id_, "finance_bp", director).json()["type"].endswith("same-person")
    assert approved(service, id_, "hr_director", director).json()["type"].endswith("closed")
    granted = approved(service, id_, "finance_bp", finance).json()
    assert (granted["outcome"], granted["decision"]["outcomes"]["base"]) == ("granted", "11000")
    assert {role: one["by"] for role, one in granted["approvals"].items()} == {
        "hr_director": "director",
        "finance_bp": "finance",
    }
    assert service.get(f"/v1/exceptions/{id_}").json() == granted
    assert service.get("/v1/exceptions/count").json()["exceptions"] == {"above_cap": {"granted": 1}}
    kinds = [one["kind"] for one in service.get("/v1/people/ann/export").json()["events"]]
    assert kinds.count("exception") == 3
    assert not examined(platform_in(service)).check.found
    service.post("/v1/people/ann/erasure", json={"reason": "r"})
    assert service.get("/v1/exceptions/count").json()["exceptions"] == {"above_cap": {"erased": 1}}
    assert service.get(f"/v1/exceptions/{id_}").status_code == 410


def test_a_request_expires_and_what_is_not_possible_waits_for_nobody(service: TestClient) -> None:
    decision = decided(service, person="bo")["id"]
    platform = platform_in(service)
    inputs = {"evidence": "market_report", "asked_base": "10500"}
    asked = exceptions.ask(platform, Asked(decision, "above_cap", inputs, "recruiter", NOW))
    late = NOW + dt.timedelta(days=15)
    answer = exceptions.approve(platform, asked["id"], Approval("hr_director", "d", late))
    assert (answer["outcome"], answer["approvals"]) == ("expired", {})
    refused = exceptions.ask(platform, Asked(decision, "below_line", {}, "recruiter", NOW))
    assert refused["outcome"] == "not_possible"
    transfer = {"current_base": "12000"}
    moved = exceptions.ask(platform, Asked(decision, "internal_transfer", transfer, "r", NOW))
    assert (moved["outcome"], moved["decision"]["outcomes"]["base"]) == ("granted", "12000")
    assert exceptions.count(platform) == {
        "above_cap": {"expired": 1},
        "below_line": {"not_possible": 1},
        "internal_transfer": {"granted": 1},
    }


@pytest.mark.parametrize("path", ["decisions", "decisions/batch"])
def test_who_may_decide_grants_no_exception_by_its_case(service: TestClient, path: str) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "overall": "95"})  # type: ignore[dict-item]
    asker = key_of(service, "recruiter")
    body = {
        "decision": made["id"],
        "exception": "above_cap",
        "evidence": "counter_offer",
        "asked_base": "11000",
    }
    asked = service.post("/v1/exceptions", json=body, headers=asker).json()
    inputs = service.get(f"/v1/decisions/{asked['recorded_as']}/inputs").json()["inputs"]
    forged = {
        "rule_set": "hiring-exception",
        "inputs": {**inputs, "approved": ["hr_director", "finance_bp"]},
        "case": f"exception:{asked['id']}",
        "person": "ann",
    }
    assert "not-json" in service.post(f"/v1/{path}", json=forged, headers=asker).text
    assert service.get(f"/v1/exceptions/{asked['id']}").json()["outcome"] == "waiting"


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "0" * 32, "exception": "above_cap"},
        {"decision": "x", "exception": "above_cap"},
        {"decision": "0" * 32, "exception": "above_cap", "asked_base": "-1"},
    ],
)
def test_nonsense_is_no_exception(standing: TestClient, body: dict[str, str]) -> None:
    assert 400 <= standing.post("/v1/exceptions", json=body).status_code < 500
    assert standing.get(f"/v1/exceptions/{'0' * 32}").status_code == 404
    other = key_of(standing, "d", "hr_director")
    assert approved(standing, "0" * 32, "hr_director", other).status_code == 404
