"""The commands that take a version to publication, stop it, and tell its history."""

from __future__ import annotations

import datetime as dt
import functools
import getpass
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.registry import ProblemError, Registry, bounded, open_registry
from api.cli.shared import (
    FINDINGS,
    C,
    JsonOption,
    LangOption,
    ending,
    print_json,
    progress_line,
    wrong_use,
)

if TYPE_CHECKING:
    from engine.publishing.mirror import Name

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="EVENHAND_URL",
        metavar="URL",
        help="A service, with its key in EVENHAND_KEY; the data folder, when left out. · 服务地址",
    ),
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar="EVENHAND_KEY", hidden=True, help="The key. · 密钥")
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        envvar="EVENHAND_BY",
        metavar="NAME",
        default_factory=getpass.getuser,
        show_default="who is logged in",
        help="Who you are, on the data folder; a service knows by the key. · 操作人",
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why. · 理由")]
ReferenceArgument = Annotated[str, typer.Argument(metavar="ID@VERSION", help="The version. · 版本")]
DocumentArgument = Annotated[str, typer.Argument(metavar="ID", help="The document. · 文件编号")]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be done. · 只说明将做什么")
]
KindOption = Annotated[
    str | None,
    typer.Option("--kind", help="Which kind, where two documents share an id. · 文件类型"),
]

_STATES = {
    "draft": "草稿",
    "checked": "已检查",
    "submitted": "已提交",
    "discarded": "已弃置",
    "approved": "已批准",
    "published": "已发布",
    "suspended": "已暂停",
}
_VERBS = {
    "taken_over": "接管",
    "drafted": "起草",
    "checked": "检查",
    "submitted": "提交",
    "withdrawn": "撤回",
    "discarded": "弃置",
    "approved": "批准",
    "voided": "批准作废",
    "rejected": "退回",
    "waived": "豁免",
    "assessed": "评估影响",
    "published": "发布",
    "suspended": "暂停",
    "resumed": "恢复",
    "shadowed": "开始影子运行",
    "unshadowed": "结束影子运行",
}
_STAKES = {
    "thresholds": "界限",
    "pay": "薪酬",
    "knock_outs": "淘汰条件",
    "guarantees": "保证",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (
        versions,
        submit,
        withdraw,
        discard,
        approve,
        reject,
        waive,
        assess,
        publish,
        shadow,
        agreement,
        suspend,
        resume,
        history,
    ):
        app.command()(command)


def refusing(command: C) -> C:
    """Say why a step was refused, in the language of the command, and end with code 1."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any command
        lang = str(kwargs["lang"])
        try:
            return command(*args, **kwargs)
        except ProblemError as error:
            from api.http.problems import TITLES

            _, en, zh = TITLES.get(error.kind, (0, error.title, error.title))
            title = error.title or (zh if lang == "zh" else en)
            typer.echo(f"evenhand: {title}{f': {error.detail}' if error.detail else ''}", err=True)
            say_findings(error.findings, lang)
            raise typer.Exit(FINDINGS) from None

    return ending(run)  # type: ignore[return-value]


def say_findings(findings: tuple[Any, ...] | list[Any], lang: str) -> None:
    """Print findings and what to do, on standard error."""
    for one in findings:
        where = f"{one['at']}: " if one["at"] else ""
        typer.echo(f"{where}{one['code']}: {one[lang]}", err=True)
        if advice := one[f"help_{lang}"]:
            typer.echo(f"  {'办法' if lang == 'zh' else 'help'}: {advice}", err=True)


# --- the steps -----------------------------------------------------------------------------------


@refusing
def versions(
    document: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only this document. · 只看该文件")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """List the versions in the registry with their states. · 列出注册库中的版本"""
    with open_registry(url, key, by, lang) as registry:
        listed = registry.versions(document)
        shadows = {
            shown(_name(one)): registry.agreement(_name(one))
            for one in listed
            if one["shadow_since"] is not None
        }
    if not listed and document is not None:
        wrong_use(
            f"there is no document `{document}` in the registry", f"注册库中没有 `{document}`"
        )
    if json:
        print_json([{**one, "agreement": shadows.get(shown(_name(one)))} for one in listed])
        return
    for one in listed:
        print(_line(one, lang))
        if found := shadows.get(shown(_name(one))):
            for line in _agreement(found, lang):
                print(f"    {line}")


def _agreement(found: Mapping[str, Any], lang: str) -> Iterator[str]:
    same, count = found["same"], found["decisions"]
    yield (
        f"影子运行：{count} 次裁定中 {same} 次一致"
        if lang == "zh"
        else f"in shadow: the same in {same} of {count} decisions"
    )
    for pair in found["pairs"]:
        if pair["same"] < pair["decisions"]:
            yield f"{pair['in_force']} → {pair['shadow']}: {pair['decisions']}"


def _line(one: Mapping[str, Any], lang: str) -> str:
    state = _STATES[one["state"]] if lang == "zh" else one["state"]
    standing = {
        "in_force": ("生效中", "in force"),
        "scheduled": ("待生效", "scheduled"),
        "superseded": ("已被取代", "superseded"),
        "ended": ("已终止", "ended"),
    }.get(one.get("standing", ""))
    parts = [state]
    if standing:
        since = str(one["effective_from"])[:10]
        parts.append(
            f"{standing[0]}，自 {since}" if lang == "zh" else f"{standing[1]}, from {since}"
        )
    elif one["state"] in {"submitted", "approved"}:
        given = f"{len(one['approvals'])}/{one['needs']}"
        parts.append(f"批准 {given}" if lang == "zh" else f"approvals {given}")
    return f"{shown(_name(one))}  {' · '.join(parts)}"


def _name(one: Mapping[str, Any]) -> Name:
    return one["kind"], one["id"], one["version"]


def shown(name: Name) -> str:
    """Name a version as people read it."""
    return f"{name[0]} {name[1]}@{name[2]}"


def _find(registry: Registry, reference: str, kind: str | None) -> dict[str, Any]:
    """Find the version `ID@VERSION` names."""
    id_, _, version = reference.partition("@")
    if not version:
        wrong_use(
            f"`{reference}` names no version: write `{id_}@1.0.0`",
            f"`{reference}` 未指明版本：请写作 `{id_}@1.0.0`",
        )
    found = [
        one
        for one in registry.versions(id_)
        if one["version"] == version and kind in (None, one["kind"])
    ]
    if len(found) > 1:
        kinds = ", ".join(one["kind"] for one in found)
        wrong_use(
            f"`{reference}` is of several kinds: add --kind; known: {kinds}",
            f"`{reference}` 有多种类型：请加 --kind；已有：{kinds}",
        )
    if not found:
        wrong_use(
            f"there is no `{reference}` in the registry: `evenhand push` writes drafts",
            f"注册库中没有 `{reference}`：`evenhand push` 写入草稿",
        )
    return found[0]


def _step(reference: str, verb: str, body: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Take a step with a version, and say what came of it."""
    lang = str(given["lang"])
    with open_registry(given["url"], given["key"], given["by"], lang) as registry:
        one = _find(registry, reference, given["kind"])
        if verb == "approve":
            body = {**body, "digest": body["digest"] or one["digest"]}
        with progress_line() as progress:
            progress.add_task(f"{reference} {verb}")
            answer = registry.step(_name(one), verb, bounded(body))
    if given["json"]:
        print_json(answer)
        return
    say_findings(answer.get("findings", []), lang)
    print(_line(answer, lang) + ("" if answer["changed"] else _unchanged(lang)))
    if stakes := answer.get("stakes"):
        if lang == "zh":
            print(f"需 {answer['needs']} 人批准：涉及{'、'.join(_STAKES[s] for s in stakes)}")
        else:
            print(f"{answer['needs']} must approve: it touches {', '.join(stakes)}")


def _unchanged(lang: str) -> str:
    return "（未变）" if lang == "zh" else " (as before)"


@refusing
def submit(
    reference: ReferenceArgument,
    reason: ReasonOption = "",
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Check a draft, and hand it to those who approve. · 提交审批"""
    _step(reference, "submit", {"reason": reason}, locals())


@refusing
def withdraw(
    reference: ReferenceArgument,
    reason: ReasonOption = "",
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Take a submitted version back to be a draft. · 撤回提交"""
    _step(reference, "withdraw", {"reason": reason}, locals())


@refusing
def discard(
    reference: ReferenceArgument,
    reason: ReasonOption,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Discard a draft; its history stays. · 弃置草稿"""
    _step(reference, "discard", {"reason": reason}, locals())


@refusing
def approve(
    reference: ReferenceArgument,
    reason: ReasonOption,
    digest: Annotated[
        str | None,
        typer.Option(
            "--digest",
            metavar="SHA256",
            help="The digest or hash of what you read; what is there now, when left out. · 所阅读内容的摘要",
        ),
    ] = None,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Approve a version that others wrote. · 批准他人编写的版本"""
    _step(reference, "approve", {"reason": reason, "digest": digest}, locals())


@refusing
def reject(
    reference: ReferenceArgument,
    reason: ReasonOption,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Give a submitted version back to its author. · 退回"""
    _step(reference, "reject", {"reason": reason}, locals())


@refusing
def waive(
    reference: ReferenceArgument,
    what: Annotated[
        str, typer.Argument(metavar="NAME", help="The guarantee's id, or the table. · 保证或表")
    ],
    reason: ReasonOption,
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="The first day without it. · 截止日")
    ],
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Let what is not proved pass, by name, until a day. · 豁免未能证明的保证"""
    from api.cli.shared import moment

    body = {"reason": reason, "what": what, "until": moment(until).isoformat()}
    _step(reference, "waive", body, locals())


@refusing
def assess(
    reference: ReferenceArgument,
    kept_at: Annotated[
        str, typer.Argument(metavar="PLACE", help="Where the assessment is kept. · 评估存放处")
    ],
    reason: ReasonOption = "",
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Record that a version's impact was assessed. · 登记影响评估"""
    _step(reference, "assess", {"reason": reason, "kept_at": kept_at}, locals())


@refusing
def publish(
    reference: ReferenceArgument,
    reason: ReasonOption = "",
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Publish an approved version: it holds from its `effective_from` on. · 发布"""
    _step(reference, "publish", {"reason": reason}, locals())


@refusing
def shadow(
    reference: ReferenceArgument,
    off: Annotated[bool, typer.Option("--off", help="End it. · 结束")] = False,
    reason: ReasonOption = "",
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Let a draft run beside the version in force, without effect. · 影子运行"""
    _step(reference, "shadow", {"reason": reason, "runs": not off}, locals())


@refusing
def agreement(
    reference: ReferenceArgument,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Report how a version in shadow agrees, and which decisions differ. · 影子运行的一致情况"""
    with open_registry(url, key, by, lang) as registry:
        found = registry.agreement(_name(_find(registry, reference, kind)))
    if json:
        print_json(found)
        return
    for line in _agreement(found, lang):
        print(line)
    if found["decisions"]:
        # Rounded down: not all is never a hundred.
        share = Decimal(1000 * found["same"] // found["decisions"]) / 10
        print(f"一致率 {share} %" if lang == "zh" else f"agreement {share} %")
    for one in found["differing"]:
        change = f"{one['in_force']} → {one['shadow']}"
        print(f"{one['id']}  {one['decided_at'][:10]}  {change}  {', '.join(one['parts'])}")


# --- the stop button, and history ----------------------------------------------------------------


def _stop(document: str, verb: str, given: Mapping[str, Any]) -> None:
    lang = str(given["lang"])
    with open_registry(given["url"], given["key"], given["by"], lang) as registry:
        kind = _kind(registry, document, given["kind"])
        answer = registry.stop(kind, document, verb, bounded({"reason": given["reason"]})["reason"])
    if given["json"]:
        print_json(answer)
        return
    zh = {True: "已暂停：自下一次裁定起转人工", False: "已恢复"}[answer["suspended"]]
    en = {True: "suspended: from the next decision on people decide", False: "resumed"}
    said = zh if lang == "zh" else en[answer["suspended"]]
    print(f"{kind} {document}  {said}{'' if answer['changed'] else _unchanged(lang)}")


def _kind(registry: Registry, document: str, kind: str | None) -> str:
    kinds = sorted({str(one["kind"]) for one in registry.versions(document)})
    found = [one for one in kinds if kind in (None, one)]
    if len(found) > 1:
        wrong_use(
            f"`{document}` is of several kinds: add --kind; known: {', '.join(found)}",
            f"`{document}` 有多种类型：请加 --kind；已有：{', '.join(found)}",
        )
    if not found:
        wrong_use(
            f"there is no document `{document}` in the registry", f"注册库中没有 `{document}`"
        )
    return found[0]


@refusing
def suspend(
    document: DocumentArgument,
    reason: ReasonOption,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Stop a document: from the next decision on, people decide. · 暂停"""
    _stop(document, "suspend", locals())


@refusing
def resume(
    document: DocumentArgument,
    reason: ReasonOption,
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Let a stopped document decide again. · 恢复"""
    _stop(document, "resume", locals())


@refusing
def history(
    document: Annotated[str, typer.Argument(metavar="ID[@VERSION]", help="The document. · 文件")],
    kind: KindOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Every step of a document's versions: who, when, why. · 版本历史"""
    id_, _, version = document.partition("@")
    with open_registry(url, key, by, lang) as registry:
        told = registry.history(_kind(registry, id_, kind), id_, version or None)
    if json:
        print_json(told)
        return
    for one in told["history"]:
        when = dt.datetime.fromisoformat(one["at"]).strftime("%Y-%m-%d %H:%M:%S")
        verb = _VERBS[one["verb"]] if lang == "zh" else one["verb"].replace("_", " ")
        more = [one["reason"]] if one["reason"] else []
        if one["verb"] == "voided":
            more.insert(0, ", ".join(one["approvers"]))
        if one["verb"] == "waived":
            more.insert(0, f"{one['what']} → {one['until'][:10]}")
        if one["verb"] == "checked" and one["blockers"]:
            more.insert(0, f"{one['blockers']} {'个问题' if lang == 'zh' else 'in the way'}")
        if one["intact"] is False:
            more.append("（与日志不符）" if lang == "zh" else "(not what was logged)")
        version_ = f"{id_}@{one['version']}" if one["version"] else id_
        print("  ".join([when, version_, verb, one["who"], *more]))
