"""The language server: what `engine.editing` and `engine.content` say, in the terms of LSP 3.17, over stdio."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import ServerTextPosition

from api.folder import default_folder, is_content_folder, read_folder
from engine import editing
from engine.content import check_content, check_file, read_content
from engine.formatting import format_document
from engine.kernel.diagnostics import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pygls.workspace import TextDocument

    from engine.content import Content
    from engine.kernel.diagnostics import Diagnostic, Lang

PAUSE = 0.2
"""Seconds without a key typed, after which a text is checked."""

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}
_ITEMS = {
    "name": lsp.CompletionItemKind.Variable,
    "member": lsp.CompletionItemKind.EnumMember,
    "function": lsp.CompletionItemKind.Function,
    "reason": lsp.CompletionItemKind.Constant,
    "key": lsp.CompletionItemKind.Property,
}
_SYMBOLS = {
    "section": lsp.SymbolKind.Namespace,
    "name": lsp.SymbolKind.Variable,
    "row": lsp.SymbolKind.Key,
}


class ContentServer(LanguageServer):
    """A server for one folder of content, whose open documents are laid over what is on the disk."""

    def __init__(self, folder: Path | None, lang: Lang) -> None:
        """Serve `folder`, or the client's own, in `lang` unless the client asks for another."""
        super().__init__(
            "evenhand",
            version("evenhand"),
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
        )
        self.folder = folder
        self.lang: Lang = lang
        self.disk: dict[str, str] = {}
        self.found: dict[str, list[Diagnostic]] = {}
        self.documents: editing.Documents = {}
        self._waiting: asyncio.Task[None] | None = None
        # One thread: what the checker keeps between two questions is not made for several at once.
        self._checker = ThreadPoolExecutor(1)

    # --- the folder and its texts ----------------------------------------------------------------

    def open_folder(self, params: lsp.InitializeParams) -> None:
        """Take the language and the folder of the client, where none was given, and read it."""
        options = params.initialization_options
        if isinstance(options, dict) and options.get("language") in {"zh", "en"}:
            self.lang = options["language"]
        uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        paths = [Path(path) for uri in uris if uri and (path := to_fs_path(uri))]
        own = next((path for path in paths if is_content_folder(path)), None)
        self.folder = (self.folder or own or default_folder()).resolve()
        self.read_disk()

    def read_disk(self) -> None:
        """Read the folder again: a file was saved, or changed by someone else."""
        self.disk = read_folder(self.folder).files if self.folder else {}

    def name_of(self, uri: str) -> str:
        """Name a document as findings do: relative to the folder when it lies there."""
        path = Path(to_fs_path(uri) or uri).resolve()
        inside = self.folder is not None and path.is_relative_to(self.folder)
        return path.relative_to(self.folder or path).as_posix() if inside else path.as_posix()

    def open_texts(self) -> dict[str, str]:
        """The texts of the open documents, by name."""
        return {self.name_of(uri): d.source for uri, d in self.workspace.text_documents.items()}

    # --- checking --------------------------------------------------------------------------------

    def check_soon(self, uri: str, *, whole: bool = False) -> None:
        """Check a document after a pause, then the whole folder if asked; what still waits is dropped."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().create_task(self._check(uri, whole=whole))

    async def _check(self, uri: str, *, whole: bool) -> None:
        await asyncio.sleep(PAUSE)
        loop = asyncio.get_running_loop()
        texts, name = {**self.disk, **self.open_texts()}, self.name_of(uri)
        content = await loop.run_in_executor(self._checker, read_content, texts)
        self.documents = _trees(content)
        self._publish(uri, await loop.run_in_executor(self._checker, check_file, content, name))
        if not whole:
            return  # a folder takes longer than people wait for the next finding while they type
        everything = await loop.run_in_executor(self._checker, check_content, content)
        for other in list(self.workspace.text_documents):
            path = self.name_of(other)
            self._publish(other, [d for d in everything if d.span and d.span.path == path])

    def _publish(self, uri: str, found: list[Diagnostic]) -> None:
        if uri not in self.workspace.text_documents:
            return
        self.found[uri] = found
        document = self.workspace.get_text_document(uri)
        told = [self.told(document, diagnostic) for diagnostic in found]
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, told, document.version)
        )

    def told(self, document: TextDocument, diagnostic: Diagnostic) -> lsp.Diagnostic:
        """Say a finding as the client is told it."""
        advice = diagnostic.help(self.lang)
        return lsp.Diagnostic(
            range=span_to_range(document, diagnostic.span or Span("", 1, 1, 1, 1)),
            message="\n".join(filter(None, (diagnostic.message(self.lang), advice))),
            severity=_SEVERITIES[diagnostic.severity],
            code=diagnostic.code.id,
            source="evenhand",
        )

    def close(self, uri: str) -> None:
        """Forget what was found in a document that is closed."""
        self.found.pop(uri, None)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _trees(content: Content) -> editing.Documents:
    return {name: versions[-1].tree for name, versions in content.versions.items() if versions}


# --- positions -----------------------------------------------------------------------------------


def _lines(document: TextDocument) -> list[str]:
    return document.source.split("\n")


def cursor_of(document: TextDocument, position: lsp.Position) -> tuple[int, int]:
    """Turn a client's position into a 1-based line and column that count code points."""
    found = document.position_codec.position_from_client_units(_lines(document), position)
    return found.line + 1, found.character + 1


def span_to_range(document: TextDocument, span: Span) -> lsp.Range:
    """Turn a span into a range in the client's units."""
    lines, codec = _lines(document), document.position_codec
    ends = ((span.line, span.column), (span.end_line, span.end_column))
    start, end = (
        codec.position_to_client_units(lines, ServerTextPosition(line - 1, column - 1))
        for line, column in ends
    )
    return lsp.Range(start, end)


# --- what clients ask for ------------------------------------------------------------------------


def make_server(folder: Path | None, lang: Lang) -> ContentServer:
    """Make the server with everything that it answers."""
    server = ContentServer(folder, lang)
    _add_notifications(server)
    _add_requests(server)
    _add_changes(server)
    return server


def _add_notifications(server: ContentServer) -> None:
    @server.feature(lsp.INITIALIZE)
    def _(params: lsp.InitializeParams) -> None:
        server.open_folder(params)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def _(params: lsp.DidOpenTextDocumentParams) -> None:
        server.check_soon(params.text_document.uri, whole=True)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def _(params: lsp.DidChangeTextDocumentParams) -> None:
        server.check_soon(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def _(params: lsp.DidSaveTextDocumentParams) -> None:
        server.read_disk()
        server.check_soon(params.text_document.uri, whole=True)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def _(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def _(_params: lsp.DidChangeWatchedFilesParams) -> None:
        server.read_disk()
        for uri in list(server.workspace.text_documents)[:1]:
            server.check_soon(uri, whole=True)


def _add_requests(server: ContentServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def _(params: lsp.HoverParams) -> lsp.Hover | None:
        document = server.workspace.get_text_document(params.text_document.uri)
        cursor = cursor_of(document, params.position)
        found = editing.hover(document.source, *cursor, server.lang, server.documents)
        if found is None:
            return None
        text = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.text)
        return lsp.Hover(text, span_to_range(document, found.span))

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=['"', ".", "|"])
    )
    def _(params: lsp.CompletionParams) -> lsp.CompletionList:
        document = server.workspace.get_text_document(params.text_document.uri)
        cursor = cursor_of(document, params.position)
        found = editing.complete(document.source, *cursor, server.lang, server.documents)
        items = [_item(document, one, index) for index, one in enumerate(found)]
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def _(params: lsp.DefinitionParams) -> lsp.Location | None:
        document = server.workspace.get_text_document(params.text_document.uri)
        cursor = cursor_of(document, params.position)
        found = editing.find_definition(document.source, *cursor, server.documents)
        if found is None:
            return None
        uri = document.uri
        if found.path and server.folder is not None:
            uri = from_fs_path(str(server.folder / found.path)) or uri
        return lsp.Location(uri, span_to_range(server.workspace.get_text_document(uri), found))

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        document = server.workspace.get_text_document(params.text_document.uri)
        return [_symbol(document, entry) for entry in editing.outline(document.source)]


def _item(document: TextDocument, found: editing.Completion, index: int) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        label=found.label,
        kind=_ITEMS[found.kind],
        detail=found.detail,
        documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, found.explanation),
        sort_text=f"{index:04}",
        insert_text_format=lsp.InsertTextFormat.Snippet
        if found.snippet
        else lsp.InsertTextFormat.PlainText,
        text_edit=lsp.TextEdit(span_to_range(document, found.span), found.snippet or found.label),
    )


def _symbol(document: TextDocument, entry: editing.Entry) -> lsp.DocumentSymbol:
    return lsp.DocumentSymbol(
        name=entry.name,
        detail=entry.detail,
        kind=_SYMBOLS[entry.kind],
        range=span_to_range(document, entry.whole),
        selection_range=span_to_range(document, entry.span),
        children=[_symbol(document, part) for part in entry.parts],
    )


def _add_changes(server: ContentServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def _(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        document = server.workspace.get_text_document(params.text_document.uri)
        tidy = format_document(document.source)
        if tidy == document.source:
            return []
        lines = _lines(document)
        whole = Span("", 1, 1, len(lines), len(lines[-1]) + 1)
        return [lsp.TextEdit(span_to_range(document, whole), tidy)]

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )
    def _(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        document = server.workspace.get_text_document(params.text_document.uri)
        found = server.found.get(document.uri, [])
        return list(_actions(server, document, found, params.range))


def _actions(
    server: ContentServer, document: TextDocument, found: Iterable[Diagnostic], asked: lsp.Range
) -> Iterable[lsp.CodeAction]:
    """Make a quick fix of each finding in a range that says what was meant."""
    for diagnostic in found:
        fix = editing.find_fix(diagnostic, document.source)
        if fix is None:
            continue
        place = span_to_range(document, fix.span)
        if place.start > asked.end or place.end < asked.start:
            continue
        edit = lsp.WorkspaceEdit({document.uri: [lsp.TextEdit(place, fix.text)]})
        yield lsp.CodeAction(
            title=f"改为 `{fix.text}`" if server.lang == "zh" else f"change to `{fix.text}`",
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[server.told(document, diagnostic)],
            edit=edit,
            is_preferred=True,
        )
