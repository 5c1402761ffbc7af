"""How good the cases of a rule set are: what they reach, and which small faults they would let pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from engine.rules.cases import answer, differences, typed_inputs
from engine.rules.coverage import Coverage, measure_coverage
from engine.rules.evaluate import decide
from engine.rules.examples import fields_of, search, tidy
from engine.rules.generate import generate
from engine.rules.inputs import read_inputs
from engine.rules.mutants import mutants_of
from engine.rules.showing import sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.kernel.cases import Case
    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision
    from engine.rules.examples import Inputs

Equivalent: TypeAlias = "Callable[[CompiledRuleSet, CompiledRuleSet], bool | None]"
Step: TypeAlias = "Callable[[int, int], None]"

_NEAREST = 2
"""How many cases are tried before a mutant is worth its own fast form."""
_TRIED = 2_000
"""How many inputs are tried to tell a mutant from the rule set."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A fault that no case notices; `inputs` tell it apart, when some were found, and give `decision` today."""

    told: Diagnostic
    inputs: Inputs | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of the mutants: noticed, proved to change nothing, or survived."""

    total: int
    noticed: int
    equivalent: int
    survivors: tuple[Survivor, ...]

    @property
    def score(self) -> int:
        """The share that is noticed of those that change something, in percent, rounded down."""
        different = self.total - self.equivalent
        return 100 if different == 0 else 100 * self.noticed // different


@dataclass(frozen=True, slots=True)
class Ready:
    """A case that passes, with its inputs read, and the rows that it reaches."""

    case: Case
    inputs: Mapping[str, object]
    rows: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The cases of one version that pass, and what they reach."""

    rule_set: CompiledRuleSet
    cases: tuple[Ready, ...]
    coverage: Coverage


def measure(rule_set: CompiledRuleSet, cases: Iterable[Case]) -> Measured:
    """Measure what the cases of one version reach; those that fail are left out."""
    typed = [(case, typed_inputs(rule_set, case.inputs)) for case in cases]
    passed = [(c, given) for c, given in typed if not differences(c, decide(rule_set, given))]
    coverage = measure_coverage(rule_set, [given for _, given in passed])
    ready = (Ready(c, given, hits) for (c, given), hits in zip(passed, coverage.hits, strict=True))
    return Measured(rule_set, tuple(ready), coverage)


def mutate(
    measured: Measured,
    uses: Mapping[str, CompiledRuleSet] | None = None,
    *,
    equivalent: Equivalent = lambda _rule_set, _mutant: None,
    step: Step = lambda _done, _total: None,
) -> Mutation:
    """Put faults into a version, one at a time, and see which of them its cases notice.

    `uses` are the rule sets that it names, `equivalent` says whether a mutant changes nothing, and `step`
    is told how many mutants are done.
    """
    mutants = list(mutants_of(measured.rule_set, uses))
    sources = sources_of(measured.rule_set)
    noticed = same = 0
    survivors = []
    for done, mutant in enumerate(mutants):
        step(done, len(mutants))
        # The cases that reach the changed row are likely to notice.
        near = sorted(measured.cases, key=lambda c: (mutant.node, mutant.row) not in c.rows)
        if any(_notices(one, mutant.rule_set) for one in near[:_NEAREST]):
            noticed += 1
            continue
        changed = replace(mutant.rule_set, fast=generate(mutant.rule_set))
        if any(_notices(one, changed) for one in near[_NEAREST:]):
            noticed += 1
            continue
        matters = sources.get(mutant.node, frozenset())
        found = _told_apart(measured.rule_set, changed, near, matters)
        if found is None and equivalent(measured.rule_set, changed) is True:
            same += 1
        else:
            decision = None if found is None else decide(measured.rule_set, found)
            survivors.append(Survivor(mutant.told, found, decision))
    step(len(mutants), len(mutants))
    return Mutation(len(mutants), noticed, same, tuple(survivors))


def _notices(one: Ready, mutant: CompiledRuleSet) -> bool:
    return bool(differences(one.case, decide(mutant, one.inputs)))


def _told_apart(
    rule_set: CompiledRuleSet,
    mutant: CompiledRuleSet,
    near: Sequence[Ready],
    matters: frozenset[str],
) -> Inputs | None:
    """Find inputs for which a mutant answers otherwise, like those of the nearest cases as far as can be.

    Those in `matters` are changed first, and of them those with few values.
    """

    def differ(inputs: Inputs) -> bool:
        one = answer(decide(rule_set, inputs))
        return one["status"] == "decided" and one != answer(decide(mutant, inputs))

    known = {i.name for i in rule_set.inputs}
    usual = [c.inputs for c in near if c.inputs.keys() <= known][:2]
    fields = sorted(fields_of(mutant), key=lambda f: (f.name not in matters, len(f.values)))
    found = search(fields, differ, usual, tried=_TRIED)
    if found is None:
        return None
    tidied = tidy(found, fields, differ, usual)
    read, _, _ = read_inputs(rule_set.inputs, tidied)
    defaults = {i.name: i.default for i in rule_set.inputs}
    return {name: value for name, value in read.items() if value != defaults[name]}
