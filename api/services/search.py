"""Find recorded decisions by what is in the clear, page by page."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from api.store.records import Sought, list_records

if TYPE_CHECKING:
    from api.services.platform import Platform

__all__ = ["Sought", "find_decisions", "read_cursor"]


def find_decisions(platform: Platform, sought: Sought, limit: int) -> dict[str, object]:
    """Give a page of decisions, the latest first, and where the next one begins, if there is more."""
    with platform.engine.connect() as connection:
        rows = list_records(connection, sought, limit + 1)
    page = rows[:limit]
    listed = [
        {
            "id": row["id"],
            "case": row["case_id"],
            "person": row["person"],
            "rule_set": row["rule_set"],
            "version": row["version"],
            "status": row["status"],
            "decided_at": row["decided_at"].isoformat(),
            "as_of": row["as_of"].isoformat(),
            "engine": row["engine"],
            "digest": row["digest"],
        }
        for row in page
    ]
    more = len(rows) > limit
    last = page[-1] if more else None
    return {"decisions": listed, "next": _cursor(last["decided_at"], last["id"]) if last else None}


def read_cursor(sought: Sought, cursor: str) -> Sought:
    """Go on after a page; raises ValueError for what is no `next` of a page."""
    moment, _, id_ = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
    at = dt.datetime.fromisoformat(moment)
    # What we write ends in UTC: an offset could lead out of the calendar.
    if at.utcoffset() != dt.timedelta(0) or not id_.isalnum():
        raise ValueError(cursor)
    return replace(sought, after=(at, id_))


def _cursor(moment: dt.datetime, id_: str) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {id_}".encode()).decode()
