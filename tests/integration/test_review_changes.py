"""What a pull request is told: the versions that changed, paired with those before, and one comment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from scripts.review_changes import MARK, pairs_of, post
from tests.support.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "scripts" / "review_changes.py"
LATER = "competency_models/sales-rep-fmcg/1.1.0.yaml"
PLACES = ("rules", "competency_models", "catalog")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular."""
    own = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *own, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def revisions(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository of the shipped content in which the second revision adds a version of a model."""
    for name in PLACES:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "published.lock", tmp_path)
    added = (tmp_path / LATER).read_text("utf-8")
    (tmp_path / LATER).unlink()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "before")
    base = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / LATER).write_text(added, "utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "after")
    return tmp_path, base, git(tmp_path, "rev-parse", "HEAD")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as the action does."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_new_version_is_compared_with_the_one_before(revisions: tuple[Path, str, str]) -> None:
    folder, base, head = revisions
    bands = str(ROOT / "examples" / "salary-bands.json")
    done = run(folder, base, head, "--bands", bands, "--summary", "summary.md")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "title=sales-rep-fmcg@1.0.0 → sales-rep-fmcg@1.1.0::" in done.stdout
    summary = (folder / "summary.md").read_text("utf-8")
    assert summary.startswith(MARK)
    assert "### `sales-rep-fmcg@1.0.0` → `sales-rep-fmcg@1.1.0`" in summary


def test_a_fault_fails_the_review(revisions: tuple[Path, str, str]) -> None:
    folder, _, head = revisions
    rules = folder / "rules/offer/1.0.0.yaml"
    rules.write_text(rules.read_text("utf-8").replace("hit_policy: first", "hit_policy: frist"))
    done = run(folder, head, head)
    assert done.returncode == 1
    assert re.search(r"^::error file=rules/offer/1\.0\.0\.yaml,line=", done.stdout, re.MULTILINE)


def test_a_new_branch_and_an_unknown_revision(revisions: tuple[Path, str, str]) -> None:
    folder, _, head = revisions
    assert run(folder, "0" * 40, head).returncode == 0
    done = run(folder, "f" * 40, head)
    assert done.returncode == 1
    assert "fetch-depth: 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_versions_are_paired_by_number_and_first_ones_are_left_alone() -> None:
    present = [f"rules/pay/{v}.yaml" for v in ("1.2.0", "1.9.0", "1.10.0", "2.0.0")]
    present += ["rules/new/1.0.0.yaml", "rules/pay/cases.yaml"]
    assert pairs_of(["rules/pay/1.10.0.yaml"], present) == [("pay@1.9.0", "pay@1.10.0")]
    assert pairs_of(["rules/new/1.0.0.yaml", "rules/pay/cases.yaml"], present) == []
    assert pairs_of(["a/rules/pay/2.0.0.yaml"], present) == [("pay@1.10.0", "pay@2.0.0")]


def test_one_comment_is_written_and_then_written_anew() -> None:
    comments: list[dict[str, Any]] = [{"id": n, "body": "of someone else"} for n in range(100)]

    class Api(BaseHTTPRequestHandler):
        def answer(self, found: object) -> None:
            assert self.headers["Authorization"] == "Bearer secret"
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def body(self) -> str:
            return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

        def do_GET(self) -> None:
            page = int((re.search(r"[?&]page=(\d+)", self.path) or ["", "1"])[1])
            self.answer(comments[(page - 1) * 100 : page * 100])

        def do_POST(self) -> None:
            assert self.path == "/repos/o/r/issues/7/comments"
            comments.append({"id": 100, "body": self.body()})
            self.answer({})

        def do_PATCH(self) -> None:
            assert self.path == "/repos/o/r/issues/comments/100"
            comments[100]["body"] = self.body()
            self.answer({})

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            for text in ("first", "second"):
                address = f"http://127.0.0.1:{server.server_port}"
                post(f"{MARK}\n{text}", "o/r#7", "secret", address)
        finally:
            server.shutdown()
            thread.join()
    assert len(comments) == 101
    assert comments[100]["body"] == f"{MARK}\nsecond"


# --- the definitions that others use -------------------------------------------------------------


def hooks() -> list[dict[str, Any]]:
    """The hooks that repositories of rules can use."""
    return list(
        YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    )


def test_hooks_are_run_for_content_and_nothing_else() -> None:
    shipped = [
        p.relative_to(ROOT).as_posix() for place in PLACES for p in (ROOT / place).rglob("*.yaml")
    ]
    assert [hook["id"] for hook in hooks()] == ["evenhand-check", "evenhand-fmt", "evenhand-test"]
    for hook in hooks():
        seen = [p for p in shipped if re.search(hook["files"], p)]
        wanted = (
            shipped if hook["id"] != "evenhand-test" else [p for p in shipped if "catalog" not in p]
        )
        assert seen == wanted
        assert not re.search(hook["files"], "docs/rules.md")
        assert not re.search(hook["files"], ".github/workflows/ci.yml")
        assert hook["language"] == "python"


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_runs_on_shipped_content(hook: dict[str, Any], tmp_path: Path) -> None:
    for name in PLACES:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "published.lock", tmp_path)
    named = [] if hook.get("pass_filenames") is False else ["rules/offer/1.0.0.yaml"]
    program, *arguments = hook["entry"].split()
    assert program == "evenhand"
    environment = {k: v for k, v in os.environ.items() if k != "EVENHAND_CONTENT"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "api", *arguments, *named],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_pins_what_it_uses_and_takes_no_value_into_a_script() -> None:
    text = (ROOT / ".github/actions/check/action.yml").read_text("utf-8")
    action = YAML(typ="safe", pure=True).load(text)
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "run" in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])
        assert "${{" not in step.get("run", "")
    used = set(re.findall(r"inputs\.(\w+)", text))
    assert used == set(action["inputs"])


def test_the_action_installs_what_is_asked_for() -> None:
    action = YAML(typ="safe", pure=True).load(
        (ROOT / ".github/actions/check/action.yml").read_text("utf-8")
    )
    line = next(s["run"] for s in action["runs"]["steps"] if "pip install" in s.get("run", ""))
    for wanted, expected in (("", "/own"), ("1.2.3", "evenhand==1.2.3")):
        done = subprocess.run(
            ["bash", "-c", line.replace("python -m pip", "echo")],
            env={"WANTED": wanted, "OWN": "/own", "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split()[-1] == expected
