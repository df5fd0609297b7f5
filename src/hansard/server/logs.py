"""The server's log: one handler, which masks secrets, and hears of libraries only what is no detail.

Libraries log headers, cookies and bodies at their lower levels, so these are left out whatever the level of ours is.
"""

from __future__ import annotations

import logging

from hansard.errors import InvalidConfig
from hansard.output import harmless
from hansard.secrets import mask

OURS = "hansard"
LEVELS = ("debug", "info", "warning", "error")


def log_to_stderr(level: str) -> None:
    """Raises InvalidConfig if there is no such level."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None or level.lower() not in LEVELS:
        raise InvalidConfig(f"log_level is {level!r}; it is one of {', '.join(LEVELS)}.")
    logging.basicConfig()
    for handler in logging.getLogger().handlers:
        guard(handler)
    logging.getLogger(OURS).setLevel(number)
    # Of the server it is told when it starts and stops, if everything is told.
    logging.getLogger("uvicorn").setLevel(max(number, logging.INFO))


def guard(handler: logging.Handler) -> None:
    """Let nothing secret through this handler."""
    handler.setFormatter(Masked("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(is_told)


def is_told(record: logging.LogRecord) -> bool:
    """Whether a record is ours, or no detail of a library's."""
    return record.levelno >= logging.INFO or record.name.partition(".")[0] == OURS


class Masked(logging.Formatter):
    """A line, and the traceback below it, without secrets and without what a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        return harmless(mask(super().format(record)))
