"""The commands between a folder and the registry: `push` and `pull`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli.publish import (
    ByOption,
    DryOption,
    KeyOption,
    ReasonOption,
    UrlOption,
    refusing,
    shown,
)
from api.cli.registry import bounded, open_registry
from api.cli.shared import (
    FINDINGS,
    ContentOption,
    JsonOption,
    LangOption,
    print_json,
    progress_line,
    wrong_use,
)

if TYPE_CHECKING:
    from engine.publishing.mirror import Held, Name, Pulled, Pushed


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(push)
    app.command()(pull)


@refusing
def push(
    content: ContentOption = None,
    dry_run: DryOption = False,
    reason: ReasonOption = "",
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write what is new or edited in a folder into the registry, as drafts. · 推送为草稿"""
    from api.folder import default_folder, read_folder
    from engine.kernel.errors import DocumentError
    from engine.publishing.mirror import plan_push

    folder = content or default_folder()
    if not folder.is_dir():
        wrong_use(f"there is no folder `{folder}`", f"没有目录 `{folder}`")
    texts = read_folder(folder)
    if texts.found:
        raise DocumentError(texts.found)
    bounded({"reason": reason})
    with open_registry(url, key, by, lang) as registry:
        plan = plan_push(texts.files, map(_held, registry.versions()))
        lacking = [one for one in plan if one.action in {"new", "edited"} and not dry_run]
        with progress_line() as progress:
            task = progress.add_task("", total=len(lacking))
            for one in lacking:
                progress.update(task, description=shown(one.name))
                registry.draft(one.name, one.files, reason)
                progress.advance(task)
    if json:
        print_json(
            [{"name": shown(one.name), "action": one.action, "voids": one.voids} for one in plan]
        )
    else:
        _say_pushed(plan, lang, dry=dry_run)
    if any(one.action == "changed" for one in plan):
        raise typer.Exit(FINDINGS)


def _held(one: Mapping[str, Any]) -> Held:
    from engine.publishing.mirror import Held

    return Held(
        (one["kind"], one["id"], one["version"]),
        one["hash"],
        one["digest"],
        one["published_at"] is not None,
        len(one["approvals"]),
        one.get("files", {}),
        one.get("lock") or "",
    )


def _say_pushed(plan: list[Pushed], lang: str, *, dry: bool) -> None:
    words = {
        "new": ("新草稿", "new draft"),
        "edited": ("草稿已改", "draft edited"),
        "form": (
            "仅注释或案例不同，随下一版本提交",
            "only comments or cases differ: they come with the next version",
        ),
        "changed": ("已发布的版本被改动，未推送", "a published version was edited: not pushed"),
    }
    told = [one for one in plan if one.action != "same"]
    for one in told:
        word = words[one.action][lang == "en"]
        voids = f"（{one.voids} 项批准作废）" if lang == "zh" else f" (voids {one.voids} approvals)"
        print(f"{shown(one.name)}: {word}{voids if one.voids else ''}")
    if not told:
        print("没有要推送的" if lang == "zh" else "nothing to push")
    elif dry:
        print("以上均未执行" if lang == "zh" else "nothing was done")


@refusing
def pull(
    content: ContentOption = None,
    dry_run: DryOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    by: ByOption = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write what is published into a folder, with the lines of its lock. · 拉取已发布的版本"""
    from api.folder import STARTER, default_folder, read_folder
    from engine.publishing.mirror import plan_pull, wanted

    folder = content or default_folder()
    if folder == STARTER:
        wrong_use(
            "the shipped content stays as it is; name a folder of your own by --content",
            "自带内容保持原样；请用 --content 指定自己的目录",
        )
    texts = read_folder(folder).files if folder.is_dir() else {}
    with open_registry(url, key, by, lang) as registry:
        listed = sorted(
            (one for one in registry.versions() if one["published_at"] is not None),
            key=lambda one: one["published_at"],
        )
        names = wanted(texts, [*map(_held, listed)])
        read = []
        with progress_line() as progress:
            task = progress.add_task("", total=len(names))
            for name in _in_order(listed, names):
                progress.update(task, description=shown(name))
                read.append(_held(registry.version(name)))
                progress.advance(task)
        plan = plan_pull(texts, read)
    if not dry_run:
        _write(folder, plan)
    if json:
        changed = [shown(name) for name in plan.changed]
        print_json({"written": sorted(plan.writes), "changed": changed, "kept": list(plan.kept)})
    else:
        _say_pulled(plan, lang, dry=dry_run)
    if plan.changed:
        raise typer.Exit(FINDINGS)


def _in_order(listed: list[dict[str, Any]], names: list[Name]) -> Iterator[Name]:
    chosen = set(names)
    return (n for one in listed if (n := (one["kind"], one["id"], one["version"])) in chosen)


def _write(folder: Path, plan: Pulled) -> None:
    root = folder.resolve()
    for path, text in plan.writes.items():
        place = (folder / path).resolve()
        if not place.is_relative_to(root):
            wrong_use(
                f"the registry names `{path}`, which is outside the folder",
                f"注册库给出的 `{path}` 在目录之外",
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8", newline="")


def _say_pulled(plan: Pulled, lang: str, *, dry: bool) -> None:
    zh = lang == "zh"
    for path in sorted(plan.writes):
        if dry:
            print(f"{'将写入' if zh else 'would write'}: {path}")
        else:
            print(f"{'已写入' if zh else 'written'}: {path}")
    for path in plan.kept:
        told = "保留了注册库没有的案例" if zh else "kept: it has cases that the registry does not"
        print(f"{path}: {told}")
    for name in plan.changed:
        told = "与已发布的不同，未覆盖" if zh else "is not what was published: left alone"
        print(f"{shown(name)}: {told}")
    if not (plan.writes or plan.kept or plan.changed):
        print("已是最新" if zh else "up to date")
