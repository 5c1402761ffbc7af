"""The service as a process: first start, a graceful stop, its log, and what stands before every route."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.operate import begin
from api.client import Client, ServiceError
from api.settings import Settings
from tests.support.running import Running, running
from tests.support.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000}
INTERVIEW = json.loads(
    (ROOT / "examples/interviews/marketing-analyst-strong.json").read_text("utf-8")
)
ID_NUMBER, NAME = "11010519491231002X", "张伟"


def test_a_client_goes_all_the_way_and_nothing_of_it_is_in_the_log(tmp_path: Path) -> None:
    with running(Settings(data_dir=tmp_path / "data"), tmp_path / "log") as service:
        client = Client(service.url, service.key, lang="zh")
        made = client.decide(
            "offer", {**INPUTS, "note": f"{NAME} {ID_NUMBER}"}, case=ID_NUMBER, idempotency_key="k"
        )
        again = client.decide("offer", {**INPUTS}, person="p-1")
        assert client.decision(again["id"]) == again
        assert client.explanation(again["id"])["language"] == "zh"
        assert client.counterfactuals(again["id"])["counterfactuals"]
        assert client.what_if(again["id"], {"overall": "70"})["changed"] == ["overall"]
        assert client.replay(again["id"])["same"]
        assert client.proof(again["id"])["index"] == client.proof(made["id"])["index"] + 1
        evaluated = client.evaluate(INTERVIEW, {"band_min": 10000, "band_max": 14000})
        plan = client.plan("marketing-analyst", {"data_analysis": "60"})
        assert plan["plan"]["role"] == evaluated["evaluation"]["profile"]["role"]
        again_planned = client.replan(
            decision=evaluated["id"], enrolment={"learner": "cand-90be17"}
        )
        assert again_planned["proposal"]["number"] == 2
        lines = client.batch([{"rule_set": "offer", "inputs": INPUTS}] * 3, idempotency_key="b")
        assert [one["line"] for one in lines] == [1, 2, 3]
        assert len(list(client.decisions(limit=2))) == 6
        with pytest.raises(ServiceError, match="404: 没有该对象"):
            client.decision("0" * 32)
        with pytest.raises(ServiceError, match="401"):
            next(Client(service.url, "evh_00000000_x").decisions(case=ID_NUMBER))
        assert made["decision"]["status"] == "error"
        shell = subprocess.run(
            [ROOT / "examples/service.sh"],
            env={**os.environ, "EVENHAND_URL": service.url, "EVENHAND_KEY": service.key},
            capture_output=True,
            text=True,
            check=False,
        )
        assert shell.returncode == 0, shell.stdout + shell.stderr
        assert '"same":true' in shell.stdout
        log = service.log.read_text("utf-8")
        secret = service.key.split("_", 2)[2]
        assert log.count(secret) == 1, "the key is shown once"
        told = log.splitlines()
        assert log.count(told[3].strip()) == 1, "and so is the password"
        for hidden in (ID_NUMBER, NAME, "cand-90be17", "p-1"):
            assert hidden not in log
        assert [line for line in told if not line.startswith("{")] == told[:4], "these two alone"
        assert all(json.loads(line)["event"] for line in told[4:])


def test_a_stop_loses_nothing_that_was_asked(tmp_path: Path) -> None:
    with running(Settings(data_dir=tmp_path / "data"), tmp_path / "log") as service:
        acknowledged: list[str] = []

        def ask(number: int) -> None:
            client = Client(service.url, service.key)
            for n in range(200):
                try:
                    made = client.decide("offer", INPUTS, idempotency_key=f"{number}-{n}")
                except OSError:
                    return
                acknowledged.append(made["id"])

        askers = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for asker in askers:
            asker.start()
        while len(acknowledged) < 20:
            pass
        service.stop()
        for asker in askers:
            asker.join()
        assert '"stopped"' in service.log.read_text("utf-8")
        service.start()
        kept = {one["id"] for one in Client(service.url, service.key).decisions(limit=500)}
        assert set(acknowledged) <= kept


def test_what_stands_before_every_route(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The clock stands still: on a slow machine the rate would never be reached.
    monkeypatch.setattr("api.http.guard.time", SimpleNamespace(perf_counter=lambda: 0.0))
    settings = Settings(data_dir=tmp_path, requests_a_second=5, max_body_bytes=2000)
    key = begin(settings, None)
    with TestClient(create_app(settings)) as client:
        client.headers["authorization"] = f"Bearer {key}"
        preflight = client.options(
            "/v1/decisions",
            headers={
                "origin": "https://elsewhere.example",
                "access-control-request-method": "POST",
            },
        )
        assert preflight.status_code == 405
        assert not any(name.startswith("access-control") for name in preflight.headers)
        told = client.get("/metrics")
        assert "evenhand_requests_total" in told.text
        for name in ("x-content-type-options", "content-security-policy", "x-request-id"):
            assert told.headers[name]
        assert client.get("/nowhere").json()["type"] == "urn:evenhand:problem:not-found"
        large = client.post("/v1/decisions", content=b" " * 3000)
        assert large.status_code == 413
        codes = {client.get("/healthz").status_code for _ in range(10)}
        assert codes == {200, 429}
        other = client.get("/metrics", headers={"authorization": ""})
        assert (other.status_code, other.headers["content-type"]) == (
            401,
            "application/problem+json",
        )


def test_a_wrong_setting_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENHAND_BATCH_SIZE", "hush")
    service = Running(
        Settings.model_construct(data_dir=tmp_path, database_url=None), tmp_path / "l"
    )
    with pytest.raises(AssertionError, match="EVENHAND_BATCH_SIZE") as told:
        service.start()
    assert "hush" not in str(told.value)
