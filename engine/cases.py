"""Running the cases of a folder: each against every version it names, or the one in force when it happens; and measuring them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.chaining.cases import run_case as run_inference_case
from engine.hiring.cases import run_case as run_model_case
from engine.hiring.weights import Weighed, weigh
from engine.kernel.cases import Case, CaseFile, CaseResult, Difference
from engine.kernel.errors import EngineError
from engine.rules.cases import cases_of, run_case
from engine.rules.measure import Measured, Mutation, Step, measure, mutate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from engine.competency.documents import CompetencyModel
    from engine.content import Content
    from engine.jurisdictions.merge import Law
    from engine.kernel.documents import Loaded
    from engine.rules.compiled import CompiledRuleSet

_KINDS = ("rule_set", "inference", "competency_model")


def run_cases(content: Content, file: Loaded[CaseFile], now: dt.datetime) -> Iterator[CaseResult]:
    """Run the cases of a file; a case without `as_of` happens at `now`."""
    of = file.document.of
    kind = next((k for k in _KINDS if (k, of) in content.versions), None)
    for case in cases_of(file.document):
        if kind is None:
            yield CaseResult(of, "-", case.id, (Difference("of", of, "absent"),))
            continue
        references = [f"{of}@{v}" for v in case.versions] if case.versions else [of]
        for reference in references:
            yield _run(content, kind, reference, case, case.as_of or now)


def _run(content: Content, kind: str, reference: str, case: Case, as_of: dt.datetime) -> CaseResult:
    try:
        loaded: Loaded[Any] = content.find(kind, reference, as_of)
        match kind:
            case "rule_set":
                return run_case(content.compile_rule_set(loaded, as_of), case)
            case "inference":
                return run_inference_case(content.inference(reference, as_of), case)
            case _:
                pass
        return run_model_case(content.model(reference, as_of), case)
    except EngineError as error:
        return CaseResult(
            reference.partition("@")[0],
            reference.partition("@")[2],
            case.id,
            (Difference("run", "an answer", str(error)),),
        )


@dataclass(slots=True)
class Group:
    """The cases of one version of a rule set, as it is compiled when they happen."""

    rule_set: CompiledRuleSet
    as_of: dt.datetime
    cases: list[Case] = field(default_factory=list)


def group_cases(
    content: Content, files: Iterable[Loaded[CaseFile]], now: dt.datetime
) -> list[Group]:
    """Group the cases of rule sets by the version that decides them; those that await confirmation are left out."""
    groups: dict[int, Group] = {}
    for case, reference, as_of in _references(content, "rule_set", files, now):
        try:
            rule_set = content.rule_set(reference, as_of)
        except EngineError:
            continue  # told where the case is run
        group = groups.setdefault(id(rule_set), Group(rule_set, as_of))
        group.cases += [] if case.confirm else [case]
    return list(groups.values())


def _references(
    content: Content, kind: str, files: Iterable[Loaded[CaseFile]], now: dt.datetime
) -> Iterator[tuple[Case, str, dt.datetime]]:
    """Give the cases about documents of a kind, once for each version that they name, and when they happen."""
    for file in files:
        of = file.document.of
        for case in cases_of(file.document) if (kind, of) in content.versions else ():
            for reference in [f"{of}@{v}" for v in case.versions] if case.versions else [of]:
                yield case, reference, case.as_of or now


@dataclass(frozen=True, slots=True)
class ModelWeighed:
    """What the cases of one version of a competency model notice of its weights."""

    of: str
    version: str
    weighed: Weighed


def weigh_models(
    content: Content, files: Iterable[Loaded[CaseFile]], now: dt.datetime
) -> Iterator[ModelWeighed]:
    """Move the weights of the models that have cases, to see whether these notice."""
    cases: dict[tuple[str, str], list[Case]] = {}
    models: dict[tuple[str, str], tuple[Loaded[CompetencyModel], Law]] = {}
    for case, reference, as_of in _references(content, "competency_model", files, now):
        try:
            loaded = content.find("competency_model", reference, as_of)
            law = content.law(loaded.document.jurisdictions, as_of)
        except EngineError:
            continue  # told where the case is run
        key = loaded.document.id, loaded.document.version
        models[key] = loaded, law
        cases.setdefault(key, []).append(case)
    for (of, version), (loaded, law) in models.items():
        yield ModelWeighed(of, version, weigh(loaded, law, cases[of, version]))


def measure_group(group: Group) -> Measured:
    """Measure what the cases of a version reach."""
    return measure(group.rule_set, group.cases)


def mutate_group(content: Content, group: Group, measured: Measured, step: Step) -> Mutation:
    """Put faults into a version and see which its cases notice; `step` is told how many are done."""
    uses = content.uses(group.rule_set.loaded, group.as_of)
    return mutate(measured, uses, equivalent=_equivalent, step=step)


def _equivalent(rule_set: CompiledRuleSet, mutant: CompiledRuleSet) -> bool | None:
    """Ask the solver, but not about tables whose rows must agree, which it is not asked about."""
    from engine.rules.prove import equivalent  # noqa: PLC0415 - z3 is loaded for survivors only

    policies = {n.table.hit_policy for n in rule_set.decisions if n.table}
    return None if "any" in policies else equivalent(rule_set, mutant)
