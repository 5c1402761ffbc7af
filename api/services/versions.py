"""Versions as people look at them: what is in force and was known when, their history, what differs, what they decided."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from api.store.drafts import (
    Page,
    Version,
    approvals_of,
    authors_of,
    count_by,
    decisions_by,
    find_version,
    history_of,
    intact_steps,
    is_stopped,
    list_versions,
    steps_of,
    versions_of,
)
from api.store.registry import lock_line
from api.store.shadows import agreement_of, differing_decisions, differing_parts
from engine.kernel.edits import diff_documents
from engine.kernel.errors import NotFoundError
from engine.publishing.draft import read_draft
from engine.publishing.proofs import typical_of
from engine.publishing.review import candidate
from engine.rules.diff import diff_rule_sets
from engine.rules.statements import edit_json, edit_text, impact_json, impact_lines

__all__ = [
    "Page",
    "agreement",
    "decisions",
    "difference",
    "finding_json",
    "history",
    "in_force",
    "show",
    "version",
    "versions",
]

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

    from api.services.platform import Platform
    from engine.content import Content
    from engine.kernel.diagnostics import Diagnostic, Lang
    from engine.kernel.documents import Loaded


def finding_json(one: Diagnostic) -> dict[str, Any]:
    """Write a finding in both languages."""
    return {
        "code": one.code.id,
        "severity": str(one.severity),
        "at": str(one.span) if one.span else one.where or None,
        "zh": one.message("zh"),
        "en": one.message("en"),
        "help_zh": one.help("zh"),
        "help_en": one.help("en"),
    }


def show(connection: Connection, row: Row[Any], *, changed: bool = True) -> dict[str, Any]:
    """Write what is known of a version; `changed` says whether the step just taken changed anything."""
    given = approvals_of(connection, row.id)
    return {
        "kind": row.kind,
        "id": row.name,
        "version": row.version,
        "state": _state(row, len(given)),
        "hash": row.hash,
        "digest": row.digest,
        "authors": sorted(authors_of(connection, row)),
        "created_at": row.created_at.isoformat(),
        "published_at": _when(row.published_at),
        "shadow_since": _when(row.shadow_since),
        "blockers": row.blockers if row.checked == row.digest else None,
        "needs": row.needs,
        "approvals": [
            {"approver": one.approver, "at": one.at.isoformat(), "reason": one.reason}
            for one in given
        ],
        "waivers": [
            {**json.loads(one.detail), "who": one.who, "reason": one.reason}
            for one in steps_of(connection, row, "waived")
        ],
        "assessments": [
            {**json.loads(one.detail), "who": one.who, "reason": one.reason}
            for one in steps_of(connection, row, "assessed")
        ],
        "changed": changed,
    }


def _state(row: Row[Any], approvals: int) -> str:
    """Say how far a version is: the states that follow from what is known are kept nowhere."""
    if row.discarded_at is not None:
        return "discarded"
    if row.status == "submitted" and approvals >= row.needs:
        return "approved"
    if row.status == "draft" and row.checked == row.digest and row.blockers == 0:
        return "checked"
    return str(row.status)


def _when(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def version(platform: Platform, name: Version, now: dt.datetime) -> dict[str, Any]:
    """Give a version with its files; raises NotFoundError."""
    with platform.engine.connect() as connection:
        row = _found(connection, name)
        answer = show(connection, row, changed=False)
    published = platform.snapshot().content
    return {
        **answer,
        **_standing(published, row, now),
        "lock": lock_line(row) if row.published_at is not None else None,
        "files": json.loads(row.files),
    }


def versions(
    platform: Platform, kind: str | None, id_: str | None, page: Page, now: dt.datetime
) -> dict[str, Any]:
    """List versions with their states, without their files: a page, and where the `next` one begins."""
    published = platform.snapshot().content
    with platform.engine.connect() as connection:
        rows, after = _paged(lambda more: list_versions(connection, kind, id_, more), page, "id")
        if kind is not None and id_ is not None and not versions_of(connection, kind, id_):
            raise NotFoundError(kind, id_)
        listed = [
            {**show(connection, row, changed=False), **_standing(published, row, now)}
            for row in rows
        ]
    for one in listed:
        del one["changed"]
    return {"versions": listed, "next": after}


def _paged(
    read: Callable[[Page], Sequence[Row[Any]]], page: Page, key: str
) -> tuple[Sequence[Row[Any]], str | None]:
    """Read a page and one row more: if that is there, the last row's `key` is where the next page begins."""
    rows = read(Page(page.limit + 1, page.after))
    shown = rows[: page.limit]
    return shown, str(getattr(shown[-1], key)) if len(rows) > len(shown) else None


def _standing(published: Content, row: Row[Any], now: dt.datetime) -> dict[str, Any]:
    """Say when a published version holds, and whether that is now."""
    if row.published_at is None:
        return {}
    document = published.version(row.kind, row.name, row.version).document
    until = document.effective_to
    try:
        current = published.in_force(row.kind, row.name, now).document.version
    except NotFoundError:
        current = None
    if document.effective_from > now:
        standing = "scheduled"
    elif current == row.version:
        standing = "in_force"
    else:
        standing = "superseded" if until is None or until > now else "ended"
    return {
        "standing": standing,
        "effective_from": document.effective_from.isoformat(),
        "effective_to": _when(until),
    }


def in_force(
    platform: Platform, kind: str, id_: str, as_of: dt.datetime, known_at: dt.datetime
) -> dict[str, Any]:
    """Say which version was in force at `as_of`, as it was known at `known_at`; raises NotFoundError.

    `suspended` says whether it was stopped by then: people decided, whatever was in force.
    """
    content = platform.snapshot().content
    found = content.in_force(kind, id_, as_of, known_at).document
    with platform.engine.connect() as connection:
        row = _found(connection, Version(kind, id_, found.version))
        stopped = is_stopped(connection, kind, id_, known_at)
    return {
        "kind": kind,
        "id": id_,
        "version": found.version,
        "hash": row.hash,
        "as_of": as_of.isoformat(),
        "known_at": known_at.isoformat(),
        "suspended": stopped,
        "effective_from": found.effective_from.isoformat(),
        "recorded": row.published_at.isoformat(),
    }


def history(
    platform: Platform, kind: str, id_: str, only: str | None, page: Page
) -> dict[str, Any]:
    """List every step of a document's versions, the latest first, by pages; raises NotFoundError.

    `intact` says whether a step is still what the log committed to when it was taken.
    """
    with platform.engine.connect() as connection:
        known = versions_of(connection, kind, id_)
        if not known or (only is not None and only not in known):
            raise NotFoundError(kind, id_, only or "")
        steps, after = _paged(lambda p: history_of(connection, kind, id_, only, p), page, "id")
        intact = intact_steps(connection, steps)
        told = [
            {
                "step": step.id,
                "version": step.version,
                "verb": step.verb,
                "who": step.who,
                "at": step.at.isoformat(),
                "reason": step.reason,
                "hash": step.hash,
                "entry": step.entry,
                "intact": step.id in intact,
                **json.loads(step.detail),
            }
            for step in steps
        ]
    return {"kind": kind, "id": id_, "history": told, "next": after}


def decisions(platform: Platform, name: Version, page: Page) -> dict[str, Any]:
    """Count the decisions that a version of a rule set made, and list them by pages."""
    with platform.engine.connect() as connection:
        row = _found(connection, name)
        count = count_by(connection, name)
        made, after = _paged(lambda more: decisions_by(connection, name, more), page, "id")
    listed = [
        {
            "id": one.id,
            "decided_at": one.decided_at.isoformat(),
            "as_of": one.as_of.isoformat(),
            "status": one.status,
        }
        for one in made
    ]
    return {"hash": row.hash, "count": count, "decisions": listed, "next": after}


def agreement(platform: Platform, name: Version, page: Page) -> dict[str, Any]:
    """Report how a version in shadow agrees with the one in force, over all that was decided beside it.

    The `share` is exact; of `differing`, the decisions that it would have made otherwise, a page.
    """
    with platform.engine.connect() as connection:
        row = _found(connection, name)
        differing, after = _paged(
            lambda more: differing_decisions(connection, row.id, row.digest, more),
            page,
            "decision",
        )
        pairs = agreement_of(connection, row.id, row.digest)
        parts = differing_parts(connection, row.id, row.digest)
    count, same = sum(one.answers for one in pairs), sum(int(one.same) for one in pairs)
    return {
        "version": row.version,
        "hash": row.hash,
        "shadow_since": _when(row.shadow_since),
        "decisions": count,
        "same": same,
        "differ": count - same,
        "share": str(Fraction(same, count)) if count else None,
        "pairs": [
            {
                "in_force": one.in_force,
                "shadow": one.shadow,
                "decisions": one.answers,
                "same": int(one.same),
            }
            for one in pairs
        ],
        "parts": parts,
        "differing": [
            {
                "id": one.decision,
                "decided_at": one.decided_at.isoformat(),
                "in_force": one.in_force,
                "shadow": one.shadow,
                "parts": one.differs.split(),
            }
            for one in differing
        ],
        "next": after,
    }


def difference(platform: Platform, before: Version, after: Version, lang: Lang) -> dict[str, Any]:
    """Compare two versions in meaning: what changed, and of a rule set who can gain and lose."""
    snapshot = platform.snapshot()
    with platform.engine.connect() as connection:
        rows = [_found(connection, name) for name in (before, after)]
    whole = snapshot.content
    loaded: list[Loaded[Any]] = []
    for row in rows:
        draft, one = read_draft(json.loads(row.files), row.kind, row.name, row.version)
        whole = candidate(whole, draft, one, row.created_at)
        loaded.append(one)
    first, second = (one.document for one in loaded)
    compare = diff_rule_sets if before.kind == "rule_set" else diff_documents
    edits = compare(first, second)
    answer: dict[str, Any] = {
        "before": {"version": before.version, "hash": rows[0].hash},
        "after": {"version": after.version, "hash": rows[1].hash},
        "edits": [{**edit_json(edit), "text": edit_text(edit, lang)} for edit in edits],
    }
    if before.kind == "rule_set":
        answer["impacts"] = _impacts(whole, loaded, lang)
    return answer


def _impacts(whole: Content, loaded: list[Loaded[Any]], lang: Lang) -> list[dict[str, Any]]:
    from engine.rules.impact import find_impacts  # noqa: PLC0415 - z3 is loaded for proofs only
    from engine.rules.pairs import Pair  # noqa: PLC0415 - (see above)

    one, other = (whole.compile_rule_set(each) for each in loaded)
    impacts = find_impacts(Pair(one, other, given={}), typical_of(whole, other))
    return [
        {**impact_json(impact), "text": impact_lines(impact, other, lang)} for impact in impacts
    ]


def _found(connection: Connection, name: Version) -> Row[Any]:
    row = find_version(connection, name)
    if row is None:
        raise NotFoundError(name.kind, name.id, name.version)
    return row
