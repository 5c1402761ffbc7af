"""`python -m api` is the command line."""

from api.cli import app

app(prog_name="evenhand")
