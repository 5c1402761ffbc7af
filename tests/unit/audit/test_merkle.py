"""The tree by its published vectors and by the definition, every proof of every small tree, and every lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    node_hash,
    nodes_of,
    verify_consistency,
    verify_inclusion,
)
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

# The eight entries and their roots that implementations of Certificate Transparency share.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(40)]


def by_definition(leaves: list[bytes]) -> bytes:
    """The root as RFC 9162, 2.1.1 defines it, without any of the shortcuts."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = max(1 << n for n in range(16) if 1 << n < len(leaves))
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def lookup_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    stored = {(node.level, node.index): node.digest for node in nodes_of(leaves)}
    return lambda level, index: stored[level, index]


def test_the_published_roots() -> None:
    for size, root in enumerate(ROOTS, 1):
        leaves = list(map(leaf_hash, ENTRIES[:size]))
        assert by_definition(leaves).hex() == root
        assert frontier_at(size, lookup_of(leaves)).root().hex() == root


def test_a_tree_grows_to_the_root_that_is_defined() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY
    for size, leaf in enumerate(LEAVES, 1):
        frontier, _ = frontier.append(leaf)
        assert frontier.root() == by_definition(LEAVES[:size])
        assert frontier == frontier_at(size, lookup_of(LEAVES[:size]))


def test_every_inclusion_is_proved_and_no_other_entry_is() -> None:
    lookup = lookup_of(LEAVES)
    for size in range(1, len(LEAVES) + 1):
        root = by_definition(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, lookup)
            assert len(proof) <= (size - 1).bit_length()
            assert verify_inclusion(LEAVES[index], index, size, proof, root)
            assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
            assert not verify_inclusion(LEAVES[index], index, size, (*proof, root), root)
            if proof:
                assert not verify_inclusion(LEAVES[index], index, size, proof[1:], root)
                assert not verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


def test_every_older_tree_is_proved_and_no_other_one_is() -> None:
    lookup = lookup_of(LEAVES)
    for size in range(len(LEAVES) + 1):
        root = by_definition(LEAVES[:size])
        for old in range(size + 1):
            old_root = by_definition(LEAVES[:old])
            proof = consistency_proof(old, size, lookup)
            assert verify_consistency(old, old_root, size, root, proof)
            assert not verify_consistency(old, leaf_hash(b"x"), size, root, proof)
            assert not verify_consistency(old, old_root, size, leaf_hash(b"x"), proof) or old == 0
            assert not verify_consistency(old, old_root, size, root, (*proof, root))
            if len(proof) > 1:
                assert not verify_consistency(old, old_root, size, root, proof[1:])
                assert not verify_consistency(old, old_root, size, root, proof[:-1])


@given(st.integers(1, 40), st.data())
def test_a_changed_entry_breaks_every_proof_over_it(size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, size - 1))
    changed = [*LEAVES[:at], leaf_hash(b"changed"), *LEAVES[at + 1 : size]]
    lookup, root = lookup_of(changed), by_definition(LEAVES[:size])
    assert frontier_at(size, lookup).root() != root
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, lookup)
    assert not verify_inclusion(changed[index], index, size, proof, root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_there_is_no_proof_of_what_is_not_in_the_tree(index: int, size: int) -> None:
    with pytest.raises(EvaluationError, match="AUDIT-PROOF-001"):
        inclusion_proof(index, size, lookup_of(LEAVES))
    assert not verify_inclusion(LEAVES[0], index, size, (), EMPTY)


@pytest.mark.parametrize(("old", "size"), [(4, 3), (-1, 3)])
def test_there_is_no_proof_of_a_younger_tree(old: int, size: int) -> None:
    with pytest.raises(EvaluationError, match="AUDIT-PROOF-001"):
        consistency_proof(old, size, lookup_of(LEAVES))
    assert not verify_consistency(old, EMPTY, size, EMPTY, ())


def test_an_empty_proof_proves_nothing_between_different_sizes() -> None:
    assert not verify_consistency(3, by_definition(LEAVES[:3]), 5, by_definition(LEAVES[:5]), ())
