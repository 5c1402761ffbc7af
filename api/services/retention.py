"""What no duty keeps any more, and its erasure: the longest duty of any law over each record, and a hold above all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from api.services import demographics
from api.store import people
from api.store.people import holds_on
from api.store.records import clear_rows, has_bodies
from engine.jurisdictions.retention import retained

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.store.people import Deed
    from engine.content import Content
    from engine.jurisdictions.merge import Keep
    from engine.jurisdictions.retention import Due

WHAT = "decision_log"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is not erased, with the law's days for it, if any law has some."""

    id: str
    person: str
    decided_at: dt.datetime
    due: Due | None
    held: bool

    def state(self, day: dt.date) -> str:
        """Say what holds on a day: `held`, `kept` by a duty, `due` to be erased, to `review`, or no `duty` is known."""
        if self.held:
            return "held"
        if self.due is None:
            return "no_duty"
        if not self.due.is_due(day):
            return "kept"
        return "due" if self.due.erase else "review"


def retention(platform: Platform, jurisdictions: Sequence[str], now: dt.datetime) -> Iterator[Kept]:
    """Give every record that is not erased; with no `jurisdictions` every published one counts.

    Raises DocumentError where laws contradict each other or one is not known.
    """
    dues = Dues(platform.snapshot().content, tuple(jurisdictions), now)
    with platform.engine.connect() as connection:
        held = set(holds_on(connection).values())
        for row in clear_rows(connection):
            due = dues.of(row.rule_set, row.version, row.decided_at)
            yield Kept(row.id, row.person, row.decided_at, due, row.person in held)


class Dues:
    """The law's days for records, by the law of a moment; what is asked of it once is not asked again."""

    def __init__(self, content: Content, jurisdictions: tuple[str, ...], now: dt.datetime) -> None:
        self._content, self._now = content, now
        self._named = jurisdictions or tuple(sorted(content.ids("jurisdiction")))
        self._laws: dict[tuple[str, str], Keep | None] = {}

    def of(self, rule_set: str, version: str, decided_at: dt.datetime) -> Due | None:
        """Give the days of a record by what decided it and when; None where no law says any; raises DocumentError."""
        rules = (rule_set, version)
        if rules not in self._laws:
            named = dict.fromkeys((*self._named, *_own(self._content, *rules)))
            self._laws[rules] = self._content.law(named, self._now).retention.get(WHAT)
        keep = self._laws[rules]
        return None if keep is None else retained(decided_at.date(), keep)

    def elsewhere(self) -> list[str]:
        """Name what laws say a length of, and this service keeps nothing of."""
        return sorted(self._content.law(self._named, self._now).retention.keys() - {WHAT})


def due_json(due: Due | None) -> dict[str, Any] | None:
    """Write the days of a record, and the law that they rest on."""
    if due is None:
        return None
    days = {"keep_until": due.keep_until, "gone_by": due.gone_by}
    return {
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
        "then": "erase" if due.erase else "review",
        "cites": [f"{ground.jurisdiction}: {ground.cites}" for ground in due.grounds],
    }


def apply(
    platform: Platform,
    jurisdictions: Sequence[str],
    deed: Deed,
    states: frozenset[str],
    on_records: Callable[[int], None] = lambda _: None,
) -> Counter[str]:
    """Erase the records in one of these `states`, a part at a time, each with its entry of the log.

    Whatever breaks off is taken up by the next run. A hold placed meanwhile wins. Raises DocumentError,
    and NoVaultError where there is a vault that cannot be emptied.
    """
    day, done = deed.at.date(), Counter[str]()
    found = (one for one in retention(platform, jurisdictions, deed.at) if one.state(day) in states)
    while part := list(islice(found, _AT_ONCE)):

        def work(connection: Connection, part: Sequence[Kept] = part) -> int:
            return _erase(connection, platform, part, deed)

        erased = platform.writer.submit(work).result()
        done.update(erased=erased, held=len(part) - erased)
        on_records(len(part))
    if done["erased"]:
        people.forget_pages(platform.engine)
    return done


def _erase(connection: Connection, platform: Platform, part: Sequence[Kept], deed: Deed) -> int:
    cites = sorted({cite for one in part for cite in (due_json(one.due) or {}).get("cites", ())})
    chosen = {one.id: one.person for one in part}
    erased = people.erase_records(connection, chosen, deed, cites, platform.keys)
    for person in sorted({chosen[id_] for id_ in erased}):
        if not has_bodies(connection, person):
            # It was declared for the audit of decisions that are gone.
            demographics.forget(platform.settings, connection, person)
    return len(erased)


def _own(content: Content, rule_set: str, version: str) -> tuple[str, ...]:
    """Give the jurisdictions that a rule set names; a record that was imported has no rules here."""
    for loaded in content.versions.get(("rule_set", rule_set), ()):
        if loaded.document.version == version:
            return tuple(loaded.document.jurisdictions)
    return ()
