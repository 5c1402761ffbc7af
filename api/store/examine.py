"""The live database looked through: the log against its signed heads, and every row against the log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from api.store.drafts import intact_steps
from api.store.events import open_event
from api.store.keys import AlteredError, ErasedError
from api.store.ledger import entries_from, nodes_within, signed_heads, waiting_leaves
from api.store.records import CLEAR, clear_of, open_body, with_keys
from api.store.tables import (
    decisions,
    documents,
    events,
    exception_approvals,
    holds,
    log_entries,
    log_nodes,
    people,
    publishing_events,
)
from engine.audit.checkpoint import open_checkpoint
from engine.audit.verify import BODY_ALTERED, ENTRY_ALTERED, LogCheck, read_leaf
from engine.content import read_content
from engine.kernel.canonical import canonical_json, content_hash
from engine.kernel.diagnostics import Code
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys
    from engine.audit.checkpoint import Verifier
    from engine.audit.entry import LogEntry
    from engine.audit.merkle import Node

ROW_GONE = Code(
    "AUDIT-STORE-001",
    "`{subject}` is in the log, and its row is gone",
    "`{subject}` 在日志中，而其数据行已不在",
    "bring the row back from a copy",
    "请从副本恢复该行",
)
ROW_UNLOGGED = Code(
    "AUDIT-STORE-002",
    "`{subject}` has a row in `{table}`, and no entry in the log",
    "`{subject}` 在表 `{table}` 中有数据行，而日志中没有条目",
    "the service writes both or neither: somebody else wrote this row, or deleted the entry",
    "服务要么两者都写，要么都不写：此行由他人写入，或条目被删除",
)
CLEAR_ALTERED = Code(
    "AUDIT-STORE-003",
    "`{column}` of `{subject}` is not what was recorded",
    "`{subject}` 的 `{column}` 与当初记录的不符",
    "the body, or the entry of the erasure, says what it was",
    "正文或删除条目载有原值",
)
TREE_ALTERED = Code(
    "AUDIT-STORE-004",
    "the tree over entries {first} to {last} is not what they make",
    "条目 {first} 至 {last} 之上的树与条目不符",
    "one of the entries, or a node of the tree, was altered",
    "其中的条目或树的节点被改动",
)
DOES_NOT_OPEN = Code(
    "AUDIT-STORE-005",
    "`{subject}` does not open: it, its key or its place was altered",
    "`{subject}` 无法打开：其内容、密钥或位置被改动",
    "bring the row and its person's key back from a copy",
    "请从副本恢复该行及其所属人员的密钥",
)
NOT_ERASED = Code(
    "AUDIT-STORE-006",
    "`{subject}` is without a key, and no erasure of it is in the log",
    "`{subject}` 没有密钥，而日志中没有对其的删除",
    "somebody else than the service destroyed the key",
    "密钥并非由服务销毁",
)
CAME_BACK = Code(
    "AUDIT-STORE-007",
    "`{subject}` was erased, and is there again",
    "`{subject}` 已被删除，却又存在",
    "a copy from before the erasure was brought back: erase again",
    "恢复了删除之前的副本：请重新删除",
)
DOCUMENT_ALTERED = Code(
    "AUDIT-STORE-008",
    "the text of `{subject}` is not the one that its hash names",
    "`{subject}` 的文本与其摘要不符",
    "bring the document back from a copy",
    "请从副本恢复该文件",
)
DOCUMENT_GONE = Code(
    "AUDIT-STORE-009",
    "`{subject}` rests on a document that is not here: {hash}",
    "`{subject}` 所依据的文件不在：{hash}",
    "bring the document back from a copy: without it nothing can be replayed",
    "请从副本恢复该文件：缺少它便无法复算",
)
HOLD_ALTERED = Code(
    "AUDIT-STORE-010",
    "the hold `{subject}` does not stand as it was placed or lifted",
    "冻结 `{subject}` 与其设置或解除的记录不符",
    "the log says who placed and who lifted it",
    "日志载有设置与解除的人",
)
APPROVAL_ALTERED = Code(
    "AUDIT-STORE-011",
    "the approvals of the exception `{subject}` are not those that were given",
    "例外 `{subject}` 的批准与当初给出的不符",
    "the log says who approved in which role",
    "日志载有以何角色批准的人",
)

_AT_ONCE = 2_000
_STEPS = frozenset({"publication", "approval", "suspension"})
_LOGGED = frozenset({"decision", "import"})
_NOTED = frozenset(
    {"erasure", "export", "sensitive_read", "hold", "exception", "migration", "key_change"}
)


@dataclass(slots=True)
class Examined:
    """What was found, and of what size that was in which it was looked for."""

    check: LogCheck
    waiting: list[str] = field(default_factory=list)
    erased: int = 0
    documents: frozenset[str] = frozenset()
    """The hashes of the documents that are there."""
    vouched: dict[str, str] = field(default_factory=dict)
    """Of erased records: the hash of the columns in the clear, as the erasure noted it."""
    persons: set[str] = field(default_factory=set)
    """Who was erased, as the log has it."""
    holds: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    steps: frozenset[str] = frozenset()
    """The steps of publishing that have rows."""
    approvals: set[tuple[str, str, str]] = field(default_factory=set)
    """Exception, role and approver, as the log has them."""


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
    check.expect([open_checkpoint(text, verifier) for text in anchors], verifier.name)
    for text in signed_heads(connection):
        try:
            check.expect([open_checkpoint(text, verifier)], verifier.name)
        except EvaluationError as error:
            check.tell(error.fault)
    _documents(connection, made)
    _events(connection, made, keys)
    _people(connection, made)
    _steps(connection, made)
    _log(connection, made, keys, on_entries)
    _waiting(connection, made, keys)
    _unlogged(connection, made)
    # A young log was never signed; whoever deletes heads cannot reach the one beside the keys.
    check.finish(needs_head=False)
    return made


def _documents(connection: Connection, made: Examined) -> None:
    hashes = set()
    for row in connection.execute(select(documents)):
        hashes.add(row.hash)
        try:
            read = list(read_content(json.loads(row.files)).documents())
        except ValueError:
            read = []
        if row.published_at is not None and row.hash not in {one.hash for one in read}:
            subject = f"{row.kind} {row.name} {row.version}"
            made.check.tell(DOCUMENT_ALTERED.at(None, subject=subject))
    made.documents = frozenset(hashes)


def _events(connection: Connection, made: Examined, keys: Keys) -> None:
    """Read what the erasures and holds say; the events themselves are checked with the log."""
    query = (
        select(events)
        .where(events.c.kind.in_(("erasure", "hold", "exception")))
        .order_by(events.c.id)
    )
    for row in connection.execute(query):
        try:
            body = json.loads(open_event(row, keys)[1])
        except AlteredError:
            continue
        facts = body["facts"]
        if body["kind"] == "erasure":
            made.persons.add(body["person"])
            made.vouched |= facts["rows"]
        elif body["kind"] == "exception":
            if facts["action"] == "approved":
                made.approvals.add((facts["exception"], facts["role"], body["by"]))
        elif facts["action"] == "placed":
            made.holds[row.id] = (body["person"], None)
        elif facts["hold"] in made.holds:
            made.holds[facts["hold"]] = (body["person"], row.id)


def _people(connection: Connection, made: Examined) -> None:
    gone = connection.execute(select(people.c.id).where(people.c.key.is_(None))).scalars()
    erased = set(gone)
    for person in sorted(erased - made.persons):
        made.check.tell(NOT_ERASED.at(None, subject=person))
    for person in sorted(made.persons - erased):
        made.check.tell(CAME_BACK.at(None, subject=person))
    there = {row.id: (row.person, row.lifted) for row in connection.execute(select(holds))}
    for id_ in sorted({*there, *made.holds}):
        if there.get(id_) != made.holds.get(id_):
            made.check.tell(HOLD_ALTERED.at(None, subject=id_))
    columns = (exception_approvals.c[name] for name in ("exception", "role", "approver"))
    given = {(row[0], row[1], row[2]) for row in connection.execute(select(*columns))}
    for subject in sorted({one[0] for one in given ^ made.approvals}):
        made.check.tell(APPROVAL_ALTERED.at(None, subject=subject))


def _steps(connection: Connection, made: Examined) -> None:
    """Compare the steps of publishing with what the log committed to when they were taken."""
    steps = connection.execute(select(publishing_events)).all()
    made.steps = frozenset(step.id for step in steps)
    for id_ in sorted(made.steps - intact_steps(connection, steps)):
        made.check.tell(BODY_ALTERED.at(None, subject=id_))


# --- the log ---------------------------------------------------------------------------------------


def _log(
    connection: Connection, made: Examined, keys: Keys, on_entries: Callable[[int], None]
) -> None:
    most = connection.execute(select(func.max(log_entries.c.place))).scalar()
    nodes = 0
    for first in range(0, 0 if most is None else most + 1, _AT_ONCE):
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
    for row in found:
        _record(made, row, records[row.id], keys)
    rows = connection.execute(select(events).where(events.c.id.in_(noted))).all() if noted else ()
    for row in rows:
        _event(made, row, noted[row.id], keys)
    there = {row.id for row in (*found, *rows)} | made.steps
    taken = [e.subject for e in entries if e.kind in _STEPS]
    for subject in (*records, *noted, *taken):
        if subject not in there:
            made.check.tell(ROW_GONE.at(None, subject=subject))


def _record(made: Examined, row: Row[Any], entry: LogEntry, keys: Keys) -> None:
    check = made.check
    if row.digest != entry.digest:
        check.tell(CLEAR_ALTERED.at(None, subject=row.id, column="digest"))
    now = clear_of(row)
    try:
        salt, body = open_body(row, keys)
    except ErasedError:
        if row.erased_at is None:
            check.tell(ROW_GONE.at(None, subject=row.person))
            return
        made.erased += 1
        if row.body:
            check.tell(CAME_BACK.at(None, subject=row.id))
        if made.vouched.get(row.id) != content_hash(canonical_json(now)):
            check.tell(CLEAR_ALTERED.at(None, subject=row.id, column="*"))
        return
    except AlteredError:
        check.tell(DOES_NOT_OPEN.at(None, subject=row.id))
        return
    check.body(entry, salt, body)
    before = json.loads(body).get(CLEAR, {})
    for column, value in now.items():
        if before.get(column) != value:
            check.tell(CLEAR_ALTERED.at(None, subject=row.id, column=column))


def _event(made: Examined, row: Row[Any], entry: LogEntry, keys: Keys) -> None:
    try:
        salt, body = open_event(row, keys)
    except AlteredError:
        made.check.tell(DOES_NOT_OPEN.at(None, subject=row.id))
        return
    made.check.body(entry, salt, body)
    before = json.loads(body)
    now = {"kind": row.kind, "person": row.person, "at": row.at.isoformat()}
    altered = [column for column, value in now.items() if before[column] != value]
    if row.digest != entry.digest:
        made.check.tell(BODY_ALTERED.at(None, subject=row.id))
    for column in altered:
        made.check.tell(CLEAR_ALTERED.at(None, subject=row.id, column=column))


def _unlogged(connection: Connection, made: Examined) -> None:
    for table in (decisions, events):
        logged = select(log_entries.c.id).where(log_entries.c.subject == table.c.id).exists()
        for id_ in connection.execute(
            select(table.c.id).where(~logged).order_by(table.c.id)
        ).scalars():
            made.check.tell(ROW_UNLOGGED.at(None, subject=id_, table=table.name))
