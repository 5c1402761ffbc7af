"""Signed tree heads as text (C2SP checkpoint in a signed note): what is anchored outside and compared later."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.kernel.diagnostics import Code, Phrase
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MALFORMED = Code(
    "AUDIT-CHECKPOINT-001",
    "this is no signed checkpoint: {problem}",
    "不是签名检查点：{problem}",
    "take it as the service gave it, with its last line",
    "请保留服务给出的原文，包括最后一行",
)
NOT_SIGNED = Code(
    "AUDIT-CHECKPOINT-002",
    "the checkpoint bears no valid signature of `{name}`",
    "检查点没有 `{name}` 的有效签名",
    "it was altered, or signed by another key: compare the key with the one that you were given",
    "检查点被改动或由其他密钥签署：请与您持有的公钥核对",
)

_KEY = Phrase("the key and its hash do not fit", "密钥与其摘要不符")
_FORM = Phrase("lines are missing", "缺少行")
_HEAD = Phrase("the size or the root cannot be read", "无法读取大小或根")
_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a signing key under its name: `name+hash+key`, as signed notes write it."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """Give the four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_text(_ED25519 + self.key)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one moment: whose it is, how many entries it has, their root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Give the text that is signed: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n"


def parse_verifier(text: str) -> Verifier:
    """Read `name+hash+key`; raises EvaluationError where the hash is not the key's."""
    name, _, rest = text.strip().partition("+")
    stated, _, coded = rest.partition("+")
    raw = _bytes(coded)
    verifier = Verifier(name, raw[1:])
    if not _NAME.fullmatch(name) or raw[:1] != _ED25519 or verifier.id.hex() != stated:
        raise EvaluationError(MALFORMED.at(None, problem=_KEY))
    return verifier


def verifier_of(name: str, key: Ed25519PrivateKey) -> Verifier:
    """Give the public half of a signing key."""
    return Verifier(name, key.public_key().public_bytes_raw())


def sign_checkpoint(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """Write and sign a checkpoint; the same head and key give the same text (RFC 8032)."""
    body = checkpoint.body()
    signature = verifier_of(name, key).id + key.sign(body.encode())
    return f"{body}\n\u2014 {name} {_text(signature)}\n"


def open_checkpoint(text: str, verifier: Verifier) -> Checkpoint:
    """Read a checkpoint and check its signature; other signatures on it are passed over.

    Raises EvaluationError for what is none, or is not signed by this key.
    """
    body, separator, signatures = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size, root
        raise EvaluationError(MALFORMED.at(None, problem=_FORM))
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or len(_bytes(root)) != hashlib.sha256().digest_size:
        raise EvaluationError(MALFORMED.at(None, problem=_HEAD))
    for line in signatures.split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, coded = rest.partition(" ")
        if dash == "\u2014" and name == verifier.name and _signs(verifier, f"{body}\n", coded):
            return Checkpoint(origin, int(size), _bytes(root))
    raise EvaluationError(NOT_SIGNED.at(None, name=verifier.name))


def _signs(verifier: Verifier, body: str, coded: str) -> bool:
    raw = _bytes(coded)
    if raw[:4] != verifier.id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(raw[4:], body.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    """Decode base64 in its one canonical form; anything else is nothing."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if _text(raw) == text else b""
