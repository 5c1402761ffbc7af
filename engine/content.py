"""A folder of content as one value: every document read, placed, versioned, compiled on demand and checked.

The texts come in as a mapping from path to text; nothing is read from a disk here.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from engine.chaining.compiler import check_inference, compile_inference
from engine.chaining.documents import Inference
from engine.competency.compiler import check_model, compile_model
from engine.competency.documents import CompetencyModel
from engine.dmn.decide import check_model as check_dmn
from engine.dmn.decide import compile_model as compile_dmn
from engine.dmn.documents import DmnDocument
from engine.hiring.attributes import check_attributes
from engine.hiring.provenance import derived_values
from engine.hiring.signals import check_modalities, check_signal_inputs
from engine.jurisdictions.documents import Jurisdiction
from engine.jurisdictions.merge import Law, merge
from engine.kernel.cases import CaseFile
from engine.kernel.diagnostics import (
    Code,
    Diagnostic,
    Severity,
    Span,
    has_errors,
    in_order,
    nearest,
)
from engine.kernel.documents import (
    MISSING_KEY,
    NOT_A_MAP,
    Document,
    Loaded,
    Shape,
    load_tree,
)
from engine.kernel.errors import DocumentError, NotFoundError
from engine.kernel.source import Mapping as MapNode
from engine.kernel.source import Scalar, read_yaml
from engine.learning.catalog import load_catalog
from engine.learning.documents import Catalog, CatalogPart
from engine.learning.role_targets import check_model_targets, with_model_targets
from engine.learning.skill_graph import SkillGraph, check_catalog, compile_catalog
from engine.lock import CHANGED, GONE, LOCK_NAME, LockLine, check_lock, parse_lock
from engine.rules.cases import check_cases, check_grid
from engine.rules.compiler import compile_rule_set, examine_rule_set
from engine.rules.documents import RuleSet
from engine.rules.lint import lint_tables
from engine.rules.policies import Policy, check_clauses, check_policy
from engine.rules.unused import check_unused

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Mapping

    from engine.chaining.program import CompiledInference
    from engine.competency.compiler import CompiledModel
    from engine.dmn.decide import CompiledModel as CompiledDmn
    from engine.rules.compiled import CompiledRuleSet

UNKNOWN_KIND = Code(
    "CONTENT-001",
    "`{text}` is not a kind of document",
    "`{text}` 不是文件类型",
    "known kinds: {known}",
    "可用类型：{known}",
)
VERSION_TWICE = Code(
    "CONTENT-002",
    "the version {version} of `{id}` stands in two files",
    "`{id}` 的版本 {version} 出现在两个文件中",
    "the other one is {other}; raise the version of one",
    "另一个是 {other}；请提高其中一个的版本号",
)
SAME_INSTANT = Code(
    "CONTENT-003",
    "`{id}` {version} and {other} take effect at the same instant",
    "`{id}` 的 {version} 与 {other} 在同一时刻生效",
    "give one of them another `effective_from`",
    "请给其中一个不同的 `effective_from`",
)
WRONG_PLACE = Code(
    "CONTENT-004",
    "this file is `{id}` {version}, and its path says otherwise",
    "该文件是 `{id}` {version}，与路径不符",
    "move it to `{wanted}`",
    "请移到 `{wanted}`",
    Severity.WARNING,
)
UNKNOWN_REFERENCE = Code(
    "CONTENT-005",
    "there is no {kind} `{id}`",
    "没有 {kind} `{id}`",
    "known: {known}",
    "可用：{known}",
)

NOT_IN_FORCE = Code(
    "CONTENT-006",
    "no published `{id}` is in force at {instant}, when this rule set is",
    "本规则集在 {instant} 生效时，没有已发布且生效的 `{id}`",
    "publish it with an earlier `effective_from`, or let this one begin later",
    "请以更早的 `effective_from` 发布它，或让本规则集更晚生效",
)
EMPTY_PERIOD = Code(
    "CONTENT-008",
    "this is never in force: it ends before it begins",
    "该版本从不生效：结束早于开始",
    "write an `effective_to` after `effective_from`, or delete it",
    "请写晚于 `effective_from` 的 `effective_to`，或删除它",
)
USE_CIRCLE = Code(
    "CONTENT-007",
    "`{id}` uses `{own}` in its turn",
    "`{id}` 反过来又引用了 `{own}`",
    "break the circle: put what both need into a third rule set",
    "请打断循环：把两者都需要的内容放到第三个规则集",
)

KINDS: dict[str, type[Document]] = {
    "rule_set": RuleSet,
    "inference": Inference,
    "competency_model": CompetencyModel,
    "jurisdiction": Jurisdiction,
    "catalog": Catalog,
    "dmn_model": DmnDocument,
    "policy": Policy,
}
"""The kinds of documents, and the model that reads each."""

MODELS: dict[str, type[Shape]] = {**KINDS, "cases": CaseFile, "catalog_part": CatalogPart}
"""The model of everything that can stand in a file, by its `kind`."""

_FOLDERS = {
    "rule_set": "rules",
    "inference": "rules",
    "dmn_model": "rules",
    "competency_model": "competency_models",
    "jurisdiction": "rules/jurisdictions",
    "policy": "rules/policies",
}
D = TypeVar("D", bound=Document)


@dataclass(slots=True)
class Content:
    """All documents of a folder by kind and id, versions in the order in which they take effect."""

    versions: dict[tuple[str, str], list[Loaded[Any]]] = field(default_factory=dict)
    cases: list[Loaded[CaseFile]] = field(default_factory=list)
    lock: tuple[LockLine, ...] = ()
    found: list[Diagnostic] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """The ids, by their folders, of documents that cannot be read: told there, and not as missing elsewhere."""
    held: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By kind and id, versions that are in force whatever the day: those that a record names."""
    _compiled: dict[object, Any] = field(default_factory=dict)

    # --- finding -------------------------------------------------------------------------------

    def documents(self) -> Iterable[Loaded[Any]]:
        """Give every version of every document."""
        return (loaded for versions in self.versions.values() for loaded in versions)

    def ids(self, kind: str) -> list[str]:
        """List the ids of a kind."""
        return sorted(id_ for known, id_ in self.versions if known == kind)

    def version(self, kind: str, id_: str, version: str) -> Loaded[Any]:
        """Find one version, published or not; raises NotFoundError, DocumentError for a changed one."""
        for loaded in self._known(kind, id_):
            if loaded.document.version == version:
                return self._unchanged(loaded)
        raise NotFoundError(
            kind, id_, version, [d.document.version for d in self._known(kind, id_)]
        )

    def in_force(
        self, kind: str, id_: str, as_of: dt.datetime, known_at: dt.datetime | None = None
    ) -> Loaded[Any]:
        """Find the version in force at `as_of` among those recorded as published by `known_at`.

        Raises NotFoundError when there is none, DocumentError when it was changed since.
        """
        if named := self.held.get(kind, {}).get(id_):
            return self.version(kind, id_, named)
        recorded = {(ln.kind, ln.id, ln.version): ln.recorded for ln in self.lock}
        candidates = [
            loaded
            for loaded in self._known(kind, id_)
            if (when := recorded.get((kind, id_, loaded.document.version))) is not None
            and (known_at is None or when <= known_at)
            and loaded.document.effective_from <= as_of
        ]
        if not candidates:
            starts = [
                f"{d.document.version} from {d.document.effective_from.isoformat()}"
                + ("" if (kind, id_, d.document.version) in recorded else " (not published)")
                for d in self._known(kind, id_)
            ]
            asked = f"published and in force at {as_of.isoformat()}"
            raise NotFoundError(kind, id_, asked, starts)
        chosen = max(candidates, key=lambda loaded: loaded.document.effective_from)
        until = chosen.document.effective_to
        if until is not None and until <= as_of:
            raise NotFoundError(kind, id_, f"in force at {as_of.isoformat()}", self.ids(kind))
        return self._unchanged(chosen)

    def _unchanged(self, loaded: Loaded[D]) -> Loaded[D]:
        """Refuse a published version whose file is no longer what was published."""
        document = loaded.document
        for line in self.lock:
            if (line.kind, line.id, line.version) == (document.kind, document.id, document.version):
                if line.hash != loaded.hash:
                    fault = CHANGED.at(loaded.span("version"), id=line.id, version=line.version)
                    raise DocumentError([fault])
                break
        return loaded

    def find(self, kind: str, reference: str, as_of: dt.datetime) -> Loaded[Any]:
        """Find `id@version`, or the version of `id` in force at `as_of`; raises NotFoundError."""
        id_, _, version = reference.partition("@")
        return self.version(kind, id_, version) if version else self.in_force(kind, id_, as_of)

    def _known(self, kind: str, id_: str) -> list[Loaded[Any]]:
        if (kind, id_) not in self.versions:
            raise NotFoundError(kind, id_, known=self.ids(kind))
        return self.versions[kind, id_]

    def lay_over(self, other: Content) -> None:
        """Put the documents of another folder over these: the same version is replaced."""
        for name, versions in other.versions.items():
            laid = {loaded.document.version for loaded in versions}
            kept = [
                loaded
                for loaded in self.versions.get(name, [])
                if loaded.document.version not in laid
            ]
            self.versions[name] = sorted([*kept, *versions], key=_start)
        self.cases += other.cases
        known = set(map(str, self.lock))
        self.lock += tuple(line for line in other.lock if str(line) not in known)
        self.found += other.found
        self.unread |= other.unread

    # --- compiling -----------------------------------------------------------------------------

    def _once(self, loaded: Loaded[D], against: object, compile_: Callable[[], Any]) -> Any:  # noqa: ANN401 - each kind has its own form
        """Compile a document once for what it is compiled `against`: the versions of others in force."""
        key = (loaded.hash, against)
        if key not in self._compiled:
            self._compiled[key] = compile_()
        return self._compiled[key]

    def rule_set(self, reference: str, as_of: dt.datetime) -> CompiledRuleSet:
        """Compile a rule set; raises NotFoundError or DocumentError."""
        return self.compile_rule_set(self.find("rule_set", reference, as_of), as_of)

    def compile_rule_set(
        self, loaded: Loaded[RuleSet], as_of: dt.datetime | None = None
    ) -> CompiledRuleSet:
        """Compile a rule set, with those it uses that are in force at `as_of`, or at its own start.

        Raises DocumentError.
        """
        uses = self.uses(loaded, as_of or loaded.document.effective_from)
        against = tuple(sorted((alias, used.used) for alias, used in uses.items()))
        made: CompiledRuleSet = self._once(loaded, against, lambda: compile_rule_set(loaded, uses))
        return made

    def uses(self, loaded: Loaded[RuleSet], as_of: dt.datetime) -> dict[str, CompiledRuleSet]:
        """Compile the rule sets that a rule set uses and that are in force at `as_of`, by alias.

        Raises DocumentError for one that is not there, not in force, or uses this one in its turn.
        """
        found = _check_uses(self, loaded)
        made = {}
        for alias, id_ in loaded.document.uses.items() if not found else ():
            try:
                made[alias] = self.rule_set(id_, as_of)
            except NotFoundError:
                told = {"id": id_, "instant": as_of.isoformat()}
                found.append(NOT_IN_FORCE.at(loaded.span("uses", alias), **told))
        if found:
            raise DocumentError(found)
        return made

    def dmn_model(self, reference: str, as_of: dt.datetime) -> CompiledDmn:
        """Compile a DMN model; raises NotFoundError or DocumentError."""
        loaded = self.find("dmn_model", reference, as_of)
        made: CompiledDmn = self._once(loaded, (), lambda: compile_dmn(loaded))
        return made

    def inference(self, reference: str, as_of: dt.datetime) -> CompiledInference:
        """Compile an inference; raises NotFoundError or DocumentError."""
        loaded = self.find("inference", reference, as_of)
        made: CompiledInference = self._once(loaded, (), lambda: compile_inference(loaded))
        return made

    def model(self, reference: str, as_of: dt.datetime) -> CompiledModel:
        """Compile a competency model; raises NotFoundError or DocumentError."""
        loaded: Loaded[CompetencyModel] = self.find("competency_model", reference, as_of)
        law = self.law(loaded.document.jurisdictions, as_of)
        made: CompiledModel = self._once(loaded, law.used, lambda: compile_model(loaded, law))
        return made

    def graph(self, as_of: dt.datetime, reference: str | None = None) -> SkillGraph:
        """Compile the catalog, the only one unless `reference` names it; raises NotFoundError or DocumentError.

        Its targets are those that the competency models in force give their roles.
        """
        known = self.ids("catalog")
        loaded = self.find("catalog", reference or (known[0] if known else "catalog"), as_of)
        graph: SkillGraph = self._once(loaded, (), lambda: compile_catalog(loaded))
        return with_model_targets(graph, self._all_in_force("competency_model", as_of).values())

    def law(self, jurisdictions: Iterable[str], as_of: dt.datetime) -> Law:
        """Unite the law of jurisdictions at `as_of`; raises DocumentError."""
        return merge(jurisdictions, self._all_in_force("jurisdiction", as_of), as_of)

    def _all_in_force(self, kind: str, as_of: dt.datetime) -> dict[str, Loaded[Any]]:
        known = {}
        for id_ in self.held.get(kind, self.ids(kind)):
            with contextlib.suppress(NotFoundError):
                known[id_] = self.in_force(kind, id_, as_of)
        return known


# --- reading -----------------------------------------------------------------------------------


def read_content(files: Mapping[str, str]) -> Content:
    """Read texts by path as documents, cases and the lock; what is wrong is in `found`, never raised."""
    content = Content()
    catalogs: dict[str, dict[str, str]] = {}
    for path, text in sorted(files.items()):
        if path.rpartition("/")[2] == LOCK_NAME:
            lines, found = parse_lock(text, path)
            content.lock += lines
            content.found += found
        elif "catalog" in path.split("/")[:-1]:
            folder, name = _catalog_folder(path)
            catalogs.setdefault(folder, {})[name] = text
        else:
            _read_file(content, path, text)
    for folder, texts in catalogs.items():
        try:
            _add(content, load_catalog(texts, folder=folder))
        except DocumentError as error:
            content.found += error.diagnostics
    for versions in content.versions.values():
        versions.sort(key=_start)
    return content


def _start(loaded: Loaded[Any]) -> tuple[dt.datetime, str]:
    return loaded.document.effective_from, loaded.document.version


def _catalog_folder(path: str) -> tuple[str, str]:
    """Split `…/catalog/1.0.0/items/x.yaml` into the version's folder and the path in it."""
    steps = path.split("/")
    at = steps.index("catalog") + 2
    return "/".join(steps[:at]), "/".join(steps[at:])


def read_document(text: str, path: str = "") -> tuple[Loaded[Any] | None, list[Diagnostic]]:
    """Read one document or case file by its `kind`; gives it, or everything that is wrong with its form."""
    tree, found = read_yaml(text, path)
    if not isinstance(tree, MapNode):
        return None, found if tree is None or found else [NOT_A_MAP.at(tree.span)]
    kind = tree.entries.get("kind")
    named = kind.text if isinstance(kind, Scalar) else ""
    known: dict[str, type[Shape]] = {**KINDS, "cases": CaseFile}
    if "kind" not in tree.keys:
        return None, [*found, MISSING_KEY.at(Span(path, 1, 1, 1, 1), key="kind")]
    if named not in known:
        span = kind.span if kind is not None else Span(path, 1, 1, 1, 1)
        listed = ", ".join(f"`{k}`" for k in known)
        return None, [
            *found,
            UNKNOWN_KIND.at(span, near=nearest(named, known), text=named, known=listed),
        ]
    loaded, more = load_tree(known[named], tree, path)
    found = in_order([*found, *more])
    return (None if has_errors(found) else loaded), found


def _read_file(content: Content, path: str, text: str) -> None:
    loaded, found = read_document(text, path)
    content.found += found
    if loaded is None:
        content.unread.add("/".join(path.split("/")[-2:-1]))
        return
    if isinstance(loaded.document, CaseFile):
        content.found += check_grid(loaded)
        content.cases.append(loaded)
    else:
        _add(content, loaded)


def _add(content: Content, loaded: Loaded[Any]) -> None:
    document = loaded.document
    versions = content.versions.setdefault((document.kind, document.id), [])
    for other in versions:
        if other.document.version == document.version:
            found = VERSION_TWICE.at(
                loaded.span("version"), id=document.id, version=document.version, other=other.path
            )
            content.found.append(found)
            return
    versions.append(loaded)


# --- checking ----------------------------------------------------------------------------------


def check_content(content: Content, paths: Collection[str] | None = None) -> list[Diagnostic]:
    """Give every finding about a folder: its files, each document, what they say of each other, and the lock.

    With `paths`, only the rule sets of these files are looked through, which is most of the work.
    """
    found = list(content.found)
    for versions in content.versions.values():
        for earlier, later in itertools.pairwise(versions):
            if earlier.document.effective_from == later.document.effective_from:
                one, place = later.document, later.span("effective_from")
                told = {"id": one.id, "version": one.version, "other": earlier.document.version}
                found.append(SAME_INSTANT.at(place, **told))
        for loaded in versions:
            until = loaded.document.effective_to
            if until is not None and until <= loaded.document.effective_from:
                found.append(EMPTY_PERIOD.at(loaded.span("effective_to")))
            found += _check_place(loaded)
            if paths is None or loaded.path in paths or not isinstance(loaded.document, RuleSet):
                found += check_document(content, loaded)
    known = {id_ for kind, id_ in content.versions}
    for file in content.cases:
        if file.document.of not in known | content.unread:
            found.append(_unknown(file, "document", file.document.of, known, "of"))
        if of := content.versions.get(("rule_set", file.document.of)):
            found += check_cases(file, [loaded.document for loaded in of])
    policies = [content.versions["policy", id_][-1] for id_ in content.ids("policy")]
    if not content.unread:  # what cannot be read may cite any clause
        found += check_clauses(policies, [d for d in content.documents() if d not in policies])
    found += [
        d
        for d in check_lock(content.lock, list(content.documents()))
        if d.code is not GONE or d.args["id"] not in content.unread
    ]
    return in_order(found)


def check_file(content: Content, path: str) -> list[Diagnostic]:
    """Give every finding about the document of one file, in time for the next key that is typed."""
    found = [d for d in content.found if d.span is not None and d.span.path == path]
    for loaded in content.documents():
        if loaded.path == path:
            found += [*_check_place(loaded), *check_document(content, loaded)]
    for file in content.cases:
        of = content.versions.get(("rule_set", file.document.of))
        if file.path == path and of is not None:
            found += check_cases(file, [loaded.document for loaded in of])
    return in_order(found)


def place_of(kind: str, id_: str, version: str) -> str:
    """Say where a version stands in a folder of content: its file, or the folder of a catalog."""
    folder = _FOLDERS.get(kind)
    return f"catalog/{version}" if folder is None else f"{folder}/{id_}/{version}.yaml"


def _check_place(loaded: Loaded[Any]) -> list[Diagnostic]:
    one, path = loaded.document, f"/{loaded.path}"
    folder, wanted = _FOLDERS.get(one.kind), place_of(one.kind, one.id, one.version)
    if folder is None or f"/{folder}/" not in path or path.endswith(wanted.removeprefix(folder)):
        return []
    told = {"id": one.id, "version": one.version, "wanted": wanted}
    return [WRONG_PLACE.at(loaded.span("version"), **told)]


def check_document(content: Content, loaded: Loaded[Any]) -> list[Diagnostic]:
    """Give every finding about one document, also against the others and its jurisdictions."""
    document = loaded.document
    try:
        match document:
            case RuleSet():
                return _check_rule_set(content, loaded)
            case Inference():
                return check_inference(loaded) or _check_modalities(content, loaded)
            case CompetencyModel():
                return _check_model(content, loaded)
            case Catalog():
                return check_catalog(loaded)
            case DmnDocument():
                return check_dmn(loaded)
            case Policy():
                return check_policy(loaded)
            case Jurisdiction():
                merge([document.id], _latest(content), document.effective_from)
            case _:
                pass
    except DocumentError as error:
        return list(error.diagnostics)
    return []


def _check_rule_set(content: Content, loaded: Loaded[RuleSet]) -> list[Diagnostic]:
    """Check a rule set with what it uses at its own start, and at every later start of one of those."""
    document = loaded.document
    start = document.effective_from
    later = {
        version.document.effective_from
        for id_ in document.uses.values()
        for version in content.versions.get(("rule_set", id_), [])
    }
    found = list(unknown := _check_jurisdictions(content, loaded))
    if content.unread & set(document.uses.values()):
        return found
    if not unknown and document.use != "demonstration":
        found += check_signal_inputs(loaded, _law(content, loaded))
    for instant in (start, *sorted(moment for moment in later if moment > start)):
        try:
            compiled, more = examine_rule_set(loaded, content.uses(loaded, instant))
        except DocumentError as error:
            found += error.diagnostics
            continue
        found += more
        if compiled is not None and instant == start:
            found += _review(content, compiled, with_law=not unknown)
    return found


def _review(content: Content, compiled: CompiledRuleSet, *, with_law: bool) -> list[Diagnostic]:
    """Look at what a rule set that can decide says, and at what it reads."""
    found = [*lint_tables(compiled), *check_unused(compiled), *derived_values(compiled.loaded)]
    if with_law and compiled.document.use != "demonstration":
        found += check_attributes(compiled, _law(content, compiled.loaded))
    return found


def _latest(content: Content) -> dict[str, Loaded[Jurisdiction]]:
    return {id_: content.versions["jurisdiction", id_][-1] for id_ in content.ids("jurisdiction")}


def _unknown(
    loaded: Loaded[Any], kind: str, id_: str, known: Iterable[str], *path: str | int
) -> Diagnostic:
    names = sorted(known)
    listed = ", ".join(f"`{name}`" for name in names) or "-"
    return UNKNOWN_REFERENCE.at(
        loaded.span(*path), near=nearest(id_, names), kind=kind, id=id_, known=listed
    )


def _check_jurisdictions(content: Content, loaded: Loaded[Any]) -> list[Diagnostic]:
    known = content.ids("jurisdiction")
    return [
        _unknown(loaded, "jurisdiction", id_, known, "jurisdictions", index)
        for index, id_ in enumerate(loaded.document.jurisdictions)
        if id_ not in known
    ]


def _check_uses(content: Content, loaded: Loaded[RuleSet]) -> list[Diagnostic]:
    """Refuse a use of a rule set that is not there, or that comes back to this one."""
    found = []
    for alias, id_ in loaded.document.uses.items():
        if ("rule_set", id_) not in content.versions:
            found.append(_unknown(loaded, "rule_set", id_, content.ids("rule_set"), "uses", alias))
        elif loaded.document.id in _used_by(content, id_, set()):
            found.append(USE_CIRCLE.at(loaded.span("uses", alias), id=id_, own=loaded.document.id))
    return found


def _used_by(content: Content, id_: str, seen: set[str]) -> set[str]:
    """Collect the ids of the rule sets that any version of one uses, directly or not, and its own."""
    if id_ not in seen:
        seen.add(id_)
        for loaded in content.versions.get(("rule_set", id_), []):
            for used in loaded.document.uses.values():
                _used_by(content, used, seen)
    return seen


def _law(content: Content, loaded: Loaded[Any]) -> Law:
    return merge(loaded.document.jurisdictions, _latest(content), loaded.document.effective_from)


def _check_modalities(content: Content, loaded: Loaded[Inference]) -> list[Diagnostic]:
    """Refuse a rule that asks for a signal of a modality that a jurisdiction of the document blocks."""
    if unknown := _check_jurisdictions(content, loaded):
        return unknown
    if loaded.document.use == "demonstration":
        return []
    return check_modalities(compile_inference(loaded), _law(content, loaded))


def _check_model(content: Content, loaded: Loaded[CompetencyModel]) -> list[Diagnostic]:
    if unknown := _check_jurisdictions(content, loaded):
        return unknown
    source = loaded.document.evidence_from
    versions = content.versions.get(("inference", source))
    found = []
    if versions is None:
        found.append(
            _unknown(loaded, "inference", source, content.ids("inference"), "evidence_from")
        )
    return [
        *found,
        *check_model(
            loaded, _law(content, loaded), derived_indicators(versions[-1]) if versions else None
        ),
        *derived_values(loaded),
        *check_model_targets(
            loaded, [d for d in content.documents() if d.document.kind == "catalog"]
        ),
    ]


def derived_indicators(loaded: Loaded[Inference]) -> frozenset[str] | None:
    """List the indicators that an inference can derive evidence of; None when they are open."""
    shape = loaded.document.derives.get("evidence", {}).get("indicator")
    return frozenset(shape.one_of) if shape is not None and shape.one_of is not None else None
