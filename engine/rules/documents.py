"""The documents of this floor: a rule set as its author wrote it (`rule-language` section 2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from engine.feel import types
from engine.kernel.cases import Data, as_data
from engine.kernel.decimals import decimal_text, parse_number
from engine.kernel.diagnostics import Code
from engine.kernel.documents import (
    Count,
    Document,
    Expression,
    Fault,
    Flag,
    Identifier,
    Name,
    ReasonId,
    RejectedError,
    SemVer,
    Shape,
    Text,
    reject,
)
from engine.rules.tables import RESERVED_HEADS, parse_table

NOT_A_TYPE = Code(
    "RULE-TYPE-001",
    "`{text}` is not a type",
    "`{text}` 不是类型",
    "use number, string, boolean, date, time, date and time, list<…>, context",
    "可用 number、string、boolean、date、time、date and time、list<…>、context",
)
NOT_A_UNIT = Code(
    "RULE-TYPE-002",
    "`{text}` is not a unit",
    "`{text}` 不是单位",
    "write it like `points` or `CNY/month`",
    "请写成类似 `points` 或 `CNY/month`",
)
ONE_VALUE = Code(
    "RULE-SHAPE-001",
    "give either a `value` or a table",
    "请只写 `value` 或一张表格",
    "a decision has one of them",
    "一个决策只能有其中之一",
)

HitPolicy: TypeAlias = Literal[
    "unique", "any", "priority", "first", "rule_order", "output_order", "collect"
]


def _type_text(value: object) -> str:
    if isinstance(value, str) and types.parse_type(value) is not None:
        return value
    raise reject(NOT_A_TYPE, text=value)


def _unit_text(value: object) -> str:
    if isinstance(value, str) and types.parse_unit(value) is not None:
        return value
    raise reject(NOT_A_UNIT, text=value)


TypeText: TypeAlias = Annotated[
    str,
    BeforeValidator(_type_text),
    WithJsonSchema({"type": "string", "examples": ["number", "string", "list<string>"]}),
]
UnitText: TypeAlias = Annotated[
    str,
    BeforeValidator(_unit_text),
    WithJsonSchema({"type": "string", "examples": ["points", "CNY/month"]}),
]


def _canonical(data: Any, key: str) -> Any:  # noqa: ANN401 - what the author wrote, before it has a shape
    """Normalise the numbers of data by the type declared beside it, so that 80 is 80.0."""
    if not isinstance(data, dict) or data.get(key) is None:
        return data
    return {**data, key: _normal(data[key], _declared(data))}


def _declared(data: dict[str, Any]) -> types.Type | None:
    text = data.get("type", "number")
    return types.parse_type(text) if isinstance(text, str) else None


def _normal(value: Any, type_: types.Type | None) -> Any:  # noqa: ANN401 - (see above)
    if isinstance(type_, types.ListType) and isinstance(value, list | tuple):
        return [_normal(item, type_.item) for item in value]
    if not isinstance(type_, types.NumberType):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value) if value.is_finite() else value
    number = parse_number(value) if isinstance(value, str) else None
    return value if number is None else decimal_text(number)


def _trimmed(cells: Any) -> Any:  # noqa: ANN401 - (see above)
    """Trim the cells of a listed table: as those of a drawn one, they count as trimmed text."""
    if not isinstance(cells, list | tuple):
        return cells
    plain = (as_data(c) if isinstance(c, bool | int | Decimal) else c for c in cells)
    return [c.strip() if isinstance(c, str) else c for c in plain]


def _listed(data: Any) -> Any:  # noqa: ANN401 - (see above)
    if not isinstance(data, dict):
        return data
    return {key: _trimmed(data[key]) if key in {"when", "then"} else data[key] for key in data}


class Quantity(Shape):
    """What is said of any value: its type, unit, members and how it is printed."""

    type: TypeText = "number"
    unit: UnitText | None = None
    one_of: tuple[str, ...] | None = None
    ranked: tuple[str, ...] | None = None
    label: Text | None = None


class InputField(Quantity):
    """An input: required unless it has a default or is nullable."""

    type: TypeText
    range: Expression | None = None
    scale: Count | None = None
    default: Data | None = None
    nullable: Flag = False
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _normalised(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        return _canonical(data, "default")


class Parameter(Quantity):
    """A constant of the rule set, with where it comes from."""

    value: Data
    provenance: Literal["human_set", "data_derived"]
    evidence: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _normalised(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        return _canonical(data, "value")


class TableColumns(Shape):
    """The heads of a table: conditions and outputs."""

    when: tuple[Expression, ...]
    then: tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        return _listed(data)


class TableRow(Shape):
    """One rule of a table."""

    id: str
    when: tuple[Expression, ...]
    then: tuple[Expression, ...]

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        return _listed(data)


class Tabular(Quantity):
    """A value given by one expression or by a table, drawn as text or listed as rows."""

    value: Expression | None = None
    hit_policy: HitPolicy = "unique"
    aggregate: Literal["sum", "count", "min", "max"] | None = None
    columns: TableColumns | None = None
    rows: tuple[TableRow, ...] | None = None
    priority: tuple[str, ...] | None = None
    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema["properties"].update(
            table={
                "type": "string",
                "description": "a decision table drawn with pipes, as a `|` literal",
            }
        )
    )

    @model_validator(mode="before")
    @classmethod
    def _drawn(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        """Read a drawn table into columns and rows: both forms are one document."""
        if not isinstance(data, dict) or "table" not in data:
            return data
        if not isinstance(data["table"], str):
            raise RejectedError([Fault(ONE_VALUE)], "table")
        table, faults = parse_table(data["table"])
        if table is None:
            raise RejectedError(faults, "table")
        rest = {key: value for key, value in data.items() if key != "table"}
        if "rows" in rest or "columns" in rest or "value" in rest:
            raise RejectedError([Fault(ONE_VALUE)], "table")
        rest["columns"] = {
            "when": [c.text for c in table.when],
            "then": [c.text for c in table.then],
        }
        rest["rows"] = [
            {"id": r.id.text, "when": [c.text for c in r.when], "then": [c.text for c in r.then]}
            for r in table.rows
        ]
        return rest

    @model_validator(mode="after")
    def _whole(self) -> Tabular:
        if (self.value is None) == (self.rows is None) or (self.rows is None) != (
            self.columns is None
        ):
            raise reject(ONE_VALUE)
        return self


class OutputField(Quantity):
    """One of several outputs of a table; `priority` orders its values, the first best."""

    digits: Count | None = None
    nullable: Flag = False
    priority: tuple[str, ...] | None = None


class DecisionNode(Tabular):
    """One decision of a rule set; `only_if` says when it applies."""

    outputs: dict[Name, OutputField] | None = None
    default: dict[str, Data] | None = None
    only_if: Expression | None = None
    digits: Count | None = None
    nullable: Flag = False
    clause: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _normalised(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        """Normalise the default's numbers: a key of several outputs by its own type, else by the decision's."""
        if not isinstance(data, dict) or not isinstance(data.get("default"), dict):
            return data
        outputs = data.get("outputs")
        default = {}
        for key, value in data["default"].items():
            declared: Any = outputs.get(key) if isinstance(outputs, dict) else data
            reserved = key in RESERVED_HEADS or not isinstance(declared, dict)
            default[key] = value if reserved else _normal(value, _declared(declared))
        return {**data, "default": default}


class FunctionNode(Tabular):
    """A function of the rule set; it is not recursive."""

    params: dict[Name, Quantity]


class Guarantee(Shape):
    """A property that must hold for every case; exactly one of the claims is made."""

    id: str
    always: Expression | None = None
    never_decreases: Name | None = None
    never_worse: Name | None = None
    independent_of: Name | None = None
    unchanged_from: SemVer | None = None
    when_rises: Name | None = None
    of: Name | None = None


class RuleSet(Document):
    """A named document of decisions over typed inputs."""

    kind: Literal["rule_set"]
    feel: Literal["1"]
    use: Literal["demonstration"] | None = None
    jurisdictions: tuple[Identifier, ...] = ()
    inputs: dict[Name, InputField]
    params: dict[Name, Parameter] = Field(default_factory=dict)
    uses: dict[Name, Identifier] = Field(default_factory=dict)
    functions: dict[Name, FunctionNode] = Field(default_factory=dict)
    assume: tuple[Expression, ...] = ()
    decisions: dict[Name, DecisionNode]
    reasons: dict[ReasonId, Text] = Field(default_factory=dict)
    guarantees: tuple[Guarantee, ...] = ()
