"""The rows: envelopes around documents, records and log entries."""

from __future__ import annotations

import datetime as dt

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
    TypeDecorator,
    UniqueConstraint,
)

# SQLite gives a row its number by itself only where the type is exactly INTEGER.
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


class Moment(TypeDecorator[dt.datetime]):
    """An instant, kept in UTC: SQLite has no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, _dialect: object) -> dt.datetime | None:
        """Turn into UTC; an instant without a zone is a mistake of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant has a zone")
        return value and value.astimezone(dt.UTC)

    def process_result_value(
        self, value: dt.datetime | None, _dialect: object
    ) -> dt.datetime | None:
        """Give it back with its zone."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=dt.UTC)
        return value


# --- content -------------------------------------------------------------------------------------

revisions = Table(
    "revisions",
    metadata,
    # One row: it rises with everything that can change an answer, and a decision is recorded only
    # under the revision that it was made with.
    Column("id", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("hash", String(71), nullable=False),
    # The author's files as they were written, by path, as JSON.
    Column("files", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Column("status", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("published_at", Moment),
    UniqueConstraint("kind", "name", "version"),
    UniqueConstraint("id", "hash", "author"),
    CheckConstraint("status in ('draft','submitted','published','suspended')", name="known_status"),
    CheckConstraint(
        "(status in ('published','suspended')) = (published_at is not null)", name="published"
    ),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("document", _Number, nullable=False),
    Column("hash", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("approver", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    # An approval names what was approved and who wrote it: an edit makes it point at nothing.
    ForeignKeyConstraint(
        ["document", "hash", "author"],
        ["documents.id", "documents.hash", "documents.author"],
    ),
    UniqueConstraint("document", "hash", "approver"),
    CheckConstraint("author <> approver", name="four_eyes"),
)

# --- people and records ---------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    # The person's key, wrapped by the master key; destroyed at erasure.
    Column("key", LargeBinary),
    Column("erased_at", Moment),
    CheckConstraint("(key is null) = (erased_at is not null)", name="erased"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(120)),
    Column("person", String(64), ForeignKey("people.id"), nullable=False),
    Column("rule_set", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("engine", String(40), nullable=False),
    Column("digest", String(71), nullable=False),
    # Salt and body, encrypted with the person's key.
    Column("body", LargeBinary, nullable=False),
    Index(None, "case_id"),
    Index(None, "person"),
    Index(None, "decided_at", "id"),
    Index(None, "status", "decided_at", "id"),
)

answers = Table(
    "answers",
    metadata,
    # What was answered under an idempotency key: the same request has the same answer again.
    Column("client", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(71), nullable=False),
    Column("decision", String(32), ForeignKey("decisions.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# --- the log -------------------------------------------------------------------------------------

log_entries = Table(
    "log_entries",
    metadata,
    Column("id", _Number, primary_key=True),
    # Its place in the tree; none until it is integrated.
    Column("place", BigInteger, unique=True),
    Column("subject", String(200), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index(None, "subject"),
)

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# --- access --------------------------------------------------------------------------------------

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("client", String(64), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),
    Column("scopes", String(400), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)
