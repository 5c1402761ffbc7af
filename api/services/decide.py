"""Decide one case, and keep what was decided before anybody hears of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from api.store.keys import AlteredError, ErasedError
from api.store.records import (
    Kept,
    KeyReusedError,
    Record,
    answered,
    keep,
    keep_answer,
    new_id,
    open_record,
    request_hash,
)
from api.store.registry import revision_of
from engine.kernel.canonical import canonical_json
from engine.kernel.errors import DocumentError
from engine.rules.decision import Decision, decision_json
from engine.rules.evaluate import decide as decide_case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from concurrent.futures import Future

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.registry import Snapshot

__all__ = [
    "AlteredError",
    "Case",
    "ErasedError",
    "KeyReusedError",
    "NothingLikeItError",
    "decide",
    "decide_within",
    "find",
    "marked",
    "replay_kept",
    "try_case",
    "unmarked",
]

ENGINE = version("evenhand")


class NothingLikeItError(LookupError):
    """Raised when there is no record of that id."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: by which rules, of which day, on what inputs, and whose it is."""

    rule_set: str
    inputs: Mapping[str, Any]
    as_of: dt.datetime
    case: str | None = None
    person: str | None = None


def try_case(platform: Platform, case: Case) -> dict[str, object]:
    """Decide without keeping anything; raises NotFoundError and DocumentError."""
    answer, _ = _answer(platform.snapshot(), case)
    return {"as_of": case.as_of.isoformat(), "engine": ENGINE, "decision": answer}


def decide(
    platform: Platform, case: Case, now: dt.datetime, client: str, key: str | None
) -> Future[dict[str, object]]:
    """Decide a case and record it; the future has the answer when it is on the disk.

    The same idempotency key gives the answer of the first time; with another request
    KeyReusedError. Raises NotFoundError and DocumentError.
    """
    snapshot = platform.snapshot()
    made = _made(snapshot, case, now)
    request = request_hash(_request(case)) if key is not None else None

    def work(connection: Connection) -> dict[str, object]:
        if key is not None and request is not None:
            known = answered(connection, client, key, request)
            if known is not None:
                return _known(connection, platform, known)
        record, answer = made
        if (
            revision_of(connection) != snapshot.revision
        ):  # something was published or stopped meanwhile
            record, answer = _made(platform.snapshot(), case, now)
        digest = keep(connection, record, platform.keys)
        if key is not None and request is not None:
            keep_answer(connection, client, key, request, record)
        return {**_head(record), "digest": digest, "decision": answer}

    return platform.writer.submit(work)


def decide_within(
    connection: Connection, platform: Platform, case: Case, now: dt.datetime
) -> dict[str, object]:
    """Decide a case and record it in a transaction that does more; raises NotFoundError, DocumentError, ErasedError."""
    snapshot = platform.snapshot()
    if revision_of(connection) != snapshot.revision:
        snapshot = platform.snapshot()
    record, answer = _made(snapshot, case, now)
    digest = keep(connection, record, platform.keys)
    return {**_head(record), "digest": digest, "decision": answer}


def find(platform: Platform, id_: str) -> dict[str, object]:
    """Give a record whole; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        return _known(connection, platform, id_)


def replay_kept(snapshot: Snapshot, kept: Kept) -> dict[str, Any]:
    """Decide a record again by the version it names; gives what differs, by name; raises NotFoundError."""
    case = Case(f"{kept.rule_set}@{kept.version}", unmarked(kept.body["inputs"]), kept.as_of)
    made, _ = _answer(snapshot, case, stop=False)
    answer: Any = json.loads(canonical_json(made))
    before: Any = kept.body["decision"]
    return {
        name: {"recorded": before.get(name), "replayed": answer.get(name)}
        for name in sorted({*before, *answer})
        if before.get(name) != answer.get(name)
    }


def _answer(
    snapshot: Snapshot, case: Case, *, stop: bool = True
) -> tuple[dict[str, object], tuple[str, str]]:
    """Decide by the published version; gives the answer, and the id and version that gave it."""
    compiled = snapshot.content.rule_set(case.rule_set, case.as_of)
    document = compiled.document
    if stop and ("rule_set", document.id) in snapshot.suspended:
        made = Decision("needs_human", {}, (), (), compiled.used)
    else:
        try:
            made = decide_case(compiled, case.inputs)
        except DocumentError as error:
            made = Decision("error", {}, (), (), compiled.used, faults=error.diagnostics)
    return decision_json(made), (document.id, document.version)


def _made(snapshot: Snapshot, case: Case, now: dt.datetime) -> tuple[Record, dict[str, object]]:
    made, (rule_set, used_version) = _answer(snapshot, case)
    answer = json.loads(
        canonical_json(made)
    )  # as it will be read again: the same answer, byte by byte
    id_ = new_id(now)
    used: Any = answer["used"]
    record = Record(
        id=id_,
        case=case.case,
        # Who is not named has a key of their own all the same: the record can be erased alone.
        person=case.person or f"case:{case.case or id_}",
        rule_set=rule_set,
        version=used_version,
        status=str(answer["status"]),
        used=tuple(one["hash"] for one in used),
        decided_at=now,
        as_of=case.as_of,
        engine=ENGINE,
        body={"inputs": marked(case.inputs), "decision": answer},
    )
    return record, answer


def _head(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "decided_at": record.decided_at.isoformat(),
        "as_of": record.as_of.isoformat(),
        "engine": record.engine,
    }


def _known(connection: Connection, platform: Platform, id_: str) -> dict[str, object]:
    kept = open_record(connection, id_, platform.keys)
    if kept is None:
        raise NothingLikeItError(id_)
    return {
        "id": kept.id,
        "decided_at": kept.decided_at.isoformat(),
        "as_of": kept.as_of.isoformat(),
        "engine": kept.engine,
        "digest": kept.digest,
        "decision": kept.body["decision"],
    }


def _request(case: Case) -> dict[str, object]:
    return {
        "rule_set": case.rule_set,
        "inputs": marked(case.inputs),
        "as_of": case.as_of.isoformat(),
        "case": case.case,
        "person": case.person,
    }


def marked(value: Any) -> Any:  # noqa: ANN401 - JSON data
    """Write numbers as texts, which keeps every digit, and mark both, so that each comes back as it was."""
    match value:
        case dict():
            return {key: marked(one) for key, one in value.items()}
        case list() | tuple():
            return [marked(one) for one in value]
        case str():
            return f"s{value}"
        case bool() | None:
            return value
        case _:
            return f"n{value}"


def unmarked(value: Any) -> Any:  # noqa: ANN401 - JSON data
    """Give the inputs of a body as they came."""
    match value:
        case dict():
            return {key: unmarked(one) for key, one in value.items()}
        case list():
            return [unmarked(one) for one in value]
        case str():
            return Decimal(value[1:]) if value.startswith("n") else value[1:]
        case _:
            return value
