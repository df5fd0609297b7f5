"""Statistics, from counters that are kept as things happen; and topics, from what was said last."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hansard.errors import InvalidInput
from hansard.ids import check_id
from hansard.model.activity import DayUse, HourUse, MessageCounters, ModelUse, Stats, Topic
from hansard.services.base import Service
from hansard.services.users.topics import topics
from hansard.storage.base import Reader
from hansard.storage.query import Query

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Statistics(Service):
    async def get(
        self,
        *,
        project_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        tz: str = "UTC",
    ) -> Stats:
        """Statistics of the user, or of one project.

        `since` and `until` are days such as 2026-11-21 (UTC), both included; the days and hours of the
        answer are those of the time zone `tz`. What is in the trash, or temporary, counts until it
        is purged; no topic comes from it.
        """
        zone = _zone(tz)
        project = project_id and check_id(project_id, "/project_id")
        query = Query(MessageCounters).where(owner_id=self.scope.user)
        if project is not None:
            query = query.where(project_id=project)
        if since is not None:
            query = query.where(day__ge=check_day(since, "/since"))
        if until is not None:
            query = query.where(day__le=check_day(until, "/until"))

        async def work(tx: Reader) -> Stats:
            rows = await tx.aggregate(query, ["day", "hour", "role", "model"])
            return summarise(rows, zone, await topics(tx, self.scope.user, project))

        return await self.run_read(work)


def summarise(rows: Sequence[MessageCounters], zone: ZoneInfo, found: list[Topic]) -> Stats:
    """Statistics from counters by hour, role and model."""
    said = [row for row in rows if row.role and row.messages > 0]
    times = [_hour(row) for row in said]
    messages = sum(row.messages for row in said)
    words = sum(row.words for row in said)
    return Stats(
        conversations=sum(row.conversations for row in rows),
        messages=messages,
        by_role=_sum((row.role, row.messages) for row in said),
        words=words,
        characters=sum(row.characters for row in said),
        average_words=round(words / messages, 2) if messages else 0.0,
        tokens_in=_told(sum(row.tokens_in for row in said)),
        tokens_out=_told(sum(row.tokens_out for row in said)),
        engaged_seconds=sum(row.engaged_seconds for row in said),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        by_model=_by_model(said),
        by_day=_by_day(said, zone),
        by_hour=_by_hour(said, zone),
        topics=found,
    )


def _by_model(said: Iterable[MessageCounters]) -> list[ModelUse]:
    used: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in said:
        if row.model:
            _add(used[row.model], row)
    ranked = sorted(used.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        ModelUse(model=m, messages=a, tokens_in=_told(i), tokens_out=_told(o))
        for m, (a, i, o) in ranked
    ]


def _by_day(said: Iterable[MessageCounters], zone: ZoneInfo) -> list[DayUse]:
    used: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in said:
        _add(used[_hour(row).astimezone(zone).date().isoformat()], row)
    return [
        DayUse(day=day, messages=a, tokens_in=_told(i), tokens_out=_told(o))
        for day, (a, i, o) in sorted(used.items())
    ]


def _by_hour(said: Iterable[MessageCounters], zone: ZoneInfo) -> list[HourUse]:
    used = _sum((str(_hour(row).astimezone(zone).hour), row.messages) for row in said)
    return [HourUse(hour=hour, messages=used.get(str(hour), 0)) for hour in range(24)]


def _told(tokens: int) -> int | None:
    """A sum of tokens; unknown where nobody said any, for every model takes in and gives out some."""
    return tokens or None


def _add(sums: list[int], row: MessageCounters) -> None:
    sums[0] += row.messages
    sums[1] += row.tokens_in
    sums[2] += row.tokens_out


def _sum(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for name, number in pairs:
        sums[name] += number
    return dict(sums)


def _hour(row: MessageCounters) -> datetime:
    return datetime.fromisoformat(row.day).replace(hour=row.hour, tzinfo=UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"{name!r} is not a time zone, such as Europe/Rome.", pointer="/tz"
        ) from None


def check_day(text: str, pointer: str) -> str:
    if not _DAY.fullmatch(text):
        raise InvalidInput("A day is like 2026-11-21.", pointer=pointer)
    return text
