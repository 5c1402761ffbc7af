"""The floors hold, every engine folder stands on one, and a contract can really break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter import api as importlinter

from tests.support.source import ROOT

# One module for each contract that only breaks it, in a skeleton with the real contracts.
BREACHES = {
    "roots": ("engine/kernel/a.py", "import api.cli"),
    "engine-floors": ("engine/kernel/b.py", "import engine.rules"),
    "feel-pipeline": ("engine/feel/types.py", "import engine.feel.parser"),
    "api-floors": ("api/folder.py", "import api.cli"),
    "engine-acyclic": ("engine/kernel/c.py", "import engine.kernel.d"),
    "engine-pure": ("engine/rules/e.py", "import os.path"),
    "numpy-homes": ("engine/rules/f.py", "import numpy"),
    "z3-home": ("engine/rules/g.py", "import z3"),
    "lxml-home": ("engine/rules/j.py", "import lxml.etree"),
    "openpyxl-home": ("api/cli/k.py", "import openpyxl"),
    "calendars-home": ("api/cli/m.py", "import icalendar"),
    "pygls-home": ("api/cli/l.py", "import pygls"),
    "highspy-home": ("engine/rules/h.py", "import highspy"),
    "networkx-home": ("engine/learning/plan.py", "import networkx"),
    "http-asks-services": ("api/http/m.py", "import api.store.n"),
    "sqlalchemy-home": ("api/cli/o.py", "import sqlalchemy"),
    "vault-apart": ("api/services/decide.py", "import api.services.demographics"),
    "vault-door": ("api/cli/q.py", "import api.store.vault"),
    "cryptography-home": ("engine/rules/p.py", "import cryptography.exceptions"),
    "durable-home": ("engine/rules/i.py", "import durable.lang"),
    "joserfc-home": ("api/services/r.py", "import joserfc.jwt"),
}
# Allowed: downward, and each library at home.
SKELETON = {
    "api/cli/__init__.py": "import api.bands",
    "api/bands.py": "import api.folder",
    "api/app.py": "import api.http",
    "api/http/__init__.py": "import api.services",
    "api/services/__init__.py": "import api.store.n",
    "api/services/demographics.py": "import api.store.vault",
    "api/store/vault.py": "",
    **{
        f"api/services/{name}.py": "import api.store.records"
        for name in ("decide", "platform", "replay", "log")
    },
    **{f"api/store/{name}.py": "" for name in ("examine", "people", "records", "registry")},
    "api/store/n.py": "import sqlalchemy\nimport cryptography.exceptions",
    "engine/audit/checkpoint.py": "import cryptography.exceptions",
    "api/connectors/oidc.py": "import joserfc.jwt\nimport httpx2",
    "api/lsp.py": "import pygls\nimport api.folder",
    "api/spreadsheet.py": "import openpyxl",
    "api/calendars.py": "import holidays\nimport icalendar",
    "api/folder.py": "import pathlib\nimport engine",
    "engine/cases.py": "import engine.content",
    "engine/editing/__init__.py": "import engine.content",
    "engine/meanings.py": "import engine.kernel",
    "engine/content.py": "import engine.lock",
    "engine/formatting.py": "",
    "engine/schema.py": "",
    "engine/lock.py": "import engine.kernel",
    "engine/kernel/d.py": "import engine.kernel.c",
    "engine/kernel/c.py": "",
    "engine/feel/types.py": "import engine.kernel",
    **{
        f"engine/feel/{name}.py": ""
        for name in ("expressions", "checker", "scope", "matching", "ir", "tree")
    },
    **{f"engine/feel/{name}.py": "" for name in ("chronology", "values", "zones")},
    "engine/feel/backends/__init__.py": "import engine.feel.checker",
    "engine/feel/builtins/__init__.py": "import engine.feel.values",
    "engine/feel/parser.py": "import engine.feel.types",
    "engine/rules/__init__.py": "import engine.feel.parser",
    "engine/chaining/durable.py": "import durable.lang",
    "engine/learning/skill_graph.py": "import networkx",
    "engine/learning/plan.py": "import highspy\nimport numpy",
}


def contracts() -> dict[str, dict[str, object]]:
    """The contracts of pyproject.toml, by id."""
    options = importlinter.read_configuration(str(ROOT / "pyproject.toml"))
    return {contract["id"]: contract for contract in options["contracts_options"]}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages of `root`."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def build(root: Path, files: dict[str, str]) -> None:
    """Lay out packages with these modules, under the real contracts."""
    shutil.copy(ROOT / "pyproject.toml", root)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")
        for folder in path.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contracts())} kept, 0 broken" in done.stdout


def test_every_engine_folder_stands_on_a_floor() -> None:
    floors = contracts()["engine-floors"]
    assert str(floors["exhaustive"]) == "True"
    assert floors["containers"] == ["engine"]
    assert "exhaustive_ignores" not in floors


def test_the_skeleton_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path, SKELETON)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_breach_of_every_contract_is_seen(tmp_path: Path) -> None:
    build(tmp_path, SKELETON | dict(BREACHES.values()))
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = {i for i, c in contracts().items() if f"{c['name']} BROKEN" in done.stdout}
    assert broken == set(BREACHES) == set(contracts())


@pytest.mark.parametrize("folder", ["engine/gossip", "engine/feel/gossip", "api/gossip"])
def test_a_new_folder_must_be_placed(tmp_path: Path, folder: str) -> None:
    build(tmp_path, {**SKELETON, f"{folder}/__init__.py": ""})
    assert lint(tmp_path).returncode == 1
