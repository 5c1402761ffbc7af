"""The commands that show that records are what they were: `verify`, `replay`, `export log`."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.exchange import exports
from api.cli.shared import (
    FINDINGS,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    moment,
    print_json,
    show_findings,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from api.services.platform import Platform
    from engine.audit.checkpoint import Verifier
    from engine.audit.verify import LogCheck
    from engine.kernel.diagnostics import Diagnostic, Lang

ByOption = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who does it, for the log; you, when left out. · 操作人"
    ),
]
_MOST_BYTES = 1 << 16


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(verify)
    app.command()(replay)


@contextlib.contextmanager
def opened() -> Iterator[Platform]:
    """Open the service's own data, as `EVENHAND_…` names it; there must be some."""
    from api.services import platform
    from api.settings import Settings

    settings = Settings()
    if not (settings.data_dir / "master.key").is_file():
        wrong_use(
            f"there is no service in `{settings.data_dir}`; EVENHAND_DATA_DIR says where it is",
            f"`{settings.data_dir}` 中没有服务；EVENHAND_DATA_DIR 指明其位置",
        )
    with platform.opened(settings) as made:
        yield made


def actor(by: str | None) -> str:
    """Name who acts: as told, or the user of this machine."""
    if by is not None:
        return by[:64]
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli"


@contextlib.contextmanager
def counting(total: int | None, what: str) -> Iterator[Callable[[int], None]]:
    """Show on standard error how far long work has come; only where a person looks."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


# --- verify ----------------------------------------------------------------------------------------


@ending
def verify(
    bundle: Annotated[
        Path | None, typer.Argument(metavar="[BUNDLE]", help="The exported log. · 导出的日志包")
    ] = None,
    database: Annotated[
        bool, typer.Option("--database", help="Verify the service's own database. · 核验服务数据库")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="The log's public key, or a file with it, as you were given it. · 日志公钥或其文件",
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="A signed head that you kept: the log must have grown from it. · 您保存的签名头",
        ),
    ] = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Verify that a log was only ever added to; exits 1 with what was altered. · 核验日志未被改动"""
    from engine.audit.checkpoint import parse_verifier

    if database == (bundle is not None):
        wrong_use("give a bundle, or `--database`", "请给出日志包，或 `--database`")
    if database and key is not None:
        wrong_use(
            "`--key` is for a bundle: the database is verified with the key beside it",
            "`--key` 只用于日志包：数据库以其旁的密钥核验",
        )
    anchors = [_small(path) for path in checkpoint or ()]
    told = as_lang(lang)
    if bundle is None:
        _verify_database(anchors, told, json_)
        return
    verifier = None if key is None else parse_verifier(_key_text(key))
    _verify_bundle(bundle, verifier, anchors, told, json_)


def _verify_bundle(
    path: Path, verifier: Verifier | None, anchors: list[str], lang: Lang, json_: bool
) -> None:
    from engine.audit.bundle import verify_bundle
    from engine.kernel.errors import DocumentError

    if not path.is_file():
        wrong_use(f"there is no file `{path}`", f"没有文件 `{path}`")
    with (
        path.open(encoding="utf-8", errors="replace") as file,
        counting(path.stat().st_size, "核验" if lang == "zh" else "Verifying") as advance,
    ):
        try:
            verdict = verify_bundle(_lines(file, advance), verifier, anchors)
        except DocumentError as error:
            raise DocumentError(_in_file(path, error.diagnostics)) from None
    verdict.check.found = _in_file(path, verdict.check.found)
    _tell(
        verdict.check,
        {"log": verdict.name, "key_given": verdict.key_was_given, "waiting": verdict.waiting},
        lang,
        json_,
    )


def _in_file(path: Path, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Name the file in findings that say a line of it."""
    return [
        replace(one, span=replace(one.span, path=str(path))) if one.span else one for one in found
    ]


def _lines(file: Any, advance: Callable[[int], None]) -> Iterator[str]:  # noqa: ANN401 - a text file
    from engine.audit.bundle import MOST_LINE

    while line := file.readline(MOST_LINE + 1):
        advance(len(line))
        yield line


def _verify_database(anchors: list[str], lang: Lang, json_: bool) -> None:
    from api.services.log import examined

    with opened() as platform, counting(None, "核验" if lang == "zh" else "Verifying") as advance:
        made = examined(platform, anchors, advance)
        name = platform.settings.origin
    facts = {"log": name, "key_given": True, "waiting": made.waiting, "erased": made.erased}
    _tell(made.check, facts, lang, json_)


def _tell(check: LogCheck, facts: dict[str, Any], lang: Lang, json_: bool) -> None:
    """Say what was found, and end with 1 where it was something."""
    if json_:
        found = [
            {"code": one.code.id, "message": one.message(lang), "help": one.help(lang)}
            for one in check.found
        ]
        counts = {
            "holds": not found,
            "entries": check.entries,
            "signed": check.covered,
            "bodies": check.bodies,
        }
        print_json({**counts, **facts, "found": found, "more": check.beyond})
    else:
        for line in _summary(check, facts, lang):
            print(line)
        show_findings(check.found, {}, lang)
    if check.found:
        raise typer.Exit(FINDINGS)


def _summary(check: LogCheck, facts: dict[str, Any], lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    entries, signed, bodies = check.entries, check.covered, check.bodies
    yield (
        f"日志 {facts['log']}：{entries} 个条目，前 {signed} 个由签名的头覆盖；核对正文 {bodies} 份"
        if zh
        else f"log {facts['log']}: {entries} entries, the first {signed} under a signed head; {bodies} bodies compared"
    )
    if facts.get("erased"):
        yield f"已删除 {facts['erased']} 份" if zh else f"{facts['erased']} records are erased"
    if waiting := len(facts["waiting"]):
        yield (
            f"{waiting} 个条目尚未进入日志树，暂无证明"
            if zh
            else f"{waiting} entries have no place in the tree yet, and so no proof"
        )
    if not facts["key_given"]:
        yield (
            "未给出 `--key`：使用了日志包自带的密钥，不能说明由谁签署"
            if zh
            else "no `--key` was given: the bundle's own was used, which does not show who signed"
        )
    if not check.found:
        yield "未发现改动" if zh else "nothing was altered"
    else:
        count = len(check.found) + check.beyond
        yield f"发现问题：{count} 处" if zh else f"found: {count}"


def _small(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        wrong_use(f"there is no signed head in `{path}`", f"`{path}` 中没有签名头")
    return path.read_text("utf-8", errors="replace")


def _key_text(key: str) -> str:
    return _small(Path(key)) if "+" not in key else key


@exports.command("log")
@ending
def export_log(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write. · 写入的文件")],
    bodies: Annotated[
        bool,
        typer.Option(
            "--bodies",
            help="With what was decided on, in the clear: for an auditor alone. · 附明文正文，仅供审计",
        ),
    ] = False,
    by: ByOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write the whole log to a file that can be verified without the service. · 导出可独立核验的日志"""
    from api.services.log import bundle, note_bundle

    now = dt.datetime.now(dt.UTC)
    with opened() as platform, counting(None, "导出" if lang == "zh" else "Exporting") as advance:
        note_bundle(platform, actor(by), now, bodies=bodies)
        platform.sequence()
        with to.open("w", encoding="utf-8") as file:
            for line in bundle(platform, now, bodies=bodies):
                file.write(line)
                advance(1)


@exports.command("log-key")
@ending
def export_log_key(
    lang: LangOption = ...,  # type: ignore[assignment]  # noqa: ARG001 - every command takes it
) -> None:
    """Print the public key of the log, for those who verify it elsewhere. · 输出日志公钥"""
    from api.services.log import public_key

    with opened() as platform:
        print(public_key(platform))


# --- replay ----------------------------------------------------------------------------------------


@ending
def replay(
    record: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One decision. · 一份裁定")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every decision. · 全部裁定")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Decided from then on. · 起始时点")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Decided before then. · 截止时点")
    ] = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Decide again what was recorded; exits 1 where an answer differs. · 复算已记录的裁定"""
    from api.services.decide import NothingLikeItError
    from api.services.replay import Outcome, count_between, replay_between, replay_one

    chosen = [record is not None, all_, since is not None or until is not None]
    if sum(chosen) != 1:
        wrong_use(
            "give an id, `--since`/`--until`, or `--all`",
            "请给出编号、`--since`/`--until` 或 `--all`",
        )
    found: list[Outcome] = []
    with opened() as platform:
        if record is not None:
            try:
                found.append(replay_one(platform, record))
            except NothingLikeItError:
                wrong_use(f"there is no decision `{record}`", f"没有裁定 `{record}`")
        else:
            first = None if since is None else moment(since)
            end = None if until is None else moment(until)
            total = count_between(platform, first, end)
            with counting(total, "复算" if lang == "zh" else "Replaying") as advance:
                for one in replay_between(platform, first, end):
                    found.append(one)
                    advance(1)
    _tell_replayed(found, as_lang(lang), json_)


_STATES = {
    "same": ("the same answer", "答案相同"),
    "differs": ("another answer", "答案不同"),
    "erased": ("erased: the inputs are gone", "已删除：输入已不在"),
    "imported": ("imported, not replayable", "导入的记录，不可复算"),
    "altered": ("does not open: altered", "无法打开：被改动"),
    "unknown_rules": ("its rules are not here", "所依据的规则不在"),
}


def _tell_replayed(found: list[Any], lang: Lang, json_: bool) -> None:
    counts = {state: sum(one.state == state for one in found) for state in _STATES}
    wrong = [one for one in found if one.state not in {"same", "erased", "imported"}]
    if json_:
        print_json({"records": len(found), "counts": counts, "wrong": [w.as_json() for w in wrong]})
    else:
        for state, count in counts.items():
            if count:
                print(f"{count:>8}  {_STATES[state][lang == 'zh']}")
        for one in wrong[:50]:
            print(f"{one.id}  {_STATES[one.state][lang == 'zh']}")
            for name, sides in one.differs.items():
                print(f"  {name}: {sides['recorded']} → {sides['replayed']}")
        if not found:
            print("没有裁定" if lang == "zh" else "no decisions")
    if wrong:
        raise typer.Exit(FINDINGS)
