"""The check of a whole log against the heads that were signed: every entry, every tree, every body shown."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.audit.entry import LogEntry, body_digest, leaf_of
from engine.audit.merkle import Frontier, leaf_hash
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.audit.checkpoint import Checkpoint
    from engine.audit.merkle import Digest, Node
    from engine.kernel.diagnostics import Diagnostic

ENTRY_ALTERED = Code(
    "AUDIT-LOG-001",
    "entry {place} (`{subject}`) is not what was logged",
    "条目 {place}（`{subject}`）与当初记录的不符",
    "the hash in the tree is another one: compare with a copy from before",
    "树中的摘要与之不同：请与更早的副本比对",
)
ENTRY_MISSING = Code(
    "AUDIT-LOG-002",
    "entry {place} is missing, or stands in another place",
    "条目 {place} 缺失或位置被改动",
    "what comes after it cannot be proved: compare with a copy from before",
    "其后的条目无法证明：请与更早的副本比对",
)
HEAD_DIFFERS = Code(
    "AUDIT-LOG-003",
    "the head signed at {size} entries is not the head of these: something was altered from entry {since} on",
    "在 {size} 个条目时签署的头与现有条目不符：自条目 {since} 起有改动",
    "compare the entries between with a copy from before",
    "请将其间的条目与更早的副本比对",
)
SHORTER = Code(
    "AUDIT-LOG-004",
    "a head was signed at {size} entries, and there are {there}: the log was cut off",
    "曾在 {size} 个条目时签署过头，而现有 {there} 个：日志被截断",
    "bring the entries back from a copy",
    "请从副本恢复条目",
)
BODY_ALTERED = Code(
    "AUDIT-LOG-005",
    "the body of `{subject}` is not the one that was logged",
    "`{subject}` 的正文与当初记录的不符",
    "it, its salt or its digest was altered",
    "正文、盐值或摘要被改动",
)
NO_HEAD = Code(
    "AUDIT-LOG-006",
    "no signed head covers these entries",
    "没有签名的头覆盖这些条目",
    "ask for a head that was signed and kept elsewhere",
    "请提供在别处保存的签名头",
)
FOREIGN_HEAD = Code(
    "AUDIT-LOG-007",
    "the head is of the log `{origin}`, not of `{name}`",
    "该头属于日志 `{origin}`，而非 `{name}`",
    "verify each log with its own key",
    "请用各自的密钥核验各个日志",
)

TWICE = Code(
    "AUDIT-LOG-008",
    "there is more than one entry about `{subject}`",
    "关于 `{subject}` 的条目不止一个",
    "each deed has one: whoever wrote the other copied or made it",
    "每件事只有一个条目：另一个系复制或伪造",
)

MOST_FINDINGS = 200
"""How many findings are kept; beyond them only their number is known."""


@dataclass(slots=True)
class LogCheck:
    """A log that is looked through from its first entry on, against heads whose signatures were checked."""

    heads: dict[int, list[Checkpoint]] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    beyond: int = 0
    """Findings that were not kept."""
    entries: int = 0
    bodies: int = 0
    covered: int = 0
    """The size of the largest head that is the head of these entries."""
    _next: int = 0
    _frontier: Frontier = field(default_factory=Frontier)
    _is_whole: bool = True
    _subjects: set[str] = field(default_factory=set)

    def expect(self, heads: Iterable[Checkpoint], name: str) -> None:
        """Take the heads that the log `name` must have passed through, before its entries come."""
        for head in heads:
            if head.origin != name:
                self.tell(FOREIGN_HEAD.at(None, origin=head.origin, name=name))
                continue
            self.heads.setdefault(head.size, []).append(head)
        self._compare()

    def add(
        self, place: int, leaf: bytes, stored: Digest | None
    ) -> tuple[LogEntry | None, tuple[Node, ...]]:
        """Take the next entry with the hash that the tree has for it; gives it, and the subtrees it made.

        Where the two differ the entry is named, and the tree grows by what it had: so the heads
        still say whether the rest is as it was.
        """
        self._pass_over(place)
        hashed, entry = leaf_hash(leaf), read_leaf(leaf)
        if (stored is not None and stored != hashed) or entry is None:
            subject = "?" if entry is None else entry.subject
            self.tell(ENTRY_ALTERED.at(None, place=place, subject=subject))
        if entry is not None:
            self.once(entry)
        self.entries += 1
        self._next = place + 1
        if not self._is_whole:
            return entry, ()
        self._frontier, made = self._frontier.append(stored or hashed)
        self._compare()
        return entry, made

    def once(self, entry: LogEntry) -> None:
        """Take note of what an entry is about, and tell where another one was."""
        if entry.subject in self._subjects:
            self.tell(TWICE.at(None, subject=entry.subject))
        self._subjects.add(entry.subject)

    def body(self, entry: LogEntry, salt: bytes, body: bytes) -> None:
        """Compare a body that is shown with what its entry commits to."""
        self.bodies += 1
        if body_digest(salt, body) != entry.digest:
            self.tell(BODY_ALTERED.at(None, subject=entry.subject))

    def tell(self, one: Diagnostic) -> None:
        """Keep a finding, or count it where there are very many."""
        if len(self.found) < MOST_FINDINGS:
            self.found.append(one)
        else:
            self.beyond += 1

    def finish(self, *, needs_head: bool) -> None:
        """Say what the end of the log shows: whether it reaches every head, and, where one is needed, has one."""
        there = self._next
        for size in sorted(self.heads):
            if size > there:
                self.tell(SHORTER.at(None, size=size, there=there))
        if needs_head and there and not self.heads:
            self.tell(NO_HEAD.at(None))

    def _pass_over(self, place: int) -> None:
        """Name the entries that do not come; after them no head can be compared."""
        if place != self._next:
            self.tell(ENTRY_MISSING.at(None, place=self._next))
            self._is_whole = False

    def _compare(self) -> None:
        size = self._frontier.size
        if not self._is_whole or size not in self.heads:
            return
        root = self._frontier.root()
        if all(head.root == root for head in self.heads[size]):
            self.covered = size
        else:
            self.tell(HEAD_DIFFERS.at(None, size=size, since=self.covered))


def read_leaf(leaf: bytes) -> LogEntry | None:
    """Read the bytes of a leaf as the entry that has exactly these bytes; None for anything else."""
    try:
        entry = LogEntry.model_validate(json.loads(leaf))
    except (ValueError, RecursionError, ValidationError):
        return None
    return entry if leaf_of(entry) == leaf else None
