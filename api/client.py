"""A client of the service in the standard library alone: decide, evaluate, find, explain, prove."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from http.client import HTTPResponse

Answer: TypeAlias = dict[str, Any]


class ServiceError(Exception):
    """Raised for a problem that the service answered with; `problem` is its body (RFC 9457)."""

    def __init__(self, status: int, problem: Answer) -> None:
        super().__init__(
            f"{status}: {problem.get('title', '')} {problem.get('detail', '')}".strip()
        )
        self.status, self.problem = status, problem


@dataclass(frozen=True, slots=True)
class Client:
    """A service at `url`, called with `key`; `lang` is the language of texts, zh or en; `headers` go with every call.

    Numbers in requests are best given as texts or `int`: a float is not what a person wrote.
    Every call raises ServiceError for a problem and URLError where nobody answers.
    """

    url: str
    key: str = field(repr=False)
    lang: str = "en"
    timeout: float = 60
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def decide(  # noqa: PLR0913 - what is asked, and how
        self,
        rule_set: str,
        inputs: Mapping[str, object],
        *,
        as_of: str | None = None,
        case: str | None = None,
        person: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Answer:
        """Decide one case and record it; with `dry_run` nothing is kept."""
        asked: Answer = {"rule_set": rule_set, "inputs": inputs, "as_of": as_of, "case": case}
        asked |= {"person": person, "dry_run": dry_run}
        return self._post("/v1/decisions", asked, idempotency_key)

    def evaluate(
        self,
        interview: Mapping[str, object],
        inputs: Mapping[str, object] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: object,
    ) -> Answer:
        """Evaluate an interview whole; `options` are `model`, `rules`, `as_of`, `case`, `person`, `dry_run`."""
        asked = {"interview": interview, "inputs": inputs or {}, **options}
        return self._post("/v1/evaluations", asked, idempotency_key)

    def batch(
        self, lines: Iterable[Mapping[str, object]], *, idempotency_key: str | None = None
    ) -> Iterator[Answer]:
        """Decide many cases, sent as they are given; gives the answer, or the `problem`, of each line in order."""
        body = (f"{json.dumps(line, ensure_ascii=False)}\n".encode() for line in lines)
        with self._send("POST", "/v1/decisions/batch", body, idempotency_key) as answer:
            for line in answer:
                yield json.loads(line)

    def decision(self, id_: str) -> Answer:
        """Give a recorded decision."""
        return self._get(f"/v1/decisions/{id_}")

    def decisions(self, **sought: str | int | None) -> Iterator[Answer]:
        """Find decisions, the latest first: by `case`, `person`, `rule_set`, `version`, `status`, `since`, `until`."""
        return self._pages("/v1/decisions", "decisions", **sought)

    def explanation(self, id_: str) -> Answer:
        """Explain a recorded decision, as text and as data."""
        return self._get(f"/v1/decisions/{id_}/explanation", lang=self.lang)

    def counterfactuals(self, id_: str) -> Answer:
        """List what would have changed the outcome."""
        return self._get(f"/v1/decisions/{id_}/counterfactuals")

    def what_if(self, id_: str, changes: Mapping[str, object]) -> Answer:
        """Decide a record with some inputs changed; nothing is kept."""
        return self._post(f"/v1/decisions/{id_}/what-if", {"changes": changes})

    def replay(self, id_: str) -> Answer:
        """Decide a record again, and say what differs."""
        return self._post(f"/v1/decisions/{id_}/replay", None)

    def proof(self, id_: str) -> Answer:
        """Prove that a decision is in the log."""
        return self._get(f"/v1/decisions/{id_}/proof")

    def checkpoint(self) -> str:
        """Give the signed head of the log."""
        return self._text("/v1/log/checkpoint")

    def log_key(self) -> str:
        """Give the public key of the log; keep it where the service cannot change it."""
        return self._text("/v1/log/key")

    def plan(self, role: str, scores: Mapping[str, object], **options: object) -> Answer:
        """Make the exact plan; `options` are those of `POST /v1/plans`."""
        return self._post("/v1/plans", {"role": role, "scores": scores, **options})

    def replan(self, **asked: object) -> Answer:
        """Propose a plan anew: `decision` or `plan`, `enrolment`, `xapi`, `csv`, `limits`, `as_of`."""
        return self._post("/v1/plans/replan", asked)

    def versions(self, kind: str, id_: str | None = None) -> Iterator[Answer]:
        """List the versions of a kind, as in `rule-sets`, or of one of its documents, with their states."""
        path = f"/v1/{kind}" if id_ is None else f"/v1/{kind}/{id_}"
        return self._pages(path, "versions")

    def history(self, kind: str, id_: str) -> Iterator[Answer]:
        """List every step of a document's versions, the latest first."""
        return self._pages(f"/v1/{kind}/{id_}/history", "history")

    def _pages(self, path: str, part: str, **query: str | int | None) -> Iterator[Answer]:
        after: str | None = None
        while True:
            page = self._get(path, **query, after=after)
            yield from page[part]
            after = page["next"]
            if after is None:
                return

    def _text(self, path: str) -> str:
        with self._send("GET", path) as answer:
            return answer.read().decode()

    def _get(self, path: str, **query: str | int | None) -> Answer:
        given = {name: value for name, value in query.items() if value is not None}
        with self._send("GET", f"{path}?{urllib.parse.urlencode(given)}") as answer:
            return dict(json.load(answer))

    def _post(
        self, path: str, asked: Mapping[str, object] | None, key: str | None = None
    ) -> Answer:
        given = {name: value for name, value in (asked or {}).items() if value is not None}
        body = json.dumps(given, ensure_ascii=False).encode() if asked is not None else b""
        with self._send("POST", path, body, key) as answer:
            return dict(json.load(answer))

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        key: str | None = None,
    ) -> HTTPResponse:
        headers = {**self.headers, "Authorization": f"Bearer {self.key}"}
        headers |= {"Accept-Language": self.lang}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"Idempotency-Key": key} if key is not None else {}
        request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
            f"{self.url.rstrip('/')}{path}", body, headers, method=method
        )
        try:
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=self.timeout)  # noqa: S310
        except urllib.error.HTTPError as error:
            with error:
                raise ServiceError(error.code, _problem_in(error.read())) from None
        return answer


def _problem_in(body: bytes) -> Answer:
    """Read the body of a problem; what stands before the service may answer in its own words."""
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"title": body[:200].decode(errors="replace")}
