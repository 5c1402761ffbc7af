"""Kill the service without warning while clients ask, and hold what they were told against what is kept."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from api.client import Client, ServiceError
from api.store.database import open_database
from api.store.ledger import prove_entry
from api.store.tables import answers, decisions, events, log_entries, publishing_events
from engine.audit.checkpoint import open_checkpoint, parse_verifier
from engine.audit.merkle import Frontier, leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from engine.audit.checkpoint import Checkpoint
    from tests.support.running import Running

ASKERS = 4
PROVED = 5
"""How many of the newest decisions are proved after each kill."""
SECONDS_TO_INTEGRATE = 60.0
SECONDS_OF_LOAD = 10.0
REPEATED = 0.2
"""How often an old key is asked again."""
_BAND = {"band_min": 8000, "band_max": 10000}


@dataclass(slots=True)
class Toll:
    """What came of it; `told` is the id that was acknowledged for each key."""

    kills: int = 0
    told: dict[str, str] = field(default_factory=dict)
    asked_again: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or unproved."""
        return not (self.lost or self.doubled or self.faults)

    def __str__(self) -> str:
        told = f"{self.kills} kills, {len(self.told)} decisions acknowledged, {self.asked_again} keys asked again"
        found = f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.faults)} faults"
        return f"{told}: {found}" + "".join(f"\n  {one}" for one in self.faults[:10])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one key stands for."""

    key: str
    inputs: Mapping[str, object]
    person: str


def kill_repeatedly(
    service: Running,
    kills: int,
    seed: int,
    on_kill: Callable[[Toll], None] = lambda _: None,
) -> Toll:
    """Start, ask, kill, start again and verify, `kills` times; then stop and count everything."""
    toll, draw, ending = Toll(), random.Random(seed), threading.Event()  # noqa: S311 - a test draws by seed
    service.start()
    askers = [
        threading.Thread(target=_ask, args=(service, number, seed, toll, ending), daemon=True)
        for number in range(ASKERS)
    ]
    for asker in askers:
        asker.start()
    engine = open_database(service.settings.url())
    head: Checkpoint | None = None
    try:
        for _ in range(kills):
            _await_load(toll, draw.randint(1, 80))
            time.sleep(draw.uniform(0, 0.02))
            service.kill()
            toll.kills += 1
            told = dict(toll.told)
            _compare(engine, told, toll)
            service.start()
            head = _verify(service, engine, list(told.values())[-PROVED:], head, toll)
            on_kill(toll)
        ending.set()
        for asker in askers:
            asker.join()
        service.stop()
        _compare(engine, toll.told, toll)
        _count(engine, toll)
    finally:
        ending.set()
        engine.dispose()
    return toll


def _await_load(toll: Toll, more: int) -> None:
    """Wait until so many more keys were answered: a service that nobody asks loses nothing."""
    wanted, until = len(toll.told) + more, time.monotonic() + SECONDS_OF_LOAD
    while len(toll.told) < wanted and time.monotonic() < until:
        time.sleep(0.005)


def _ask(service: Running, number: int, seed: int, toll: Toll, ending: threading.Event) -> None:
    """Ask with one new key after the other, each until it is answered; an old key now and then."""
    draw, client = random.Random(seed * 100 + number), Client(service.url, service.key, timeout=20)  # noqa: S311 - by seed
    mine: list[_Asked] = []
    while not ending.is_set():
        # Several clients decide about the same few people and cases at once.
        inputs = {"overall": str(draw.randint(0, 100)), "assessed": True, **_BAND}
        mine.append(_Asked(f"{number}-{len(mine)}", inputs, f"p-{draw.randint(0, 50)}"))
        again = [draw.choice(mine)] if draw.random() < REPEATED else []
        for asked in (mine[-1], *again):
            id_ = _answered(client, asked, toll)
            if id_ is None:
                return
            if toll.told.setdefault(asked.key, id_) != id_:
                toll.doubled.append(asked.key)


def _answered(client: Client, asked: _Asked, toll: Toll) -> str | None:
    """Ask until there is an answer: the id, or None for one that must not be."""
    while True:
        try:
            made = client.decide(
                "offer",
                asked.inputs,
                person=asked.person,
                case=asked.person,
                idempotency_key=asked.key,
            )
        except ServiceError as error:
            toll.faults.append(f"{asked.key}: {error}")
            return None
        except (OSError, ValueError, HTTPException):  # killed: nobody there, or half an answer
            toll.asked_again += 1
            time.sleep(0.1)
            continue
        return str(made["id"])


def _compare(engine: Engine, told: dict[str, str], toll: Toll) -> None:
    """Look in the database for all that was acknowledged, under the key that it was asked with."""
    with engine.connect() as connection:
        rows = connection.execute(select(answers.c.key, answers.c.decision)).all()
    kept = {row.key: row.decision for row in rows}
    toll.lost += [key for key, id_ in told.items() if kept.get(key) != id_]


def _count(engine: Engine, toll: Toll) -> None:
    """Every key has one decision, every decision one entry, and the tree is over all of them."""
    # What the database began with has entries, too, and so has what else is done.
    others = select(publishing_events.c.id).union(select(events.c.id))
    about = log_entries.c.subject.not_in(others)
    with engine.connect() as connection:
        keys, kept, entries, subjects = (
            connection.execute(count).scalar_one()
            for count in (
                select(func.count(answers.c.key)),
                select(func.count(decisions.c.id)),
                select(func.count(log_entries.c.id)).where(about),
                select(func.count(log_entries.c.subject.distinct())).where(about),
            )
        )
    if not keys == kept == entries == subjects == len(toll.told):
        toll.doubled.append(f"{len(toll.told)} {keys} {kept} {entries} {subjects}")


def _verify(
    service: Running, engine: Engine, newest: list[str], before: Checkpoint | None, toll: Toll
) -> Checkpoint:
    """Hold the signed head, and the one before it, against all leaves, and prove the newest decisions."""
    client = Client(service.url, service.key)
    _await_places(engine, newest, toll)
    head = open_checkpoint(client.checkpoint(), parse_verifier(client.log_key()))
    with engine.connect() as connection:
        rows = connection.execute(
            select(log_entries.c.leaf)
            .where(log_entries.c.place.is_not(None))
            .order_by(log_entries.c.place)
        )
        roots = _roots([bytes(row.leaf) for row in rows])
        for one in filter(None, (before, head)):
            if roots[one.size] != one.root:
                toll.faults.append(f"the leaves do not give the signed head of {one.size}")
        for id_ in newest:
            told = prove_entry(connection, id_, head.size)
            path = [bytes.fromhex(digest) for digest in told["proof"]]  # type: ignore[attr-defined]
            leaf, place = leaf_hash(str(told["leaf"]).encode()), int(str(told["index"]))
            if not verify_inclusion(leaf, place, head.size, path, head.root):
                toll.faults.append(f"no proof of entry {place}")
    return head


def _await_places(engine: Engine, ids: list[str], toll: Toll) -> None:
    until = time.monotonic() + SECONDS_TO_INTEGRATE
    query = select(func.count()).where(
        log_entries.c.subject.in_(ids), log_entries.c.place.is_not(None)
    )
    while True:
        with engine.connect() as connection:
            if connection.execute(query).scalar_one() == len(ids):
                return
        if time.monotonic() > until:
            toll.faults.append("entries without a place")
            return
        time.sleep(0.1)


def _roots(leaves: list[bytes]) -> list[bytes]:
    """Give the root of the first n leaves, for every n."""
    frontier = Frontier(0, ())
    roots = [frontier.root()]
    for leaf in leaves:
        frontier, _ = frontier.append(leaf_hash(leaf))
        roots.append(frontier.root())
    return roots
