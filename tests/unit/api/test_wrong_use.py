"""What somebody does wrong with the service's commands is told in one sentence of their language, without a traceback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.cli.operate import begin
from api.settings import Settings
from tests.integration.service.test_sessions import first_password
from tests.support.running import running

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "postgresql://somebody:hunter22@127.0.0.1:1/none"


def _says(*arguments: str, lang: str = "en", **environment: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--lang", lang], env=environment)
    assert done.exit_code == 2, (done.output, done.exception)
    assert isinstance(done.exception, SystemExit)
    assert len(done.output.strip().split("\n")) == 1
    return done.output


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "command", [["serve", "--port", "0"], ["versions"], ["verify", "--database"]]
)
def test_a_wrong_setting_is_told_by_its_name(command: list[str], lang: str, tmp_path: Path) -> None:
    (tmp_path / "master.key").write_bytes(bytes(32))
    given = {"EVENHAND_DATA_DIR": str(tmp_path), "EVENHAND_DATABASE_URL": "mysql://u:hunter22@h/d"}
    said = _says(*command, lang=lang, **given)
    assert "EVENHAND_DATABASE_URL" in said
    assert "hunter22" not in said
    assert ("设置有误" in said) == (lang == "zh")


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["versions"], ["access", "list"]])
def test_a_database_that_does_not_answer_is_told_without_its_password(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "master.key").write_bytes(bytes(32))
    said = _says(
        *command, EVENHAND_DATA_DIR=str(tmp_path), EVENHAND_DATABASE_URL=NOWHERE, EVENHAND_URL=""
    )
    assert said.startswith("evenhand: the database cannot be used: ")
    assert "hunter22" not in said


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "evenhand.sqlite").write_text("no database " * 100, "utf-8")
    said = _says("serve", "--port", "0", lang="zh", EVENHAND_DATA_DIR=str(tmp_path))
    assert said == "evenhand: 数据库无法使用：file is not a database\n"


def test_a_port_in_use_is_told_before_a_key_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = _says("serve", "--port", port, EVENHAND_DATA_DIR=str(tmp_path / "new"))
    assert said == f"evenhand: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert not (tmp_path / "new").exists()


def test_a_service_does_not_begin_with_content_that_is_not_there(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    said = _says("serve", "--content", gone, lang="zh", EVENHAND_DATA_DIR=str(tmp_path / "new"))
    assert said == f"evenhand: 没有目录 `{gone}`\n"
    assert not (tmp_path / "new").exists()


def test_a_path_that_is_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("full", "utf-8")
    said = _says("serve", "--port", "0", EVENHAND_DATA_DIR=str(file))
    assert said == f"evenhand: cannot read or write `{file}`: File exists\n"


@pytest.mark.parametrize("url", ["http://[bad", "nonsense", "http://127.0.0.1:99999", "https://"])
def test_what_is_no_address_is_told(url: str) -> None:
    assert "is no address" in _says("versions", "--url", url, "--key", "k")


def test_a_service_that_does_not_answer_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        said = _says("versions", "--url", url, "--key", "k", lang="zh")
    assert said.startswith(f"evenhand: `{url}` 没有应答：")


def test_somebody_who_stops_a_command_sees_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.folder.read_folder", stop)
    done = CliRunner().invoke(app, ["check", "--lang", "zh"])
    assert (done.exit_code, done.output) == (130, "evenhand: 已中止\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_keys_of_another_database_are_refused_and_nothing_is_written_with_them(
    tmp_path: Path, lang: str
) -> None:
    settings = Settings(data_dir=tmp_path)
    begin(settings, None)
    first_password(settings)
    at = {"EVENHAND_DATA_DIR": str(tmp_path), "EVENHAND_URL": ""}
    own = (tmp_path / "master.key").read_bytes()
    for other in (bytes(32), b"short"):
        (tmp_path / "master.key").write_bytes(other)
        for command in (["serve", "--port", "0"], ["access", "list"], ["versions"]):
            said = _says(*command, lang=lang, **at)
            assert "`master.key`" in said
            assert ("密钥" in said) == (lang == "zh")
    (tmp_path / "master.key").write_bytes(own)
    assert CliRunner().invoke(app, ["versions", "--lang", lang], env=at).exit_code == 0


def test_a_folder_is_served_once_and_other_commands_work_beside_it(tmp_path: Path) -> None:
    with running(Settings(data_dir=tmp_path / "data"), tmp_path / "log"):
        at = {"EVENHAND_DATA_DIR": str(tmp_path / "data"), "EVENHAND_URL": ""}
        said = _says("serve", "--port", "0", **at)
        assert said.startswith("evenhand: another service runs on ")
        assert CliRunner().invoke(app, ["versions"], env=at).exit_code == 0
