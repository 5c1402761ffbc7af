"""Whatever is done in whatever order: what is published was approved as it is, by enough people who did not write it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.cli.operate import begin
from api.services import publish as steps
from api.services.platform import open_platform
from api.services.versions import version
from api.settings import Settings
from engine.publishing.draft import digest_of
from tests.support.registry import rule_set, write_folder

if TYPE_CHECKING:
    import pytest

    from api.services.platform import Platform

NAME = steps.Version("rule_set", "line", "1.1.0")
TEXTS = {line: rule_set(line=line) for line in ("80", "85")}
AT = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
STEPS = st.tuples(
    st.sampled_from(("draft 80", "draft 85", "submit", "approve", "approve", "reject", "publish")),
    st.sampled_from(("ann", "bob", "cai", "dee")),
)


class Model:
    """What should be the case, kept by hand: who wrote it, what it says, who approved that."""

    def __init__(self) -> None:
        self.text = ""
        self.status = "none"
        self.authors: set[str] = set()
        self.approvers: set[str] = set()

    def step(self, verb: str, who: str) -> bool:
        """Take a step; gives whether it is allowed."""
        verb, _, line = verb.partition(" ")
        match verb:
            case "draft" if self.status == "published":
                return line == self.text
            case "draft":
                if line != self.text:
                    self.text, self.status = line, "draft"
                    self.authors.add(who)
                    self.approvers = set()
                return True
            case "submit" if self.status in {"draft", "submitted"}:
                self.status = "submitted"
                return True
            case "approve" if who in self.approvers:
                return True
            case "approve" if self.status == "submitted" and who not in self.authors:
                self.approvers.add(who)
                return True
            case "reject" if self.status == "submitted":
                self.status, self.approvers = "draft", set()
                return True
            case "publish" if self.status == "published":
                return True
            case "publish" if self.status == "submitted" and len(self.approvers) > 1:
                self.status = "published"
                return True
            case _:
                return False


def take(platform: Platform, verb: str, who: str, text: str) -> bool:
    """Take a step for real; gives whether it was allowed."""
    act = steps.Act(who, AT)
    verb, _, line = verb.partition(" ")
    try:
        match verb:
            case "draft":
                steps.draft(platform, NAME, TEXTS[line], act)
            case "approve":
                steps.approve(platform, NAME, digest_of(TEXTS[text]), act)
            case _:
                getattr(steps, verb)(platform, NAME, act)
    except steps.RefusedError:
        return False
    return True


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    taken=[
        ("submit", "ann"),
        ("approve", "bob"),
        ("publish", "dee"),
        ("approve", "cai"),
        ("publish", "dee"),
        ("approve", "dee"),
        ("draft 85", "ann"),
        ("draft 80", "ann"),
        ("reject", "cai"),
    ]
)
@given(st.lists(STEPS, min_size=6, max_size=18))
def test_the_steps_do_as_they_should(
    tmp_path_factory: pytest.TempPathFactory, taken: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    place = Settings(data_dir=folder / "data")
    begin(place, write_folder(folder / "content"))
    platform, model = open_platform(place), Model()
    try:
        for verb, who in (("draft 80", "ann"), *taken):
            before = model.text
            assert take(platform, verb, who, before) == model.step(verb, who), (verb, who)
            found = version(platform, NAME, AT)
            assert (found["digest"], set(found["authors"])) == (
                digest_of(TEXTS[model.text]),
                model.authors,
            )
            assert {one["approver"] for one in found["approvals"]} == model.approvers
            assert (found["published_at"] is not None) == (model.status == "published")
            assert not model.approvers & model.authors
    finally:
        platform.close()
