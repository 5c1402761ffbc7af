"""The head of the log, signed again and again while the service runs: what is not signed proves nothing yet."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from api.services.log import signed_head
from api.store.keys import AlteredError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.services.platform import Platform

_LOG = logging.getLogger("evenhand")


@contextlib.contextmanager
def signing(platform: Platform) -> Iterator[None]:
    """Sign the head at intervals, and once more at the end."""
    ending = threading.Event()

    def work() -> None:
        while not ending.wait(platform.settings.sign_seconds):
            sign(platform)

    thread = threading.Thread(target=work, name="signer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        sign(platform)


def sign(platform: Platform) -> bool:
    """Sign the head as it is; whether it could be done. A log that did not grow is told, and not signed."""
    try:
        signed_head(platform, dt.datetime.now(dt.UTC))
    except (AlteredError, TypeError):
        _LOG.critical(
            "the log did not grow from the head that was signed last: verify the database"
        )
    except SQLAlchemyError:
        _LOG.warning("the head of the log could not be signed this time")
    else:
        return True
    return False
