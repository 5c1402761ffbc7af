"""Alerts and what closes, combines, escalates and suppresses them; adaptation is none of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.results.documents import Pause
from engine.learning.results.follow_up import FollowUpRules, follow_up
from engine.learning.results.ledger import collect
from engine.learning.results.progress import elapsed, meets, stand
from tests.support.catalogs import item, small_graph, teaches
from tests.support.follow_ups import (
    NOW,
    booking,
    content,
    enrolment,
    followed,
    result,
    rules,
    sales_plan,
)
from tests.support.rule_sets import compiled

if TYPE_CHECKING:
    from engine.learning.documents import LearningItem

COURSE = "fmcg-negotiation"
DUE = booking(COURSE, "2026-07-01", "2026-08-01")


def alerts(*results: Any, booked: Any = DUE, as_of: dt.datetime = NOW, **more: Any) -> list[str]:  # noqa: ANN401 - documents
    document = followed(results, enrolment(booked, **more), as_of).document
    return [one.alert for one in document.alerts]


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# --- R41, exactly ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completion", "exam", "expected"),
    [
        ("80", "70", []),
        ("79.99", "95", ["low_completion"]),
        ("100", "69.9", ["low_exam"]),
        ("79.99", "69.9", ["low_completion", "low_exam", "low_in_both"]),
        ("80", None, []),
    ],
)
def test_the_lines_are_exact(completion: str, exam: str | None, expected: list[str]) -> None:
    one = result(COURSE, "2026-07-30", completion=completion, exam=exam)
    assert alerts(one) == expected


def test_completion_is_not_judged_before_its_pace_or_due_date() -> None:
    one = result(COURSE, "2026-07-02", completion="10")
    assert alerts(one, as_of=instant("2026-07-08")) == []
    assert alerts(one, as_of=instant("2026-07-20")) == ["low_completion"]
    late = result(COURSE, "2026-07-02", completion="79")
    assert alerts(late, as_of=instant("2026-07-29")) == []
    assert alerts(late, as_of=instant("2026-08-02")) == ["low_completion"]


def test_without_a_due_date_completion_is_not_judged_and_that_is_said() -> None:
    document = followed([result(COURSE, "2026-07-02", completion="10")]).document
    assert (document.alerts, document.undated) == ((), (COURSE,))


def test_nothing_done_by_the_due_date_is_an_alert_though_no_result_came_in() -> None:
    assert alerts() == ["low_completion"]
    assert alerts(as_of=instant("2026-06-01")) == []


def test_mentor_ratings_of_two_weeks_and_never_the_words() -> None:
    low = [result(COURSE, f"2026-08-{day}", rating=2, completion=100) for day in (21, 28)]
    assert alerts(*low) == ["low_mentor_rating"]
    assert alerts(low[1]) == []
    praised = result(COURSE, "2026-08-28", completion=100, text="很差 terrible")
    assert alerts(praised) == []
    assert followed([praised]).document.states[2].rating is None


# --- tasks, help, escalation, suppression ----------------------------------------------------


def test_an_alert_is_a_task_for_hr_with_help_from_the_catalog() -> None:
    document = followed(
        [result(COURSE, "2026-07-30", completion=100, exam=60)], enrolment(DUE)
    ).document
    [alert] = document.alerts
    assert (alert.level, alert.clause, alert.reason.zh) == (
        "warn",
        "HR-POL-14.2",
        "考试 60 分，低于合格线 70",
    )
    assert [(task.assignee, task.what) for task in document.tasks] == [("hr", "review_alert")]
    assert {m.what: m.items for m in document.measures} == {
        "study_materials": (),
        "retake_at_most_2": (COURSE,),
    }
    assert {used.id for used in document.used} == {
        "training-alerts",
        "training-adaptation",
        "training-escalation",
        "evenhand-catalog",
    }


def test_the_second_failure_escalates_and_a_report_of_the_same_one_does_not() -> None:
    first = result(COURSE, "2026-07-20", completion=100, exam=60)
    again = result(COURSE, "2026-07-25", exam=60)
    second = result(COURSE, "2026-07-30", exam=65)
    assert alerts(first, again) == ["low_exam"]
    document = followed([first, again, second], enrolment(DUE)).document
    assert [(a.alert, a.level) for a in document.alerts] == [
        ("failed_again", "urgent"),
        ("low_exam", "warn"),
    ]
    assert ("manager", "meet_within_5_days") in [(t.assignee, t.what) for t in document.tasks]


def test_a_version_of_the_escalation_without_second_failures_still_serves() -> None:
    old = content().inference("training-escalation@1.0.0", NOW)
    kept = FollowUpRules(rules().alerts, old, rules().adaptation)
    results = collect(
        [result(COURSE, f"2026-07-{d}", completion=100, exam=60 + d // 5) for d in (20, 25)]
    )
    made = follow_up(content().graph(NOW), sales_plan(), enrolment(DUE), results, kept, NOW)
    assert [a.alert for a in made.document.alerts] == ["low_exam"]


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"pauses": [{"because": "approved_leave"}]}, ("approved_leave",)),
        (
            {
                "pauses": [
                    {
                        "because": "accommodation_pending",
                        "starts": "2026-08-01",
                        "ends": "2026-09-01",
                    }
                ]
            },
            ("accommodation_pending",),
        ),
        ({"unavailable": [COURSE]}, ("course_unavailable",)),
    ],
)
def test_what_stands_in_the_way_suppresses_and_is_said(
    more: dict[str, Any], because: tuple[str, ...]
) -> None:
    failed = result(COURSE, "2026-07-30", completion=100, exam=60)
    document = followed([failed], enrolment(DUE, **more)).document
    assert (document.alerts, document.tasks, document.measures) == ((), (), ())
    assert [(one.alert, one.because) for one in document.suppressed] == [("low_exam", because)]


def test_a_pause_that_is_over_suppresses_nothing() -> None:
    over = Pause.model_validate({"because": "approved_leave", "ends": "2026-08-01"})
    assert alerts(result(COURSE, "2026-07-30", completion=100, exam=60), pauses=[over]) == [
        "low_exam"
    ]


def test_an_alert_closes_on_the_next_passing_result() -> None:
    failed = result(COURSE, "2026-07-20", completion=100, exam=60)
    passed = result(COURSE, "2026-07-30", exam=70)
    document = followed([failed, passed], enrolment(DUE)).document
    assert document.alerts == ()
    [closed] = document.closed
    assert (closed.alert, closed.since, closed.closed_at) == ("low_exam", failed.at, passed.at)
    assert closed.closed_by == document.states[2].rests_on[-1]
    assert document.states[2].status == "passed"


# --- adaptation ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completion", "added"), [("80", ["product-case-analysis"]), ("79.99", [])]
)
def test_good_progress_adds_the_case_analysis_and_is_no_alert(
    completion: str, added: list[str]
) -> None:
    document = followed([result("product-knowledge", "2026-07-30", completion=completion)]).document
    assert [one.add for one in document.additions] == added
    assert document.alerts == ()


def test_what_is_done_is_not_added_again() -> None:
    results = [
        result("product-knowledge", "2026-07-30", completion=100, exam=80),
        result("product-case-analysis", "2026-08-10", completion=100),
    ]
    assert followed(results).document.additions == ()


# --- standings -------------------------------------------------------------------------------


def described(**keys: Any) -> LearningItem:  # noqa: ANN401 - YAML data
    return small_graph(items=[item("course", teaches("listen", "0.4"), **keys)]).items["course"]


@pytest.mark.parametrize(
    ("mark", "figures", "status"),
    [
        (None, {"completion": 99}, "begun"),
        (None, {"completion": 100}, "passed"),
        (None, {"success": True}, "passed"),
        ({"exam": ">= 70"}, {"exam": 70}, "passed"),
        ({"exam": ">= 70"}, {"completion": 100}, "begun"),
        ({"exam": ">= 70"}, {"success": False}, "failed"),
        ({"completion": ">= 80", "exam": ">= 70"}, {"success": True}, "passed"),
        ({"completion": ">= 80", "exam": ">= 70"}, {"success": True, "completion": 50}, "begun"),
        ({"completion": "> 80"}, {"completion": 80}, "begun"),
    ],
)
def test_when_an_item_is_passed(mark: object, figures: dict[str, Any], status: str) -> None:
    one = described(**({"pass": mark} if mark else {}))
    made = [result("course", "2026-07-01", **figures)]
    assert stand(one, made, NOW).status == status


def test_what_was_passed_stays_passed() -> None:
    one = described(**{"pass": {"exam": ">= 70"}})
    made = [result("course", "2026-07-01", exam=80), result("course", "2026-07-09", exam=50)]
    assert stand(one, made, NOW).status == "passed"


@pytest.mark.parametrize(
    ("text", "held"),
    [(">= 80", True), ("> 80", False), ("<80.5", True), ("= 80", True), ("<= 79", False)],
)
def test_thresholds(text: str, held: bool) -> None:
    assert meets(text, Decimal(80)) is held


def test_the_share_of_the_time_that_has_passed() -> None:
    days = ["2026-07-01", "2026-07-02", "2026-08-01", "2026-08-02"]
    shares = [str(elapsed(DUE, instant(day))) for day in days]
    assert shares == ["0", "3.1250", "96.8750", "100"]
    assert elapsed(None, NOW) == 0


# --- documents that do not belong together ---------------------------------------------------


def test_a_plan_from_another_catalog_is_refused() -> None:
    with pytest.raises(DocumentError, match="RESULT-PLAN-001"):
        follow_up(small_graph(), sales_plan(), enrolment(), collect([]), rules(), NOW)


def test_a_booking_of_nothing_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DocumentError) as caught:
        followed([], enrolment(booking("fmcg-negotiaton", "2026-07-01", "2026-08-01")))
    assert caught.value.diagnostics[0].near == COURSE


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    wrong = {"because": "approved_leave", "starts": "2026-08-02", "ends": "2026-08-01"}
    with pytest.raises(DocumentError, match="the pause ends on 2026-08-01"):
        followed([], enrolment(pauses=[wrong]))
    with pytest.raises(DocumentError) as caught:
        followed([], enrolment(pauses=[wrong]))
    assert "暂停在 2026-08-01 结束" in caught.value.diagnostics[0].message("zh")


ALERTS = """\
inputs:
  completion: {type: number, range: "[0..50]"}
decisions:
  alerts:
    type: string
    one_of: [low_completion]
    hit_policy: collect
    table: |
      | id | completion || alerts           |
      |----|------------||------------------|
      | A1 | < 50       || "low_completion" |
"""


@pytest.mark.parametrize(
    ("completion", "said"), [(60, "outside"), (10, "each of them needs one reason")]
)
def test_rules_that_give_no_answer_are_named(completion: int, said: str) -> None:
    spoilt = FollowUpRules(compiled(ALERTS), rules().escalation, rules().adaptation)
    results = collect([result(COURSE, "2026-07-30", completion=completion)])
    with pytest.raises(EvaluationError, match="RESULT-RULES-001"):
        follow_up(content().graph(NOW), sales_plan(), enrolment(), results, spoilt, NOW)
