"""The language server as an editor meets it: a process of its own, over its standard input and output."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.language_client import LanguageClient
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "rules/offer/1.0.0.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shipped content."""
    for name in ("rules", "competency_models", "catalog"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "published.lock", tmp_path)
    return tmp_path


@pytest.fixture
def client() -> Iterator[LanguageClient]:
    """A client with its server."""
    with LanguageClient("--lang", "en") as made:
        yield made


def place(text: str, part: str, ahead: int = 0) -> dict[str, int]:
    """Place a part of a text as LSP does: lines from 0, columns in UTF-16 units."""
    before = text[: text.index(part) + ahead]
    last = before[before.rfind("\n") + 1 :]
    return {"line": before.count("\n"), "character": len(last.encode("utf-16-le")) // 2}


def cut(text: str, range_: dict[str, dict[str, int]]) -> str:
    """Take what an LSP range of one line marks."""
    line = text.split("\n")[range_["start"]["line"]].encode("utf-16-le")
    ends = range_["start"]["character"] * 2, range_["end"]["character"] * 2
    return line[ends[0] : ends[1]].decode("utf-16-le")


def at(uri: str, position: dict[str, int]) -> dict[str, Any]:
    """The parameters of a question about a position."""
    return {"textDocument": {"uri": uri}, "position": position}


def test_an_editor_works_on_a_shipped_rule_set(folder: Path, client: LanguageClient) -> None:
    uri = (folder / FILE).as_uri()
    right = (folder / FILE).read_text("utf-8")
    # A sign beyond the first plane before the fault: its columns are others in UTF-16.
    value = next(line for line in right.split("\n") if "value: round half up" in line)
    new = '    value: if string length("𝔘𠀀") = overall / line then band_min else band_maxx'
    wrong = right.replace(value, new)
    able = client.initialize(folder)
    assert able["hoverProvider"]
    assert able["definitionProvider"]

    client.open(uri, wrong)
    (fault,) = [d for d in client.findings(uri) if d["severity"] == 1]
    assert cut(wrong, fault["range"]) == "band_maxx"
    assert "did you mean `band_max`?" in fault["message"]

    (action,) = client.ask(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": fault["range"],
            "context": {"diagnostics": [fault]},
        },
    )
    (edit,) = action["edit"]["changes"][uri]
    assert (cut(wrong, edit["range"]), edit["newText"]) == ("band_maxx", "band_max")

    told = client.ask("textDocument/hover", at(uri, place(wrong, "then band_min", 6)))
    assert "`band_min: number` · input" in told["contents"]["value"]
    assert cut(wrong, told["range"]) == "band_min"

    found = client.ask("textDocument/completion", at(uri, place(wrong, "band_maxx", 3)))
    items = {item["label"]: item for item in found["items"]}
    assert items["band_max"]["textEdit"]["newText"] == "band_max"
    assert cut(wrong, items["band_max"]["textEdit"]["range"]) == "ban"
    assert items["count"]["textEdit"]["newText"] == "count(${1:list})"

    declared = client.ask("textDocument/definition", at(uri, place(wrong, "then band_min", 6)))
    assert declared["uri"] == uri
    assert declared["range"]["start"] == place(wrong, "\n  band_min:", 3)

    for version, text in ((2, edit["newText"]), (3, right)):
        change = {"range": edit["range"], "text": text} if version == 2 else {"text": text}
        named = {"uri": uri, "version": version}
        client.notify("textDocument/didChange", {"textDocument": named, "contentChanges": [change]})
    while client.findings(uri):
        pass  # what was found before the change is still on its way
    assert client.shut_down() == 0


def test_it_formats_and_outlines(folder: Path, client: LanguageClient) -> None:
    uri = (folder / FILE).as_uri()
    tidy = (folder / FILE).read_text("utf-8")
    untidy = re.sub(r"(\| P08 ) +", r"\1", tidy)
    assert untidy != tidy
    client.initialize(folder)
    client.open(uri, untidy)
    asked = {"textDocument": {"uri": uri}, "options": {"tabSize": 2, "insertSpaces": True}}
    (edit,) = client.ask("textDocument/formatting", asked)
    assert edit["newText"] == tidy
    assert edit["range"]["start"] == {"line": 0, "character": 0}
    symbols = client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    decisions = next(s for s in symbols if s["name"] == "decisions")
    outcome = next(s for s in decisions["children"] if s["name"] == "outcome")
    assert [row["name"] for row in outcome["children"]][:2] == ["P02", "P04"]


def test_it_speaks_the_language_that_the_editor_asks_for(
    folder: Path, client: LanguageClient
) -> None:
    uri = (folder / FILE).as_uri()
    client.initialize(folder, language="zh")
    client.open(
        uri, (folder / FILE).read_text("utf-8").replace("kind: rule_set", "kind: rule_sett")
    )
    (fault,) = [d for d in client.findings(uri) if d["code"] == "CONTENT-001"]
    assert "不是文件类型" in fault["message"]
    assert "是否指 `rule_set`？" in fault["message"]


def test_an_open_document_is_seen_by_the_others(folder: Path, client: LanguageClient) -> None:
    offer, cases = (
        (folder / "rules/offer" / name).as_uri() for name in ("1.0.0.yaml", "cases.yaml")
    )
    client.initialize(folder)
    client.open(cases, (folder / "rules/offer/cases.yaml").read_text("utf-8"))
    assert not client.findings(cases)
    text = (folder / FILE).read_text("utf-8")
    client.open(offer, re.sub(r"^id: offer$", "id: offers", text, flags=re.MULTILINE))
    while not (found := client.findings(cases)):
        pass
    assert "CONTENT-005" in {d["code"] for d in found}
