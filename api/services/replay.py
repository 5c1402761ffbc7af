"""Decide records again by the versions that they name, and say of each how it compares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from api.services.decide import ENGINE, NothingLikeItError, replay_kept
from api.store.keys import AlteredError, ErasedError
from api.store.records import IMPORTED, count_decided, ids_decided, open_record
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from api.services.platform import Platform

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
        with platform.engine.connect() as connection:
            kept = open_record(connection, id_, platform.keys)
    except ErasedError:
        return Outcome(id_, "erased")
    except AlteredError:
        return Outcome(id_, "altered")
    if kept is None:
        raise NothingLikeItError(id_)
    if kept.engine == IMPORTED:
        return Outcome(id_, "imported", recorded_engine=IMPORTED)
    try:
        differs = replay_kept(platform.snapshot(), kept)
    except (NotFoundError, DocumentError, EvaluationError):
        return Outcome(id_, "unknown_rules", recorded_engine=kept.engine)
    return Outcome(id_, "differs" if differs else "same", differs, kept.engine)


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
