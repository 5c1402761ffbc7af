"""Decide one case, and keep what was decided before anybody hears of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

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
from api.store.registry import hold_revision
from api.store.shadows import ShadowAnswer, keep_shadows
from engine.kernel.canonical import canonical_json
from engine.kernel.errors import DocumentError
from engine.rules.decision import Decision, Reason, decision_json
from engine.rules.evaluate import decide as decide_case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from concurrent.futures import Future

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.registry import Shadow, Snapshot

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
_SUSPENDED = Reason(
    "SUSPENDED", "规则已暂停，由人裁定", "The rules are suspended: a person decides", ""
)


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
        # From here on nothing is published or stopped; if something was meanwhile, it counts.
        is_current = hold_revision(connection) == snapshot.revision
        record, answer = _kept(
            connection, platform, made if is_current else _made(platform.snapshot(), case, now)
        )
        if key is not None and request is not None:
            keep_answer(connection, client, key, request, record)
        return answer

    return platform.writer.submit(work)


def decide_within(
    connection: Connection, platform: Platform, case: Case, now: dt.datetime
) -> dict[str, object]:
    """Decide a case and record it in a transaction that does more; raises NotFoundError, DocumentError, ErasedError."""
    snapshot = platform.snapshot()
    if hold_revision(connection) != snapshot.revision:
        snapshot = platform.snapshot()
    _, answer = _kept(connection, platform, _made(snapshot, case, now))
    return answer


def find(platform: Platform, id_: str) -> dict[str, object]:
    """Give a record whole; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        return _known(connection, platform, id_)


def replay_kept(snapshot: Snapshot, kept: Kept) -> dict[str, Any]:
    """Decide a record again by the version it names; gives what differs, by name; raises NotFoundError."""
    case = Case(f"{kept.rule_set}@{kept.version}", unmarked(kept.body["inputs"]), kept.as_of)
    before: Any = kept.body["decision"]
    stopped = [reason["code"] for reason in before["reasons"]] == [_SUSPENDED.code]
    made, _ = _answer(snapshot, case, stopped=stopped)
    answer: Any = json.loads(canonical_json(made))
    return {
        name: {"recorded": before.get(name), "replayed": answer.get(name)}
        for name in sorted({*before, *answer})
        if before.get(name) != answer.get(name)
    }


def _answer(
    snapshot: Snapshot, case: Case, *, stopped: bool | None = None
) -> tuple[dict[str, object], tuple[str, str]]:
    """Decide by the published version; gives the answer, and the id and version that gave it.

    What rests on a suspended document goes to a person; a replay says by `stopped` whether it did then.
    """
    compiled = snapshot.content.rule_set(case.rule_set, case.as_of)
    document = compiled.document
    if stopped is None:
        stopped = any((one.kind, one.id) in snapshot.suspended for one in compiled.used)
    if stopped:
        made = Decision("needs_human", {}, (_SUSPENDED,), (), compiled.used)
    else:
        try:
            made = decide_case(compiled, case.inputs)
        except DocumentError as error:
            made = Decision("error", {}, (), (), compiled.used, faults=error.diagnostics)
    return decision_json(made), (document.id, document.version)


_Made: TypeAlias = "tuple[Record, dict[str, object], tuple[ShadowAnswer, ...]]"


def _made(snapshot: Snapshot, case: Case, now: dt.datetime) -> _Made:
    made, (rule_set, used_version) = _answer(snapshot, case)
    answer = json.loads(
        canonical_json(made)
    )  # as it will be read again: the same answer, byte by byte
    id_ = new_id(now)
    used: Any = answer["used"]
    body: dict[str, object] = {"inputs": marked(case.inputs), "decision": answer}
    beside = []
    for shadow in snapshot.shadows:
        if (shadow.kind, shadow.id) == ("rule_set", rule_set):
            other = json.loads(canonical_json(_shadowed(snapshot, shadow, case)))
            body.setdefault("shadows", {})[shadow.version] = other  # type: ignore[index]
            beside.append(_compared(shadow, answer, other))
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
        body=body,
    )
    return record, answer, tuple(beside)


def _kept(
    connection: Connection, platform: Platform, made: _Made
) -> tuple[Record, dict[str, object]]:
    """Write a decision, and what shadows came to beside it; gives the record, and the whole answer."""
    record, answer, beside = made
    digest = keep(connection, record, platform.keys)
    keep_shadows(connection, record.id, beside)
    return record, {**_head(record), "digest": digest, "decision": answer}


def _shadowed(snapshot: Snapshot, shadow: Shadow, case: Case) -> dict[str, object]:
    """Decide by a version without effect; whatever becomes of it, the decision stands."""
    content = snapshot.beside or snapshot.content
    try:
        compiled = content.rule_set(f"{shadow.id}@{shadow.version}", case.as_of)
        return decision_json(decide_case(compiled, case.inputs))
    except DocumentError as error:
        return decision_json(Decision("error", {}, (), (), (), faults=error.diagnostics))
    except Exception:  # noqa: BLE001 - not even a mistake of ours may stop the decision that counts
        return decision_json(Decision("error", {}, (), (), ()))


def _compared(shadow: Shadow, answer: dict[str, Any], other: dict[str, Any]) -> ShadowAnswer:
    """Say which parts of an answer differ: the status, outcomes, reasons by code, obligations."""
    one, two = _parts(answer), _parts(other)
    differs = tuple(name for name in sorted({*one, *two}) if one.get(name) != two.get(name))
    return ShadowAnswer(shadow.document, shadow.digest, _short(answer), _short(other), differs)


def _parts(answer: dict[str, Any]) -> dict[str, object]:
    return {
        "status": answer["status"],
        "reasons": [reason["code"] for reason in answer["reasons"]],
        "obligations": answer["obligations"],
        **answer["outcomes"],
    }


def _short(answer: dict[str, Any]) -> str:
    """Say in a word what an answer came to: the outcome, where it has a word for one, else the status."""
    word = answer["outcomes"].get("outcome")
    return word[:120] if isinstance(word, str) else str(answer["status"])


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
