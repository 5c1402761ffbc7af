"""A batch: read in parts, answered in order, and safe to send again when it broke off."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from api.app import create_app
from api.cli.operate import begin
from api.http.batch import MAX_LINES
from api.observability import set_up_logs
from api.settings import Settings
from api.store.database import open_database
from api.store.tables import answers, decisions
from tests.support.databases import DATABASES, settings_on
from tests.support.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

BATCH = "/v1/decisions/batch"
LINES, READ = 900, 250


NUL = "\u0000"


def line(number: int) -> bytes:
    inputs = {"overall": str(number % 100), "assessed": True, "band_min": 8000, "band_max": 10000}
    return json.dumps({"rule_set": "offer@1.0.0", "inputs": inputs}).encode()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that reads lines of 2,000 bytes."""
    given = Settings(data_dir=tmp_path_factory.mktemp("data"), max_body_bytes=2000)
    key = begin(given, None)
    with TestClient(create_app(given)) as client:
        client.headers["authorization"] = f"Bearer {key}"
        yield client


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_batch_in_parts_is_the_same_batch(small: TestClient, size: int) -> None:
    whole = b"\n\n".join([line(1), b"x" * 2001, b"y" * 9000, b"{", line(2)])
    parts = (whole[at : at + size] for at in range(0, len(whole), size))
    given = small.post(BATCH, content=parts)
    told = [json.loads(one) for one in given.text.splitlines()]
    assert [one["line"] for one in told] == [1, 3, 5, 7, 9]
    problems = [one.get("problem", {}).get("status") for one in told]
    assert problems == [None, 413, 413, 422, None]


def test_more_stretches_than_one_are_answered_in_order(small: TestClient) -> None:
    body = b"\n".join(line(n) for n in range(450))
    told = [json.loads(one) for one in small.post(BATCH, content=body).text.splitlines()]
    assert [one["line"] for one in told] == list(range(1, 451))
    assert len({one["id"] for one in told}) == 450


def test_a_batch_is_bounded_before_its_first_answer(small: TestClient) -> None:
    assert small.post(BATCH, content=b"{}\n" * (MAX_LINES + 1)).status_code == 413
    assert small.post(BATCH, content=b"\n" * MAX_LINES * 2).text == ""


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.slow
def test_who_goes_away_midway_sends_it_again(database: str, tmp_path: Path) -> None:
    body = b"\n".join(line(n) for n in range(LINES))
    with settings_on(database, tmp_path) as given, running(given, tmp_path / "log") as service:

        def asked() -> tuple[HTTPConnection, Any]:
            connection = HTTPConnection("127.0.0.1", service.port)
            headers = {"authorization": f"Bearer {service.key}", "idempotency-key": "night"}
            connection.request("POST", BATCH, body, headers)
            return connection, connection.getresponse()

        left, answer = asked()
        first = [json.loads(answer.readline())["id"] for _ in range(READ)]
        left.close()
        engine = open_database(given.url())
        with engine.connect() as connection:
            kept = set(connection.execute(select(decisions.c.id)).scalars())
            assert set(first) <= kept
        again, answer = asked()
        told = [json.loads(one) for one in answer.read().splitlines()]
        again.close()
        assert [one["id"] for one in told[:READ]] == first
        with engine.connect() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (decisions, answers)
            ]
        engine.dispose()
    assert len({one["id"] for one in told}) == LINES
    assert counts == [LINES, LINES]


REFUSING = {
    "sqlite": [
        """create trigger refusing before insert on decisions when new.case_id = 'refused'
        begin select raise(abort, 'refused'); end"""
    ],
    "postgresql": [
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$",
        """create trigger refusing before insert on decisions for each row
        when (new.case_id = 'refused') execute function refuse()""",
    ],
}


def test_what_the_database_refuses_is_the_problem_of_its_line_alone(service: TestClient) -> None:
    set_up_logs("error")
    engine = cast("FastAPI", service.app).state.platform.engine
    with engine.execution_options(writes=True).begin() as connection:
        for statement in REFUSING[engine.dialect.name]:
            connection.execute(text(statement))
    cases = ["refused" if n in {3, 300} else f"case-{n}" for n in range(450)]
    body = "\n".join(json.dumps({**json.loads(line(1)), "case": case}) for case in cases)
    told = [json.loads(one) for one in service.post(BATCH, content=body).text.splitlines()]
    problems = {one["line"]: one["problem"] for one in told if "problem" in one}
    assert list(problems) == [4, 301]
    assert {(one["status"], one["type"]) for one in problems.values()} == {
        (500, "urn:evenhand:problem:unforeseen")
    }
    assert len({one["id"] for one in told if "id" in one}) == 448


def test_a_key_that_no_database_keeps_spoils_its_own_line_alone(service: TestClient) -> None:
    lines = [json.dumps({**json.loads(line(n)), "key": key}) for n, key in enumerate(("a", NUL))]
    given = service.post(BATCH, content="\n".join(lines)).text
    told = [json.loads(one) for one in given.splitlines()]
    assert ["problem" in one for one in told] == [False, True]
