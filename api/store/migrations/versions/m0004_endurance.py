"""Indexes by which a million records are looked through like ten thousand."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision, down_revision = "0004", "0001"

_BEFORE = {"ix_decisions_case_id": ["case_id"], "ix_decisions_person": ["person"]}
_NOW = {
    "ix_decisions_by_case": ["case_id", "decided_at", "id"],
    "ix_decisions_by_person": ["person", "decided_at", "id"],
    "ix_decisions_by_rules": ["rule_set", "decided_at", "id"],
    "ix_decisions_by_version": ["rule_set", "version", "decided_at", "id"],
}
_WAITING = "ix_log_entries_waiting"


def upgrade() -> None:
    """Order each index as pages are, and index the entries that have no place yet."""
    for name in _BEFORE:
        op.drop_index(name, "decisions")
    for name, columns in _NOW.items():
        op.create_index(name, "decisions", columns)
    few = text("place IS NULL")
    op.create_index(_WAITING, "log_entries", ["id"], sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    """Go back to the plain ones."""
    op.drop_index(_WAITING, "log_entries")
    for name in _NOW:
        op.drop_index(name, "decisions")
    for name, columns in _BEFORE.items():
        op.create_index(name, "decisions", columns)
