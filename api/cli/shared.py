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

FINDINGS, WRONG_USE, STOPPED = 1, 2, 130
"""The exit codes: all is well, something was found, the command was used wrongly, somebody stopped it."""


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
        from engine.kernel.errors import DocumentError, EvaluationError

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
        except (KeyboardInterrupt, typer.Abort) as stop:
            print(f"evenhand: {'已中止' if lang == 'zh' else 'stopped'}", file=sys.stderr)
            raise typer.Exit(STOPPED if isinstance(stop, KeyboardInterrupt) else FINDINGS) from None
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            print(f"evenhand: {told[lang == 'zh']}", file=sys.stderr)
            raise typer.Exit(WRONG_USE) from None

    return run  # type: ignore[return-value]


class WrongUseError(Exception):
    """A call that cannot be carried out, in English and Chinese."""


def wrong_use(en: str, zh: str) -> NoReturn:
    """End with code 2, and with what is wrong with the call in the language of the command."""
    raise WrongUseError(en, zh)


def _told(error: Exception) -> tuple[str, str] | None:
    """Say what the caller can mend, in English and Chinese; None for a fault of ours."""
    from engine.kernel.errors import NotFoundError

    match error:
        case WrongUseError():
            en, zh = error.args
            return en, zh
        case BrokenPipeError():
            return None
        case OSError():
            why = f"`{error.filename}`: {error.strerror}" if error.filename else str(error)
            return f"cannot read or write {why}", f"无法读写 {why}"
        case NotFoundError():
            known = ", ".join(error.known)
            en, zh = str(error), f"没有 {error.kind} `{error.id}` {error.asked}"
            return (f"{en}; known: {known}", f"{zh}；已有：{known}") if known else (en, zh)
        case _:
            return _told_of_service(error)


def _told_of_service(error: Exception) -> tuple[str, str] | None:
    """Say what is wrong with the settings or the database; never a value, for it may be a password."""
    from pydantic import ValidationError

    from api.store.database import why_unusable
    from api.store.keys import WrongKeysError
    from api.store.migrations import NewerDatabaseError

    if isinstance(error, ValidationError) and error.title == "Settings":
        wrong = ", ".join(f"EVENHAND_{one['loc'][0]}".upper() for one in error.errors())
        return f"these settings are wrong: {wrong}", f"设置有误：{wrong}"
    if isinstance(error, NewerDatabaseError):
        return (
            f"a newer evenhand has migrated the database ({error})",
            f"数据库已由更新的版本迁移（{error}），请升级 evenhand",
        )
    if isinstance(error, WrongKeysError):
        return (
            f"`{error}` is not the key with which this database was begun: bring that one back",
            f"`{error}` 不是此数据库初次启动时的密钥：请恢复原来的密钥文件",
        )
    if (why := why_unusable(error)) is not None:
        return f"the database cannot be used: {why}", f"数据库无法使用：{why}"
    return None


def load(folder: Path | None) -> Content:
    """Read the content of a folder; findings are kept in it."""
    from api.folder import default_folder, read_folder
    from engine.content import read_content

    place = folder or default_folder()
    if not place.is_dir():
        wrong_use(f"there is no folder `{place}`", f"没有目录 `{place}`")
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
        wrong_use(
            f"`{text}` is not a date; write it as 2026-01-31 or 2026-01-31T09:00:00+08:00",
            f"`{text}` 不是日期；请写作 2026-01-31 或 2026-01-31T09:00:00+08:00",
        )
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
            wrong_use(f"there is no file `{name}`", f"没有文件 `{name}`")
        with path.open("rb") as file:
            raw = file.read(most + 1)
    if len(raw) > most:
        wrong_use(
            f"`{name}` is larger than {most // 2**20} MiB", f"`{name}` 大于 {most // 2**20} MiB"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        wrong_use(f"`{name}` is not UTF-8 text", f"`{name}` 不是 UTF-8 文本")


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
