"""The registry from the command line: on the data folder, and over the API of a real server."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app, mirror
from api.cli.operate import begin
from api.cli.shared import WrongUseError
from api.client import Client
from api.observability import set_up_logs
from api.services.decide import Case, decide
from api.services.platform import open_platform
from api.settings import Settings
from engine.publishing.mirror import Pulled
from tests.support.registry import rule_set, write_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


AT = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


class Desk:
    """A folder, a registry that began with it, and the commands."""

    def __init__(self, root: Path) -> None:
        self.folder = write_folder(root / "content")
        self.settings = Settings(data_dir=root / "data")
        self.key = begin(self.settings, self.folder) or ""
        self.env: dict[str, str | None] = {
            "EVENHAND_DATA_DIR": str(root / "data"),
            "EVENHAND_CONTENT": str(self.folder),
            "COLUMNS": "160",
        }

    def run(
        self,
        *arguments: str,
        code: int = 0,
        lang: str = "en",
        by: str = "ann",
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command and give what it printed; the exit code must be the one expected."""
        given = self.env | {"EVENHAND_BY": by} | dict(env or {})
        result = CliRunner().invoke(app, [*arguments, "--lang", lang], env=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    def write(self, **changed: str) -> None:
        """Write the next version into the folder."""
        for path, text in rule_set(**changed).items():
            (self.folder / path).write_text(text, "utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder and its registry."""
    return Desk(tmp_path)


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    """The address of a real server on the same registry, which does not log into what commands print."""
    set_up_logs("error")
    server = uvicorn.Server(
        uvicorn.Config(create_app(desk.settings), port=0, log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_a_folder_and_the_registry_stay_one_truth(desk: Desk) -> None:
    before = (desk.folder / "published.lock").read_text("utf-8")
    assert desk.run("push") == "nothing to push\n"
    assert desk.run("pull") == "up to date\n"
    desk.write()
    assert desk.run("push", "--dry-run") == "rule_set line@1.1.0: new draft\nnothing was done\n"
    assert desk.run("push", "-m", "higher", lang="zh") == "rule_set line@1.1.0: 新草稿\n"
    assert desk.run("push") == "nothing to push\n"
    assert "approvals 0/2" in desk.run("submit", "line@1.1.0")
    refused = desk.run("approve", "line@1.1.0", "-m", "fine", code=1)
    assert "who wrote any part of a version" in refused
    assert "批准 1/2" in desk.run("approve", "line@1.1.0", "-m", "fine", lang="zh", by="bob")
    assert "approvals are missing: 1 / 2" in desk.run("publish", "line@1.1.0", code=1, by="bob")
    desk.run("approve", "line@1.1.0", "-m", "fine", by="cai")
    assert "published" in desk.run("publish", "line@1.1.0", by="bob")
    assert "(as before)" in desk.run("publish", "line@1.1.0", by="bob")
    assert desk.run("pull", "--dry-run") == "would write: published.lock\n"
    assert desk.run("pull") == "written: published.lock\n"
    assert desk.run("pull", lang="zh") == "已是最新\n"
    lock = (desk.folder / "published.lock").read_text("utf-8")
    assert lock.startswith(before)
    assert lock.count("\n") == before.count("\n") + 1
    assert "checked 4 files: 0 errors" in desk.run("check")
    # An empty folder becomes the same one.
    other = desk.folder.parent / "other"
    desk.run("pull", "--content", str(other))
    for path in (p for p in desk.folder.rglob("*") if p.suffix == ".yaml"):
        same = other / path.relative_to(desk.folder)
        assert same.read_text("utf-8") == path.read_text("utf-8")
    told = desk.run("history", "line@1.1.0")
    assert [line.split("  ")[2] for line in told.splitlines()] == [
        "published",
        "approved",
        "approved",
        "submitted",
        "drafted",
    ]
    assert "起草  ann  higher" in desk.run("history", "line", lang="zh")


def test_what_is_published_is_not_overwritten(desk: Desk) -> None:
    path = desk.folder / "rules/line/1.0.0.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 60", "value: 61"), "utf-8")
    assert "was edited: not pushed" in desk.run("push", code=1)
    assert "is not what was published" in desk.run("pull", code=1)
    assert "value: 61" in path.read_text("utf-8")
    path.unlink()
    assert desk.run("pull") == "written: rules/line/1.0.0.yaml\n"
    path.write_text("rules: [", "utf-8")
    assert "YAML" in desk.run("push", code=1)


def test_findings_and_waivers_are_told(desk: Desk) -> None:
    desk.write(more="\n  - {id: G2, always: 'sqrt(score) * sqrt(score) <= score + 1'}")
    desk.run("push")
    told = desk.run("submit", "line@1.1.0", code=1)
    assert "findings stand in the way" in told
    assert "PUBLISH-003" in told
    assert "由审批人写明理由" in desk.run("submit", "line@1.1.0", code=1, lang="zh")
    waiver = ("waive", "line@1.1.0", "G2", "-m", "known", "--until")
    assert "that day is over" in desk.run(*waiver, "2020-01-01", code=1, by="bob")
    desk.run(*waiver, "2099-01-01", by="bob")
    desk.run("assess", "line@1.1.0", "file 7")
    assert "submitted" in desk.run("submit", "line@1.1.0")
    assert "checked" in desk.run("reject", "line@1.1.0", "-m", "no", by="bob")
    assert "waived  bob  G2 → 2099-01-01  known" in desk.run("history", "line")
    desk.run("submit", "line@1.1.0")
    assert "not in the state" in desk.run("discard", "line@1.1.0", "-m", "no", code=1)
    assert "checked" in desk.run("withdraw", "line@1.1.0")
    assert "已弃置" in desk.run("discard", "line@1.1.0", "-m", "no", lang="zh")
    assert "line@1.1.0  discarded" in desk.run("versions", "line")
    assert desk.run("push") == "nothing to push\n"
    desk.write(line="81")
    assert desk.run("push") == "rule_set line@1.1.0: draft edited\n"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rest": "< 70  "}, "RULE-GAP-001"),
        ({"low": "offer"}, "PUBLISH-001"),
        ({"more": "\n  - {id: G2, always: 'outcome = \"offer\"'}"}, "PUBLISH-002"),
    ],
)
def test_what_stands_in_the_way_is_told(desk: Desk, changed: dict[str, str], code: str) -> None:
    desk.write(**changed)
    desk.run("push")
    for command in (("submit",), ("shadow",)):
        assert code in desk.run(*command, "line@1.1.0", code=1)
    assert "not in the state" in desk.run("publish", "line@1.1.0", code=1, by="bob")


def test_an_approval_of_what_was_edited_since_is_refused(desk: Desk) -> None:
    desk.write()
    desk.run("push")
    digest = json.loads(desk.run("submit", "line@1.1.0", "--json"))["digest"]
    desk.write(line="81")
    desk.run("push")
    desk.run("submit", "line@1.1.0")
    approve = ("approve", "line@1.1.0", "-m", "fine", "--digest", digest)
    assert "was edited meanwhile" in desk.run(*approve, code=1, by="bob")
    for missing in (
        ("line@1.1.0", "-m", "x"),
        ("line@1.1.0", "G1"),
        ("line@1.1.0", "G1", "-m", "x"),
    ):
        desk.run("waive", *missing, code=2, by="bob")
    own = ("waive", "line@1.1.0", "G1", "-m", "x", "--until", "2099-01-01")
    assert "neither approves nor waives" in desk.run(*own, code=1)


def test_a_shadow_and_the_stop_button(desk: Desk) -> None:
    desk.write()
    desk.run("push")
    desk.run("shadow", "line@1.1.0")
    assert "in shadow: the same in 0 of 0 decisions" in desk.run("versions")
    platform = open_platform(desk.settings)
    for score in ("50", "70", "90"):
        case = Case("line", {"score": score}, AT, None, None)
        decide(platform, case, AT, "c", None).result()
    platform.close()
    told = desk.run("agreement", "line@1.1.0").splitlines()
    assert told[:3] == [
        "in shadow: the same in 2 of 3 decisions",
        "offer → human_review: 1",
        "agreement 66.6 %",
    ]
    assert told[3].endswith("2026-07-01  offer → human_review  outcome")
    assert "一致率 66.6 %" in desk.run("agreement", "line@1.1.0", lang="zh")
    assert json.loads(desk.run("agreement", "line@1.1.0", "--json"))["share"] == "2/3"
    assert "影子运行" in desk.run("versions", "line", lang="zh")
    desk.run("shadow", "line@1.1.0", "--off")
    assert "in shadow" not in desk.run("versions")
    said = desk.run("suspend", "line", "-m", "incident")
    assert said == "rule_set line  suspended: from the next decision on people decide\n"
    assert "suspended · in force" in desk.run("versions")
    assert "(as before)" in desk.run("suspend", "line", "-m", "again")
    assert "已恢复" in desk.run("resume", "line", "-m", "mended", lang="zh")


def test_the_same_over_the_api(desk: Desk, url: str) -> None:
    service = {"EVENHAND_URL": url, "EVENHAND_KEY": desk.key}
    assert desk.run("push", env=service) == "nothing to push\n"
    desk.write(more="\n  - {id: G2, always: 'outcome = \"offer\"'}")
    desk.run("push", env=service)
    assert "PUBLISH-002" in desk.run("submit", "line@1.1.0", code=1, env=service)
    desk.write()
    assert desk.run("push", env=service) == "rule_set line@1.1.0: draft edited\n"
    answer: dict[str, Any] = json.loads(desk.run("submit", "line@1.1.0", "--json", env=service))
    assert (answer["state"], answer["authors"]) == ("submitted", ["administrator"])
    told = desk.run("approve", "line@1.1.0", "-m", "x", code=1, lang="zh", env=service)
    assert "编写过该版本任何部分的人" in told
    assert "voids 1" not in desk.run("push", env=service)
    for who in ("bob", "cai"):
        desk.run("approve", "line@1.1.0", "-m", "fine", by=who)
    desk.run("publish", "line@1.1.0", env=service)
    assert desk.run("pull", env=service) == "written: published.lock\n"
    with pytest.MonkeyPatch.context() as small:
        small.setattr("api.cli.registry._A_PAGE", 1)
        assert (
            desk.run("versions", env=service).count("\n") == desk.run("versions").count("\n") == 2
        )
        paged = desk.run("history", "line", env=service)
    assert paged == desk.run("history", "line")
    client = Client(url, desk.key)
    assert [one["version"] for one in client.versions("rule-sets", "line")] == ["1.0.0", "1.1.0"]
    assert len(list(client.history("rule-sets", "line"))) == paged.count("\n")
    assert "published  administrator" in desk.run("history", "line", env=service)
    desk.run("suspend", "line", "-m", "incident", env=service)
    assert json.loads(desk.run("versions", "--json", env=service))[0]["state"] == "suspended"


@pytest.mark.parametrize("path", ["/foo", "/v1", "/openapi.json"])
def test_an_address_with_nothing_of_ours_is_said(desk: Desk, url: str, path: str) -> None:
    wrong = {"EVENHAND_URL": url + path, "EVENHAND_KEY": desk.key}
    for arguments in (("versions", "line"), ("history", "line"), ("push",), ("pull",)):
        assert "is no Evenhand service" in desk.run(*arguments, code=2, env=wrong)
    assert "不是 Evenhand 服务" in desk.run("versions", code=2, lang="zh", env=wrong)
    other = {"EVENHAND_URL": url, "EVENHAND_KEY": "evh_0_0"}
    assert "a valid key" in desk.run("versions", "line", code=1, env=other)


def test_wrong_use_is_said(desk: Desk, tmp_path: Path) -> None:
    for arguments, said in (
        (("submit", "line"), "names no version"),
        (("submit", "line@2.0.0"), "there is no `line@2.0.0`"),
        (("history", "none"), "there is no document `none`"),
        (("versions", "none"), "there is no document `none`"),
        (("push", "--content", str(tmp_path / "none")), "there is no folder"),
        (("versions", "--url", "ftp://x", "--key", "k"), "no address"),
        (("versions", "--url", "http://127.0.0.1:9"), "asks for a key"),
        (("versions", "--url", "http://127.0.0.1:9", "--key", "k"), "no answer"),
        (("versions", "--by", ""), "say who you are"),
        (("waive", "line@1.0.0", "G", "-m", "x", "--until", "soon"), "is not a date"),
    ):
        assert said in desk.run(*arguments, code=2)
    assert "there is no registry" in desk.run(
        "versions", code=2, env={"EVENHAND_DATA_DIR": str(tmp_path / "x")}
    )
    assert not (tmp_path / "x").exists()


def test_a_registry_that_has_not_begun_takes_nothing(desk: Desk, tmp_path: Path) -> None:
    """What is pushed into it would keep the first start from publishing anything."""
    open_platform(Settings(data_dir=tmp_path / "x")).close()
    empty = {"EVENHAND_DATA_DIR": str(tmp_path / "x")}
    assert "has not begun" in desk.run("versions", "--by", "ann", code=2, env=empty)
    assert begin(Settings(data_dir=tmp_path / "x"), None) is not None


def test_json_and_what_is_kept(desk: Desk) -> None:
    desk.write()
    pushed = json.loads(desk.run("push", "--json"))
    assert [(one["name"], one["action"]) for one in pushed] == [
        ("rule_set line@1.0.0", "same"),
        ("rule_set line@1.1.0", "new"),
    ]
    cases = desk.folder / "rules/line/cases.yaml"
    cases.write_text(cases.read_text("utf-8") + "# mine\n", "utf-8")
    told = desk.run("push", lang="zh")
    assert "仅注释或案例不同" in told
    assert "草稿已改" in told
    assert "kept: it has cases that the registry does not" in desk.run("pull")
    pulled = json.loads(desk.run("pull", "--json"))
    assert pulled == {"written": [], "changed": [], "kept": ["rules/line/cases.yaml"]}
    assert json.loads(desk.run("history", "line", "--json"))["history"][0]["verb"] == "drafted"
    assert json.loads(desk.run("suspend", "line", "-m", "x", "--json"))["suspended"] is True
    assert "reason is longer" in desk.run("resume", "line", "-m", "x" * 2001, code=2)


def test_two_kinds_of_one_id_are_told_apart(desk: Desk) -> None:
    policy = """schema_version: "1"
kind: policy
id: line
version: 1.0.0
title: {zh: 制度, en: Policy}
owner: hr
effective_from: 2026-01-01T00:00:00+00:00
clause: HR
clauses:
  - {id: HR-1, title: {zh: 一, en: One}}
"""
    place = desk.folder / "rules/policies/line/1.0.0.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(policy, "utf-8")
    desk.run("push")
    assert "of several kinds" in desk.run("submit", "line@1.0.0", code=2)
    assert "of several kinds" in desk.run("history", "line", code=2)
    assert "1 must" not in desk.run("submit", "line@1.0.0", "--kind", "policy")
    assert "approvals 0/1" in desk.run("versions", "line")
    refused = desk.run("shadow", "line@1.0.0", "--kind", "policy", code=1, lang="zh")
    assert "只有规则集、胜任力模型和推理规则可以影子运行" in refused


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError):
        mirror._write(tmp_path / "in", Pulled({"../out.yaml": "x"}, (), ()))
    assert not (tmp_path / "out.yaml").exists()
