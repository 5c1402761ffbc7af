"""Requests drawn from the API's own description: no answer is a fault of ours, and none is undocumented."""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.cli.operate import begin
from api.observability import set_up_logs
from api.services.platform import open_platform
from tests.support.databases import DATABASES, settings_on
from tests.support.source import ROOT

if TYPE_CHECKING:
    from api.settings import Settings

INTERVIEW = ROOT / "examples/interviews/marketing-analyst-strong.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def _lines(_: object, value: object) -> bytes:
    return f"{json.dumps(value)}\n{json.dumps(value)}\n".encode()


class Calls(NamedTuple):
    """How often each status came of each route, and what was wrong."""

    statuses: Counter[str]
    faults: list[str]


def call_api(calls: int, given: Settings) -> Calls:
    """Call every route about equally often, `calls` times in all; a route that fails does not end the others."""
    wanted = given.model_copy(update={"requests_a_second": 1_000_000})
    set_up_logs("error")
    key = begin(wanted, None)
    app = create_app(wanted)
    # Ours, whatever the library opens and closes to read the description.
    app.state.platform = platform = open_platform(wanted)
    made = Calls(Counter(), [])
    try:
        known = _begun(app, key or "")
        schema: Any = schemathesis.openapi.from_asgi("/openapi.json", app)
        routes = [found.ok() for found in schema.get_all_operations()]
        app.state.platform = platform
        # Some routes can be asked in few ways only: the others make up for them.
        while not made.faults and (missing := calls - made.statuses.total()) > 0:
            for route in routes:
                try:
                    _call(route, missing // len(routes) + 1, known, made.statuses)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
                    made.faults.append("".join(traceback.format_exception(error, limit=0)))
    finally:
        platform.close()
    return made


class _Known(NamedTuple):
    """What is there: with it a drawn request gets past the first door."""

    headers: dict[str, str]
    id: str
    body: dict[str, Any]


def _begun(app: Any, key: str) -> _Known:  # noqa: ANN401 - FastAPI's application
    """Record one interview, so that there is something to ask about."""
    headers = {"authorization": f"Bearer {key}"}
    interview = json.loads(INTERVIEW.read_text("utf-8"))
    client = TestClient(app)  # without `with`: the platform is open already
    made = client.post("/v1/evaluations", json={"interview": interview}, headers=headers).json()
    body = {
        "rule_set": "offer",
        "interview": interview,
        "role": interview["role"],
        "scores": {"data_analysis": 60},
        "decision": made["id"],
        "enrolment": {"learner": "a-1"},
        "plan": made["evaluation"]["plan"],
        "limits": {},
    }
    return _Known(headers, made["id"], body)


def _made_real(case: Any, known: _Known, draw: st.DataObject) -> None:  # noqa: ANN401 - the library's own
    """Put what is there in the place of some of what was drawn."""
    if "id_" in (case.path_parameters or {}) and draw.draw(st.booleans()):
        case.path_parameters["id_"] = known.id
    if isinstance(case.body, dict):
        for name in known.body.keys() & case.body.keys():
            if draw.draw(st.integers(0, 3)):
                case.body[name] = known.body[name]
        if not draw.draw(st.integers(0, 2)):
            case.body.pop("as_of", None)
            case.body.pop("plan", None)


def _call(route: Any, calls: int, known: _Known, statuses: Counter[str]) -> None:  # noqa: ANN401 - the library's own
    @settings(
        max_examples=calls,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=route.as_strategy(), draw=st.data())
    def run(case: Any, draw: st.DataObject) -> None:  # noqa: ANN401 - the library's own
        _made_real(case, known, draw)
        answer = case.call(headers=known.headers)
        statuses[f"{route.method.upper()} {route.path} {answer.status_code}"] += 1
        case.validate_response(answer, checks=CHECKS, headers=known.headers)

    run()


def main(calls: int) -> int:
    """Call the service on each database, and print what came; gives 1 where anything was wrong."""
    code = 0
    for database in DATABASES:
        with tempfile.TemporaryDirectory() as place, settings_on(database, Path(place)) as given:
            found = call_api(calls, given)
        for name, count in sorted(found.statuses.items()):
            print(f"{count:>7} {name}")
        print(*found.faults, sep="\n")
        total, wrong = found.statuses.total(), len(found.faults)
        print(
            f"{total:>7} calls on {database}: {wrong} routes with a fault of ours or an undocumented answer"
        )
        code |= bool(found.faults)
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
