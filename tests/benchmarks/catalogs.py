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
FIELD = 200
"""How many items one field of study has; it has as many skills in proportion."""
YEARS = 10
"""A field is studied in so many years; what an item needs lies in the years before its own."""
ROLE = 30
"""How many competencies a role asks for: `role0` those of the first field, and so on."""
CIRCLES = 12
"""So many pairs of items need each other or, the way in, some other item."""


def catalog_data(items: int, skills: int, seed: int = 1) -> dict[str, Any]:
    """Give the data of a catalog with so many items and skills, shaped like a university's.

    Fields of 200 items. What roles ask for is taught by four items a skill on average, the rest by
    hardly any. Four items of five after the first year need one or two things before them, each
    one item or one of two to four, one in three from a field nearby: behind twenty weak skills stand
    some hundred items that teach them, and a closure of a thousand or more. 24 items lie on circles.
    """
    draw = random.Random(seed)  # noqa: S311 - a fixed seed: the same catalog each time
    fields = max(1, items // FIELD)
    each = skills // fields // SKILLS_EACH
    asked = min(ROLE, each)
    competencies = [f"c{n}" for n in range(fields * each)]
    names = [f"s{n}" for n in range(len(competencies) * SKILLS_EACH)]
    nodes = [_node(name, "competency") for name in competencies]
    nodes += [_node(name, "skill") for name in names]
    edges = [
        {"type": "part_of", "from": name, "to": f"c{n // SKILLS_EACH}", "weight": "0.25"}
        for n, name in enumerate(names)
    ]
    targets = [
        {
            "role": f"role{field}",
            "competency": f"c{field * each + n}",
            "level": "80",
            "priority": str(1 + n % 3),
        }
        for field in range(fields)
        for n in range(asked)
    ]
    made = [_item(draw, n, items, each * SKILLS_EACH, asked * SKILLS_EACH) for n in range(items)]
    _close_circles(draw, made)
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
        "items": made,
    }


def _node(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": {"zh": name, "en": name}}


def _item(draw: random.Random, number: int, items: int, skills: int, asked: int) -> dict[str, Any]:
    field = number // FIELD
    first = field * skills
    taught = {
        f"s{first + draw.randrange(asked if draw.random() < 0.85 else skills)}"
        for _ in range(draw.randint(1, 5))
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
    groups = [_group(draw, number, items) for _ in range(draw.choice([0, 1, 1, 2, 2]))]
    every = [group[0] for group in groups if len(group) == 1]
    one = [group for group in groups if len(group) > 1]
    if every or one:
        needs = {"all": [{"item": name} for name in every]}
        needs["any"] = [{"item": name} for name in one[0]] if one else []
        made["requires"] = needs
    return made


def _group(draw: random.Random, number: int, items: int) -> list[str]:
    """Name one to four items of the years before, mostly of the year before; none in the first."""
    year = number % FIELD * YEARS // FIELD
    if year == 0:
        return []
    field = number // FIELD
    if draw.random() < 1 / 3:
        field = (field + draw.choice([-3, -2, -1, 1, 2, 3])) % max(1, items // FIELD)
    back = year - 1 if draw.random() < 0.8 else draw.randrange(year)
    low, high = (-(-y * FIELD // YEARS) for y in (back, back + 1))
    span = [n for n in range(field * FIELD + low, field * FIELD + high) if n < items]
    chosen = draw.sample(span, min(draw.choice([1, 1, 2, 3, 4]), len(span)))
    return sorted(f"i{n}" for n in chosen)


def _close_circles(draw: random.Random, made: list[dict[str, Any]]) -> None:
    """Let pairs of items need each other, with another way into each."""
    for pair in range(min(CIRCLES, len(made) // FIELD)):
        first = pair * FIELD
        one, other, way, way_too = draw.sample(range(first + FIELD // YEARS, first + FIELD), 4)
        ways = {one: (other, way - way % FIELD), other: (one, way_too - way_too % FIELD + 1)}
        for number, alternatives in ways.items():
            needs = {"all": [], "any": [{"item": f"i{n}"} for n in alternatives]}
            made[number]["requires"] = needs


def synthetic_graph(items: int, skills: int, seed: int = 1) -> SkillGraph:
    """Load and compile such a catalog."""
    loaded, found = load_data(Catalog, catalog_data(items, skills, seed))
    assert loaded is not None, found
    return compile_catalog(loaded)
