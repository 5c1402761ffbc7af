"""What people declared of themselves for audits: a schema, a file and a key that no decision can reach."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, delete, insert, select, text

from api.store.database import is_sqlite, open_database
from api.store.keys import kept_secret, new_key, seal, unseal
from engine.kernel.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

SCHEMA = "vault"
_OPENING = 0x45_56_56_4C

vault_metadata = MetaData(schema=SCHEMA)
demographics = Table(
    "demographics",
    vault_metadata,
    # Who it is about is hidden as well: without the vault's key a row names nobody.
    Column("tag", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Vault:
    """The open vault, in a transaction."""

    connection: Connection
    key: bytes

    def declare(self, person: str, facts: Mapping[str, str]) -> None:
        """Keep what a person declared, in the place of what was there."""
        self.forget(person)
        tag = self._tag(person)
        body = seal(self.key, canonical_json(dict(facts)), f"demographics:{tag}")
        self.connection.execute(insert(demographics).values(tag=tag, body=body))

    def forget(self, person: str) -> None:
        """Delete what a person declared."""
        self.connection.execute(delete(demographics).where(demographics.c.tag == self._tag(person)))

    def of(self, persons: Iterable[str]) -> dict[str, dict[str, str]]:
        """Give what each of some people declared; who declared nothing is left out; raises AlteredError."""
        found = {}
        for person in persons:
            tag = self._tag(person)
            query = select(demographics.c.body).where(demographics.c.tag == tag)
            body = self.connection.execute(query).scalar()
            if body is not None:
                found[person] = json.loads(unseal(self.key, body, f"demographics:{tag}"))
        return found

    def _tag(self, person: str) -> str:
        return hmac.new(self.key, person.encode(), hashlib.sha256).hexdigest()


@contextlib.contextmanager
def opened_vault(url: str, folder: Path) -> Iterator[Vault]:
    """Open the vault for one transaction: a schema that another role owns, or on SQLite a file of its own."""
    key = kept_secret(folder / "vault.key", new_key())
    engine = open_database(url)
    try:
        schemas = {SCHEMA: None} if is_sqlite(engine) else {}
        options = {"writes": True, "schema_translate_map": schemas}
        with engine.connect().execution_options(**options) as connection, connection.begin():
            if not is_sqlite(engine):
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _OPENING})
            vault_metadata.create_all(connection)
            yield Vault(connection, key)
    finally:
        engine.dispose()


def is_there(connection: Connection) -> bool:
    """Whether the ordinary database has a vault beside it, which that connection itself cannot read."""
    if is_sqlite(connection.engine):
        return False
    there = text("select exists (select 1 from pg_tables where schemaname = :schema)")
    return bool(connection.execute(there, {"schema": SCHEMA}).scalar())
