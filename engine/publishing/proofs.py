"""The guarantees of a rule set among the documents around it: what each is compared with, and what examples look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.rules.cases import typical_inputs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from engine.content import Content
    from engine.feel.values import Value
    from engine.rules.compiled import Claim, CompiledRuleSet
    from engine.rules.prove import Proof


def typical_of(content: Content, rule_set: CompiledRuleSet) -> list[Mapping[str, Value]]:
    """Give the inputs of the rule set's own cases: examples that look like them are easier to read."""
    files = [f.document for f in content.cases if f.document.of == rule_set.document.id]
    return [inputs for file in files for inputs in typical_inputs(rule_set, file)]


def prove_in(
    content: Content,
    rule_set: CompiledRuleSet,
    claim: Claim,
    as_of: dt.datetime,
    typical: Sequence[Mapping[str, Value]],
) -> Proof:
    """Prove or refute one guarantee; raises NotFoundError when the version it is compared with is not there."""
    from engine.rules.prove import prove_claim  # noqa: PLC0415 - z3 is loaded for proofs only

    other = None
    if claim.kind == "unchanged_from":
        other = content.rule_set(f"{rule_set.document.id}@{claim.subject}", as_of)
    return prove_claim(rule_set, claim, other, typical)
