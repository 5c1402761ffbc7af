"""Marks: rows that the log does not carry whole bear what only who has the master key can write; a deed has one entry."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from alembic import context, op
from sqlalchemy import Boolean, Column, DateTime, LargeBinary, column, select, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

revision, down_revision = "0006", "0005"

# What is vouched for of each table, its key first: the number of columns in the key, then all.
_TABLES: dict[str, tuple[int, str]] = {
    "accounts": (1, "name password must_change grants created_at disabled_at"),
    "credentials": (
        1,
        "id kind name secret grants case_id origin created_at ends_at seen_at revoked_at",
    ),
    "answers": (2, "client key request decision at"),
    "replies": (2, "client key request person body at"),
    "shadow_answers": (2, "decision document digest same in_force shadow differs"),
    "external_ids": (2, "system external person at event"),
    "exceptions": (1, "id decision kind requested_by at"),
    "exception_approvals": (2, "exception role approver requested_by at"),
    "publishing_events": (
        1,
        "id document kind name version verb hash digest who at reason detail salt entry",
    ),
    "approvals": (3, "document digest approver hash author reason at"),
    "checkpoints": (1, "size text at"),
}
_KINDS: dict[str, Any] = {
    **dict.fromkeys(
        ("at", "created_at", "disabled_at", "ends_at", "seen_at", "revoked_at"),
        DateTime(timezone=True),
    ),
    **dict.fromkeys(("must_change", "same"), Boolean()),
    **dict.fromkeys(("body", "salt"), LargeBinary()),
}
_STAND = {
    "publishing_events": ("events_stand", "history is not edited"),
    "approvals": ("approvals_stand", "an approval is not edited"),
}
"""What the database refuses to change, but this once."""


def upgrade() -> None:
    """Add the column, and mark what is there: from now on what has no mark was not written by the service."""
    bind, keys = op.get_bind(), context.config.attributes["keys"]
    op.drop_index("ix_log_entries_about", "log_entries")
    # Not a constraint: SQLite would have the whole log copied.
    op.create_index("uq_log_entries_subject", "log_entries", ["subject"], unique=True)
    for name in _TABLES:
        op.add_column(name, Column("mark", LargeBinary(32)))
    for name, (trigger, _) in _STAND.items():
        on = "" if bind.dialect.name == "sqlite" else f" on {name}"
        bind.exec_driver_sql(f"drop trigger {trigger}{on}")
    for name in _TABLES:
        _mark(bind, keys, name)
    for name, (trigger, message) in _STAND.items():
        head = f"create trigger {trigger} before update on {name} for each row"
        if bind.dialect.name == "sqlite":
            refused = f"select raise(abort, '{message}')"
            bind.exec_driver_sql(f"{head} when 1 = 1 begin {refused}; end")
        else:
            bind.exec_driver_sql(f"{head} execute function {trigger}()")


def downgrade() -> None:
    """Take the marks away, and let a deed have entries again."""
    op.drop_index("uq_log_entries_subject", "log_entries")
    op.create_index("ix_log_entries_about", "log_entries", ["subject", "id"])
    for name in _TABLES:
        op.drop_column(name, "mark")


def _mark(bind: Connection, keys: Any, name: str) -> None:  # noqa: ANN401 - what alembic carries has no type
    length, columns = _TABLES[name]
    names = columns.split()
    rows = table(
        name, *(column(one, _KINDS.get(one)) for one in names), column("mark", LargeBinary())
    )
    after = 0 if name == "checkpoints" else None
    for row in bind.execute(select(rows).order_by(rows.c[names[0]])).mappings().all():
        said = {one: _plain(row[one]) for one in names}
        whole = json.dumps([name, said, after], sort_keys=True, separators=(",", ":"))
        mark = keys.mark(whole.encode())
        own = (rows.c[one] == row[one] for one in names[:length])
        bind.execute(rows.update().where(*own).values(mark=mark))
        if name == "checkpoints":
            after = row["size"]


def _plain(value: object) -> object:
    match value:
        case dt.datetime():
            zoned = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
            return zoned.astimezone(dt.UTC).isoformat()
        case bytes() | memoryview():
            return bytes(value).hex()
        case _:
            return value
