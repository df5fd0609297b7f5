"""Storage usage."""

from __future__ import annotations

from litestar import get

from hansard.server.fields import Items, Scoped
from hansard.services.users.usage import UsageByKind


@get("/usage")
async def get_usage(services: Scoped) -> Items[UsageByKind]:
    """Get the user's storage usage by kind: the number of records and their bytes."""
    return Items(await services.usage.get())


ROUTES = (get_usage,)
