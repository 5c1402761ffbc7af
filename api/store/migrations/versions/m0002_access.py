"""Access: one table for everything that is shown as a secret, with the keys of before, and one for people."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    String,
    Table,
    func,
    insert,
    literal,
    select,
)

revision, down_revision = "0002", "0001"

_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
_before, _after = MetaData(naming_convention=_CONVENTION), MetaData(naming_convention=_CONVENTION)

_keys = Table(
    "api_keys",
    _before,
    Column("id", String(24), primary_key=True),
    Column("client", String(64), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),
    Column("scopes", String(400), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)

Table(
    "accounts",
    _after,
    Column("name", String(64), primary_key=True),
    Column("password", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("grants", String(1000), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
)

_credentials = Table(
    "credentials",
    _after,
    Column("id", String(24), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(64), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),
    Column("grants", String(1000), nullable=False),
    Column("case_id", String(120)),
    Column("origin", String(24)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Index(None, "kind", "name"),
    Index(None, "origin"),
    CheckConstraint("kind in ('key','client','token','session','link')", name="known_kind"),
    CheckConstraint("kind in ('key','client') or ends_at is not null", name="ends"),
)


_LONGEST_BEFORE = 400


def upgrade() -> None:
    """Make the tables, and take the keys over: whoever has one goes on with it."""
    bind = op.get_bind()
    _after.create_all(bind, checkfirst=False)
    old, new = _keys.c, ("id", "kind", "name", "secret", "grants", "created_at", "revoked_at")
    moved = select(
        old.id, literal("key"), old.client, old.secret, old.scopes, old.created_at, old.revoked_at
    )
    bind.execute(insert(_credentials).from_select(new, moved))
    _keys.drop(bind)


def downgrade() -> None:
    """Give the keys back; one that ends, or has more grants than could be kept before, is gone."""
    bind = op.get_bind()
    _keys.create(bind)
    new, old = _credentials.c, ("id", "client", "secret", "scopes", "created_at", "revoked_at")
    moved = select(new.id, new.name, new.secret, new.grants, new.created_at, new.revoked_at).where(
        new.kind == "key", new.ends_at.is_(None), func.length(new.grants) <= _LONGEST_BEFORE
    )
    bind.execute(insert(_keys).from_select(old, moved))
    _after.drop_all(bind, checkfirst=False)
