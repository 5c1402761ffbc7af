"""People by the one id they have here: what other systems call them, holds, and their erasure."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, text, update

from api.store.database import is_sqlite
from api.store.events import OF_THE_PERSON, Event, note
from api.store.events import clear_of as clear_of_event
from api.store.keys import ErasedError
from api.store.marks import rewrite, write
from api.store.records import clear_of, key_of
from api.store.tables import decisions, events, external_ids, holds, people
from engine.kernel.canonical import canonical_json, content_hash

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Row

    from api.store.keys import Keys


class HeldError(ValueError):
    """Raised for an erasure that a legal hold forbids; the argument names the holds."""


class UnknownPersonError(LookupError):
    """Raised when nobody has that id."""


class TakenError(ValueError):
    """Raised when another person already has this id of another system."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, when, and why, where that is asked for; the reason names a matter, never a person."""

    by: str
    at: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """What another system calls a person."""

    system: str
    id: str


def person_row(connection: Connection, person: str, *, to_change: bool = False) -> Row[Any]:
    """Give a person's row; `to_change` keeps others from holding or erasing them meanwhile; raises UnknownPersonError."""
    query = select(people).where(people.c.id == person)
    row = connection.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise UnknownPersonError(person)
    return row


def is_erased(connection: Connection, person: str) -> bool:
    """Whether somebody was erased; who was never known was not."""
    query = select(people.c.id).where(people.c.id == person, people.c.key.is_(None))
    return connection.execute(query).scalar() is not None


# --- external ids ----------------------------------------------------------------------------------


def link(connection: Connection, person: str, external: External, deed: Deed, keys: Keys) -> None:
    """Keep what another system calls a person, who begins to be known by it; raises TakenError, ErasedError.

    The log commits to it by a salted digest; what it is stands in the event under the person's key.
    """
    key_of(connection, person, keys)
    known = connection.execute(select(external_ids).where(_is(external))).one_or_none()
    if known is not None and known.person != person:
        raise TakenError(f"{external.system} {external.id}")
    if known is not None and known.event is not None:
        return
    facts = {"system": external.system, "id": external.id}
    event = note(connection, Event("link", deed.by, deed.at, facts, person), keys)
    if known is None:
        values = {"system": external.system, "external": external.id, "person": person}
        write(connection, keys, external_ids, {"at": deed.at, "event": event, **values})
    else:
        rewrite(connection, keys, external_ids, _is(external), event=event)


def owner_of(connection: Connection, external: External) -> str | None:
    """Say who is called so elsewhere; None for nobody."""
    query = select(external_ids.c.person).where(_is(external))
    found: str | None = connection.execute(query).scalar()
    return found


def links_of(connection: Connection, person: str) -> list[dict[str, str]]:
    """List what other systems call a person; after an erasure, what is still to be erased there."""
    query = select(external_ids).where(external_ids.c.person == person)
    ordered = query.order_by(external_ids.c.system, external_ids.c.external)
    return [
        {"system": row.system, "id": row.external, "since": row.at.isoformat()}
        for row in connection.execute(ordered)
    ]


def unlink(connection: Connection, person: str, external: External, deed: Deed, keys: Keys) -> bool:
    """Forget an external id: that system has erased it; whether there was one.

    The entry names the one that added it, for the person may have no key any more.
    """
    there = (_is(external), external_ids.c.person == person)
    row = connection.execute(select(external_ids).where(*there).with_for_update()).one_or_none()
    if row is None:
        return False
    connection.execute(delete(external_ids).where(*there))
    note(connection, Event("unlink", deed.by, deed.at, {"link": row.event}, person), keys)
    return True


def _is(external: External) -> ColumnElement[bool]:
    return and_(external_ids.c.system == external.system, external_ids.c.external == external.id)


# --- holds -----------------------------------------------------------------------------------------


def hold(connection: Connection, person: str, deed: Deed, keys: Keys) -> str:
    """Forbid the erasure of a person until the hold is lifted; gives its id; raises UnknownPersonError, ErasedError."""
    if person_row(connection, person, to_change=True).key is None:
        raise ErasedError(person)
    facts = {"action": "placed", "reason": deed.reason}
    id_ = note(connection, Event("hold", deed.by, deed.at, facts, person), keys)
    connection.execute(insert(holds).values(id=id_, person=person))
    return id_


def lift(connection: Connection, person: str, hold_id: str, deed: Deed, keys: Keys) -> bool:
    """Lift a hold; whether there was one to lift."""
    if hold_id not in holds_on(connection, person):
        return False
    facts = {"action": "lifted", "hold": hold_id, "reason": deed.reason}
    lifted = note(connection, Event("hold", deed.by, deed.at, facts, person), keys)
    connection.execute(update(holds).where(holds.c.id == hold_id).values(lifted=lifted))
    return True


def holds_on(connection: Connection, person: str | None = None) -> dict[str, str]:
    """Give the holds that stand, of a person or of all, with whom they are on."""
    query = select(holds.c.id, holds.c.person).where(holds.c.lifted.is_(None))
    if person is not None:
        query = query.where(holds.c.person == person)
    return {row.id: row.person for row in connection.execute(query.order_by(holds.c.id))}


# --- erasure ---------------------------------------------------------------------------------------


def erase(connection: Connection, person: str, deed: Deed, keys: Keys) -> dict[str, Any]:
    """Destroy a person's key and bodies; the rows in the clear and the log stay, and still prove themselves.

    Gives the number of records and the external ids that are to be erased elsewhere. Raises
    UnknownPersonError, HeldError, ErasedError.
    """
    row = person_row(connection, person, to_change=True)
    if row.key is None:
        raise ErasedError(person)
    if standing := holds_on(connection, person):
        raise HeldError(", ".join(standing))
    rows = connection.execute(select(decisions).where(decisions.c.person == person)).all()
    # Their bodies can no longer vouch for the clear columns: from now on this entry does.
    theirs = events.c.person == person, events.c.kind.in_(OF_THE_PERSON)
    noted = connection.execute(select(events).where(*theirs)).all()
    clear = {one.id: content_hash(canonical_json(clear_of(one))) for one in rows}
    clear |= {one.id: content_hash(canonical_json(clear_of_event(one))) for one in noted}
    facts = {"reason": deed.reason, "rows": clear}
    event = note(connection, Event("erasure", deed.by, deed.at, facts, person), keys)
    connection.execute(update(decisions).where(decisions.c.person == person).values(body=b""))
    connection.execute(update(events).where(*theirs).values(body=b""))
    gone = update(people).where(people.c.id == person).values(key=None, erased_at=deed.at)
    connection.execute(gone)
    return {
        "event": event,
        "erased_at": deed.at.isoformat(),
        "records": len(rows),
        "to_erase_elsewhere": links_of(connection, person),
    }


def erase_records(
    connection: Connection, chosen: Mapping[str, str], deed: Deed, cites: Sequence[str], keys: Keys
) -> list[str]:
    """Empty the bodies of records, given with whose they are, that no hold keeps; gives those that it erased.

    The person's key stays, for other records; one entry says which law let these go, and vouches for
    what stands in the clear.
    """
    ours = select(people.c.id).where(people.c.id.in_(sorted(set(chosen.values()))))
    connection.execute(ours.order_by(people.c.id).with_for_update()).all()
    held = set(holds_on(connection).values())
    free = [id_ for id_, person in chosen.items() if person not in held]
    there = decisions.c.id.in_(free), func.length(decisions.c.body) > 0
    rows = connection.execute(select(decisions).where(*there).order_by(decisions.c.id)).all()
    if not rows:
        return []
    clear = {one.id: content_hash(canonical_json(clear_of(one))) for one in rows}
    facts = {"reason": deed.reason, "cites": list(cites), "rows": clear}
    note(connection, Event("retention", deed.by, deed.at, facts), keys)
    connection.execute(update(decisions).where(*there).values(body=b""))
    return list(clear)


def forget_pages(engine: Engine) -> None:
    """Take what was erased off the disk, too: from the write-ahead log, or from rows that are dead."""
    if is_sqlite(engine):
        with contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in (people, decisions, events):
            connection.execute(text(f"vacuum {table.name}"))
