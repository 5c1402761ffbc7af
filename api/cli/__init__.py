"""The command line `evenhand`: each command imports what it needs when it runs."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import (
    access,
    author,
    catalogs,
    compare,
    decide,
    duties,
    exchange,
    history,
    learn,
    mirror,
    operate,
    publish,
    results,
    scheduling,
    tell,
    trust,
)


class _Commands(TyperGroup):
    """The commands; `plan cohort` is the command `cohort`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types
        """Find the command that the arguments begin with."""
        return super().resolve_command(ctx, args[1:] if args[:2] == ["plan", "cohort"] else args)


app = typer.Typer(
    cls=_Commands,
    name="evenhand",
    help="Hiring decisions and growth plans as policy that can be read, proved and replayed. · 持衡",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    tell,
    decide,
    learn,
    scheduling,
    results,
    author,
    compare,
    catalogs,
    exchange,
    operate,
    access,
    mirror,
    publish,
    trust,
    duties,
    history,
):
    module.add_to(app)
