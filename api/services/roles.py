"""What each role may do and see: two tables, read whole in a minute, and nothing else that decides on access."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.hiring.masking import SENSITIVE, Kind, Shown, Sight

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPES = {
    "decide": "decide cases and record them",
    "plan": "draw plans for scores, and anew from results",
    "read": "read recorded decisions",
    "own": "read why the decisions of one's own case are so; for a session that is bound to a case",
    "audit": "read the log, prove and replay",
    "author": "write drafts of documents and submit them",
    "approve": "approve, reject and waive what others wrote",
    "publish": "publish, suspend and resume documents, and run them in shadow",
    "people": "keep external ids, export, hold and erase people",
    "sensitive": "read sensitive fields in the clear; every reading is logged",
    "demographics": "write what people declare of themselves",
    "fairness": "count outcomes by what people declared",
    "exceptions": "approve exceptions to an offer, in a position that their rules name",
    "invite": "make links for candidates",
    "access": "make and revoke keys, clients and sessions, and say who has which role",
}
"""What a route can ask for: every route names one, and there is none without."""

ROLES: dict[str, frozenset[str]] = {
    # Owns the rules: writes them, and publishes what others approved; reads what they led to.
    "owner": frozenset({"author", "publish", "read"}),
    # Looks over what the owner wrote; in a role of its own, for nobody approves their own work.
    "approver": frozenset({"approve", "read"}),
    # Runs the hiring, owes people their rights, and so is the one role that reads about them whole.
    "hr": frozenset(
        {"decide", "plan", "read", "people", "sensitive", "demographics", "invite"},
    ),
    # Leads the new hire: what they can do and are to learn, never their papers, checks or pay.
    "training_manager": frozenset({"read", "plan"}),
    # Teaches: needs a plan and its results, and no record of the hiring.
    "mentor": frozenset({"plan"}),
    # Reads everything under masks, and writes nothing.
    "auditor": frozenset({"audit", "read", "fairness"}),
    # Gives access, and has none to people: whoever keeps the keys has no use for the records.
    "admin": frozenset({"access"}),
    # A person about whom is decided, by a link that is bound to their case.
    "candidate": frozenset({"own"}),
    # Another system that asks for decisions.
    "client": frozenset({"decide", "plan", "read"}),
}
"""Role × scope."""

SIGHT: dict[str, dict[Kind, Shown]] = {
    # what is kept of …      names, phone …       ID number              background check   the interview's words   pay              ids in other systems
    "owner":            {"contact": "hidden", "id_number": "hidden", "check": "masked", "interview": "masked", "pay": "clear",  "elsewhere": "hidden"},
    "approver":         {"contact": "hidden", "id_number": "hidden", "check": "masked", "interview": "masked", "pay": "clear",  "elsewhere": "hidden"},
    "hr":               {"contact": "clear",  "id_number": "clear",  "check": "clear",  "interview": "clear",  "pay": "clear",  "elsewhere": "clear"},
    "training_manager": {"contact": "masked", "id_number": "hidden", "check": "hidden", "interview": "clear",  "pay": "hidden", "elsewhere": "hidden"},
    "mentor":           {"contact": "masked", "id_number": "hidden", "check": "hidden", "interview": "hidden", "pay": "hidden", "elsewhere": "hidden"},
    "auditor":          {"contact": "masked", "id_number": "masked", "check": "masked", "interview": "masked", "pay": "masked", "elsewhere": "masked"},
    "admin":            {"contact": "hidden", "id_number": "hidden", "check": "hidden", "interview": "hidden", "pay": "hidden", "elsewhere": "hidden"},
    "candidate":        {"contact": "masked", "id_number": "masked", "check": "hidden", "interview": "hidden", "pay": "clear",  "elsewhere": "hidden"},
    "client":           {"contact": "masked", "id_number": "masked", "check": "masked", "interview": "clear",  "pay": "clear",  "elsewhere": "clear"},
}  # fmt: skip
"""Role × field: shown whole, under a mask, or not at all. With several roles a person sees what any of them does."""

_A_POSITION = frozenset({"exceptions"})
_ORDER: tuple[Shown, ...] = ("hidden", "masked", "clear")
_OF_A_ROLE, _NARROWED = "role:", "only:"
_NAME = re.compile(r"[a-z][a-z_]{0,39}")


def read_grants(words: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Split what was granted into roles and scopes, those of the roles among them.

    A grant is a scope, or `role:` and a role. A role that is not in the table above is a position
    that the rules of exceptions name, such as `hr_director`: it approves there, and nothing else.
    `only:` and a scope narrows: no other scope and no position is left, and what is seen stays as it was.

    >>> roles, scopes = read_grants(["role:approver", "plan", "role:hr_director"])
    >>> sorted(roles), sorted(scopes)
    (['approver', 'hr_director'], ['approve', 'exceptions', 'plan', 'read'])
    >>> roles, scopes = read_grants(["role:auditor", "role:hr_director", "only:read"])
    >>> sorted(roles), sorted(scopes)
    (['auditor'], ['read'])
    """
    given = frozenset(words)
    roles, only = (
        frozenset(one.removeprefix(start) for one in given if one.startswith(start))
        for start in (_OF_A_ROLE, _NARROWED)
    )
    scopes = (given & SCOPES.keys()).union(*(ROLES.get(role, _A_POSITION) for role in roles))
    return (roles & ROLES.keys(), scopes & only) if only else (roles, scopes)


def narrowed(words: Iterable[str], scopes: Iterable[str]) -> tuple[str, ...]:
    """Narrow grants to some of their scopes."""
    return (*words, *(f"{_NARROWED}{scope}" for scope in scopes))


def wrong_grants(words: Iterable[str]) -> list[str]:
    """Give the grants that nothing is known of."""
    return [
        one
        for one in words
        if one not in SCOPES
        and not (one.startswith(_OF_A_ROLE) and _NAME.fullmatch(one.removeprefix(_OF_A_ROLE)))
    ]


def sight_of(roles: frozenset[str], scopes: frozenset[str]) -> Sight:
    """Say what is shown of each kind of field; who has scopes and none of the roles above is a client.

    `sensitive` shows whole what its readings are logged of.
    """
    known = [SIGHT[role] for role in sorted(roles) if role in SIGHT] or [SIGHT["client"]]
    best = {kind: max((one[kind] for one in known), key=_ORDER.index) for kind in known[0]}
    return best | dict.fromkeys(SENSITIVE, "clear") if "sensitive" in scopes else best
