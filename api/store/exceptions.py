"""Exceptions and who approved them in which role: one person a role, and never the one who asks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from api.store.marks import write
from api.store.records import IMPORTED, open_record
from api.store.tables import decisions, exception_approvals, exceptions, log_entries

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from api.store.keys import Keys
from api.store.records import Kept

_OWN = "exception:"


class SamePersonError(ValueError):
    """Raised for an approval by whoever asked, or by whoever approved in another role."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves in which role."""

    role: str
    approver: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Request:
    """An exception that is asked for: to which decision, of what kind, by whom."""

    id: str
    decision: str
    kind: str
    requested_by: str
    at: dt.datetime


def open_exception(connection: Connection, request: Request, keys: Keys) -> None:
    """Keep that an exception is asked for."""
    write(connection, keys, exceptions, asdict(request))


def exception_row(connection: Connection, id_: str) -> Row[Any] | None:
    """Give an exception's row; None for no such exception. It stays locked until the transaction ends."""
    query = select(exceptions).where(exceptions.c.id == id_).with_for_update()
    return connection.execute(query).one_or_none()


def approve(connection: Connection, row: Row[Any], approval: Approval, keys: Keys) -> None:
    """Keep an approval; raises SamePersonError, which the database itself insists on."""
    of = {"exception": row.id, "requested_by": row.requested_by}
    try:
        with connection.begin_nested():
            write(connection, keys, exception_approvals, {**of, **asdict(approval)})
    except IntegrityError:
        raise SamePersonError(approval.role) from None


def approvals_of(connection: Connection, id_: str) -> dict[str, dict[str, str]]:
    """Give who approved in which role, and when."""
    query = select(exception_approvals).where(exception_approvals.c.exception == id_)
    ordered = query.order_by(exception_approvals.c.at, exception_approvals.c.role)
    return {
        row.role: {"by": row.approver, "at": row.at.isoformat()}
        for row in connection.execute(ordered)
    }


def latest_of(connection: Connection, id_: str, keys: Keys) -> Kept | None:
    """Give the latest decision about an exception; raises ErasedError, AlteredError."""
    # The log knows their order even within one moment.
    query = select(decisions.c.id).join(log_entries, log_entries.c.subject == decisions.c.id)
    # What was decided elsewhere, before, says nothing of an exception here.
    of_it = query.where(decisions.c.case_id == case_of(id_), decisions.c.engine != IMPORTED)
    found = connection.execute(of_it.order_by(log_entries.c.id.desc()).limit(1)).scalar()
    return None if found is None else open_record(connection, found, keys)


def kinds(connection: Connection) -> dict[str, str]:
    """Give all exceptions with their kinds."""
    query = select(exceptions.c.id, exceptions.c.kind).order_by(exceptions.c.id)
    return {row.id: row.kind for row in connection.execute(query)}


def case_of(id_: str) -> str:
    """Name the case that the decisions about an exception belong to."""
    return f"{_OWN}{id_}"


def is_own_case(case: str) -> bool:
    """Whether a case is named as those of exceptions are."""
    return case.startswith(_OWN)
