"""The JSON Schemas accept what the engine reads, and refuse what it refuses by shape."""

from __future__ import annotations

import copy
import re
from typing import Any

import jsonschema
import pytest

from api.folder import read_folder
from engine.kernel.source import Data, Mapping, Node, Scalar, Sequence, plain, read_yaml
from engine.schema import SCHEMAS, make_schema
from tests.support.source import ROOT

FILES = {p: t for p, t in read_folder(ROOT).files.items() if p.endswith(".yaml")}
VALIDATORS = {
    place: jsonschema.Draft202012Validator(make_schema(models)) for place, models in SCHEMAS.items()
}


def data_of(path: str) -> Any:  # noqa: ANN401 - JSON data
    """Read a file as texts, lists and maps."""
    node, found = read_yaml(FILES[path], path)
    assert not found
    assert node is not None
    return plain(node)


def is_typed(schema: Any) -> Any:  # noqa: ANN401 - a JSON Schema
    """Let texts stand for numbers and truth values, as they do in a document."""
    if isinstance(schema, dict):
        loose = {k: is_typed(v) for k, v in schema.items()}
        if str(loose.get("type")) in {"number", "integer", "boolean"}:
            loose["type"] = [loose["type"], "string"]
        return loose
    return [is_typed(item) for item in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("place", sorted(SCHEMAS))
def test_the_schema_is_one(place: str) -> None:
    jsonschema.Draft202012Validator.check_schema(make_schema(SCHEMAS[place]))
    loose = jsonschema.Draft202012Validator(is_typed(make_schema(SCHEMAS[place])))
    shipped = [p for p in FILES if p.startswith(f"{place}/")]
    assert shipped
    for path in shipped:
        assert [e.message for e in loose.iter_errors(data_of(path))] == [], path


def as_an_editor_reads(node: Node) -> Any:  # noqa: ANN401 - JSON data
    """Read plain scalars by YAML's core schema, as the plug-ins of editors do."""
    match node:
        case Mapping():
            return {k: as_an_editor_reads(v) for k, v in node.entries.items()}
        case Sequence():
            return [as_an_editor_reads(item) for item in node.items]
        case Scalar(style="") if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", node.text):
            return float(node.text) if "." in node.text else int(node.text)
        case Scalar(style="") if node.text in {"true", "false"}:
            return node.text == "true"
        case Scalar():
            return node.text
        case Data():
            return node.value


@pytest.mark.parametrize("path", sorted(FILES))
def test_an_editor_finds_nothing_wrong_in_what_is_shipped(path: str) -> None:
    node, _ = read_yaml(FILES[path], path)
    assert node is not None
    validator = VALIDATORS[path.partition("/")[0]]
    assert [e.message for e in validator.iter_errors(as_an_editor_reads(node))] == []


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_shipped_document_names_its_schema(path: str) -> None:
    first = FILES[path].partition("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    schema = (ROOT / path).parent / named[1]
    assert schema.resolve() == ROOT / path.partition("/")[0] / "schema.json"


@pytest.mark.parametrize("place", sorted(SCHEMAS))
def test_every_key_is_described_in_both_languages(place: str) -> None:
    shapes: Any = make_schema(SCHEMAS[place])["$defs"]
    keys = [said for shape in shapes.values() for said in shape.get("properties", {}).values()]
    assert keys
    assert all(re.search(r"[\u4e00-\u9fff].* · [A-Za-z`]", said["description"]) for said in keys)


def test_a_misspelt_key_is_refused() -> None:
    data = data_of("rules/offer/1.0.0.yaml")
    loose = jsonschema.Draft202012Validator(is_typed(make_schema(SCHEMAS["rules"])))
    wrong = copy.deepcopy(data)
    wrong["decision"] = wrong.pop("decisions")
    assert list(loose.iter_errors(wrong))
    assert list(loose.iter_errors({**data, "kind": "rules"}))
