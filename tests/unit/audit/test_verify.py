"""A bundle on its own: it holds as it was written, and no single alteration of it passes."""

from __future__ import annotations

import datetime as dt
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audit.bundle import (
    checkpoint_line,
    end_line,
    entry_line,
    head_line,
    verify_bundle,
)
from engine.audit.checkpoint import Checkpoint, sign_checkpoint, verifier_of
from engine.audit.entry import LogEntry, body_digest, leaf_of
from engine.audit.merkle import Frontier, leaf_hash
from engine.audit.verify import MOST_FINDINGS
from engine.kernel.errors import DocumentError, EvaluationError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "example.org/log"
VERIFIER = verifier_of(NAME, KEY)
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def written(size: int, heads: set[int], name: str = NAME) -> list[str]:
    """The lines of a log of `size` entries that was signed at some sizes."""
    frontier, entries, signed = Frontier(), [], []
    for place in range(size + 1):
        if place in heads or place == size:
            head = Checkpoint(name, place, frontier.root())
            signed.append(checkpoint_line(sign_checkpoint(head, NAME, KEY)))
        if place < size:
            salt, body = bytes([place]) * 32, b'{"n":%d}' % place
            entry = LogEntry(
                kind="decision", subject=f"d{place}", time=NOW, digest=body_digest(salt, body)
            )
            leaf = leaf_of(entry)
            frontier, _ = frontier.append(leaf_hash(leaf))
            entries.append(entry_line(place, leaf, leaf_hash(leaf), (salt, body)))
    return [head_line(VERIFIER), *signed, *entries, end_line(len(signed), size, 0)]


def holds(lines: list[str]) -> bool:
    try:
        return verify_bundle(lines, VERIFIER).holds
    except (DocumentError, EvaluationError):
        return False


@settings(max_examples=60)
@given(st.integers(0, 40), st.sets(st.integers(0, 40), max_size=5))
def test_what_was_written_holds(size: int, heads: set[int]) -> None:
    verdict = verify_bundle(written(size, heads), VERIFIER)
    assert verdict.holds
    assert (verdict.check.covered, verdict.check.bodies) == (size, size)


@settings(max_examples=150)
@given(st.integers(2, 20), st.data())
def test_no_line_is_altered_moved_or_left_out_unseen(size: int, data: st.DataObject) -> None:
    lines = written(size, {size // 2})
    at = data.draw(st.integers(1, len(lines) - 1))
    match data.draw(st.sampled_from(["drop", "twice", "swap", "alter"])):
        case "drop":
            spoilt = lines[:at] + lines[at + 1 :]
        case "twice":
            spoilt = lines[: at + 1] + lines[at:]
        case "swap":
            spoilt = [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]
        case _:
            line = lines[at]
            spot = data.draw(st.integers(0, len(line) - 2))
            other = data.draw(st.characters(codec="ascii").filter(lambda c: c != line[spot]))
            spoilt = [*lines[:at], line[:spot] + other + line[spot + 1 :], *lines[at + 1 :]]
    assert not holds(spoilt) or meaning(spoilt) == meaning(lines)


def meaning(lines: list[str]) -> list[object]:
    """What the lines say: JSON may be written in other ways, heads may stand in any order."""
    read: list[dict[str, object]] = [json.loads(line) for line in lines]
    heads = sorted(json.dumps(one) for one in read if "head" in one)
    return [heads, *(one for one in read if "head" not in one)]


def test_a_head_of_another_log_does_not_count() -> None:
    lines = written(3, set(), name="example.org/other")
    assert {one.code.id for one in verify_bundle(lines, VERIFIER).check.found} == {
        "AUDIT-LOG-006",
        "AUDIT-LOG-007",
    }


def test_very_many_findings_are_counted() -> None:
    lines = written(MOST_FINDINGS + 30, set())
    spoilt = [line.replace('\\"decision\\"', '\\"export\\"') for line in lines]
    check = verify_bundle(spoilt, VERIFIER).check
    assert (len(check.found), check.beyond) == (MOST_FINDINGS, 30)
    # The tree grows by the hashes that it had: the head says that nothing else was altered.
    assert check.covered == check.entries
