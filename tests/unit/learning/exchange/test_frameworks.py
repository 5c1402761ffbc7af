"""Moodle, CASE, ESCO and O*NET: what is taken over, what is told, and the way back."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from engine.learning.documents import PartOf, Related, Requires
from engine.learning.exchange.case import read_case, write_case
from engine.learning.exchange.esco import read_esco
from engine.learning.exchange.framework import (
    Framework,
    Taken,
    part_below,
    read_alignment,
    take_over,
)
from engine.learning.exchange.merging import Draft, Head, base_data, merge_entries
from engine.learning.exchange.moodle import read_moodle, write_moodle
from engine.learning.exchange.onet import read_onet
from tests.support.catalogs import catalog_data, loaded_catalog, node, part, text
from tests.unit.learning.exchange.test_tables import rich, shipped

HEAD = Head("fresh", "1.0.0", "Fresh", "hr", "HR-1", "2026-01-01T00:00:00+08:00").data()
COLUMNS = (
    '"Parent ID number","ID number","Short name",Description,"Description format","Scale values",'
    '"Scale configuration","Rule type (optional)","Rule outcome (optional)","Rule config (optional)",'
    '"Cross-referenced competency ID numbers","Exported ID (optional)","Is framework",Taxonomy\n'
)
MOODLE = COLUMNS + (
    ",sales,Sales skills,,1,No;Yes,[],,,,,,1,\n"
    ',talk,"Talk &amp; listen",<p>x</p>,1,,,,0,,,1,,\n'
    "talk,T-1,Listen,,1,,,,0,,T-2,2,,\n"
    "talk,T-2,Ask,,1,,,,0,,,3,,\n"
    "talk,T-3,Probe,,1,,,,0,,gone,4,,\n"
)


def taken(framework: Framework, base: dict[str, Any] = HEAD, **options: Any) -> tuple[Taken, Draft]:  # noqa: ANN401
    over = take_over(framework, base, **options)
    return over, merge_entries(base, over.entries, gone=over.gone)


def told(found: Any) -> list[str]:  # noqa: ANN401
    return [f"{d.code.id} {d.span or ''}".strip() for d in found]


def edges(draft: Draft) -> set[str]:
    assert draft.loaded is not None, told(draft.found)
    shown = set()
    for edge in draft.loaded.document.edges:
        match edge:
            case PartOf():
                shown.add(f"{edge.source} < {edge.to} {edge.weight}")
            case Related():
                shown.add(f"{edge.source} ~ {edge.to}")
            case Requires():
                shown.add(f"{edge.source} needs {[n.model_dump(mode='json') for n in edge.all]}")
    return shown


# --- Moodle --------------------------------------------------------------------------------------


def test_a_moodle_framework_is_taken_over() -> None:
    framework = read_moodle(MOODLE, "m.csv")
    over, draft = taken(framework)
    assert framework.title == "Sales skills"
    assert draft.loaded is not None
    assert [(n.id, n.kind, n.name.en, n.align) for n in draft.loaded.document.nodes] == [
        ("talk", "competency", "Talk & listen", {"moodle": "talk"}),
        ("t_1", "skill", "Listen", {"moodle": "T-1"}),
        ("t_2", "skill", "Ask", {"moodle": "T-2"}),
        ("t_3", "skill", "Probe", {"moodle": "T-3"}),
    ]
    # Thirds sum to exactly 1 in four places.
    thirds = {"t_1 < talk 0.3334", "t_2 < talk 0.3333", "t_3 < talk 0.3333"}
    assert edges(draft) == {*thirds, "t_1 ~ t_2"}
    assert told(over.found) == ["EXCHANGE-012"]


def test_what_moodle_gets_comes_back_as_the_same_skills() -> None:
    catalog = rich()
    written, lost = write_moodle(catalog, "en")
    assert [d.args["what"] for d in lost] == [
        "weights",
        "prerequisites with levels and alternatives",
        "targets of roles",
        "learning items",
    ]
    rows = list(csv.reader(written.removeprefix("\ufeff").splitlines()))
    assert {len(row) for row in rows} == {14}
    assert [row[:3] for row in rows[1:3]] == [["", "small", "small"], ["", "talk", "talk"]]
    _, draft = taken(read_moodle(written, "m.csv"))
    assert draft.loaded is not None
    assert {n.id for n in draft.loaded.document.nodes} == {n.id for n in catalog.nodes}
    assert edges(draft) == {
        "listen < talk 0.5",
        "ask < talk 0.5",
        "probe < ask 1",
        "probe ~ listen",
    }


def test_moodle_wants_parents_first_and_can_have_one_only() -> None:
    catalog = loaded_catalog(
        nodes=[node("low"), node("talk", "competency"), node("lead", "competency")],
        edges=[part("low", "talk"), part("low", "lead")],
        items=[],
    ).document
    written, lost = write_moodle(catalog)
    assert [line.split(",")[1] for line in written.splitlines()[2:]] == ["talk", "lead", "low"]
    assert lost[0].args["what"] == "a second parent"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ["EXCHANGE-020 m.csv:1:1"] * 3),
        ("a,b\n", ["EXCHANGE-020 m.csv:1:1"] * 3),
        (MOODLE + ",,No number,,1,,,,,,,,,\n", ["EXCHANGE-021 m.csv:7:2"]),
        (MOODLE + "talk,T-2,Twice,,1,,,,,,,,,\n", ["EXCHANGE-011 m.csv:7:2"]),
        (MOODLE + '"', ["EXCHANGE-004 m.csv:7:1"]),
    ],
)
def test_a_faulty_moodle_file_is_told_by_row(given: str, expected: list[str]) -> None:
    assert told(read_moodle(given, "m.csv").found) == expected


# --- CASE ----------------------------------------------------------------------------------------


def test_what_case_gets_comes_back_with_its_order() -> None:
    catalog = rich()
    written, lost = write_case(catalog, "en")
    assert {d.args["what"] for d in lost} >= {"weights", "the levels of prerequisites"}
    package = json.loads(written)
    kinds = [a["associationType"] for a in package["CFAssociations"]]
    assert sorted(set(kinds)) == ["isChildOf", "isRelatedTo", "precedes"]
    over, draft = taken(read_case(written, "c.json"))
    assert told(over.found) == ["EXCHANGE-014"]
    assert "ask ~ listen" in edges(draft)
    _, draft = taken(read_case(written, "c.json"), level="45")
    assert "ask needs [{'skill': 'listen', 'level': '45'}]" in edges(draft)
    assert draft.loaded is not None
    assert [n.id for n in draft.loaded.document.nodes] == [n.id for n in catalog.nodes]


def test_identifiers_of_case_do_not_change_with_the_version() -> None:
    catalog = rich()
    later = catalog.model_copy(update={"version": "2.0.0"})
    items = [json.loads(write_case(c)[0])["CFItems"] for c in (catalog, later)]
    assert [i["identifier"] for i in items[0]] == [i["identifier"] for i in items[1]]


def test_a_package_of_others_is_read() -> None:
    package = {
        "CFPackage": {
            "CFDocument": {"identifier": "doc", "title": "Frame"},
            "CFItems": [
                {
                    "identifier": "a",
                    "fullStatement": "Count  things",
                    "humanCodingScheme": "K.CC.1",
                },
                {"identifier": "b", "fullStatement": "数数", "language": "zh-CN"},
                {"identifier": "c", "abbreviatedStatement": "Add", "fullStatement": "Add up"},
            ],
            "CFAssociations": [
                _association("isChildOf", "a", "doc"),
                _association("isParentOf", "a", "b"),
                _association("isPeerOf", "b", "c"),
                _association("exemplar", "b", "c"),
            ],
        }
    }
    framework = read_case(json.dumps(package), "c.json")
    _, draft = taken(framework)
    assert draft.loaded is not None
    assert [(n.id, n.name.zh) for n in draft.loaded.document.nodes] == [
        ("k_cc_1", "Count things"),
        ("数数", "数数"),
        ("add", "Add"),
    ]
    assert edges(draft) == {"数数 < k_cc_1 1", "数数 ~ add"}


def _association(kind: str, origin: str, end: str) -> dict[str, Any]:
    ends = {"originNodeURI": {"identifier": origin}, "destinationNodeURI": {"identifier": end}}
    return {"associationType": kind, **ends}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{", ["JSON-001 c.json:1:2"]),
        ("[]", ["EXCHANGE-030 c.json:1:1"]),
        ('{"CFItems": 1}', ["EXCHANGE-030 c.json:1:1"]),
        ('{"CFItems": [1, {"identifier": "a"}]}', ["EXCHANGE-031 c.json:1:1"] * 2),
        ('{"CFItems": [], "CFAssociations": [{}]}', ["EXCHANGE-031 c.json:1:1"]),
    ],
)
def test_a_faulty_package_is_told(given: str, expected: list[str]) -> None:
    assert told(read_case(given, "c.json").found) == expected


# --- ESCO ----------------------------------------------------------------------------------------

SKILLS = (
    "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,description\n"
    'KnowledgeSkillCompetence,uri:1,skill/competence,x,negotiate price,"haggle\nbargain",d\n'
    "KnowledgeSkillCompetence,uri:2,knowledge,x,sales strategies,,d\n"
)
GROUPS = "conceptType,conceptUri,preferredLabel\nSkillGroup,uri:g,negotiating\n"
BROADER = (
    "conceptType,conceptUri,broaderType,broaderUri\n"
    "KnowledgeSkillCompetence,uri:1,SkillGroup,uri:g\n"
    "KnowledgeSkillCompetence,uri:2,SkillGroup,uri:elsewhere\n"
)
RELATIONS = (
    "originalSkillUri,originalSkillType,relationType,relatedSkillType,relatedSkillUri\n"
    "uri:1,skill,essential,knowledge,uri:2\n"
)
ESCO = {
    "broaderRelationsSkillPillar.csv": BROADER,
    "skillSkillRelations.csv": RELATIONS,
    "skills_en.csv": SKILLS,
    "skillGroups_en.csv": GROUPS,
    "skills_zh.csv": SKILLS.replace("negotiate price", "价格谈判").split("Knowledge")[0]
    + "KnowledgeSkillCompetence,uri:1,skill,x,价格谈判,,d\n",
}


def test_esco_is_taken_over_with_both_languages() -> None:
    over, draft = taken(read_esco(ESCO))
    assert draft.loaded is not None
    assert {(n.id, n.kind, n.name.zh) for n in draft.loaded.document.nodes} == {
        ("negotiate_price", "skill", "价格谈判"),
        ("sales_strategies", "competency", "sales strategies"),
        ("negotiating", "competency", "negotiating"),
    }
    assert edges(draft) == {"negotiate_price < negotiating 1", "negotiate_price ~ sales_strategies"}
    assert told(over.found) == ["EXCHANGE-012", "EXCHANGE-014"]


def test_a_part_of_esco_is_taken_by_what_it_is_under() -> None:
    below = part_below(read_esco(ESCO), ["uri:g", "uri:none"])
    assert [c.key for c in below.concepts] == ["uri:1", "uri:g"]
    assert told(below.found) == ["EXCHANGE-010"]


def test_a_file_that_is_not_esco_is_told() -> None:
    assert told(read_esco({"x.csv": "a,b\n1,2\n"}).found) == ["EXCHANGE-040 x.csv:1:1"]


# --- into a catalog that is there ----------------------------------------------------------------


def test_a_second_import_changes_nothing() -> None:
    _, first = taken(read_moodle(MOODLE, "m.csv"))
    assert first.loaded is not None
    catalog = first.loaded.document
    base = base_data(catalog, "1.1.0", "2027-01-01T00:00:00+08:00")
    over = take_over(read_moodle(MOODLE, "m.csv"), base)
    again = merge_entries(base, over.entries, before=catalog, gone=over.gone)
    assert all(not (c.new or c.changed or c.gone) for c in again.changes)


def test_weights_that_people_set_stand_and_a_moved_part_moves() -> None:
    base = taken(read_moodle(MOODLE, "m.csv"))[1]
    assert base.loaded is not None
    data = base_data(base.loaded.document, "1.1.0", "2027-01-01T00:00:00+08:00")
    for edge, weight in zip(
        [e for e in data["edges"] if e["type"] == "part_of"], "532", strict=True
    ):
        edge["weight"] = f"0.{weight}"
    assert "t_1 < talk 0.5" in edges(taken(read_moodle(MOODLE, "m.csv"), data)[1])
    moved = MOODLE.replace("talk,T-3,", "T-2,T-3,")
    halves = {"t_1 < talk 0.5", "t_2 < talk 0.5", "t_3 < t_2 1"}
    assert edges(taken(read_moodle(moved, "m.csv"), data)[1]) >= halves
    assert "t_3 < talk 0.2" not in edges(taken(read_moodle(moved, "m.csv"), data)[1])


def test_an_alignment_says_what_is_ours_already() -> None:
    base = catalog_data()
    aligned, found = read_alignment(
        "key,node\nT-1,listen\nT-2,lisen\n", "a.csv", ["listen", "talk"]
    )
    assert told(found) == ["EXCHANGE-015 a.csv:3:2"]
    small = MOODLE.split("talk,T-2")[0].replace("T-2", "")
    ours = {key: name for key, (name, _) in aligned.items()} | {"talk": "talk"}
    _, draft = taken(read_moodle(small, "m.csv"), base, aligned=ours)
    assert draft.loaded is not None
    assert [(n.id, n.align) for n in draft.loaded.document.nodes] == [
        ("talk", {"moodle": "talk"}),
        ("listen", {"moodle": "T-1"}),
    ]
    assert edges(draft) == {"listen < talk 1"}


def test_an_alignment_without_its_columns_is_told() -> None:
    assert told(read_alignment("a,b\n", "a.csv", [])[1]) == ["EXCHANGE-020 a.csv:1:1"]


def test_names_that_are_taken_get_a_number() -> None:
    base = catalog_data(nodes=[node("talk", "competency"), node("listen"), node("t_1")])
    _, draft = taken(read_moodle(MOODLE, "m.csv"), base)
    assert draft.loaded is not None
    ids = [n.id for n in draft.loaded.document.nodes]
    assert ids == ["talk", "listen", "t_1", "talk_2", "t_1_2", "t_2", "t_3"]


def test_a_key_without_letters_is_still_a_name() -> None:
    _, draft = taken(read_moodle(MOODLE.replace("T-1", "1.2").replace("T-3", "-"), "m.csv"))
    assert draft.loaded is not None
    assert [n.id for n in draft.loaded.document.nodes] == ["talk", "n_1_2", "t_2", "n"]


# --- O*NET ---------------------------------------------------------------------------------------

ONET = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tRecommend Suppress\tNot Relevant\n"
ONET += "".join(
    f"{code}\t{element}\tName\t{scale}\t{value}\t{suppress}\tn/a\n"
    for code, element, scale, value, suppress in [
        ("41-4012.00", "2.A.1.b", "IM", "4.12", "N"),
        ("41-4012.00", "2.A.1.b", "LV", "4.50", "N"),
        ("41-4012.00", "2.B.1.d", "IM", "3.00", "N"),
        ("41-4012.00", "2.B.1.d", "LV", "3.88", "Y"),
        ("11-1011.00", "2.A.1.b", "LV", "9", "N"),
    ]
)
ALIGNMENT = "element_id,node\n2.A.1.b,talk\n2.B.1.d,lead\n"


def base() -> dict[str, Any]:
    lead = {"id": "lead", "kind": "competency", "name": text("lead")}
    data = catalog_data(edges=[part("listen", "talk"), part("more", "lead")])
    return {**data, "nodes": [*data["nodes"], lead, node("more")]}


def test_onet_levels_become_targets_of_a_role() -> None:
    entries, found = read_onet(ONET, ALIGNMENT, {"41-4012.00": "rep"}, base(), ("o.txt", "a.csv"))
    assert told(found) == ["EXCHANGE-051"]
    draft = merge_entries(base(), entries)
    assert draft.loaded is not None
    assert [t.model_dump(mode="json") for t in draft.loaded.document.targets][1:] == [
        {"role": "rep", "competency": "talk", "level": "64.3", "priority": 1}
    ]
    assert draft.loaded.document.nodes[0].align == {"onet": "2.A.1.b"}
    assert len(draft.loaded.document.edges) == 2


def test_a_target_of_our_own_is_kept_and_the_difference_told() -> None:
    entries, found = read_onet(
        ONET, ALIGNMENT, {"41-4012.00": "seller"}, base(), ("o.txt", "a.csv")
    )
    assert told(found) == ["EXCHANGE-006 o.txt:3:5", "EXCHANGE-051"]
    assert {e.section for e in entries} == {"nodes"}


@pytest.mark.parametrize(
    ("ratings", "alignment", "expected"),
    [
        (ONET, ALIGNMENT.replace("talk", "talc"), ["EXCHANGE-015 a.csv:2:2", "EXCHANGE-051"]),
        (ONET, ALIGNMENT.replace("talk", "listen"), ["EXCHANGE-015 a.csv:2:2", "EXCHANGE-051"]),
        ("x\n", ALIGNMENT, ["EXCHANGE-020 o.txt:1:1", "EXCHANGE-051", "EXCHANGE-051"]),
        (ONET, "x\n", ["EXCHANGE-020 a.csv:1:1"]),
    ],
)
def test_a_faulty_alignment_is_told(ratings: str, alignment: str, expected: list[str]) -> None:
    _, found = read_onet(ratings, alignment, {"41-4012.00": "rep"}, base(), ("o.txt", "a.csv"))
    assert told(found) == expected


def test_a_rating_outside_its_scale_is_told() -> None:
    _, found = read_onet(ONET, ALIGNMENT, {"11-1011.00": "rep"}, base(), ("o.txt", "a.csv"))
    assert told(found)[0] == "EXCHANGE-052 o.txt:6:5"


def test_what_is_shipped_can_be_written_for_others() -> None:
    for lang in ("zh", "en"):
        assert json.loads(write_case(shipped(), lang)[0])["CFItems"]
        assert write_moodle(shipped(), lang)[0].count("\n") == len(shipped().nodes) + 2
