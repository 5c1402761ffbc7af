"""Several jurisdictions for one case, as one law: lists united, the strictest length of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.jurisdictions.documents import Entry
from engine.jurisdictions.periods import Period, parse_period
from engine.kernel.diagnostics import Code, in_order, nearest
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping
    from fractions import Fraction

    from engine.jurisdictions.documents import (
        BlockedInput,
        BlockedModality,
        ImpactAssessment,
        Jurisdiction,
        Notice,
        Retention,
    )
    from engine.kernel.canonical import ContentHash
    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Loaded

UNKNOWN = Code(
    "LAW-NAME-001",
    "there is no jurisdiction `{id}` in force",
    "没有生效的法域 `{id}`",
    "known: {known}",
    "可用：{known}",
)
CYCLE = Code(
    "LAW-NAME-002",
    "the jurisdiction extends itself: {cycle}",
    "该法域扩展了自身：{cycle}",
    "break the cycle",
    "请断开此循环",
)
CONTRADICTION = Code(
    "LAW-MERGE-001",
    "`{what}` is kept at least {least} ({least_by}) and at most {most} ({most_by})",
    "`{what}` 须至少保存 {least}（{least_by}），又至多保存 {most}（{most_by}）",
    "both cannot be kept: settle it with counsel and write the answer into one of them",
    "两者无法同时遵守：请与法务商定，并写入其中之一",
)

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Ground:
    """A jurisdiction and the text of law by which it says something."""

    jurisdiction: str
    cites: str


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """The texts that come before something, the longest time of any, and why."""

    texts: tuple[str, ...]
    at_least: Period | None
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a thing is kept, whether it is then erased or looked at, and why."""

    at_least: Period | None
    at_most: Period | None
    erase: bool
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class AssessmentDue:
    """That an impact is assessed before publishing, whether anew for every version, and why."""

    every_version: bool
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class LawUsed:
    """A jurisdiction's version that a case was judged by."""

    id: str
    version: str
    hash: ContentHash


@dataclass(frozen=True, slots=True)
class Law:
    """The law of one case at one time; each map is from what is ruled to why."""

    used: tuple[LawUsed, ...] = ()
    modalities: Mapping[str, tuple[Ground, ...]] = field(default_factory=dict)
    signals: Mapping[str, tuple[Ground, ...]] = field(default_factory=dict)
    inputs: Mapping[str, tuple[Ground, ...]] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    """Of the inputs those that stand for a protected attribute, with that attribute."""
    outcomes: Mapping[str, tuple[Ground, ...]] = field(default_factory=dict)
    notices: Mapping[str, NoticeDue] = field(default_factory=dict)
    retention: Mapping[str, Keep] = field(default_factory=dict)
    assessment: AssessmentDue | None = None


NO_LAW = Law()


def blocked(law: Law, modality: str) -> tuple[Ground, ...]:
    """Say why signals of a modality are not used; empty when they may be."""
    return law.modalities.get(modality, ())


def blocked_signal(law: Law, name: str) -> tuple[Ground, ...]:
    """Say why no rule may ask for the signal `name`; empty when one may."""
    return law.signals.get(name, ())


def blocked_inputs(law: Law, name: str) -> tuple[Ground, ...]:
    """Say why no rule may read `name`, an attribute or its proxy; empty when one may."""
    return law.inputs.get(name, ())


def human_decides(law: Law, outcome: str) -> tuple[Ground, ...]:
    """Say why only a person gives `outcome`; empty when a rule may."""
    return law.outcomes.get(outcome, ())


@dataclass(frozen=True, slots=True)
class _Said(Generic[E]):
    """An entry, where it stands."""

    law: Loaded[Jurisdiction]
    index: int
    entry: E

    @property
    def ground(self) -> Ground:
        """The entry as a reason."""
        return Ground(self.law.document.id, self.entry.cites)

    @property
    def named(self) -> str:
        """The entry as a message names it."""
        return f"`{self.law.document.id}`: {self.entry.cites}"


def merge(ids: Iterable[str], known: Mapping[str, Loaded[Jurisdiction]], as_of: dt.datetime) -> Law:
    """Unite the law of `ids` and of what they extend, on the day of `as_of`; raises DocumentError.

    `known` holds, by id, the version of each jurisdiction that is in force then.
    """
    names = _with_extended(ids, known)
    law = [known[name] for name in names]
    day = as_of.date()
    return Law(
        tuple(LawUsed(one.document.id, one.document.version, one.hash) for one in law),
        _grouped(_in_force(law, day, lambda j: j.blocked_modalities), lambda e: (e.modality,)),
        _grouped(_in_force(law, day, lambda j: j.blocked_modalities), _signal_names),
        _grouped(
            _in_force(law, day, lambda j: j.blocked_inputs), lambda e: (e.attribute, *e.proxies)
        ),
        _proxies(_in_force(law, day, lambda j: j.blocked_inputs)),
        _grouped(_in_force(law, day, lambda j: j.human_decides), lambda e: (e.outcome,)),
        _notices(_in_force(law, day, lambda j: j.notice)),
        _retention(_in_force(law, day, lambda j: j.retention)),
        _assessment(_in_force(law, day, lambda j: j.impact_assessment)),
    )


def _with_extended(
    ids: Iterable[str], known: Mapping[str, Loaded[Jurisdiction]]
) -> tuple[str, ...]:
    """List the jurisdictions, each after those that it extends; raises DocumentError."""
    listed: dict[str, None] = {}
    found: list[Diagnostic] = []

    def visit(name: str, way: tuple[str, ...], span: Span | None) -> None:
        if name in way:
            cycle = " → ".join(f"`{step}`" for step in (*way[way.index(name) :], name))
            found.append(CYCLE.at(span, cycle=cycle))
        elif name not in known:
            shown = ", ".join(f"`{one}`" for one in sorted(known))
            found.append(UNKNOWN.at(span, id=name, known=shown, near=nearest(name, known)))
        elif name not in listed:
            for index, above in enumerate(known[name].document.extends):
                visit(above, (*way, name), known[name].span("extends", index))
            listed[name] = None

    for name in ids:
        visit(name, (), None)
    if found:
        raise DocumentError(in_order(found))
    return tuple(listed)


def _in_force(
    law: Iterable[Loaded[Jurisdiction]],
    day: dt.date,
    pick: Callable[[Jurisdiction], tuple[E, ...]],
) -> list[_Said[E]]:
    """Give the entries that hold on a day."""
    return [
        _Said(one, index, entry)
        for one in law
        for index, entry in enumerate(pick(one.document))
        if (entry.since is None or entry.since <= day)
        and (entry.until is None or day <= entry.until)
    ]


def _proxies(said: Iterable[_Said[BlockedInput]]) -> dict[str, str]:
    """The proxies, but for a name that is an attribute of its own somewhere."""
    entries = [one.entry for one in said]
    attributes = {entry.attribute for entry in entries}
    return {p: e.attribute for e in entries for p in e.proxies if p not in attributes}


def _signal_names(entry: BlockedModality) -> Iterable[str]:
    """The names of blocked signals, and of what is computed from each before any rule sees it."""
    return (f"{name}{suffix}" for name in entry.signals for suffix in ("", "_count", "_change"))


def _grouped(
    said: Iterable[_Said[E]], names_of: Callable[[E], Iterable[str]]
) -> dict[str, tuple[Ground, ...]]:
    grounds: dict[str, tuple[Ground, ...]] = {}
    for one in said:
        for name in names_of(one.entry):
            grounds[name] = (*grounds.get(name, ()), one.ground)
    return grounds


def _notices(said: Iterable[_Said[Notice]]) -> dict[str, NoticeDue]:
    grouped = defaultdict(list)
    for one in said:
        grouped[one.entry.before].append(one)
    return {
        before: NoticeDue(
            tuple(dict.fromkeys(one.entry.text_id for one in group)),
            max(_lengths(group, lambda e: e.at_least), default=(None, None), key=_longer)[0],
            tuple(one.ground for one in group),
        )
        for before, group in grouped.items()
    }


def _retention(said: Iterable[_Said[Retention]]) -> dict[str, Keep]:
    """Find the strictest lengths; raises DocumentError where they contradict each other."""
    grouped = defaultdict(list)
    for one in said:
        grouped[one.entry.what].append(one)
    kept = {}
    found = []
    for what, group in grouped.items():
        least, by = max(_lengths(group, lambda e: e.at_least), default=(None, None), key=_longer)
        most, by_most = min(_lengths(group, lambda e: e.at_most), default=(None, None), key=_longer)
        if least and by and most and by_most and least.most_days > most.most_days:
            names = {"least_by": by.named, "most_by": by_most.named}
            span = by_most.law.span("retention", by_most.index, "at_most")
            found.append(CONTRADICTION.at(span, what=what, least=least, most=most, **names))
        erase = any(one.entry.then == "erase" for one in group)
        kept[what] = Keep(least, most, erase, tuple(one.ground for one in group))
    if found:
        raise DocumentError(in_order(found))
    return kept


def _assessment(said: Iterable[_Said[ImpactAssessment]]) -> AssessmentDue | None:
    entries = list(said)
    every = any(one.entry.renew == "every_version" for one in entries)
    return AssessmentDue(every, tuple(one.ground for one in entries)) if entries else None


def _lengths(
    said: Iterable[_Said[E]], pick: Callable[[E], str | None]
) -> list[tuple[Period, _Said[E]]]:
    return [
        (period, one)
        for one in said
        if (text := pick(one.entry)) and (period := parse_period(text))
    ]


def _longer(length: tuple[Period, object]) -> tuple[Fraction, Fraction]:
    return (length[0].most_days, length[0].fewest_days)
