"""The rows: envelopes around documents, records and log entries."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
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
        """Give it back in UTC, in which the log knows it: PostgreSQL answers in the zone of its session."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _mark() -> Column[bytes]:
    """Make the column of what vouches for a row: see `api.store.marks`; rows from before have none."""
    return Column("mark", LargeBinary(32))


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
    # The author's files as they were written, by path, as JSON; the digest is over all of them.
    Column("files", Text, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("status", String(20), nullable=False),
    # What the last check looked at, and how much stood in the way then.
    Column("checked", String(71)),
    Column("blockers", Integer),
    # How many people other than its authors must approve.
    Column("needs", Integer, nullable=False, server_default="1"),
    # Since when it runs beside the version in force, without effect.
    Column("shadow_since", Moment),
    Column("created_at", Moment, nullable=False),
    Column("published_at", Moment),
    # A draft that was discarded stays, for its history does; writing it again brings it back.
    Column("discarded_at", Moment),
    UniqueConstraint("kind", "name", "version"),
    UniqueConstraint("id", "hash", "digest", "author"),
    CheckConstraint(
        "(status = 'draft' and shadow_since is null)"
        " or (coalesce(checked, '') = digest and coalesce(blockers, 1) = 0)",
        name="checked",
    ),
    CheckConstraint("needs in (1, 2)", name="needs"),
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
    Column("digest", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("approver", String(120), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("at", Moment, nullable=False),
    _mark(),
    # An approval names what was approved and who wrote it: an edit makes it point at nothing.
    ForeignKeyConstraint(
        ["document", "hash", "digest", "author"],
        ["documents.id", "documents.hash", "documents.digest", "documents.author"],
    ),
    UniqueConstraint("document", "digest", "approver"),
    CheckConstraint("author <> approver", name="four_eyes"),
)

publishing_events = Table(
    "publishing_events",
    metadata,
    # Every step of every version, for ever; `entry` is what the log commits to.
    Column("number", _Number, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("document", _Number, ForeignKey("documents.id")),
    Column("kind", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", String(40)),
    Column("verb", String(20), nullable=False),
    Column("hash", String(71)),
    Column("digest", String(71)),
    Column("who", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("detail", Text, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
    Column("entry", String(71), nullable=False),
    _mark(),
    Index(None, "kind", "name"),
    Index(None, "document"),
)

# --- people and records ---------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", String(128), primary_key=True),
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
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
    Column("rule_set", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("engine", String(40), nullable=False),
    Column("digest", String(71), nullable=False),
    # Salt and body, encrypted with the person's key.
    Column("body", LargeBinary, nullable=False),
    # By everything that one looks for, each in the order of pages: a page far in costs what the first does.
    Index("ix_decisions_by_case", "case_id", "decided_at", "id"),
    Index("ix_decisions_by_person", "person", "decided_at", "id"),
    Index("ix_decisions_by_rules", "rule_set", "decided_at", "id"),
    Index("ix_decisions_by_version", "rule_set", "version", "decided_at", "id"),
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
    _mark(),
)

replies = Table(
    "replies",
    metadata,
    # What any other step was answered with under an idempotency key: encrypted, for it may be about a person.
    Column("client", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(71), nullable=False),
    Column("person", String(128), ForeignKey("people.id")),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    _mark(),
)

shadow_answers = Table(
    "shadow_answers",
    metadata,
    # What a version without effect came to beside a decision; its answer is in the decision's body.
    Column("decision", String(32), ForeignKey("decisions.id"), primary_key=True),
    Column("document", _Number, ForeignKey("documents.id"), primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("same", Boolean, nullable=False),
    Column("in_force", String(120), nullable=False),
    Column("shadow", String(120), nullable=False),
    Column("differs", String(1000), nullable=False),
    _mark(),
    Index(None, "document"),
)

# --- duties to people ------------------------------------------------------------------------------

external_ids = Table(
    "external_ids",
    metadata,
    # What other systems call a person; after an erasure what is left here is still to be erased there.
    Column("system", String(40), primary_key=True),
    Column("external", String(200), primary_key=True),
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
    # The event that added it; none where it was kept before the log knew of such things.
    Column("event", String(32)),
    _mark(),
    Index(None, "person"),
)

holds = Table(
    "holds",
    metadata,
    # The events that placed and that lifted it.
    Column("id", String(32), primary_key=True),
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
    Column("lifted", String(32)),
    Index(None, "person"),
)

events = Table(
    "events",
    metadata,
    # What was done about people: each row has an entry in the log.
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("person", String(128)),
    Column("at", Moment, nullable=False),
    Column("digest", String(71), nullable=False),
    # Salt and facts, sealed with the master key (those of a link with the person's): who can write
    # rows cannot make one.
    Column("body", LargeBinary, nullable=False),
    Index(None, "person"),
    Index(None, "kind"),
)

exceptions = Table(
    "exceptions",
    metadata,
    # What is asked and answered stands in decisions whose case is this id.
    Column("id", String(32), primary_key=True),
    Column("decision", String(32), ForeignKey("decisions.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    _mark(),
    UniqueConstraint("id", "requested_by"),
)

exception_approvals = Table(
    "exception_approvals",
    metadata,
    Column("exception", String(32), primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("approver", String(64), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    _mark(),
    ForeignKeyConstraint(
        ["exception", "requested_by"], ["exceptions.id", "exceptions.requested_by"]
    ),
    # Each role is another person, and none of them the one who asks.
    UniqueConstraint("exception", "approver"),
    CheckConstraint("approver <> requested_by", name="four_eyes"),
)

# --- the log -------------------------------------------------------------------------------------

log_entries = Table(
    "log_entries",
    metadata,
    Column("id", _Number, primary_key=True),
    # Its place in the tree; none until it is integrated.
    Column("place", BigInteger, unique=True),
    # Each deed has one entry: a second one about it was made by somebody else.
    Column("subject", String(200), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index("uq_log_entries_subject", "subject", unique=True),
)
# Those that wait for a place are few among many: asked for in their order without a look at the others.
_is_waiting = log_entries.c.place.is_(None)
Index(
    "ix_log_entries_waiting",
    log_entries.c.id,
    sqlite_where=_is_waiting,
    postgresql_where=_is_waiting,
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
    _mark(),
)

# --- access --------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    # People who sign in with a password of this service; those of a provider have no row.
    Column("name", String(64), primary_key=True),
    # Empty while nobody can sign in: a one-time password is gone when it was used.
    Column("password", String(200), nullable=False),
    # Whether the password is one-time: the session that it opens can do nothing but set another.
    Column("must_change", Boolean, nullable=False),
    Column("grants", String(1000), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    _mark(),
)

credentials = Table(
    "credentials",
    metadata,
    # Keys, clients and their tokens, sessions, links: each a secret of 256 bits, kept as its SHA-256.
    Column("id", String(24), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(64), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),
    # Scopes, and roles as `role:…`.
    Column("grants", String(1000), nullable=False),
    # The case that it is bound to; the credential or the way that it came from.
    Column("case_id", String(120)),
    Column("origin", String(24)),
    Column("created_at", Moment, nullable=False),
    Column("ends_at", Moment),
    # When it was used last, to the day; of a session to the minute.
    Column("seen_at", Moment),
    Column("revoked_at", Moment),
    _mark(),
    Index(None, "kind", "name"),
    Index(None, "origin"),
    CheckConstraint("kind in ('key','client','token','session','link')", name="known_kind"),
    CheckConstraint("kind in ('key','client') or ends_at is not null", name="ends"),
)
