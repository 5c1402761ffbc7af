"""What the commands share: their options, the content they read, and how they end."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from engine.content import Content
    from engine.kernel.diagnostics import Diagnostic, Lang

FINE, FINDINGS, WRONG_USE = 0, 1, 2
"""The exit codes: all is well, something was found, the command was used wrongly."""


class Language(StrEnum):
    """The languages of every text for people."""

    zh = "zh"
    en = "en"


def as_lang(lang: str) -> Lang:
    """Read a language option as the engine names languages."""
    return "zh" if lang == "zh" else "en"


def system_language() -> str:
    """Take the language of the environment: zh where it says so, else en."""
    named = (
        os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    )
    return "zh" if named.lower().startswith("zh") else "en"


ContentOption = Annotated[
    Path | None,
    typer.Option(
        "--content",
        metavar="DIR",
        help="The folder with rules/, competency_models/ and catalog/. · 内容目录",
    ),
]
LangOption = Annotated[
    Language,
    typer.Option(
        "--lang",
        default_factory=system_language,
        show_default="from LANG",
        help="Language of the texts. · 语言",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON. · 输出 JSON")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Decide as of this date or date-time; now, when left out. · 按此时点裁定",
    ),
]

C = TypeVar("C", bound=Callable[..., Any])


COLLECTED = (200_000, 20, 50)
"""When garbage is looked for: rarely, for a command reads much, keeps it, and ends."""


def ending(command: C) -> C:
    """Turn the engine's exceptions into messages and exit codes."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any command
        from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError

        lang = str(kwargs.get("lang", "en"))
        gc.set_threshold(*COLLECTED)
        try:
            return command(*args, **kwargs)
        except DocumentError as error:
            show_findings(error.diagnostics, {}, lang)
            raise typer.Exit(FINDINGS) from None
        except EvaluationError as error:
            show_findings([error.fault], {}, lang)
            raise typer.Exit(FINDINGS) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            told = "无法读写" if lang == "zh" else "cannot read or write"
            wrong_use(f"{told} `{error.filename}`: {error.strerror}")
        except NotFoundError as error:
            known = f"; known: {', '.join(error.known)}" if error.known else ""
            wrong_use(
                f"{error}{known}"
                if lang == "en"
                else f"没有 {error.kind} `{error.id}` {error.asked}{known}"
            )

    return run  # type: ignore[return-value]


def wrong_use(message: str) -> NoReturn:
    """Say on standard error what is wrong with the call, and end with code 2."""
    print(f"evenhand: {message}", file=sys.stderr)
    raise typer.Exit(WRONG_USE)


def load(folder: Path | None) -> Content:
    """Read the content of a folder; findings are kept in it."""
    from api.folder import default_folder, read_folder
    from engine.content import read_content

    place = folder or default_folder()
    if not place.is_dir():
        wrong_use(f"there is no folder `{place}`")
    texts = read_folder(place)
    content = read_content(texts.files)
    content.found += texts.found
    return content


def moment(text: str | None) -> dt.datetime:
    """Read `--as-of`; a date is its first instant, in UTC; nothing is now."""
    if text is None:
        return dt.datetime.now(dt.UTC)
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        wrong_use(f"`{text}` is not a date; write it as 2026-01-31 or 2026-01-31T09:00:00+08:00")
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def read_argument(name: str, limit: int | None = None) -> str:
    """Read the text of a file, or of standard input for `-`; `limit` is in bytes, 1 MiB when left out."""
    from engine.kernel.source import MAX_BYTES

    most = limit or MAX_BYTES
    if name == "-":
        raw = sys.stdin.buffer.read(most + 1)
    else:
        path = Path(name)
        if not path.is_file():
            wrong_use(f"there is no file `{name}`")
        with path.open("rb") as file:
            raw = file.read(most + 1)
    if len(raw) > most:
        wrong_use(f"`{name}` is larger than {most // 2**20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        wrong_use(f"`{name}` is not UTF-8 text")


def read_object(name: str) -> Mapping[str, object]:
    """Read a file (or `-`) as one JSON object, or as YAML when its name ends so."""
    from engine.kernel.documents import NOT_A_MAP
    from engine.kernel.errors import DocumentError
    from engine.kernel.json_text import read_json
    from engine.kernel.source import plain, read_yaml

    text = read_argument(name)
    if name.endswith((".yaml", ".yml")):
        node, found = read_yaml(text, name)
        if found or node is None:
            raise DocumentError(found)
        data = plain(node)
    else:
        data = read_json(text, name)
    if not isinstance(data, Mapping):
        raise DocumentError([NOT_A_MAP.at(None)])
    return data


def print_json(data: object) -> None:
    """Print JSON, readable and in the order it was made."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def progress_line() -> Progress:
    """A line on standard error that says what is being worked on; only where a person looks."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def show_findings(found: Iterable[Diagnostic], texts: Mapping[str, str], lang: str) -> None:
    """Print findings with their source lines on standard error."""
    from engine.kernel.diagnostics import render

    for one in found:
        known = one.span is not None and one.span.path in texts
        lines = texts[one.span.path].split("\n") if one.span and known else []
        print(render(one, lines, as_lang(lang)), file=sys.stderr)
