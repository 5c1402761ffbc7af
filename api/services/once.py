"""Steps that are asked for under an idempotency key: whatever is written through this platform is done once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar, cast

from api.store.records import person_of
from api.store.replies import Once, answer_once
from engine.kernel.canonical import content_hash

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from concurrent.futures import Future

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.keys import Keys
    from api.store.writer import Writer

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class _OnceWriter:
    """A writer whose units are done once under a key: the answer is kept in the transaction of the deed."""

    writer: Writer
    once: Once
    keys: Keys

    def submit(self, work: Callable[[Connection], T], *, alone: bool = False) -> Future[T]:
        def unit(connection: Connection) -> T:
            return answer_once(connection, self.once, self.keys, work)

        return self.writer.submit(unit, alone=alone)


def doing_once(platform: Platform, once: Once) -> Platform:
    """Give the platform on which one step is taken, under its key; a step is one unit of the writer."""
    # No step asks a writer for anything but `submit`.
    writer = cast("Writer", _OnceWriter(platform.writer, once, platform.keys))
    return dataclasses.replace(platform, writer=writer)


def asked_once(  # noqa: PLR0913, PLR0917 - what a request under a key is made of
    platform: Platform, client: str, key: str, said: bytes, person: str | None, now: dt.datetime
) -> Platform:
    """Give the platform for what a client says under a key, about `person` or whoever the answer's decision is about."""

    def about(connection: Connection, made: object) -> str | None:
        decision = made.get("recorded_as") if isinstance(made, dict) else None
        return person if decision is None else person_of(connection, decision)

    return doing_once(platform, Once(client, key, content_hash(said), now, about))
