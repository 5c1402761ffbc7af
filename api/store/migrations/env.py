"""What alembic runs for each migration: in the transaction of whoever asked."""

from __future__ import annotations

from alembic import context

from api.store.tables import metadata

# There only while alembic runs this: whoever merely imports it migrates nothing.
asked = getattr(context, "config", None)
if asked is not None:
    context.configure(
        connection=asked.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        transaction_per_migration=False,
    )
    context.run_migrations()
