"""Two processes on one PostgreSQL: what one is told the other knows, and one may die without a word."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from api.client import Client
from tests.support.databases import settings_on
from tests.support.running import Running

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000}
SECONDS_TO_INTEGRATE = 60.0


def turn(service: Running, how: str) -> None:
    Client(service.url, service.key)._post(f"/v1/rule-sets/offer/{how}", {"reason": "a test"})


def status(service: Running) -> str:
    made = Client(service.url, service.key).decide("offer", INPUTS)
    return str(made["decision"]["status"])


def is_proved(client: Client, id_: str) -> bool:
    until = time.monotonic() + SECONDS_TO_INTEGRATE
    while time.monotonic() < until:
        if client.proof(id_)["index"] is not None:
            return True
        time.sleep(0.05)
    return False


def test_two_processes_are_one_service(tmp_path: Path) -> None:
    with settings_on("postgres", tmp_path / "data") as settings:
        one = Running(settings, tmp_path / "one")
        one.start()
        other = Running(settings, tmp_path / "other")
        other.key = one.key
        other.start()
        try:
            _answer_alike(one, other)
            _stop_together(one, other)
            _outlive(one, other)
        finally:
            one.kill()
            other.kill()


def _answer_alike(one: Running, other: Running) -> None:
    """The same key asked of both at once is one decision."""

    def ask(number: int) -> tuple[int, str]:
        client = Client((one, other)[number % 2].url, one.key)
        made = client.decide("offer", INPUTS, person="p-1", idempotency_key=str(number // 2))
        return number // 2, str(made["id"])

    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(ask, range(60)))
    assert len(told) == 30
    kept = list(Client(other.url, one.key).decisions(person="p-1"))
    assert {made["id"] for made in kept} == {id_ for _, id_ in told}


def _stop_together(one: Running, other: Running) -> None:
    """What one process stops the other stops with its next decision."""
    assert [status(one), status(other)] == ["decided", "decided"]
    turn(one, "suspend")
    assert [status(other), status(one)] == ["needs_human", "needs_human"]
    turn(other, "resume")
    assert [status(one), status(other)] == ["decided", "decided"]


def _outlive(one: Running, other: Running) -> None:
    """One is killed while both are asked: what it acknowledged is there, and the log goes on growing."""
    acknowledged: list[str] = []
    ending = threading.Event()

    def ask(service: Running) -> None:
        client = Client(service.url, service.key)
        while not ending.is_set():
            try:
                acknowledged.append(client.decide("offer", INPUTS)["id"])
            except OSError:
                return

    askers = [threading.Thread(target=ask, args=(each,)) for each in (one, other)]
    for asker in askers:
        asker.start()
    while len(acknowledged) < 40:
        time.sleep(0.01)
    one.kill()
    before = len(acknowledged)
    while len(acknowledged) < before + 20:
        time.sleep(0.01)
    ending.set()
    for asker in askers:
        asker.join()
    client = Client(other.url, other.key)
    assert all(client.decision(id_)["id"] == id_ for id_ in acknowledged)
    assert all(is_proved(client, id_) for id_ in acknowledged)
