"""Decisions over HTTP on both databases: recorded once, found again, proved and replayed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from engine.audit.checkpoint import open_checkpoint, parse_verifier
from engine.audit.merkle import leaf_hash, verify_consistency, verify_inclusion

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

CASE = {
    "rule_set": "offer@1.0.0",
    "inputs": {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000},
    "as_of": "2026-11-01T00:00:00+08:00",
}


def decided(service: TestClient, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON data
    answer = service.post("/v1/decisions", json={**CASE, **changed})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def integrated(service: TestClient, id_: str) -> dict[str, Any]:
    """Wait until an entry has its place: on PostgreSQL that takes a moment."""
    for _ in range(600):
        proof: dict[str, Any] = service.get(f"/v1/decisions/{id_}/proof").json()
        if proof["index"] is not None:
            return proof
        time.sleep(0.1)
    pytest.fail("the entry has no place after a minute")


def test_a_decision_is_recorded_and_found_again(service: TestClient) -> None:
    made = decided(service)
    assert made["decision"]["outcomes"] == {"base_salary": "9460.00", "outcome": "offer"}
    found = service.get(f"/v1/decisions/{made['id']}")
    assert (found.status_code, found.json()) == (200, made)
    assert found.headers["cache-control"] == "no-store"


def test_the_same_key_has_the_same_answer_and_one_record(service: TestClient) -> None:
    answers = [
        service.post("/v1/decisions", json=CASE, headers={"idempotency-key": "k"}) for _ in range(3)
    ]
    assert len({answer.text for answer in answers}) == 1
    other = {**CASE, "inputs": {**CASE["inputs"], "overall": "81"}}  # type: ignore[dict-item]
    again = service.post("/v1/decisions", json=other, headers={"idempotency-key": "k"})
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")


def test_a_dry_run_keeps_nothing(service: TestClient) -> None:
    answer = service.post("/v1/decisions", json={**CASE, "dry_run": True})
    assert (answer.status_code, "id" in answer.json()) == (200, False)


def test_a_record_is_decided_again_to_the_same_answer(service: TestClient) -> None:
    for overall in ("87.3", "79.99", 95, None):
        inputs = {**CASE["inputs"], "overall": overall}  # type: ignore[dict-item]
        made = decided(service, inputs={k: v for k, v in inputs.items() if v is not None})
        replayed = service.post(f"/v1/decisions/{made['id']}/replay").json()
        assert (replayed["same"], replayed["differs"]) == (True, {})


def test_a_faulty_input_is_recorded_as_an_error(service: TestClient) -> None:
    made = decided(service, inputs={"overall": "high"})
    assert made["decision"]["status"] == "error"
    assert made["decision"]["faults"][0]["code"].startswith("INPUT-")


def test_every_entry_is_proved_under_a_signed_head(service: TestClient) -> None:
    ids = [decided(service)["id"] for _ in range(5)]
    proofs = [integrated(service, id_) for id_ in ids]
    verifier = parse_verifier(service.get("/v1/log/key").text)
    head = open_checkpoint(service.get("/v1/log/checkpoint").text, verifier)
    # Before them stands what the database began with.
    first = min(proof["index"] for proof in proofs)
    assert head.size == first + 5
    for id_ in ids:
        proof = integrated(service, id_)
        leaf = leaf_hash(proof["leaf"].encode())
        path = [bytes.fromhex(digest) for digest in proof["proof"]]
        assert verify_inclusion(leaf, proof["index"], head.size, path, head.root)
    assert sorted(proof["index"] for proof in proofs) == list(range(first, first + 5))
    more = decided(service)["id"]
    integrated(service, more)
    later = open_checkpoint(service.get("/v1/log/checkpoint").text, verifier)
    grown = service.get("/v1/log/consistency", params={"old": head.size}).json()
    path = [bytes.fromhex(digest) for digest in grown["proof"]]
    assert verify_consistency(head.size, head.root, later.size, later.root, path)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b'{"rule_set": "offer"}', 400),
        (b'{"rule_set": "offer", "inputs": {}, "more": 1}', 400),
        (b'{"rule_set": "offers", "inputs": {}}', 404),
        (b'{"rule_set": "offer", "inputs": {}, "as_of": "yesterday"}', 400),
        (b'{"rule_set": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
def test_nonsense_is_a_problem(standing: TestClient, body: bytes, status: int) -> None:
    answer = standing.post("/v1/decisions", content=body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"]) in {(status, status), (422, 422)}
    assert answer.status_code < 500


def test_nobody_gets_in_without_a_key(standing: TestClient) -> None:
    for key in ("", "Bearer x", "Bearer evh_00000000_x", "Basic x"):
        answer = standing.get("/v1/log/key", headers={"authorization": key})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert standing.get("/healthz", headers={"authorization": ""}).status_code == 200
    assert standing.get("/readyz", headers={"authorization": ""}).status_code == 200


def test_what_is_not_there_is_not_found(service: TestClient) -> None:
    assert service.get(f"/v1/decisions/{'0' * 32}").status_code == 404
    assert service.post(f"/v1/decisions/{'0' * 32}/replay").status_code == 404
    assert service.get("/v1/decisions/nonsense").status_code == 422
    assert service.get("/v1/log/consistency", params={"old": 999}).status_code == 422
    assert service.get("/v1/log/consistency", params={"old": 0, "size": 999}).status_code == 422
