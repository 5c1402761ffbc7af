"""The Merkle tree over the entries of a log (RFC 9162, section 2.1): roots, proofs, and their check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.diagnostics import Code
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OUT_OF_TREE = Code(
    "AUDIT-PROOF-001",
    "there is no such proof: {asked} of a tree of {size}",
    "不存在该证明：{size} 个条目的树中没有 {asked}",
    "ask for an entry, or an earlier size, of the tree",
    "请查询树内的条目或更早的大小",
)

Digest: TypeAlias = bytes
"""32 bytes of SHA-256."""

Lookup: TypeAlias = "Callable[[int, int], Digest]"
"""Gives the root of the complete subtree of 2**level leaves that is the index-th of its level."""

EMPTY: Digest = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> Digest:
    """Hash an entry as a leaf (RFC 9162, 2.1.1).

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: Digest, right: Digest) -> Digest:
    """Hash two subtrees as the one above them (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- growing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: 2**level leaves, the index-th of its level from the left."""

    level: int
    index: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Frontier:
    """What a tree needs to grow: its size and the roots of its complete subtrees, the largest first."""

    size: int = 0
    roots: tuple[Digest, ...] = ()

    def append(self, leaf: Digest) -> tuple[Frontier, tuple[Node, ...]]:
        """Add a leaf; gives the tree after it and the complete subtrees that it made, itself first."""
        made = [Node(0, self.size, leaf)]
        roots, index = list(self.roots), self.size
        while index & 1:
            index >>= 1
            made.append(Node(made[-1].level + 1, index, node_hash(roots.pop(), made[-1].digest)))
        return Frontier(self.size + 1, (*roots, made[-1].digest)), tuple(made)

    def root(self) -> Digest:
        """Give the root of the whole."""
        if not self.roots:
            return EMPTY
        whole = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            whole = node_hash(left, whole)
        return whole


def frontier_at(size: int, lookup: Lookup) -> Frontier:
    """Give the frontier of the first `size` leaves from the complete subtrees that are stored."""
    roots, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            roots.append(lookup(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(roots))


# --- proofs --------------------------------------------------------------------------------------


def inclusion_proof(index: int, size: int, lookup: Lookup) -> tuple[Digest, ...]:
    """Prove that leaf `index` is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise EvaluationError(OUT_OF_TREE.at(None, asked=f"entry {index}", size=size))
    path: list[Digest] = []
    start, length = 0, size
    while length > 1:
        half = _split(length)
        if index < start + half:
            path.append(_root(start + half, length - half, lookup))
            length = half
        else:
            path.append(_root(start, half, lookup))
            start, length = start + half, length - half
    return tuple(reversed(path))


def consistency_proof(old: int, size: int, lookup: Lookup) -> tuple[Digest, ...]:
    """Prove that the tree of the first `old` leaves is the beginning of that of `size` (2.1.4.1)."""
    if not 0 <= old <= size:
        raise EvaluationError(OUT_OF_TREE.at(None, asked=f"size {old}", size=size))
    if old in {0, size}:
        return ()
    path: list[Digest] = []
    start, length, known = 0, size, True
    while old != length:
        half = _split(length)
        if old <= half:
            path.append(_root(start + half, length - half, lookup))
            length = half
        else:
            path.append(_root(start, half, lookup))
            start, length, old, known = start + half, length - half, old - half, False
    return tuple(reversed(path if known else [*path, _root(start, length, lookup)]))


def _split(length: int) -> int:
    """Give the largest power of two below `length`."""
    return 1 << (length - 1).bit_length() - 1


def _root(start: int, length: int, lookup: Lookup) -> Digest:
    """Give the root over `length` leaves from `start` on, which begins a complete subtree."""
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return lookup(level, start >> level)
    half = _split(length)
    return node_hash(
        lookup(half.bit_length() - 1, start // half), _root(start + half, length - half, lookup)
    )


# --- the check -----------------------------------------------------------------------------------


def verify_inclusion(
    leaf: Digest, index: int, size: int, proof: Sequence[Digest], root: Digest
) -> bool:
    """Whether a proof shows that `leaf` is entry `index` of the tree with this root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, whole = index, size - 1, leaf
    for digest in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            whole = node_hash(digest, whole)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            whole = node_hash(whole, digest)
        at, last = at >> 1, last >> 1
    return last == 0 and whole == root


def verify_consistency(
    old: int, old_root: Digest, size: int, root: Digest, proof: Sequence[Digest]
) -> bool:
    """Whether a proof shows that the older tree is the beginning of the newer one (2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old in {0, size}:
        return not proof and old_root == (root if old else EMPTY)
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for digest in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(digest, first), node_hash(digest, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, digest)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, root)


def nodes_of(leaves: Sequence[Digest]) -> Iterator[Node]:
    """Give all complete subtrees over some leaves, in the order in which they are made."""
    frontier = Frontier()
    for leaf in leaves:
        frontier, made = frontier.append(leaf)
        yield from made
