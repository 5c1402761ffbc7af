"""The live database looked through: the log against its signed heads, and every row against the log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from sqlalchemy import func, select

from api.store import events as noted_as
from api.store.drafts import intact_steps
from api.store.events import open_event
from api.store.keys import AlteredError, ErasedError
from api.store.ledger import entries_from, nodes_within, signed_heads, waiting_leaves
from api.store.records import CLEAR, clear_of, open_body, with_keys
from api.store.tables import (
    approvals,
    decisions,
    documents,
    events,
    exception_approvals,
    external_ids,
    holds,
    log_entries,
    log_nodes,
    people,
    publishing_events,
)
from engine.audit.checkpoint import open_checkpoint
from engine.audit.entry import EntryKind
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

LINK_ALTERED = Code(
    "AUDIT-STORE-012",
    "an external id of `{subject}` does not stand as it was added or removed",
    "`{subject}` 的外部编号与其添加或移除的记录不符",
    "the log says when which was added or removed; while the person is not erased, also what it was",
    "日志载有添加与移除的时间；在该人未被删除前还载有编号",
)
UNVOUCHED = Code(
    "AUDIT-STORE-013",
    "`{subject}` is `{status}`, and no entry of the log made it so",
    "`{subject}` 的状态为 `{status}`，而日志中没有相应条目",
    "the service writes both or neither: somebody else changed this row",
    "服务要么两者都写，要么都不写：此行由他人改动",
)
VOTES_ALTERED = Code(
    "AUDIT-STORE-014",
    "the approvals of `{subject}` are not those that were given",
    "`{subject}` 的批准与当初给出的不符",
    "the log says who approved which text, and what made approvals void",
    "日志载有批准者、所批准的文本与批准作废的原因",
)

_AT_ONCE = 2_000
_TELLING = ("erasure", "retention", "hold", "exception", "link", "unlink")
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
    vouched: dict[str, str] = field(default_factory=dict)
    """Of erased records: the hash of the columns in the clear, as the erasure noted it."""
    persons: set[str] = field(default_factory=set)
    """Who was erased, as the log has it."""
    holds: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    links: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    """By the event that added it, an external id that is still there: whose, and until an erasure also what."""
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
    ended: dict[str | None, str] = {}
    told = noted_as.with_keys().where(events.c.kind.in_(_TELLING)).order_by(events.c.id)
    for row in connection.execute(told):
        try:
            body = json.loads(open_event(row, keys)[1])
        except ErasedError:
            made.links[row.id] = (row.person,)
            continue
        except AlteredError:
            continue
        facts = body["facts"]
        match body["kind"], facts.get("action"):
            case "erasure", _:
                made.persons.add(body["person"])
                made.vouched |= facts["rows"]
            case "retention", _:
                made.vouched |= facts["rows"]
            case "exception", "approved":
                made.approvals.add((facts["exception"], facts["role"], body["by"]))
            case "hold", "placed":
                made.holds[row.id] = (body["person"], None)
            case "hold", _:
                ended[facts["hold"]] = row.id
            case "link", _:
                made.links[row.id] = (body["person"], facts["system"], facts["id"])
            case "unlink", _:
                ended[facts["link"]] = row.id
            case _:
                pass
    # Only now: within one moment their ids say nothing of which came first.
    for id_, by in ended.items():
        if id_ in made.links:
            del made.links[id_]
        if id_ in made.holds:
            made.holds[id_] = (made.holds[id_][0], by)


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
    _links(connection, made)
    columns = (exception_approvals.c[name] for name in ("exception", "role", "approver"))
    given = {(row[0], row[1], row[2]) for row in connection.execute(select(*columns))}
    for subject in sorted({one[0] for one in given ^ made.approvals}):
        made.check.tell(APPROVAL_ALTERED.at(None, subject=subject))


def _links(connection: Connection, made: Examined) -> None:
    """Compare external ids with the events that added and removed them."""
    there: dict[str, list[tuple[str, ...]]] = {}
    for row in connection.execute(select(external_ids)):
        if row.event is None:
            made.check.tell(ROW_UNLOGGED.at(None, subject=row.person, table="external_ids"))
        else:
            there.setdefault(row.event, []).append((row.person, row.system, row.external))
    for id_ in sorted({*there, *made.links}):
        told, found = made.links.get(id_), there.get(id_, [])
        if told is None or [one[: len(told)] for one in found] != [told]:
            subject = found[0][0] if found else told and told[0]
            made.check.tell(LINK_ALTERED.at(None, subject=subject))


def _steps(connection: Connection, made: Examined) -> None:
    """Compare the steps of publishing with what the log committed to, and the versions with the steps."""
    query = select(publishing_events).order_by(publishing_events.c.number)
    steps = connection.execute(query).all()
    made.steps = frozenset(step.id for step in steps)
    intact = intact_steps(connection, steps)
    for id_ in sorted(made.steps - intact):
        made.check.tell(BODY_ALTERED.at(None, subject=id_))
    published, stopped = set(), set()
    given: set[tuple[int, str, str]] = set()
    for step in (one for one in steps if one.id in intact):
        match step.verb:
            case "published" | "taken_over":
                published.add((step.document, step.hash, step.digest))
            case "suspended":
                stopped.add((step.kind, step.name))
            case "resumed":
                stopped.discard((step.kind, step.name))
            case "approved":
                given.add((step.document, step.digest, step.who))
            case "voided":
                given = {one for one in given if one[0] != step.document}
            case _:
                pass
    columns = (approvals.c[name] for name in ("document", "digest", "approver"))
    there = {(row[0], row[1], row[2]) for row in connection.execute(select(*columns))}
    altered = {one[0] for one in there ^ given}
    for row in connection.execute(select(documents).order_by(documents.c.id)):
        subject = f"{row.kind} {row.name} {row.version}"
        if row.id in altered:
            made.check.tell(VOTES_ALTERED.at(None, subject=subject))
        if row.published_at is None:
            continue
        status = "suspended" if (row.kind, row.name) in stopped else "published"
        if row.status != status or (row.id, row.hash, row.digest) not in published:
            made.check.tell(UNVOUCHED.at(None, subject=subject, status=row.status))


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
    query = noted_as.with_keys().where(events.c.id.in_(noted))
    rows = connection.execute(query).all() if noted else ()
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
        if row.key is None and row.erased_at is None:
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
    if row.id in made.vouched:
        check.tell(CAME_BACK.at(None, subject=row.id))
    check.body(entry, salt, body)
    before = json.loads(body).get(CLEAR, {})
    for column, value in now.items():
        if before.get(column) != value:
            check.tell(CLEAR_ALTERED.at(None, subject=row.id, column=column))


def _event(made: Examined, row: Row[Any], entry: LogEntry, keys: Keys) -> None:
    now = noted_as.clear_of(row)
    if row.digest != entry.digest:
        made.check.tell(BODY_ALTERED.at(None, subject=row.id))
    try:
        salt, body = open_event(row, keys)
    except ErasedError:
        if row.body:
            made.check.tell(CAME_BACK.at(None, subject=row.id))
        if made.vouched.get(row.id) != content_hash(canonical_json(now)):
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
