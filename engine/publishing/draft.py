"""The files of a draft: one version of one document, where it belongs, with its cases and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.content import place_of, read_content
from engine.kernel.canonical import ContentHash, canonical_json, content_hash
from engine.kernel.diagnostics import Code, Span, has_errors
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.content import Content
    from engine.kernel.documents import Loaded

STRAY = Code(
    "PUBLISH-007",
    "the file `{path}` is no part of {kind} `{id}` {version}",
    "文件 `{path}` 不属于 {kind} `{id}` {version}",
    "send `{wanted}`, and beside it its `cases.yaml`, if it has one",
    "请提交 `{wanted}`，以及同目录的 `cases.yaml`（如有）",
)
ANOTHER = Code(
    "PUBLISH-008",
    "the files do not hold {kind} `{id}` {version}",
    "文件中没有 {kind} `{id}` {version}",
    "its version stands in `{wanted}`",
    "该版本应位于 `{wanted}`",
)


def read_draft(
    files: Mapping[str, str], kind: str, id_: str, version: str
) -> tuple[Content, Loaded[Any]]:
    """Read the files of one version; raises DocumentError for what cannot be read or does not belong."""
    draft = read_content(files)
    if has_errors(draft.found):
        raise DocumentError(draft.found)
    named = {"kind": kind, "id": id_, "version": version}
    wanted = place_of(kind, id_, version)
    loaded = next((one for one in draft.documents() if _name(one) == (kind, id_, version)), None)
    if loaded is None:
        first = min(files, default="")
        raise DocumentError([ANOTHER.at(Span(first, 1, 1, 1, 1), **named, wanted=wanted)])
    cases = {file.path: file.document.of for file in draft.cases}
    beside = f"{wanted.rpartition('/')[0]}/cases.yaml"
    stray = [
        STRAY.at(Span(path, 1, 1, 1, 1), path=path, **named, wanted=wanted)
        for path in files
        if not (
            path == wanted
            or (kind == "catalog" and path.startswith(f"{wanted}/"))
            or (path == beside and cases.get(path) == id_)
        )
    ]
    if stray:
        raise DocumentError(stray)
    return draft, loaded


def digest_of(files: Mapping[str, str]) -> ContentHash:
    """Name files as they are written, to the letter."""
    return content_hash(canonical_json(dict(files)))


def files_of(files: Mapping[str, str], path: str) -> dict[str, str]:
    """Give the files of the version at `path`: itself, a catalog's parts, and the cases beside it."""
    folder = path.rpartition("/")[0]
    if "catalog" in path.split("/")[:-1]:
        return {name: text for name, text in files.items() if name.startswith(f"{folder}/")}
    cases = f"{folder}/cases.yaml"
    return {name: files[name] for name in (path, cases) if name in files}


def _name(loaded: Loaded[Any]) -> tuple[str, str, str]:
    return loaded.document.kind, loaded.document.id, loaded.document.version
