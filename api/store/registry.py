"""Documents in the database: what is published, as one snapshot that answers come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from api.store.tables import documents, revisions
from engine.content import Content, read_content
from engine.lock import LOCK_NAME

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import Connection

PUBLISHED, SUSPENDED = "published", "suspended"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is published, under the revision at which it was read; `suspended` are kind and id."""

    revision: int
    content: Content
    suspended: frozenset[tuple[str, str]]


def revision_of(connection: Connection) -> int:
    """Give the number that rises with everything that can change an answer; 0 for an empty database."""
    return int(
        connection.execute(select(func.coalesce(func.max(revisions.c.number), 0))).scalar_one()
    )


def raise_revision(connection: Connection) -> None:
    """Say that answers may differ from now on, in the transaction that makes them so."""
    changed = connection.execute(update(revisions).values(number=revisions.c.number + 1))
    if not changed.rowcount:
        connection.execute(insert(revisions).values(id=1, number=1))


def read_snapshot(connection: Connection) -> Snapshot:
    """Read what is published; a case file is the one that came with the latest publication."""
    revision = revision_of(connection)
    query = (
        select(documents)
        .where(documents.c.status.in_((PUBLISHED, SUSPENDED)))
        .order_by(documents.c.published_at, documents.c.id)
    )
    files: dict[str, str] = {}
    lines, suspended = [], set()
    for row in connection.execute(query):
        files |= json.loads(row.files)
        recorded = row.published_at.isoformat()
        lines.append(f"{row.kind} {row.name} {row.version} {row.hash} {recorded}\n")
        if row.status == SUSPENDED:
            suspended.add((row.kind, row.name))
    content = read_content(files | {LOCK_NAME: "".join(lines)})
    return Snapshot(revision, content, frozenset(suspended))


def publish_folder(
    connection: Connection, files: Mapping[str, str], author: str, now: dt.datetime
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
        connection.execute(
            insert(documents).values(
                kind=document.kind,
                name=document.id,
                version=document.version,
                hash=loaded.hash,
                files=json.dumps(_files_of(files, loaded.path), ensure_ascii=False),
                author=author,
                status=PUBLISHED,
                created_at=now,
                published_at=published,
            )
        )
        count += 1
    raise_revision(connection)
    return count


def _files_of(files: Mapping[str, str], path: str) -> dict[str, str]:
    """Give the files of one version: itself, a catalog's parts, and the cases beside it."""
    folder = path.rpartition("/")[0]
    if "catalog" in path.split("/")[:-1]:
        return {name: text for name, text in files.items() if name.startswith(f"{folder}/")}
    cases = f"{folder}/cases.yaml"
    return {name: files[name] for name in (path, cases) if name in files}
