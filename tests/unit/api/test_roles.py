"""Laws of roles and sight: more roles never show less, narrowing never gives, and what is hidden is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.roles import ROLES, SCOPES, narrowed, read_grants, sight_of, wrong_grants
from engine.hiring.masking import KINDS, masked, sensitive_in

ORDER = ("hidden", "masked", "clear")
ROLE_SETS = st.sets(st.sampled_from(sorted(ROLES)), min_size=1).map(frozenset)
NOTHING: frozenset[str] = frozenset()
# A text that stands nowhere by chance.
GUARDED_TEXT = "13912345678-Zürich"
GUARDED = st.dictionaries(st.sampled_from(sorted(KINDS)), st.just(GUARDED_TEXT), min_size=1)
NESTED: st.SearchStrategy[Any] = st.recursive(
    GUARDED,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(ROLE_SETS, ROLE_SETS)
def test_another_role_never_shows_less(some: frozenset[str], more: frozenset[str]) -> None:
    before, after = sight_of(some, NOTHING), sight_of(some | more, NOTHING)
    assert all(ORDER.index(after[kind]) >= ORDER.index(before[kind]) for kind in before)


@given(
    st.sets(st.sampled_from([*SCOPES, *(f"role:{r}" for r in ROLES), "role:hr_director"])),
    st.sets(st.sampled_from(sorted(SCOPES)), min_size=1),
)
def test_narrowing_takes_and_never_gives(grants: set[str], wanted: set[str]) -> None:
    roles, scopes = read_grants(grants)
    fewer, less = read_grants(narrowed(grants, wanted))
    assert less == scopes & wanted
    assert fewer <= roles
    assert fewer <= ROLES.keys()


@given(NESTED, ROLE_SETS)
def test_what_is_not_in_the_clear_is_not_in_the_answer(found: Any, roles: frozenset[str]) -> None:  # noqa: ANN401 - JSON data
    sight = sight_of(roles, NOTHING)
    shown = masked(found, sight)
    kinds = {kind for kind, how in sight.items() if how == "clear"}

    def rest(value: Any) -> Any:  # noqa: ANN401 - JSON data
        if isinstance(value, dict):
            return {n: rest(one) for n, one in value.items() if KINDS.get(n) not in kinds}
        return [rest(one) for one in value] if isinstance(value, list) else value

    assert GUARDED_TEXT not in json.dumps(rest(shown), ensure_ascii=False)
    assert masked(shown, sight) == shown or kinds != set(KINDS.values())
    assert all(KINDS[name] in kinds for name in sensitive_in(found, sight))


@pytest.mark.parametrize(
    "wrong",
    ["", "everything", "role:", "role:HR", "role:a b", "only:read", "Read", "role:" + "a" * 41],
)
def test_what_is_no_grant(wrong: str) -> None:
    assert wrong_grants([wrong, "read", "role:hr", "role:finance_bp"]) == [wrong]
