"""Statistics."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter

from hansard.model.activity import Stats
from hansard.server.fields import DAY, QueryId, Scoped

Day = Annotated[str | None, QueryParameter(pattern=DAY)]


@get("/stats")
async def get_stats(
    services: Scoped,
    project_id: QueryId = None,
    since: Day = None,
    until: Day = None,
    tz: FromQuery[str] = "UTC",
) -> Stats:
    """Get statistics of the user, or of one project.

    `since` and `until` are days (UTC), both included; the response's days and hours are in the time zone `tz`.
    """
    return await services.statistics.get(project_id=project_id, since=since, until=until, tz=tz)


ROUTES = (get_stats,)
