"""The decision API: interviews, explanations, other inputs, plans, batches and pages of decisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.source import ROOT

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

CASE = {
    "rule_set": "offer@1.0.0",
    "inputs": {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000},
    "as_of": "2026-11-01T00:00:00+08:00",
}
STRONG: dict[str, Any] = json.loads(
    (ROOT / "examples/interviews/marketing-analyst-strong.json").read_text("utf-8")
)
BAND = {"band_min": "10000.00", "band_max": "14000.00"}


def posted(service: TestClient, path: str, body: object, status: int = 200) -> dict[str, Any]:
    answer = service.post(path, json=body)
    assert answer.status_code == status, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_interview_is_evaluated_recorded_explained_and_replayed(service: TestClient) -> None:
    asked = {"interview": STRONG, "inputs": BAND, "case": "case-1"}
    made = posted(service, "/v1/evaluations", asked, 201)
    assert made["evaluation"]["profile"]["overall"]
    assert made["evaluation"]["plan"]["kind"] == "learning_plan"
    # The same event again is one record with the same answer, without any key.
    assert posted(service, "/v1/evaluations", asked, 201) == made
    at = f"/v1/decisions/{made['id']}"
    assert service.get(at).json() == made
    replayed = posted(service, f"{at}/replay", None)
    assert (replayed["same"], replayed["differs"]) == (True, {})
    zh, en = (service.get(f"{at}/explanation", params={"lang": x}).json() for x in ("zh", "en"))
    assert "录用" in zh["text"] or "结果" in zh["text"]
    assert zh["text"] != en["text"]
    assert en["plan"]
    found = service.get(f"{at}/counterfactuals").json()["counterfactuals"]
    assert found
    assert found[0]["outcome"] != found[0]["becomes"]
    tried = posted(service, f"{at}/what-if", {"changes": {"overall": "10", "below_floor": []}})
    assert tried["decision"]["outcomes"]["outcome"] != tried["recorded"]["outcomes"]["outcome"]
    listed = service.get("/v1/decisions", params={"case": "case-1"}).json()["decisions"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert listed[0]["person"] == STRONG["candidate"]
    again = {"decision": made["id"], "enrolment": {"learner": STRONG["candidate"]}}
    proposal = posted(service, "/v1/plans/replan", again)
    assert proposal["proposal"]["number"] == 2


def test_a_faulty_interview_is_refused_with_the_field(service: TestClient) -> None:
    asked = {"interview": {**STRONG, "dimensions": ["voice", "looks"]}}
    answer = service.post("/v1/evaluations", json=asked)
    assert answer.status_code == 422
    assert "dimensions" in json.dumps(answer.json()["findings"])
    assert not service.get("/v1/decisions").json()["decisions"]


def test_a_rule_set_case_is_explained_and_tried_otherwise(service: TestClient) -> None:
    made = posted(service, "/v1/decisions", CASE, 201)
    at = f"/v1/decisions/{made['id']}"
    zh = service.get(f"{at}/explanation", headers={"accept-language": "zh-CN"}).json()
    assert zh["language"] == "zh"
    assert zh["explanation"]["nodes"]
    assert service.get(f"{at}/counterfactuals").json()["counterfactuals"]
    tried = posted(service, f"{at}/what-if", {"changes": {"overall": 70}})
    assert tried["decision"]["outcomes"]["outcome"] == "human_review"
    assert tried["recorded"]["outcomes"]["outcome"] == "offer"
    # A day that nobody asked for does not make another request of the same one.
    undated = {k: v for k, v in CASE.items() if k != "as_of"}
    told = [
        service.post("/v1/decisions", json=undated, headers={"idempotency-key": "u"}).json()["id"]
        for _ in range(2)
    ]
    assert told[0] == told[1]


def test_pages_of_decisions_hold_each_once(service: TestClient) -> None:
    body = b"\n".join(json.dumps({**CASE, "person": f"p-{n % 3}"}).encode() for n in range(25))
    lines = service.post("/v1/decisions/batch", content=body).text.splitlines()
    made = [json.loads(line)["id"] for line in lines]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = service.get("/v1/decisions", params={"limit": 10, **after}).json()
        seen += [one["id"] for one in page["decisions"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == sorted(made)
    for query, count in (
        ({"person": "p-1"}, 8),
        ({"rule_set": "offer", "status": "decided"}, 25),
        ({"version": "9.9.9"}, 0),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
        ({"until": "2999-01-01T00:00:00Z"}, 25),
    ):
        assert len(service.get("/v1/decisions", params=query).json()["decisions"]) == count
    for wrong in (
        {"after": "x"},
        {"limit": 0},
        {"status": "so"},
        {"since": "soon"},
        {"case": "\0"},
    ):
        assert service.get("/v1/decisions", params=wrong).status_code in {400, 422}


def test_a_batch_answers_line_by_line_and_only_once(service: TestClient) -> None:
    good, other = json.dumps(CASE), json.dumps({**CASE, "key": "own"})
    evaluated = json.dumps({"interview": STRONG, "inputs": BAND})
    dry = json.dumps({**CASE, "dry_run": True})
    unknown = json.dumps({**CASE, "rule_set": "offers"})
    lines = [good, "", "{", other, '{"inputs": 1}', evaluated, dry, unknown]
    body = "\n".join(lines).encode()
    answers = [
        service.post("/v1/decisions/batch", content=body, headers={"idempotency-key": "b"})
        for _ in range(2)
    ]
    assert answers[0].headers["content-type"].startswith("application/x-ndjson")
    first, second = ([json.loads(line) for line in a.text.splitlines()] for a in answers)
    assert [one["line"] for one in first] == [1, 3, 4, 5, 6, 7, 8]
    assert [one["problem"]["status"] for one in first if "problem" in one] == [422, 400, 404]
    assert [one.get("id") for one in first] == [one.get("id") for one in second]
    assert len(service.get("/v1/decisions").json()["decisions"]) == 3


def test_a_plan_is_drawn_and_faults_are_told(service: TestClient) -> None:
    asked = {"role": "sales-rep-fmcg", "scores": {"negotiation": "60"}, "why": True}
    made = posted(service, "/v1/plans", asked)
    if made["plan"]["status"] == "complete":
        assert made["plan"]["steps"]
    assert made["text"]
    for wrong, status in (
        ({**asked, "scores": {"negotiation": "good"}}, 400),
        ({**asked, "scores": {"flying": 1}}, 422),
        ({**asked, "role": "pilot"}, 422),
        ({**asked, "limits": {"budget": -1}}, 422),
        ({**asked, "seconds": 0}, 400),
    ):
        assert posted(service, "/v1/plans", wrong, status)["type"].startswith("urn:evenhand:")
    posted(service, "/v1/plans/replan", {"enrolment": {"learner": "a-1"}}, 400)
    faulty = {"plan": {**made["plan"], "role": "pilot"}, "enrolment": {}}
    posted(service, "/v1/plans/replan", faulty, 422)


@pytest.mark.parametrize("deep", ["[" * 900 + "]" * 900, '{"a":' * 70 + "1" + "}" * 70])
def test_what_is_too_deep_is_refused(standing: TestClient, deep: str) -> None:
    body = f'{{"rule_set": "offer@1.0.0", "inputs": {{"overall": {deep}}}}}'
    assert standing.post("/v1/decisions", content=body).status_code in {400, 422}


def test_every_route_is_described_with_its_problems(service: TestClient) -> None:
    described = service.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            if path.startswith("/v1/"):
                assert {"401", "403", "422", "429", "500"} <= set(route["responses"]), path
                assert method != "post" or "replay" in path or route["requestBody"]["content"]


@pytest.mark.slow
def test_a_model_runs_in_shadow_of_evaluations(service: TestClient) -> None:
    path = "competency_models/marketing-analyst/9.0.0.yaml"
    text = (ROOT / path.replace("9.0.0", "1.1.0")).read_text("utf-8")
    for old, new in (
        ("version: 1.1.0", "version: 9.0.0"),
        ("effective_from: 2027-01-01", "effective_from: 2030-01-01"),
        ("5: 95}", "5: 41}"),
    ):
        text = text.replace(old, new)
    at = "/v1/competency-models/marketing-analyst/9.0.0"
    drafted = service.put(at, json={"files": {path: text}})
    assert drafted.status_code == 200, drafted.text
    posted(service, f"{at}/assess", {"kept_at": "dpia/7"})
    assert posted(service, f"{at}/shadow", {"runs": True})["shadow_since"]
    asked = {"interview": STRONG, "inputs": BAND, "as_of": CASE["as_of"]}
    made = posted(service, "/v1/evaluations", asked, 201)
    used = {one["kind"]: one["version"] for one in made["evaluation"]["used"]}
    assert used["competency_model"] == "1.0.0"
    report = service.get(f"{at}/agreement").json()
    assert (report["decisions"], report["same"]) == (1, 0)
    assert posted(service, f"/v1/decisions/{made['id']}/replay", None)["same"]
    refused = service.post("/v1/jurisdictions/cn/1.0.0/shadow", json={"runs": True})
    assert refused.json()["type"].endswith("no-shadow")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/people/a%00/external-ids"),
        ("PUT", "/v1/people/a%00/external-ids/ats/x"),
        ("PUT", "/v1/people/ann/external-ids/ats/x%00"),
        ("GET", "/v1/audit/outcomes?rule_set=a%00&attribute=sex"),
        ("GET", "/v1/rule-sets/offer/history?version=a%00"),
        ("GET", "/v1/rule-sets/offer/diff?before=a%00&after=a%00"),
    ],
)
def test_a_sign_that_no_database_keeps_is_refused(
    standing: TestClient, method: str, path: str
) -> None:
    assert 400 <= standing.request(method, path).status_code < 500


def test_an_exception_has_a_name_that_can_be_kept(standing: TestClient) -> None:
    body = {"decision": "0" * 32, "exception": "a\u0000"}
    assert standing.post("/v1/exceptions", json=body).status_code == 400
