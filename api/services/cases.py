"""A case for a rule set, and what it comes to by what is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.kernel.errors import DocumentError
from engine.rules.decision import Decision, Reason, decision_json
from engine.rules.evaluate import decide

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from api.store.registry import Shadow, Snapshot
    from engine.content import Content
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Used

Versions: TypeAlias = Mapping[str, Mapping[str, str]]
"""Versions by kind and id."""

SUSPENDED = Reason(
    "SUSPENDED", "规则已暂停，由人裁定", "The rules are suspended: a person decides", ""
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked came to: the parts that are told, the rule set that decided, and all that had a part.

    `parts` are `decision` and, of an interview, `evaluation`. `named` are versions that `used` does
    not name, and without which it could come to something else another day.
    """

    parts: dict[str, Any]
    rule_set: str
    version: str
    used: tuple[Used, ...]
    named: Versions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: by which rules, of which day, on what inputs, and whose it is.

    `dated` is whether the day was asked for, or is the one on which the request came. `held` are
    versions that count whatever the day.
    """

    rule_set: str
    inputs: Mapping[str, Any]
    as_of: dt.datetime
    case: str | None = None
    person: str | None = None
    dated: bool = True
    held: Versions = field(default_factory=dict)

    def compiled(self, content: Content) -> CompiledRuleSet:
        """Give the rules that it is decided by; raises NotFoundError, DocumentError."""
        return replace(content, held=self.held).rule_set(self.rule_set, self.as_of)

    def answer(self, snapshot: Snapshot, *, stopped: bool | None = None) -> Answer:
        """Decide; what rests on a suspended document goes to a person; a replay says by `stopped` whether it did then."""
        compiled = self.compiled(snapshot.content)
        document = compiled.document
        if is_stopped(snapshot, compiled.used) if stopped is None else stopped:
            made = Decision("needs_human", {}, (SUSPENDED,), (), compiled.used)
        else:
            try:
                made = decide(compiled, self.inputs)
            except DocumentError as error:
                made = Decision("error", {}, (), (), compiled.used, faults=error.diagnostics)
        return Answer({"decision": decision_json(made)}, document.id, document.version, made.used)

    def words(self) -> dict[str, object]:
        """Give what is asked, beside the inputs."""
        return {"rule_set": self.rule_set}

    def kept(self) -> dict[str, object]:
        """Give what a record keeps of it, beside the inputs: the rule set is in the clear."""
        return {}

    def by_shadow(self, shadow: Shadow, _: Answer) -> Case:
        """Ask the same of a version in shadow."""
        return replace(self, rule_set=f"{shadow.id}@{shadow.version}")


def is_stopped(snapshot: Snapshot, used: Iterable[Used]) -> bool:
    """Whether an answer rests on a document that is suspended."""
    return any((one.kind, one.id) in snapshot.suspended for one in used)
