"""A synthetic catalog shaped like a real one: many skills, few courses a skill, chains of prerequisites."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from engine.kernel.documents import load_data
from engine.learning.documents import Catalog
from engine.learning.skill_graph import SkillGraph, compile_catalog

SKILLS_EACH = 4
"""How many skills a competency has."""
ROLE = 20
"""How many competencies a role asks for: `role0` the first ones, and so on."""


def catalog_data(items: int, skills: int, seed: int = 1) -> dict[str, Any]:
    """Give the data of a catalog with so many items and skills; roles ask for competencies that lie near each other."""
    draw = random.Random(seed)  # noqa: S311 - a fixed seed: the same catalog each time
    competencies = skills // SKILLS_EACH
    names = [f"s{n}" for n in range(skills)]
    nodes = [_node(f"c{n}", "competency") for n in range(competencies)]
    nodes += [_node(name, "skill") for name in names]
    edges = [
        {"type": "part_of", "from": name, "to": f"c{n % competencies}", "weight": "0.25"}
        for n, name in enumerate(names)
    ]
    targets = [
        {
            "role": f"role{n // ROLE}",
            "competency": f"c{n}",
            "level": "80",
            "priority": str(1 + n % 3),
        }
        for n in range(competencies)
    ]
    return {
        "schema_version": "1",
        "kind": "catalog",
        "id": "synthetic",
        "version": "1.0.0",
        "title": {"zh": "合成", "en": "synthetic"},
        "owner": "bench",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "-",
        "currency": "CNY",
        "provenance": "human_set",
        "nodes": nodes,
        "edges": edges,
        "targets": targets,
        "items": [_item(draw, n, names, items) for n in range(items)],
    }


def _node(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": {"zh": name, "en": name}}


def _item(draw: random.Random, number: int, skills: list[str], items: int) -> dict[str, Any]:
    # Skills lie near each other, as those of one field do; early items need nothing.
    centre = number * len(skills) // items
    taught = {
        skills[(centre + draw.randrange(-6, 7)) % len(skills)] for _ in range(draw.randint(1, 4))
    }
    made: dict[str, Any] = {
        "id": f"i{number}",
        "code": f"I{number}",
        "kind": "course",
        "name": {"zh": f"课程{number}", "en": f"Course {number}"},
        "modality": draw.choice(["online", "offline"]),
        "language": ["zh"],
        "hours": str(draw.randint(2, 40)),
        "cost": str(draw.randint(0, 30) * 50),
        "teaches": [
            {
                "skill": skill,
                "gain": str(Decimal(draw.randint(10, 60)) / 100),
                "max_level": str(draw.choice([80, 85, 90, 95, 100])),
                "evidence": "expert",
                "prior_n": "8",
            }
            for skill in sorted(taught)
        ],
    }
    before = [f"i{n}" for n in range(max(0, number - 40), number)]
    if before and draw.random() < 0.4:
        needs: dict[str, Any] = {"all": [{"item": draw.choice(before)}]}
        if draw.random() < 0.3:
            needs = {"any": [{"item": name} for name in sorted(set(draw.choices(before, k=3)))]}
        made["requires"] = needs
    return made


def synthetic_graph(items: int, skills: int, seed: int = 1) -> SkillGraph:
    """Load and compile such a catalog."""
    loaded, found = load_data(Catalog, catalog_data(items, skills, seed))
    assert loaded is not None, found
    return compile_catalog(loaded)
