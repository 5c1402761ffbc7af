"""The tutorial of a first change, walked to the letter: its commands, on a service, say what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.settings import Settings
from tests.support.running import running
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = ROOT / "docs" / "tutorial" / "first-change.md"
_BLOCK = re.compile(r"```(?P<kind>sh|yaml|console)\n(?P<text>.*?)```\n", re.DOTALL)
_MASKS = (
    (r"evh_[0-9a-f]{16}_\S+", "evh_…"),
    (r'"digest":"sha256:[0-9a-f]{64}"', '"digest":"sha256:…"'),
    (r"the first \d+ under a signed head", "the first … under a signed head"),
    (r"\b[0-9a-f]{32}\b", "01a2…"),
    (r"(?m)^id  [0-9a-f]{16}$", "id  …"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-25 09:00:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", "2026-11-25T09:00:00+00:00"),
)
"""What is another one each time: keys, ids, moments, salted digests, and how much was signed in time."""


class _Walk:
    """Somebody at the tutorial: a folder, an environment, and the keys that were kept."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def step(self, block: re.Match[str]) -> str:
        """Do what a block says, and give the block as it should stand."""
        text = block["text"]
        match block["kind"]:
            case "console":
                commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
                text = "".join(f"$ {one}\n{self.run(one)}" for one in commands)
            case "yaml":
                self.edit(text)
            case _ if text.startswith(("cp ", "cat ")):
                self.shell(text)
            case _:
                pass  # the service runs already, and the walk knows where
        return f"```{block['kind']}\n{text}```\n"

    def edit(self, text: str) -> None:
        """Put each line in the place of the one that begins alike."""
        first, *lines = text.rstrip("\n").split("\n")
        file = self.folder / first.removeprefix("# ")
        for line in lines:
            begins = re.escape(line.partition(":")[0])
            fresh, count = re.subn(rf"(?m)^{begins}:.*$", line, file.read_text("utf-8"))
            assert count == 1, line
            file.write_text(fresh, "utf-8")

    def shell(self, command: str) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def run(self, command: str) -> str:
        """Run one command; what it prints, without what is another one each time."""
        given, words = dict(self.environment), shlex.split(command)
        if words[0].startswith("EVENHAND_KEY=$"):
            given["EVENHAND_KEY"] = given[words.pop(0).partition("$")[2]]
        if words[0] == "evenhand":
            done = CliRunner().invoke(app, words[1:], env={**given, "LANG": "C", "COLUMNS": "120"})
            assert isinstance(done.exception, SystemExit | None), done.exception
            said = done.output
        else:
            said = self.shell(command)
        if words[1:3] == ["access", "key"]:
            key = re.search(r"evh_\S+", said)
            assert key is not None
            self.environment[words[3].upper()] = key.group()
        for pattern, mask in _MASKS:
            said = re.sub(pattern, mask, said)
        return "".join(f"{line.rstrip()}\n" for line in said.rstrip("\n").split("\n"))


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Walk]:
    folder = tmp_path / "policy"
    for name in ("rules", "competency_models", "catalog"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "published.lock", folder)
    (folder / "case.json").write_text(
        '{"overall": 81, "assessed": true, "band_min": 8000, "band_max": 10000}', "utf-8"
    )
    monkeypatch.chdir(folder)
    settings = Settings(data_dir=tmp_path / "policy-data")
    with running(settings, tmp_path / "log") as service:
        given = {"EVENHAND_DATA_DIR": str(settings.data_dir), "EVENHAND_URL": service.url}
        yield _Walk(folder, given)


def test_the_first_change_goes_as_the_page_says(walk: _Walk) -> None:
    page = PAGE.read_text("utf-8")
    fresh = _BLOCK.sub(walk.step, page)
    if os.environ.get("EVENHAND_UPDATE_GOLDEN"):
        PAGE.write_text(fresh, "utf-8")
    assert PAGE.read_text("utf-8") == fresh
