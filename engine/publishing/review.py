"""What stands in the way of publishing a version: findings, cases that fail, guarantees, a missing assessment.

The version is looked at as if it were published already, beside all that is: what it breaks elsewhere
stands in its way too, but not what was broken before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.cases import run_cases
from engine.content import check_content
from engine.kernel.diagnostics import Code, Severity, in_order
from engine.kernel.errors import DocumentError, EngineError
from engine.lock import LockLine
from engine.publishing.assessment import material_changes
from engine.publishing.proofs import prove_in, typical_of
from engine.publishing.stakes import stakes_of
from engine.rules.lint import MAYBE_GAP, TOO_ENTANGLED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator

    from engine.content import Content
    from engine.kernel.cases import CaseResult
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Document, Loaded
    from engine.publishing.stakes import Stake

FAILS = Code(
    "PUBLISH-001",
    "the case `{case}` of `{of}` {version} fails: `{key}` should be {expected} and is {actual}",
    "`{of}` {version} 的案例 `{case}` 未通过：`{key}` 应为 {expected}，实为 {actual}",
    "correct the rules, or the case if it asks for what nobody wants any more",
    "请更正规则；若案例所求已不再需要，请更正案例",
)
REFUTED = Code(
    "PUBLISH-002",
    "the guarantee `{id}` of `{of}` {version} is refuted",
    "`{of}` {version} 的保证 `{id}` 不成立",
    "`evenhand prove` shows a case against it: correct the rules, or promise less",
    "`evenhand prove` 会给出反例：请更正规则，或减少承诺",
)
NOT_PROVED = Code(
    "PUBLISH-003",
    "the guarantee `{id}` of `{of}` {version} is not proved",
    "`{of}` {version} 的保证 `{id}` 未能证明",
    "state it for a part, or let an approver waive `{id}` with a reason and a last day",
    "请只对其中一部分作出保证，或由审批人写明理由与期限豁免 `{id}`",
)
MAY_BE_OPEN = Code(
    "PUBLISH-004",
    "whether a row of `{table}` always fits is not proved",
    "`{table}` 是否总有一行符合，未能证明",
    "add a last row that fits anything, or let an approver waive `{table}` with a reason and a last day",
    "请在末尾增加一行适用于任何情形，或由审批人写明理由与期限豁免 `{table}`",
)
NOT_ASSESSED = Code(
    "PUBLISH-005",
    "by {cites} (`{jurisdiction}`) the impact of `{of}` {version} must be assessed first, and no assessment is recorded",
    "依 {cites}（`{jurisdiction}`），须先评估 `{of}` {version} 的影响，但没有评估记录",
    "record the assessment with where it is kept",
    "请登记评估及其存放处",
)
NO_CASE = Code(
    "PUBLISH-006",
    "no case is run against `{of}` {version}",
    "没有针对 `{of}` {version} 的案例",
    "add cases, or name the version in theirs",
    "请增加案例，或在案例中写明该版本",
    Severity.WARNING,
)
BACKDATED = Code(
    "PUBLISH-009",
    "`{of}` {version} would hold from {start} on, which is past: decisions as of then would come out by it",
    "`{of}` {version} 将自已过去的 {start} 起生效：按该时点的裁定将以它为准",
    "write an `effective_from` that is to come, or say in the reason why it reaches back",
    "请写将来的 `effective_from`，或在理由中说明为何追溯",
    Severity.WARNING,
)
CHANGED_SINCE = Code(
    "PUBLISH-010",
    "by {cites} (`{jurisdiction}`) the impact of `{of}` {version} must be assessed anew: since {assessed} it newly rests on {what}",
    "依 {cites}（`{jurisdiction}`），须重新评估 `{of}` {version} 的影响：自 {assessed} 以来新依据了 {what}",
    "record a new assessment with where it is kept",
    "请登记新的评估及其存放处",
)

_WITH_CASES = {"rule_set", "inference", "competency_model"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known outside the documents: the time, what is waived, and what was assessed."""

    now: dt.datetime
    waived: frozenset[str] = frozenset()
    """Guarantees by id and tables by name that an approver lets pass though they are not proved."""
    assessed: frozenset[str] = frozenset()
    """The versions of the document whose impact was assessed, as they are."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was found: `blockers` stand in the way, `notes` do not; `waived` are the waivers that were needed."""

    blockers: tuple[Diagnostic, ...]
    notes: tuple[Diagnostic, ...]
    waived: tuple[str, ...]
    stakes: tuple[Stake, ...]

    @property
    def approvers(self) -> int:
        """How many people other than its authors must approve."""
        return 2 if self.stakes else 1


def candidate(base: Content, draft: Content, loaded: Loaded[Any], now: dt.datetime) -> Content:
    """Lay a draft over what is published, as if it were published `now`."""
    paths = {file.path for file in draft.cases}
    whole = replace(
        base,
        versions={name: list(versions) for name, versions in base.versions.items()},
        cases=[file for file in base.cases if file.path not in paths],
        found=list(base.found),
        unread=set(base.unread),
        _compiled={},
    )
    whole.lay_over(draft)
    one = loaded.document
    line = LockLine(one.kind, one.id, one.version, loaded.hash, now)
    named = {(known.kind, known.id, known.version) for known in whole.lock}
    whole.lock += () if (line.kind, line.id, line.version) in named else (line,)
    return whole


def review(base: Content, draft: Content, loaded: Loaded[Any], given: Circumstances) -> Review:
    """Look at a draft beside what is published in `base`; `draft` are its files alone, `loaded` its document."""
    document: Document = loaded.document
    whole = candidate(base, draft, loaded, given.now)
    instant = max(given.now, document.effective_from)
    own = {one.path for one in (*draft.documents(), *draft.cases)}
    blockers: list[Diagnostic] = []
    notes: list[Diagnostic] = []
    asked: list[tuple[str, Diagnostic]] = []
    for finding in _findings(base, whole, loaded, own):
        if finding.code in (MAYBE_GAP, TOO_ENTANGLED) and _is_in(finding, own):
            table = finding.args["table"]
            asked.append((table, MAY_BE_OPEN.at(finding.span, table=table)))
        elif finding.is_error:
            blockers.append(finding)
        elif _is_in(finding, own):
            notes.append(finding)
    if document.effective_from < given.now:
        start = document.effective_from.isoformat()
        told = {"of": document.id, "version": document.version, "start": start}
        notes.append(BACKDATED.at(loaded.span("effective_from"), **told))
    more, untried = _cases(base, whole, document, instant)
    blockers += more
    notes += untried
    if not any(finding.is_error for finding in blockers if _is_in(finding, own)):
        for waiver, finding in _proofs(whole, loaded, instant):
            if waiver:
                asked.append((waiver, finding))
            else:
                blockers.append(finding)
    blockers += [finding for name, finding in asked if name not in given.waived]
    try:
        blockers += _assessments(whole, loaded, instant, given.assessed)
    except DocumentError as error:  # mostly told already, as a finding where it stands
        blockers += () if blockers else error.diagnostics
    before = _others(base, document)
    stakes = stakes_of(before[-1] if before else None, document)
    used = sorted({name for name, _ in asked if name in given.waived})
    return Review(
        tuple(in_order(blockers)), tuple(in_order(notes)), tuple(used), tuple(sorted(stakes))
    )


def _is_in(finding: Diagnostic, paths: Collection[str]) -> bool:
    return finding.span is not None and finding.span.path in paths


def _others(content: Content, document: Document) -> list[Document]:
    """Give the other versions that hold no later than this one, the last to begin at the end."""
    return [
        one.document
        for one in content.versions.get((document.kind, document.id), [])
        if one.document.effective_from <= document.effective_from
        and one.document.version != document.version
    ]


def _findings(
    base: Content, whole: Content, loaded: Loaded[Any], own: Collection[str]
) -> list[Diagnostic]:
    """Give what is found in the version's own files, and the errors elsewhere that came with it."""
    document = loaded.document
    # What a law or a clause says may matter to any rule set; what a rule set says, to those that use it.
    looked = (
        {*own, *(one.path for one in _users(whole, document.id))}
        if document.kind in {"rule_set", "catalog"}
        else None
    )
    found = check_content(whole, looked)
    mine = [one for one in found if one.span is None or one.span.path in own]
    others = [one for one in found if one not in mine and one.is_error]
    if others:
        before = {(one.code.id, one.message()) for one in check_content(base) if one.is_error}
        others = [one for one in others if (one.code.id, one.message()) not in before]
    return [*mine, *others]


def _users(content: Content, id_: str) -> list[Loaded[Any]]:
    """Find the rule sets that use one."""
    return [
        one
        for one in content.documents()
        if one.document.kind == "rule_set" and id_ in one.document.uses.values()
    ]


def _cases(
    base: Content, whole: Content, document: Document, instant: dt.datetime
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Run all cases when the version is in force; those of others count if they passed before."""
    results = _run(whole, instant)
    failed = [result for result in results if not result.passed]
    if any(result.of != document.id for result in failed):
        before = {(one.of, one.version, one.case) for one in _run(base, instant) if not one.passed}
        failed = [
            one
            for one in failed
            if one.of == document.id or (one.of, one.version, one.case) not in before
        ]
    told = []
    for result in failed:
        first = result.differences[0]
        named = {"of": result.of, "version": result.version, "case": result.case}
        told.append(
            FAILS.at(None, **named, key=first.key, expected=first.expected, actual=first.actual)
        )
    is_tried = any((one.of, one.version) == (document.id, document.version) for one in results)
    if document.kind in _WITH_CASES and not is_tried:
        return told, [NO_CASE.at(None, of=document.id, version=document.version)]
    return told, []


def _run(content: Content, instant: dt.datetime) -> list[CaseResult]:
    return [result for file in content.cases for result in run_cases(content, file, instant)]


def _proofs(
    whole: Content, loaded: Loaded[Any], instant: dt.datetime
) -> Iterator[tuple[str, Diagnostic]]:
    """Prove the guarantees of the version, and see that it refutes none of those that use it.

    Gives what is not proved with the name by which it can be waived, what is refuted without one.
    """
    if loaded.document.kind != "rule_set":
        return
    for one in (loaded, *_users(whole, loaded.document.id)):
        document = one.document
        try:
            compiled = whole.compile_rule_set(one, max(instant, document.effective_from))
        except EngineError:  # told as a finding where it stands
            continue
        typical = typical_of(whole, compiled)
        for claim in compiled.claims:
            verdict = prove_in(whole, compiled, claim, instant, typical).verdict
            told = {"id": claim.id, "of": document.id, "version": document.version}
            if verdict == "refuted":
                yield "", REFUTED.at(claim_span(one, claim.id), **told)
            elif verdict == "not_proved" and one is loaded:
                yield claim.id, NOT_PROVED.at(claim_span(one, claim.id), **told)


def claim_span(loaded: Loaded[Any], id_: str) -> Any:  # noqa: ANN401 - a span, or none
    """Place a guarantee in the author's file."""
    for index, guarantee in enumerate(loaded.document.guarantees):
        if guarantee.id == id_:
            return loaded.span("guarantees", index, "id")
    return None


def _assessments(
    whole: Content, loaded: Loaded[Any], instant: dt.datetime, assessed: Collection[str]
) -> Iterator[Diagnostic]:
    """Ask for the assessment that law wants when the version takes effect; raises DocumentError."""
    document: Document = loaded.document
    due = whole.law(getattr(document, "jurisdictions", ()), instant).assessment
    if due is None or document.version in assessed:
        return
    earlier = [one for one in _others(whole, document) if one.version in assessed]
    last = earlier[-1] if earlier and not due.every_version else None
    new = material_changes(last, document) if last is not None else []
    if last is not None and not new:
        return
    told: dict[str, Any] = {"of": document.id, "version": document.version}
    if last is not None:
        told |= {"assessed": last.version, "what": ", ".join(f"`{name}`" for name in new)}
    code = NOT_ASSESSED if last is None else CHANGED_SINCE
    for ground in due.grounds:
        place = {"jurisdiction": ground.jurisdiction, "cites": ground.cites}
        yield code.at(loaded.span("jurisdictions"), **place, **told)
