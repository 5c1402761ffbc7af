"""Demographics: declared by people, given back to them, and joined with outcomes for the audit alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from api.store.events import Event, note
from api.store.records import latest_of_each
from api.store.vault import opened_vault

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.settings import Settings

UNKNOWN = "unknown"


def declare(settings: Settings, person: str, facts: Mapping[str, str]) -> None:
    """Keep what a person declares of themselves; what they declared before is gone."""
    with opened_vault(settings.url(), settings.data_dir) as vault:
        vault.declare(person, facts)


def forget(settings: Settings, person: str) -> None:
    """Delete what a person declared."""
    with opened_vault(settings.url(), settings.data_dir) as vault:
        vault.forget(person)


def declared(settings: Settings, person: str) -> dict[str, str] | None:
    """Give what a person declared, for themselves."""
    with opened_vault(settings.url(), settings.data_dir) as vault:
        return vault.of([person]).get(person)


def outcomes_by_group(
    platform: Platform, rule_set: str, attribute: str, by: str, now: dt.datetime
) -> dict[str, dict[str, int]]:
    """Count the outcomes of a rule set by group: the latest of each person, who declared nothing as `unknown`.

    Erased records cannot be counted. The reading is logged before anything is given.
    """

    def work(connection: Connection) -> None:
        facts = {"what": "demographics", "attribute": attribute, "rule_set": rule_set}
        note(connection, Event("sensitive_read", by, now, facts), platform.keys)

    platform.writer.submit(work).result()
    with platform.engine.connect() as connection:
        outcomes = latest_of_each(connection, platform.keys, rule_set)
    with opened_vault(platform.settings.url(), platform.settings.data_dir) as vault:
        groups = vault.of(outcomes)
    counted: dict[str, Counter[str]] = {}
    for person, outcome in outcomes.items():
        group = groups.get(person, {}).get(attribute, UNKNOWN)
        counted.setdefault(group, Counter())[outcome] += 1
    return {group: dict(sorted(counts.items())) for group, counts in sorted(counted.items())}
