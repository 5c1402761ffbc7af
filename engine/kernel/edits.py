"""What was edited between two versions of a document: by names and ids, so that a moved line is no change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.kernel.documents import Shape

Kind: TypeAlias = Literal["added", "removed", "changed", "moved"]

_HEADER = frozenset({"schema_version", "kind", "id", "version"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One place that differs: the names and ids that lead to it, and what stood there before and after."""

    kind: Kind
    path: tuple[str, ...]
    before: str | None = None
    after: str | None = None


def diff_documents(
    before: Shape, after: Shape, *, same: Callable[[str, str], bool] = str.__eq__
) -> list[Edit]:
    """List what differs between two documents of a kind; `same` says when two texts mean the same."""
    return [
        edit
        for edit in _diff(data_of(before), data_of(after), (), same)
        if edit.path[0] not in _HEADER
    ]


def data_of(document: Shape) -> dict[str, object]:
    """A document as plain data, as its author wrote it; rows by column, lists of named things by name."""
    data = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    keyed = _keyed(data)
    if not isinstance(keyed, dict):
        raise TypeError(document)
    return keyed


def _keyed(data: object) -> object:
    """Turn lists of things with an `id` into maps by it, and the cells of rows into maps by column."""
    if isinstance(data, Mapping):
        columns = data.get("columns")
        made = {str(key): _keyed(inner) for key, inner in data.items() if key != "columns"}
        if isinstance(columns, Mapping) and isinstance(data.get("rows"), list):
            heads = [*_titled(columns["when"]), *columns["then"]]
            made["rows"] = {
                str(row["id"]): dict(zip(heads, [*row["when"], *row["then"]], strict=False))
                for row in data["rows"]
            }
        return made
    if isinstance(data, list):
        ids = [item.get("id") for item in data if isinstance(item, Mapping)]
        if ids and len(ids) == len(data) and len(set(map(str, ids))) == len(ids) and all(ids):
            return {
                str(item["id"]): _keyed({k: v for k, v in item.items() if k != "id"})
                for item in data
            }
        return [_keyed(item) for item in data]
    return data


def _titled(heads: list[str]) -> list[str]:
    """Number the heads that stand more than once."""
    return [
        head if heads.count(head) == 1 else f"{head} ({heads[: place + 1].count(head)})"
        for place, head in enumerate(heads)
    ]


def _diff(
    before: object, after: object, path: tuple[str, ...], same: Callable[[str, str], bool]
) -> Iterator[Edit]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(k for k in after if k not in before)]:
            here = (*path, str(key))
            if key not in after:
                yield Edit("removed", here, written(before[key]))
            elif key not in before:
                yield Edit("added", here, None, written(after[key]))
            else:
                yield from _diff(before[key], after[key], here, same)
        yield from _moved(before, after, path)
    elif before != after and not _alike(before, after, same):
        yield Edit("changed", path, written(before), written(after))


def _alike(before: object, after: object, same: Callable[[str, str], bool]) -> bool:
    return isinstance(before, str) and isinstance(after, str) and same(before, after)


def _moved(
    before: Mapping[str, object], after: Mapping[str, object], path: tuple[str, ...]
) -> Iterator[Edit]:
    """Rows stand in an order that decides; so do bands and points."""
    if not path or path[-1] not in {"rows", "bands"}:
        return
    kept = [key for key in before if key in after]
    placed = [key for key in after if key in before]
    if kept != placed:
        yield Edit("moved", path, ", ".join(kept), ", ".join(placed))


def written(value: object) -> str:
    """Write data in one line, as YAML's flow style does."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{k}: {written(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case _:
            pass
    return str(value)
