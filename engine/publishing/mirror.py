"""A folder and the registry as one truth: what each lacks of the other, and where the two say different things."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from engine.content import place_of, read_content
from engine.kernel.errors import DocumentError
from engine.lock import LOCK_NAME, is_demonstration, parse_lock
from engine.publishing.draft import digest_of, files_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.kernel.documents import Loaded

Name: TypeAlias = tuple[str, str, str]
"""Kind, id and version."""

LOCK_HEAD = "# Published versions: kind, id, version, hash, time recorded. A published file never changes.\n"


@dataclass(frozen=True, slots=True)
class Held:
    """What the registry holds of a version; `files` and `lock` only where they are asked for."""

    name: Name
    hash: str
    digest: str
    is_published: bool
    approvals: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What becomes of one version of a folder: `form` differs in comments or cases only, `changed` is refused."""

    name: Name
    action: Literal["new", "edited", "same", "form", "changed"]
    files: Mapping[str, str]
    voids: int = 0
    """How many approvals the edit takes away."""


def plan_push(texts: Mapping[str, str], held: Iterable[Held]) -> list[Pushed]:
    """Say what of a folder the registry does not have yet; raises DocumentError for files that cannot be read.

    What is marked `use: demonstration` stays in the folder.
    """
    content = read_content({path: text for path, text in texts.items() if path != LOCK_NAME})
    if broken := [one for one in content.found if one.is_error]:
        raise DocumentError(broken)
    known = {one.name: one for one in held}
    return [
        _pushed(loaded, files_of(texts, loaded.path), known)
        for loaded in content.documents()
        if not is_demonstration(loaded)
    ]


def _pushed(loaded: Loaded[Any], files: Mapping[str, str], known: Mapping[Name, Held]) -> Pushed:
    document = loaded.document
    name = (document.kind, document.id, document.version)
    there = known.get(name)
    if there is None:
        return Pushed(name, "new", files)
    if there.digest == digest_of(files):
        return Pushed(name, "same", files)
    if not there.is_published:
        return Pushed(name, "edited", files, there.approvals)
    return Pushed(name, "form" if there.hash == loaded.hash else "changed", files)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a folder lacks: texts by path, the lock among them; `changed` are published versions edited in it.

    `kept` are case files that say what the registry has never seen: they stay as they are.
    """

    writes: Mapping[str, str]
    changed: tuple[Name, ...]
    kept: tuple[str, ...]


def wanted(texts: Mapping[str, str], held: Sequence[Held]) -> list[Name]:
    """List the published versions whose files are needed to pull: of documents that are not all there as they are."""
    locked = set(texts.get(LOCK_NAME, "").split("\n"))
    off = {
        one.name[:2]
        for one in held
        if one.is_published
        and (
            digest_of(files_of(texts, _path_of(one.name))) != one.digest
            or not any(line.startswith(" ".join((*one.name, one.hash))) for line in locked)
        )
    }
    return [one.name for one in held if one.is_published and one.name[:2] in off]


def plan_pull(texts: Mapping[str, str], held: Sequence[Held]) -> Pulled:
    """Say what to write so that a folder holds what is published; `held` is in the order of publication."""
    content = read_content({path: text for path, text in texts.items() if path != LOCK_NAME})
    hashes = {
        (one.document.kind, one.document.id, one.document.version): one.hash
        for one in content.documents()
    }
    changed = [one.name for one in held if hashes.get(one.name, one.hash) != one.hash]
    latest: dict[str, str] = {}
    seen: dict[str, set[str]] = {}
    for one in held:
        if one.name not in changed:
            latest |= one.files
            for path, text in one.files.items():
                seen.setdefault(path, set()).add(text)
    kept = [
        path
        for path in latest
        if path.endswith("/cases.yaml") and path in texts and texts[path] not in seen[path]
    ]
    writes = {
        path: text for path, text in latest.items() if texts.get(path) != text and path not in kept
    }
    lock = texts.get(LOCK_NAME, "")
    named = {(line.kind, line.id, line.version) for line in parse_lock(lock)[0]}
    lines = [one.lock for one in held if one.name not in named and one.name not in changed]
    if lines:
        whole = lock or LOCK_HEAD
        writes[LOCK_NAME] = whole + "".join(f"{line}\n" for line in lines)
    return Pulled(writes, tuple(changed), tuple(kept))


def _path_of(name: Name) -> str:
    """Say by which file `files_of` finds a version."""
    place = place_of(*name)
    return f"{place}/catalog.yaml" if name[0] == "catalog" else place
