"""Mentions are found with their places, and what is denied, wished for or too little does not count."""

from __future__ import annotations

import pytest

from engine.competency.amounts import find_amounts
from engine.competency.mentions import EXTRACTOR, find_mentions, sought
from tests.support.competency import MODEL, compiled
from tests.support.interviews import model

SALES = model("sales-rep-fmcg").document


def found(text: str, question: str = "track_record") -> list[tuple[str, str, bool]]:
    mentions = find_mentions(SALES, question, text)
    for one in mentions:
        assert text[one.start : one.end] == one.quote
        assert one.question == question
        assert one.extractor == EXTRACTOR
    return [(one.indicator, one.quote, one.negated) for one in mentions]


def test_the_articles_sentence() -> None:
    assert found("曾带领团队完成120%销售目标") == [
        ("team_leadership", "带领团队", False),
        ("target_attainment", "完成120%销售目标", False),
    ]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("完成了目标的1.2倍", "完成了目标的1.2倍"),
        ("完成１２０％目标", "完成１２０％目标"),
        ("完成百分之一百二十的任务", "完成百分之一百二十的任务"),
        ("业绩指标完成一点二倍", "指标完成一点二倍"),
        ("目标完成率从80%达到100%", "目标完成率从80%达到100%"),
        ("三个季度都超额完成", "超额完成"),
        ("1.2 times the target", "1.2 times the target"),
        ("We hit 120 % of our quota.", "120 % of our quota"),
        ("doubled the sales target", "doubled the sales target"),
        ("we beat our target", "beat our target"),
    ],
)
def test_a_target_that_was_reached(text: str, quote: str) -> None:
    assert found(text) == [("target_attainment", quote, False)]


@pytest.mark.parametrize(
    "text",
    [
        "没有完成120%目标",
        "未能完成１２０％目标",
        "120%的销售目标没有达到",
        "完成不到120%的目标",
        "如果带领大家就能完成120%目标",
        "希望完成120%的目标",
        "目标是完成120%",
        "差点完成100%目标",
        "did not reach 120% of target",
        "We didn’t make 120% of the target",
        "120% of target was not reached",
        "We missed 120% of target",
        "I plan to reach 120% of target",
    ],
)
def test_what_is_taken_back_is_found_and_negated(text: str) -> None:
    mentions = [one for one in found(text) if one[0] == "target_attainment"]
    assert [negated for _, _, negated in mentions] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "完成80%目标",
        "完成99.9%目标",
        "完成了目标的0.8倍",
        "reached 80% of target",
        "目标120%只完成80%",
        "完成了100个客户的拜访，占目标客户的一半",
        "客户满意度120%",
        "我的目标很高",
        "",
    ],
)
def test_what_is_too_little_or_something_else_is_not_found(text: str) -> None:
    assert [one for one in found(text) if one[0] == "target_attainment"] == []


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("我没有带领过团队", True),
        ("我从来没有机会真正带领团队", True),
        ("我不得不带领团队", False),
        ("我不仅带领团队", False),
        ("虽然没有经验但带领团队", False),
        ("没有经验，后来带领团队", False),
        ("在没有预算的情况下带领团队", False),
        ("不到半年带领团队", False),
        ("带领团队没有完成目标", False),
        ("I never led a team", True),
        ("I did not fail; I led a team", False),
        ("I did not give up but led a team", False),
        ("I not only led a team", False),
        ("带领10人的销售团队", False),
    ],
)
def test_negation_reaches_as_far_as_its_clause(text: str, negated: bool) -> None:
    mentions = [one for one in found(text) if one[0] == "team_leadership"]
    assert [one[2] for one in mentions] == [negated]


def test_one_clause_may_deny_and_the_next_affirm() -> None:
    assert found("没有完成120%目标，但第二年完成120%目标") == [
        ("target_attainment", "完成120%目标", True),
        ("target_attainment", "完成120%目标", False),
    ]


def test_latin_words_stand_alone() -> None:
    assert found("We called backup", "objection") == []
    assert found("We called back", "objection") == [("follow_up", "called back", False)]
    assert found("PDCA循环") == [("plan_review", "PDCA", False)]


def test_the_wider_of_two_finds_stays() -> None:
    assert found("带领销售团队的团队管理经验") == [
        ("team_leadership", "带领销售团队", False),
        ("team_leadership", "团队管理", False),
    ]
    assert found("管理团队管理") == [("team_leadership", "管理团队", False)]


def test_an_indicator_is_looked_for_in_its_own_questions() -> None:
    assert "empathy" in sought(SALES, "objection")
    assert "empathy" not in sought(SALES, "track_record")
    assert "target_attainment" in sought(SALES, "track_record")
    assert found("我体谅客户", "track_record") == []
    assert found("我体谅客户", "objection") == [("empathy", "体谅", False)]


def test_a_model_without_words_finds_nothing() -> None:
    document = compiled(MODEL).document
    assert find_mentions(document, "q", "tidy") == ()
    assert sought(document, "q") == ()


@pytest.mark.parametrize(
    ("text", "percents"),
    [
        ("120%", ["120"]),
        ("1.2倍", ["120.0"]),
        ("百分之八十", ["80.0"]),
        ("百分之105", ["105"]),
        ("百分之一百零五", ["105.0"]),
        ("两倍", ["200.0"]),
        ("十倍", ["1000.0"]),
        ("一点二五倍", ["125.00"]),
        ("点倍", []),
        ("一点百倍", []),
        ("翻番", ["200"]),
        ("twice", ["200"]),
        ("1.2x", ["120.0"]),
        ("120 per cent", ["120"]),
        ("-120%", []),
        ("80-120%", []),
        ("v1.120%", ["1.120"]),
        ("120", []),
    ],
)
def test_amounts_are_read_in_both_languages(text: str, percents: list[str]) -> None:
    assert [str(one.percent) for one in find_amounts(text)] == percents
