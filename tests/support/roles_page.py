"""The reference page of roles, written from the two tables themselves."""

from __future__ import annotations

from api.services.roles import ROLES, SCOPES, SIGHT
from engine.hiring.masking import KINDS, SENSITIVE

_OPENING = """# Roles, scopes and fields

Who may do what, and see what. This page is written from `api/services/roles.py` and `engine/hiring/masking.py` by
`EVENHAND_UPDATE_GOLDEN=1 pytest tests/golden/test_roles.py`; which role reaches which route, as asked over HTTP, is in
[`tests/golden/access/routes.txt`](../../tests/golden/access/routes.txt), which field it sees in which answer in
[`fields.txt`](../../tests/golden/access/fields.txt).

A grant is a scope (`read`) or a role (`role:hr`); who has several has what any of them gives. A role that is not in the table
is a position that the rules of exceptions name (`role:hr_director`): it approves exceptions there. Keys and clients with
scopes alone see what `client` sees; the scope `sensitive` shows what is sensitive in the clear, and every reading is logged.

"""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def roles_page() -> str:
    """Write the page."""
    scopes = _table(["scope", "allows to"], [[f"`{name}`", said] for name, said in SCOPES.items()])
    roles = _table(
        ["role", "scopes"],
        [[role, ", ".join(f"`{one}`" for one in sorted(has))] for role, has in ROLES.items()],
    )
    kinds = list(dict.fromkeys(KINDS.values()))
    sight = _table(
        ["role", *kinds], [[role, *(seen[kind] for kind in kinds)] for role, seen in SIGHT.items()]
    )
    fields = _table(
        ["kind", "fields", "sensitive"],
        [
            [
                kind,
                ", ".join(f"`{name}`" for name, of in KINDS.items() if of == kind),
                "yes" if kind in SENSITIVE else "",
            ]
            for kind in kinds
        ],
    )
    return (
        f"{_OPENING}## Scopes\n\n{scopes}\n## Role × scope\n\n{roles}\n## Role × field\n\n"
        "`clear` is shown whole, `masked` so that it can be told apart (`110***********1234`), `hidden` not at all.\n\n"
        f"{sight}\n## Fields\n\n"
        "A field is guarded by its name, however deep it stands; the reading of a sensitive one in the clear is an entry of the log.\n\n"
        f"{fields}"
    )
