"""All routes of the API by noun: those of the operations, and the hand-written ones."""

from __future__ import annotations

from typing import Any

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
NOUNS = (
    "conversations", "messages", "ratings", "branches", "chat", "runs", "search", "statistics", "models", "feed",
    "projects", "settings", "users", "session", "blobs", "transfer", "usage", "artifacts", "archives", "collections",
    "shares", "previews",
)  # fmt: skip


def routes() -> list[Any]:
    """Return new routes, in the order of the reference page."""
    return [
        route
        for noun in NOUNS
        for route in (*operations.routes(noun), *_HAND_WRITTEN.get(noun, ()))
    ]
