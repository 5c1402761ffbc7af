"""The answer of a rule set for one case: status, outcomes, reasons, versions used and a short trace.

Named tuples, because one is built for every decision; `decision_json` gives the form that leaves the engine.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from engine.feel.builtins.temporal import text_of
from engine.feel.values import NOT_APPLICABLE, Months, Range, Value
from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

Status: TypeAlias = Literal["decided", "incomplete", "error", "needs_human"]


class Reason(NamedTuple):
    """Why: a stable code, its text in both languages, and the clause of the company's policy."""

    code: str
    zh: str
    en: str
    clause: str


class Used(NamedTuple):
    """A document that the decision used, named by its content."""

    kind: str
    id: str
    version: str
    hash: str


class Step(NamedTuple):
    """The value of one decision and the rows that hit; a decision that does not apply says so."""

    decision: str
    value: Value
    rows: tuple[str, ...] = ()


class Decision(NamedTuple):
    """The answer for one case; only `decided` carries outcomes."""

    status: Status
    outcomes: dict[str, Value]
    reasons: tuple[Reason, ...]
    obligations: tuple[str, ...]
    used: tuple[Used, ...]
    missing: tuple[str, ...] = ()
    trace: tuple[Step, ...] = ()
    faults: tuple[Diagnostic, ...] = ()


def plain_json(value: Value) -> object:
    """Write a value as JSON data: decimals, dates and durations as texts."""
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            # A value with declared digits carries them; any other is canonical already.
            return format(value, "f")
        case tuple():
            return [plain_json(item) for item in value]
        case dict():
            return {key: plain_json(inner) for key, inner in value.items()}
        case dt.date() | dt.time() | dt.timedelta() | Months() | Range():
            return text_of(value)
        case _:
            pass
    return "not applicable" if value is NOT_APPLICABLE else text_of(value)


def canonical(value: Value) -> Value:
    """Strip what a decimal's history left on it, so that equal values are written alike."""
    if isinstance(value, Decimal):
        return Decimal(decimal_text(value))
    if isinstance(value, tuple):
        return tuple(canonical(item) for item in value)
    return (
        {key: canonical(inner) for key, inner in value.items()}
        if isinstance(value, dict)
        else value
    )


def decision_json(decision: Decision) -> dict[str, object]:
    """Write a decision as JSON data with the keys `status, outcomes, reasons, obligations, used, missing, trace`."""
    made: dict[str, object] = {
        "status": decision.status,
        "outcomes": {name: plain_json(value) for name, value in decision.outcomes.items()},
        "reasons": [reason._asdict() for reason in decision.reasons],
        "obligations": list(decision.obligations),
        "used": [used._asdict() for used in decision.used],
        "missing": list(decision.missing),
        "trace": [_step_json(step) for step in decision.trace],
    }
    if decision.faults:
        made["faults"] = [
            {
                "code": f.code.id,
                "at": str(f.span) if f.span else None,
                "zh": f.message("zh"),
                "en": f.message("en"),
            }
            for f in decision.faults
        ]
    return made


def _step_json(step: Step) -> dict[str, object]:
    made: dict[str, object] = {"decision": step.decision}
    if step.value is NOT_APPLICABLE:
        return {**made, "not_applicable": True}
    made["value"] = plain_json(step.value)
    return {**made, "rows": list(step.rows)} if step.rows else made
