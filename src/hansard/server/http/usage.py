from __future__ import annotations

from litestar import get

from hansard.server.fields import Items, Scoped
from hansard.services.users.usage import UsageByKind


@get("/usage")
async def get_usage(services: Scoped) -> Items[UsageByKind]:
    """Tell what the user keeps, by kind: how many, and how many bytes of it."""
    return Items(await services.usage.get())


ROUTES = (get_usage,)
