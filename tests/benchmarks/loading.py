"""How long a catalog of 50,000 items and 15,000 skills takes from its files to a checked skill graph."""

from __future__ import annotations

import gc
import json
import resource
import time
from typing import TYPE_CHECKING

from api.cli.shared import COLLECTED
from engine.learning.catalog import load_catalog
from engine.learning.skill_graph import compile_catalog
from tests.benchmarks.catalogs import catalog_data
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS, SKILLS = 50_000, 15_000


def load_figures() -> Iterator[Figure]:
    """Read a head in YAML and its parts in JSON, as an import writes them, then check and compile."""
    files = catalog_files(ITEMS, SKILLS)
    gc.set_threshold(*COLLECTED)  # as every command does
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    graph = compile_catalog(load_catalog(files))
    taken = time.perf_counter() - start
    assert len(graph.items) == ITEMS
    yield Figure("catalog.50k.load_seconds", taken, "s")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield Figure("catalog.50k.memory_mib", (most - before) / 1024, "MiB")


def catalog_files(items: int, skills: int) -> dict[str, str]:
    """Write the synthetic catalog as a small head and two large parts."""
    data = catalog_data(items, skills)
    part = {"schema_version": "1", "kind": "catalog_part", "of": data["id"]}
    graph = {**part, "nodes": data.pop("nodes"), "edges": data.pop("edges")}
    taught = {**part, "items": data.pop("items")}
    head = {**data, "nodes": [], "targets": data["targets"][:2000], "files": ["g.json", "i.json"]}
    return {
        "skills.yaml": json.dumps(head),
        "g.json": json.dumps(graph, ensure_ascii=False),
        "i.json": json.dumps(taught, ensure_ascii=False),
    }
