"""What stands in one cell of a catalog table, read to data and written back: lists, needs, gains, dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Form:
    """How a cell is read (None: it has not this form) and written; `example` is what help shows."""

    read: Callable[[str], object | None]
    write: Callable[[Any], str]
    example: str


def _each(text: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", text) if part.strip()]


def _list_of(one: Form) -> Form:
    """Make the form of several values with `;` between them."""

    def read(text: str) -> object | None:
        values = [one.read(part) for part in _each(text)]
        return None if any(value is None for value in values) else values

    return Form(read, lambda values: "; ".join(map(one.write, values)), one.example)


def _matched(
    pattern: str, make: Callable[[Mapping[str, str]], object | None]
) -> Callable[[str], object | None]:
    """Make a reader of one pattern; what its groups caught makes the value."""
    compiled = re.compile(pattern)

    def read(text: str) -> object | None:
        found = compiled.fullmatch(text.strip())
        return (
            make({k: v for k, v in found.groupdict().items() if v is not None}) if found else None
        )

    return read


_NUMBER = r"\d+(?:\.\d+)?"
_THRESHOLD = rf"(?:>=|<=|>|<|=) ?{_NUMBER}"


def _need(found: Mapping[str, str]) -> object:
    if "level" in found:
        return {"skill": found["id"], "level": found["level"]}
    completion = {"completion": found["part"]} if "part" in found else {}
    return {"item": found["id"], **completion}


def _write_need(need: Mapping[str, Any]) -> str:
    if "skill" in need:
        return f"{need['skill']} >= {need['level']}"
    return f"{need['item']} {need['completion']}%" if "completion" in need else str(need["item"])


def _teaches(found: Mapping[str, str]) -> object:
    ceiling = {"max_level": found["most"]} if "most" in found else {}
    known = {"evidence": found.get("evidence", "expert"), "prior_n": found.get("n", "8")}
    return {"skill": found["id"], "gain": found["gain"], **ceiling, **known}


def _write_teaches(taught: Mapping[str, Any]) -> str:
    ceiling = f" <= {taught['max_level']}" if "max_level" in taught else ""
    return f"{taught['skill']} {taught['gain']}{ceiling} {taught['evidence']}/{taught['prior_n']}"


def _adaptation(found: Mapping[str, str]) -> object | None:
    if "completion" not in found and "exam" not in found:
        return None
    marks = {mark: found[mark] for mark in ("completion", "exam") if mark in found}
    return {**marks, "add": found["add"], "clause": found["clause"]}


def _write_adaptation(rule: Mapping[str, Any]) -> str:
    marks = [f"{mark} {rule[mark]}" for mark in ("completion", "exam") if mark in rule]
    return f"{' '.join(marks)} -> {rule['add']} ({rule['clause']})"


TEXT = Form(lambda text: text.strip(), str, "FMCG")
TEXTS = _list_of(TEXT)
NEEDS = _list_of(
    Form(
        _matched(
            rf"(?P<id>[^\s;>]+)(?: ?>= ?(?P<level>{_NUMBER})| (?P<part>{_NUMBER}) ?%)?", _need
        ),
        _write_need,
        "product-knowledge; excel_basics >= 60; sales-basics 50%",
    )
)
TEACHES = _list_of(
    Form(
        _matched(
            rf"(?P<id>\S+) (?P<gain>{_NUMBER})(?: ?<= ?(?P<most>{_NUMBER}))?"
            r"(?: (?P<evidence>expert|outcomes)(?:/(?P<n>\d+))?)?",
            _teaches,
        ),
        _write_teaches,
        "price_negotiation 0.30 <= 85; objection_handling 0.2",
    )
)
SESSIONS = _list_of(
    Form(
        _matched(r"(?P<date>\d{4}-\d\d-\d\d) (?P<site>.+) (?P<seats>\d+)", dict),
        lambda session: f"{session['date']} {session['site']} {session['seats']}",
        "2026-12-12 Shanghai 12",
    )
)
CADENCE = Form(
    _matched(rf"(?P<every>[a-z]+) x ?(?P<times>\d+) x ?(?P<hours>{_NUMBER}) ?h", dict),
    lambda rhythm: f"{rhythm['every']} x {rhythm['times']} x {rhythm['hours']} h",
    "week x 8 x 1 h",
)
ADAPTATIONS = _list_of(
    Form(
        _matched(
            rf"(?:completion (?P<completion>{_THRESHOLD}))? ?(?:exam (?P<exam>{_THRESHOLD}))?"
            r" ?-> ?(?P<add>\S+) \((?P<clause>[^)]+)\)",
            _adaptation,
        ),
        _write_adaptation,
        "completion >= 80 -> product-case-analysis (HR-POL-15.1)",
    )
)
SHARES = _list_of(
    Form(
        _matched(rf"(?P<to>\S+) (?P<weight>{_NUMBER})", dict),
        lambda share: f"{share['to']} {share['weight']}",
        "negotiation 0.5",
    )
)
ALIGNED = _list_of(
    Form(
        _matched(r"(?P<in_>[^\s=]+) ?= ?(?P<as_>.+)", dict),
        lambda pair: f"{pair['in_']} = {pair['as_']}",
        "esco = http://data.europa.eu/esco/skill/1",
    )
)
MENTORS = _list_of(
    Form(
        _matched(r"(?P<person>\S+) (?P<slots_per_week>\d+)", dict),
        lambda mentor: f"{mentor['person']} {mentor['slots_per_week']}",
        "P-1021 4",
    )
)
