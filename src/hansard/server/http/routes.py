"""All routes of the API by noun: those of the operations, and the hand-written ones."""

from __future__ import annotations

from typing import Any

from hansard.api.operations import OPERATIONS
from hansard.server.http import (
    archives,
    artifacts,
    blobs,
    feed,
    operations,
    previews,
    runs,
    session,
    shares,
    transfer,
)

_HAND_WRITTEN: dict[str, tuple[Any, ...]] = {
    "runs": runs.ROUTES,
    "feed": feed.ROUTES,
    "session": session.ROUTES,
    "blobs": blobs.ROUTES,
    "transfer": transfer.ROUTES,
    "artifacts": artifacts.ROUTES,
    "archives": archives.ROUTES,
    "shares": shares.ROUTES,
    "previews": previews.ROUTES,
}
NOUNS = (*dict.fromkeys((*OPERATIONS, *_HAND_WRITTEN)),)
"""All nouns, in the order of the reference page."""


def routes() -> list[Any]:
    """Return new routes, in the order of the reference page."""
    return [
        route
        for noun in NOUNS
        for route in (*operations.routes(noun), *_HAND_WRITTEN.get(noun, ()))
    ]
