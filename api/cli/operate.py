"""The command that runs the service: `serve`."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.shared import ContentOption, LangOption, ending, wrong_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from sqlalchemy import Connection

    from api.services.platform import Platform
    from api.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(serve)


@ending
def serve(
    host: Annotated[str, typer.Option("--host", help="Where to listen. · 监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port. · 端口")] = 8321,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Run the decision service; a new data folder begins with the shipped content. · 运行决策服务"""
    from api.observability import set_up_logs
    from api.settings import Settings

    settings = Settings()
    if content is not None and not content.is_dir():
        wrong_use(f"there is no folder `{content}`", f"没有目录 `{content}`")
    _try_to_listen(host, port)
    with _alone(settings):
        set_up_logs(settings.log_level)
        app = _begun(settings, content, lang)
        _run(app, settings, host, port)


def _begun(settings: Settings, content: Path | None, lang: str) -> FastAPI:
    """Make the service; at the first start show what lets somebody in."""
    from api.app import create_app
    from api.services.platform import opened
    from api.services.sign_in import first_person
    from api.tracing import MissingTelemetryError

    try:
        app = create_app(settings)
    except MissingTelemetryError:
        wrong_use(
            "EVENHAND_TRACES=otlp needs evenhand[telemetry]",
            "EVENHAND_TRACES=otlp 需要安装 evenhand[telemetry]",
        )
    with opened(settings) as platform:
        key, once = first_key(platform, content), first_person(platform, dt.datetime.now(dt.UTC))
    if key is not None:
        zh, en = (
            "首次启动。管理密钥只显示这一次：",
            "First start. The key of the administrator, shown this once:",
        )
        print(f"{zh if lang == 'zh' else en}\n  {key}", flush=True)
    if once is not None:
        zh, en = (
            "administrator 的一次性密码，只显示这一次，首次登录后须改：",
            "The one-time password of `administrator`, shown this once, to be changed at the first sign-in:",
        )
        print(f"{zh if lang == 'zh' else en}\n  {once}", flush=True)
    return app


def _run(app: FastAPI, settings: Settings, host: str, port: int) -> None:
    import uvicorn

    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=settings.stop_seconds,
    )


def _try_to_listen(host: str, port: int) -> None:
    """End where nothing can listen there: before the first key is made and shown, not after."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            tried.bind(address)
    except OSError as error:
        why = error.strerror
        wrong_use(f"cannot listen on {host}:{port}: {why}", f"无法监听 {host}:{port}：{why}")


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder of an embedded database for this service, however it ends; other commands work beside it."""
    if not settings.is_embedded():
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data_dir / "serve.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            place = settings.data_dir
            wrong_use(
                f"another service runs on `{place}`: more than one want PostgreSQL",
                f"`{place}` 上已有服务在运行：多个服务需要 PostgreSQL",
            )
        yield


def begin(settings: Settings, folder: Path | None) -> str | None:
    """Publish the content of a folder into an empty database; gives the first key, or None if it was not empty."""
    from api.services.platform import opened

    with opened(settings) as platform:
        return first_key(platform, folder)


def first_key(platform: Platform, folder: Path | None) -> str | None:
    """Do what `begin` does, where the database is open."""
    from api.folder import default_folder, read_folder
    from api.services.access import Made, given
    from api.services.roles import SCOPES
    from api.store.registry import publish_folder, revision_of

    now = dt.datetime.now(dt.UTC)

    def work(connection: Connection) -> str | None:
        if revision_of(connection):
            return None
        files = read_folder(folder or default_folder()).files
        publish_folder(connection, files, "starter", now, platform.keys)
        made = Made("key", "administrator", tuple(SCOPES), now)
        return given(connection, platform, made, "evenhand")

    return platform.writer.submit(work).result()
