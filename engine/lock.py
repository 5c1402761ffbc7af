"""`published.lock`: one line a published version, with its hash; a published file never changes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.kernel.canonical import ContentHash
from engine.kernel.diagnostics import Code, Diagnostic, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.kernel.documents import Loaded

LOCK_NAME = "published.lock"

BAD_LINE = Code(
    "LOCK-001",
    "this is not a line of a lock",
    "这不是锁文件的一行",
    "write `kind id version sha256:… 2026-01-01T00:00:00+08:00`, or run `evenhand lock`",
    "请写 `kind id version sha256:… 2026-01-01T00:00:00+08:00`，或运行 `evenhand lock`",
)
CHANGED = Code(
    "LOCK-002",
    "the published `{id}` {version} was changed",
    "已发布的 `{id}` {version} 被改动",
    "undo the change, and write it as a new version",
    "请撤销改动，并写成新版本",
)
GONE = Code(
    "LOCK-003",
    "the published `{id}` {version} is gone",
    "已发布的 `{id}` {version} 不见了",
    "bring the file back: a published version is kept for ever",
    "请恢复该文件：已发布的版本须永久保留",
)
TWICE = Code(
    "LOCK-004",
    "`{id}` {version} is locked twice",
    "`{id}` {version} 被锁定两次",
    "delete the later line",
    "请删除后面一行",
)
DEMONSTRATION = Code(
    "LOCK-005",
    "`{id}` {version} is for demonstration and cannot be published",
    "`{id}` {version} 仅供演示，不能发布",
    "delete the line",
    "请删除该行",
)

_LINE = re.compile(
    r"(?P<kind>\w+) (?P<id>[a-z0-9-]+) (?P<version>\d+\.\d+\.\d+) (?P<hash>sha256:[0-9a-f]{64}) (?P<when>\S+)"
)


@dataclass(frozen=True, slots=True)
class LockLine:
    """A published version: what it is, its content, and when it was recorded."""

    kind: str
    id: str
    version: str
    hash: ContentHash
    recorded: dt.datetime
    span: Span | None = None

    def __str__(self) -> str:
        """Write it as a line of the file."""
        return f"{self.kind} {self.id} {self.version} {self.hash} {self.recorded.isoformat()}"


def parse_lock(text: str, path: str = LOCK_NAME) -> tuple[tuple[LockLine, ...], list[Diagnostic]]:
    """Read a lock; lines that start with `#` and blank ones are comments."""
    lines, found = [], []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        span = Span(path, number, 1, number, len(raw) + 1)
        match = _LINE.fullmatch(line)
        when = _instant(match["when"]) if match else None
        if match is None or when is None:
            found.append(BAD_LINE.at(span))
        else:
            lines.append(
                LockLine(
                    match["kind"],
                    match["id"],
                    match["version"],
                    ContentHash(match["hash"]),
                    when,
                    span,
                )
            )
    return tuple(lines), found


def _instant(text: str) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None


def check_lock(lines: Sequence[LockLine], documents: Iterable[Loaded[Any]]) -> list[Diagnostic]:
    """Compare the published versions with the files."""
    by_name = {(d.document.kind, d.document.id, d.document.version): d for d in documents}
    found, seen = [], set()
    for line in lines:
        name = (line.kind, line.id, line.version)
        loaded = by_name.get(name)
        if name in seen:
            found.append(TWICE.at(line.span, id=line.id, version=line.version))
        elif loaded is None:
            found.append(GONE.at(line.span, id=line.id, version=line.version))
        elif loaded.hash != line.hash:
            span = loaded.span("version") or line.span
            found.append(CHANGED.at(span, id=line.id, version=line.version))
        elif is_demonstration(loaded):
            found.append(DEMONSTRATION.at(line.span, id=line.id, version=line.version))
        seen.add(name)
    return found


def is_demonstration(loaded: Loaded[Any]) -> bool:
    """Whether a document is marked `use: demonstration`."""
    return getattr(loaded.document, "use", None) == "demonstration"


def unlocked(
    lines: Sequence[LockLine], documents: Iterable[Loaded[Any]], recorded: dt.datetime
) -> list[LockLine]:
    """Make the lines of the versions that are not published yet, demonstrations left out."""
    known = {(ln.kind, ln.id, ln.version) for ln in lines}
    return [
        LockLine(d.document.kind, d.document.id, d.document.version, d.hash, recorded)
        for d in sorted(
            documents, key=lambda d: (d.document.kind, d.document.id, d.document.effective_from)
        )
        if (d.document.kind, d.document.id, d.document.version) not in known
        and not is_demonstration(d)
    ]
