"""The command line `evenhand`: each command imports what it needs when it runs."""

from __future__ import annotations

import typer

from api.cli import author, catalogs, compare, decide, exchange, learn, operate, results, tell

app = typer.Typer(
    name="evenhand",
    help="Hiring decisions and growth plans as policy that can be read, proved and replayed. · 持衡",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (tell, decide, learn, results, author, compare, catalogs, exchange, operate):
    module.add_to(app)
