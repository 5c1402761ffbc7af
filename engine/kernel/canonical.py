"""The identity of content: SHA-256 over RFC 8785 canonical JSON."""

from __future__ import annotations

import hashlib
import json
import re
from typing import NewType

import rfc8785

ContentHash = NewType("ContentHash", str)
"""`sha256:` and 64 hexadecimal digits."""


_SURROGATE = re.compile(r"[\ud800-\udfff]")
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical_json(value: object) -> bytes:
    """Write JSON data (strings, booleans, small integers, lists, string-keyed dicts) as RFC 8785 bytes."""
    # Nearly all that we write has one form only, and for that the standard library is several times
    # as fast. What has more, a number or the order of keys beyond ASCII, is left to who knows it.
    if _has_one_form(value):
        return _write(value).encode()
    return rfc8785.dumps(value)  # type: ignore[arg-type]


def _has_one_form(value: object) -> bool:
    """Whether RFC 8785 leaves no more to say than sorted keys: no numbers, plain keys, whole text."""
    if isinstance(value, str):
        return value.isascii() or not _SURROGATE.search(value)
    if isinstance(value, dict):
        return all(
            isinstance(key, str) and key.isascii() and _has_one_form(one)
            for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        return all(map(_has_one_form, value))
    return isinstance(value, bool) or value is None


def content_hash(canonical: bytes) -> ContentHash:
    """Name canonical bytes by their SHA-256."""
    return ContentHash(f"sha256:{hashlib.sha256(canonical).hexdigest()}")
