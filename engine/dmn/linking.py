"""A model and those it imports, joined by namespace (DMN 1.5, 6.3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from engine.dmn.elements import InputData
from engine.dmn.item_types import Types
from engine.dmn.parser import parse_model
from engine.kernel.diagnostics import Code, Diagnostic
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.dmn.elements import Definitions, DrgElement, Import, Reference

NOT_GIVEN = Code(
    "DMN-IMPORT-001",
    "the model imports `{namespace}`, which is not given",
    "模型导入了 `{namespace}`，但未提供",
    "give the file that has this namespace",
    "请提供具有该命名空间的文件",
)
NOT_A_MODEL = Code(
    "DMN-IMPORT-002",
    "the imported file has the namespace `{given}`, and `{namespace}` is asked for",
    "导入的文件命名空间为 `{given}`，而所需为 `{namespace}`",
    "give the file that has this namespace",
    "请提供具有该命名空间的文件",
)
CIRCLE = Code(
    "DMN-IMPORT-003",
    "the models import each other in a circle: `{namespace}`",
    "模型之间循环导入：`{namespace}`",
    "break the circle: put what both need into a third model",
    "请打断循环：把两者都需要的内容放到第三个模型",
)
_DMN = "omg.org/spec/DMN"
E = TypeVar("E", bound="DrgElement")


@dataclass(slots=True, eq=False)
class Model:
    """A model with its types and the models that it imports, by the name of the import."""

    definitions: Definitions
    imports: tuple[tuple[str, Model], ...]
    types: Types
    _known: dict[str, Model] = field(default_factory=dict)

    def find(self, reference: Reference) -> tuple[Model, DrgElement] | None:
        """Find the element that a reference is about, and the model that it stands in."""
        for home in (self, *(model for _, model in self.imports)):
            if home.definitions.namespace == reference.namespace:
                found = home.definitions.elements.get(reference.id)
                return None if found is None else (home, found)
        return None

    def alias(self, home: Model) -> str:
        """The name behind which the elements of `home` stand here; nothing for its own."""
        return next((name for name, model in self.imports if model is home), "")

    def named(self, name: str, class_: type[E]) -> tuple[Model, E] | None:
        """Find an element of a class by its name or id; `import.name` finds an imported one."""
        known = [e for e in self.definitions.elements.values() if isinstance(e, class_)]
        own = next((e for e in known if e.name == name), None)
        own = own or next((e for e in known if e.id == name), None)
        if own is not None:
            return self, own
        for alias, model in self.imports:
            inner = name.removeprefix(f"{alias}.") if alias else name
            if (inner != name or not alias) and (found := model.named(inner, class_)):
                return found
        return None

    def models(self) -> Iterator[tuple[tuple[str, ...], Model]]:
        """Give this model and all that it imports, each once, by the shortest way of import names."""
        waiting: list[tuple[tuple[str, ...], Model]] = [((), self)]
        seen = set()
        for path, model in waiting:
            if id(model) not in seen:
                seen.add(id(model))
                yield path, model
                waiting += [((*path, alias) if alias else path, m) for alias, m in model.imports]

    def has_input(self, name: str) -> bool:
        """Whether the model itself has an input of that name."""
        elements = self.definitions.elements.values()
        return any(isinstance(e, InputData) and e.name == name for e in elements)


def link(xml: str | bytes, imports: Mapping[str, str | bytes], path: str = "") -> Model:
    """Read a model and those it imports; `imports` are texts by namespace or location.

    Raises:
        DocumentError: one cannot be read, is not given, or the imports run in a circle.
    """
    linker = _Linker(imports)
    made = linker.model(parse_model(xml, path), ())
    if linker.found:
        raise DocumentError(linker.found)
    return made


class _Linker:
    def __init__(self, given: Mapping[str, str | bytes]) -> None:
        self.given = given
        self.made: dict[str, Model] = {}
        self.found: list[Diagnostic] = []

    def model(self, definitions: Definitions, above: tuple[str, ...]) -> Model:
        known = self.made.get(definitions.namespace)
        if known is not None:
            return known
        above = (*above, definitions.namespace)
        imports = []
        for asked in definitions.imports:
            if asked.namespace in above:
                self.found.append(CIRCLE.at(asked.span, namespace=asked.namespace))
            elif (found := self.imported(asked)) is not None:
                imports.append((asked.name, self.model(found, above)))
        types = Types(definitions.types, {name: model.types for name, model in imports})
        made = Model(definitions, tuple(imports), types)
        self.made[definitions.namespace] = made
        return made

    def imported(self, asked: Import) -> Definitions | None:
        """Read the model of an import; an import that is no DMN model brings no names and is left out."""
        if asked.kind and _DMN not in asked.kind:
            return None
        known = self.made.get(asked.namespace)
        if known is not None:
            return known.definitions
        text = self.given.get(asked.namespace)
        if text is None and asked.location is not None:
            text = self.given.get(asked.location)
        if text is None:
            self.found.append(NOT_GIVEN.at(asked.span, namespace=asked.namespace))
            return None
        made = parse_model(text, asked.location or asked.namespace)
        if made.namespace != asked.namespace:
            told = {"given": made.namespace, "namespace": asked.namespace}
            self.found.append(NOT_A_MODEL.at(asked.span, **told))
            return None
        return made
