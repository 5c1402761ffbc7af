"""What versions in shadow come to beside a decision: recorded, compared, and without effect."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.store.shadows import ShadowAnswer
from engine.kernel.canonical import canonical_json
from engine.kernel.errors import DocumentError
from engine.rules.decision import Decision, decision_json

if TYPE_CHECKING:
    from api.services.asked import Asked
    from api.services.cases import Answer
    from api.store.registry import Shadow, Snapshot

RUN_IN_SHADOW = ("rule_set", "competency_model", "inference")
"""The kinds of documents whose versions run in shadow: each has a part in a decision by itself."""


def beside(
    snapshot: Snapshot, asked: Asked, answer: Answer
) -> dict[str, tuple[Shadow, dict[str, Any]]]:
    """Decide by each version that is in shadow of one that decided; gives its decision, by its whole name."""
    decided = {(one.kind, one.id) for one in answer.used if one.kind != "rule_set"}
    # Of the rule sets it is the one that decided, not those that it used.
    decided.add(("rule_set", answer.rule_set))
    return {
        f"{shadow.kind}/{shadow.id}@{shadow.version}": (
            shadow,
            json.loads(canonical_json(_decision(snapshot, asked.by_shadow(shadow, answer)))),
        )
        for shadow in snapshot.shadows
        if (shadow.kind, shadow.id) in decided
    }


def compared(shadow: Shadow, answer: dict[str, Any], other: dict[str, Any]) -> ShadowAnswer:
    """Say which parts of a decision differ: the status, outcomes, reasons by code, obligations."""
    one, two = _parts(answer), _parts(other)
    differs = tuple(name for name in sorted({*one, *two}) if one.get(name) != two.get(name))
    return ShadowAnswer(shadow.document, shadow.digest, _short(answer), _short(other), differs)


def _decision(snapshot: Snapshot, asked: Asked) -> dict[str, object]:
    """Decide without effect; whatever becomes of it, the decision stands."""
    try:
        within = replace(snapshot, content=snapshot.beside or snapshot.content)
        decision: dict[str, object] = asked.answer(within, stopped=False).parts["decision"]
    except DocumentError as error:
        return decision_json(Decision("error", {}, (), (), (), faults=error.diagnostics))
    except Exception:  # noqa: BLE001 - not even a mistake of ours may stop the decision that counts
        return decision_json(Decision("error", {}, (), (), ()))
    return decision


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
