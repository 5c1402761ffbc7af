"""Every route for every role, and every guarded field: asked over HTTP, and compared with two tables to be read."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.operate import begin
from api.folder import default_folder, read_folder
from api.http.access import Needs
from api.services.access import Giver, Made, give, take
from api.services.roles import ROLES, SIGHT
from api.settings import Settings
from engine.content import read_content
from engine.hiring.masking import KINDS
from tests.support.golden import assert_golden
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

    from api.services.platform import Platform

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
OPEN = {
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/.well-known/oauth-authorization-server",
    "/v1/oauth/token",
    "/v1/session",
    "/v1/session/callback",
    "/v1/session/link",
    "/v1/session/login",
}
"""The addresses that ask for no caller: whether it lives, and the ways to come in."""
NOBODY = ("none", "wrong", "expired", "revoked")
HEADERS = {
    "cache-control",
    "content-security-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
}


class Desk:
    """A running service, and a key for each role."""

    def __init__(self, client: TestClient, keys: dict[str, str]) -> None:
        self.client, self.keys = client, keys

    def ask(self, who: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - a response
        shown = self.keys[who]
        headers = {"authorization": f"Bearer {shown}"} if shown else {}
        return self.client.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        requests_a_second=1_000_000,
        failures_a_minute=100_000,
    )
    begin(settings, None)
    return create_app(settings)


@pytest.fixture(scope="module")
def desk(app: FastAPI) -> Iterator[Desk]:
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        platform: Platform = app.state.platform

        def key(who: str, *grants: str, ends: dt.datetime | None = None) -> str:
            return give(platform, Made("key", who, grants, NOW, ends), "test")

        keys = {role: key(role, f"role:{role}") for role in ROLES}
        keys |= {"none": "", "wrong": key("x", "read")[:-3] + "AAA"}
        keys["expired"] = key("expired", *ROLES["hr"], ends=NOW)
        keys["revoked"] = key("revoked", *ROLES["hr"])
        assert take(platform, keys["revoked"].split("_")[1], Giver("test", NOW))
        yield Desk(client, keys)


# --- role × route ----------------------------------------------------------------------------------

_IN_PATHS = {
    "person": "nobody",
    "name": "nobody",
    "system": "ats",
    "external": "A-1",
    "version": "9.9.9",
    "id_": "0" * 32,
    "subject": "0" * 32,
}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    return sorted(
        (route.path or "", method)
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    )


def address(path: str) -> str:
    """Put something into the path that is of the right form, and not there."""
    made = path.replace("{kind:collection}", "rule-sets")
    if "credentials" in made:
        made = made.replace("{id_}", "0" * 16)
    if "rule-sets" in made:
        made = made.replace("{id_}", "nothing")
    return re.sub(r"{(\w+)}", lambda found: _IN_PATHS[found[1]], made)


@pytest.mark.slow
def test_every_role_reaches_exactly_the_routes_of_the_table(app: FastAPI, desk: Desk) -> None:
    lines = [f"{'':62} {' '.join(f'{who[:9]:9}' for who in desk.keys)}".rstrip()]
    for path, method in routes(app):
        cells = []
        for who in desk.keys:
            body: object = {} if method in {"POST", "PUT"} else None
            answer = desk.ask(who, method, address(path), body)
            assert answer.headers.keys() >= HEADERS, (method, path, who)
            assert not any(name.startswith("access-control") for name in answer.headers)
            assert answer.status_code < 500, answer.text
            refused = answer.status_code in {401, 403}
            assert not refused or answer.headers["content-type"] == "application/problem+json"
            cells.append(str(answer.status_code) if refused else "yes")
        lines.append(
            f"{f'{method:6} {path}':62} {' '.join(f'{cell:9}' for cell in cells)}".rstrip()
        )
    assert_golden("access/routes.txt", "\n".join(lines) + "\n")


def test_nobody_reaches_more_than_the_ways_in(app: FastAPI, desk: Desk) -> None:
    for path, method in routes(app):
        if path in OPEN and (path, method) not in {
            ("/v1/session", "GET"),
            ("/v1/session", "DELETE"),
        }:
            continue
        for who in NOBODY:
            assert desk.ask(who, method, address(path)).status_code == 401, (method, path, who)


def needs(dependant: Dependant) -> Iterator[Needs]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call
        yield from needs(inner)


def test_every_route_declares_a_scope(app: FastAPI) -> None:
    silent = {
        (route.path, *(route.methods or ()))
        for route in iter_route_contexts(app.routes)
        if route.path != "/openapi.json" and not list(needs(route.dependant))
    }
    assert {path for path, *_ in silent} == OPEN - {"/openapi.json"}
    assert ("/v1/session", "POST") in silent
    assert len(silent) == len(OPEN) - 1


# --- role × field ----------------------------------------------------------------------------------

FIELDS = {
    "name": "林安安",
    "phone": "13912345678",
    "id_number": "11010519491231002X",
    "criminal_record": "hit-of-2019",
    "quote": "I was fired once",
    "base_salary": "13131.31",
    "external_ids": "ATS-77-ann",
}
INTERVIEW = ROOT / "examples/interviews/marketing-analyst-strong.json"
PERSON = "ann"


@pytest.fixture(scope="module")
def records(desk: Desk) -> dict[str, str]:
    """What is kept about one person: a case with every guarded field, an evaluated interview, an exception."""
    case = {"rule_set": "offer@1.0.0", "person": PERSON, "inputs": {**FIELDS, "more": [FIELDS]}}
    kept = desk.ask("hr", "POST", "/v1/decisions", case).json()["id"]
    desk.ask("hr", "PUT", f"/v1/people/{PERSON}/external-ids/ats/{FIELDS['external_ids']}")
    evaluated = desk.ask(
        "hr",
        "POST",
        "/v1/evaluations",
        {
            "interview": json.loads(INTERVIEW.read_text("utf-8")),
            "inputs": {"band_min": "9000", "band_max": FIELDS["base_salary"]},
            "person": PERSON,
        },
    ).json()
    assert evaluated["decision"]["outcomes"]["base_salary"] == FIELDS["base_salary"]
    asked = {"decision": evaluated["id"], "exception": "above_cap", "asked_base": "15151.51"}
    exception = desk.ask("hr", "POST", "/v1/exceptions", asked).json()["id"]
    return {"case": kept, "evaluated": evaluated["id"], "exception": exception}


QUOTE = "cross-checked"
"""Words of the interview that the evaluation rests on."""


def addresses(records: dict[str, str]) -> dict[str, tuple[str, str, Any]]:
    """Every answer that may carry a guarded field."""
    case, evaluated = f"/v1/decisions/{records['case']}", f"/v1/decisions/{records['evaluated']}"
    return {
        "inputs of a case": ("GET", f"{case}/inputs", None),
        "inputs of an interview": ("GET", f"{evaluated}/inputs", None),
        "decision": ("GET", evaluated, None),
        "explanation": ("GET", f"{evaluated}/explanation", None),
        "counterfactuals": ("GET", f"{evaluated}/counterfactuals", None),
        "what-if": ("POST", f"{evaluated}/what-if", {"changes": {"overall": "81"}}),
        "replay": ("POST", f"{evaluated}/replay", None),
        "exception": ("GET", f"/v1/exceptions/{records['exception']}", None),
        "external ids": ("GET", f"/v1/people/{PERSON}/external-ids", None),
        "export": ("GET", f"/v1/people/{PERSON}/export", None),
        "export as text": ("GET", f"/v1/people/{PERSON}/export?as=text", None),
    }


def values_of(found: object, field: str) -> Iterator[object]:
    """Give what stands under a name, however deep."""
    if isinstance(found, dict):
        if field in found:
            yield found[field]
        for name, one in found.items():
            yield from values_of(one, field) if name != "extractor" else ()
    elif isinstance(found, list):
        for one in found:
            yield from values_of(one, field)


def shown(text: str, field: str, secrets: Iterable[str]) -> str:
    if any(secret in text for secret in secrets):
        return "clear"
    under = [] if not text.startswith("{") else list(values_of(json.loads(text), field))
    return "masked" if any(one not in (None, [], {}) for one in under) else "-"


def test_every_role_sees_exactly_the_fields_of_the_table(
    desk: Desk, records: dict[str, str]
) -> None:
    secrets = {
        **{field: [secret] for field, secret in FIELDS.items()},
        "quote": [FIELDS["quote"], QUOTE],
        "base_salary": ["13131.31", "15151.51", "13131"],
    }
    lines = [f"{'':38} {' '.join(f'{who[:9]:9}' for who in ROLES)}".rstrip()]
    for name, asked in addresses(records).items():
        answers = {who: desk.ask(who, *asked) for who in ROLES}
        # A candidate without a case has none of their own; everybody else is answered or refused.
        assert {answer.status_code for who, answer in answers.items()} <= {200, 403, 404}, name
        assert {who for who, answer in answers.items() if answer.status_code == 404} <= {
            "candidate"
        }
        for field in FIELDS:
            cells = {
                who: "no"
                if answer.status_code == 403
                else shown(answer.text, field, secrets[field])
                for who, answer in answers.items()
            }
            if set(cells.values()) <= {"-", "no"}:
                continue
            lines.append(
                f"{f'{name}: {field}':38} {' '.join(f'{cell:9}' for cell in cells.values())}".rstrip()
            )
    assert_golden("access/fields.txt", "\n".join(lines) + "\n")


def test_a_manager_reads_no_paper_and_no_check_and_an_auditor_nothing_whole(
    desk: Desk, records: dict[str, str]
) -> None:
    hidden = {
        "training_manager": ("id_number", "criminal_record", "base_salary", "external_ids"),
        "auditor": tuple(FIELDS),
    }
    for who, fields in hidden.items():
        for asked in addresses(records).values():
            text = desk.ask(who, *asked).text
            assert not [field for field in fields if FIELDS[field] in text], (who, asked)
    # Nor does an auditor write anything: no route that changes something lets one in.
    assert ROLES["auditor"].isdisjoint(
        {"decide", "author", "approve", "publish", "people", "access"}
    )


def test_every_reading_in_the_clear_is_logged_and_no_other(
    desk: Desk, records: dict[str, str]
) -> None:
    def readings() -> list[dict[str, Any]]:
        exported = desk.ask("hr", "GET", f"/v1/people/{PERSON}/export").json()
        return [one for one in exported["events"] if one["kind"] == "sensitive_read"]

    path = f"/v1/decisions/{records['case']}/inputs"
    before = len(readings())
    for who in ("auditor", "training_manager", "client", "owner"):
        assert desk.ask(who, "GET", path).json()["masked"] is True
    assert len(readings()) == before
    assert desk.ask("hr", "GET", path).json()["masked"] is False
    last = readings()[-1]
    assert (len(readings()), last["by"]) == (before + 1, "hr")


# In the shipped rules these are bounds that the law or a city sets: they say nothing of anybody.
PUBLIC_SUMS = {"least", "most", "minimum_wage"}


def test_every_sum_of_the_shipped_rules_is_guarded_as_pay() -> None:
    found = read_content(read_folder(default_folder()).files).documents()
    kept = [one.document for one in found if one.document.kind == "rule_set"]
    values = [pair for one in kept for pair in (*one.inputs.items(), *one.decisions.items())]
    values += [pair for _, one in values for pair in (getattr(one, "outputs", None) or {}).items()]
    sums = {name for name, one in values if "CNY" in (getattr(one, "unit", None) or "")}
    assert len(sums) > 5
    assert {name for name in sums if KINDS.get(name) != "pay"} <= PUBLIC_SUMS


def test_the_tables_speak_of_every_role_and_kind() -> None:
    assert SIGHT.keys() == ROLES.keys()
    assert {frozenset(sight) for sight in SIGHT.values()} == {frozenset(KINDS.values())}
