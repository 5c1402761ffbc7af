"""A small language client: JSON-RPC over the pipes of a server that runs as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, cast

from tests.support.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


_PATIENCE = 120


class LanguageClient:
    """Starts `evenhand lsp`, speaks LSP with it, and waits for it to end."""

    def __init__(self, *arguments: str) -> None:
        """Start the server with these arguments."""
        command = [sys.executable, "-m", "api", "lsp", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        # A server that says nothing is ended, so that a test which waits for it fails.
        self._watch = threading.Timer(_PATIENCE, self.process.kill)
        self._watch.start()
        self._number = 0
        self._notices: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        """Use the server in a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End the server, whatever happened."""
        self._watch.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            cast("IO[bytes]", pipe).close()

    def notify(self, method: str, params: object) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:  # noqa: ANN401 - JSON
        """Ask the server and wait for its answer; what else it tells meanwhile is kept."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message
                return message.get("result")
            self._notices.append(message)

    def findings(self, uri: str) -> list[dict[str, Any]]:
        """Wait for what the server finds in a document next."""
        while True:
            message = self._notices.pop(0) if self._notices else self._receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                if params["uri"] == uri:
                    return cast("list[dict[str, Any]]", params["diagnostics"])

    def initialize(self, root: Path, **options: str) -> dict[str, Any]:
        """Shake hands; gives what the server can do."""
        answer = self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {},
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        return cast("dict[str, Any]", answer["capabilities"])

    def open(self, uri: str, text: str) -> None:
        """Open a document with this text."""
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def shut_down(self) -> int:
        """End the server as the protocol says; gives its exit code."""
        assert self.ask("shutdown", None) is None
        self.notify("exit", None)
        return self.process.wait(timeout=30)

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = cast("IO[bytes]", self.process.stdin)
        pipe.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        pipe.flush()

    def _receive(self) -> dict[str, Any]:
        pipe = cast("IO[bytes]", self.process.stdout)
        length = 0
        while (line := pipe.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server ended"
        return cast("dict[str, Any]", json.loads(pipe.read(length)))
