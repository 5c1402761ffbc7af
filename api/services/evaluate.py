"""Evaluate one interview whole by what is published: profile, decision and plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from api.services.cases import SUSPENDED, Answer, is_stopped
from api.services.marking import marked
from api.services.materials import materials_of
from engine.competency.profile import rule_inputs
from engine.hiring.counterfactual import find_counterfactuals
from engine.hiring.evaluation import decide_inputs, evaluate_interview, evaluation_json
from engine.hiring.interview import read_interview
from engine.rules.decision import decision_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from api.services.cases import Versions
    from api.store.registry import Shadow, Snapshot
    from engine.hiring.evaluation import Evaluation, Materials
    from engine.hiring.interview import Interview
    from engine.jurisdictions.merge import Law
    from engine.rules.decision import Decision

UNCOMPARED = "executor"
"""What stands beside an answer and is no part of it: which of two equal programs inferred."""


@dataclass(frozen=True, slots=True)
class InterviewCase:
    """An interview, with the inputs that come from elsewhere; `model` and `rules` may name versions.

    `data` is the interview as it came. A record also names its `inference` and `catalog`, and by
    `held` the versions of law and targets that count whatever the day.
    """

    data: Mapping[str, Any]
    inputs: Mapping[str, Any]
    as_of: dt.datetime
    rules: str = "offer"
    model: str | None = None
    case: str | None = None
    person: str | None = None
    dated: bool = True
    inference: str | None = None
    catalog: str | None = None
    held: Versions = field(default_factory=dict)

    def answer(self, snapshot: Snapshot, *, stopped: bool | None = None) -> Answer:
        """Evaluate; raises as `evaluate` does, and reads `stopped` as it does."""
        made = evaluate(snapshot, self, stopped=stopped)
        rules, used = made.materials.rule_set.document, made.evaluation.used
        parts = {
            "decision": decision_json(made.evaluation.decision),
            "evaluation": evaluated_json(made),
        }
        return Answer(parts, rules.id, rules.version, used, made.named())

    def words(self) -> dict[str, object]:
        """Give what is asked, beside the inputs."""
        return {"interview": marked(self.data), "model": self.model, "rules": self.rules}

    def kept(self) -> dict[str, object]:
        """Give what a record keeps of it, beside the inputs."""
        return {"interview": marked(self.data)}

    def by_shadow(self, shadow: Shadow, answer: Answer) -> InterviewCase:
        """Ask the same of a version in shadow; of a model in shadow the targets count as well."""
        name = f"{shadow.id}@{shadow.version}"
        if shadow.kind == "rule_set":
            return replace(self, rules=name)
        if shadow.kind == "inference":
            return replace(self, inference=name)
        targets = {**answer.named[shadow.kind], shadow.id: shadow.version}
        return replace(self, model=name, held={shadow.kind: targets})


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An interview with what it was evaluated by and what it came to."""

    interview: Interview
    materials: Materials
    evaluation: Evaluation
    inputs: Mapping[str, Any]
    model_law: Law

    def decided(self, changes: Mapping[str, object]) -> Decision:
        """Decide again with some inputs changed, those of the profile among them."""
        known = {**self.inputs, **rule_inputs(self.evaluation.profile)}
        return decide_inputs(self.materials, {**known, **changes})

    def named(self) -> dict[str, dict[str, str]]:
        """Name the law of the case and of its model, and the models that gave the role its targets."""
        law = (*self.materials.law.used, *self.model_law.used)
        targets = self.materials.graph.models.get(self.interview.role, ())
        return {
            "jurisdiction": {one.id: one.version for one in law},
            "competency_model": {one.id: one.version for one in targets},
        }

    def counterfactuals(self) -> list[dict[str, object]]:
        """List the smallest change of each competency that would have changed the outcome."""
        found = find_counterfactuals(self.evaluation, self.materials, self.inputs)
        return [one.model_dump(mode="json") for one in found]


def evaluate(snapshot: Snapshot, case: InterviewCase, *, stopped: bool | None = None) -> Evaluated:
    """Evaluate an interview; a suspended document leaves the decision to a person.

    A replay says by `stopped` whether it did then. Raises NotFoundError, DocumentError, EvaluationError.
    """
    interview = read_interview(case.data)
    content = replace(snapshot.content, held=case.held)
    materials = materials_of(
        content,
        case.model or interview.model,
        case.rules,
        interview.jurisdictions,
        case.as_of,
        inference=case.inference,
        catalog=case.catalog,
    )
    model_law = content.law(materials.model.document.jurisdictions, case.as_of)
    made = evaluate_interview(interview, materials, case.inputs)
    if is_stopped(snapshot, made.used) if stopped is None else stopped:
        decision = made.decision._replace(
            status="needs_human", outcomes={}, reasons=(SUSPENDED,), obligations=(), trace=()
        )
        made = replace(made, decision=decision)
    return Evaluated(interview, materials, made, case.inputs, model_law)


def evaluated_json(made: Evaluated) -> dict[str, object]:
    """Write what an interview came to, without the decision, which stands by itself."""
    told = evaluation_json(made.evaluation)
    del told["decision"]
    return told
