"""The checked graph: each fault is named, and the compiled indexes are right."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from engine.kernel.errors import DocumentError
from engine.learning.catalog import load_catalog
from engine.learning.documents import Catalog
from engine.learning.skill_graph import SkillLevel, check_catalog
from tests.support.catalogs import (
    findings,
    item,
    loaded_catalog,
    node,
    part,
    shipped_files,
    shipped_graph,
    small_graph,
    target,
    teaches,
    text,
)

LISTEN = teaches("listen", "0.4")
TWO_PARTS = {
    "nodes": [node("talk", "competency"), node("listen"), node("ask"), node("probe")],
    "edges": [part("listen", "talk", "0.6"), part("ask", "talk", "0.4"), part("probe", "ask")],
}


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (
            {"nodes": [node("talk", "competency"), node("listen"), node("listen")]},
            "CAT-ID-001 the id `listen` is given twice",
        ),
        ({"items": [item("course", LISTEN)] * 2}, "CAT-ID-001 the id `course` is given twice"),
        ({"targets": [target("talk")] * 2}, "CAT-ID-001 the id `seller, talk` is given twice"),
        (
            {"edges": [part("listen", "talk", "0.5")] * 2},
            "CAT-ID-001 the id `part_of, listen, talk` is given twice",
        ),
        (
            {"edges": [part("lisen", "talk")]},
            "CAT-ID-002 there is no node `lisen` in this catalog",
        ),
        (
            {"items": [item("course", LISTEN, on_fail=["cuorse"])]},
            "CAT-ID-002 there is no item `cuorse` in this catalog",
        ),
        (
            {"items": [item("course", LISTEN, adapt=[{"add": "more", "clause": "HR-2"}])]},
            "CAT-ID-002 there is no item `more` in this catalog",
        ),
        (
            {"items": [item("course", LISTEN, mentors={"pool": "people"})]},
            "CAT-ID-002 there is no mentor pool `people` in this catalog",
        ),
        (
            {"bundles": [{"id": "pack", "name": text("pack"), "items": ["cours"]}]},
            "CAT-ID-002 there is no item `cours` in this catalog",
        ),
        (
            {"mandatory": [{"role": "seller", "item": "cours", "clause": "HR-2"}]},
            "CAT-ID-002 there is no item `cours` in this catalog",
        ),
        (
            {"targets": [target("listen")]},
            "CAT-ID-003 `listen` is a skill, and a target asks for a competency",
        ),
        (
            {"edges": [part("listen", "talk"), part("talk", "listen")]},
            "CAT-GRAPH-001 `part_of` goes round in a circle: listen -> talk -> listen",
        ),
        (
            {"edges": [part("talk", "talk")]},
            "CAT-GRAPH-001 `part_of` goes round in a circle: talk -> talk",
        ),
        (
            {"edges": [part("listen", "talk", "0.9")]},
            "CAT-GRAPH-002 the weights of the parts of `talk` sum to 0.9, not to 1",
        ),
        (
            {
                "items": [
                    item("course", LISTEN, requires={"all": [{"item": "lab"}]}),
                    item("lab", LISTEN, requires={"all": [{"item": "course"}]}),
                ]
            },
            "CAT-GRAPH-003 nobody can ever begin `course`: course -> lab -> course",
        ),
        (
            {**TWO_PARTS, "items": [item("c", teaches("talk", "0.4"), teaches("probe", "0.4"))]},
            "CAT-GRAPH-004 `c` teaches `probe` twice",
        ),
        (
            {"items": [item("c", LISTEN, cadence={"every": "week", "times": "8", "hours": "1"})]},
            "CAT-ITEM-001 the cadence makes 8 hours and the item says 4",
        ),
        (
            {"items": [item("c", teaches("listen", "0.4", "75"))]},
            "CAT-REACH-001 no item can bring `talk` to 80: `listen` ends at 75",
        ),
        (
            {**TWO_PARTS, "items": [item("c", LISTEN)]},
            "CAT-REACH-002 no item can bring `talk` to 80: none teaches `probe`",
        ),
    ],
)
def test_a_fault_is_named(sections: dict[str, Any], expected: str) -> None:
    assert expected in findings(**sections)


def test_a_good_catalog_has_no_findings() -> None:
    assert findings() == []
    assert findings(**TWO_PARTS, items=[item("c", teaches("talk", "0.4"))]) == []


def test_a_warning_does_not_stop_a_catalog_and_an_error_does() -> None:
    assert small_graph(items=[item("c", teaches("listen", "0.4", "75"))]).items
    with pytest.raises(DocumentError) as caught:
        small_graph(edges=[part("listen", "talk", "0.9")])
    assert [d.code.id for d in caught.value.diagnostics] == ["CAT-GRAPH-002"]


def test_a_circle_is_fine_where_an_alternative_leads_in() -> None:
    ring = [
        item("a", LISTEN, requires={"any": [{"item": "b"}, {"item": "way-in"}]}),
        item("b", LISTEN, requires={"all": [{"item": "a"}]}),
        item("way-in", LISTEN),
    ]
    assert findings(items=ring) == []


def test_a_level_of_skill_can_be_brought_along() -> None:
    needs = {"all": [{"skill": "listen", "level": "60"}]}
    assert findings(items=[item("advanced", LISTEN, requires=needs)]) == []


def test_leaves_carry_the_product_of_their_weights() -> None:
    graph = small_graph(**TWO_PARTS, items=[item("c", teaches("talk", "0.4"))])
    assert graph.leaves["talk"] == (("listen", Fraction("0.6")), ("probe", Fraction("0.4")))
    assert {leaf: [g.item for g in gains] for leaf, gains in graph.gains.items()} == {
        "listen": ["c"],
        "probe": ["c"],
    }
    assert graph.paths["c", "probe", "talk"] == ("c", "probe", "ask", "talk")


def test_what_a_skill_requires_binds_what_teaches_it_but_not_the_way_there() -> None:
    requires = {"type": "requires", "from": "talk", "all": [{"skill": "read", "level": "60"}]}
    graph = small_graph(
        nodes=[node("talk", "competency"), node("listen"), node("read")],
        edges=[part("listen", "talk"), requires],
        items=[item("c", LISTEN), item("both", LISTEN, teaches("read", "0.4"))],
    )
    assert graph.groups["c"] == ((SkillLevel("read", ("read",), Fraction(60)),),)
    assert graph.groups["both"] == ()


def test_needing_an_item_is_content_with_any_of_its_variants() -> None:
    graph = small_graph(
        items=[
            item("film", LISTEN, variant="notes"),
            item("book", LISTEN, variant="notes"),
            item("next", LISTEN, requires={"all": [{"item": "book"}]}),
        ]
    )
    assert graph.groups["next"] == (("film", "book"),)
    assert graph.variants("film") == ("film", "book")


def test_edges_and_needs_of_every_kind_survive_a_dump() -> None:
    related = {"type": "related", "from": "listen", "to": "talk"}
    requires = {"type": "requires", "from": "talk", "any": [{"item": "course"}]}
    whole = loaded_catalog(edges=[part("listen", "talk"), related, requires])
    again = Catalog.model_validate(whole.document.model_dump(mode="json", exclude_unset=True))
    assert again == whole.document


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("part_of", ["expected a map of keys here (at `edges[0]`)"]),
        (
            {"type": "partof", "from": "a", "to": "b", "weight": "1"},
            ["`partof` is not one of `part_of`, `requires`, `related` (at `edges[0].type`)"],
        ),
        (
            {"from": "a", "to": "b", "weight": "1"},
            ["the key `type` is missing (at `edges[0].type`)"],
        ),
    ],
)
def test_an_edge_of_no_kind_is_refused(edge: object, expected: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        loaded_catalog(edges=[edge])
    assert [d.message() for d in caught.value.diagnostics] == expected


def test_the_identity_speaks_of_the_keys_that_authors_write() -> None:
    whole = loaded_catalog(edges=[part("listen", "talk")])
    assert b'"from":"listen"' in whole.canonical
    assert b'"source":"listen"' not in whole.canonical


def test_the_shipped_catalog_is_clean_and_gives_each_competency_its_skills() -> None:
    assert check_catalog(load_catalog(shipped_files())) == []
    graph = shipped_graph()
    assert set(graph.targets) == {"sales-rep-fmcg", "marketing-analyst", "supply-chain-supervisor"}
    assert all(len(graph.leaves[t.competency]) > 1 for ts in graph.targets.values() for t in ts)
