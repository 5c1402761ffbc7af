"""A small company's rules for tests of publishing, and the people who write, approve and publish them."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.operate import begin
from api.services.access import Made, given
from engine.content import read_content
from engine.lock import LOCK_NAME, parse_lock, unlocked
from tests.support.databases import settings_on
from tests.support.described import hold_to_description
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx2
    from sqlalchemy import Connection

    from api.services.platform import Platform

RULES = """schema_version: "1"
kind: rule_set
id: line
version: {version}
title: {{zh: 录用线, en: Line}}
owner: hr
effective_from: {start}
clause: HR-1
feel: "1"

inputs:
  score: {{type: number, range: "[0..100]", scale: 1}}

params:
  line: {{value: {line}, provenance: human_set}}

decisions:
  outcome:
    type: string
    ranked: [human_review, offer]
    hit_policy: first
    table: |
      | id | score   || outcome      |
      |----|---------||--------------|
      | A  | >= line || offer        |
      | Z  | {rest} || human_review |

guarantees:
  - {{id: G1, never_worse: outcome, when_rises: score}}{more}
"""
CASES = """schema_version: "1"
kind: cases
of: line
cases:
  - {{id: high, inputs: {{score: 95}}, expect: {{outcome: offer}}}}
  - {{id: low, inputs: {{score: 5}}, expect: {{outcome: {low}}}}}
"""
SHIPPED = len(parse_lock((ROOT / LOCK_NAME).read_text("utf-8"))[0])
"""How many versions a database begins with that begins with the shipped content: each has its entry."""
BEGAN = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
PEOPLE = {
    "ann": ("author", "read"),
    "bob": ("author", "approve", "read"),
    "cai": ("approve", "publish", "audit", "decide"),
    "dee": ("approve", "publish", "audit", "decide", "read"),
}


def rule_set(
    version: str = "1.1.0",
    *,
    line: str = "80",
    start: str = "2026-06-01T00:00:00+00:00",
    rest: str = "-      ",
    more: str = "",
    low: str = "human_review",
) -> dict[str, str]:
    """Write a version of the rule set with its cases."""
    text = RULES.format(version=version, start=start, line=line, rest=rest, more=more)
    return {f"rules/line/{version}.yaml": text, "rules/line/cases.yaml": CASES.format(low=low)}


def write_folder(folder: Path, more: Mapping[str, str] | None = None) -> Path:
    """Write the folder that the registry begins with: `line` 1.0.0 and what more is given, published."""
    files = {**rule_set("1.0.0", line="60", start="2026-01-01T00:00:00+00:00"), **(more or {})}
    content = read_content(files)
    lines = unlocked((), content.documents(), BEGAN)
    for path, text in {**files, LOCK_NAME: "".join(f"{ln}\n" for ln in lines)}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return folder


@dataclass
class Office:
    """A running service, and the keys of its people."""

    client: TestClient
    keys: dict[str, str]

    @property
    def platform(self) -> Platform:
        """The open parts of the service."""
        found: Platform = self.client.app.state.platform  # type: ignore[attr-defined]
        return found

    def call(self, who: str, method: str, path: str, body: object = None) -> httpx2.Response:
        """Ask for something under `/v1/rule-sets/line`, or under `/v1` for a path that begins with `/`."""
        address = f"/v1{path}" if path.startswith("/") else f"/v1/rule-sets/line/{path}"
        headers = {"authorization": f"Bearer {self.keys[who]}"}
        answer: httpx2.Response = self.client.request(method, address, json=body, headers=headers)
        return answer

    def do(self, who: str, step: str, body: object = None, *, version: str = "1.1.0") -> Any:  # noqa: ANN401 - JSON data
        """Take a step that is allowed."""
        answer = self.call(who, "POST", f"{version}/{step}", body or {})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def draft(self, who: str = "ann", version: str = "1.1.0", **changed: str) -> Any:  # noqa: ANN401 - JSON data
        """Write a draft."""
        answer = self.call(who, "PUT", version, {"files": rule_set(version, **changed)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def approve(self, who: str, digest: str, version: str = "1.1.0") -> httpx2.Response:
        """Approve what has this digest."""
        body = {"digest": digest, "reason": "read it"}
        return self.call(who, "POST", f"{version}/approve", body)

    def decide(self, score: int, **more: object) -> Any:  # noqa: ANN401 - JSON data
        """Decide a case."""
        body = {"rule_set": "line", "inputs": {"score": score}, **more}
        answer = self.call("dee", "POST", "/decisions", body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@contextmanager
def open_office(database: str, folder: Path) -> Iterator[Office]:
    """Run a service on a database with the small company's rules."""
    with settings_on(database, folder / "data") as settings:
        begin(settings, write_folder(folder / "content"))
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:

            def work(connection: Connection) -> dict[str, str]:
                return {
                    who: given(connection, platform, Made("key", who, tuple(may), BEGAN), "test")
                    for who, may in PEOPLE.items()
                }

            platform: Platform = client.app.state.platform  # type: ignore[attr-defined]
            yield Office(hold_to_description(client), platform.writer.submit(work).result())
