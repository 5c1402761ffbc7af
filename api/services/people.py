"""What people are owed: their data given to them, erased on request, kept under a hold, read only on the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.services import demographics
from api.services.decide import ErasedError, NothingLikeItError, unmarked
from api.services.retention import Dues, due_json
from api.store import people
from api.store.events import Event, events_of, note
from api.store.people import Deed, External, HeldError, TakenError, UnknownPersonError
from api.store.records import open_record, records_of
from engine.hiring.masking import SENSITIVE, Sight, masked
from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.records import Kept

__all__ = [
    "Deed",
    "External",
    "HeldError",
    "TakenError",
    "UnknownPersonError",
    "erase",
    "export",
    "hold",
    "lift",
    "link",
    "links",
    "note_reading",
    "read_inputs",
    "unlink",
]


def link(platform: Platform, person: str, external: External, deed: Deed) -> None:
    """Keep what another system calls a person; raises TakenError, ErasedError."""
    platform.writer.submit(lambda c: people.link(c, person, external, deed, platform.keys)).result()


def links(platform: Platform, person: str) -> list[dict[str, str]]:
    """List what other systems call a person; raises UnknownPersonError."""
    with platform.engine.connect() as connection:
        people.person_row(connection, person)
        return people.links_of(connection, person)


def unlink(platform: Platform, person: str, external: External, deed: Deed) -> bool:
    """Forget an external id, once that system has erased it; whether there was one."""

    def work(connection: Connection) -> bool:
        return people.unlink(connection, person, external, deed, platform.keys)

    return platform.writer.submit(work).result()


def hold(platform: Platform, person: str, deed: Deed) -> str:
    """Place a legal hold: until it is lifted nothing erases the person; raises UnknownPersonError, ErasedError."""
    return platform.writer.submit(lambda c: people.hold(c, person, deed, platform.keys)).result()


def lift(platform: Platform, person: str, hold_id: str, deed: Deed) -> bool:
    """Lift a hold; whether there was one."""

    def work(connection: Connection) -> bool:
        return people.lift(connection, person, hold_id, deed, platform.keys)

    return platform.writer.submit(work).result()


def erase(platform: Platform, person: str, deed: Deed) -> dict[str, Any]:
    """Erase a person; raises UnknownPersonError, HeldError, ErasedError.

    What can be counted stays: the rows in the clear, and the log with all its proofs.
    """

    def work(connection: Connection) -> dict[str, Any]:
        done = people.erase(connection, person, deed, platform.keys)
        # Here, where it still can fail: an erasure is told only when the vault is empty as well.
        demographics.forget(platform.settings, connection, person)
        return done

    done = platform.writer.submit(work).result()
    people.forget_pages(platform.engine)
    return done


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and what is shown of each kind of field."""

    name: str
    sight: Sight

    @property
    def sees_sensitive(self) -> bool:
        """Whether anything sensitive is shown in the clear."""
        return any(self.sight.get(kind, "clear") == "clear" for kind in SENSITIVE)


def read_inputs(
    platform: Platform, id_: str, fields: Collection[str], reader: Reader, now: dt.datetime
) -> dict[str, Any]:
    """Give what a decision was made on as its reader sees it; a reading in the clear is logged first.

    `fields` left empty are all. Raises NothingLikeItError, ErasedError, AlteredError.
    """

    def work(connection: Connection) -> Kept:
        kept = open_record(connection, id_, platform.keys)
        if kept is None:
            raise NothingLikeItError(id_)
        if reader.sees_sensitive:
            facts = {"what": "inputs", "decision": id_, "fields": sorted(fields)}
            event = Event("sensitive_read", reader.name, now, facts, kept.person)
            note(connection, event, platform.keys)
        return kept

    if reader.sees_sensitive:
        kept = platform.writer.submit(work).result()
    else:
        with platform.engine.connect() as connection:
            kept = work(connection)
    inputs = plain_inputs(kept)
    chosen = {name: one for name, one in inputs.items() if not fields or name in fields}
    shown: dict[str, Any] = masked(chosen, reader.sight)
    return shown


def note_reading(
    platform: Platform, id_: str, fields: Sequence[str], by: str, now: dt.datetime
) -> None:
    """Log that sensitive fields of a decision are read in the clear; raises NothingLikeItError, ErasedError."""

    def work(connection: Connection) -> None:
        kept = open_record(connection, id_, platform.keys)
        if kept is None:
            raise NothingLikeItError(id_)
        facts = {"what": "decision", "decision": id_, "fields": list(fields)}
        note(connection, Event("sensitive_read", by, now, facts, kept.person), platform.keys)

    platform.writer.submit(work).result()


def plain_inputs(kept: Kept) -> dict[str, Any]:
    """Give the inputs of a record as JSON data, its numbers as texts."""
    return {name: _plain(one) for name, one in unmarked(kept.body["inputs"]).items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON data
    match value:
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case bool() | str() | None:
            return value
        case _:
            return decimal_text(value)


def export(platform: Platform, person: str, by: str, now: dt.datetime) -> dict[str, Any]:
    """Give everything that is kept about a person, and log that it was given; raises UnknownPersonError, ErasedError."""

    def work(connection: Connection) -> dict[str, Any]:
        if people.person_row(connection, person).key is None:
            raise ErasedError(person)
        note(connection, Event("export", by, now, {"what": "person"}, person), platform.keys)
        records = records_of(connection, platform.keys, person)
        dues = Dues(platform.snapshot().content, (), now)
        return {
            "person": person,
            "made_at": now.isoformat(),
            "known_elsewhere": people.links_of(connection, person),
            "decisions": [_decision(kept, dues) for kept in records],
            "events": list(events_of(connection, platform.keys, person)),
            "holds": list(people.holds_on(connection, person)),
            "demographics": demographics.declared(platform.settings, connection, person),
        }

    return platform.writer.submit(work).result()


def _more_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give what else a record has about a person: what they answered, how it was read, what shadows came to."""
    asked = {"interview": _plain(unmarked(body["interview"]))} if "interview" in body else {}
    return asked | {name: body[name] for name in ("evaluation", "shadows") if name in body}


def _decision(kept: Kept, dues: Dues) -> dict[str, Any]:
    return {
        "id": kept.id,
        "decided_at": kept.decided_at.isoformat(),
        "as_of": kept.as_of.isoformat(),
        "rule_set": kept.rule_set,
        "version": kept.version,
        "engine": kept.engine,
        "inputs": plain_inputs(kept),
        "decision": kept.body["decision"],
        **_more_of(kept.body),
        "retention": due_json(dues.of(kept.rule_set, kept.version, kept.decided_at)),
    }
