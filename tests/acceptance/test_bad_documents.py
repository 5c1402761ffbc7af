"""Bad documents as people, spreadsheets, input methods and merges make them: one clear, located finding each."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.support.source import ROOT

BAD = Path(__file__).parent / "bad"
EXPECTED = {
    line.split()[0]: tuple(line.split()[1:])
    for line in (BAD / "expected.txt").read_text("utf-8").splitlines()
}
"""What is found in each file: its code, and `line:column`."""


@cache
def checked(name: str, form: str, lang: str = "en") -> str:
    """Run `evenhand check` on one file beside the shipped content; it must find something."""
    command = ["check", str(BAD / name), "--content", str(ROOT), "--format", form, "--lang", lang]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 1, ran.output
    return ran.output


def test_every_bad_document_is_listed() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in BAD.glob("*.yaml"))
    assert len(EXPECTED) >= 50


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_bad_document_gives_one_finding_in_its_place(name: str) -> None:
    (one,) = json.loads(checked(name, "json"))
    assert (one["code"], f"{one['line']}:{one['column']}") == EXPECTED[name]
    assert one["severity"] == "error"
    assert one["path"].endswith(name)
    for lang in ("zh", "en"):
        assert one["message"][lang]
        assert one["help"][lang]
    said = re.sub(r"`[^`]*`", "", one["message"]["zh"] + one["help"]["zh"])
    assert re.search("[\u4e00-\u9fff]", said)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", sorted(EXPECTED)[::8])
def test_a_person_reads_it_in_their_language(name: str, lang: str) -> None:
    told = checked(name, "text", lang)
    code, place = EXPECTED[name]
    assert re.search(rf"{re.escape(name)}:{place}: (error|错误) {code}: ", told)
    assert ("办法: " if lang == "zh" else "help: ") in told
