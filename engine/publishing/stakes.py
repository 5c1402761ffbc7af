"""What a new version touches that two people must look at: thresholds, pay, knock-outs, guarantees.

The rule is plain on purpose, and errs to the side of two: parts are compared as data, words for people
left out, and nothing is asked of the solver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.edits import data_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.documents import Document

Stake: TypeAlias = Literal["thresholds", "pay", "knock_outs", "guarantees"]

_WORDS = frozenset({"label", "title", "note", "clause", "owner", "cites", "evidence", "provenance"})
"""Keys that people read and no rule does."""
_HEAD = frozenset(
    {"schema_version", "kind", "id", "version", "effective_from", "effective_to", "reasons"}
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MONEY = re.compile(r"\b[A-Z]{3}\b")
_BOUNDS = ("range", "default", "scale")


def stakes_of(before: Document | None, after: Document) -> frozenset[Stake]:
    """Say what a version touches, compared with the one that it follows; a first one touches all it has."""
    old = _Part(data_of(before) if before is not None else {})
    new = _Part(data_of(after))
    match after.kind:
        case "rule_set":
            return frozenset(_of_rules(old, new))
        case "competency_model":
            return frozenset(_of_model(old, new))
        case "inference" | "jurisdiction" | "dmn_model":
            return frozenset(_of_whole(old, new))
        case _:  # a catalog offers and a policy speaks: neither turns anybody away
            return frozenset()


class _Part:
    """A part of a document without its words."""

    def __init__(self, data: object) -> None:
        self.data = _bare(data)

    def __getitem__(self, key: str) -> _Part:
        return _Part(self.data.get(key, {}) if isinstance(self.data, Mapping) else {})

    def names(self) -> set[str]:
        return set(self.data) if isinstance(self.data, Mapping) else set()


def _bare(data: object) -> object:
    if isinstance(data, Mapping):
        return {key: _bare(inner) for key, inner in data.items() if key not in _WORDS}
    return [_bare(inner) for inner in data] if isinstance(data, list) else data


def _changed(old: _Part, new: _Part) -> Iterator[tuple[str, _Part, _Part]]:
    """Give the named parts that differ."""
    for name in sorted(old.names() | new.names()):
        one, other = old[name], new[name]
        if one.data != other.data:
            yield name, one, other


def _of_rules(old: _Part, new: _Part) -> Iterator[Stake]:
    for section, one, other in _changed(old, new):
        match section:
            case "params" | "assume" | "uses":
                yield "thresholds"
            case "inputs":
                if any(
                    a[key].data != b[key].data
                    for _, a, b in _changed(one, other)
                    for key in _BOUNDS
                ):
                    yield "thresholds"
            case "functions" | "decisions":
                for _, before, after in _changed(one, other):
                    yield from _of_decision(before, after)
            case "guarantees":
                # One more is a promise more; one that is gone or other is a promise taken back.
                if any(a.data for _, a, _ in _changed(one, other)):
                    yield "guarantees"
            case _:
                pass
        if section in {"params", "inputs"} and any(
            _is_money(a) or _is_money(b) for _, a, b in _changed(one, other)
        ):
            yield "pay"


def _of_decision(before: _Part, after: _Part) -> Iterator[Stake]:
    if _numbers(before) != _numbers(after):
        yield "thresholds"
    if _is_money(before) or _is_money(after):
        yield "pay"
    if any("ranked" in dict(_pairs(part.data)) for part in (before, after)):
        yield "knock_outs"


def _of_model(old: _Part, new: _Part) -> Iterator[Stake]:
    for section, one, other in _changed(old, new):
        if section in _HEAD | {"indicators", "mentions"}:
            continue
        yield "thresholds"
        if section == "competencies" and any(
            a["floor"].data != b["floor"].data for _, a, b in _changed(one, other)
        ):
            yield "knock_outs"


def _of_whole(old: _Part, new: _Part) -> Iterator[Stake]:
    """A document whose parts are not told apart: whatever decides in it may be a threshold."""
    if any(section not in _HEAD for section, _, _ in _changed(old, new)):
        yield "thresholds"


def _is_money(part: _Part) -> bool:
    return any(key == "unit" and _MONEY.search(str(value)) for key, value in _pairs(part.data))


def _numbers(part: _Part) -> list[str]:
    return sorted(n for _, text in _pairs(part.data) for n in _NUMBER.findall(str(text)))


def _pairs(data: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Give every key that has a single value or a list of them, at any depth."""
    if isinstance(data, Mapping):
        for name, inner in data.items():
            yield from _pairs(inner, str(name))
    elif isinstance(data, list) and any(isinstance(inner, Mapping) for inner in data):
        for inner in data:
            yield from _pairs(inner, key)
    else:
        yield key, data
