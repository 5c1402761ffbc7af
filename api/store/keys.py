"""Keys outside the database, and what is encrypted under them: one key a person, wrapped by the master key."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from pathlib import Path

_NONCE, _KEY = 12, 32
MASTER, SIGNING = "master.key", "signing.key"


class ErasedError(LookupError):
    """Raised for what was encrypted with a key that was destroyed."""


class AlteredError(ValueError):
    """Raised for what does not decrypt: it, its key or its place was altered."""


class WrongKeysError(ValueError):
    """Raised for keys that are none, or not those of the database; the argument names the file."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The master key, which wraps those of people, and the key that signs the log's heads."""

    master: bytes
    signing: Ed25519PrivateKey

    def wrap(self, person: str, key: bytes) -> bytes:
        """Encrypt a person's key; it opens only as that person's."""
        return seal(self.master, key, f"person:{person}")

    def unwrap(self, person: str, wrapped: bytes | None) -> bytes:
        """Give a person's key; raises ErasedError when it was destroyed."""
        if wrapped is None:
            raise ErasedError(person)
        return unseal(self.master, wrapped, f"person:{person}")

    def mark(self, said: bytes) -> bytes:
        """Vouch for what a row says (HMAC-SHA256, RFC 2104): who has not the master key cannot."""
        own = hmac.digest(self.master, b"evenhand:rows", "sha256")
        return hmac.digest(own, said, "sha256")


def open_keys(folder: Path) -> Keys:
    """Read the keys of a data folder, or make them at the first start; only the owner can read them.

    Raises WrongKeysError for a file that holds no key.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    master, signing = (
        kept_secret(folder / name, secrets.token_bytes(_KEY)) for name in (MASTER, SIGNING)
    )
    return Keys(master, Ed25519PrivateKey.from_private_bytes(signing))


def new_key() -> bytes:
    """Make a key."""
    return secrets.token_bytes(_KEY)


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Encrypt for one place (AES-256-GCM): moved elsewhere, it does not open."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """Decrypt what was sealed for this place; raises AlteredError."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError, TypeError) as error:
        raise AlteredError(place) from error


def kept_secret(path: Path, fresh: bytes) -> bytes:
    """Read a secret that only the owner can read, or write it whole before anybody can see it."""
    if not path.exists():
        draft = path.with_suffix(f".{secrets.token_hex(8)}.part")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        # Of two who start together the first one's counts: a link takes no other's place.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    found = path.read_bytes()
    if len(found) != len(fresh):
        raise WrongKeysError(path.name)
    return found
