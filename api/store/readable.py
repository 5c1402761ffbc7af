"""Values that no column takes, found in a database whose rows cannot even be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Integer, LargeBinary, extract, func, not_, or_, select

from api.store.database import is_sqlite
from api.store.tables import Moment, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Connection, Table


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that its column does not take: in which table, of which row."""

    table: str
    row: str
    column: str


def unreadable(connection: Connection) -> Iterator[Unreadable]:
    """Find the values that cannot be read, by asking the database for each as bytes."""
    for table in metadata.sorted_tables:
        yield from (_loose if is_sqlite(connection.engine) else _endless)(connection, table)


def _loose(connection: Connection, table: Table) -> Iterator[Unreadable]:
    """Look at what SQLite keeps: a column there takes whatever it is given."""
    columns = list(table.columns)
    asked = [part for one in columns for part in (func.typeof(one), func.hex(one))]
    for row in connection.execute(select(*asked)):
        kinds, values = row[::2], [bytes.fromhex(value) for value in row[1::2]]
        told = zip(columns, kinds, values, strict=True)
        wrong = [column for column, kind, value in told if not _fits(column, kind, value)]
        named = dict(zip((one.name for one in columns), values, strict=True))
        key = "/".join(named[one.name].decode(errors="replace") for one in table.primary_key)
        yield from (Unreadable(table.name, key, column.name) for column in wrong)


def _fits(column: Column[object], kind: str, value: bytes) -> bool:
    """Whether a column takes a value of this kind (SQLite's name of it), of which `value` is the text."""
    if kind == "null":
        return column.nullable is True
    match column.type:
        case LargeBinary():
            return kind == "blob"
        case Boolean():
            return kind == "integer" and value in {b"0", b"1"}
        case Integer():
            return kind == "integer"
        case one:
            return kind == "text" and _is_text(value, is_moment=isinstance(one, Moment))


def _is_text(value: bytes, *, is_moment: bool) -> bool:
    try:
        text = value.decode()
        if is_moment:
            dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _endless(connection: Connection, table: Table) -> Iterator[Unreadable]:
    """Look for the times that PostgreSQL keeps and no calendar has: `infinity`, and years before 1 or after 9999."""
    for column in (one for one in table.columns if isinstance(one.type, Moment)):
        year = extract("year", column)
        never = or_(not_(func.isfinite(column)), year < dt.MINYEAR, year > dt.MAXYEAR)
        for row in connection.execute(select(*table.primary_key).where(never)):
            yield Unreadable(table.name, "/".join(map(str, row)), column.name)
