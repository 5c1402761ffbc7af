"""Decisions as they are kept: a row in the clear, the inputs and the answer encrypted, a log entry."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, func, insert, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from api.store.database import is_sqlite
from api.store.keys import AlteredError, ErasedError, new_key, seal, unseal
from api.store.ledger import append
from api.store.marks import is_marked, write
from api.store.tables import answers, decisions, log_entries, people
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest
from engine.kernel.canonical import canonical_json, content_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row, RowMapping, Select

    from api.store.keys import Keys
    from engine.kernel.canonical import ContentHash


IMPORTED = "imported"
"""The engine of a decision that was made elsewhere, before: it is kept, and cannot be replayed."""
CLEAR = "record"
"""The part of a body that repeats the columns in the clear."""
_HAS_BODY = func.length(decisions.c.body) > 0


class KeyReusedError(ValueError):
    """Raised when an idempotency key comes with another request than the first time."""


@dataclass(frozen=True, slots=True)
class Record:
    """A decision on its way into the store: what is kept in the clear, and the body, which is not."""

    id: str
    case: str | None
    person: str
    rule_set: str
    version: str
    status: str
    used: tuple[ContentHash, ...]
    decided_at: dt.datetime
    as_of: dt.datetime
    engine: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it was kept, with its body opened."""

    id: str
    person: str
    decided_at: dt.datetime
    as_of: dt.datetime
    engine: str
    rule_set: str
    version: str
    digest: str
    body: dict[str, object]


def clear_of(record: Record | Row[Any]) -> dict[str, str | None]:
    """Give what a record, or its row, says in the clear."""
    return {
        "id": record.id,
        "case": record.case if isinstance(record, Record) else record.case_id,
        "person": record.person,
        "rule_set": record.rule_set,
        "version": record.version,
        "status": record.status,
        "decided_at": record.decided_at.isoformat(),
        "as_of": record.as_of.astimezone(dt.UTC).isoformat(),
        "engine": record.engine,
    }


def new_id(now: dt.datetime) -> str:
    """Make an id that sorts by time: 48 bits of milliseconds, 80 of chance (as RFC 9562, version 7 does)."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def request_hash(request: object) -> ContentHash:
    """Name a request by what it says."""
    return content_hash(canonical_json(request))


class Under(NamedTuple):
    """Whose idempotency key, and which: what an answer is kept under."""

    client: str
    key: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked under a key, by its hash, and the decision that answered it, with its time."""

    request: ContentHash
    decision: str
    at: dt.datetime

    def to(self, request: ContentHash) -> str:
        """Give the decision for the same request again; raises KeyReusedError for another one."""
        if self.request != request:
            raise KeyReusedError(self.decision)
        return self.decision


# Statements are built once: to build one costs more than to run it.
_ANSWERED = select(answers).where(
    answers.c.client == bindparam("client"),
    answers.c.key.in_(bindparam("keys", expanding=True)),
)
_KEEP = insert(decisions)
# Whoever erases one of them waits, or is waited for: nothing is sealed with a key that is gone.
_KEYS = (
    select(people.c.id, people.c.key)
    .where(people.c.id.in_(bindparam("people", expanding=True)))
    .order_by(people.c.id)
    .with_for_update(read=True, key_share=True)
)
_KEEP_KEY = insert(people)
# Whoever adds to one of these cases waits until the others who do have committed.
_HOLD_CASES = select(
    func.pg_advisory_xact_lock(func.unnest(bindparam("cases", type_=ARRAY(BigInteger))))
)
# In the order of the log and not of time: one that was asked for earlier may be written later.
_ENTERED = (
    select(func.min(log_entries.c.id))
    .where(log_entries.c.subject == decisions.c.id)
    .scalar_subquery()
)
_LAST = (
    select(func.max(_ENTERED))
    .where(decisions.c.case_id.in_(bindparam("cases", expanding=True)))
    .group_by(decisions.c.case_id)
)
_LATEST = (
    select(decisions.c.case_id, decisions.c.digest)
    .join(log_entries, log_entries.c.subject == decisions.c.id)
    .where(log_entries.c.id.in_(_LAST.scalar_subquery()))
)


def answered(connection: Connection, under: Collection[Under], keys: Keys) -> dict[Under, Answered]:
    """Give what was answered under some keys already; raises AlteredError."""
    found = {}
    for row in answer_rows(connection, under):
        if not is_marked(keys, answers, row):
            raise AlteredError(row.key)
        found[Under(row.client, row.key)] = Answered(row.request, row.decision, row.at)
    return found


def answer_rows(connection: Connection, under: Collection[Under]) -> Iterator[Row[Any]]:
    """Give the rows of answers under some keys, whoever wrote them."""
    of_clients: dict[str, list[str]] = {}
    for client, key in under:
        of_clients.setdefault(client, []).append(key)
    # Client by client: pairs in a list would have SQLite look through the whole table.
    for client, keys in of_clients.items():
        yield from connection.execute(_ANSWERED, {"client": client, "keys": keys})


def keep_answers(connection: Connection, made: Mapping[Under, Answered], keys: Keys) -> None:
    """Keep under idempotency keys which decisions were answered."""
    # In one order everywhere: writers beside each other must not wait for each other in a circle.
    rows = [
        {
            "client": under.client,
            "key": under.key,
            "request": one.request,
            "decision": one.decision,
            "at": one.at,
        }
        for under, one in sorted(made.items())
    ]
    if rows:
        write(connection, keys, answers, *rows)


def keep(connection: Connection, records: Sequence[Record], keys: Keys) -> list[ContentHash]:
    """Write decisions and their log entries; gives the digests that the log commits to, in order."""
    if not records:
        return []
    of_people = keys_of(connection, {record.person for record in records}, keys)
    latest = _latest(connection, {record.case for record in records if record.case is not None})
    rows, entries = [], []
    for record in records:
        row = _row(record, of_people[record.person])
        rows.append(row)
        entries.append(_entry(record, row["digest"], latest.get(record.case)))
        if record.case is not None:
            latest[record.case] = row["digest"]
    connection.execute(_KEEP, rows)
    append(connection, *entries)
    return [row["digest"] for row in rows]


def _row(record: Record, key: bytes) -> dict[str, Any]:
    salt = secrets.token_bytes(SALT_BYTES)
    # The body repeats what stands in the clear, so that the log commits to that as well.
    body = canonical_json({**record.body, CLEAR: clear_of(record)})
    return {
        "id": record.id,
        "case_id": record.case,
        "person": record.person,
        "rule_set": record.rule_set,
        "version": record.version,
        "status": record.status,
        "decided_at": record.decided_at,
        "as_of": record.as_of,
        "engine": record.engine,
        "digest": body_digest(salt, body),
        "body": seal(key, salt + body, f"decision:{record.id}"),
    }


def _entry(record: Record, digest: ContentHash, previous: ContentHash | None) -> LogEntry:
    return LogEntry(
        kind="import" if record.engine == IMPORTED else "decision",
        subject=record.id,
        time=record.decided_at,
        digest=digest,
        used=record.used,
        previous=previous,
    )


def person_of(connection: Connection, id_: str) -> str | None:
    """Say whom a decision is about; None for no such decision."""
    query = select(decisions.c.person).where(decisions.c.id == id_)
    found: str | None = connection.execute(query).scalar()
    return found


def open_record(connection: Connection, id_: str, keys: Keys) -> Kept | None:
    """Give a decision with its body; raises ErasedError, AlteredError, None for no such decision."""
    query = select(decisions, people.c.key).join(people).where(decisions.c.id == id_)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    _, body = open_body(row, keys)
    return Kept(
        id=row.id,
        person=row.person,
        decided_at=row.decided_at,
        as_of=row.as_of,
        engine=row.engine,
        rule_set=row.rule_set,
        version=row.version,
        digest=row.digest,
        body=json.loads(body),
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """By what records are looked for, all of it together; `after` is the last of the page before."""

    case: str | None = None
    person: str | None = None
    rule_set: str | None = None
    version: str | None = None
    status: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    after: tuple[dt.datetime, str] | None = None


def list_records(connection: Connection, sought: Sought, limit: int) -> list[RowMapping]:
    """List what is in the clear of records, the latest first, `limit` of them."""
    of = decisions.c
    equal = {
        of.case_id: sought.case,
        of.person: sought.person,
        of.rule_set: sought.rule_set,
        of.version: sought.version,
        of.status: sought.status,
    }
    wanted = [column == value for column, value in equal.items() if value is not None]
    if sought.since is not None:
        wanted.append(of.decided_at >= sought.since)
    if sought.until is not None:
        wanted.append(of.decided_at < sought.until)
    if sought.after is not None:
        moment, id_ = sought.after
        earlier = and_(of.decided_at == moment, of.id < id_)
        # The first half says the same twice: with it the index is entered at the place.
        wanted += [of.decided_at <= moment, or_(of.decided_at < moment, earlier)]
    query = select(*(column for column in of if column is not of.body)).where(*wanted)
    found = connection.execute(query.order_by(of.decided_at.desc(), of.id.desc()).limit(limit))
    return list(found.mappings())


def open_body(row: Row[Any], keys: Keys) -> tuple[bytes, bytes]:
    """Open a decision's row that has its person's `key`: the salt and the body; raises ErasedError, AlteredError."""
    key = keys.unwrap(row.person, row.key)
    if not row.body:
        raise ErasedError(row.id)
    opened = unseal(key, row.body, f"decision:{row.id}")
    return opened[:SALT_BYTES], opened[SALT_BYTES:]


def with_keys(ids: Collection[str]) -> Select[Any]:
    """Ask for decisions, each with the key of its person, where there is still one."""
    return (
        select(decisions, people.c.key, people.c.erased_at)
        .outerjoin(people)
        .where(decisions.c.id.in_(ids))
    )


def latest_of_each(connection: Connection, keys: Keys, rule_set: str) -> dict[str, dict[str, Any]]:
    """Give the body of each person's latest decision by a rule set; what was erased is left out."""
    query = select(decisions, people.c.key).join(people).where(decisions.c.rule_set == rule_set)
    ordered = query.where(people.c.key.is_not(None), _HAS_BODY).order_by(
        decisions.c.decided_at, decisions.c.id
    )
    latest = {row.person: row for row in connection.execute(ordered)}
    return {person: json.loads(open_body(row, keys)[1]) for person, row in latest.items()}


def has_bodies(connection: Connection, person: str) -> bool:
    """Whether a decision about a person is left that is not erased."""
    query = select(decisions.c.id).where(decisions.c.person == person, _HAS_BODY).limit(1)
    return connection.execute(query).scalar() is not None


def clear_rows(connection: Connection) -> Iterator[Row[Any]]:
    """Give id, person, rule set, version and time of every record that is not erased, a part at a time."""
    names = ("id", "person", "rule_set", "version", "decided_at")
    there = select(*(decisions.c[name] for name in names)).join(people)
    after = ""
    while True:
        query = there.where(people.c.key.is_not(None), _HAS_BODY, decisions.c.id > after)
        rows = connection.execute(query.order_by(decisions.c.id).limit(2_000)).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def records_of(connection: Connection, keys: Keys, person: str) -> list[Kept]:
    """Give all decisions about a person that are not erased, with their bodies; raises ErasedError, AlteredError."""
    query = select(decisions.c.id).where(decisions.c.person == person, _HAS_BODY)
    ids = connection.execute(query.order_by(decisions.c.id)).scalars().all()
    return [kept for id_ in ids if (kept := open_record(connection, id_, keys)) is not None]


def count_decided(
    connection: Connection, first: dt.datetime | None, end: dt.datetime | None
) -> int:
    """Count the decisions from `first` on and before `end`."""
    return int(connection.execute(_decided(select(func.count()), first, end)).scalar_one())


def ids_decided(
    connection: Connection, first: dt.datetime | None, end: dt.datetime | None, after: str
) -> list[str]:
    """Give the next ids, in their order, of the decisions from `first` on and before `end`."""
    query = _decided(select(decisions.c.id).where(decisions.c.id > after), first, end)
    return list(connection.execute(query.order_by(decisions.c.id).limit(500)).scalars())


def _decided(query: Select[Any], first: dt.datetime | None, end: dt.datetime | None) -> Select[Any]:
    query = query.select_from(decisions)
    if first is not None:
        query = query.where(decisions.c.decided_at >= first)
    return query if end is None else query.where(decisions.c.decided_at < end)


def keys_of(connection: Connection, persons: Collection[str], keys: Keys) -> dict[str, bytes]:
    """Give people's keys, each made at the first time; raises ErasedError."""
    rows = connection.execute(_KEYS, {"people": list(persons)})
    found = {row.id: keys.unwrap(row.id, row.key) for row in rows}
    # In one order everywhere, as above.
    made = {person: new_key() for person in sorted({*persons} - {*found})}
    if made:
        wrapped = [{"id": person, "key": keys.wrap(person, key)} for person, key in made.items()]
        connection.execute(_KEEP_KEY, wrapped)
    return found | made


def key_of(connection: Connection, person: str, keys: Keys) -> bytes:
    """Give one person's key, as `keys_of` does."""
    return keys_of(connection, [person], keys)[person]


def _latest(connection: Connection, cases: Collection[str]) -> dict[str | None, ContentHash]:
    """Give the digest of the latest decision of each case that has one; until the transaction ends nobody adds one."""
    if not cases:
        return {}
    if not is_sqlite(connection.engine):
        # In one order everywhere, as above; of the locks, for two cases may share one.
        connection.execute(_HOLD_CASES, {"cases": sorted({_lock_of(case) for case in cases})})
    rows = connection.execute(_LATEST, {"cases": sorted(cases)})
    return {row.case_id: row.digest for row in rows}


def _lock_of(case: str) -> int:
    """Give the number of the advisory lock of a case."""
    return int.from_bytes(hashlib.sha256(case.encode()).digest()[:8], signed=True)
