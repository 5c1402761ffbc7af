"""Indexes by which a million records are looked through like ten thousand."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision, down_revision = "0004", "0003"

_BEFORE = (
    ("ix_decisions_case_id", "decisions", ["case_id"]),
    ("ix_decisions_person", "decisions", ["person"]),
    ("ix_log_entries_subject", "log_entries", ["subject"]),
)
_NOW = (
    ("ix_decisions_by_case", "decisions", ["case_id", "decided_at", "id"]),
    ("ix_decisions_by_person", "decisions", ["person", "decided_at", "id"]),
    ("ix_decisions_by_rules", "decisions", ["rule_set", "decided_at", "id"]),
    ("ix_decisions_by_version", "decisions", ["rule_set", "version", "decided_at", "id"]),
    ("ix_log_entries_about", "log_entries", ["subject", "id"]),
)
_WAITING = "ix_log_entries_waiting"


def upgrade() -> None:
    """Order each index as pages are, and index the entries that have no place yet."""
    for name, table, _ in _BEFORE:
        op.drop_index(name, table)
    for name, table, columns in _NOW:
        op.create_index(name, table, columns)
    few = text("place IS NULL")
    op.create_index(_WAITING, "log_entries", ["id"], sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    """Go back to the plain ones."""
    op.drop_index(_WAITING, "log_entries")
    for name, table, _ in _NOW:
        op.drop_index(name, table)
    for name, table, columns in _BEFORE:
        op.create_index(name, table, columns)
