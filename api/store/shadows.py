"""What versions without effect came to beside the decisions that were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select, tuple_

from api.store.marks import write
from api.store.tables import decisions, shadow_answers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from sqlalchemy import Connection, Row, Select

    from api.store.drafts import Page
    from api.store.keys import Keys


@dataclass(frozen=True, slots=True)
class ShadowAnswer:
    """What one version came to: the same as the one in force, or which parts differ."""

    document: int
    digest: str
    in_force: str
    shadow: str
    differs: tuple[str, ...]


def keep_shadows(
    connection: Connection, made: Mapping[str, Sequence[ShadowAnswer]], keys: Keys
) -> None:
    """Write the comparisons beside decisions, by the decision's id."""
    rows = [
        {
            "decision": decision,
            "document": one.document,
            "digest": one.digest,
            "same": not one.differs,
            "in_force": one.in_force,
            "shadow": one.shadow,
            "differs": " ".join(one.differs)[:1000],
        }
        for decision, beside in made.items()
        for one in beside
    ]
    if rows:
        write(connection, keys, shadow_answers, *rows)


def counted_beside(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """Count what versions in shadow came to beside some decisions."""
    one = shadow_answers.c
    query = (
        select(one.decision, func.count()).where(one.decision.in_(list(ids))).group_by(one.decision)
    )
    return {row[0]: row[1] for row in connection.execute(query)} if ids else {}


def agreement_of(connection: Connection, document: int, digest: str) -> Sequence[Row[Any]]:
    """Count a version's answers, as it is, by what the one in force came to and what it came to itself."""
    one = shadow_answers.c
    query = (
        select(
            one.in_force,
            one.shadow,
            func.count().label("answers"),
            func.sum(case((one.same, 1), else_=0)).label("same"),
        )
        .where(one.document == document, one.digest == digest)
        .group_by(one.in_force, one.shadow)
        .order_by(func.count().desc(), one.in_force, one.shadow)
    )
    return connection.execute(query).all()


def differing_parts(connection: Connection, document: int, digest: str) -> dict[str, int]:
    """Count how often each part of the answer differed."""
    one = shadow_answers.c
    query = (
        select(one.differs, func.count())
        .where(one.document == document, one.digest == digest, ~one.same)
        .group_by(one.differs)
    )
    counts: dict[str, int] = {}
    for parts, count in connection.execute(query):
        for part in parts.split():
            counts[part] = counts.get(part, 0) + count
    return dict(sorted(counts.items()))


def differing_decisions(
    connection: Connection, document: int, digest: str, page: Page
) -> Sequence[Row[Any]]:
    """List the decisions to which a version answered otherwise, those alike together; `after` is the id of one."""
    one = shadow_answers.c
    order = (one.in_force, one.shadow, one.decision)
    there = (one.document == document, one.digest == digest, ~one.same)
    query: Select[Any] = (
        select(*order, one.differs, decisions.c.decided_at).join(decisions).where(*there)
    )
    if page.after:
        last = select(*order).where(*there, one.decision == page.after)
        query = query.where(tuple_(*order) > last.scalar_subquery())
    return connection.execute(query.order_by(*order).limit(page.limit)).all()
