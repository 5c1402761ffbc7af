"""Logs as JSON lines without personal data or secrets, and the figures that a monitor reads."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from structlog.typing import Processor

HIDDEN = "***"
# What may carry a person or a secret is not written, whatever it holds.
_SECRET = re.compile(
    r"key|secret|password|passwd|token|authorization|cookie|inputs|interview|body|answer|name$|id_number|phone|email|candidate|person|learner",
    re.IGNORECASE,
)
_PLAIN = frozenset({"event", "level", "timestamp", "logger"})
# What looks like a secret or a person, wherever it stands: our keys, bearer tokens, passwords in
# addresses, ID numbers (GB 11643), mobile numbers, and addresses of mail.
_PATTERNS = (
    re.compile(r"ev[hcstl]_[0-9A-Za-z_-]+"),
    re.compile(r"(?i)bearer\s+\S+"),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
)


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what may be personal or secret: by the name of a field, and by what a text looks like."""
    return {
        name: value
        if name == "timestamp"
        else HIDDEN
        if name not in _PLAIN and _SECRET.search(name)
        else _cleaned(value)
        for name, value in event.items()
    }


def _cleaned(value: object) -> object:
    if isinstance(value, dict):
        return redact(None, "", value)
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    if isinstance(value, bool | int | None):
        return value
    text = str(value)
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return text


def _where(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Tell an exception by its type and the places it went through: its words may quote a person."""
    told = event.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["where"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames[-12:]]
    return event


def set_up_logs(level: str = "info") -> None:
    """Write every log line of the process, ours and the libraries', as JSON on standard error."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _where,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # A line that cannot be written is lost: the library would print it whole, with what is hidden.
    logging.raiseExceptions = False
    logging.getLogger("alembic").setLevel("WARNING")


def logger() -> structlog.stdlib.BoundLogger:
    """Give the log of the service."""
    made: structlog.stdlib.BoundLogger = structlog.get_logger("evenhand")
    return made


class Figures:
    """What is counted of one service: requests by route, their seconds, and what waits to be written."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "evenhand_requests", "Requests answered", labels, registry=self._registry
        )
        self.seconds = Histogram(
            "evenhand_request_seconds",
            "Seconds until a request was answered",
            ("route",),
            registry=self._registry,
        )
        self.refused = Counter(
            "evenhand_requests_refused", "Requests over the rate", registry=self._registry
        )
        queue = Gauge(
            "evenhand_writer_waiting", "Units that wait for a commit", registry=self._registry
        )
        queue.set_function(waiting)

    def text(self) -> bytes:
        """Write them as Prometheus reads them."""
        return generate_latest(self._registry)
