"""`make bench`: a table on the screen, and the same figures in build/bench.json."""

from __future__ import annotations

import datetime as dt
import functools
import json
import platform
import sys
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from api.folder import default_folder, read_folder
from engine.chaining.infer import infer
from engine.content import Content, read_content
from engine.kernel.documents import load_data
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide, interpret
from tests.benchmarks import peers
from tests.benchmarks.access import access_figures
from tests.benchmarks.checking import check_figures
from tests.benchmarks.cohorts import cohort_figures
from tests.benchmarks.loading import load_figures
from tests.benchmarks.models import model_figures
from tests.benchmarks.plans import plan_figures
from tests.benchmarks.proofs import proof_figures
from tests.benchmarks.publishing import publishing_figures
from tests.benchmarks.replans import effect_figures, replan_figures
from tests.benchmarks.service import service_figures
from tests.benchmarks.timing import Figure, median_us, percentiles, ratio, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.chaining.infer import ExecutorName
    from engine.rules.compiled import CompiledRuleSet

NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
CASE = {
    "overall": Decimal("87.3"),
    "assessed": True,
    "below_floor": [],
    "discrepant": False,
    "min_confidence": Decimal("0.91"),
    "band_min": Decimal(8000),
    "band_max": Decimal(10000),
}
_PLAIN = {k: float(v) if isinstance(v, Decimal) else v for k, v in CASE.items()}


def decision_figures(content: Content) -> Iterator[Figure]:
    """Measure the article's decision: ours through its public door, and the peers."""
    rules = content.rule_set("offer@1.0.0", NOW)
    zen_decide, durable_decide = peers.zen_decision(), peers.durable_decision()
    ours = decide(rules, CASE)
    assert ours.outcomes["base_salary"] == peers.by_hand(CASE)["base_salary"] == Decimal(9460)
    assert zen_decide(_PLAIN)["result"]["base_salary"] == 9460
    assert durable_decide(CASE) == "offer"
    times = take_turns(
        {
            "ours": lambda: decide(rules, CASE),
            "reference": lambda: interpret(rules, CASE),
            "handwritten": lambda: peers.by_hand(CASE),
            "zen": lambda: zen_decide(_PLAIN),
            "durable": lambda: durable_decide(CASE),
        }
    )
    yield Figure("decision.time_us", median_us(times, "ours"), "µs")
    yield Figure("decision.reference_time_us", median_us(times, "reference"), "µs")
    yield Figure("decision.handwritten_time_us", median_us(times, "handwritten"), "µs")
    yield Figure("decision.zen_traced_time_us", median_us(times, "zen"), "µs")
    yield Figure("decision.durable_time_us", median_us(times, "durable"), "µs")
    yield Figure("decision.vs_zen_traced", ratio(times, "zen", "ours"), "×", "zen-engine, traced")
    yield Figure("decision.vs_durable", ratio(times, "durable", "ours"), "×", "durable-rules")
    yield Figure(
        "decision.time_vs_handwritten",
        ratio(times, "ours", "handwritten"),
        "×",
        "hand-written Decimal",
    )


def table_rows(count: int) -> list[tuple[Decimal, str, bool]]:
    """Make the rows of a grade table: a score from a bound on, a region, a flag; the last row fits all."""
    regions = ("north", "south", "east", "west", "centre")
    return [
        (
            Decimal(100) - Decimal(90) * n / count // Decimal("0.001") * Decimal("0.001"),
            regions[n % len(regions)],
            n % 3 == 0,
        )
        for n in range(count - 1)
    ]


def make_table(count: int) -> CompiledRuleSet:
    """Compile a table of so many rows."""
    rows = [
        {
            "id": f"R{n}",
            "when": [f">= {bound}", f'"{region}"', str(flag).lower(), "-"],
            "then": [str(n)],
        }
        for n, (bound, region, flag) in enumerate(table_rows(count))
    ]
    rows.append({"id": "REST", "when": ["-", "-", "-", "-"], "then": [str(count)]})
    data: dict[str, Any] = {
        "schema_version": "1",
        "kind": "rule_set",
        "id": "bench",
        "version": "1.0.0",
        "title": {"zh": "基准", "en": "bench"},
        "owner": "bench",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "-",
        "feel": "1",
        "inputs": {
            "score": {"type": "number", "range": "[0..100]"},
            "region": {"type": "string"},
            "flag": {"type": "boolean"},
            "bonus": {"type": "number", "range": "[0..100]"},
        },
        "decisions": {
            "grade": {
                "type": "number",
                "hit_policy": "first",
                "columns": {"when": ["score", "region", "flag", "bonus"], "then": ["grade"]},
                "rows": rows,
            }
        },
    }
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    return compile_rule_set(loaded)


def scan(rows: list[tuple[Decimal, str, bool]]) -> Callable[[dict[str, Any]], int]:
    """Make the hand-written peer: a loop over the rows."""

    def look_up(given: dict[str, Any]) -> int:
        score, region, flag = given["score"], given["region"], given["flag"]
        for number, (bound, wanted, needed) in enumerate(rows):
            if score >= bound and region == wanted and flag is needed:
                return number
        return len(rows) + 1

    return look_up


def table_figures() -> Iterator[Figure]:
    """Measure tables of 50, 1,000 and 10,000 rows, for a case whose row lies in the middle."""
    case = {"score": Decimal("55.5"), "region": "east", "flag": True, "bonus": Decimal(10)}
    plain = {**case, "score": 55.5, "bonus": 10}
    contenders: dict[str, Callable[[], object]] = {}
    for count in (50, 1_000, 10_000):
        rows = table_rows(count)
        tracemalloc.start()
        start = time.perf_counter()
        compiled = make_table(count)
        taken = time.perf_counter() - start
        held = tracemalloc.get_traced_memory()[0] / 2**20
        tracemalloc.stop()
        if count == 10_000:
            start = time.perf_counter()
            make_table(count)
            yield Figure("table.build_10000_seconds", time.perf_counter() - start, "s")
            yield Figure("table.memory_10000_mib", held, "MiB")
            yield Figure("table.build_10000_traced_seconds", taken, "s")
        cells = [
            ([f">= {b}", f"'{r}'", str(f).lower(), ""], {"grade": str(n)})
            for n, (b, r, f) in enumerate(rows)
        ]
        cells.append((["", "", "", ""], {"grade": str(count)}))
        zen_decide = peers.zen_lookup(["score", "region", "flag", "bonus"], cells)
        by_hand = scan(rows)
        assert decide(compiled, case).outcomes["grade"] == by_hand(case)
        assert int(zen_decide(plain)["result"]["grade"]) == by_hand(case)
        contenders[f"ours.{count}"] = functools.partial(decide, compiled, case)
        contenders[f"zen.{count}"] = functools.partial(zen_decide, plain)
        contenders[f"scan.{count}"] = functools.partial(by_hand, case)
    times = take_turns(contenders, rounds=5)
    for count in (50, 1_000, 10_000):
        yield Figure(f"table.{count}.time_us", median_us(times, f"ours.{count}"), "µs")
        yield Figure(
            f"table.{count}.vs_zen_traced",
            ratio(times, f"zen.{count}", f"ours.{count}"),
            "×",
            "zen-engine, traced",
        )
        yield Figure(
            f"table.{count}.vs_scan",
            ratio(times, f"scan.{count}", f"ours.{count}"),
            "×",
            "hand-written loop, without validation",
        )
    yield Figure(
        "table.time_10000_vs_50_rows", ratio(times, "ours.10000", "ours.50"), "×", "our 50 rows"
    )


def inference_figures(content: Content) -> Iterator[Figure]:
    """Measure inference on the shipped evidence rules, by both executors."""
    compiled = content.inference("interview-evidence@1.0.0", NOW)
    fact = {"indicator": "empathy", "negated": False, "confidence": Decimal("0.9")}
    facts = {"mention": [{**fact, "confidence": Decimal(n) / 10} for n in range(4, 10)]}
    executors: tuple[ExecutorName, ...] = ("durable", "reference")
    for executor in executors:
        call = functools.partial(infer, compiled, facts, executor=executor)
        median, late = percentiles(call, 400)
        yield Figure(f"inference.{executor}.p50_us", median, "µs")
        yield Figure(f"inference.{executor}.p99_us", late, "µs")


def main() -> int:
    """Measure everything; print the table and write the file."""
    content = read_content(read_folder(default_folder()).files)
    parts: list[tuple[str, Callable[[], Iterator[Figure]]]] = [
        ("decision", lambda: decision_figures(content)),
        ("tables", table_figures),
        ("inference", lambda: inference_figures(content)),
        ("check", check_figures),
        ("proofs", proof_figures),
        ("catalogs", load_figures),
        ("plans", plan_figures),
        ("replans", replan_figures),
        ("effects", effect_figures),
        ("cohorts", cohort_figures),
        ("models", model_figures),
        ("access", access_figures),
        ("publishing", publishing_figures),
        ("service", service_figures),
    ]
    figures: list[Figure] = []
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("measuring", total=len(parts))
        for name, measure in parts:
            progress.update(task, description=name)
            figures += measure()
            progress.advance(task)
    table = Table(title=f"Python {platform.python_version()}, medians; × is how many times")
    for head in ("name", "value", "unit", "peer"):
        table.add_column(head, justify="right" if head == "value" else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.3g}" if figure.value < 1000 else f"{figure.value:,.0f}",
            figure.unit,
            figure.peer,
        )
    Console().print(table)
    path = Path("build") / "bench.json"
    path.parent.mkdir(exist_ok=True)
    listed = [{"name": f.name, "value": f.value, "unit": f.unit, "peer": f.peer} for f in figures]
    path.write_text(json.dumps(listed, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
