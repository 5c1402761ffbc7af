"""The beginning: all tables of the first release, as they were then."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

revision, down_revision = "0001", None

_Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- content -------------------------------------------------------------------------------------

Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

Table(
    "documents",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("hash", String(71), nullable=False),
    Column("files", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Column("status", String(20), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    UniqueConstraint("kind", "name", "version"),
    UniqueConstraint("id", "hash", "author"),
    CheckConstraint("status in ('draft','submitted','published','suspended')", name="known_status"),
    CheckConstraint(
        "(status in ('published','suspended')) = (published_at is not null)", name="published"
    ),
)

Table(
    "approvals",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("document", _Number, nullable=False),
    Column("hash", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("approver", String(120), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["document", "hash", "author"],
        ["documents.id", "documents.hash", "documents.author"],
    ),
    UniqueConstraint("document", "hash", "approver"),
    CheckConstraint("author <> approver", name="four_eyes"),
)

# --- people and records ---------------------------------------------------------------------------

Table(
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", LargeBinary),
    Column("erased_at", DateTime(timezone=True)),
    CheckConstraint("(key is null) = (erased_at is not null)", name="erased"),
)

Table(
    "decisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(120)),
    Column("person", String(64), ForeignKey("people.id"), nullable=False),
    Column("rule_set", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("engine", String(40), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "case_id"),
    Index(None, "person"),
    Index(None, "decided_at", "id"),
    Index(None, "status", "decided_at", "id"),
)

Table(
    "answers",
    metadata,
    Column("client", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(71), nullable=False),
    Column("decision", String(32), ForeignKey("decisions.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# --- the log -------------------------------------------------------------------------------------

Table(
    "log_entries",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("place", BigInteger, unique=True),
    Column("subject", String(200), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index(None, "subject"),
)

Table(
    "log_nodes",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
)

Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# --- access --------------------------------------------------------------------------------------

Table(
    "api_keys",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("client", String(64), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),
    Column("scopes", String(400), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)


def upgrade() -> None:
    """Make them."""
    metadata.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    """Leave nothing."""
    metadata.drop_all(op.get_bind(), checkfirst=False)
