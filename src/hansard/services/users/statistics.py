"""Statistics from counters that are updated with each write, and topics from recent messages."""

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
    """Statistics of the user's conversations."""

    async def get(
        self,
        *,
        project_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        tz: str = "UTC",
    ) -> Stats:
        """Return statistics of the user, or of one project.

        `since` and `until` are days such as 2026-11-21 (UTC), both included; the days and hours of the result are in
        time zone `tz`, such as Europe/Rome. Messages in the trash or of temporary conversations count until they are
        purged, but give no topics. Raises InvalidInput for an invalid id, day or time zone.
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

        async def summarise_counters(tx: Reader) -> Stats:
            rows = await tx.aggregate(query, ["day", "hour", "role", "model"])
            return summarise(rows, zone, await topics(tx, self.scope.user, project))

        return await self.run_read(summarise_counters)


def summarise(rows: Sequence[MessageCounters], zone: ZoneInfo, found_topics: list[Topic]) -> Stats:
    """Return statistics from counters by hour, role and model."""
    counters = [row for row in rows if row.role and row.messages > 0]
    times = [_hour(row) for row in counters]
    messages = sum(row.messages for row in counters)
    words = sum(row.words for row in counters)
    return Stats(
        conversations=sum(row.conversations for row in rows),
        messages=messages,
        by_role=_sum((row.role, row.messages) for row in counters),
        words=words,
        characters=sum(row.characters for row in counters),
        average_words=round(words / messages, 2) if messages else 0.0,
        tokens_in=_known_tokens(sum(row.tokens_in for row in counters)),
        tokens_out=_known_tokens(sum(row.tokens_out for row in counters)),
        engaged_seconds=sum(row.engaged_seconds for row in counters),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        by_model=_by_model(counters),
        by_day=_by_day(counters, zone),
        by_hour=_by_hour(counters, zone),
        topics=found_topics,
    )


def _by_model(counters: Iterable[MessageCounters]) -> list[ModelUse]:
    used: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in counters:
        if row.model:
            _add(used[row.model], row)
    ranked = sorted(used.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        ModelUse(model=m, messages=a, tokens_in=_known_tokens(i), tokens_out=_known_tokens(o))
        for m, (a, i, o) in ranked
    ]


def _by_day(counters: Iterable[MessageCounters], zone: ZoneInfo) -> list[DayUse]:
    used: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in counters:
        _add(used[_hour(row).astimezone(zone).date().isoformat()], row)
    return [
        DayUse(day=day, messages=a, tokens_in=_known_tokens(i), tokens_out=_known_tokens(o))
        for day, (a, i, o) in sorted(used.items())
    ]


def _by_hour(counters: Iterable[MessageCounters], zone: ZoneInfo) -> list[HourUse]:
    used = _sum((str(_hour(row).astimezone(zone).hour), row.messages) for row in counters)
    return [HourUse(hour=hour, messages=used.get(str(hour), 0)) for hour in range(24)]


def _known_tokens(tokens: int) -> int | None:
    """Return a sum of tokens, or None if it is 0: every model uses some, so none were reported."""
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
            f"{name!r} is not a time zone; use for example Europe/Rome.", pointer="/tz"
        ) from None


def check_day(text: str, pointer: str) -> str:
    """Return a day. Raises InvalidInput if it is not like 2026-11-21."""
    if not _DAY.fullmatch(text):
        raise InvalidInput(
            "Days have the form YYYY-MM-DD, for example 2026-11-21.", pointer=pointer
        )
    return text
