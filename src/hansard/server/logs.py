"""The server's log. It masks secrets and leaves out debug records of libraries.

Libraries log headers, cookies and bodies at the debug level, so these are left out whatever our level is.
"""

from __future__ import annotations

import logging

from hansard.errors import InvalidConfig
from hansard.output import harmless
from hansard.secrets import mask

OURS = "hansard"
LEVELS = ("debug", "info", "warning", "error")


def log_to_stderr(level: str) -> None:
    """Set up logging to standard error. Raises InvalidConfig if `level` is not one of `LEVELS`."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None or level.lower() not in LEVELS:
        raise InvalidConfig(f"log_level is {level!r}; it must be one of {', '.join(LEVELS)}.")
    logging.basicConfig()
    for handler in logging.getLogger().handlers:
        guard(handler)
    logging.getLogger(OURS).setLevel(number)
    # uvicorn logs at the info level when it starts and stops.
    logging.getLogger("uvicorn").setLevel(max(number, logging.INFO))


def guard(handler: logging.Handler) -> None:
    """Make a handler mask secrets and leave out debug records of libraries."""
    handler.setFormatter(Masked("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(is_logged)


def is_logged(record: logging.LogRecord) -> bool:
    """Whether a record is Hansard's own, or a library's above the debug level."""
    return record.levelno >= logging.INFO or record.name.partition(".")[0] == OURS


class Masked(logging.Formatter):
    """Formats records and tracebacks without secrets and without terminal control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return harmless(mask(super().format(record)))
