"""The shipped rule sets: nothing in them is open, and their cases notice nine faults of ten."""

from __future__ import annotations

import datetime as dt

import pytest

from api.folder import read_folder
from engine.cases import Group, group_cases, measure_group, mutate_group
from engine.content import check_content, read_content
from tests.support.source import ROOT

CONTENT = read_content(read_folder(ROOT).files)
NOW = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
GROUPS = {
    f"{group.rule_set.document.id}@{group.rule_set.document.version}": group
    for group in group_cases(CONTENT, CONTENT.cases, NOW)
}


def test_every_rule_set_in_force_has_cases() -> None:
    current = [CONTENT.in_force("rule_set", id_, NOW).document for id_ in CONTENT.ids("rule_set")]
    assert {f"{d.id}@{d.version}" for d in current} <= set(GROUPS)


def test_the_checker_finds_nothing_in_what_is_shipped() -> None:
    assert check_content(CONTENT) == []


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_the_cases_reach_every_row_and_notice_nine_faults_of_ten(name: str) -> None:
    group: Group = GROUPS[name]
    measured = measure_group(group)
    assert len(measured.cases) == len(group.cases)
    assert measured.coverage.rows.open == ()
    mutation = mutate_group(CONTENT, group, measured, lambda _done, _total: None)
    assert mutation.score >= 90, [s.told.message() for s in mutation.survivors]
