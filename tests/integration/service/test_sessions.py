"""Sessions on both databases: by password and by link; what a page of another site, a thief or a guesser can do with them."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.app import create_app
from api.cli.operate import begin
from api.http.rates import Rate
from api.services.log import examined
from api.services.platform import opened
from api.services.sign_in import first_person, hash_password
from api.store.events import open_event
from api.store.marks import rewrite
from api.store.tables import accounts, credentials, events
from tests.integration.service.test_decisions import CASE
from tests.support.databases import DATABASES, settings_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2
    from fastapi import FastAPI

    from api.services.platform import Platform
    from api.settings import Settings

HERE = "https://testserver"
PAGE = {"origin": HERE, "sec-fetch-site": "same-origin"}
NEW = "correct horse battery"


class House:
    """A running service: its first key, the one-time password, and browsers."""

    def __init__(self, app: FastAPI, key: str, once: str) -> None:
        self.app, self.key, self.once = app, key, once

    @property
    def platform(self) -> Platform:
        found: Platform = self.app.state.platform
        return found

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=HERE, raise_server_exceptions=False)

    def call(self, method: str, path: str, body: object = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        answer: httpx2.Response = self.browser().request(method, path, json=body, headers=headers)
        return answer

    def person(self, name: str, *grants: str) -> TestClient:
        """A browser in which somebody new has signed in and set a password."""
        made = self.call("PUT", f"/v1/access/people/{name}", {"grants": grants}).json()
        return signed_in(self.browser(), name, made["one_time_password"])


def signed_in(browser: TestClient, name: str, once: str) -> TestClient:
    begun = browser.post("/v1/session", json={"name": name, "password": once})
    assert begun.status_code == 201, begun.text
    changed = change(browser, {"password": f"{NEW} {name}"})
    assert changed.status_code == 201, changed.text
    return browser


def change(browser: TestClient, body: dict[str, str]) -> httpx2.Response:
    answer: httpx2.Response = browser.put("/v1/session/password", json=body, headers=shown(browser))
    return answer


def shown(browser: TestClient) -> dict[str, str]:
    """What a page of ours sends with a change."""
    return {**PAGE, "x-csrf-token": browser.get("/v1/session").json()["csrf_token"]}


def cookie(browser: TestClient) -> str:
    found: str = browser.cookies["__Host-evenhand"]
    return found


def with_cookie(house: House, session: str) -> TestClient:
    browser = house.browser()
    browser.cookies.set("__Host-evenhand", session, domain="testserver.local")
    return browser


def first_password(settings: Settings) -> str | None:
    """Do what the first start does for people; gives the one-time password."""
    with opened(settings) as platform:
        return first_person(platform, dt.datetime(2026, 11, 25, tzinfo=dt.UTC))


@pytest.fixture(scope="module", params=DATABASES)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with settings_on(request.param, tmp_path_factory.mktemp("data")) as made:
        settings = made.model_copy(update={"failures_a_minute": 100_000})
        key, once = begin(settings, None), first_password(settings)
        assert key
        assert once
        assert first_password(settings) is None
        app = create_app(settings)
        with TestClient(app, base_url=HERE):
            yield House(app, key, once)


def test_the_first_password_opens_one_session_that_can_only_set_another(house: House) -> None:
    browser = house.browser()
    begun = browser.post("/v1/session", json={"name": "administrator", "password": house.once})
    assert begun.json()["must_change_password"] is True
    assert begun.json()["scopes"] == []
    assert browser.get("/v1/access/people").status_code == 403
    again = house.browser().post(
        "/v1/session", json={"name": "administrator", "password": house.once}
    )
    assert again.status_code == 401
    old = cookie(browser)
    for weak in ("short", "administrator", "x" * 201):
        assert change(browser, {"password": weak}).status_code in {400, 422}
    assert change(browser, {"password": NEW}).json()["roles"] == ["admin"]
    assert cookie(browser) != old
    assert with_cookie(house, old).get("/v1/session").status_code == 401
    assert browser.get("/v1/access/people").status_code == 200
    assert browser.get("/v1/decisions").status_code == 403
    # The next change needs the password, and ends every other session.
    other = house.browser()
    other.post("/v1/session", json={"name": "administrator", "password": NEW})
    assert change(browser, {"before": "guessed guessed", "password": NEW + "!"}).status_code == 401
    assert change(browser, {"before": NEW, "password": NEW + "!"}).status_code == 201
    assert other.get("/v1/session").status_code == 401


def test_a_cookie_is_for_this_host_tls_and_no_script(house: House) -> None:
    made = house.call("PUT", "/v1/access/people/cookie", {"grants": ["role:hr"]}).json()
    browser = house.browser()
    begun = browser.post(
        "/v1/session", json={"name": "cookie", "password": made["one_time_password"]}
    )
    said = begun.headers["set-cookie"]
    assert said.startswith("__Host-evenhand=evs_")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in said
    assert "Domain" not in said
    # On loopback without TLS, for a first try, it goes without.
    plain = TestClient(house.app, base_url="http://localhost:8321")
    once = house.call(
        "PUT", "/v1/access/people/cookie", {"grants": ["role:hr"], "reset_password": True}
    ).json()["one_time_password"]
    said = plain.post("/v1/session", json={"name": "cookie", "password": once}).headers[
        "set-cookie"
    ]
    assert said.startswith("evenhand=evs_")
    assert "Secure" not in said
    away = TestClient(house.app, base_url="http://hire.example")
    away.cookies.set("evenhand", said.split(";")[0].partition("=")[2], domain="hire.example")
    assert away.get("/v1/session").status_code == 401


def test_a_session_that_was_planted_is_not_taken_over(house: House) -> None:
    made = house.call("PUT", "/v1/access/people/fixed", {"grants": ["role:hr"]}).json()
    attacker = house.person("attacker", "role:auditor")
    planted = cookie(attacker)
    victim = with_cookie(house, planted)
    begun = victim.post(
        "/v1/session", json={"name": "fixed", "password": made["one_time_password"]}
    )
    assert begun.status_code == 201
    assert planted not in begun.headers["set-cookie"]
    assert attacker.get("/v1/session").status_code == 401


def test_another_site_changes_nothing(house: House) -> None:
    browser = house.person("ann", "role:hr")
    good = shown(browser)
    body = {"case": "c-1"}
    assert browser.post("/v1/links", json=body, headers=good).status_code == 201
    for wrong in (
        {},
        PAGE,
        {**good, "x-csrf-token": "0" * 64},
        {**good, "origin": "https://elsewhere.example"},
        {**good, "origin": "null"},
        {**good, "origin": f"{HERE}.elsewhere.example"},
        {**good, "sec-fetch-site": "cross-site"},
        {**good, "sec-fetch-site": "same-site"},
        {"x-csrf-token": good["x-csrf-token"]},
    ):
        refused = browser.post("/v1/links", json=body, headers=wrong)
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "urn:evenhand:problem:forged",
        ), wrong
    # Nor does it sign the browser in as somebody else, or out.
    for path, sent in (
        ("/v1/session", {"name": "ann", "password": f"{NEW} ann"}),
        ("/v1/session/link", {"link": "evl_0_0"}),
    ):
        crossed = house.browser().post(path, json=sent, headers={"origin": "https://e.example"})
        assert crossed.status_code == 403
    assert browser.delete("/v1/session", headers=PAGE).status_code == 403
    # A key is no cookie: no browser adds it by itself.
    keyed = {"authorization": f"Bearer {house.key}", "origin": "https://elsewhere.example"}
    assert house.browser().post("/v1/links", json=body, headers=keyed).status_code == 201


def test_an_id_is_worth_nothing_after_the_session(house: House) -> None:
    browser = house.person("bo", "role:hr")
    stolen = cookie(browser)
    assert with_cookie(house, stolen).get("/v1/session").json()["name"] == "bo"
    ended = browser.delete("/v1/session", headers=shown(browser))
    assert ended.status_code == 204
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert with_cookie(house, stolen).get("/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("name", "column", "ago"),
    [("idle", "seen_at", dt.timedelta(minutes=31)), ("old", "ends_at", dt.timedelta(seconds=1))],
)
def test_a_session_ends_by_itself(house: House, name: str, column: str, ago: dt.timedelta) -> None:
    browser = house.person(name, "role:hr")
    assert browser.get("/v1/session").status_code == 200
    house.platform.writer.submit(lambda _: None).result()
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the service reads the real clock
    platform, of = house.platform, credentials.c
    which = (of.name == name, of.revoked_at.is_(None))
    past = {column: now - ago}
    moved = platform.writer.submit(lambda c: rewrite(c, platform.keys, credentials, *which, **past))
    assert moved.result() == 1
    platform.callers.forget()
    assert browser.get("/v1/session").status_code == 401


@pytest.mark.parametrize(
    "values",
    [
        {"grants": "role:admin role:hr"},
        {"must_change": True},
        {"password": hash_password("a password of mine")},
        {"mark": None},
    ],
    ids=lambda values: next(iter(values)),
)
def test_an_account_that_somebody_altered_lets_nobody_in(
    house: House, values: dict[str, object]
) -> None:
    """Until an administrator gives the person access again, of which nothing forged is left."""
    name = f"mo-{next(iter(values))}"
    house.person(name, "role:hr")
    with house.platform.engine.begin() as connection:
        connection.execute(update(accounts).where(accounts.c.name == name).values(**values))
    for password in (f"{NEW} {name}", "a password of mine"):
        body = {"name": name, "password": password}
        assert house.browser().post("/v1/session", json=body).status_code == 401
    assert signed_in(house.browser(), name, given_anew(house, name)).cookies


def given_anew(house: House, name: str) -> str:
    made = house.call("PUT", f"/v1/access/people/{name}", {"grants": ["role:hr"]}).json()
    return str(made["one_time_password"])


def test_with_other_roles_one_comes_in_anew(house: House) -> None:
    browser = house.person("cy", "role:hr")
    assert house.call("PUT", "/v1/access/people/cy", {"grants": ["role:auditor"]}).json() == {
        "name": "cy",
        "grants": ["role:auditor"],
        "one_time_password": None,
    }
    assert browser.get("/v1/session").status_code == 401
    anew = house.browser()
    begun = anew.post("/v1/session", json={"name": "cy", "password": f"{NEW} cy"})
    assert begun.json()["roles"] == ["auditor"]
    assert house.call("DELETE", "/v1/access/people/cy").status_code == 204
    assert anew.get("/v1/session").status_code == 401
    refused = house.browser().post("/v1/session", json={"name": "cy", "password": f"{NEW} cy"})
    assert refused.status_code == 401
    assert house.call("DELETE", "/v1/access/people/cy").status_code == 404
    assert house.call("PUT", "/v1/access/people/x", {"grants": ["role:!"]}).status_code == 422
    assert house.call("PUT", "/v1/access/people/x", {"grants": ["everything"]}).status_code == 422


def test_who_guesses_is_slowed_down_by_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine: none comes back while this runs.
    monkeypatch.setitem(house.app.state._state, "names", Rate(0, 3))
    guesses = [
        house.browser()
        .post("/v1/session", json={"name": "nobody-there", "password": f"guess {n}"})
        .status_code
        for n in range(5)
    ]
    assert guesses == [401] * 3 + [429] * 2


def test_many_guesses_at_once_are_no_more_than_one_by_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(house.app.state._state, "failures", Rate(0, 3))
    start = threading.Barrier(8)

    def guess(number: int) -> int:
        browser, given = house.browser(), {"name": f"nobody-{number}", "password": "a guess"}
        start.wait(10)
        return browser.post("/v1/session", json=given).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(guess, range(8))) == [401] * 3 + [429] * 5


def test_who_comes_in_is_not_counted_as_who_fails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.person("dan", "role:hr")
    monkeypatch.setitem(house.app.state._state, "failures", Rate(0, 2))
    given = {"name": "dan", "password": f"{NEW} dan"}
    codes = [house.browser().post("/v1/session", json=given).status_code for _ in range(4)]
    assert codes == [201] * 4
    wrong = [
        house.browser().post("/v1/session", json={**given, "password": "x"}).status_code
        for _ in range(3)
    ]
    assert wrong == [401, 401, 429]


# --- candidates ------------------------------------------------------------------------------------


def test_a_link_opens_one_case_once(house: House) -> None:
    def decided(case: str) -> str:
        made: str = house.call("POST", "/v1/decisions", {**CASE, "case": case}).json()["id"]
        return made

    own, other = decided("link-1"), decided("link-2")
    link = house.call("POST", "/v1/links", {"case": "link-1"}).json()["link"]
    # Whoever looks at an address in a mail uses nothing up: there is no GET.
    assert house.browser().get("/v1/session/link", params={"link": link}).status_code == 405
    browser = house.browser()
    who = browser.post("/v1/session/link", json={"link": link}).json()
    assert (who["roles"], who["case"], who["decisions"]) == (["candidate"], "link-1", [own])
    assert house.browser().post("/v1/session/link", json={"link": link}).status_code == 401
    told = browser.get(f"/v1/decisions/{own}/explanation")
    assert told.status_code == 200, told.text
    told = told.json()
    assert told["explanation"]["outcomes"]["outcome"] == "offer"
    assert told["explanation"]["counterfactuals"]
    assert "nodes" not in told["explanation"]
    assert "P02" not in told["text"]
    assert browser.get(f"/v1/decisions/{other}/explanation").status_code == 404
    for path in ("", "/inputs", "/counterfactuals", "/proof"):
        assert browser.get(f"/v1/decisions/{own}{path}").status_code == 403
    for wrong in ("evl_0_0", house.key, link[:-1], ""):
        assert house.browser().post("/v1/session/link", json={"link": wrong}).status_code == 401


def test_a_link_can_be_taken_back_and_ends(house: House) -> None:
    link = house.call("POST", "/v1/links", {"case": "link-3", "minutes": 5}).json()["link"]
    listed = house.call("GET", "/v1/access/credentials").json()["credentials"]
    mine = next(one for one in listed if one["case"] == "link-3")
    assert mine["grants"] == ["role:candidate"]
    assert house.call("DELETE", f"/v1/access/credentials/{mine['id']}").status_code == 204
    assert house.browser().post("/v1/session/link", json={"link": link}).status_code == 401


# --- the log ---------------------------------------------------------------------------------------


def test_every_change_of_access_is_in_the_log_and_no_secret_anywhere(house: House) -> None:
    before = len(examined_kinds(house, "key_change"))
    made = house.call("PUT", "/v1/access/people/dee", {"grants": ["role:hr"]}).json()
    given = {"kind": "key", "name": "sys", "grants": ["decide"], "days": 3}
    key = house.call("POST", "/v1/access/credentials", given).json()
    house.call("DELETE", f"/v1/access/credentials/{key['id']}")
    signed_in(house.browser(), "dee", made["one_time_password"])
    house.call("DELETE", "/v1/access/people/dee")
    facts = examined_kinds(house, "key_change")[before:]
    assert [one["facts"]["action"] for one in facts] == [
        *("granted", "made", "revoked", "password", "disabled"),
    ]
    assert {one["by"] for one in facts} == {"administrator", "dee"}
    told = json.dumps(facts)
    for secret in (made["one_time_password"], key["key"], key["key"].split("_", 2)[2], NEW):
        assert secret not in told
    house.platform.sequence()
    assert examined(house.platform).check.found == []


def examined_kinds(house: House, kind: str) -> list[dict[str, Any]]:
    with house.platform.engine.connect() as connection:
        rows = connection.execute(select(events).where(events.c.kind == kind).order_by(events.c.id))
        return [json.loads(open_event(row, house.platform.keys)[1]) for row in rows]
