"""The identity of content: SHA-256 over RFC 8785 canonical JSON."""

from __future__ import annotations

import hashlib
from typing import NewType

import rfc8785

ContentHash = NewType("ContentHash", str)
"""`sha256:` and 64 hexadecimal digits."""


def canonical_json(value: object) -> bytes:
    """Write JSON data (strings, booleans, small integers, lists, string-keyed dicts) as RFC 8785 bytes."""
    return rfc8785.dumps(value)  # type: ignore[arg-type]


def content_hash(canonical: bytes) -> ContentHash:
    """Name canonical bytes by their SHA-256."""
    return ContentHash(f"sha256:{hashlib.sha256(canonical).hexdigest()}")
