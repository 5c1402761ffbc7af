"""Checkpoints: the form of signed notes, the one key that counts, and every sign that was altered."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.audit.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_verifier,
    sign_checkpoint,
    verifier_of,
)
from engine.audit.entry import SALT_BYTES, LogEntry, body_digest, leaf_of
from engine.kernel.errors import EvaluationError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
NAME = "evenhand.example/log"
HEAD = Checkpoint("evenhand.example/log", 7, bytes(range(32)))
SIGNED = sign_checkpoint(HEAD, NAME, KEY)


def test_the_form_is_that_of_a_signed_note() -> None:
    assert SIGNED.split("\n")[:4] == [
        "evenhand.example/log",
        "7",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "",
    ]
    assert SIGNED.endswith("=\n")
    assert SIGNED.split("\n")[4].startswith(f"\u2014 {NAME} ")
    assert sign_checkpoint(HEAD, NAME, KEY) == SIGNED


def test_what_was_signed_is_read_again() -> None:
    assert open_checkpoint(SIGNED, verifier_of(NAME, KEY)) == HEAD
    witnessed = SIGNED + "\u2014 witness.example AAAAAAAA\n"
    assert open_checkpoint(witnessed, verifier_of(NAME, KEY)) == HEAD


def test_a_public_key_travels_as_text() -> None:
    verifier = verifier_of(NAME, KEY)
    assert parse_verifier(f"{verifier}\n") == verifier
    name, stated, coded = str(verifier).split("+", 2)
    for wrong in (
        "",
        "a+b",
        f"{name}+00000000+{coded}",
        f"{name}+{stated}+AA==",
        f"x y+{stated}+{coded}",
    ):
        with pytest.raises(EvaluationError, match="AUDIT-CHECKPOINT-001"):
            parse_verifier(wrong)


def test_another_key_is_refused_also_under_the_same_name() -> None:
    for verifier in (verifier_of(NAME, OTHER), verifier_of("other", KEY)):
        with pytest.raises(EvaluationError, match="AUDIT-CHECKPOINT-002"):
            open_checkpoint(SIGNED, verifier)


def test_every_altered_sign_is_noticed() -> None:
    verifier = verifier_of(NAME, KEY)
    for at, sign in enumerate(SIGNED):
        altered = SIGNED[:at] + ("B" if sign != "B" else "C") + SIGNED[at + 1 :]
        with pytest.raises(EvaluationError, match="AUDIT-CHECKPOINT"):
            open_checkpoint(altered, verifier)


@pytest.mark.parametrize("text", ["", "a\n\n", "a\n1\n\nx", "a\n01\nAA==\n\nx", "a\n-1\n\n\n"])
def test_nonsense_is_no_checkpoint(text: str) -> None:
    with pytest.raises(EvaluationError, match="AUDIT-CHECKPOINT-001"):
        open_checkpoint(text, verifier_of(NAME, KEY))


def test_an_entry_has_one_form_however_it_was_made() -> None:
    time = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    digest = body_digest(bytes(SALT_BYTES), b"{}")
    short = LogEntry(kind="decision", subject="d-1", time=time, digest=digest)
    full = LogEntry(
        schema_version="1",
        kind="decision",
        subject="d-1",
        time=time,
        digest=digest,
        used=(),
        previous=None,
    )
    assert leaf_of(short) == leaf_of(full)
    assert leaf_of(short).startswith(b'{"digest":"sha256:')
    assert (
        body_digest(bytes(SALT_BYTES), b"{ }") != digest != body_digest(b"\1" * SALT_BYTES, b"{}")
    )
