"""Idempotency keys on whatever records: done once, answered alike, and refused for another request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.app import create_app
from api.services.log import examined
from api.settings import Settings
from tests.integration.service.test_decisions import CASE, decided
from tests.integration.service.test_exceptions import key_of
from tests.integration.service.test_people import platform_in
from tests.support.databases import DATABASES
from tests.support.registry import open_office

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

WITHOUT = {
    # Nothing is kept.
    "/v1/decisions/{id_}/what-if",
    "/v1/decisions/{id_}/replay",
    "/v1/plans",
    "/v1/plans/replan",
    # What is shown is shown once, and kept nowhere that it could be answered from again.
    "/v1/access/credentials",
    "/v1/links",
    "/v1/oauth/token",
    "/v1/session",
    "/v1/session/link",
}


def post(
    service: TestClient, path: str, body: object, key: str | None, headers: dict[str, str]
) -> Any:  # noqa: ANN401 - a response
    named = {} if key is None else {"idempotency-key": key}
    return service.post(path, json=body, headers={**headers, **named})


def test_every_route_that_records_takes_a_key() -> None:
    described = create_app(Settings()).openapi()
    without = {
        path
        for path, methods in described["paths"].items()
        for method, told in methods.items()
        if method == "post"
        if "idempotency-key" not in {one["name"].lower() for one in told.get("parameters", ())}
    }
    assert without == WITHOUT


def test_an_exception_is_asked_for_and_approved_once(service: TestClient) -> None:
    made = decided(service, person="ann", inputs={**CASE["inputs"], "overall": "95"})  # type: ignore[dict-item]
    asker, finance = key_of(service, "recruiter"), key_of(service, "finance", "finance_bp")
    body = {
        "decision": made["id"],
        "exception": "above_cap",
        "evidence": "counter_offer",
        "asked_base": "11000",
    }
    told = [post(service, "/v1/exceptions", body, "a", asker).json() for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["outcome"] == "waiting"
    other = post(service, "/v1/exceptions", {**body, "asked_base": "12000"}, "a", asker)
    assert (other.status_code, other.json()["type"]) == (409, "urn:evenhand:problem:key-reused")
    # The same key of another client is another key.
    assert post(service, "/v1/exceptions", body, "a", finance).json()["id"] != told[0]["id"]
    path, role = f"/v1/exceptions/{told[0]['id']}/approvals", {"role": "finance_bp"}
    approved = [post(service, path, role, "b", finance) for _ in range(2)]
    assert [one.status_code for one in approved] == [201, 201]
    assert approved[0].json() == approved[1].json()
    assert post(service, path, role, None, finance).status_code == 409
    assert service.get("/v1/exceptions/count").json()["exceptions"]["above_cap"] == {"waiting": 2}
    assert not examined(platform_in(service)).check.found
    service.post("/v1/people/ann/erasure", json={"reason": "r"})
    assert post(service, "/v1/exceptions", body, "a", asker).status_code == 410


def test_duties_to_people_are_done_once(service: TestClient) -> None:
    decided(service, person="ann")
    holds, why = "/v1/people/ann/holds", {"reason": "matter 7"}
    ids = {post(service, holds, why, "h", {}).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert post(service, holds, {"reason": "matter 8"}, "h", {}).status_code == 409
    lift = f"{holds}/{ids.pop()}/lift"
    assert [post(service, lift, why, "l", {}).status_code for _ in range(2)] == [204, 204]
    assert post(service, lift, why, None, {}).status_code == 404
    erased = [post(service, "/v1/people/ann/erasure", why, "e", {}) for _ in range(2)]
    assert [one.status_code for one in erased] == [200, 200]
    assert erased[0].json() == erased[1].json()
    assert post(service, "/v1/people/ann/erasure", why, None, {}).status_code == 410
    assert not examined(platform_in(service)).check.found


@pytest.mark.parametrize("database", DATABASES)
def test_a_step_of_a_version_is_taken_once(database: str, tmp_path: Path) -> None:
    with open_office(database, tmp_path) as office:
        digest = office.draft()["digest"]

        def step(who: str, name: str, body: dict[str, object], key: str) -> Any:  # noqa: ANN401 - a response
            headers = {"authorization": f"Bearer {office.keys[who]}"}
            return post(office.client, f"/v1/rule-sets/line/1.1.0/{name}", body, key, headers)

        submitted = [step("ann", "submit", {}, "s") for _ in range(2)]
        assert submitted[0].json() == submitted[1].json()
        assert submitted[0].json()["changed"]
        rejected = [step("bob", "reject", {"reason": "too high"}, "r") for _ in range(2)]
        assert [one.status_code for one in rejected] == [200, 200]
        assert rejected[0].json() == rejected[1].json()
        assert step("bob", "approve", {"reason": "x", "digest": digest}, "r").status_code == 409
        verbs = [one["verb"] for one in office.call("cai", "GET", "history").json()["history"]]
        assert (verbs.count("submitted"), verbs.count("rejected")) == (1, 1)
        assert not examined(office.platform).check.found
