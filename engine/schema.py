"""JSON Schema of the documents, from which editors complete and check while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.json_schema import models_json_schema

from engine.chaining.documents import Inference
from engine.competency.documents import CompetencyModel
from engine.dmn.documents import DmnDocument
from engine.jurisdictions.documents import Jurisdiction
from engine.kernel.cases import CaseFile
from engine.learning.documents import Catalog, CatalogPart
from engine.meanings import KEYS
from engine.rules.documents import RuleSet
from engine.rules.policies import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.kernel.documents import Shape

SCHEMAS: dict[str, tuple[type[Shape], ...]] = {
    "rules": (RuleSet, Inference, Jurisdiction, DmnDocument, Policy, CaseFile),
    "competency_models": (CompetencyModel, CaseFile),
    "catalog": (Catalog, CatalogPart),
}
"""The models that each folder's schema.json describes."""


def make_schema(models: Sequence[type[Shape]]) -> dict[str, object]:
    """Make one schema for a folder: its `kind` says which of the models a file is read by."""
    references, schema = models_json_schema([(model, "validation") for model in models])
    for shape in schema["$defs"].values():
        for key, said in shape.get("properties", {}).items():
            # What an editor shows beside the key: its meaning, in the languages of its readers.
            said["description"] = f"{KEYS[key].zh} · {KEYS[key].en}"
    chosen = [
        {
            "if": {"properties": {"kind": {"const": _kind(model)}}},
            "then": references[model, "validation"],
        }
        for model in models
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": [_kind(model) for model in models]}},
        "allOf": chosen,
        "$defs": schema["$defs"],
    }


def _kind(model: type[Shape]) -> str:
    """Read the one kind that a model accepts."""
    (kind,) = model.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
    return str(kind)
