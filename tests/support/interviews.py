"""The shipped interviews, and the shipped documents that they are evaluated by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from engine.chaining.compiler import compile_inference
from engine.chaining.documents import Inference
from engine.competency.compiler import compile_model
from engine.competency.documents import CompetencyModel
from engine.hiring.evaluation import Evaluation, Materials, evaluate_interview
from engine.hiring.interview import parse_interview
from engine.jurisdictions.documents import Jurisdiction
from engine.jurisdictions.merge import merge
from engine.kernel.documents import load_text
from engine.learning.catalog import load_catalog
from engine.learning.skill_graph import SkillGraph, compile_catalog
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from tests.support.source import ROOT

if TYPE_CHECKING:
    from engine.hiring.interview import Interview
    from engine.jurisdictions.merge import Law
    from engine.kernel.documents import Loaded

BAND = {"band_min": "8000", "band_max": "10000"}
JURISDICTIONS = ("cn", "eu", "us-nyc")


def read(path: str) -> str:
    """Read a file of the project."""
    return (ROOT / path).read_text("utf-8")


@cache
def interview(name: str) -> Interview:
    """Read a shipped interview."""
    return parse_interview(read(f"examples/interviews/{name}.json"), f"{name}.json")


@cache
def jurisdiction(name: str, version: str = "1.0.0") -> Loaded[Jurisdiction]:
    """Read a shipped jurisdiction."""
    path = f"rules/jurisdictions/{name}/{version}.yaml"
    return load_text(Jurisdiction, read(path), path)


@cache
def model(name: str, version: str = "1.0.0") -> Loaded[CompetencyModel]:
    """Read a shipped competency model."""
    path = f"competency_models/{name}/{version}.yaml"
    return load_text(CompetencyModel, read(path), path)


@cache
def graph() -> SkillGraph:
    """Compile the shipped catalog."""
    folder = ROOT / "catalog/1.0.0"
    files = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*.yaml")
    }
    return compile_catalog(load_catalog(files))


def law_of(person: Interview) -> Law:
    """Unite the law of an interview's jurisdictions."""
    known = {name: jurisdiction(name) for name in JURISDICTIONS}
    return merge(person.jurisdictions, known, person.started_at)


@dataclass(frozen=True)
class Story:
    """An interview, what it is evaluated by, and what it comes to."""

    interview: Interview
    materials: Materials
    evaluation: Evaluation


def materials(person: Interview, name: str, version: str = "1.0.0") -> Materials:
    """Compile the shipped documents for an interview."""
    loaded, law = model(name, version), law_of(person)
    path = f"rules/{loaded.document.evidence_from}/1.0.0.yaml"
    inference = compile_inference(load_text(Inference, read(path), path))
    offer = compile_rule_set(load_text(RuleSet, read("rules/offer/1.0.0.yaml"), "offer"))
    return Materials(compile_model(loaded, law), inference, offer, graph(), law)


@cache
def story(person: str, name: str, version: str = "1.0.0") -> Story:
    """Evaluate a shipped interview by shipped documents."""
    who = interview(person)
    by = materials(who, name, version)
    return Story(who, by, evaluate_interview(who, by, BAND))
