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
    Language,
    as_lang,
    ending,
    moment,
    print_json,
    wrong_use,
)
from api.cli.trust import ByOption, actor, counting, opened

if TYPE_CHECKING:
    from api.services.people import Deed

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
        wrong_use("`--reason` has 1 to 200 characters")
    return Deed(actor(by), dt.datetime.now(dt.UTC), reason.strip())


def _nobody(person: str, lang: str) -> NoReturn:
    wrong_use(f"没有人员 `{person}`" if lang == "zh" else f"there is nobody `{person}`")


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
            _nobody(person, lang)
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
    lang: LangOption = ...,  # type: ignore[assignment]
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
                wrong_use(f"no hold `{lift}` stands on `{person}`")
        except people.UnknownPersonError:
            _nobody(person, lang)
        except ErasedError:
            wrong_use(f"`{person}` 已删除" if lang == "zh" else f"`{person}` was erased")


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
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """List the records that no duty keeps any more; a hold keeps everything. · 列出已过保存期的记录"""
    from api.services.retention import retention as kept_of

    now, zh = moment(as_of), lang == "zh"
    counts: Counter[str] = Counter()
    due: list[dict[str, Any]] = []
    with opened() as platform, counting(None, "检查" if zh else "Looking") as advance:
        for one in kept_of(platform, jurisdiction or (), now):
            state = one.state(now.date())
            counts[state] += 1
            advance(1)
            if state == "due" and one.due is not None:
                until = one.due.keep_until
                due.append(
                    {
                        "id": one.id,
                        "person": one.person,
                        "decided_at": one.decided_at.isoformat(),
                        "keep_until": None if until is None else until.isoformat(),
                        "then": "erase" if one.due.erase else "review",
                        "cites": [f"{g.jurisdiction}: {g.cites}" for g in one.due.grounds],
                    }
                )
    if json_:
        print_json({"counts": dict(counts), "due": due})
        return
    words = {
        "kept": ("kept by a duty", "依法保存中"),
        "held": ("under a legal hold", "法律冻结中"),
        "due": ("past every duty", "已过保存期"),
        "no_duty": ("without a known duty", "无已知保存义务"),
    }
    for state, told in words.items():
        if counts[state]:
            print(f"{counts[state]:>8}  {told[zh]}")
    for row in due:
        print(
            f"{row['keep_until'] or '-'}  {row['id']}  {row['person']}  {'; '.join(row['cites'])}"
        )
    if not counts:
        print("没有裁定" if zh else "no decisions")


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
            _nobody(person, lang)
        except ErasedError:
            wrong_use(f"`{person}` 已删除" if lang == Language.zh else f"`{person}` was erased")
    text = (
        json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        if json_
        else person_text(made, as_lang(lang))
    )
    if to is None:
        print(text, end="")
    else:
        to.write_text(text, "utf-8")
