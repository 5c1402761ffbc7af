"""The JSON Schemas accept what the engine reads, and refuse what it refuses by shape."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest

from api.folder import read_folder
from engine.kernel.source import plain, read_yaml
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


def test_a_misspelt_key_is_refused() -> None:
    data = data_of("rules/offer/1.0.0.yaml")
    loose = jsonschema.Draft202012Validator(is_typed(make_schema(SCHEMAS["rules"])))
    wrong = copy.deepcopy(data)
    wrong["decision"] = wrong.pop("decisions")
    assert list(loose.iter_errors(wrong))
    assert list(loose.iter_errors({**data, "kind": "rules"}))
