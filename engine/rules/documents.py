"""The documents of this floor: a rule set as its author wrote it (`rule-language` section 2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from engine.feel import types
from engine.kernel.cases import Data
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
    Shape,
    Text,
    reject,
)
from engine.rules.tables import parse_table

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
ROW_CELLS = Code(
    "RULE-SHAPE-002",
    "the row `{row}` has {given} cells, and the columns have {wanted}",
    "行 `{row}` 有 {given} 个单元格，而列有 {wanted} 个",
    "write `-` for a cell that does not matter",
    "不重要的单元格请写 `-`",
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
    """Normalise a number that is written as data by the type declared beside it, so that 80 is 80.0."""
    if (
        not isinstance(data, dict)
        or not isinstance(data.get(key), str)
        or data.get("type", "number") != "number"
    ):
        return data
    number = parse_number(data[key])
    return data if number is None else {**data, key: decimal_text(number)}


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


class TableRow(Shape):
    """One rule of a table."""

    id: str
    when: tuple[Expression, ...]
    then: tuple[Expression, ...]


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
        for row in self.rows or ():
            wanted = len(self.columns.when) + len(self.columns.then) if self.columns else 0
            if self.columns and (len(row.when), len(row.then)) != (
                len(self.columns.when),
                len(self.columns.then),
            ):
                raise reject(
                    ROW_CELLS, row=row.id, given=len(row.when) + len(row.then), wanted=wanted
                )
        return self


class OutputField(Quantity):
    """One of several outputs of a table."""

    digits: Count | None = None
    nullable: Flag = False


class DecisionNode(Tabular):
    """One decision of a rule set; `only_if` says when it applies."""

    outputs: dict[Name, OutputField] | None = None
    default: dict[str, Data] | None = None
    only_if: Expression | None = None
    digits: Count | None = None
    nullable: Flag = False
    clause: str | None = None


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
    unchanged_from: str | None = None
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
