"""Several jurisdictions for one case, as one law: lists united, the strictest length of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.jurisdictions.documents import BlockedInput, Entry, HumanDecides
from engine.jurisdictions.periods import Period, longest, parse_period, shortest
from engine.kernel.diagnostics import Code, in_order, nearest
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from engine.jurisdictions.documents import Jurisdiction
    from engine.kernel.canonical import ContentHash
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded

UNKNOWN = Code(
    "LAW-NAME-001",
    "there is no jurisdiction `{id}`",
    "没有法域 `{id}`",
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
    "`{what}` 至少保存 {least}（{least_by}），又至多保存 {most}（{most_by}）",
    "the two laws cannot both be kept: decide with counsel and record it in one of them",
    "两者无法同时遵守：请与法务确定，并记录在其中之一",
)

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class InForce(Generic[E]):
    """An entry that holds, and the jurisdiction that says so."""

    jurisdiction: str
    entry: E


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """The texts that come before something, and the longest time of any of them."""

    before: str
    texts: tuple[str, ...]
    at_least: Period | None
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a thing is kept, each end with the jurisdictions that set it."""

    what: str
    at_least: Period | None
    at_most: Period | None
    erase: bool
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The law of one case at one time."""

    names: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str, ContentHash], ...] = ()
    modalities: Mapping[str, tuple[InForce[Entry], ...]] = field(default_factory=dict)
    inputs: Mapping[str, tuple[InForce[BlockedInput], ...]] = field(default_factory=dict)
    outcomes: Mapping[str, tuple[InForce[HumanDecides], ...]] = field(default_factory=dict)
    notices: Mapping[str, NoticeDue] = field(default_factory=dict)
    retention: Mapping[str, Keep] = field(default_factory=dict)


NO_LAW = Merged()


def blocked(law: Merged, modality: str) -> tuple[str, ...]:
    """Give the citations by which signals of a modality are not used; empty when they may be."""
    return tuple(found.entry.cites for found in law.modalities.get(modality, ()))


def blocked_inputs(law: Merged, name: str) -> tuple[str, ...]:
    """Give the citations by which no rule may read `name`, an attribute or a proxy of one."""
    return tuple(found.entry.cites for found in law.inputs.get(name, ()))


def human_decides(law: Merged, outcome: str) -> tuple[str, ...]:
    """Give the citations by which only a person gives `outcome`."""
    return tuple(found.entry.cites for found in law.outcomes.get(outcome, ()))


def merge(
    ids: Iterable[str],
    known: Mapping[str, Loaded[Jurisdiction]],
    as_of: dt.datetime,
) -> Merged:
    """Unite the law of `ids` and what they extend, on the day of `as_of`; raises DocumentError.

    `known` holds the version of each jurisdiction that is in force then.
    """
    found: list[Diagnostic] = []
    names = _with_extended(ids, known, found)
    day = as_of.date()
    law = [known[name] for name in names]
    retention = {
        keep.what: keep for keep in _retention(law, day, found)
    }
    if found:
        raise DocumentError(in_order(found))
    used = tuple(
        (loaded.document.id, loaded.document.version, loaded.hash) for loaded in law
    )
    return Merged(
        names,
        used,
        _grouped(((e.modality,), n, e) for n, e in _in_force(law, day, "blocked_modalities")),
        _grouped(
            ((e.attribute, *e.proxies), n, e) for n, e in _in_force(law, day, "blocked_inputs")
        ),
        _grouped(((e.outcome,), n, e) for n, e in _in_force(law, day, "human_decides")),
        _notices(law, day),
        retention,
    )
