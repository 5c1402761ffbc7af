"""The beginning: all tables of the first release, as they were then, and what the database refuses."""

from __future__ import annotations

from alembic import op
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
    Column("digest", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("status", String(20), nullable=False),
    Column("checked", String(71)),
    Column("blockers", Integer),
    Column("needs", Integer, nullable=False, server_default="1"),
    Column("shadow_since", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
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

Table(
    "approvals",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("document", _Number, nullable=False),
    Column("hash", String(71), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("author", String(120), nullable=False),
    Column("approver", String(120), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["document", "hash", "digest", "author"],
        ["documents.id", "documents.hash", "documents.digest", "documents.author"],
    ),
    UniqueConstraint("document", "digest", "approver"),
    CheckConstraint("author <> approver", name="four_eyes"),
)

Table(
    "publishing_events",
    metadata,
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
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("detail", Text, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
    Column("entry", String(71), nullable=False),
    Index(None, "kind", "name"),
    Index(None, "document"),
)

# --- people and records ---------------------------------------------------------------------------

Table(
    "people",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("key", LargeBinary),
    Column("erased_at", DateTime(timezone=True)),
    CheckConstraint("(key is null) = (erased_at is not null)", name="erased"),
)

Table(
    "decisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(120)),
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
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

Table(
    "shadow_answers",
    metadata,
    Column("decision", String(32), ForeignKey("decisions.id"), primary_key=True),
    Column("document", _Number, ForeignKey("documents.id"), primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("same", Boolean, nullable=False),
    Column("in_force", String(120), nullable=False),
    Column("shadow", String(120), nullable=False),
    Column("differs", String(1000), nullable=False),
    Index(None, "document"),
)

# --- duties to people ------------------------------------------------------------------------------

Table(
    "external_ids",
    metadata,
    Column("system", String(40), primary_key=True),
    Column("external", String(200), primary_key=True),
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "person"),
)

Table(
    "holds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", String(128), ForeignKey("people.id"), nullable=False),
    Column("lifted", String(32)),
    Index(None, "person"),
)

Table(
    "events",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("person", String(128)),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "person"),
    Index(None, "kind"),
)

Table(
    "exceptions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("decision", String(32), ForeignKey("decisions.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("id", "requested_by"),
)

Table(
    "exception_approvals",
    metadata,
    Column("exception", String(32), primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("approver", String(64), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["exception", "requested_by"], ["exceptions.id", "exceptions.requested_by"]
    ),
    UniqueConstraint("exception", "approver"),
    CheckConstraint("approver <> requested_by", name="four_eyes"),
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


# --- what the database refuses -------------------------------------------------------------------

_GUARDS = {
    "sqlite": (
        "create trigger documents_published_stays before update on documents for each row when old.status in ('published', 'suspended') and (new.status not in ('published', 'suspended') or new.kind <> old.kind or new.name <> old.name or new.version <> old.version or new.hash <> old.hash or new.digest <> old.digest or new.files <> old.files or new.author <> old.author or new.published_at <> old.published_at) begin select raise(abort, 'a published version never changes'); end",
        "create trigger documents_published_kept before delete on documents for each row when old.status in ('published', 'suspended') begin select raise(abort, 'a published version is kept for ever'); end",
        "create trigger documents_approved before update on documents for each row when old.status not in ('published', 'suspended') and new.status in ('published', 'suspended') and (\n            old.status <> 'submitted' or (\n                select count(*) from approvals a\n                where a.document = new.id and a.hash = new.hash\n                  and a.digest = new.digest and a.author = new.author\n            ) < new.needs) begin select raise(abort, 'a version is published only when enough others approved it as it is'); end",
        "create trigger documents_begin before insert on documents for each row when new.status in ('published', 'suspended') and exists (select 1 from revisions) begin select raise(abort, 'a version begins as a draft'); end",
        "create trigger documents_needs before update on documents for each row when old.status <> 'draft' and new.status <> 'draft' and new.needs < old.needs begin select raise(abort, 'the number of those who must approve does not fall'); end",
        "create trigger approvals_by_others before insert on approvals for each row when new.approver = new.author or exists (\n            select 1 from publishing_events e\n            where e.document = new.document and e.verb = 'drafted' and e.who = new.approver) begin select raise(abort, 'who wrote a version does not approve it'); end",
        "create trigger approvals_of_what_is before insert on approvals for each row when not exists (\n            select 1 from documents d\n            where d.id = new.document and d.status = 'submitted' and d.hash = new.hash\n              and d.digest = new.digest and d.author = new.author) begin select raise(abort, 'an approval names a submitted version as it is'); end",
        "create trigger approvals_stand before update on approvals for each row when 1 = 1 begin select raise(abort, 'an approval is not edited'); end",
        "create trigger approvals_kept before delete on approvals for each row when exists (\n            select 1 from documents d where d.id = old.document and d.status in ('published', 'suspended')) begin select raise(abort, 'the approvals of a published version are kept'); end",
        "create trigger events_stand before update on publishing_events for each row when 1 = 1 begin select raise(abort, 'history is not edited'); end",
        "create trigger events_kept before delete on publishing_events for each row when 1 = 1 begin select raise(abort, 'history is kept'); end",
    ),
    "postgresql": (
        "create or replace function documents_published_stays() returns trigger language plpgsql as $$ begin if old.status in ('published', 'suspended') and (new.status not in ('published', 'suspended') or new.kind <> old.kind or new.name <> old.name or new.version <> old.version or new.hash <> old.hash or new.digest <> old.digest or new.files <> old.files or new.author <> old.author or new.published_at <> old.published_at) then raise exception 'a published version never changes' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger documents_published_stays before update on documents for each row execute function documents_published_stays()",
        "create or replace function documents_published_kept() returns trigger language plpgsql as $$ begin if old.status in ('published', 'suspended') then raise exception 'a published version is kept for ever' using errcode = 'check_violation'; end if; return old; end $$",
        "create trigger documents_published_kept before delete on documents for each row execute function documents_published_kept()",
        "create or replace function documents_approved() returns trigger language plpgsql as $$ begin if old.status not in ('published', 'suspended') and new.status in ('published', 'suspended') and (\n            old.status <> 'submitted' or (\n                select count(*) from approvals a\n                where a.document = new.id and a.hash = new.hash\n                  and a.digest = new.digest and a.author = new.author\n            ) < new.needs) then raise exception 'a version is published only when enough others approved it as it is' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger documents_approved before update on documents for each row execute function documents_approved()",
        "create or replace function documents_begin() returns trigger language plpgsql as $$ begin if new.status in ('published', 'suspended') and exists (select 1 from revisions) then raise exception 'a version begins as a draft' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger documents_begin before insert on documents for each row execute function documents_begin()",
        "create or replace function documents_needs() returns trigger language plpgsql as $$ begin if old.status <> 'draft' and new.status <> 'draft' and new.needs < old.needs then raise exception 'the number of those who must approve does not fall' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger documents_needs before update on documents for each row execute function documents_needs()",
        "create or replace function approvals_by_others() returns trigger language plpgsql as $$ begin if new.approver = new.author or exists (\n            select 1 from publishing_events e\n            where e.document = new.document and e.verb = 'drafted' and e.who = new.approver) then raise exception 'who wrote a version does not approve it' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger approvals_by_others before insert on approvals for each row execute function approvals_by_others()",
        "create or replace function approvals_of_what_is() returns trigger language plpgsql as $$ begin if not exists (\n            select 1 from documents d\n            where d.id = new.document and d.status = 'submitted' and d.hash = new.hash\n              and d.digest = new.digest and d.author = new.author) then raise exception 'an approval names a submitted version as it is' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger approvals_of_what_is before insert on approvals for each row execute function approvals_of_what_is()",
        "create or replace function approvals_stand() returns trigger language plpgsql as $$ begin if 1 = 1 then raise exception 'an approval is not edited' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger approvals_stand before update on approvals for each row execute function approvals_stand()",
        "create or replace function approvals_kept() returns trigger language plpgsql as $$ begin if exists (\n            select 1 from documents d where d.id = old.document and d.status in ('published', 'suspended')) then raise exception 'the approvals of a published version are kept' using errcode = 'check_violation'; end if; return old; end $$",
        "create trigger approvals_kept before delete on approvals for each row execute function approvals_kept()",
        "create or replace function events_stand() returns trigger language plpgsql as $$ begin if 1 = 1 then raise exception 'history is not edited' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger events_stand before update on publishing_events for each row execute function events_stand()",
        "create or replace function events_kept() returns trigger language plpgsql as $$ begin if 1 = 1 then raise exception 'history is kept' using errcode = 'check_violation'; end if; return old; end $$",
        "create trigger events_kept before delete on publishing_events for each row execute function events_kept()",
    ),
}
_FUNCTIONS = (
    "documents_published_stays",
    "documents_published_kept",
    "documents_approved",
    "documents_begin",
    "documents_needs",
    "approvals_by_others",
    "approvals_of_what_is",
    "approvals_stand",
    "approvals_kept",
    "events_stand",
    "events_kept",
)


def upgrade() -> None:
    """Make them, and the triggers that guard them."""
    bind = op.get_bind()
    metadata.create_all(bind, checkfirst=False)
    for statement in _GUARDS[bind.dialect.name]:
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Leave nothing."""
    bind = op.get_bind()
    metadata.drop_all(bind, checkfirst=False)
    if bind.dialect.name != "sqlite":
        for function in _FUNCTIONS:
            bind.exec_driver_sql(f"drop function if exists {function}()")
