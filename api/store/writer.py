"""Group commit: many small units of work in one transaction, each answered when it is on the disk."""

from __future__ import annotations

import contextlib
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

Item = TypeVar("Item")
T = TypeVar("T")

_TRIES = 2
"""How often a unit that the database refused alone is tried again."""


@dataclass(frozen=True, slots=True)
class _Unit(Generic[Item, T]):
    """An item, and what writes such items: as many together as stand side by side."""

    write: Callable[[Connection, Sequence[Item]], Sequence[T]]
    item: Item
    done: Future[T]
    is_alone: bool = False


class Writer:
    """Threads that gather units of work and commit them together.

    A unit that fails takes no other one with it: its batch is rolled back and each is tried alone.
    Where the database refused it, once more: another writer may have been first with the same row.
    `finish` is called with the connection before each commit, for what belongs to the whole batch.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        batch: int,
        threads: int = 1,
        finish: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        self._engine, self._batch, self._finish = engine, batch, finish
        self._waiting: queue.Queue[_Unit[Any, Any] | None] = queue.Queue(maxsize=20 * batch)
        self._threads = [
            threading.Thread(target=self._run, name=f"writer-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Connection], T], *, alone: bool = False) -> Future[T]:
        """Queue a unit; its future has the result once it is committed.

        What changes the answers of others is committed `alone`: no unit beside it sees half of it.
        """
        done: Future[T] = Future()
        self._waiting.put(_Unit(_work_each, work, done, alone))
        return done

    def submit_to(
        self, write: Callable[[Connection, Sequence[Item]], Sequence[T]], item: Item
    ) -> Future[T]:
        """Queue an item; `write` gets all that wait side by side, and gives a result for each, in order."""
        done: Future[T] = Future()
        self._waiting.put(_Unit(write, item, done))
        return done

    def waiting(self) -> int:
        """Give about how many units wait for a commit."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Commit what is queued, and end."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            units, ending = [first], False
            alone: _Unit[Any, Any] | None = None
            with contextlib.suppress(queue.Empty):
                while len(units) < self._batch and not first.is_alone and alone is None:
                    more = self._waiting.get_nowait()
                    if more is None:
                        ending = True
                        break
                    if more.is_alone:
                        alone = more
                    else:
                        units.append(more)
            # From here on a caller who goes away cannot take the answer's place away.
            self._commit([unit for unit in units if unit.done.set_running_or_notify_cancel()])
            if alone is not None and alone.done.set_running_or_notify_cancel():
                self._commit([alone])
            if ending:
                return

    def _commit(self, units: Sequence[_Unit[Any, Any]], *, again: int = _TRIES) -> None:
        if not units:
            return
        try:
            with self._transaction() as connection:
                results = [
                    result
                    for write, side_by_side in groupby(units, lambda unit: unit.write)
                    for result in write(connection, [unit.item for unit in side_by_side])
                ]
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to one of the units
            self._recover(units, error, again=again)
            return
        for unit, result in zip(units, results, strict=True):
            unit.done.set_result(result)

    def _recover(self, units: Sequence[_Unit[Any, Any]], error: Exception, *, again: int) -> None:
        if len(units) > 1:
            for unit in units:
                self._commit([unit])
        elif again and isinstance(error, DBAPIError):
            self._commit(units, again=again - 1)
        else:
            units[0].done.set_exception(error)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        connecting = self._engine.connect().execution_options(writes=True)
        with connecting as connection, connection.begin():
            yield connection
            self._finish(connection)


def _work_each(connection: Connection, works: Sequence[Callable[[Connection], T]]) -> Sequence[T]:
    """Do pieces of work that have nothing in common, one after the other."""
    return [work(connection) for work in works]
