"""No row of any table is altered, deleted or added unseen, whichever column it is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, Table, and_, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from api.store.tables import Moment, metadata
from tests.support.lived import looked_through, spoiled

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection

    from api.services.platform import Platform

SAYS_NOTHING = {
    "log_entries.id": "only entries that wait are in its order; these have places",
    "approvals.id": "a number of the database's own",
    "publishing_events.number": "another order of the same steps is seen where it would change a version",
    "revisions.number": "it only says when to read what is published anew",
}
"""Columns that may say anything: nothing is read from them."""
MAY_GO = {
    "revisions": "without it nothing is recorded until it is back",
    "replies": "a deed whose answer is not there may be asked for again",
}
"""Tables of which a row may go: whoever deletes it hides nothing that was done."""
ENDS = frozenset({"token", "session", "link"})
"""The kinds of credentials that are forgotten anyway: without its row one lets nobody in."""


def other(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - whatever a row has
    """Something else that the column may hold."""
    match column.type:
        case Moment():
            return dt.datetime(2020, 2, 2, tzinfo=dt.UTC)
        case Boolean():
            return not value
        case Integer():
            return (value or 0) + 700
        case LargeBinary():
            return bytes(32)
        case _:
            return f"{value or ''}x"


def chosen(connection: Connection, table: Table) -> list[Any]:
    """A row of each kind, where a table has kinds; else the last."""
    order = list(table.primary_key)
    rows = connection.execute(select(table).order_by(*order)).mappings().all()
    kinds = {row.get("kind", ""): row for row in rows}
    return list(kinds.values()) if table.name in {"credentials", "events"} else [rows[-1]]


def is_seen(lived: Platform, statement: Any) -> bool:  # noqa: ANN401 - of whichever kind
    """Whether a statement is refused by the database as it is, or by whoever looks through it."""
    with spoiled(lived) as connection:
        try:
            connection.execute(statement)
        except DBAPIError:
            return True
        return bool(looked_through(lived, connection).found)


@pytest.mark.slow
@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_whatever_is_done_to_a_row_is_seen(lived: Platform, table: Table) -> None:
    with lived.engine.connect() as connection:
        rows = chosen(connection, table)
    unseen = []
    for row in rows:
        this = and_(*(column == row[column.name] for column in table.primary_key))
        for column in table.columns:
            changed = update(table).where(this).values({column: other(column, row[column.name])})
            if not is_seen(lived, changed):
                unseen.append(str(column))
        if table.name not in MAY_GO and row.get("kind") not in ENDS:
            assert is_seen(lived, delete(table).where(this))
    assert set(unseen) == {one for one in SAYS_NOTHING if one.startswith(f"{table.name}.")}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
@pytest.mark.slow
def test_a_row_that_somebody_adds_is_seen(lived: Platform, table: Table) -> None:
    """Another row like one that is there, under a name of its own."""
    with lived.engine.connect() as connection:
        row = chosen(connection, table)[0]
    unique = [column for column in table.columns if column.primary_key or column.unique]
    named = {column.name: other(column, row[column.name]) for column in unique}
    assert is_seen(lived, insert(table).values(**{**row, **named})) or table.name == "revisions"
