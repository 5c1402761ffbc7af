"""The files of one catalog version, read as one whole with one identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.kernel.diagnostics import Code, Diagnostic, Span, has_errors, in_order, nearest
from engine.kernel.documents import Loaded, load_tree, shape_faults
from engine.kernel.errors import DocumentError
from engine.kernel.source import Mapping as MapNode
from engine.kernel.source import Sequence, descend, plain, read_yaml, span_of
from engine.learning.documents import Catalog, CatalogPart

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    The whole is the head with the items of its `files` in their order; its canonical bytes read
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
    parts: dict[str, Node | None] = {}
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
        merged = _whole(tree, [parts[name] for name in head.document.files])
        whole, _ = load_tree(Catalog, merged, paths[root])
    if whole is None:
        raise DocumentError(in_order(found))
    return whole


def _top(path: str) -> Span:
    return Span(path, 1, 1, 1, 1)


def _read_part(text: str, path: str, of: str | None) -> tuple[Node | None, list[Diagnostic]]:
    """Read one part and check its shape; `of` is the catalog's id where its head could be read."""
    tree, found = read_yaml(text, path)
    if tree is None:
        return None, found
    try:
        part = CatalogPart.model_validate(plain(tree))
    except ValidationError as error:
        return None, [*found, *shape_faults(CatalogPart, error, tree, path)]
    if of is not None and part.of != of:
        found.append(PART_ASTRAY.at(span_of(tree, ("of",)), of=part.of, id=of))
    return tree, found


def _check_listing(
    head: Loaded[Catalog], parts: Mapping[str, Node | None], paths: Mapping[str, str]
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


def _whole(head: MapNode, parts: list[Node | None]) -> MapNode:
    """Put the items of the parts under the head; every node keeps the place it was written at."""
    lists = [descend(node, ("items",)) for node in (head, *parts)]
    items = tuple(item for found in lists if isinstance(found, Sequence) for item in found.items)
    if not parts:
        return head
    keys = {**head.keys, "items": head.keys.get("items", head.span)}
    return MapNode({**head.entries, "items": Sequence(items, head.span)}, keys, head.span)
