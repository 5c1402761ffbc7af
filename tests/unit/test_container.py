"""The container files agree with the project: the pinned builder, the settings, and what the image is built from."""

from __future__ import annotations

import re
import tomllib

import pytest
from ruamel.yaml import YAML

from api.settings import Settings
from tests.support.source import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_builder_is_the_one_of_the_makefile() -> None:
    pinned = re.search(
        r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    assert pinned is not None
    assert f"ARG UV_VERSION={pinned.group(1)}\n" in DOCKERFILE


def test_the_image_is_built_from_everything_that_the_package_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {*wheel["only-include"], *wheel["force-include"], "pyproject.toml", "uv.lock"}
    wanted |= {project["project"]["readme"], *project["project"]["license-files"]}
    sent = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in sent if line.startswith("!")} == wanted
    assert "\nUSER evenhand\n" in DOCKERFILE


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_compose_sets_what_there_is_to_set_and_opens_no_port_to_others(name: str) -> None:
    services = YAML(typ="safe").load((ROOT / name).read_text("utf-8"))["services"]
    known = {f"EVENHAND_{one.upper()}" for one in Settings.model_fields}
    assert {*services["evenhand"].get("environment", {})} <= known
    ports = [port for one in services.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
