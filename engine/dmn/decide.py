"""A DMN model in the place of a rule set: compiled once, and an answer of the same shape for a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.dmn import elements as dmn
from engine.dmn.model import DmnModel, load
from engine.feel import Function, to_feel, types
from engine.kernel.diagnostics import Code, Diagnostic, in_order, nearest
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError
from engine.kernel.source import Scalar
from engine.rules.decision import Decision, Status, Step, Used, canonical
from engine.rules.inputs import UNKNOWN_INPUT, from_texts, read_value

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from engine.dmn.documents import DmnDocument
    from engine.dmn.item_types import ItemType
    from engine.dmn.linking import Model
    from engine.kernel.documents import Loaded

UNKNOWN_DECISION = Code(
    "DMN-MODEL-005",
    "the model has no decision `{name}`",
    "模型中没有决策 `{name}`",
    "its decisions are: {known}",
    "可用决策：{known}",
)


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A document of a model that is ready to decide, and the decisions that it answers with."""

    loaded: Loaded[DmnDocument]
    model: DmnModel
    decisions: tuple[str, ...]

    @property
    def document(self) -> DmnDocument:
        """The document it was compiled from."""
        return self.loaded.document

    @property
    def used(self) -> tuple[Used, ...]:
        """Name the document by its content, as every answer does."""
        document = self.loaded.document
        return (Used(document.kind, document.id, document.version, str(self.loaded.hash)),)


def compile_model(loaded: Loaded[DmnDocument]) -> CompiledModel:
    """Load the model of a document; raises DocumentError with places in the document's file."""
    document = loaded.document
    try:
        model = load(document.xml, imports=document.imports, path="xml")
    except DocumentError as error:
        raise DocumentError([_placed(d, loaded) for d in error.diagnostics]) from None
    found = []
    for index, name in enumerate(document.decisions or ()):
        if model.linked.named(name, dmn.Decision) is None:
            known = ", ".join(f"`{n}`" for n in model.decisions)
            near = nearest(name, model.decisions)
            span = loaded.span("decisions", index)
            found.append(UNKNOWN_DECISION.at(span, near=near, name=name, known=known or "-"))
    if found:
        raise DocumentError(found)
    return CompiledModel(loaded, model, document.decisions or model.decisions)


def check_model(loaded: Loaded[DmnDocument]) -> list[Diagnostic]:
    """Find what keeps a model from being used."""
    try:
        compile_model(loaded)
    except DocumentError as error:
        return list(error.diagnostics)
    return []


def _placed(diagnostic: Diagnostic, loaded: Loaded[DmnDocument]) -> Diagnostic:
    """Move what is said about the XML to where the XML stands in the document."""
    span, node = diagnostic.span, loaded.node("xml")
    if span is None or span.path != "xml" or not isinstance(node, Scalar) or node.style != "|":
        return replace(diagnostic, span=loaded.span("imports") or loaded.span("xml"))
    lines = loaded.document.xml.split("\n")
    before = sum(len(line) + 1 for line in lines[: span.line - 1])
    start = min(before + span.column - 1, len(loaded.document.xml) - 1)
    return replace(diagnostic, span=node.span_at(start, start + 1))


def decide(
    compiled: CompiledModel,
    inputs: Mapping[str, object],
    decisions: Sequence[str] = (),
    *,
    now: dt.datetime | None = None,
) -> Decision:
    """Decide a case by a model: the decisions asked for, or those that its document names.

    An input that a decision needs and that is not given leaves the case incomplete, as with a rule set;
    `null` is given. A decision that has no value makes it an error, and its faults say why.

    Raises:
        NotFoundError: there is no decision of that name.
    """
    asked = tuple(decisions) or compiled.decisions
    needed = _needed(compiled.model, asked)
    unknown = [
        UNKNOWN_INPUT.at(None, near=nearest(name, needed), name=name[:80], known=_listed(needed))
        for name in inputs
        if name not in _known(compiled.model)
    ]
    missing = tuple(name for name in needed if name not in inputs)
    if unknown or missing:
        status: Status = "error" if unknown else "incomplete"
        return Decision(status, {}, (), (), compiled.used, missing, (), tuple(unknown))
    given = {name: read_input(compiled.model, name, value) for name, value in inputs.items()}
    outcomes: dict[str, object] = {}
    faults: list[Diagnostic] = []
    for name in asked:
        try:
            result = compiled.model.evaluate(name, given, now=now)
        except EvaluationError as error:
            return Decision("error", {}, (), (), compiled.used, (), (), (error.fault,))
        if isinstance(result.value, Function):
            continue
        outcomes[name] = canonical(to_feel(result.value))
        if result.value is None:
            faults += result.faults
    if faults:
        return Decision("error", {}, (), (), compiled.used, (), (), tuple(in_order(faults)))
    trace = tuple(Step(name, value) for name, value in outcomes.items())
    return Decision("decided", outcomes, (), (), compiled.used, (), trace)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _known(model: DmnModel) -> set[str]:
    """The names that inputs can stand under: input data, and the names of imports."""
    return {*model.inputs, *(alias for alias, _ in model.linked.imports)}


def _needed(model: DmnModel, decisions: Sequence[str]) -> tuple[str, ...]:
    """Find the input data of the model that decisions require, directly or not, in the order of the model."""
    seen: set[tuple[int, str]] = set()
    waiting: list[tuple[Model, dmn.DrgElement]] = []
    for name in decisions:
        found = model.linked.named(name, dmn.Decision)
        if found is None:
            raise NotFoundError("decision", name, known=model.decisions)
        waiting.append(found)
    names = set()
    while waiting:
        home, element = waiting.pop()
        if (id(home), element.id) in seen:
            continue
        seen.add((id(home), element.id))
        if isinstance(element, dmn.InputData) and home is model.linked:
            names.add(element.name)
        if isinstance(element, dmn.Decision):
            waiting += filter(None, map(home.find, element.requires))
    return tuple(name for name in model.inputs if name in names)


# --- inputs from JSON and YAML -----------------------------------------------------------------


def read_input(model: DmnModel, name: str, value: object) -> object:
    """Read an input of a case by its declared type: decimal texts as numbers, dates and times from their texts."""
    home = model.linked
    found = home.named(name, dmn.InputData)
    if found is not None:
        type_ = found[1].type_ref and found[0].types.find(found[1].type_ref)
        return read_as(value, type_) if type_ else value
    imported = dict(home.imports).get(name)
    if imported is None or not isinstance(value, Mapping):
        return value
    inner = replace(model, linked=imported)
    return {key: read_input(inner, str(key), part) for key, part in value.items()}


def read_as(value: object, type_: ItemType) -> object:
    """Read data by a type; what cannot be read stays as it is, and does not conform."""
    if type_.alias is not None:
        return read_as(value, type_.alias)
    if type_.item is not None and isinstance(value, list | tuple):
        return [read_as(item, type_.item) for item in value]
    if type_.components is not None and isinstance(value, Mapping):
        return {
            key: read_as(inner, type_.components[key]) if key in type_.components else inner
            for key, inner in value.items()
        }
    if not isinstance(value, str) or type_.simple in {types.STRING, types.ANY}:
        return value
    read = read_value(from_texts(value, type_.simple), type_.simple)
    return value if read is None else read
