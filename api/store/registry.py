"""Documents in the database: what is published, as one snapshot that answers come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from api.store.database import is_sqlite
from api.store.drafts import Step, Version, find_version, record
from api.store.tables import documents, revisions
from engine.content import Content, read_content
from engine.lock import LOCK_NAME
from engine.publishing.draft import digest_of, files_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys

PUBLISHED, SUSPENDED = "published", "suspended"
_HELD = "revision held"
_REVISION = 0x45_56_45_52
"""The advisory lock that whoever records under a revision shares, and whoever raises it has alone."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version that runs beside the one in force: its row, its name, and the digest of its files."""

    document: int
    kind: str
    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is published, under the revision at which it was read; `suspended` are kind and id.

    `beside` holds the shadows as well; only they are decided from it.
    """

    revision: int
    content: Content
    suspended: frozenset[tuple[str, str]]
    shadows: tuple[Shadow, ...] = ()
    beside: Content | None = None


_NUMBER = select(func.coalesce(func.max(revisions.c.number), 0))


def revision_of(connection: Connection) -> int:
    """Give the number that rises with everything that can change an answer; 0 for an empty database."""
    return int(connection.execute(_NUMBER).scalar_one())


def hold_revision(connection: Connection, *, alone: bool = False) -> int:
    """Give the revision, and keep others from raising it until the transaction ends.

    With `alone` nobody else holds it meanwhile. On SQLite whoever writes is alone already. What is
    held stays as it is: many decisions in one transaction ask once.
    """
    transaction = connection.get_transaction()
    held = connection.info.get(_HELD)
    if not alone and held is not None and held[0] is transaction:
        return int(held[1])
    if not is_sqlite(connection.engine):
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.execute(select(getattr(func, lock)(_REVISION)))
    number = revision_of(connection)
    connection.info[_HELD] = (transaction, number)
    return number


def raise_revision(connection: Connection) -> None:
    """Say that answers may differ from now on, in the transaction that makes them so."""
    hold_revision(connection, alone=True)
    del connection.info[_HELD]
    changed = connection.execute(update(revisions).values(number=revisions.c.number + 1))
    if not changed.rowcount:
        connection.execute(insert(revisions).values(id=1, number=1))


def read_snapshot(connection: Connection) -> Snapshot:
    """Read what is published; a case file is the one that came with the latest publication."""
    revision = revision_of(connection)
    rows = published_rows(connection)
    files: dict[str, str] = {}
    for row in rows:
        files |= json.loads(row.files)
    files |= {LOCK_NAME: "".join(f"{lock_line(row)}\n" for row in rows)}
    suspended = frozenset((row.kind, row.name) for row in rows if row.status == SUSPENDED)
    beside = connection.execute(
        select(documents).where(documents.c.shadow_since.is_not(None)).order_by(documents.c.id)
    ).all()
    shadows = tuple(Shadow(r.id, r.kind, r.name, r.version, r.digest) for r in beside)
    more = {path: one for row in beside for path, one in json.loads(row.files).items()}
    return Snapshot(
        revision,
        read_content(files),
        suspended,
        shadows,
        read_content({**files, **more}) if shadows else None,
    )


def published_rows(connection: Connection) -> list[Row[Any]]:
    """Give what is published, in the order in which it was."""
    query = (
        select(documents)
        .where(documents.c.status.in_((PUBLISHED, SUSPENDED)))
        .order_by(documents.c.published_at, documents.c.id)
    )
    return list(connection.execute(query).all())


def lock_line(row: Row[Any]) -> str:
    """Write the line that a published version has in a folder's lock."""
    return f"{row.kind} {row.name} {row.version} {row.hash} {row.published_at.isoformat()}"


def publish_folder(
    connection: Connection, files: Mapping[str, str], author: str, now: dt.datetime, keys: Keys
) -> int:
    """Publish a folder's published versions as they are: how a database begins. Gives their number."""
    content = read_content(files)
    recorded = {(ln.kind, ln.id, ln.version): ln.recorded for ln in content.lock}
    count = 0
    for loaded in content.documents():
        document = loaded.document
        published = recorded.get((document.kind, document.id, document.version))
        if published is None:
            continue
        own = files_of(files, loaded.path)
        connection.execute(
            insert(documents).values(
                kind=document.kind,
                name=document.id,
                version=document.version,
                hash=loaded.hash,
                files=json.dumps(own, ensure_ascii=False),
                digest=digest_of(own),
                checked=digest_of(own),
                blockers=0,
                author=author,
                status=PUBLISHED,
                created_at=now,
                published_at=published,
            )
        )
        name = Version(document.kind, document.id, document.version)
        step = Step("taken_over", author, now, detail={"recorded": published.isoformat()})
        record(connection, find_version(connection, name), step, keys)
        count += 1
    raise_revision(connection)
    return count
