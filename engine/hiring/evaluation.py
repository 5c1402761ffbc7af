"""An interview evaluated whole: signals, evidence, profile, decision and plan in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.competency.profile import PROFILE, make_profile, rule_inputs
from engine.hiring.evidence import gather_evidence
from engine.hiring.signals import check_modalities, drop_blocked, measured
from engine.jurisdictions.merge import NO_LAW, human_decides
from engine.kernel.diagnostics import Code
from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.plan import plan
from engine.learning.situation import NO_LIMITS
from engine.rules.decision import Used, decision_json
from engine.rules.evaluate import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.chaining.infer import ExecutorName
    from engine.chaining.program import CompiledInference
    from engine.competency.compiler import CompiledModel
    from engine.competency.documents import CandidateProfile, Mention
    from engine.hiring.evidence import ExecutorChoice
    from engine.hiring.interview import Interview
    from engine.hiring.signals import Dropped
    from engine.jurisdictions.merge import Law
    from engine.kernel.canonical import ContentHash
    from engine.kernel.diagnostics import Diagnostic
    from engine.learning.documents import LearningPlan, PlanLimits
    from engine.learning.skill_graph import SkillGraph
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision

WRONG_ROLE = Code(
    "HIRING-MATCH-001",
    "the interview is for `{role}`, and the model for `{other}`",
    "面试岗位是 `{role}`，而模型针对 `{other}`",
    "choose a model of the same role",
    "请选择同一岗位的模型",
)
WRONG_INFERENCE = Code(
    "HIRING-MATCH-002",
    "the model reads evidence from `{wanted}`, not from `{given}`",
    "模型的证据来自 `{wanted}`，而不是 `{given}`",
    "choose that inference",
    "请选择该推理规则集",
)
NOT_ADMITTED = Code(
    "HIRING-MATCH-003",
    "the model `{model}` is not admitted in `{jurisdiction}`",
    "模型 `{model}` 未获准用于 `{jurisdiction}`",
    "add the jurisdiction to the model and check it again",
    "请把该法域加入模型并重新检查",
)
ONLY_SHOWN = Code(
    "HIRING-MATCH-004",
    "the rule set `{id}` is a demonstration, and the model `{model}` is not",
    "规则集 `{id}` 仅供演示，而模型 `{model}` 不是",
    "choose a rule set that may decide",
    "请选择可用于决策的规则集",
)


@dataclass(frozen=True, slots=True)
class Materials:
    """The compiled documents that one interview is evaluated by, and the law of its case."""

    model: CompiledModel
    inference: CompiledInference
    rule_set: CompiledRuleSet
    graph: SkillGraph
    law: Law


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one interview comes to, and what it was made of."""

    interview: str
    candidate: str
    profile: CandidateProfile
    decision: Decision
    plan: LearningPlan
    dropped: tuple[Dropped, ...]
    unread: Mapping[str, int]
    mentions: tuple[Mention, ...]
    used: tuple[Used, ...]
    executor: ExecutorName
    executor_fault: Diagnostic | None
    digest: ContentHash
    demonstration: bool


def evaluate_interview(
    interview: Interview,
    materials: Materials,
    given: Mapping[str, object] | None = None,
    *,
    limits: PlanLimits = NO_LIMITS,
    executor: ExecutorChoice = "auto",
) -> Evaluation:
    """Evaluate an interview; `given` are the rule set's other inputs, such as the salary band.

    Signals that the law of the case blocks are dropped and counted, but not in a demonstration.
    Raises EvaluationError where the documents do not belong together or a rating cannot be read,
    DocumentError where the catalog does not know the role or a rule reads what is blocked. What
    is missing shows in the decision: `incomplete` and `error` come through as they are.
    """
    _match(interview, materials)
    model = materials.model.document
    demonstration = model.use is not None
    law = NO_LAW if demonstration else materials.law
    kept, dropped = drop_blocked(interview.signals, law)
    gathered = gather_evidence(materials.inference, model, interview, measured(kept), executor)
    profile = make_profile(
        materials.model, gathered.evidence, interview.ratings, interview.measures
    )
    decision = decide_profile(materials, profile, given or {})
    scores = {one.id: one.score for one in profile.competencies if one.score is not None}
    return Evaluation(
        interview=interview.id,
        candidate=interview.candidate,
        profile=profile,
        decision=decision,
        plan=plan(materials.graph, interview.role, scores, limits=limits),
        dropped=dropped,
        unread=gathered.unread,
        mentions=gathered.mentions,
        used=tuple(_used(materials, decision)),
        executor=gathered.inferred.executor,
        executor_fault=gathered.inferred.fault,
        digest=gathered.inferred.digest,
        demonstration=demonstration,
    )


def decide_profile(
    materials: Materials, profile: CandidateProfile, given: Mapping[str, object]
) -> Decision:
    """Decide on a profile and the inputs from elsewhere."""
    return decide_inputs(materials, {**given, **rule_inputs(profile)})


def decide_inputs(materials: Materials, inputs: Mapping[str, object]) -> Decision:
    """Decide on inputs; the rule set need not read all that a profile gives.

    An outcome that only a person may give becomes `needs_human`; a demonstration obliges no one.
    """
    asked = {declared.name for declared in materials.rule_set.inputs}
    read = {name: value for name, value in inputs.items() if name in asked or name not in PROFILE}
    decision = decide(materials.rule_set, read)
    if materials.model.document.use is not None:
        decision = decision._replace(obligations=())
    words = [value for value in decision.outcomes.values() if isinstance(value, str)]
    if any(human_decides(materials.law, word) for word in words):
        return decision._replace(status="needs_human", outcomes={}, obligations=())
    return decision


def _match(interview: Interview, materials: Materials) -> None:
    """Raise EvaluationError where the documents and the interview do not belong together."""
    model, rules = materials.model.document, materials.rule_set.document
    if interview.role != model.role:
        raise EvaluationError(WRONG_ROLE.at(None, role=interview.role, other=model.role))
    if materials.inference.id != model.evidence_from:
        given = materials.inference.id
        raise EvaluationError(WRONG_INFERENCE.at(None, wanted=model.evidence_from, given=given))
    for name in interview.jurisdictions:
        if name not in model.jurisdictions:
            raise EvaluationError(NOT_ADMITTED.at(None, model=model.id, jurisdiction=name))
    if rules.use is not None and model.use is None:
        raise EvaluationError(ONLY_SHOWN.at(None, id=rules.id, model=model.id))
    if model.use is None and (found := check_modalities(materials.inference, materials.law)):
        raise DocumentError(found)


def _used(materials: Materials, decision: Decision) -> Iterator[Used]:
    """Name every document that had a part in an evaluation."""
    model, inference = materials.model, materials.inference
    document, catalog = model.document, materials.graph.used
    yield Used("competency_model", document.id, document.version, model.hash)
    yield Used("inference", inference.id, inference.version, inference.hash)
    yield from decision.used
    yield Used("catalog", catalog.id, catalog.version, catalog.hash)
    for law in materials.law.used:
        yield Used("jurisdiction", law.id, law.version, law.hash)


def evaluation_json(evaluation: Evaluation) -> dict[str, object]:
    """Write an evaluation as JSON data: decimals as texts."""
    return {
        "schema_version": "1",
        "kind": "evaluation",
        "interview": evaluation.interview,
        "candidate": evaluation.candidate,
        "demonstration": evaluation.demonstration,
        "profile": evaluation.profile.model_dump(mode="json"),
        "decision": decision_json(evaluation.decision),
        "plan": evaluation.plan.model_dump(mode="json"),
        "dropped": [
            {
                "modality": one.modality,
                "count": one.count,
                "names": list(one.names),
                "cites": [f"{ground.jurisdiction}: {ground.cites}" for ground in one.grounds],
            }
            for one in evaluation.dropped
        ],
        "unread": dict(evaluation.unread),
        "mentions": [mention.model_dump(mode="json") for mention in evaluation.mentions],
        "used": [used._asdict() for used in evaluation.used],
        "executor": evaluation.executor,
        "digest": evaluation.digest,
    }
