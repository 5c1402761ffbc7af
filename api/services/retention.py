"""Which records no duty keeps any more: the longest duty of any law over each, and a hold above all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.store.people import holds_on
from api.store.records import clear_rows
from engine.jurisdictions.retention import retained

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from api.services.platform import Platform
    from engine.content import Content
    from engine.jurisdictions.merge import Keep
    from engine.jurisdictions.retention import Due

WHAT = "decision_log"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is not erased, with the law's days for it, if any law has some."""

    id: str
    person: str
    decided_at: dt.datetime
    due: Due | None
    held: bool

    def state(self, day: dt.date) -> str:
        """Say what holds on a day: `held`, `kept` by a duty, `due` to be erased or looked at, or no `duty` is known."""
        if self.held:
            return "held"
        if self.due is None:
            return "no_duty"
        return "due" if self.due.is_due(day) else "kept"


def retention(platform: Platform, jurisdictions: Sequence[str], now: dt.datetime) -> Iterator[Kept]:
    """Give every record that is not erased; with no `jurisdictions` every published one counts.

    Raises DocumentError where laws contradict each other or one is not known.
    """
    content = platform.snapshot().content
    named = tuple(jurisdictions) or tuple(sorted(content.ids("jurisdiction")))
    laws: dict[tuple[str, str], Keep | None] = {}
    with platform.engine.connect() as connection:
        held = set(holds_on(connection).values())
        for row in clear_rows(connection):
            rules = (row.rule_set, row.version)
            if rules not in laws:
                laws[rules] = _keep(content, (*named, *_own(content, *rules)), now)
            keep = laws[rules]
            due = None if keep is None else retained(row.decided_at.date(), keep)
            yield Kept(row.id, row.person, row.decided_at, due, row.person in held)


def _keep(content: Content, jurisdictions: tuple[str, ...], now: dt.datetime) -> Keep | None:
    return content.law(dict.fromkeys(jurisdictions), now).retention.get(WHAT)


def _own(content: Content, rule_set: str, version: str) -> tuple[str, ...]:
    """Give the jurisdictions that a rule set names; a record that was imported has no rules here."""
    for loaded in content.versions.get(("rule_set", rule_set), ()):
        if loaded.document.version == version:
            return tuple(loaded.document.jurisdictions)
    return ()
