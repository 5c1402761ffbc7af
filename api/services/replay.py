"""Decide records again by the versions that they name, and say of each how it compares."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from api.services.asked import asked_in
from api.services.cases import SUSPENDED
from api.services.decide import ENGINE, open_kept
from api.services.evaluate import UNCOMPARED
from api.store.keys import AlteredError, ErasedError
from api.store.records import IMPORTED, count_decided, ids_decided
from engine.kernel.canonical import canonical_json
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from api.services.platform import Platform
    from api.store.records import Kept
    from api.store.registry import Snapshot

State: TypeAlias = Literal["same", "differs", "erased", "imported", "altered", "unknown_rules"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: the same answer, or what differs, or why it cannot be decided again."""

    id: str
    state: State
    differs: dict[str, Any] = field(default_factory=dict)
    recorded_engine: str | None = None

    def as_json(self) -> dict[str, object]:
        """Give it as data."""
        return {
            "id": self.id,
            "state": self.state,
            "same": self.state == "same",
            "differs": self.differs,
            "recorded_engine": self.recorded_engine,
            "engine": ENGINE,
        }


def replay_one(platform: Platform, id_: str) -> Outcome:
    """Decide one record again; raises NothingLikeItError."""
    try:
        kept = open_kept(platform, id_)
    except ErasedError:
        return Outcome(id_, "erased")
    except AlteredError:
        return Outcome(id_, "altered")
    if kept.engine == IMPORTED:
        return Outcome(id_, "imported", recorded_engine=IMPORTED)
    try:
        differs = replay_kept(platform.snapshot(), kept)
    except (NotFoundError, DocumentError, EvaluationError):
        return Outcome(id_, "unknown_rules", recorded_engine=kept.engine)
    return Outcome(id_, "differs" if differs else "same", differs, kept.engine)


def replay_kept(snapshot: Snapshot, kept: Kept) -> dict[str, Any]:
    """Decide a record again by the versions it names; gives what differs, by name; raises NotFoundError."""
    body: Any = kept.body
    stopped = [reason["code"] for reason in body["decision"]["reasons"]] == [SUSPENDED.code]
    answer = asked_in(kept).answer(snapshot, stopped=stopped)
    before, after = _compared(body), _compared(json.loads(canonical_json(answer.parts)))
    return {
        name: {"recorded": before.get(name), "replayed": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def _compared(parts: Mapping[str, Any]) -> dict[str, object]:
    """Flatten the parts of an answer that a replay has to give again."""
    told: dict[str, Any] = {**parts["decision"], **parts.get("evaluation", {})}
    told.pop(UNCOMPARED, None)
    return told


def count_between(platform: Platform, first: dt.datetime | None, end: dt.datetime | None) -> int:
    """Count the records that were decided from `first` on and before `end`."""
    with platform.engine.connect() as connection:
        return count_decided(connection, first, end)


def replay_between(
    platform: Platform, first: dt.datetime | None, end: dt.datetime | None
) -> Iterator[Outcome]:
    """Decide again what was decided from `first` on and before `end`, in the order of ids."""
    after = ""
    while True:
        with platform.engine.connect() as connection:
            ids = ids_decided(connection, first, end, after)
        if not ids:
            return
        for id_ in ids:
            yield replay_one(platform, id_)
        after = ids[-1]
