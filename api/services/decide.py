"""Decide one case, or evaluate one interview, and keep what was decided before anybody hears of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

from api.services.evaluate import (
    SUSPENDED,
    UNCOMPARED,
    InterviewCase,
    evaluate,
    evaluated_json,
    is_stopped,
)
from api.store.keys import AlteredError, ErasedError
from api.store.records import (
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
from engine.kernel.canonical import ContentHash, canonical_json
from engine.kernel.errors import DocumentError
from engine.rules.decision import Decision, decision_json
from engine.rules.evaluate import decide as decide_case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from concurrent.futures import Future

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.records import Kept
    from api.store.registry import Shadow, Snapshot

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
    "kept_case",
    "marked",
    "open_kept",
    "replay_kept",
    "try_case",
    "unmarked",
]

ENGINE = version("evenhand")
_NAME = 64


class NothingLikeItError(LookupError):
    """Raised when there is no record of that id."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: by which rules, of which day, on what inputs, and whose it is.

    `dated` is whether the day was asked for, or is the one on which the request came.
    """

    rule_set: str
    inputs: Mapping[str, Any]
    as_of: dt.datetime
    case: str | None = None
    person: str | None = None
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a case came to, the rule set that decided, and the hashes of all that had a part.

    `parts` are `decision` and, of an interview, `evaluation`.
    """

    parts: dict[str, Any]
    rule_set: str
    version: str
    used: tuple[ContentHash, ...]


def try_case(platform: Platform, case: Case | InterviewCase) -> dict[str, object]:
    """Decide without keeping anything; raises NotFoundError, DocumentError, EvaluationError."""
    answer = _answer(platform.snapshot(), case)
    return {"as_of": case.as_of.isoformat(), "engine": ENGINE, **answer.parts}


def decide(
    platform: Platform, case: Case | InterviewCase, now: dt.datetime, client: str, key: str | None
) -> Future[dict[str, object]]:
    """Decide a case and record it; the future has the answer when it is on the disk.

    The same idempotency key gives the answer of the first time; with another request
    KeyReusedError. Raises NotFoundError, DocumentError, EvaluationError.
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
        now_made = made if is_current else _made(platform.snapshot(), case, now)
        told = _written(connection, platform, now_made)
        if key is not None and request is not None:
            keep_answer(connection, client, key, request, now_made[0])
        return told

    return platform.writer.submit(work)


def decide_within(
    connection: Connection, platform: Platform, case: Case, now: dt.datetime
) -> dict[str, object]:
    """Decide a case and record it in a transaction that does more; raises NotFoundError, DocumentError, ErasedError."""
    snapshot = platform.snapshot()
    if hold_revision(connection) != snapshot.revision:
        snapshot = platform.snapshot()
    return _written(connection, platform, _made(snapshot, case, now))


def find(platform: Platform, id_: str) -> dict[str, object]:
    """Give a record whole; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        return _known(connection, platform, id_)


def replay_kept(snapshot: Snapshot, kept: Kept) -> dict[str, Any]:
    """Decide a record again by the versions it names; gives what differs, by name; raises NotFoundError."""
    body: Any = kept.body
    stopped = [reason["code"] for reason in body["decision"]["reasons"]] == [SUSPENDED.code]
    answer = _answer(snapshot, kept_case(kept), stopped=stopped)
    before, after = _told(kept.body), _told(json.loads(canonical_json(answer.parts)))
    return {
        name: {"recorded": before.get(name), "replayed": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def open_kept(platform: Platform, id_: str) -> Kept:
    """Open a record; raises NothingLikeItError, ErasedError, AlteredError."""
    with platform.engine.connect() as connection:
        kept = open_record(connection, id_, platform.keys)
    if kept is None:
        raise NothingLikeItError(id_)
    return kept


def kept_case(kept: Kept) -> Case | InterviewCase:
    """Give what a record decided, by the versions that it names."""
    body: Any = kept.body
    inputs = unmarked(body["inputs"])
    if "interview" not in body:
        return Case(f"{kept.rule_set}@{kept.version}", inputs, kept.as_of)
    pinned = {one["kind"]: f"{one['id']}@{one['version']}" for one in body["evaluation"]["used"]}
    # Of the rule sets it is the one that decided, not those that it used.
    pinned["rule_set"] = f"{kept.rule_set}@{kept.version}"
    return InterviewCase(unmarked(body["interview"]), inputs, kept.as_of, pinned=pinned)


def _person_of(case: str) -> str:
    """Name whoever a case is about, where nobody says; a long id by its hash, for a name has 64 signs."""
    own = f"case:{case}"
    return own if len(own) <= _NAME else f"case:{hashlib.sha256(case.encode()).hexdigest()[:48]}"


def _told(parts: Mapping[str, Any]) -> dict[str, object]:
    """Flatten the parts of an answer that a replay has to give again."""
    told: dict[str, Any] = {**parts["decision"], **parts.get("evaluation", {})}
    told.pop(UNCOMPARED, None)
    return told


def _answer(
    snapshot: Snapshot, case: Case | InterviewCase, *, stopped: bool | None = None
) -> Answer:
    """Decide by the published version, or by the one that is named.

    What rests on a suspended document goes to a person; a replay says by `stopped` whether it did then.
    """
    if isinstance(case, InterviewCase):
        done = evaluate(snapshot, case, stopped=stopped)
        rules = done.materials.rule_set.document
        parts = {
            "decision": decision_json(done.evaluation.decision),
            "evaluation": evaluated_json(done),
        }
        used = tuple(ContentHash(one.hash) for one in done.evaluation.used)
        return Answer(parts, rules.id, rules.version, used)
    compiled = snapshot.content.rule_set(case.rule_set, case.as_of)
    document = compiled.document
    if is_stopped(snapshot, compiled.used) if stopped is None else stopped:
        made = Decision("needs_human", {}, (SUSPENDED,), (), compiled.used)
    else:
        try:
            made = decide_case(compiled, case.inputs)
        except DocumentError as error:
            made = Decision("error", {}, (), (), compiled.used, faults=error.diagnostics)
    used = tuple(ContentHash(one.hash) for one in made.used)
    return Answer({"decision": decision_json(made)}, document.id, document.version, used)


_Made: TypeAlias = "tuple[Record, dict[str, Any], tuple[ShadowAnswer, ...]]"


def _made(snapshot: Snapshot, case: Case | InterviewCase, now: dt.datetime) -> _Made:
    """Decide, also by what runs in shadow; gives the record, the parts of the answer, and the shadows."""
    answer = _answer(snapshot, case)
    # As it will be read again: the same answer, byte by byte.
    parts: dict[str, Any] = json.loads(canonical_json(answer.parts))
    id_, body = new_id(now), {"inputs": marked(case.inputs), **parts}
    beside: list[ShadowAnswer] = []
    if isinstance(case, InterviewCase):
        body["interview"] = marked(case.data)
    else:
        beside = _beside(snapshot, case, answer, body)
    record = Record(
        id=id_,
        case=case.case,
        # Who is not named has a key of their own all the same: the record can be erased alone.
        person=case.person or _person_of(case.case or id_),
        rule_set=answer.rule_set,
        version=answer.version,
        status=str(parts["decision"]["status"]),
        used=answer.used,
        decided_at=now,
        as_of=case.as_of,
        engine=ENGINE,
        body=body,
    )
    return record, parts, tuple(beside)


def _written(connection: Connection, platform: Platform, made: _Made) -> dict[str, object]:
    """Write a decision, and what shadows came to beside it; gives the whole answer."""
    record, parts, beside = made
    digest = keep(connection, record, platform.keys)
    keep_shadows(connection, record.id, beside)
    return {**_head(record), "digest": digest, **parts}


# --- shadows -------------------------------------------------------------------------------------


def _beside(
    snapshot: Snapshot, case: Case, answer: Answer, body: dict[str, Any]
) -> list[ShadowAnswer]:
    """Decide by the versions that run in shadow; their answers go into the body, too."""
    found = []
    for shadow in snapshot.shadows:
        if (shadow.kind, shadow.id) == ("rule_set", answer.rule_set):
            other = json.loads(canonical_json(_shadowed(snapshot, shadow, case)))
            body.setdefault("shadows", {})[shadow.version] = other
            found.append(_compared(shadow, body["decision"], other))
    return found


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


# --- answers and bodies --------------------------------------------------------------------------


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
        **{part: kept.body[part] for part in ("decision", "evaluation") if part in kept.body},
    }


def _request(case: Case | InterviewCase) -> dict[str, object]:
    """Give what makes two requests the same: a day that nobody asked for does not."""
    if isinstance(case, InterviewCase):
        asked = {"interview": marked(case.data), "model": case.model, "rules": case.rules}
    else:
        asked = {"rule_set": case.rule_set}
    return {
        **asked,
        "inputs": marked(case.inputs),
        "as_of": case.as_of.isoformat() if case.dated else None,
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
            return _number(value[1:]) if value.startswith("n") else value[1:]
        case _:
            return value


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)
