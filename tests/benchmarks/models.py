"""A DMN model loaded and decided, beside feelin (npm), which is installed on demand below `build/`."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from engine.dmn import load
from tests.benchmarks.timing import Figure, seconds_per_call

if TYPE_CHECKING:
    from collections.abc import Iterator

FEELIN = "8.2.0"
FOLDER = Path("build") / "feelin"
ROWS, ROUNDS = 50, 7
HEADS = ("score", "region", "bonus + 1")
GIVEN: dict[str, Any] = {"score": Decimal("55.5"), "region": "east", "bonus": Decimal(10)}


def rows() -> list[tuple[tuple[str, ...], str]]:
    """Make the rows of a grade table: a score from a bound on, a region, a bonus; the last row fits all."""
    regions = ("north", "south", "east", "west", "centre")
    made = [
        ((f">= {100 - 90 * n / (ROWS - 1):.2f}", f'"{regions[n % 5]}"', "[0..100)"), f"{n} + bonus")
        for n in range(ROWS - 1)
    ]
    return [*made, (("-", "-", "-"), "-1")]


def model() -> str:
    """Write the table as a DMN 1.5 model."""
    head = "".join(
        f"<input><inputExpression><text>{h}</text></inputExpression></input>" for h in HEADS
    )
    body = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{escape(t)}</text></inputEntry>" for t in tests)
        + f"<outputEntry><text>{output}</text></outputEntry></rule>"
        for tests, output in rows()
    )
    inputs = "".join(
        f'<inputData name="{n}" id="{n}"><variable name="{n}"/></inputData>' for n in GIVEN
    )
    needs = "".join(
        f'<informationRequirement><requiredInput href="#{n}"/></informationRequirement>'
        for n in GIVEN
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="b" namespace="urn:b">'
        f'{inputs}<decision name="grade" id="d"><variable name="grade"/>{needs}'
        f'<decisionTable hitPolicy="FIRST">{head}<output/>{body}</decisionTable></decision></definitions>'
    )


def feelin_module() -> Path | None:
    """Find feelin, installing it first; None, with a line that says so, where npm or its registry is not there."""
    entry = FOLDER / "node_modules" / "feelin" / "dist" / "index.js"
    if entry.exists():
        return entry.resolve()
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("dmn: npm is not here: no comparison with feelin", file=sys.stderr)
        return None
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(FOLDER),
        f"feelin@{FEELIN}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not entry.exists():
        print("dmn: feelin cannot be installed: no comparison with it", file=sys.stderr)
        return None
    return entry.resolve()


def feelin_us(module: Path, seconds: float = 0.3) -> float:
    """Measure feelin's time for a decision, in its own process; the answer must be ours."""
    script = Path(__file__).with_name("feelin_table.mjs")
    table = FOLDER / "table.json"
    listed = [{"tests": tests, "output": output} for tests, output in rows()]
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in GIVEN.items()}
    table.write_text(json.dumps({"heads": HEADS, "rows": listed, "given": plain}), "utf-8")
    command = ["node", str(script), str(module), str(table), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["value"] == load(model()).evaluate("grade", GIVEN).value
    return float(answer["us"])


def model_figures() -> Iterator[Figure]:
    """Measure loading a model and its first decision, and a later one beside feelin's.

    feelin has no form between text and value: it reads each cell anew, in every decision.
    """
    xml = model()
    ready = load(xml)
    yield Figure("dmn.load_seconds", seconds_per_call(lambda: load(xml)), "s")
    start = time.perf_counter()
    load(xml).evaluate("grade", GIVEN)
    yield Figure("dmn.load_and_decide_seconds", time.perf_counter() - start, "s")
    module = feelin_module()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds_per_call(lambda: ready.evaluate("grade", GIVEN)) * 1e6)
        if module is not None:
            theirs.append(feelin_us(module))
    yield Figure("dmn.decide_time_us", statistics.median(ours), "µs")
    if module is not None:
        yield Figure("dmn.feelin_time_us", statistics.median(theirs), "µs")
        ratio = statistics.median(t / o for t, o in zip(theirs, ours, strict=True))
        yield Figure("dmn.decide_vs_feelin", ratio, "×", f"feelin {FEELIN} on node")
