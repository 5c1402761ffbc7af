"""What is asked of the service, in its two forms: a case for a rule set, or an interview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from api.services.cases import Case
from api.services.evaluate import InterviewCase
from api.services.marking import marked, unmarked

if TYPE_CHECKING:
    from api.store.records import Kept

Asked: TypeAlias = Case | InterviewCase


def request_of(asked: Asked) -> dict[str, object]:
    """Give what makes two requests the same: a day that nobody asked for does not."""
    return {
        **asked.words(),
        "inputs": marked(asked.inputs),
        "as_of": asked.as_of.isoformat() if asked.dated else None,
        "case": asked.case,
        "person": asked.person,
    }


def asked_in(kept: Kept) -> Asked:
    """Give what a record decided, by the versions that it names."""
    body: Any = kept.body
    inputs, rules = unmarked(body["inputs"]), f"{kept.rule_set}@{kept.version}"
    used = body.get("evaluation", body["decision"])["used"]
    # Those that the rules use in their turn are as they were, too.
    held = {"rule_set": {one["id"]: one["version"] for one in used if one["kind"] == "rule_set"}}
    if "interview" not in body:
        return Case(rules, inputs, kept.as_of, held=held)
    named = {one["kind"]: f"{one['id']}@{one['version']}" for one in used}
    return InterviewCase(
        unmarked(body["interview"]),
        inputs,
        kept.as_of,
        rules,
        named["competency_model"],
        inference=named["inference"],
        catalog=named["catalog"],
        # A record from before law and targets were named is decided by those of its day.
        held=held | body.get("named", {}),
    )
