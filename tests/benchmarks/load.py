"""Load on a running service from the load generator wrk, which costs it as little of the machine as can be."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

CLIENTS = 16
_SCRIPT = """
{request}
done = function(summary, latency, requests)
  local wrong = summary.errors
  io.write(string.format(
    '\\n{{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "wrong": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    wrong.status + wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
"""


class Load(NamedTuple):
    """What came of asking for a while: answers a second, and how long half and almost all of them took at the most."""

    a_second: float
    p50_ms: float
    p99_ms: float


def has_generator() -> bool:
    """Whether wrk is installed (`apt-get install wrk`)."""
    return shutil.which("wrk") is not None


def load(
    url: str, seconds: int, *, key: str | None = None, body: dict[str, object] | None = None
) -> Load:
    """Ask one address over and over, by POST where there is a body; an answer that is no success is an error."""
    said = (
        []
        if body is None
        else ['wrk.method = "POST"', f"wrk.body = {json.dumps(json.dumps(body))}"]
    )
    if key is not None:
        said.append(f'wrk.headers["authorization"] = "Bearer {key}"')
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.format(request="\n".join(said)))
        script.flush()
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", script.name, url]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(answer.stdout.splitlines()[-1])
    if told["wrong"] or not told["requests"]:
        raise RuntimeError(f"{Path(url).name}: {told}")
    return Load(told["requests"] / told["seconds"], told["p50_ms"], told["p99_ms"])
