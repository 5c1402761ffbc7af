"""No committed text names the machine it was written on."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.support.source import ROOT

# Written in parts, so that this file does not name them either.
PRIVATE = re.compile("|".join([r"(?<![\w.])/" + "work/", "farm" + "-", r"\." + "library"]))


def names(text: str) -> list[str]:
    """The lines of a text that name something private."""
    return [line.strip()[:100] for line in text.splitlines() if PRIVATE.search(line)]


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(),
    reason="only a checkout knows which files are committed",
)
def test_no_private_name_is_committed() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in paths
        if path.is_file() and (lines := names(path.read_text("utf-8", errors="replace")))
    }
    assert not found


def test_a_private_name_is_found() -> None:
    assert names("cd /" + "work/main\nframework/parts\ndocs/work/notes") == ["cd /" + "work/main"]
