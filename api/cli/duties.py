"""The commands for what people are owed: `erase`, `hold`, `retention`, `export person`."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from api.cli.exchange import exports
from api.cli.shared import (
    FINDINGS,
    AsOfOption,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    moment,
    print_json,
    wrong_use,
)
from api.cli.trust import ByOption, actor, counting, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.services.people import Deed
    from api.services.platform import Platform

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="The person's id. · 人员编号")
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why: the number of a request or a matter, without names. · 事由编号，不含姓名",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(erase)
    app.command()(hold)
    app.command()(retention)


def _deed(by: str | None, reason: str) -> Deed:
    from api.services.people import Deed

    if not 1 <= len(reason.strip()) <= 200:  # noqa: PLR2004 - as over HTTP
        wrong_use("`--reason` has 1 to 200 characters", "`--reason` 为 1 至 200 个字符")
    return Deed(actor(by), dt.datetime.now(dt.UTC), reason.strip())


def _nobody(person: str) -> NoReturn:
    wrong_use(f"there is nobody `{person}`", f"没有人员 `{person}`")


@ending
def erase(
    person: PersonArgument,
    reason: ReasonOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. · 不再确认")] = False,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Erase a person: the key and the bodies; the log keeps all its proofs. · 删除人员数据"""
    from api.services import people
    from api.services.decide import ErasedError

    zh, deed = lang == "zh", _deed(by, reason)
    if not yes:
        typer.confirm(
            f"删除 `{person}`？此操作无法撤销"
            if zh
            else f"erase `{person}`? This cannot be undone",
            abort=True,
            err=True,
        )
    with opened() as platform:
        try:
            done = people.erase(platform, person, deed)
        except people.UnknownPersonError:
            _nobody(person)
        except ErasedError:
            left = people.links(platform, person)
            print("此前已删除" if zh else "this person was erased before")
            _tell_elsewhere(left, lang)
            raise typer.Exit from None
        except people.HeldError as error:
            print(
                f"法律冻结期间不得删除：{error}"
                if zh
                else f"a legal hold forbids the erasure: {error}"
            )
            raise typer.Exit(FINDINGS) from None
    if json_:
        print_json(done)
        return
    count = done["records"]
    print(f"已删除；裁定 {count} 份" if zh else f"erased, with {count} decisions")
    _tell_elsewhere(done["to_erase_elsewhere"], lang)


def _tell_elsewhere(left: list[dict[str, str]], lang: str) -> None:
    if left:
        print("仍须在以下系统删除：" if lang == "zh" else "still to be erased in:")
    for one in left:
        print(f"  {one['system']}  {one['id']}")


@ending
def hold(
    person: PersonArgument,
    reason: ReasonOption,
    lift: Annotated[
        str | None, typer.Option("--lift", metavar="ID", help="Lift this hold. · 解除该冻结")
    ] = None,
    by: ByOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]  # noqa: ARG001 - every command takes it
) -> None:
    """Place a legal hold on a person, or lift one: a held person is not erased. · 法律冻结"""
    from api.services import people
    from api.services.decide import ErasedError

    deed = _deed(by, reason)
    with opened() as platform:
        try:
            if lift is None:
                print(people.hold(platform, person, deed))
            elif not people.lift(platform, person, lift, deed):
                wrong_use(f"no hold `{lift}` stands on `{person}`", f"`{person}` 没有冻结 `{lift}`")
        except people.UnknownPersonError:
            _nobody(person)
        except ErasedError:
            wrong_use(f"`{person}` was erased", f"`{person}` 已删除")


_RETAINED = {
    "kept": ("kept by a duty", "依法保存中"),
    "held": ("under a legal hold", "法律冻结中"),
    "due": ("past every duty, to be erased", "已过保存期，应删除"),
    "review": ("past every duty, to be looked at", "已过保存期，待复核"),
    "no_duty": ("without a known duty", "无已知保存义务"),
}


@ending
def retention(
    jurisdiction: Annotated[
        list[str] | None,
        typer.Option(
            "--jurisdiction",
            metavar="ID",
            help="Whose law counts; all that are published, when left out. · 适用法域",
        ),
    ] = None,
    as_of: AsOfOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Erase what is to be erased. · 执行删除")
    ] = False,
    reviewed: Annotated[
        bool,
        typer.Option("--reviewed", help="Erase what was to be looked at, too. · 含已复核者"),
    ] = False,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why: the number of a matter. · 事由编号"),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. · 不再确认")] = False,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """List what no duty keeps any more, and erase it with --apply; a hold keeps everything. · 列出或删除已过保存期的记录"""
    from api.services.retention import Dues, due_json
    from api.services.retention import retention as kept_of

    now, zh = moment(as_of), lang == "zh"
    if apply and as_of is not None:
        wrong_use(
            "`--apply` goes by today: leave `--as-of` out", "`--apply` 以今日为准：请去掉 `--as-of`"
        )
    deed = _deed(by, reason) if apply else None
    counts: Counter[str] = Counter()
    due: list[dict[str, Any]] = []
    with opened() as platform:
        elsewhere = Dues(platform.snapshot().content, tuple(jurisdiction or ()), now).elsewhere()
        with counting(None, "检查" if zh else "Looking") as advance:
            for one in kept_of(platform, jurisdiction or (), now):
                state = one.state(now.date())
                counts[state] += 1
                advance(1)
                if state in {"due", "review"}:
                    who = {"id": one.id, "person": one.person}
                    at = {"decided_at": one.decided_at.isoformat()}
                    due.append({**who, **at, **(due_json(one.due) or {})})
        done: dict[str, int] | None = None
        if deed is not None:
            states = frozenset({"due", "review"} if reviewed else {"due"})
            done = _erase_due(platform, jurisdiction or (), deed, states, counts, zh=zh, yes=yes)
    if json_:
        print_json({"counts": dict(counts), "due": due, "elsewhere": elsewhere, "done": done})
        return
    _tell_retained(counts, due, elsewhere, zh=zh)
    if done is not None:
        erased = done.get("erased", 0)
        print(f"已删除 {erased} 份" if zh else f"erased {erased} records")


def _erase_due(
    platform: Platform,
    jurisdictions: Sequence[str],
    deed: Deed,
    states: frozenset[str],
    counts: Counter[str],
    *,
    zh: bool,
    yes: bool,
) -> dict[str, int]:
    from api.services.retention import apply as erase_due

    total = sum(counts[state] for state in states)
    if not total:
        return {}
    if not yes:
        typer.confirm(
            f"删除 {total} 份记录？此操作无法撤销"
            if zh
            else f"erase {total} records? This cannot be undone",
            abort=True,
            err=True,
        )
    with counting(total, "删除" if zh else "Erasing") as advance:
        return dict(erase_due(platform, jurisdictions, deed, states, advance))


def _tell_retained(
    counts: Counter[str], due: list[dict[str, Any]], elsewhere: list[str], *, zh: bool
) -> None:
    for state, told in _RETAINED.items():
        if counts[state]:
            print(f"{counts[state]:>8}  {told[zh]}")
    for row in due:
        until = row["keep_until"] or row["gone_by"] or "-"
        print(f"{until}  {row['id']}  {row['person']}  {'; '.join(row['cites'])}")
    if not counts:
        print("没有裁定" if zh else "no decisions")
    if elsewhere:
        names = ", ".join(elsewhere)
        print(
            f"法律另有期限、本服务不保存：{names}"
            if zh
            else f"kept by others, with lengths of their own: {names}"
        )


@exports.command("person")
@ending
def export_person(
    person: PersonArgument,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Standard output, when left out. · 写入的文件"),
    ] = None,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write everything that is kept about a person, to be read or as JSON. · 导出关于某人的全部数据"""
    from api.services import people
    from api.services.decide import ErasedError
    from api.services.person_text import person_text

    with opened() as platform:
        try:
            made = people.export(platform, person, actor(by), dt.datetime.now(dt.UTC))
        except people.UnknownPersonError:
            _nobody(person)
        except ErasedError:
            wrong_use(f"`{person}` was erased", f"`{person}` 已删除")
    text = (
        json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        if json_
        else person_text(made, as_lang(lang))
    )
    if to is None:
        print(text, end="")
    else:
        to.write_text(text, "utf-8")
