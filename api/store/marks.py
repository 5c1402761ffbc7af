"""Marks on rows: what only who has the master key can write, and what is looked for in every row that has one."""

from __future__ import annotations

import datetime as dt
import functools
import json
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from api.store.tables import (
    accounts,
    answers,
    approvals,
    checkpoints,
    credentials,
    exception_approvals,
    exceptions,
    external_ids,
    publishing_events,
    replies,
    shadow_answers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Row, Table

    from api.store.keys import Keys

MARKED = (
    accounts,
    credentials,
    answers,
    replies,
    shadow_answers,
    external_ids,
    exceptions,
    exception_approvals,
    publishing_events,
    approvals,
    checkpoints,
)
"""The tables whose rows the log does not carry whole. Of all other tables it does, or their bodies are sealed."""


def mark_of(keys: Keys, table: Table, values: Mapping[str, Any], after: object = None) -> bytes:
    """Make the mark of a row of these values which, where rows are a chain, comes `after` another."""
    said = {name: _plain(values.get(name)) for name in _vouched_for(table)}
    # Values of our own, compared with themselves alone: the canonical form would cost ten times as much.
    whole = json.dumps([table.name, said, after], sort_keys=True, separators=(",", ":"))
    return keys.mark(whole.encode())


def is_marked(keys: Keys, table: Table, row: Row[Any], after: object = None) -> bool:
    """Whether a row is as the service wrote it."""
    values = {name: getattr(row, name) for name in _vouched_for(table)}
    return compare_digest(row.mark or b"", mark_of(keys, table, values, after))


def write(connection: Connection, keys: Keys, table: Table, *rows: Mapping[str, Any]) -> None:
    """Insert rows, each with its mark."""
    connection.execute(insert(table), [{**row, "mark": mark_of(keys, table, row)} for row in rows])


def rewrite(
    connection: Connection, keys: Keys, table: Table, *which: ColumnElement[bool], **values: object
) -> int:
    """Change rows and their marks; gives how many. What somebody altered stays so, for everybody to see."""
    rows = connection.execute(select(table).where(*which).with_for_update()).all()
    for row in rows:
        new = {name: getattr(row, name) for name in _vouched_for(table)} | values
        mark = mark_of(keys, table, new) if is_marked(keys, table, row) else row.mark
        own = (column == getattr(row, column.name) for column in table.primary_key)
        connection.execute(update(table).where(*own).values(**values, mark=mark))
    return len(rows)


@functools.cache
def _vouched_for(table: Table) -> tuple[str, ...]:
    # A number that the database gives is not known when the row is marked.
    given = table.autoincrement_column
    return tuple(one.name for one in table.columns if one.name != "mark" and one is not given)


def _plain(value: object) -> object:
    """Write a value as both databases give it back."""
    match value:
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case bytes() | memoryview():
            return bytes(value).hex()
        case _:
            return value
