"""What every use case stands on: the database, the keys, the writer, and the snapshot of what is published."""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from api.services.callers import Callers
from api.store.database import answers, is_sqlite, open_database
from api.store.events import belong_together
from api.store.keys import MASTER, Keys, WrongKeysError, open_keys
from api.store.ledger import integrate
from api.store.migrations import migrate
from api.store.registry import Snapshot, read_snapshot, revision_of
from api.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from api.settings import Settings

_LOG = logging.getLogger("evenhand")
_SEQUENCE_SECONDS = 0.3


@dataclass(slots=True)
class Platform:
    """The open parts of one running service."""

    settings: Settings
    engine: Engine
    keys: Keys
    writer: Writer
    callers: Callers = field(default_factory=Callers)
    _snapshot: Snapshot | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _ending: threading.Event = field(default_factory=threading.Event)
    _sequencer: threading.Thread | None = None

    def snapshot(self) -> Snapshot:
        """Give what is published, read anew when the database has a later revision: once, whoever asks."""
        with self.engine.connect() as connection:
            wanted = revision_of(connection)
            if self._snapshot is None or self._snapshot.revision < wanted:
                with self._reading:
                    if self._snapshot is None or self._snapshot.revision < wanted:
                        self._snapshot = read_snapshot(connection)
        return self._snapshot

    def known(self) -> Snapshot:
        """Give what was published when somebody last looked: for whoever holds the revision before it counts."""
        return self._snapshot or self.snapshot()

    def is_ready(self) -> bool:
        """Whether the database answers."""
        return answers(self.engine)

    def close(self) -> None:
        """Commit what is queued, and let go of the database."""
        self.writer.close()
        self._ending.set()
        if self._sequencer is not None:
            self._sequencer.join()
        self.engine.dispose()

    def start_sequencer(self) -> None:
        """Grow the log beside the writers, where they commit in parallel."""
        self._sequencer = threading.Thread(target=self._sequence, name="sequencer", daemon=True)
        self._sequencer.start()

    def _sequence(self) -> None:
        while not self._ending.wait(_SEQUENCE_SECONDS):
            self._try_to_sequence()
        self._try_to_sequence()

    def _try_to_sequence(self) -> None:
        # A database that goes away comes back: until then entries wait, as they do anyway.
        try:
            self.sequence()
        except SQLAlchemyError:
            _LOG.warning("entries of the log could not be given their places this time")

    def sequence(self) -> None:
        """Give places to the entries that wait for one."""
        while True:
            with self.engine.begin() as connection:
                if not integrate(connection):
                    return


def open_platform(settings: Settings) -> Platform:
    """Open the database and keys that settings name, and begin to write.

    Raises WrongKeysError for keys of another database: what they wrote, nobody could read beside it.
    """
    keys = open_keys(settings.data_dir)
    engine = open_database(settings.url())
    embedded = is_sqlite(engine)
    migrate(engine, keys)
    with engine.connect() as connection:
        if not belong_together(connection, keys):
            raise WrongKeysError(MASTER)
    writer = Writer(
        engine,
        batch=settings.batch_size,
        threads=1 if embedded else 4,
        # One writer: what it commits has its place in the log at once.
        finish=_integrate_all if embedded else lambda _: None,
    )
    platform = Platform(settings, engine, keys, writer)
    if not embedded:
        platform.start_sequencer()
    return platform


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Platform]:
    """Have the database and keys open for a moment; raises WrongKeysError as `open_platform` does."""
    platform = open_platform(settings)
    try:
        yield platform
    finally:
        platform.close()


def _integrate_all(connection: Connection) -> None:
    while integrate(connection):
        pass
