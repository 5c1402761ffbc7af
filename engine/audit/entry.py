"""One entry of the log: what is committed to, without any personal datum, and in what bytes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from engine.kernel.canonical import ContentHash, canonical_json, content_hash
from engine.kernel.documents import Instant, Shape

EntryKind: TypeAlias = Literal[
    "decision",
    "publication",
    "approval",
    "suspension",
    "erasure",
    "export",
    "key_change",
    "sensitive_read",
    "import",
    "migration",
    "hold",
    "exception",
    "link",
    "unlink",
    "retention",
]


class LogEntry(Shape):
    """An event in the life of the service, as the tree commits to it.

    `subject` names the record (a decision's id, a version); `digest` is over the salt and the body
    that stand elsewhere; `used` are the hashes of the documents; `previous` is the digest of the
    entry before it of the same case, where there is one.
    """

    schema_version: Literal["1"] = "1"
    kind: EntryKind
    subject: str
    time: Instant
    digest: ContentHash
    used: tuple[ContentHash, ...] = ()
    previous: ContentHash | None = None


def leaf_of(entry: LogEntry) -> bytes:
    """Give the bytes of an entry that become a leaf: RFC 8785 JSON with every key."""
    return canonical_json(entry.model_dump(mode="json"))


SALT_BYTES = 32


def body_digest(salt: bytes, body: bytes) -> ContentHash:
    """Commit to a body by SHA-256 over a salt of `SALT_BYTES` and itself: without the salt nothing can be guessed."""
    return content_hash(salt + body)
