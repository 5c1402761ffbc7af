"""Demographics: declared by people, given back to them, and joined with outcomes for the audit alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.services.decide import unmarked
from api.store.events import Event, note
from api.store.records import key_of, latest_of_each
from api.store.vault import is_there, opened_vault
from engine.analysis.groups import LEAST, UNKNOWN, Comparison, above_median, compare
from engine.kernel.decimals import parse_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.settings import Settings
    from api.store.vault import Vault

__all__ = ["LEAST", "Asked", "NoVaultError", "declare", "declared", "forget", "outcomes_by_group"]


class NoVaultError(RuntimeError):
    """Raised where nothing says by which role the vault is reached."""


def declare(platform: Platform, person: str, facts: Mapping[str, str]) -> None:
    """Keep what a person declares of themselves; what they declared before is gone; raises NoVaultError, ErasedError.

    Who declares is known from then on: it can be exported, and is erased with them.
    """

    def work(connection: Connection) -> None:
        key_of(connection, person, platform.keys)
        with _vault(platform.settings) as vault:
            vault.declare(person, facts)

    platform.writer.submit(work).result()


def forget(settings: Settings, connection: Connection, person: str) -> None:
    """Delete what a person declared; raises NoVaultError where there is a vault that cannot be reached."""
    if settings.vault() is None and not is_there(connection):
        return
    with _vault(settings) as vault:
        vault.forget(person)


def declared(settings: Settings, connection: Connection, person: str) -> dict[str, str] | None:
    """Give what a person declared, for themselves; raises NoVaultError as `forget` does."""
    if settings.vault() is None and not is_there(connection):
        return None
    with _vault(settings) as vault:
        return vault.of([person]).get(person)


def _vault(settings: Settings) -> AbstractContextManager[Vault]:
    url = settings.vault()
    if url is None:
        raise NoVaultError
    return opened_vault(url, settings.data_dir)


# --- the audit -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared: by which rule set, between the groups of what, and which outcomes are the favourable ones.

    `score` is the input or outcome whose median parts the scoring rate; groups under `least` are not told.
    """

    rule_set: str
    attribute: str
    selected: tuple[str, ...]
    score: str | None = None
    least: int = LEAST


def outcomes_by_group(
    platform: Platform, asked: Asked, by: str, now: dt.datetime
) -> dict[str, Any]:
    """Compare the outcomes of a rule set between groups: the latest of each person, who declared nothing as `unknown`.

    Erased records cannot be counted. The reading is logged before anything is given. Raises NoVaultError.
    """
    with _vault(platform.settings):
        pass  # before it is logged that anything was read

    def work(connection: Connection) -> None:
        facts = {
            "what": "demographics",
            "attribute": asked.attribute,
            "rule_set": asked.rule_set,
        }
        note(connection, Event("sensitive_read", by, now, facts), platform.keys)

    platform.writer.submit(work).result()
    with platform.engine.connect() as connection:
        latest = latest_of_each(connection, platform.keys, asked.rule_set)
    with _vault(platform.settings) as vault:
        facts = vault.of(latest)
    groups = {one: facts.get(one, {}).get(asked.attribute, UNKNOWN) for one in latest}
    outcomes = {one: _outcome(body["decision"]) for one, body in latest.items()}
    chosen = frozenset(one for one, outcome in outcomes.items() if outcome in asked.selected)
    selection = _compared(groups, chosen, asked.least)
    told = {one.name for one in selection.groups}
    counted: dict[str, Counter[str]] = {name: Counter() for name in sorted(told)}
    for person, outcome in outcomes.items():
        if groups[person] in told:
            counted[groups[person]][outcome] += 1
    return {
        "people": len(latest),
        "unknown": sum(group == UNKNOWN for group in groups.values()) if UNKNOWN in told else None,
        "outcomes": {name: dict(sorted(counts.items())) for name, counts in counted.items()},
        "selection": _shown(selection),
        "scoring": _scoring(asked, latest, groups),
    }


def _scoring(
    asked: Asked, latest: Mapping[str, dict[str, Any]], groups: Mapping[str, str]
) -> dict[str, Any] | None:
    """Compare who scored above the median of all; None where nothing is asked for, or nobody has that number."""
    if asked.score is None:
        return None
    scores: dict[str, Decimal] = {}
    for person, body in latest.items():
        known = {**unmarked(body["inputs"]), **body["decision"]["outcomes"]}
        value = known.get(asked.score)
        number = parse_number(value) if isinstance(value, str) else value
        if isinstance(number, (int, Decimal)) and not isinstance(number, bool):
            scores[person] = Decimal(number)
    if not scores:
        return None
    whose = {one: groups[one] for one in scores}
    return _shown(_compared(whose, above_median(scores), asked.least))


def _compared(groups: Mapping[str, str], favoured: frozenset[str], least: int) -> Comparison:
    whole, best = Counter(groups.values()), Counter(groups[one] for one in favoured)
    return compare({name: (count, best[name]) for name, count in whole.items()}, least)


def _shown(found: Comparison) -> dict[str, Any]:
    """Write a comparison as JSON data; rates are exact fractions as texts."""
    return {
        "people": found.count,
        "groups": [
            {
                "group": one.name,
                "people": one.count,
                "favoured": one.favoured,
                "rate": str(one.rate),
                "ratio": None if one.ratio is None else str(one.ratio),
                "below_four_fifths": one.below,
            }
            for one in found.groups
        ],
        "suppressed": list(found.suppressed),
    }


def _outcome(decision: Any) -> str:  # noqa: ANN401 - JSON data
    return str(decision["outcomes"].get("outcome", decision["status"]))
