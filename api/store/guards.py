"""What the database itself refuses about versions and approvals, whoever asks: triggers on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import DDL, event

from api.store.tables import approvals, documents, metadata, publishing_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

__all__ = ["GUARDS", "Guard", "metadata", "statements"]

_FIXED = ("kind", "name", "version", "hash", "digest", "files", "author", "published_at")


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses a change of a row of `table` when `condition` holds; both databases read it alike.

    `PUBLISHED` stands for the states of a version that is published.
    """

    name: str
    table: Table
    when: Literal["insert", "update", "delete"]
    condition: str
    message: str


GUARDS = (
    Guard(
        "documents_published_stays",
        documents,
        "update",
        "old.status in PUBLISHED and (new.status not in PUBLISHED or "
        + " or ".join(f"new.{name} <> old.{name}" for name in _FIXED)
        + ")",
        "a published version never changes",
    ),
    Guard(
        "documents_published_kept",
        documents,
        "delete",
        "old.status in PUBLISHED",
        "a published version is kept for ever",
    ),
    Guard(
        "documents_approved",
        documents,
        "update",
        """old.status not in PUBLISHED and new.status in PUBLISHED and (
            old.status <> 'submitted' or (
                select count(*) from approvals a
                where a.document = new.id and a.hash = new.hash
                  and a.digest = new.digest and a.author = new.author
            ) < new.needs)""",
        "a version is published only when enough others approved it as it is",
    ),
    Guard(
        "documents_begin",
        documents,
        "insert",
        # The first revision ends the beginning, in which a folder is taken over as it is.
        "new.status in PUBLISHED and exists (select 1 from revisions)",
        "a version begins as a draft",
    ),
    Guard(
        "documents_discarded",
        documents,
        "update",
        "new.discarded_at is not null and (new.status <> 'draft' or new.shadow_since is not null)",
        "only a draft is discarded, and takes no step until it is written again",
    ),
    Guard(
        "documents_needs",
        documents,
        "update",
        "old.status <> 'draft' and new.status <> 'draft' and new.needs < old.needs",
        "the number of those who must approve does not fall",
    ),
    Guard(
        "approvals_by_others",
        approvals,
        "insert",
        """new.approver = new.author or exists (
            select 1 from publishing_events e
            where e.document = new.document and e.verb = 'drafted' and e.who = new.approver)""",
        "who wrote a version does not approve it",
    ),
    Guard(
        "approvals_of_what_is",
        approvals,
        "insert",
        """not exists (
            select 1 from documents d
            where d.id = new.document and d.status = 'submitted' and d.hash = new.hash
              and d.digest = new.digest and d.author = new.author)""",
        "an approval names a submitted version as it is",
    ),
    Guard("approvals_stand", approvals, "update", "1 = 1", "an approval is not edited"),
    Guard(
        "approvals_kept",
        approvals,
        "delete",
        """exists (
            select 1 from documents d where d.id = old.document and d.status in PUBLISHED)""",
        "the approvals of a published version are kept",
    ),
    Guard(
        "waivers_by_others",
        publishing_events,
        "insert",
        """new.verb = 'waived' and (trim(new.who) = '' or trim(new.reason) = '' or exists (
            select 1 from publishing_events e
            where e.document = new.document and e.verb = 'drafted' and e.who = new.who))""",
        "a waiver has a name and a reason, and is not given by who wrote the version",
    ),
    Guard("events_stand", publishing_events, "update", "1 = 1", "history is not edited"),
    Guard("events_kept", publishing_events, "delete", "1 = 1", "history is kept"),
)


def statements(dialect: Literal["sqlite", "postgresql"], guard: Guard) -> Iterator[str]:
    """Write a guard in the language of a database."""
    condition = guard.condition.replace("PUBLISHED", "('published', 'suspended')")
    head = f"create trigger {guard.name} before {guard.when} on {guard.table.name}"
    if dialect == "sqlite":
        yield (
            f"{head} for each row when {condition} "
            f"begin select raise(abort, '{guard.message}'); end"
        )
        return
    row = "old" if guard.when == "delete" else "new"
    yield (
        f"create or replace function {guard.name}() returns trigger language plpgsql as $$ "
        f"begin if {condition} then "
        f"raise exception '{guard.message}' using errcode = 'check_violation'; end if; "
        f"return {row}; end $$"
    )
    yield f"{head} for each row execute function {guard.name}()"


def _listen() -> None:
    """Make the triggers with their tables."""
    for guard in GUARDS:
        for dialect in ("sqlite", "postgresql"):
            for statement in statements(dialect, guard):
                made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
                event.listen(guard.table, "after_create", made)


_listen()
