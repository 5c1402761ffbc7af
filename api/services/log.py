"""The log as its readers see it: the signed head, its key, proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.store import ledger
from engine.audit.checkpoint import verifier_of
from engine.audit.merkle import OUT_OF_TREE
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    import datetime as dt

    from api.services.platform import Platform


def signed_head(platform: Platform, now: dt.datetime) -> str:
    """Give the signed head of the log as it is."""
    connecting = platform.engine.connect().execution_options(writes=True)
    with connecting as connection, connection.begin():
        return ledger.sign_head(connection, platform.settings.origin, platform.keys.signing, now)


def public_key(platform: Platform) -> str:
    """Give the key that the heads are signed with, as `name+hash+key`."""
    return str(verifier_of(platform.settings.origin, platform.keys.signing))


def proof_of(platform: Platform, subject: str) -> dict[str, object]:
    """Prove that the entry about a record is in the log."""
    with platform.engine.connect() as connection:
        return ledger.prove_entry(connection, subject)


def proof_of_growth(platform: Platform, old: int, size: int | None) -> dict[str, object]:
    """Prove that the log of `old` entries is the beginning of that of `size`, or of all; raises EvaluationError."""
    with platform.engine.connect() as connection:
        there = ledger.size_of(connection)
        whole = there if size is None else size
        if whole > there:
            raise EvaluationError(OUT_OF_TREE.at(None, asked=f"size {whole}", size=there))
        return {"old": old, "size": whole, "proof": ledger.prove_growth(connection, old, whole)}
