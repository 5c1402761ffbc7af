"""Replies: what a step was answered with under an idempotency key."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, String

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "replies",
        Column("client", String(64), primary_key=True),
        Column("key", String(200), primary_key=True),
        Column("request", String(71), nullable=False),
        Column("person", String(128), ForeignKey("people.id", name="fk_replies_person")),
        Column("body", LargeBinary, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Forget what was answered."""
    op.drop_table("replies")
