"""What the README shows is what the program prints, and the rule it quotes is the rule that decides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-decision.md"
_BLOCK = re.compile(
    r"```console\n(\$ (?P<command>[^\n]*evenhand[^\n]*)\n)(?P<output>.*?)```\n", re.DOTALL
)


def _run(command: str) -> str:
    """Run a command line of the README with this checkout's `evenhand`."""
    own = f'"{sys.executable}" -m api'
    shell = re.sub(r"(?<![\w/.-])evenhand(?= )", own, command)
    environment = {**os.environ, "COLUMNS": "120", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S602 - the README's own line, with its pipe
        shell, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n")) + "\n"


@pytest.mark.parametrize("page", [README, TUTORIAL], ids=lambda page: page.stem)
def test_every_shown_output_is_real(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(_BLOCK.findall(text)) >= 2
    fresh = _BLOCK.sub(lambda m: f"```console\n{m[1]}{_run(m['command'])}```\n", text)
    if os.environ.get("EVENHAND_UPDATE_GOLDEN"):
        page.write_text(fresh, "utf-8")
    assert page.read_text("utf-8") == fresh


def test_the_python_example_runs() -> None:
    page = (ROOT / "docs" / "how-to" / "use-from-python.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_the_quoted_rule_stands_in_the_rules() -> None:
    text = README.read_text("utf-8")
    quoted = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert quoted is not None
    rules = (ROOT / "rules" / "offer" / "1.0.0.yaml").read_text("utf-8")
    for line in quoted[1].rstrip("\n").split("\n"):
        assert line in rules.split("\n"), line


def test_every_link_leads_somewhere() -> None:
    for page in [README, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
