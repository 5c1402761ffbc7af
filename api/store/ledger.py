"""The append-only log in the database: entries, the tree over them, signed heads, proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, select, text, update
from sqlalchemy.exc import NoResultFound

from api.store.database import is_sqlite
from api.store.marks import mark_of
from api.store.tables import checkpoints, log_entries, log_nodes
from engine.audit.checkpoint import Checkpoint, sign_checkpoint
from engine.audit.entry import leaf_of
from engine.audit.merkle import (
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
)

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys
    from engine.audit.entry import LogEntry
    from engine.audit.merkle import Digest, Lookup

_SEQUENCER = 0x45_56_45_4E
"""The advisory lock under which one process integrates."""
_SIGNER = _SEQUENCER + 1
_AT_ONCE = 5_000


_ENTER = insert(log_entries)
_ENTER_NODE = insert(log_nodes)
_PLACE = (
    update(log_entries).where(log_entries.c.id == bindparam("entry")).values(place=bindparam("at"))
)
_WAITING = (
    select(log_entries.c.id, log_entries.c.leaf)
    .where(log_entries.c.place.is_(None))
    .order_by(log_entries.c.id)
)
_NODE = select(log_nodes.c.digest).where(
    log_nodes.c.level == bindparam("level"), log_nodes.c.place == bindparam("place")
)


def append(connection: Connection, *entries: LogEntry) -> None:
    """Write entries in the transaction of what they are about; `integrate` gives them their places."""
    rows = [{"subject": entry.subject, "leaf": leaf_of(entry)} for entry in entries]
    connection.execute(_ENTER, rows)


def integrate(connection: Connection) -> int:
    """Give entries without a place the next ones, in the order in which they came; gives their number.

    On PostgreSQL only whoever holds the lock does so: entries commit in parallel, the tree grows in
    one place.
    """
    if not is_sqlite(connection.engine):
        held = connection.execute(
            text("select pg_try_advisory_xact_lock(:key)"), {"key": _SEQUENCER}
        )
        if not held.scalar():
            return 0
    waiting = connection.execute(_WAITING.limit(_AT_ONCE)).all()
    if not waiting:
        return 0
    frontier = frontier_at(size_of(connection), lookup_in(connection))
    places, nodes = [], []
    for id_, leaf in waiting:
        places.append({"entry": id_, "at": frontier.size})
        frontier, made = frontier.append(leaf_hash(leaf))
        nodes += [{"level": n.level, "place": n.index, "digest": n.digest} for n in made]
    connection.execute(_PLACE, places)
    connection.execute(_ENTER_NODE, nodes)
    return len(waiting)


def size_of(connection: Connection) -> int:
    """Give the number of entries that have a place."""
    most = connection.execute(select(func.max(log_entries.c.place))).scalar()
    return 0 if most is None else most + 1


def lookup_in(connection: Connection) -> Lookup:
    """Give what proofs ask for: the roots of complete subtrees, one row each."""

    def lookup(level: int, index: int) -> Digest:
        return bytes(connection.execute(_NODE, {"level": level, "place": index}).scalar_one())

    return lookup


def head_of(connection: Connection, origin: str) -> Checkpoint:
    """Give the head of the log as it is."""
    size = size_of(connection)
    return Checkpoint(origin, size, frontier_at(size, lookup_in(connection)).root())


def sign_head(
    connection: Connection, origin: str, keys: Keys, now: dt.datetime, since: int = 0
) -> str:
    """Sign the head, and keep what was signed: the same size has one signed text for ever.

    Its mark names the head before, so that none goes missing between two others; `since` is the size
    of one that is known from elsewhere.
    """
    if not is_sqlite(connection.engine):
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _SIGNER})
    head = head_of(connection, origin)
    known = connection.execute(select(checkpoints.c.text).where(checkpoints.c.size == head.size))
    if (signed := known.scalar()) is not None:
        return str(signed)
    signed = sign_checkpoint(head, origin, keys.signing)
    there = connection.execute(select(func.max(checkpoints.c.size))).scalar()
    before = max(there or 0, since)
    row = {"size": head.size, "text": signed, "at": now}
    row["mark"] = mark_of(keys, checkpoints, row, after=before)
    connection.execute(insert(checkpoints).values(row))
    return signed


def signed_heads(connection: Connection, size: int | None = None) -> list[str]:
    """Give the heads that were signed, up to a size or all, the smallest first."""
    query = select(checkpoints.c.text).order_by(checkpoints.c.size)
    if size is not None:
        query = query.where(checkpoints.c.size <= size)
    return [str(text) for text in connection.execute(query).scalars()]


def next_place(connection: Connection, since: int) -> int | None:
    """Give the first place from `since` on that an entry has; None after the last."""
    query = select(func.min(log_entries.c.place)).where(log_entries.c.place >= since)
    found: int | None = connection.execute(query).scalar()
    return found


def entries_from(connection: Connection, first: int, end: int) -> list[Row[Any]]:
    """Give the entries whose places are `first` up to `end`, each with its hash in the tree."""
    query = (
        select(log_entries, log_nodes.c.digest)
        .outerjoin(
            log_nodes, and_(log_nodes.c.level == 0, log_nodes.c.place == log_entries.c.place)
        )
        .where(log_entries.c.place >= first, log_entries.c.place < end)
        .order_by(log_entries.c.place)
    )
    return list(connection.execute(query))


def nodes_within(connection: Connection, first: int, end: int) -> dict[tuple[int, int], Digest]:
    """Give the subtrees that entries `first` up to `end` completed."""
    found: dict[tuple[int, int], Digest] = {}
    for level in range(end.bit_length()):
        query = select(log_nodes.c.place, log_nodes.c.digest).where(
            log_nodes.c.level == level,
            log_nodes.c.place >= first >> level,
            log_nodes.c.place < end >> level,
        )
        found |= {(level, at): bytes(digest) for at, digest in connection.execute(query)}
    return found


def waiting_leaves(connection: Connection) -> list[bytes]:
    """Give the entries that have no place yet, in the order in which they came."""
    return [bytes(row.leaf) for row in connection.execute(_WAITING)]


def has_grown_from(connection: Connection, head: Checkpoint) -> bool:
    """Whether the tree still has this head as its beginning."""
    if head.size > size_of(connection):
        return False
    try:
        return frontier_at(head.size, lookup_in(connection)).root() == head.root
    except NoResultFound:
        return False


def prove_entry(connection: Connection, subject: str, size: int | None = None) -> dict[str, object]:
    """Prove that the first entry about `subject` is in the tree; raises NoResultFound without one."""
    query = (
        select(log_entries.c.place, log_entries.c.leaf)
        .where(log_entries.c.subject == subject)
        .order_by(log_entries.c.id)
        .limit(1)
    )
    place, leaf = connection.execute(query).one()
    whole = size_of(connection) if size is None else size
    if place is None:
        return {"leaf": bytes(leaf).decode(), "index": None, "size": whole, "proof": []}
    proof = inclusion_proof(place, whole, lookup_in(connection))
    return {
        "leaf": bytes(leaf).decode(),
        "index": place,
        "size": whole,
        "proof": [digest.hex() for digest in proof],
    }


def prove_growth(connection: Connection, old: int, size: int | None = None) -> list[str]:
    """Prove that the log of `old` entries is the beginning of that of `size`."""
    whole = size_of(connection) if size is None else size
    return [d.hex() for d in consistency_proof(old, whole, lookup_in(connection))]
