"""Decide what is asked, and keep what was decided before anybody hears of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from api.services.asked import Asked, request_of
from api.services.cases import Case
from api.services.evaluate import InterviewCase
from api.services.marking import marked, unmarked
from api.services.shadows import beside, compared
from api.store.keys import AlteredError, ErasedError
from api.store.records import (
    Answered,
    KeyReusedError,
    Record,
    Under,
    answered,
    keep,
    keep_answers,
    new_id,
    open_record,
    request_hash,
)
from api.store.registry import hold_revision
from api.store.shadows import keep_shadows
from engine.kernel.canonical import ContentHash, canonical_json
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence
    from concurrent.futures import Future

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.records import Kept
    from api.store.registry import Snapshot
    from api.store.shadows import ShadowAnswer

__all__ = [
    "AlteredError",
    "Case",
    "ErasedError",
    "InterviewCase",
    "KeyReusedError",
    "NothingLikeItError",
    "decide",
    "decide_within",
    "find",
    "marked",
    "open_kept",
    "try_case",
    "unmarked",
]

ENGINE = version("evenhand")
_NAME = 64


class NothingLikeItError(LookupError):
    """Raised when there is no record of that id."""


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that is not kept yet: its record, the parts of the answer, and what shadows came to.

    `revision` is that of the snapshot it was made by.
    """

    revision: int
    record: Record
    parts: dict[str, Any]
    shadows: tuple[ShadowAnswer, ...]


class _Keyed(NamedTuple):
    """The idempotency key of what was asked, and what was asked, by its hash."""

    under: Under
    request: ContentHash


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A decision that waits for its place on the disk, with what it takes to make it anew."""

    platform: Platform
    asked: Asked
    now: dt.datetime
    made: Made
    keyed: _Keyed | None


def try_case(platform: Platform, asked: Asked) -> dict[str, object]:
    """Decide without keeping anything; raises NotFoundError, DocumentError, EvaluationError."""
    answer = asked.answer(platform.snapshot())
    return {"as_of": asked.as_of.isoformat(), "engine": ENGINE, **answer.parts}


def decide(
    platform: Platform, asked: Asked, now: dt.datetime, client: str, key: str | None
) -> Future[dict[str, object]]:
    """Decide and record it; the future has the answer when it is on the disk.

    The same idempotency key gives the answer of the first time; with another request
    KeyReusedError. Raises NotFoundError, DocumentError, EvaluationError.
    """
    made = _made_early(platform, asked, now)
    keyed = None if key is None else _Keyed(Under(client, key), request_hash(request_of(asked)))
    return platform.writer.submit_to(_record, _Waiting(platform, asked, now, made, keyed))


def decide_within(
    connection: Connection, platform: Platform, case: Case, now: dt.datetime
) -> dict[str, object]:
    """Decide a case and record it in a transaction that does more; raises NotFoundError, DocumentError, ErasedError."""
    made = _made_early(platform, case, now)
    if hold_revision(connection) != made.revision:
        made = make(platform.snapshot(), case, now)
    return _write(connection, platform, [made])[made.record.id]


def find(platform: Platform, id_: str) -> dict[str, object]:
    """Give a record whole; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        return _known(connection, platform, id_)


def open_kept(platform: Platform, id_: str) -> Kept:
    """Open a record; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        return _open(connection, platform, id_)


def make(snapshot: Snapshot, asked: Asked, now: dt.datetime) -> Made:
    """Decide, also by what runs in shadow; raises NotFoundError, DocumentError, EvaluationError."""
    answer = asked.answer(snapshot)
    # As it will be read again: the same answer, byte by byte.
    parts: dict[str, Any] = json.loads(canonical_json(answer.parts))
    body: dict[str, object] = {"inputs": marked(asked.inputs), **parts, **asked.kept()}
    if answer.named:
        body["named"] = answer.named
    others = beside(snapshot, asked, answer)
    if others:
        body["shadows"] = {name: other for name, (_, other) in others.items()}
    id_ = new_id(now)
    record = Record(
        id=id_,
        case=asked.case,
        # Who is not named has a key of their own all the same: the record can be erased alone.
        person=asked.person or _person_of(asked.case or id_),
        rule_set=answer.rule_set,
        version=answer.version,
        status=str(parts["decision"]["status"]),
        used=tuple(ContentHash(one.hash) for one in answer.used),
        decided_at=now,
        as_of=asked.as_of,
        engine=ENGINE,
        body=body,
    )
    told = tuple(compared(shadow, parts["decision"], other) for shadow, other in others.values())
    return Made(snapshot.revision, record, parts, told)


def _made_early(platform: Platform, asked: Asked, now: dt.datetime) -> Made:
    """Decide by what was published when somebody last looked: the transaction that records it looks again."""
    known = platform.known()
    try:
        return make(known, asked, now)
    except (NotFoundError, DocumentError, EvaluationError):
        latest = platform.snapshot()
        if latest.revision == known.revision:
            raise
        return make(latest, asked, now)


def _person_of(case: str) -> str:
    """Name whoever a case is about, where nobody says; a long id by its hash, for a name has 64 signs."""
    own = f"case:{case}"
    return own if len(own) <= _NAME else f"case:{hashlib.sha256(case.encode()).hexdigest()[:48]}"


# --- keeping -------------------------------------------------------------------------------------


def _record(connection: Connection, units: Sequence[_Waiting]) -> list[dict[str, object]]:
    """Record together what is not yet answered under its key; gives the answers in order."""
    platform = units[0].platform
    before = answered(connection, {unit.keyed.under for unit in units if unit.keyed}, platform.keys)
    # From here on nothing is published or stopped; if something was meanwhile, it counts.
    revision = hold_revision(connection)
    latest = platform.known()
    if any(unit.made.revision != revision for unit in units):
        latest = platform.snapshot()
    fresh: list[Made] = []
    new: dict[Under, Answered] = {}
    ids: list[str] = []
    for unit in units:
        known = unit.keyed and (before.get(unit.keyed.under) or new.get(unit.keyed.under))
        if unit.keyed and known:
            ids.append(known.to(unit.keyed.request))
            continue
        is_current = unit.made.revision == revision
        made = unit.made if is_current else make(latest, unit.asked, unit.now)
        if unit.keyed:
            made = _asked_under(unit.keyed.under, made)
            new[unit.keyed.under] = Answered(unit.keyed.request, made.record.id, unit.now)
        fresh.append(made)
        ids.append(made.record.id)
    told = _write(connection, platform, fresh)
    keep_answers(connection, new, platform.keys)
    return [told.get(id_) or _known(connection, platform, id_) for id_ in ids]


def _asked_under(under: Under, made: Made) -> Made:
    """Have the record say under which key it was asked for: nobody takes that from it unseen."""
    body = {**made.record.body, "asked_under": under._asdict()}
    return replace(made, record=replace(made.record, body=body))


def _write(
    connection: Connection, platform: Platform, made: Collection[Made]
) -> dict[str, dict[str, object]]:
    """Write decisions, and what shadows came to beside them; gives the whole answers by id."""
    records = [one.record for one in made]
    digests = keep(connection, records, platform.keys)
    keep_shadows(connection, {one.record.id: one.shadows for one in made}, platform.keys)
    return {
        one.record.id: _told(one.record, digest, one.parts)
        for one, digest in zip(made, digests, strict=True)
    }


def _open(connection: Connection, platform: Platform, id_: str) -> Kept:
    kept = open_record(connection, id_, platform.keys)
    if kept is None:
        raise NothingLikeItError(id_)
    return kept


def _known(connection: Connection, platform: Platform, id_: str) -> dict[str, object]:
    kept = _open(connection, platform, id_)
    names = [name for name in ("decision", "evaluation") if name in kept.body]
    return _told(kept, kept.digest, {name: kept.body[name] for name in names})


def _told(record: Record | Kept, digest: str, parts: Mapping[str, object]) -> dict[str, object]:
    return {
        "id": record.id,
        "decided_at": record.decided_at.isoformat(),
        "as_of": record.as_of.isoformat(),
        "engine": record.engine,
        "digest": digest,
        **parts,
    }
