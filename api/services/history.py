"""Bring decisions and people of before in: marked as imported, the same row once, however often it comes."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.services.decide import marked
from api.store.events import Event, note
from api.store.keys import ErasedError
from api.store.people import Deed, External, is_erased, link, owner_of
from api.store.records import CLEAR, IMPORTED, Record, clear_of, keep, key_of, open_record
from engine.hiring.history import KnownPerson, PastDecision
from engine.kernel.diagnostics import Code, Span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from engine.hiring.history import History
    from engine.kernel.diagnostics import Diagnostic

DIFFERS = Code(
    "HISTORY-010",
    "`{id}` was imported before, and said something else",
    "`{id}` 此前已导入，且内容不同",
    "a record does not change: give the correction an id of its own",
    "记录不会更改：请为更正使用新的编号",
)
TAKEN = Code(
    "HISTORY-011",
    "`{external}` is another person already",
    "`{external}` 已属于另一人",
    "one id of another system is one person here",
    "其他系统的一个编号在此只对应一人",
)

_AT_ONCE = 200


@dataclass(slots=True)
class Brought:
    """What became of rows: how many are `new`, `known` from before or `erased` since, and what is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    found: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a history comes from: the name that its ids are told apart by, the sheet for faults, who brings it and when."""

    name: str
    sheet: str
    by: str
    at: dt.datetime


def bring_in(
    platform: Platform,
    history: History,
    source: Source,
    *,
    keeps: bool,
    on_rows: Callable[[int], None] = lambda _: None,
) -> Brought:
    """Look at every row, and write those that are new, unless anything is wrong; with `keeps` off nothing is written."""
    brought = Brought(found=list(history.found))
    rows: list[KnownPerson | PastDecision] = [*history.people, *history.decisions]
    for part in _parts(rows):
        with platform.engine.connect() as connection:
            for row in part:
                state = _look(connection, platform, row, source)
                if isinstance(state, str):
                    brought.counts[state] += 1
                else:
                    brought.found.append(state)
        on_rows(len(part))
    if brought.found or not keeps or not brought.counts["new"]:
        return brought
    for part in _parts(rows):
        write = functools.partial(_write, platform=platform, part=part, source=source)
        platform.writer.submit(write).result()
    facts = {"what": "history", "source": source.name, "rows": brought.counts["new"]}
    event = Event("migration", source.by, source.at, facts)
    platform.writer.submit(lambda c: note(c, event, platform.keys)).result()
    return brought


def _parts(
    rows: Sequence[KnownPerson | PastDecision],
) -> Iterator[Sequence[KnownPerson | PastDecision]]:
    for first in range(0, len(rows), _AT_ONCE):
        yield rows[first : first + _AT_ONCE]


def _look(
    connection: Connection,
    platform: Platform,
    row: KnownPerson | PastDecision,
    source: Source,
) -> str | Diagnostic:
    """Say what a row is: `new`, `known`, `erased`, or what is wrong with it."""
    span = Span(source.sheet, row.row, 1, row.row, 2)
    if is_erased(connection, row.person):
        return "erased"
    if isinstance(row, KnownPerson):
        return _look_person(connection, row, span)
    record = _record(row, source)
    try:
        kept = open_record(connection, record.id, platform.keys)
    except ErasedError:
        return "erased"
    if kept is None:
        return "new"
    before = {name: part for name, part in kept.body.items() if name != CLEAR}
    same = before == record.body and clear_of(record) == kept.body[CLEAR]
    return "known" if same else DIFFERS.at(span, id=row.id)


def _look_person(connection: Connection, row: KnownPerson, span: Span) -> str | Diagnostic:
    owners = {
        (system, id_): owner_of(connection, External(system, id_))
        for system, id_ in row.external.items()
    }
    for (system, id_), owner in owners.items():
        if owner not in {None, row.person}:
            return TAKEN.at(span, external=f"{system} {id_}")
    return "known" if owners and None not in owners.values() else "new"


def _write(
    connection: Connection,
    platform: Platform,
    part: Sequence[KnownPerson | PastDecision],
    source: Source,
) -> None:
    """Write what is new of some rows; what another import wrote meanwhile is known, and left."""
    past: list[Record] = []
    for row in part:
        if _look(connection, platform, row, source) != "new":
            continue
        if isinstance(row, PastDecision):
            past.append(_record(row, source))
            continue
        key_of(connection, row.person, platform.keys)
        for system, id_ in row.external.items():
            deed = Deed(source.by, source.at)
            link(connection, row.person, External(system, id_), deed, platform.keys)
    # Together: writers beside each other do not wait for each other's cases in a circle.
    keep(connection, past, platform.keys)


def _record(row: PastDecision, source: Source) -> Record:
    named = hashlib.sha256(f"{source.name}\n{row.id}".encode()).hexdigest()
    body: dict[str, object] = {
        "inputs": marked(dict(row.inputs)),
        "decision": {
            "status": IMPORTED,
            "outcomes": {"outcome": row.outcome},
            "reasons": [],
            "used": [],
        },
        "imported": {"source": source.name, "id": row.id, "reason": row.reason},
    }
    return Record(
        id=named[:32],
        case=row.case,
        person=row.person,
        rule_set=row.rule_set,
        version=row.version,
        status=IMPORTED,
        used=(),
        decided_at=row.decided_at,
        as_of=row.decided_at,
        engine=IMPORTED,
        body=body,
    )
