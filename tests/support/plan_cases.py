"""Random people and catalogs of any size for plans, as an author would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.catalogs import catalog_data, item, node, part, target, teaches, text

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - the type of what hypothesis draws


def random_case(draw: Random, size: int) -> dict[str, Any]:
    """Give a case over a catalog of so many items: bundles, forms, rhythms, levels, circles, limits."""
    skills = max(4, size // 4 * 2)
    competencies = [f"c{n}" for n in range(skills // 2)]
    leaves = [f"s{n}" for n in range(skills)]
    made = [_item(draw, n, leaves, size) for n in range(size)]
    names = [each["id"] for each in made]
    asked = draw.sample(range(len(competencies)), min(draw.choice([1, 2, 2, 3]), len(competencies)))
    first = draw.choice(["0.5", "0.75"])
    limits: dict[str, str] = {}
    if draw.random() < 0.4:
        limits["budget"] = str(draw.choice([0, 300, 600, 1200]))
    if draw.random() < 0.4:
        limits |= {"weeks": str(draw.choice([3, 6, 10])), "hours_a_week": str(draw.choice([4, 8]))}
    return {
        "data": catalog_data(
            nodes=[*(node(c, "competency") for c in competencies), *(node(s) for s in leaves)],
            edges=[
                part(leaf, f"c{n // 2}", first if n % 2 else str(1 - float(first)))
                for n, leaf in enumerate(leaves)
            ],
            targets=[target(c, "80", str(draw.choice([1, 1, 2]))) for c in competencies],
            items=made,
            mandatory=[
                {"role": "seller", "item": name, "clause": "HR-2"}
                for name in draw.sample(names, draw.choice([0, 0, 1]))
            ],
            bundles=[_bundle(draw, n, made) for n in range(draw.choice([0, 1, 2]))],
            preferences=[{"id": "there", "name": text("a"), "suits": ["offline"]}],
        ),
        "scores": {competencies[n]: str(draw.choice([55, 62, 70, 76])) for n in asked},
        "limits": limits,
        "passed": draw.sample(names, draw.choice([0, 0, 2])),
        "booked": draw.sample(names, draw.choice([0, 3])),
        "preference": draw.choice([None, "there"]),
    }


def _item(draw: Random, number: int, leaves: list[str], size: int) -> dict[str, Any]:
    centre = number * len(leaves) // size
    near = [leaves[(centre + step) % len(leaves)] for step in range(-3, 4)]
    taught = draw.sample(sorted(set(near)), draw.choice([1, 2, 3]))
    keys: dict[str, Any] = {
        "hours": str(draw.choice([2, 3, 4, 6, 7.5, 10])),
        "cost": str(draw.choice([0, 100, 150, 250, 400])),
        "modality": draw.choice(["online", "offline"]),
    }
    if draw.random() < 0.2:
        times = draw.randint(1, 4)
        keys |= {
            "cadence": {"every": "week", "times": str(times), "hours": "2"},
            "hours": str(2 * times),
        }
    before = range(max(0, number - 12), number)
    if before and draw.random() < 0.6:
        chosen = draw.sample(before, min(len(before), draw.choice([1, 2, 3])))
        section = draw.choice(["all", "any", "any"])
        needs: list[dict[str, str]] = [{"item": f"i{n}"} for n in chosen]
        if draw.random() < 0.2:
            needs[0]["completion"] = "50"
        if draw.random() < 0.3:
            needs.append({"skill": draw.choice(near), "level": str(draw.choice([60, 66, 72]))})
        if section == "any" and draw.random() < 0.3:
            # What comes after it: that makes circles, with another way in.
            needs.append({"item": f"i{min(size - 1, number + draw.choice([1, 2, 3]))}"})
        keys["requires"] = {section: needs}
    if draw.random() < 0.1:
        keys["variant"] = f"v{number // 8}"
    gains = [str(draw.choice([0.15, 0.25, 0.33, 0.4, 0.55])) for _ in taught]
    ceilings = [draw.choice([None, None, "75", "85"]) for _ in taught]
    made = map(teaches, taught, gains, ceilings)
    return item(f"i{number}", *made, **keys)


def _bundle(draw: Random, number: int, made: list[dict[str, Any]]) -> dict[str, Any]:
    at = draw.randrange(len(made))
    some = made[at : at + 3]
    bundle = {"id": f"b{number}", "name": text("b"), "items": [each["id"] for each in some]}
    if number:
        return {**bundle, "together": "true"}
    return {**bundle, "cost": str(sum(int(each["cost"]) for each in some) // 2)}
