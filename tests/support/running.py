"""The service as a process of its own: started as a person starts it, stopped as an orchestrator does, or killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.settings import Settings

STARTED_WITHIN = 120.0
"""Three seconds on a machine of its own; ten times as long was seen where others worked beside it."""


class Running:
    """One `evenhand serve` on loopback over a data folder and, if given, a PostgreSQL database."""

    def __init__(self, settings: Settings, log: Path, **environment: str) -> None:
        self.settings, self.log, self.port, self.key = settings, log, free_port(), ""
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it is ready; the first start says the key."""
        given = {"EVENHAND_DATA_DIR": str(self.settings.data_dir)}
        if self.settings.database_url is not None:
            given["EVENHAND_DATABASE_URL"] = self.settings.database_url.get_secret_value()
        if self.settings.vault_url is not None:
            given["EVENHAND_VAULT_URL"] = self.settings.vault_url.get_secret_value()
        command = [sys.executable, "-m", "api", "serve", "--port", str(self.port), "--lang", "en"]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **given, **self._environment},
                stdout=out,
                stderr=out,
            )
        until = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise AssertionError(self.log.read_text("utf-8"))
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise AssertionError(f"not started within {STARTED_WITHIN} seconds")
        if not self.key:
            found = re.search(r"evh_\S+", self.log.read_text("utf-8"))
            assert found is not None
            self.key = found.group()

    def peak_mib(self) -> float:
        """Give the most memory that it has held so far."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found.group(1)) / 1024

    def kill(self) -> None:
        """End it with no chance to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; gives its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(STARTED_WITHIN)
        self._process = None
        return code


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(settings: Settings, log: Path, **environment: str) -> Iterator[Running]:
    """Run the service for a while."""
    service = Running(settings, log, **environment)
    service.start()
    try:
        yield service
    finally:
        service.kill()
