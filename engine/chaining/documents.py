"""The `inference` document: facts that come in, facts that are derived, the rules between."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from engine.kernel.decimals import decimal_text, parse_number
from engine.kernel.documents import (
    Document,
    Expression,
    Identifier,
    Name,
    Number,
    ReasonId,
    Shape,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def _normal(then: object, derives: Mapping[object, object]) -> object:
    """Give each number among derived values its one form, so that 0.70 is 0.7."""
    if isinstance(then, list):
        return [_normal(heads, derives) for heads in then]
    if not isinstance(then, dict):
        return then
    return {name: _normal_fields(fields, derives.get(name)) for name, fields in then.items()}


def _normal_fields(fields: object, declared: object) -> object:
    if not isinstance(fields, dict) or not isinstance(declared, dict):
        return fields
    return {
        name: decimal_text(number)
        if isinstance(text, str)
        and isinstance(shape := declared.get(name), dict)
        and shape.get("type") == "number"
        and (number := parse_number(text)) is not None
        else text
        for name, text in fields.items()
    }


def _datum(value: object) -> object:
    """Keep a value of JSON as the text that YAML would have had."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return decimal_text(Decimal(value))
        case _:
            return value


Datum: TypeAlias = Annotated[
    str, BeforeValidator(_datum), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
"""A value of a derived field: data, or after `= ` an expression."""


class FieldShape(Shape):
    """What a field of a fact can hold; `one_of` is for strings, `range` and `unit` for numbers."""

    type: Literal["string", "number", "boolean"]
    one_of: tuple[str, ...] | None = None
    range: Expression | None = None
    unit: str | None = None
    label: Text | None = None


class Param(Shape):
    """A number that the policy sets; a data-derived one names the hash of its evidence."""

    value: Number
    unit: str | None = None
    provenance: Literal["human_set", "data_derived"]
    evidence: str | None = None
    label: Text | None = None


class PatternShape(Shape):
    """A fact to look for, under its variable's name."""

    fact: Name
    where: Expression | None = None


class InferenceRule(Shape):
    """When facts are there, unless others are, then these follow; no two variables share a fact."""

    id: ReasonId
    clause: str
    when: dict[Name, PatternShape]
    unless: dict[Name, PatternShape] | None = None
    then: dict[Name, dict[Name, Datum]] | tuple[dict[Name, dict[Name, Datum]], ...]
    note: str | None = None


class Inference(Document):
    """A set of forward-chaining rules (`rule-language` section 6)."""

    kind: Literal["inference"]
    feel: Literal["1"] = "1"
    use: Literal["demonstration"] | None = None
    jurisdictions: tuple[Identifier, ...] = ()
    facts: dict[Name, dict[Name, FieldShape]]
    derives: dict[Name, dict[Name, FieldShape]]
    params: dict[Name, Param] | None = None
    rules: tuple[InferenceRule, ...]
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _normalised(cls, data: Any) -> Any:  # noqa: ANN401 - what the author wrote, without a shape
        match data:
            case {"derives": {**derives}, "rules": [*rules]}:
                normal = [
                    {**rule, "then": _normal(rule["then"], derives)}
                    if isinstance(rule, dict) and "then" in rule
                    else rule
                    for rule in rules
                ]
                return {**data, "rules": normal}
            case _:
                return data
