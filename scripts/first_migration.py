"""Writes the first migration from the tables (and triggers) as they are; of no use once a release has frozen it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

TABLES = Path("api/store/tables.py")
WRITTEN = Path("api/store/migrations/versions/m0001_beginning.py")

_END = '''

def upgrade() -> None:
    """Make them, and what guards them."""
    here = op.get_bind()
    metadata.create_all(here, checkfirst=False)
    for statement in _GUARDS.get(here.dialect.name, ()):
        op.execute(statement)


def downgrade() -> None:
    """Leave nothing."""
    here = op.get_bind()
    metadata.drop_all(here, checkfirst=False)
    if here.dialect.name == "postgresql":
        for name in _FUNCTIONS:
            op.execute(f"drop function {name}()")
'''


def frozen_tables(text: str) -> str:
    """Give the tables of a module without its types, names and comments: a copy that stays as it is."""
    head, _, body = text.partition("metadata = MetaData(")
    listed = re.search(r"from sqlalchemy import \((.*?)\)", head, re.DOTALL)
    names = [one.strip() for one in (listed.group(1) if listed else "").split(",")]
    imports = "".join(f"    {name},\n" for name in names if name and name != "TypeDecorator")
    before, _, after = body.partition("class Moment(")
    tables = f"{before.rstrip()}\n\n# --- content{after.partition('# --- content')[2]}"
    tables = re.sub(r"\bMoment\b", "DateTime(timezone=True)", tables)
    tables = re.sub(r"^ *#(?! ---).*\n", "", tables, flags=re.MULTILINE)
    tables = re.sub(r"^\w+ = Table\(", "Table(", tables, flags=re.MULTILINE)
    return (
        '"""The beginning: all tables of the first release, as they were then."""\n\n'
        "from __future__ import annotations\n\nfrom alembic import op\n"
        f"from sqlalchemy import (\n{imports})\n\n"
        'revision, down_revision = "0001", None\n\n'
        '_Number = BigInteger().with_variant(Integer, "sqlite")\n\n'
        f"metadata = MetaData({tables}"
    )


def frozen_guards() -> str:
    """Give the triggers of each database as texts."""
    made: dict[str, tuple[str, ...]] = {}
    functions: tuple[str, ...] = ()
    if importlib.util.find_spec("api.store.guards") is not None:
        guards = importlib.import_module("api.store.guards")
        functions = tuple(guard.name for guard in guards.GUARDS)
        for dialect in ("sqlite", "postgresql"):
            told = (guards.statements(dialect, guard) for guard in guards.GUARDS)
            made[dialect] = tuple(statement for each in told for statement in each)
    return (
        f"\n_GUARDS: dict[str, tuple[str, ...]] = {made!r}\n"
        f"_FUNCTIONS: tuple[str, ...] = {functions!r}\n"
    )


if __name__ == "__main__":
    WRITTEN.write_text(
        frozen_tables(TABLES.read_text("utf-8")) + frozen_guards() + _END, encoding="utf-8"
    )
