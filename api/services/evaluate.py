"""Evaluate one interview whole by what is published: profile, decision and plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api.services.materials import materials_of
from engine.competency.profile import rule_inputs
from engine.hiring.counterfactual import find_counterfactuals
from engine.hiring.evaluation import decide_inputs, evaluate_interview, evaluation_json
from engine.hiring.interview import read_interview
from engine.rules.decision import Reason

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from api.store.registry import Snapshot
    from engine.hiring.evaluation import Evaluation, Materials
    from engine.hiring.interview import Interview
    from engine.rules.decision import Decision, Used

UNCOMPARED = "executor"
"""What stands beside an answer and is no part of it: which of two equal programs inferred."""


@dataclass(frozen=True, slots=True)
class InterviewCase:
    """An interview, with the inputs that come from elsewhere; `model` and `rules` may name versions.

    `data` is the interview as it came. `pinned` names the versions of a record, by kind.
    """

    data: Mapping[str, Any]
    inputs: Mapping[str, Any]
    as_of: dt.datetime
    rules: str = "offer"
    model: str | None = None
    case: str | None = None
    person: str | None = None
    dated: bool = True
    pinned: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An interview with what it was evaluated by and what it came to."""

    interview: Interview
    materials: Materials
    evaluation: Evaluation
    inputs: Mapping[str, Any]

    def decided(self, changes: Mapping[str, object]) -> Decision:
        """Decide again with some inputs changed, those of the profile among them."""
        known = {**self.inputs, **rule_inputs(self.evaluation.profile)}
        return decide_inputs(self.materials, {**known, **changes})

    def counterfactuals(self) -> list[dict[str, object]]:
        """List the smallest change of each competency that would have changed the outcome."""
        found = find_counterfactuals(self.evaluation, self.materials, self.inputs)
        return [one.model_dump(mode="json") for one in found]


SUSPENDED = Reason(
    "SUSPENDED", "规则已暂停，由人裁定", "The rules are suspended: a person decides", ""
)


def is_stopped(snapshot: Snapshot, used: Iterable[Used]) -> bool:
    """Whether an answer rests on a document that is suspended."""
    return any((one.kind, one.id) in snapshot.suspended for one in used)


def evaluate(snapshot: Snapshot, case: InterviewCase, *, stopped: bool | None = None) -> Evaluated:
    """Evaluate an interview; a suspended document leaves the decision to a person.

    A replay says by `stopped` whether it did then. Raises NotFoundError, DocumentError, EvaluationError.
    """
    interview = read_interview(case.data)
    pinned = case.pinned or {}
    materials = materials_of(
        snapshot.content,
        pinned.get("competency_model") or case.model or interview.model,
        pinned.get("rule_set") or case.rules,
        interview.jurisdictions,
        case.as_of,
        inference=pinned.get("inference"),
        catalog=pinned.get("catalog"),
    )
    made = evaluate_interview(interview, materials, case.inputs)
    if is_stopped(snapshot, made.used) if stopped is None else stopped:
        decision = made.decision._replace(
            status="needs_human", outcomes={}, reasons=(SUSPENDED,), obligations=(), trace=()
        )
        made = replace(made, decision=decision)
    return Evaluated(interview, materials, made, case.inputs)


def evaluated_json(made: Evaluated) -> dict[str, object]:
    """Write what an interview came to, without the decision, which stands by itself."""
    told = evaluation_json(made.evaluation)
    del told["decision"]
    return told
