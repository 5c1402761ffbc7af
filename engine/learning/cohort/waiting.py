"""What the waiting rule says of each hire: the only thing the planner knows of their standing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.kernel.diagnostics import Code
from engine.kernel.documents import Text
from engine.kernel.errors import DocumentError
from engine.learning.cohort.documents import Waiting
from engine.rules.evaluate import decide

if TYPE_CHECKING:
    import datetime as dt

    from engine.learning.cohort.documents import Cohort, Hire
    from engine.rules.compiled import CompiledRuleSet

UNWEIGHED = Code(
    "COHORT-WAITING-001",
    "the rule set `{rules}` gives no weight and limit for the hire `{id}`",
    "规则集 `{rules}` 未给出入职者 `{id}` 的权重与上限",
    "it decides `weight`, `weight_past_limit` and `limit` as whole numbers, from `priority`, `weeks_waited` and `weeks_left`",
    "它应由 `priority`、`weeks_waited`、`weeks_left` 得出整数 `weight`、`weight_past_limit`、`limit`",
)
_OUTCOMES = ("weight", "weight_past_limit", "limit")


def weigh_waiting(rules: CompiledRuleSet, cohort: Cohort, start: dt.date) -> dict[str, Waiting]:
    """Ask the rule set about every hire, as of the week of `start`, by id.

    Raises DocumentError naming the hires for whom it gives no whole weights and limit.
    """
    said, found = {}, []
    known: dict[object, Waiting | None] = {}
    for hire in cohort.hires:
        inputs = _inputs(hire, start)
        key = tuple(inputs.values())
        if key not in known:
            known[key] = _ask(rules, inputs)
        waiting = known[key]
        if waiting is None:
            found.append(UNWEIGHED.at(None, rules=rules.document.id, id=hire.id))
        else:
            said[hire.id] = waiting
    if found:
        raise DocumentError(found)
    return said


def _inputs(hire: Hire, start: dt.date) -> dict[str, object]:
    ends = hire.probation_ends
    return {
        "priority": Decimal(hire.priority),
        "weeks_waited": Decimal(hire.weeks_waited),
        "weeks_left": None if ends is None else Decimal(min(520, max(0, (ends - start).days // 7))),
    }


def _ask(rules: CompiledRuleSet, inputs: dict[str, object]) -> Waiting | None:
    decision = decide(rules, inputs)
    if decision.status != "decided":
        return None
    given: dict[str, object] = {}
    for name in _OUTCOMES:
        number = decision.outcomes.get(name)
        if not isinstance(number, Decimal) or number % 1:
            return None
        given[name] = int(number)
    reasons = tuple(Text(zh=reason.zh, en=reason.en) for reason in decision.reasons)
    try:
        return Waiting.model_validate({**given, "reasons": reasons})
    except ValidationError:
        return None
