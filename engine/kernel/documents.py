"""What every document is: a frozen model over what the author wrote, its identity and its places."""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from engine.kernel.canonical import ContentHash, canonical_json, content_hash
from engine.kernel.decimals import decimal_text, fits, parse_number
from engine.kernel.diagnostics import (
    Code,
    Diagnostic,
    Lang,
    Phrase,
    Span,
    has_errors,
    in_order,
    nearest,
)
from engine.kernel.errors import DocumentError
from engine.kernel.source import (
    Data,
    Node,
    Scalar,
    descend,
    key_span_of,
    plain,
    read_yaml,
    span_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from pydantic.fields import FieldInfo

NOT_A_MAP = Code(
    "DOC-TYPE-001",
    "expected a map of keys here",
    "此处应为键值表",
    "write `key: value` lines",
    "请写成 `键: 值` 的形式",
)
NOT_IN_BOTH = Code(
    "DOC-TYPE-011",
    "expected this text in both languages",
    "此处文字应有中英文两种",
    "write `{{zh: …, en: …}}`",
    "请写成 `{{zh: …, en: …}}`",
)
NOT_A_LIST = Code(
    "DOC-TYPE-002",
    "expected a list here",
    "此处应为列表",
    "write `- ` items or `[a, b]`",
    "请写成 `- ` 开头的列表或 `[a, b]`",
)
NOT_A_TEXT = Code(
    "DOC-TYPE-003",
    "expected a text here",
    "此处应为文字",
    "put the text in quotes",
    "请给文字加引号",
)
NOT_AN_EXPRESSION = Code(
    "DOC-TYPE-004",
    "expected an expression here, and YAML reads this as a list or a map",
    "此处应为表达式，但 YAML 把它读成了列表或键值表",
    "put the expression in quotes",
    "请给表达式加引号",
)
NOT_A_NUMBER = Code(
    "DOC-TYPE-005",
    "`{text}` is not a number",
    "`{text}` 不是数字",
    "write digits with an optional sign and point, at most 34: no `1e3`, `1_000`, `010`",
    "请写数字，可带正负号和小数点，最多 34 位；不可写 `1e3`、`1_000`、`010`",
)
NOT_A_FLAG = Code(
    "DOC-TYPE-006",
    "`{text}` is neither `true` nor `false`",
    "`{text}` 既不是 `true` 也不是 `false`",
    "write `true` or `false`",
    "请写 `true` 或 `false`",
)
NOT_AN_INSTANT = Code(
    "DOC-TYPE-007",
    "`{text}` is not a date-time with a numeric offset",
    "`{text}` 不是带数字时区偏移的日期时间",
    "write it as `2026-01-01T00:00:00+08:00`",
    "请写成 `2026-01-01T00:00:00+08:00`",
)
NOT_A_DAY = Code(
    "DOC-TYPE-008",
    "`{text}` is not a date",
    "`{text}` 不是日期",
    "write it as `2026-01-01`",
    "请写成 `2026-01-01`",
)
NOT_ONE_OF = Code(
    "DOC-TYPE-009",
    "`{text}` is not one of {known}",
    "`{text}` 不在可选值中：{known}",
    "choose one of them",
    "请从中选择",
)
NOT_A_COUNT = Code(
    "DOC-TYPE-010",
    "`{text}` is not a whole number",
    "`{text}` 不是整数",
    "write digits only",
    "请只写数字",
)
BAD_VALUE = Code(
    "DOC-VALUE-001",
    "this value is not allowed: {problem}",
    "此值不允许：{problem}",
    "correct it",
    "请更正",
)
BAD_FORM = Code(
    "DOC-VALUE-002",
    "`{text}` does not have the form that is expected here",
    "`{text}` 的写法不符合此处要求",
    "write it like `{example}`",
    "请写成类似 `{example}` 的形式",
)
MISSING_KEY = Code(
    "DOC-KEY-001", "the key `{key}` is missing", "缺少键 `{key}`", "add it", "请补上"
)
UNKNOWN_KEY = Code(
    "DOC-KEY-002",
    "the key `{key}` is not known here",
    "此处没有键 `{key}`",
    "known here: {known}",
    "此处可用：{known}",
)


# --- scalars -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding inside one value: its code, the stretch of the text it is about, and its arguments."""

    code: Code
    start: int = 0
    end: int | None = None
    args: dict[str, str] = field(default_factory=dict)
    near: str | None = None


class RejectedError(PydanticCustomError):
    """Raised by a validator of ours: carries our own faults through pydantic."""

    def __new__(cls, faults: Iterable[Fault], key: str | None = None) -> Self:
        """Carry `faults`; `key` names the child they are about, when a whole map is being read."""
        return super().__new__(cls, "rejected", "rejected", {"faults": tuple(faults), "key": key})


def reject(code: Code, **args: object) -> RejectedError:
    """Make the error that a validator raises for one fault about the whole value."""
    return RejectedError([Fault(code, args={k: str(v) for k, v in args.items()})])


def _number(value: object) -> Decimal:
    number = None
    if isinstance(value, str):
        number = parse_number(value.strip())
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        given = Decimal(value)
        number = given if fits(given) else None
    if number is None:
        raise reject(NOT_A_NUMBER, text=value)
    return number


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return value == "true"
    raise reject(NOT_A_FLAG, text=value)


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_COUNT:
        return value
    if isinstance(value, str) and re.fullmatch(r"-?(?:0|[1-9][0-9]{0,8})", value):
        return int(value)
    raise reject(NOT_A_COUNT, text=value)


_LARGEST_COUNT = 10**9
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


def parse_instant(value: object) -> dt.datetime:
    """Read a date-time with a numeric offset (RFC 3339); raises pydantic's error for anything else."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value)
        except ValueError:
            pass
    raise reject(NOT_AN_INSTANT, text=value)


def _day(value: object) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise reject(NOT_A_DAY, text=value)


def _expression(value: object) -> str:
    if isinstance(value, str):
        # A `|` literal ends with a line break, which is layout and no part of the expression.
        return value.rstrip("\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal) and fits(number := Decimal(value)):
        return decimal_text(number)
    raise reject(NOT_AN_EXPRESSION)


Number: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_number),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?\d*\.?\d+$"}]}
    ),
]
"""An exact decimal of at most 34 digits."""

Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Count: TypeAlias = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer"})]
Instant: TypeAlias = Annotated[
    dt.datetime,
    BeforeValidator(parse_instant),
    PlainSerializer(dt.datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day: TypeAlias = Annotated[
    dt.date,
    BeforeValidator(_day),
    PlainSerializer(dt.date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Expression: TypeAlias = Annotated[
    str,
    BeforeValidator(_expression),
    WithJsonSchema({"type": ["string", "number", "boolean"], "description": "a FEEL expression"}),
]
"""The text of a FEEL expression."""


def _formed(pattern: str, example: str) -> type[str]:
    """Make a text type of one form, of at most 80 characters; `example` is what the message shows."""

    def check(value: object) -> object:
        if isinstance(value, str) and (
            len(value) > _LONGEST_NAME or not re.fullmatch(pattern, value)
        ):
            raise reject(BAD_FORM, text=value[:_LONGEST_NAME], example=example)
        return value

    schema = {
        "type": "string",
        "pattern": f"^(?:{pattern})$",
        "maxLength": _LONGEST_NAME,
        "examples": [example],
    }
    return Annotated[str, BeforeValidator(check), WithJsonSchema(schema)]  # type: ignore[return-value]


_LONGEST_NAME = 80

if TYPE_CHECKING:
    Identifier = str
    Name = str
    ReasonId = str
    SemVer = str
else:
    Identifier = _formed(r"[a-z0-9]+(-[a-z0-9]+)*", "sales-rep-fmcg")
    """A document's id: `kebab-case`."""
    Name = _formed(r"[^\W\d]\w*", "base_salary")
    """A name used in expressions: `snake_case` or Chinese."""
    ReasonId = _formed(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "SCORE-MET")
    """A reason code: `UPPER-KEBAB`."""
    SemVer = _formed(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", "1.0.0")
    """A version of three numbers."""


class Shape(BaseModel):
    """A part of a document: frozen, no unknown keys, tuples instead of lists."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)


class Text(Shape):
    """A text for people, in both languages."""

    zh: str
    en: str

    def __getitem__(self, lang: Lang) -> str:
        """Give the text in `lang`."""
        return self.zh if lang == "zh" else self.en


class Document(Shape):
    """The head that every document has (`rule-language` section 1)."""

    schema_version: Literal["1"]
    kind: str
    id: Identifier
    version: SemVer
    title: Text
    owner: str
    effective_from: Instant
    effective_to: Instant | None = None
    clause: str


# --- reading -----------------------------------------------------------------------------------

D = TypeVar("D", bound=Shape)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[D]):
    """A document with the bytes that name it and, when it came from a file, the tree of its places."""

    document: D
    canonical: bytes
    hash: ContentHash
    path: str = ""
    tree: Node | None = None

    def node(self, *path: str | int) -> Node | None:
        """Find what the author wrote at `path`; None when it came from elsewhere."""
        return descend(self.tree, path)

    def span(self, *path: str | int) -> Span | None:
        """Place `path` in the author's file, or the nearest thing above it."""
        return span_of(self.tree, path)


def identity(document: Shape) -> bytes:
    """Give the canonical bytes of what the author wrote: keys that were absent stay absent."""
    return canonical_json(document.model_dump(mode="json", exclude_unset=True, by_alias=True))


def load_tree(
    model: type[D], tree: Node, path: str = "", data: object = None
) -> tuple[Loaded[D] | None, list[Diagnostic]]:
    """Read a tree as `model`; gives the document, or every finding about its shape.

    `data` is the tree's content where parts of it have been read already: they are not read again.
    """
    return _load(model, plain(tree) if data is None else data, path, tree)


def load_data(
    model: type[D], data: object, path: str = ""
) -> tuple[Loaded[D] | None, list[Diagnostic]]:
    """Read JSON data (decimals kept as Decimal or text) as `model`."""
    return _load(model, data, path, None)


def load_text(model: type[D], text: str, path: str = "") -> Loaded[D]:
    """Read YAML text as `model`; raises DocumentError with every finding."""
    tree, found = read_yaml(text, path)
    loaded: Loaded[D] | None = None
    if tree is not None:
        loaded, more = load_tree(model, tree, path)
        found += more
    if loaded is None or has_errors(found):
        raise DocumentError(in_order(found))
    return loaded


def _load(
    model: type[D], data: object, path: str, tree: Node | None
) -> tuple[Loaded[D] | None, list[Diagnostic]]:
    try:
        document = model.model_validate(data)
    except ValidationError as error:
        return None, in_order(shape_faults(model, error, tree, path))
    canonical = identity(document)
    return Loaded(document, canonical, content_hash(canonical), path, tree), []


def shape_faults(
    model: type[BaseModel], error: ValidationError, tree: Node | None, path: str = ""
) -> list[Diagnostic]:
    """Turn pydantic's findings about data read as `model` into diagnostics with places in `tree`."""
    found: list[Diagnostic] = []
    for item in error.errors(include_url=False):
        told = _shape_fault(model, item, tree, path)
        placed = tree is not None and not isinstance(tree, Data)
        found += told if placed else [replace(d, where=_way(model, item)) for d in told]
    return found


def _way(model: type[BaseModel], item: Any) -> str:  # noqa: ANN401 - pydantic's own dict
    """Write the way to a value in data without lines: `rows[2].when`."""
    where, _ = _resolve(model, item["loc"])
    if item["type"] == "rejected" and item["ctx"]["key"]:
        where = (*where, item["ctx"]["key"])
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in where]
    return "".join(steps).removeprefix(".")


def _shape_fault(
    model: type[BaseModel],
    item: Any,  # noqa: ANN401 - pydantic's own dict
    tree: Node | None,
    path: str,
) -> list[Diagnostic]:
    where: tuple[str | int, ...] = tuple(step for step in item["loc"])
    where, above = _resolve(model, where)
    context: dict[str, Any] = item.get("ctx", {})
    span = span_of(tree, where) or (Span(path, 1, 1, 1, 1) if path else None)
    text = item.get("input")
    match item["type"]:
        case "missing":
            if key_span_of(
                tree, where
            ):  # the key stands there without a value, which is told already
                return []
            return [MISSING_KEY.at(span, key=item["loc"][-1])]
        case "extra_forbidden":
            known = sorted(_fields(above)) if above else []
            key = str(item["loc"][-1])
            span = key_span_of(tree, where) or span
            return [
                UNKNOWN_KEY.at(
                    span,
                    key=key,
                    known=", ".join(f"`{k}`" for k in known),
                    near=nearest(key, known),
                )
            ]
        case "rejected":
            place = (*where, context["key"]) if context["key"] else where
            return [
                _placed(fault, descend(tree, place), span_of(tree, place) or span)
                for fault in context["faults"]
            ]
        case "literal_error" | "union_tag_invalid" | "union_tag_not_found":
            known = re.findall(
                r"'([^']*)'", str(context.get("expected", context.get("expected_tags", "")))
            )
            listed = ", ".join(f"`{k}`" for k in known)
            return [
                NOT_ONE_OF.at(
                    span, text=_shown(text), known=listed, near=nearest(_shown(text), known)
                )
            ]
        case "string_type":
            return [NOT_A_TEXT.at(span)]
        case "model_type" | "dict_type" | "model_attributes_type" | "dataclass_type":
            named = context.get("class_name")
            return [(NOT_IN_BOTH if named == Text.__name__ else NOT_A_MAP).at(span)]
        case "tuple_type" | "list_type" | "iterable_type":
            return [NOT_A_LIST.at(span)]
        case _:
            pass
    return [BAD_VALUE.at(span, problem=Phrase(str(item["msg"])[:200], "不符合此处的要求"))]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value[:_LONGEST_NAME]
    if isinstance(value, dict | list | tuple):
        return Phrase("a map", "键值表") if isinstance(value, dict) else Phrase("a list", "列表")
    return str(as_text(value))[:_LONGEST_NAME]


def as_text(value: object) -> object:
    """Turn JSON's numbers, truth values and null into the texts that YAML gives; other values stay."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < 10**40 else "…"
        case Decimal():
            return decimal_text(value) if fits(value) else str(value)
        case _:
            pass
    return value


def _placed(fault: Fault, node: Node | None, span: Span | None) -> Diagnostic:
    if isinstance(node, Scalar):
        end = len(node.text.rstrip("\n")) if fault.end is None else fault.end
        span = (
            node.span if fault.end is None and not fault.start else node.span_at(fault.start, end)
        )
    return fault.code.at(span, near=fault.near, **fault.args)


def _resolve(
    model: type[BaseModel], loc: tuple[str | int, ...]
) -> tuple[tuple[str | int, ...], type[BaseModel] | None]:
    """Walk `loc` through the models: drop pydantic's union tags and find the model that the last step is in."""
    kept: list[str | int] = []
    here: object = model
    owner: type[BaseModel] | None = model
    for step in loc:
        members = [m for m in _members(here) if not _is_tag(step, here)]
        if not members:
            continue
        model_members = [m for m in members if isinstance(m, type) and issubclass(m, BaseModel)]
        if step == "[key]":
            continue
        owner = next(
            (m for m in model_members if step in _fields(m)),
            model_members[0] if model_members else None,
        )
        kept.append(step)
        here = _child(members, step)
    return tuple(kept), owner


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """List the fields of a model by the keys that authors write."""
    return {shape.alias or name: shape for name, shape in model.model_fields.items()}


def _is_tag(step: str | int, here: object) -> bool:
    """Whether pydantic put `step` into the path only to say which member of a union it tried."""
    if len(_members(here)) < 2 or not isinstance(step, str):  # noqa: PLR2004 - a union has two members
        return False
    names = {getattr(m, "__name__", str(m)) for m in _members(here)} | {
        str(m) for m in _members(here)
    }
    fields = {
        f
        for m in _members(here)
        if isinstance(m, type) and issubclass(m, BaseModel)
        for f in _fields(m)
    }
    return step in names and step not in fields


def _models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[object]:
    """Follow keys and indices through the models: the types that a value at the end can have."""
    here: object = model
    for step in path:
        here = _child(_members(here), step)
    return _members(here)


def keys_at(model: type[BaseModel], path: tuple[str | int, ...]) -> dict[str, bool]:
    """List the keys that a map at `path` can have, and whether each is required."""
    return {
        key: shape.is_required()
        for member in _models_at(model, path)
        if isinstance(member, type) and issubclass(member, BaseModel)
        for key, shape in _fields(member).items()
    }


def values_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """List the values that can stand at `path`, where the model names them."""
    found: list[str] = []
    for member in _models_at(model, path):
        if typing.get_origin(member) is Literal:
            found += map(str, typing.get_args(member))
        elif member is bool:
            found += ["true", "false"]
    return found


def _members(annotation: object) -> list[object]:
    """Open Annotated and unions: the types that a value here can have."""
    if typing.get_origin(annotation) is Annotated:
        return _members(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return [m for a in typing.get_args(annotation) if a is not type(None) for m in _members(a)]
    return [annotation]


def _child(members: list[object], step: str | int) -> object:
    for member in members:
        if isinstance(member, type) and issubclass(member, BaseModel) and step in _fields(member):
            return _fields(member)[str(step)].annotation
        arguments = typing.get_args(member)
        if typing.get_origin(member) is dict and isinstance(step, str):
            return arguments[1]
        if typing.get_origin(member) in {tuple, list} and isinstance(step, int):
            return arguments[0]
    return object
