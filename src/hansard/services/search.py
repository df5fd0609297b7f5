"""Search over what was said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec

from hansard.ids import check_id
from hansard.model.checks import check_text, check_time
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Role
from hansard.model.pages import Hit, Page
from hansard.services.base import Service, check_limit
from hansard.services.cursors import Place, decode_cursor, encode_cursor
from hansard.storage.base import Match, Reader, TextSearch
from hansard.storage.query import Query
from hansard.storage.terms import Clause, clauses, spans

SNIPPET = 240
"""Characters, about."""


class SearchFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which messages a search looks at; what is not said does not matter."""

    roles: tuple[Role, ...] = ()
    conversation_id: str | None = None
    project_id: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = None


class Search(Service):
    async def messages(
        self,
        q: str,
        *,
        limit: int = 20,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008
    ) -> AsyncIterator[Hit]:
        """The best `limit` matches, one after the other."""
        cursor: str | None = None
        while limit > 0:
            page = await self.page(q, limit=min(limit, 100), cursor=cursor, filter=filter)
            for hit in page.items:
                yield hit
            limit -= len(page.items)
            cursor = page.next
            if cursor is None:
                return

    async def page(
        self,
        q: str,
        *,
        limit: int = 20,
        cursor: str | None = None,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Hit]:
        """Messages that contain every word and "phrase" of `q`, the most relevant first.

        A word that ends in `*` is the beginning of words. Relevance decides among the 2,000 newest
        matches; what lies beyond them follows, again by relevance, 2,000 at a time.
        """
        check_text(q, "/q", 1_000)
        check_limit(limit)
        before, offset = None, 0
        if cursor is not None:
            before, offset = decode_cursor([q, filter], cursor, (Place | None, Place))
        wanted = self._wanted(q, filter, before)

        async def work(tx: Reader) -> Page[Hit]:
            matches = await tx.search(wanted)
            ranked = sorted(_once(matches), key=lambda match: match.score, reverse=True)
            items = await _hits(tx, ranked[offset : offset + limit], list(wanted.clauses))
            values: list[int | None] | None = None
            if offset + limit < len(ranked):
                values = [before, offset + limit]
            elif len(matches) == wanted.window:
                values = [matches[-1].position, 0]
            return Page(items, encode_cursor([q, filter], values) if values else None)

        return await self.reading(work)

    def _wanted(self, q: str, wanted: SearchFilter, before: int | None) -> TextSearch:
        project = wanted.project_id
        conversation = wanted.conversation_id
        return TextSearch(
            owner_id=self.scope.user,
            clauses=tuple(clauses(q)),
            roles=wanted.roles,
            conversation_id=conversation and check_id(conversation, "/conversation_id"),
            project_ids=() if project is None else (check_id(project, "/project_id"),),
            model=wanted.model and check_text(wanted.model, "/model"),
            since=wanted.since and check_time(wanted.since, "/since"),
            until=wanted.until and check_time(wanted.until, "/until"),
            archived=wanted.archived,
            before=before,
        )


def _once(matches: Sequence[Match]) -> list[Match]:
    """One match a message: a long one may match in several passages."""
    best: dict[str, Match] = {}
    for match in matches:
        known = best.get(match.message_id)
        if known is None or match.score > known.score:
            best[match.message_id] = match
    return list(best.values())


async def _hits(tx: Reader, matches: Sequence[Match], query: list[Clause]) -> list[Hit]:
    ids = [match.message_id for match in matches]
    talks = list({match.conversation_id for match in matches})
    messages = {m.id: m for m in await tx.select(Query(Message).where(id__in=ids))}
    found = await tx.select(Query(Conversation).where(id__in=talks))
    conversations = {c.id: c for c in found}
    hits: list[Hit] = []
    for match in matches:
        message = messages[match.message_id]
        snippet, marks = excerpt(message.text, query)
        conversation = conversations[match.conversation_id]
        hits.append(
            Hit(
                message=message,
                conversation=conversation,
                snippet=snippet,
                marks=marks,
                score=match.score,
            )
        )
    return hits


def excerpt(text: str, query: list[Clause]) -> tuple[str, list[tuple[int, int]]]:
    """The stretch of a text that has the most matches, and where they are in it."""
    found = spans(query, text)
    if len(text) <= SNIPPET:
        return text, found
    start = _edge(text, max(0, _densest(found) - SNIPPET // 4))
    end = _edge(text, min(len(text), start + SNIPPET))
    front, back = "…" if start else "", "…" if end < len(text) else ""
    shift = len(front) - start
    marks = [(a + shift, b + shift) for a, b in found if start <= a and b <= end]
    return f"{front}{text[start:end]}{back}", marks


def _densest(found: list[tuple[int, int]]) -> int:
    """The start of the match that most others follow within a snippet's length."""
    best, most, end = 0, 0, 0
    for i, (start, _) in enumerate(found):
        while end < len(found) and found[end][0] < start + SNIPPET:
            end += 1
        if end - i > most:
            best, most = start, end - i
    return best


def _edge(text: str, position: int) -> int:
    """The end of the word before a place, if one ends nearby."""
    if position in (0, len(text)):
        return position
    blank = text.rfind(" ", max(0, position - 20), position)
    return position if blank < 0 else blank + 1
