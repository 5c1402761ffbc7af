"""The log as its readers see it: the signed head, its key, proofs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlalchemy.exc import NoResultFound

from api.services.decide import NothingLikeItError
from api.store import ledger
from api.store.database import is_sqlite
from api.store.events import Event, note
from api.store.examine import Examined, examine
from api.store.heads import keep_head, kept_head
from api.store.keys import AlteredError, ErasedError
from api.store.records import open_body, with_keys
from engine.audit.bundle import checkpoint_line, end_line, entry_line, head_line
from engine.audit.checkpoint import open_checkpoint, verifier_of
from engine.audit.merkle import OUT_OF_TREE
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from api.services.platform import Platform


def signed_head(platform: Platform, now: dt.datetime) -> str:
    """Give the signed head of the log as it is; raises AlteredError where it did not grow from the last one."""
    folder, origin = platform.settings.data_dir, platform.settings.origin
    connecting = platform.engine.connect().execution_options(writes=True)
    with connecting as connection, connection.begin():
        last, since = kept_head(folder), 0
        if last is not None:
            before = open_checkpoint(last, verifier_of(origin, platform.keys.signing))
            if not ledger.has_grown_from(connection, before):
                raise AlteredError("log")
            since = before.size
        signed = ledger.sign_head(connection, origin, platform.keys, now, since)
    keep_head(folder, signed)
    return signed


def public_key(platform: Platform) -> str:
    """Give the key that the heads are signed with, as `name+hash+key`."""
    return str(verifier_of(platform.settings.origin, platform.keys.signing))


def proof_of(platform: Platform, subject: str) -> dict[str, object]:
    """Prove that the entry about a record is in the log, erased or not; raises NothingLikeItError."""
    with platform.engine.connect() as connection:
        try:
            return ledger.prove_entry(connection, subject)
        except NoResultFound:
            raise NothingLikeItError(subject) from None


def proof_of_growth(platform: Platform, old: int, size: int | None) -> dict[str, object]:
    """Prove that the log of `old` entries is the beginning of that of `size`, or of all; raises EvaluationError."""
    with platform.engine.connect() as connection:
        there = ledger.size_of(connection)
        whole = there if size is None else size
        if whole > there:
            raise EvaluationError(OUT_OF_TREE.at(None, asked=f"size {whole}", size=there))
        return {"old": old, "size": whole, "proof": ledger.prove_growth(connection, old, whole)}


def examined(
    platform: Platform,
    anchors: Iterable[str] = (),
    on_entries: Callable[[int], None] = lambda _: None,
) -> Examined:
    """Look through the live database; the head that is kept beside the keys counts as an anchor, too."""
    verifier = verifier_of(platform.settings.origin, platform.keys.signing)
    last = kept_head(platform.settings.data_dir)
    known = [*anchors, *([] if last is None else [last])]
    # One moment of the database, also while the service goes on.
    level = {} if is_sqlite(platform.engine) else {"isolation_level": "REPEATABLE READ"}
    with platform.engine.connect().execution_options(**level) as connection:
        return examine(connection, platform.keys, verifier, known, on_entries)


# --- the bundle ----------------------------------------------------------------------------------

_AT_ONCE = 2_000


def note_bundle(platform: Platform, by: str, now: dt.datetime, *, bodies: bool) -> None:
    """Log that the log is about to be given away; with bodies that is a reading of all there are."""

    def work(connection: Connection) -> None:
        facts = {"what": "log", "bodies": bodies}
        note(
            connection,
            Event("sensitive_read" if bodies else "export", by, now, facts),
            platform.keys,
        )

    platform.writer.submit(work).result()


def bundle(platform: Platform, now: dt.datetime, *, bodies: bool) -> Iterator[str]:
    """Write the log up to a head that is signed for it, a line a thing, without ever holding it whole."""
    verifier = verifier_of(platform.settings.origin, platform.keys.signing)
    size = open_checkpoint(signed_head(platform, now), verifier).size
    yield head_line(verifier)
    with platform.engine.connect() as connection:
        heads = ledger.signed_heads(connection, size)
    yield from map(checkpoint_line, heads)
    count = 0
    for first in range(0, size, _AT_ONCE):
        with platform.engine.connect() as connection:
            rows = ledger.entries_from(connection, first, min(size, first + _AT_ONCE))
            shown = _bodies(connection, platform, [row.subject for row in rows]) if bodies else {}
        count += len(rows)
        for row in rows:
            stored = None if row.digest is None else bytes(row.digest)
            yield entry_line(row.place, bytes(row.leaf), stored, shown.get(row.subject))
    with platform.engine.connect() as connection:
        waiting = ledger.waiting_leaves(connection)
    yield from (entry_line(None, leaf, None) for leaf in waiting)
    yield end_line(len(heads), count, len(waiting))


def _bodies(
    connection: Connection, platform: Platform, subjects: list[str]
) -> dict[str, tuple[bytes, bytes]]:
    """Open the bodies of decisions that can be opened; of those that were erased nothing is given."""
    found = {}
    for row in connection.execute(with_keys(subjects)):
        with contextlib.suppress(ErasedError, AlteredError):
            found[row.id] = open_body(row, platform.keys)
    return found
