"""People who come in: by a password, by an OpenID provider, or by the link of a candidate; each has a session then."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.connectors.oidc import Provider, ProviderError
from api.services.access import (
    BY_ONCE,
    BY_PASSWORD,
    BY_PROVIDER,
    Giver,
    Made,
    check_grants,
    log_change,
)
from api.store import access as store
from api.store.keys import AlteredError, seal, unseal
from api.store.records import Sought, list_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from api.services.access import Caller
    from api.services.platform import Platform

__all__ = [
    "NotSignedInError",
    "Provider",
    "ProviderError",
    "WeakPasswordError",
    "arrive",
    "change_password",
    "depart",
    "disable_person",
    "first_person",
    "own_decisions",
    "people",
    "put_person",
    "redeem",
    "sign_in",
    "sign_out",
]

ADMINISTRATOR = "administrator"
FEWEST, MOST = 12, 200
"""How many characters a password has."""
# OWASP's figures for scrypt: 2**14 blocks of 16 MiB in all, five times over.
_COST, _BLOCK, _TIMES = 1 << 14, 8, 5
_MEMORY = 64 << 20
# Who guesses at many names at once does not take the machine from everybody else.
_FEW = threading.BoundedSemaphore(4)
# What the password of nobody is compared with, so that it takes as long as anybody's.
_NOBODY = f"{'A' * 22}==${'A' * 43}="
_AT_PROVIDER = dt.timedelta(minutes=10)
_KEPT_AFTER = dt.timedelta(days=1)
_MOST_CASES = 100


class NotSignedInError(ValueError):
    """Raised where somebody does not come in; the argument says why, for the log alone."""


class WeakPasswordError(ValueError):
    """Raised for a password that is too short, too long, or the name itself."""


# --- passwords -------------------------------------------------------------------------------------


def _scrypt(password: str, salt: bytes) -> bytes:
    cost = {"n": _COST, "r": _BLOCK, "p": _TIMES, "maxmem": _MEMORY}
    with _FEW:
        return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **cost)


def hash_password(password: str) -> str:
    """Hash a password by scrypt (RFC 7914) with a salt of its own."""
    salt = secrets.token_bytes(16)
    return "$".join(base64.b64encode(part).decode() for part in (salt, _scrypt(password, salt)))


def is_password(password: str, kept: str) -> bool:
    """Whether a password is the one that was hashed; of an empty hash, never, and after as long."""
    salt, digest = (base64.b64decode(part) for part in (kept or _NOBODY).split("$"))
    return secrets.compare_digest(_scrypt(password, salt), digest) and kept != ""


def sign_in(platform: Platform, name: str, password: str, now: dt.datetime) -> str:
    """Begin a session with a password; raises NotSignedInError. A one-time password is gone then."""
    if not platform.settings.takes_passwords():
        raise NotSignedInError("closed")
    with platform.engine.connect() as connection:
        row = store.account(connection, name)
    kept = row.password if row is not None and store.is_good(platform.keys, row) else ""
    # Outside any transaction: it takes a while, on purpose.
    if not is_password(password, kept):
        raise NotSignedInError("password")

    def work(connection: Connection) -> str:
        again = store.account(connection, name)
        if again is None or again.password != kept or not store.is_good(platform.keys, again):
            raise NotSignedInError("password")
        if again.must_change:
            store.put_account(connection, platform.keys, name, now, password="")
        grants = () if again.must_change else tuple(again.grants.split())
        origin = BY_ONCE if again.must_change else BY_PASSWORD
        return _begin(connection, platform, name, grants, origin, now)

    return platform.writer.submit(work).result()


def change_password(
    platform: Platform, caller: Caller, before: str, password: str, now: dt.datetime
) -> str:
    """Set one's own password and begin a new session; all others of that person end.

    Raises NotSignedInError where `before` is not the password until now, and WeakPasswordError. The
    session of a one-time password needs none.
    """
    if caller.kind != "session" or caller.origin not in {BY_ONCE, BY_PASSWORD}:
        raise NotSignedInError("origin")
    if not FEWEST <= len(password) <= MOST or password in {caller.client, before}:
        raise WeakPasswordError
    with platform.engine.connect() as connection:
        row = store.account(connection, caller.client)
    if row is None or (caller.origin == BY_PASSWORD and not is_password(before, row.password)):
        raise NotSignedInError("password")
    kept, fresh = row.password, hash_password(password)

    def work(connection: Connection) -> str:
        again = store.account(connection, caller.client)
        alive = store.revoke(connection, platform.keys, caller.id, now) is not None
        good = again is not None and store.is_good(platform.keys, again)
        if again is None or again.password != kept or not good or not alive:
            raise NotSignedInError("password")
        values = {"password": fresh, "must_change": False}
        store.put_account(connection, platform.keys, caller.client, now, **values)
        store.revoke_sessions(connection, platform.keys, caller.client, now)
        facts = {"action": "password", "what": "person", "name": caller.client}
        log_change(connection, platform, Giver(caller.client, now), facts)
        grants = tuple(again.grants.split())
        return _begin(connection, platform, caller.client, grants, BY_PASSWORD, now)

    made = platform.writer.submit(work).result()
    platform.callers.forget()
    return made


def sign_out(platform: Platform, shown: str, now: dt.datetime) -> None:
    """End a session, if it is one."""

    def work(connection: Connection) -> None:
        row = store.find(connection, platform.keys, shown, ("session",), now)
        if row is not None:
            store.revoke(connection, platform.keys, row.id, now)

    platform.writer.submit(work).result()
    platform.callers.forget()


def _begin(  # noqa: PLR0913, PLR0917 - what a session is made of
    connection: Connection,
    platform: Platform,
    name: str,
    grants: tuple[str, ...],
    origin: str,
    now: dt.datetime,
    case: str | None = None,
) -> str:
    store.forget_old(connection, now - _KEPT_AFTER)
    ends = now + dt.timedelta(hours=platform.settings.session_hours)
    made = Made("session", name, grants, now, ends, case, origin)
    return store.make(connection, platform.keys, made)


# --- people and their roles ------------------------------------------------------------------------


def put_person(
    platform: Platform, name: str, grants: Sequence[str], giver: Giver, *, resets: bool = False
) -> str | None:
    """Give a person exactly these roles; gives a one-time password to who has none, or with `resets`.

    Their sessions end: with other roles they come in anew. Raises WrongGrantsError.
    """
    check_grants(grants)
    once = secrets.token_urlsafe(15)
    fresh = hash_password(once)

    def work(connection: Connection) -> str | None:
        row = store.account(connection, name)
        is_new = resets or row is None or not store.is_good(platform.keys, row)
        values: dict[str, object] = {"grants": " ".join(sorted(set(grants))), "disabled_at": None}
        if is_new:
            values |= {"password": fresh, "must_change": True}
        store.put_account(connection, platform.keys, name, giver.at, **values)
        store.revoke_sessions(connection, platform.keys, name, giver.at)
        facts = {"action": "granted", "what": "person", "name": name, "grants": sorted(grants)}
        log_change(connection, platform, giver, {**facts, "one_time_password": is_new})
        return once if is_new else None

    made = platform.writer.submit(work).result()
    platform.callers.forget()
    return made


def disable_person(platform: Platform, name: str, giver: Giver) -> bool:
    """Let a person in no more, and end their sessions, however they began; whether there was anything to end."""

    def work(connection: Connection) -> bool:
        row = store.account(connection, name)
        there = row is not None and row.disabled_at is None
        if there:
            values = {"disabled_at": giver.at, "password": ""}
            store.put_account(connection, platform.keys, name, giver.at, **values)
        ended = store.revoke_sessions(connection, platform.keys, name, giver.at)
        if there or ended:
            facts = {"action": "disabled", "what": "person", "name": name, "sessions": ended}
            log_change(connection, platform, giver, facts)
        return bool(there or ended)

    done = platform.writer.submit(work).result()
    platform.callers.forget()
    return done


def people(platform: Platform) -> list[dict[str, Any]]:
    """List the people with a password, and their roles."""
    with platform.engine.connect() as connection:
        rows = store.list_accounts(connection)
    return [
        {
            "name": row["name"],
            "grants": row["grants"].split(),
            "must_change_password": row["must_change"],
            "disabled": row["disabled_at"] is not None,
        }
        for row in rows
    ]


def first_person(platform: Platform, now: dt.datetime) -> str | None:
    """Make the administrator where nobody has a password yet; gives the one-time password, or None."""
    if not platform.settings.takes_passwords():
        return None
    with platform.engine.connect() as connection:
        if store.has_accounts(connection):
            return None
    giver = Giver("evenhand", now)
    return put_person(platform, ADMINISTRATOR, ["role:admin"], giver)


# --- an OpenID provider ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a browser to sign in, and the sealed text that it brings back."""

    address: str
    sealed: str


def depart(platform: Platform, provider: Provider, to: str, now: dt.datetime) -> Departure:
    """Begin a sign-in at the provider; raises ProviderError. `to` is where the person goes on then."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    kept = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "to": to,
        "until": (now + _AT_PROVIDER).timestamp(),
    }
    sealed = seal(platform.keys.master, json.dumps(kept).encode(), "sign-in")
    address = provider.address(state, nonce, verifier)
    return Departure(address, base64.urlsafe_b64encode(sealed).decode())


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brings back from the provider: `sealed` from its cookie, the rest in the address."""

    sealed: str
    state: str
    code: str
    issuer: str | None


def arrive(
    platform: Platform, provider: Provider, back: Return, now: dt.datetime
) -> tuple[str, str]:
    """End a sign-in; gives the session and where to go on. Raises NotSignedInError, ProviderError."""
    try:
        sealed = base64.urlsafe_b64decode(back.sealed.encode())
        kept = json.loads(unseal(platform.keys.master, sealed, "sign-in"))
    except (AlteredError, ValueError):
        raise NotSignedInError("cookie") from None
    if now.timestamp() > kept["until"] or not secrets.compare_digest(
        kept["state"].encode(), back.state.encode()
    ):
        raise NotSignedInError("state")
    if not back.code:
        raise NotSignedInError("refused at the provider")
    claims = provider.claims(back.code, back.issuer, kept["verifier"], kept["nonce"], now)
    name, roles = person_in(platform, claims)

    def work(connection: Connection) -> str:
        if store.account(connection, name) is not None:
            raise NotSignedInError("name")
        return _begin(connection, platform, name, roles, BY_PROVIDER, now)

    return platform.writer.submit(work).result(), kept["to"]


def person_in(platform: Platform, claims: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Read name and roles from the claims of a provider; raises NotSignedInError for who has none."""
    settings = platform.settings
    name = claims.get(settings.oidc_name_claim)
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not name.isprintable():  # noqa: PLR2004 - as the table has it
        raise NotSignedInError("name")
    groups: Any = claims
    for step in settings.oidc_roles_claim.split("."):
        groups = groups.get(step) if isinstance(groups, dict) else None
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    known = [settings.oidc_roles.get(one, ()) for one in listed if isinstance(one, str)]
    roles = tuple(f"role:{role}" for some in known for role in some)
    if not roles:
        raise NotSignedInError("roles")
    return name, roles


# --- candidates ------------------------------------------------------------------------------------


def redeem(platform: Platform, link: str, now: dt.datetime) -> str:
    """Begin the session of a candidate by a link, which is gone then; raises NotSignedInError."""

    def work(connection: Connection) -> str:
        row = store.find(connection, platform.keys, link, ("link",), now)
        # Of two who come at once the database lets one through.
        if row is None or store.revoke(connection, platform.keys, row.id, now) is None:
            raise NotSignedInError("link")
        grants = tuple(row.grants.split())
        return _begin(connection, platform, row.name, grants, row.id, now, row.case_id)

    return platform.writer.submit(work).result()


def own_decisions(platform: Platform, case: str) -> list[str]:
    """List the decisions of a case, the latest first."""
    with platform.engine.connect() as connection:
        return [row["id"] for row in list_records(connection, Sought(case=case), _MOST_CASES)]
