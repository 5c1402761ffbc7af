"""Entries from outside put into a catalog: a draft of its next version, what changed, and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.kernel.diagnostics import Code, Severity, Span, has_errors, in_order
from engine.kernel.documents import load_tree
from engine.kernel.source import MAX_NODES, Data
from engine.kernel.source import Mapping as MapNode
from engine.kernel.source import Sequence as ListNode
from engine.learning.documents import Catalog
from engine.learning.skill_graph import check_catalog
from engine.rules.writing import write_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded
    from engine.kernel.source import Node
    from engine.learning.exchange.tables import Entry

KEPT = Code(
    "EXCHANGE-006",
    "`{name}` is kept as the catalog has it: {own}, not {other}",
    "`{name}` 保持目录原值：{own}，而不是 {other}",
    "change it in the catalog where the other is right",
    "若对方正确，请在目录中修改",
    Severity.WARNING,
)

KEYS: dict[str, tuple[str, ...]] = {
    "nodes": ("id",),
    "edges": ("type", "from", "to"),
    "targets": ("role", "competency"),
    "mandatory": ("role", "item"),
    "resources": ("id",),
    "bundles": ("id",),
    "preferences": ("id",),
    "items": ("id",),
}
"""The sections of a catalog, and what names an entry of each."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a catalog says of itself that no table and no framework can."""

    id: str
    version: str
    title: str
    owner: str
    clause: str
    effective_from: str
    currency: str = "CNY"

    def data(self) -> dict[str, Any]:
        """Give the head of a catalog without entries."""
        return {
            "schema_version": "1",
            "kind": "catalog",
            "id": self.id,
            "version": self.version,
            "title": {"zh": self.title, "en": self.title},
            "owner": self.owner,
            "effective_from": self.effective_from,
            "clause": self.clause,
            "currency": self.currency,
            "provenance": "human_set",
            "nodes": [],
            "targets": [],
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """What a draft does to one section: the ids that are new, changed, gone, and how many stay."""

    section: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    same: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A catalog that was put together: its document where it is sound, what changed, what is wrong."""

    loaded: Loaded[Catalog] | None
    changes: tuple[Changes, ...]
    found: tuple[Diagnostic, ...]


def base_data(catalog: Catalog, version: str, effective_from: str) -> dict[str, Any]:
    """Give a catalog's data as the base of its next version."""
    data = catalog.model_dump(mode="json", exclude_unset=True, by_alias=True)
    data.pop("files", None)
    return {**data, "version": version, "effective_from": effective_from}


def merge_entries(
    base: Mapping[str, Any],
    entries: Iterable[Entry],
    *,
    before: Catalog | None = None,
    gone: Collection[tuple[str, ...]] = (),
    whole: bool = False,
) -> Draft:
    """Put entries into a catalog's data: one replaces the one of its name, a new one comes last.

    Edges whose key (type, from, to) is `gone` are left out; with `whole` so is all that the
    sections of the entries do not name any more. Findings are placed where the entries stood.
    """
    sections: dict[str, list[Entry]] = {"edges": []} if gone else {}
    for entry in entries:
        sections.setdefault(entry.section, []).append(entry)
    data, grown = dict(base), {}
    for section, incoming in sections.items():
        kept = [
            Data(one, _NOWHERE)
            for one in base.get(section, ())
            if not (whole or (section == "edges" and _key(section, one) in gone))
        ]
        grown[section] = _merged(section, kept, incoming)
        data[section] = [
            one.data if isinstance(one, _Placed) else one.value for one in grown[section]
        ]
    loaded, found = load_tree(Catalog, _tree(base, grown), "", data)
    if loaded is not None:
        found = check_catalog(loaded)
    sound = loaded is not None and not has_errors(found)
    changes = _changes(before, loaded.document) if loaded is not None else ()
    return Draft(loaded if sound else None, changes, tuple(in_order(found)))


_NOWHERE = Span("", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry from outside on its way into a section."""

    data: dict[str, Any]
    node: Node


def _merged(section: str, kept: Sequence[Data], incoming: Sequence[Entry]) -> list[Data | _Placed]:
    """Replace in place what is named again, and put the rest behind; a name given twice stays twice."""
    waiting: dict[tuple[str, ...], list[_Placed]] = {}
    for entry in incoming:
        placed = _Placed(entry.data, entry.node)
        waiting.setdefault(_key(section, entry.data), []).append(placed)
    merged: list[Data | _Placed] = []
    for one in kept:
        assert isinstance(one.value, dict)  # noqa: S101 - a catalog's section is a list of maps
        merged += waiting.pop(_key(section, one.value), [one])
    return [*merged, *(placed for each in waiting.values() for placed in each)]


def edges_leaving(base: Mapping[str, Any], nodes: Collection[str]) -> frozenset[tuple[str, ...]]:
    """Give the keys of the edges that leave some nodes: a row of the table of skills says them anew."""
    return frozenset(_key("edges", one) for one in base.get("edges", ()) if one["from"] in nodes)


def _key(section: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(data.get(name, "")) for name in KEYS[section])


def _tree(base: Mapping[str, Any], grown: Mapping[str, Sequence[Data | _Placed]]) -> MapNode:
    """Give the tree of places: an entry from outside has its own, what was there before none."""
    entries: dict[str, Node] = {key: Data(value, _NOWHERE) for key, value in base.items()}
    for section, listed in grown.items():
        nodes = tuple(one.node if isinstance(one, _Placed) else one for one in listed)
        entries[section] = ListNode(nodes, _NOWHERE)
    return MapNode(entries, dict.fromkeys(entries, _NOWHERE), _NOWHERE)


def _changes(before: Catalog | None, after: Catalog) -> tuple[Changes, ...]:
    found = []
    for section in KEYS:
        was, now = _by_key(before, section), _by_key(after, section)
        found.append(
            Changes(
                section,
                new=tuple(key for key in now if key not in was),
                changed=tuple(key for key in now if key in was and now[key] != was[key]),
                gone=tuple(key for key in was if key not in now),
                same=sum(now[key] == one for key, one in was.items() if key in now),
            )
        )
    return tuple(one for one in found if one.new or one.changed or one.gone or one.same)


def _by_key(catalog: Catalog | None, section: str) -> dict[str, object]:
    if catalog is None:
        return {}
    names = [{"from": "source"}.get(name, name) for name in KEYS[section]]
    return {
        " ".join(str(getattr(one, name)) for name in names if hasattr(one, name)): one
        for one in getattr(catalog, section)
    }


# --- files ---------------------------------------------------------------------------------------

_SCHEMA = "# yaml-language-server: $schema={up}schema.json\n"
_MOST_IN_YAML = MAX_NODES // 2
_LARGE = ("nodes", "edges", "items")


def catalog_files(catalog: Catalog) -> dict[str, str]:
    """Write a catalog as the files of its version: YAML, and JSON for parts too large to edit."""
    data = catalog.model_dump(mode="json", exclude_unset=True, by_alias=True)
    data.pop("files", None)
    part = {"schema_version": "1", "kind": "catalog_part", "of": catalog.id}
    moved = {"items": data.pop("items", [])}
    if _size(data) > _MOST_IN_YAML:
        moved |= {name: data.pop(name) for name in ("nodes", "edges") if name in data}
        data["nodes"] = []
    files: dict[str, str] = {}
    for name in _LARGE:
        if moved.get(name):
            small = _size(moved[name]) <= _MOST_IN_YAML
            whole = {**part, name: moved[name]}
            files[f"items/{name}.{'yaml' if small else 'json'}"] = (
                _SCHEMA.format(up="../../") + write_document(whole)
                if small
                else json.dumps(whole, ensure_ascii=False, indent=0) + "\n"
            )
    head = {key: data.pop(key) for key in _HEAD if key in data}
    if files:
        head["files"] = list(files)
    return {"skills.yaml": _SCHEMA.format(up="../") + write_document(head | data), **files}


_HEAD = (
    *("schema_version", "kind", "id", "version", "title", "owner", "effective_from"),
    *("effective_to", "clause", "currency", "provenance"),
)


def _size(value: object) -> int:
    """Count the keys and values, as the bound on a YAML file does."""
    if isinstance(value, dict):
        return 1 + sum(1 + _size(one) for one in value.values())
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
