"""Duties: drafts that are discarded, external ids that the log knows of, and an entry for all that a database began with."""

from __future__ import annotations

import datetime as dt
import secrets

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    exists,
    insert,
    select,
)

from engine.audit.entry import SALT_BYTES, LogEntry, body_digest, leaf_of
from engine.kernel.canonical import ContentHash, canonical_json

revision, down_revision = "0003", "0002"

_GUARDS = {
    "documents_discarded": (
        "update",
        "documents",
        "new.discarded_at is not null and (new.status <> 'draft' or new.shadow_since is not null)",
        "only a draft is discarded, and takes no step until it is written again",
    ),
    "waivers_by_others": (
        "insert",
        "publishing_events",
        """new.verb = 'waived' and (trim(new.who) = '' or trim(new.reason) = '' or exists (
            select 1 from publishing_events e
            where e.document = new.document and e.verb = 'drafted' and e.who = new.who))""",
        "a waiver has a name and a reason, and is not given by who wrote the version",
    ),
}
"""What the database refuses from now on: when, of which table, on what condition, in what words."""

# Of the tables only what is read and written here.
_metadata = MetaData()
_documents = Table(
    "documents",
    _metadata,
    Column("id", Integer),
    *(Column(name, String) for name in ("kind", "name", "version", "hash", "digest", "author")),
    Column("created_at", DateTime(timezone=True)),
    Column("published_at", DateTime(timezone=True)),
)
_events = Table(
    "publishing_events",
    _metadata,
    Column("id", String),
    Column("document", Integer),
    *(Column(name, String) for name in ("kind", "name", "version", "verb", "hash", "digest")),
    *(Column(name, String) for name in ("who", "reason", "entry")),
    Column("detail", Text),
    Column("at", DateTime(timezone=True)),
    Column("salt", LargeBinary),
)
_entries = Table("log_entries", _metadata, Column("subject", String), Column("leaf", LargeBinary))


def upgrade() -> None:
    """Add what is new, and say in the log what was published before it could."""
    bind = op.get_bind()
    op.add_column("documents", Column("discarded_at", DateTime(timezone=True)))
    op.add_column("external_ids", Column("event", String(32)))
    for name, (when, table, condition, message) in _GUARDS.items():
        head = f"create trigger {name} before {when} on {table} for each row"
        if bind.dialect.name == "sqlite":
            refused = f"select raise(abort, '{message}')"
            bind.exec_driver_sql(f"{head} when {condition} begin {refused}; end")
            continue
        refused = f"raise exception '{message}' using errcode = 'check_violation'"
        body = f"begin if {condition} then {refused}; end if; return new; end"
        returns = "returns trigger language plpgsql as"
        bind.exec_driver_sql(f"create or replace function {name}() {returns} $$ {body} $$")
        bind.exec_driver_sql(f"{head} execute function {name}()")
    told = exists().where(_events.c.document == _documents.c.id, _events.c.verb == "published")
    begun = select(_documents).where(_documents.c.published_at.is_not(None), ~told)
    for row in bind.execute(begun.order_by(_documents.c.id)).mappings().all():
        about = {name: row[name] for name in ("kind", "name", "version", "hash", "digest")}
        at, recorded = _utc(row["created_at"]), _utc(row["published_at"])
        values = {
            "id": f"{int(at.timestamp() * 1000):012x}{secrets.token_hex(10)}",
            **about,
            "verb": "taken_over",
            "who": row["author"],
            "reason": "",
            "detail": canonical_json({"recorded": recorded.isoformat()}).decode(),
        }
        salt = secrets.token_bytes(SALT_BYTES)
        entry = body_digest(salt, canonical_json({**values, "at": at.isoformat()}))
        step = {**values, "document": row["id"], "at": at, "salt": salt, "entry": entry}
        bind.execute(insert(_events).values(**step))
        used = (ContentHash(row["hash"]),)
        leaf = LogEntry(kind="publication", subject=values["id"], time=at, digest=entry, used=used)
        bind.execute(insert(_entries).values(subject=values["id"], leaf=leaf_of(leaf)))


def downgrade() -> None:
    """Take away what was added; what the log says stays said."""
    bind = op.get_bind()
    for name, (_, table, *_) in _GUARDS.items():
        if bind.dialect.name == "sqlite":
            bind.exec_driver_sql(f"drop trigger {name}")
        else:
            bind.exec_driver_sql(f"drop trigger {name} on {table}")
            bind.exec_driver_sql(f"drop function {name}()")
    op.drop_column("external_ids", "event")
    op.drop_column("documents", "discarded_at")


def _utc(moment: dt.datetime) -> dt.datetime:
    """Give an instant with its zone: SQLite keeps none."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
