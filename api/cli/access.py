"""The commands of whoever keeps the service: `access list`, `key`, `client`, `person`, `disable`, `revoke`."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.shared import FINDINGS, JsonOption, LangOption, ending, print_json, wrong_use
from api.cli.trust import ByOption, actor, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.services.access import Giver

commands = typer.Typer(
    help="Who may come in: keys, clients, people and their roles, each change in the log. · 访问权限",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Whose it is, as the log names them. · 名称")
]
GrantOption = Annotated[
    list[str],
    typer.Option(
        "--grant",
        metavar="GRANT",
        help="A scope, or `role:` and a role; as often as needed. · 权限或角色，可重复",
    ),
]
DaysOption = Annotated[
    int | None,
    typer.Option("--days", min=1, max=3660, help="Ends after so many days. · 有效天数"),
]
_NAME = re.compile(r"[^/:\s\x00-\x1f\x7f]{1,64}")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(commands, name="access")


def _giver(by: str | None) -> Giver:
    from api.services.access import Giver

    return Giver(actor(by), dt.datetime.now(dt.UTC))


def _checked(name: str, grants: Sequence[str]) -> None:
    from api.services.roles import ROLES, SCOPES, wrong_grants

    if _NAME.fullmatch(name) is None:
        wrong_use(
            "a name has 1 to 64 characters, without spaces, `:` and `/`",
            "名称为 1 至 64 个字符，不含空格、`:` 和 `/`",
        )
    if wrong := wrong_grants(grants):
        known = ", ".join([*SCOPES, *(f"role:{role}" for role in ROLES)])
        asked = ", ".join(wrong)
        wrong_use(
            f"there is no such grant: {asked}; known: {known}",
            f"没有该权限：{asked}；已有：{known}",
        )


@commands.command("list")
@ending
def list_access(
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """List who may come in, and with what; no secret is shown. · 列出访问权限"""
    from api.services.access import listed
    from api.services.sign_in import people

    with opened() as platform:
        found = {"credentials": listed(platform), "people": people(platform)}
    if json_:
        print_json(found)
        return
    zh = lang == "zh"
    for one in found["credentials"]:
        until = one["ends_at"][:10] if one["ends_at"] else ("无期限" if zh else "no end")
        used = one["last_used"] or ("未使用" if zh else "never used")
        print(
            "  ".join([one["id"], one["kind"], one["name"], " ".join(one["grants"]), until, used])
        )
    for one in found["people"]:
        state = ("已停用" if zh else "disabled") if one["disabled"] else ""
        print(
            "  ".join(["person" if not zh else "人员", one["name"], *one["grants"], state]).rstrip()
        )


@commands.command("key")
@ending
def make_key(
    name: NameArgument,
    grant: GrantOption,
    days: DaysOption = None,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]  # noqa: ARG001 - every command takes it
) -> None:
    """Make a key to call with; it is shown this once. · 创建密钥"""
    _make("key", name, grant, days, by, json_)


@commands.command("client")
@ending
def make_client(
    name: NameArgument,
    grant: GrantOption,
    days: DaysOption = None,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]  # noqa: ARG001 - every command takes it
) -> None:
    """Make an OAuth client; its secret is shown this once. · 创建 OAuth 客户端"""
    _make("client", name, grant, days, by, json_)


def _make(
    kind: Any,  # noqa: ANN401 - a kind of credential
    name: str,
    grants: Sequence[str],
    days: int | None,
    by: str | None,
    json_: bool,
) -> None:
    from api.services.access import Made, give, shown_once

    _checked(name, grants)
    giver = _giver(by)
    ends = giver.at + dt.timedelta(days=days) if days else None
    with opened() as platform:
        made = Made(kind, name, tuple(grants), giver.at, ends)
        shown = shown_once(kind, give(platform, made, giver.by))
    if json_:
        print_json(shown)
        return
    for what, text in shown.items():
        print(f"{what}  {text}")


@commands.command("person")
@ending
def put_person(
    name: NameArgument,
    grant: GrantOption,
    reset: Annotated[
        bool, typer.Option("--reset-password", help="A new one-time password. · 重置密码")
    ] = False,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Say which roles somebody has, and give who is new a one-time password. · 设置人员角色"""
    from api.services import sign_in

    _checked(name, grant)
    with opened() as platform:
        once = sign_in.put_person(platform, name, grant, _giver(by), resets=reset)
    if json_:
        print_json({"name": name, "grants": list(grant), "one_time_password": once})
        return
    if once is not None:
        zh = lang == "zh"
        print(f"{'一次性密码' if zh else 'one-time password'}  {once}")


@commands.command("disable")
@ending
def disable(
    name: NameArgument,
    by: ByOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Let somebody in no more, and end their sessions; exits 1 where there is nobody. · 停用人员"""
    from api.services import sign_in

    with opened() as platform:
        done = sign_in.disable_person(platform, name, _giver(by))
    _tell(done, name, lang)


@commands.command("revoke")
@ending
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it. · 编号")],
    by: ByOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Revoke a key, client, session or link; exits 1 where there is none. · 撤销"""
    from api.services.access import take

    with opened() as platform:
        done = take(platform, id_, _giver(by))
    _tell(done, id_, lang)


def _tell(done: bool, what: str, lang: str) -> None:
    if not done:
        print(f"没有 `{what}`" if lang == "zh" else f"there is no `{what}`")
        raise typer.Exit(FINDINGS)
