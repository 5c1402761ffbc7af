"""The live database looked through: the log against its signed heads, and every row against the log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from api.store import events as noted_as
from api.store.drafts import intact_steps
from api.store.events import open_event
from api.store.findings import (
    ACCESS_ALTERED,
    APPROVAL_ALTERED,
    CAME_BACK,
    CLEAR_ALTERED,
    DOCUMENT_ALTERED,
    DOCUMENT_GONE,
    DOES_NOT_OPEN,
    HOLD_ALTERED,
    LINK_ALTERED,
    NOT_ERASED,
    ROW_GONE,
    ROW_MISSING,
    ROW_UNLOGGED,
    TREE_ALTERED,
    UNMARKED,
    UNREADABLE,
    UNVOUCHED,
    VOTES_ALTERED,
)
from api.store.keys import AlteredError, ErasedError
from api.store.ledger import entries_from, next_place, nodes_within, waiting_leaves
from api.store.marks import MARKED, is_marked
from api.store.readable import unreadable
from api.store.records import CLEAR, Under, answer_rows, clear_of, open_body, with_keys
from api.store.retrace import Told, approvals_by, versions_by
from api.store.shadows import counted_beside
from api.store.tables import (
    accounts,
    answers,
    approvals,
    checkpoints,
    credentials,
    decisions,
    documents,
    events,
    exception_approvals,
    exceptions,
    external_ids,
    holds,
    log_entries,
    log_nodes,
    people,
    publishing_events,
    shadow_answers,
)
from engine.audit.checkpoint import open_checkpoint
from engine.audit.entry import EntryKind
from engine.audit.verify import BODY_ALTERED, ENTRY_ALTERED, LogCheck, read_leaf
from engine.kernel.canonical import canonical_json, content_hash
from engine.kernel.errors import EvaluationError
from engine.publishing.draft import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys
    from engine.audit.checkpoint import Checkpoint, Verifier
    from engine.audit.entry import LogEntry
    from engine.audit.merkle import Node

_AT_ONCE = 2_000
_TELLING = ("erasure", "retention", "hold", "exception", "link", "unlink", "key_change")
_STEPS = frozenset({"publication", "approval", "suspension"})
_LOGGED = frozenset({"decision", "import"})
_NOTED = frozenset(get_args(EntryKind)) - _STEPS - _LOGGED


@dataclass(slots=True)
class Examined:
    """What was found, and of what size that was in which it was looked for."""

    check: LogCheck
    waiting: list[str] = field(default_factory=list)
    erased: int = 0
    documents: frozenset[str] = frozenset()
    """The hashes of the documents that are there."""
    steps: frozenset[str] = frozenset()
    """The steps of publishing that have rows."""
    told: Told = field(default_factory=Told)


def examine(
    connection: Connection,
    keys: Keys,
    verifier: Verifier,
    anchors: Iterable[str] = (),
    on_entries: Callable[[int], None] = lambda _: None,
) -> Examined:
    """Look through a whole database, in one transaction; `on_entries` hears of each part of the log.

    Raises EvaluationError for an anchor that is no signed head of this log.
    """
    made = Examined(LogCheck())
    check = made.check
    heads = [open_checkpoint(text, verifier) for text in anchors]
    check.expect(heads, verifier.name)
    try:
        _heads(connection, made, keys, verifier, heads)
        _all(connection, made, keys, on_entries)
    except (TypeError, ValueError, OverflowError, DBAPIError):
        wrong = list(unreadable(connection))
        if not wrong:
            raise
        for one in wrong:
            told = {"subject": one.row, "table": one.table, "column": one.column}
            check.tell(UNREADABLE.at(None, **told))
    return made


def _all(
    connection: Connection, made: Examined, keys: Keys, on_entries: Callable[[int], None]
) -> None:
    _events(connection, made, keys)
    _people(connection, made)
    _access(connection, made)
    _versions(connection, made, keys)
    _marks(connection, made, keys)
    _log(connection, made, keys, on_entries)
    _waiting(connection, made, keys)
    _unlogged(connection, made)
    # A young log was never signed; whoever deletes heads cannot reach the one beside the keys.
    made.check.finish(needs_head=False)


def _heads(
    connection: Connection,
    made: Examined,
    keys: Keys,
    verifier: Verifier,
    known: Sequence[Checkpoint],
) -> None:
    """Take the heads that were signed; each bears the mark of one that came after the one before it."""
    before = 0
    rows = connection.execute(select(checkpoints).order_by(checkpoints.c.size)).all()
    for row in rows:
        if not is_marked(keys, checkpoints, row, after=before):
            made.check.tell(UNMARKED.at(None, subject=str(row.size), table=checkpoints.name))
        before = row.size
        try:
            made.check.expect([open_checkpoint(row.text, verifier)], verifier.name)
        except EvaluationError as error:
            made.check.tell(error.fault)
    for size in sorted({one.size for one in known} - {row.size for row in rows}):
        made.check.tell(ROW_MISSING.at(None, subject=str(size), table=checkpoints.name))


# --- what rows must say --------------------------------------------------------------------------


def _events(connection: Connection, made: Examined, keys: Keys) -> None:
    """Hear what the events tell, in the order of the log; they themselves are checked with it."""
    told = noted_as.with_keys().join(log_entries, log_entries.c.subject == events.c.id)
    told = told.where(events.c.kind.in_(_TELLING)).order_by(log_entries.c.id)
    for row in connection.execute(told):
        try:
            made.told.hear(row.id, json.loads(open_event(row, keys)[1]))
        except ErasedError:
            made.told.hear_erased(row.id, row.person)
        except AlteredError:
            continue


def _people(connection: Connection, made: Examined) -> None:
    check, told = made.check, made.told
    gone = connection.execute(select(people).where(people.c.key.is_(None)))
    erased = {row.id: row.erased_at.isoformat() for row in gone}
    for person in sorted(erased.keys() - told.erased.keys()):
        check.tell(NOT_ERASED.at(None, subject=person))
    for person in sorted(told.erased.keys() - erased.keys()):
        check.tell(CAME_BACK.at(None, subject=person))
    for person in sorted(told.erased.keys() & erased.keys()):
        if erased[person] != told.erased[person]:
            check.tell(CLEAR_ALTERED.at(None, subject=person, column="erased_at"))
    there = {row.id: (row.person, row.lifted) for row in connection.execute(select(holds))}
    for id_ in sorted({*there, *told.holds}):
        if there.get(id_) != told.holds.get(id_):
            check.tell(HOLD_ALTERED.at(None, subject=id_))
    _links(connection, made)
    asked = frozenset(connection.execute(select(exceptions.c.id)).scalars())
    for id_ in sorted(told.exceptions - asked):
        check.tell(ROW_MISSING.at(None, subject=id_, table=exceptions.name))
    columns = (exception_approvals.c[name] for name in ("exception", "role", "approver"))
    given = {(row[0], row[1], row[2]) for row in connection.execute(select(*columns))}
    for subject in sorted({one[0] for one in given ^ told.approvals}):
        check.tell(APPROVAL_ALTERED.at(None, subject=subject))


def _links(connection: Connection, made: Examined) -> None:
    """Compare external ids with the events that added and removed them."""
    there: dict[str, list[tuple[str, ...]]] = {}
    for row in connection.execute(select(external_ids)):
        if row.event is None:
            made.check.tell(ROW_UNLOGGED.at(None, subject=row.person, table="external_ids"))
        else:
            there.setdefault(row.event, []).append((row.person, row.system, row.external))
    for id_ in sorted({*there, *made.told.links}):
        told, found = made.told.links.get(id_), there.get(id_, [])
        if told is None or [one[: len(told)] for one in found] != [told]:
            subject = found[0][0] if found else told and told[0]
            made.check.tell(LINK_ALTERED.at(None, subject=subject))


def _access(connection: Connection, made: Examined) -> None:
    """Compare who may come in with what was given and taken; tokens, sessions and links end, and are forgotten."""
    check, told = made.check, made.told
    there = {row.name: row for row in connection.execute(select(accounts))}
    for name, (grants, is_disabled) in sorted(told.accounts.items()):
        row = there.get(name)
        if row is None:
            check.tell(ROW_MISSING.at(None, subject=name, table=accounts.name))
        elif (tuple(row.grants.split()), row.disabled_at is not None) != (grants, is_disabled):
            check.tell(ACCESS_ALTERED.at(None, subject=name))
    columns = credentials.c.id, credentials.c.revoked_at
    revoked = {id_: at is not None for id_, at in connection.execute(select(*columns))}
    for id_ in sorted(told.keys - revoked.keys()):
        check.tell(ROW_MISSING.at(None, subject=id_, table=credentials.name))
    for id_ in sorted(one for one in told.revoked & revoked.keys() if not revoked[one]):
        check.tell(ACCESS_ALTERED.at(None, subject=id_))


def _versions(connection: Connection, made: Examined, keys: Keys) -> None:
    """Compare the steps of publishing with what the log committed to, and the versions with the steps."""
    check = made.check
    query = select(publishing_events).order_by(publishing_events.c.number)
    steps = connection.execute(query).all()
    made.steps = frozenset(step.id for step in steps)
    intact = intact_steps(connection, steps)
    for id_ in sorted(made.steps - intact):
        check.tell(BODY_ALTERED.at(None, subject=id_))
    known = [one for one in steps if one.id in intact and is_marked(keys, publishing_events, one)]
    columns = (approvals.c[name] for name in ("document", "digest", "approver"))
    there = {(row[0], row[1], row[2]) for row in connection.execute(select(*columns))}
    altered = {one[0] for one in there ^ approvals_by(known)}
    expected, hashes = versions_by(known), set()
    for row in connection.execute(select(documents).order_by(documents.c.id)):
        hashes.add(row.hash)
        subject = f"{row.kind} {row.name} {row.version}"
        if row.id in altered:
            check.tell(VOTES_ALTERED.at(None, subject=subject))
        _version(made, row, subject, expected.pop(row.id, None))
    for gone in expected.values():
        subject = f"{gone['kind']} {gone['name']} {gone['version']}"
        check.tell(ROW_MISSING.at(None, subject=subject, table=documents.name))
    made.documents = frozenset(hashes)


def _version(
    made: Examined, row: Row[Any], subject: str, expected: Mapping[str, Any] | None
) -> None:
    try:
        is_text = digest_of(json.loads(row.files)) == row.digest
    except (ValueError, TypeError, AttributeError):
        is_text = False
    if not is_text:
        made.check.tell(DOCUMENT_ALTERED.at(None, subject=subject))
    if expected is None or row.status != expected.get("status"):
        made.check.tell(UNVOUCHED.at(None, subject=subject, status=row.status))
    for column, value in (expected or {}).items():
        if column != "status" and getattr(row, column) != value:
            made.check.tell(CLEAR_ALTERED.at(None, subject=subject, column=column))


def _marks(connection: Connection, made: Examined, keys: Keys) -> None:
    """Look at the mark of every row that has one; those of heads are a chain, and were looked at."""
    for table in (one for one in MARKED if one is not checkpoints):
        for row in connection.execute(select(table).execution_options(yield_per=_AT_ONCE)):
            if not is_marked(keys, table, row):
                subject = "/".join(str(getattr(row, one.name)) for one in table.primary_key)
                made.check.tell(UNMARKED.at(None, subject=subject, table=table.name))


# --- the log ---------------------------------------------------------------------------------------


def _log(
    connection: Connection, made: Examined, keys: Keys, on_entries: Callable[[int], None]
) -> None:
    nodes, first = 0, next_place(connection, 0)
    while first is not None:
        first -= first % _AT_ONCE
        rows = entries_from(connection, first, first + _AT_ONCE)
        stored = nodes_within(connection, first, first + _AT_ONCE)
        nodes += len(stored)
        entries = []
        for row in rows:
            leaf = bytes(row.leaf)
            digest = None if row.digest is None else bytes(row.digest)
            entry, subtrees = made.check.add(row.place, leaf, digest)
            _subtrees(made, subtrees, stored)
            if entry is not None:
                _says(made, row.place, row.subject, entry)
                entries.append(entry)
        _rows(connection, made, entries, keys)
        on_entries(len(rows))
        first = next_place(connection, first + _AT_ONCE)
    there = connection.execute(select(func.count()).select_from(log_nodes)).scalar_one()
    if there != nodes:
        made.check.tell(TREE_ALTERED.at(None, first=0, last=max(0, made.check.entries - 1)))


def _says(made: Examined, place: int, subject: str, entry: LogEntry) -> None:
    if subject != entry.subject:
        made.check.tell(ENTRY_ALTERED.at(None, place=place, subject=entry.subject))


def _subtrees(made: Examined, nodes: Sequence[Node], stored: dict[tuple[int, int], bytes]) -> None:
    for node in nodes:
        if stored.get((node.level, node.index)) != node.digest:
            first = node.index << node.level
            last = first + (1 << node.level) - 1
            made.check.tell(TREE_ALTERED.at(None, first=first, last=last))


def _waiting(connection: Connection, made: Examined, keys: Keys) -> None:
    """Look at the entries that have no place yet: their rows are checked, and they prove nothing so far."""
    entries = []
    for leaf in waiting_leaves(connection):
        entry = read_leaf(leaf)
        made.waiting.append("?" if entry is None else entry.subject)
        if entry is not None:
            made.check.once(entry)
            entries.append(entry)
    for first in range(0, len(entries), _AT_ONCE):
        _rows(connection, made, entries[first : first + _AT_ONCE], keys)


# --- the rows --------------------------------------------------------------------------------------


def _rows(connection: Connection, made: Examined, entries: Sequence[LogEntry], keys: Keys) -> None:
    records = {e.subject: e for e in entries if e.kind in _LOGGED}
    noted = {e.subject: e for e in entries if e.kind in _NOTED}
    for entry in records.values():
        for hash_ in entry.used:
            if hash_ not in made.documents:
                made.check.tell(DOCUMENT_GONE.at(None, subject=entry.subject, hash=hash_))
    found = connection.execute(with_keys(records)).all() if records else ()
    bodies = {row.id: _record(made, row, records[row.id], keys) for row in found}
    _beside(connection, made, {id_: body for id_, body in bodies.items() if body is not None})
    query = noted_as.with_keys().where(events.c.id.in_(noted))
    rows = connection.execute(query).all() if noted else ()
    for row in rows:
        _event(made, row, noted[row.id], keys)
    there = {row.id for row in (*found, *rows)} | made.steps
    taken = [e.subject for e in entries if e.kind in _STEPS]
    for subject in (*records, *noted, *taken):
        if subject not in there:
            made.check.tell(ROW_GONE.at(None, subject=subject))


def _beside(
    connection: Connection, made: Examined, bodies: Mapping[str, Mapping[str, Any]]
) -> None:
    """Look whether what stands beside decisions is there: under which key one was asked for, and its shadows."""
    asked = {
        Under(**of): id_
        for id_, body in bodies.items()
        if (of := body.get("asked_under")) is not None
    }
    there = {Under(row.client, row.key): row.decision for row in answer_rows(connection, asked)}
    for client, key in sorted(one for one, id_ in asked.items() if there.get(one) != id_):
        made.check.tell(ROW_MISSING.at(None, subject=f"{client}/{key}", table=answers.name))
    with_shadows = {id_: len(body["shadows"]) for id_, body in bodies.items() if "shadows" in body}
    counted = counted_beside(connection, with_shadows)
    for id_ in sorted(one for one, count in with_shadows.items() if counted.get(one) != count):
        made.check.tell(ROW_MISSING.at(None, subject=id_, table=shadow_answers.name))


def _record(made: Examined, row: Row[Any], entry: LogEntry, keys: Keys) -> dict[str, Any] | None:
    """Compare a decision with its entry; gives its body where it can be opened."""
    check = made.check
    if row.digest != entry.digest:
        check.tell(CLEAR_ALTERED.at(None, subject=row.id, column="digest"))
    now = clear_of(row)
    try:
        salt, body = open_body(row, keys)
    except ErasedError:
        if row.key is None and row.erased_at is None:
            check.tell(ROW_GONE.at(None, subject=row.person))
            return None
        made.erased += 1
        if row.body:
            check.tell(CAME_BACK.at(None, subject=row.id))
        if made.told.vouched.get(row.id) != content_hash(canonical_json(now)):
            check.tell(CLEAR_ALTERED.at(None, subject=row.id, column="*"))
        return None
    except AlteredError:
        check.tell(DOES_NOT_OPEN.at(None, subject=row.id))
        return None
    if row.id in made.told.vouched:
        check.tell(CAME_BACK.at(None, subject=row.id))
    check.body(entry, salt, body)
    opened: dict[str, Any] = json.loads(body)
    before = opened.get(CLEAR, {})
    for column, value in now.items():
        if before.get(column) != value:
            check.tell(CLEAR_ALTERED.at(None, subject=row.id, column=column))
    return opened


def _event(made: Examined, row: Row[Any], entry: LogEntry, keys: Keys) -> None:
    now = noted_as.clear_of(row)
    if row.digest != entry.digest:
        made.check.tell(BODY_ALTERED.at(None, subject=row.id))
    try:
        salt, body = open_event(row, keys)
    except ErasedError:
        if row.body:
            made.check.tell(CAME_BACK.at(None, subject=row.id))
        if made.told.vouched.get(row.id) != content_hash(canonical_json(now)):
            made.check.tell(CLEAR_ALTERED.at(None, subject=row.id, column="*"))
        return
    except AlteredError:
        made.check.tell(DOES_NOT_OPEN.at(None, subject=row.id))
        return
    made.check.body(entry, salt, body)
    before = json.loads(body)
    for column in (column for column, value in now.items() if before[column] != value):
        made.check.tell(CLEAR_ALTERED.at(None, subject=row.id, column=column))


def _unlogged(connection: Connection, made: Examined) -> None:
    for table in (decisions, events):
        logged = select(log_entries.c.id).where(log_entries.c.subject == table.c.id).exists()
        for id_ in connection.execute(
            select(table.c.id).where(~logged).order_by(table.c.id)
        ).scalars():
            made.check.tell(ROW_UNLOGGED.at(None, subject=id_, table=table.name))
