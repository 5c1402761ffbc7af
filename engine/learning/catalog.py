"""The files of one catalog version, read as one whole with one identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from engine.kernel.diagnostics import Code, Diagnostic, Span, has_errors, in_order, nearest
from engine.kernel.documents import Loaded, load_tree, shape_faults
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import MAX_WRITTEN, read_json
from engine.kernel.source import Data, descend, plain, read_yaml, span_of
from engine.kernel.source import Mapping as MapNode
from engine.kernel.source import Sequence as ListNode
from engine.learning.documents import Catalog, CatalogPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.kernel.source import Node

ROOT_ABSENT = Code(
    "CAT-FILE-001",
    "the catalog has no file `{file}`",
    "目录缺少文件 `{file}`",
    "add it: it is the head of the catalog",
    "请补上：它是整个目录的首文件",
)
PART_ABSENT = Code(
    "CAT-FILE-002",
    "the file `{file}` is listed and not there",
    "清单中的文件 `{file}` 不存在",
    "add the file, or delete it from `files`",
    "请补上该文件，或从 `files` 中删除",
)
PART_UNLISTED = Code(
    "CAT-FILE-003",
    "the file `{file}` is there and not listed",
    "文件 `{file}` 存在但未列入清单",
    "add it to `files` of the catalog's head, or delete the file",
    "请加入目录首文件的 `files`，或删除该文件",
)
PART_TWICE = Code(
    "CAT-FILE-004",
    "the file `{file}` is listed twice",
    "文件 `{file}` 被列出两次",
    "keep one",
    "请保留一个",
)
PART_ASTRAY = Code(
    "CAT-FILE-005",
    "this part belongs to `{of}`, and the catalog is `{id}`",
    "该部分属于 `{of}`，而目录是 `{id}`",
    "write `of: {id}`",
    "请写 `of: {id}`",
)


def load_catalog(
    files: Mapping[str, str], root: str = "skills.yaml", *, folder: str = ""
) -> Loaded[Catalog]:
    """Read a catalog version from its texts by path; raises DocumentError with every finding.

    The whole is the head with the nodes, edges and items of its `files` in their order, which are
    YAML, or JSON (by the name's end) where a program wrote them; its canonical bytes read
    back as the same document. `folder` goes before every path in the findings.
    """
    paths = {name: f"{folder}/{name}" if folder else name for name in {*files, root}}
    if root not in files:
        raise DocumentError([ROOT_ABSENT.at(_top(paths[root]), file=root)])
    tree, found = read_yaml(files[root], paths[root])
    head: Loaded[Catalog] | None = None
    if tree is not None:
        head, faults = load_tree(Catalog, tree, paths[root])
        found += faults
    parts: dict[str, _Part | None] = {}
    for name in sorted(set(files) - {root}):
        parts[name], faults = _read_part(
            files[name], paths[name], head.document.id if head else None
        )
        found += faults
    if head is None or not isinstance(tree, MapNode):
        raise DocumentError(in_order(found))
    found += _check_listing(head, parts, paths)
    whole: Loaded[Catalog] | None = None
    if not has_errors(found):
        listed = [part for name in head.document.files if (part := parts[name])]
        whole, _ = load_tree(Catalog, _whole(tree, listed), paths[root], _data(tree, listed))
    if whole is None:
        raise DocumentError(in_order(found))
    return whole


@dataclass(frozen=True, slots=True)
class _Part:
    """One part: what it says, and the tree of its places."""

    document: CatalogPart
    tree: Node


def _top(path: str) -> Span:
    return Span(path, 1, 1, 1, 1)


def _read_part(text: str, path: str, of: str | None) -> tuple[_Part | None, list[Diagnostic]]:
    """Read one part and check its shape; `of` is the catalog's id where its head could be read."""
    tree, found = _read_data(text, path) if path.endswith(".json") else read_yaml(text, path)
    if tree is None:
        return None, found
    try:
        part = CatalogPart.model_validate(plain(tree))
    except ValidationError as error:
        return None, [*found, *shape_faults(CatalogPart, error, tree, path)]
    if of is not None and part.of != of:
        found.append(PART_ASTRAY.at(span_of(tree, ("of",)), of=part.of, id=of))
    return _Part(part, tree), found


def _read_data(text: str, path: str) -> tuple[Data | None, list[Diagnostic]]:
    try:
        return Data(read_json(text, path, MAX_WRITTEN), _top(path)), []
    except DocumentError as error:
        return None, list(error.diagnostics)


def _check_listing(
    head: Loaded[Catalog], parts: Mapping[str, _Part | None], paths: Mapping[str, str]
) -> list[Diagnostic]:
    """Hold the list of files against the files that are there."""
    found = []
    listed = head.document.files
    for index, name in enumerate(listed):
        span = head.span("files", index)
        if name in listed[:index]:
            found.append(PART_TWICE.at(span, file=name))
        elif name not in parts:
            found.append(PART_ABSENT.at(span, file=name, near=nearest(name, parts)))
    found += [
        PART_UNLISTED.at(_top(paths[name]), file=name) for name in parts if name not in listed
    ]
    return found


_LISTS: tuple[Literal["nodes", "edges", "items"], ...] = ("nodes", "edges", "items")


def _data(head: MapNode, parts: Sequence[_Part]) -> dict[str, object]:
    """Put the lists of the parts under the head's data: as they were read, for reading twice is slow."""
    data = {name: plain(node) for name, node in head.entries.items()}
    for name in _LISTS:
        more = [each for part in parts for each in getattr(part.document, name)]
        if more:
            own = data.get(name)
            data[name] = [*(own if isinstance(own, list) else ()), *more]
    return data


def _whole(head: MapNode, parts: Sequence[_Part]) -> MapNode:
    """Put the trees of the parts under the head's: every node keeps the place it was written at."""
    entries, keys = dict(head.entries), dict(head.keys)
    for name in _LISTS:
        lists = [found for part in parts if (found := descend(part.tree, (name,))) is not None]
        if lists:
            whole = [each for found in (head.entries.get(name), *lists) for each in _each(found)]
            entries[name] = ListNode(tuple(whole), head.span)
            keys.setdefault(name, head.span)
    return MapNode(entries, keys, head.span)


def _each(found: Node | None) -> Iterator[Node]:
    if isinstance(found, ListNode):
        yield from found.items
    elif isinstance(found, Data) and isinstance(found.value, list):
        yield from (Data(value, found.span) for value in found.value)
