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
_PANELS = {
    "Decide and explain · 裁定与说明": (tell, decide),
    "Plan and follow up · 培养与跟进": (learn, scheduling, results),
    "Write and check · 编写与检查": (author, compare, catalogs, exchange),
    "Publish · 发布": (mirror, publish),
    "Serve, audit, people · 服务、审计与人员": (operate, access, trust, duties, history),
}
"""The commands as the help shows them, by what somebody is about to do."""

for panel, modules in _PANELS.items():
    before = len(app.registered_commands), len(app.registered_groups)
    for module in modules:
        module.add_to(app)
    for added in (app.registered_commands[before[0] :], app.registered_groups[before[1] :]):
        for one in added:
            one.rich_help_panel = panel
