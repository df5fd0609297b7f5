"""Search over what was said and what was made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from hansard.errors import damaged
from hansard.ids import check_id
from hansard.model.artifacts import Artifact, ArtifactHit, ArtifactText, ArtifactType
from hansard.model.checks import check_text, check_time
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Role
from hansard.model.pages import Hit, Page
from hansard.search.tokenizer import Clause, clauses, spans
from hansard.services.base import Service, check_limit
from hansard.services.cursors import Position, decode_cursor, encode_cursor
from hansard.storage.base import ArtifactMatch, ArtifactSearch, Match, Reader, TextSearch
from hansard.storage.query import Query
from hansard.storage.search_terms import LONG

H = TypeVar("H", Hit, ArtifactHit)
M = TypeVar("M", Match, ArtifactMatch)

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


class ArtifactSearchFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which artifacts a search looks at; what is not said does not matter."""

    types: tuple[ArtifactType, ...] = ()
    languages: tuple[str, ...] = ()
    conversation_id: str | None = None
    project_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class _Found(NamedTuple):
    """What a search found: the fields of a hit, and the text to show some of."""

    fields: dict[str, Any]
    text: str


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
            before, offset = decode_cursor([q, filter], cursor, (Position | None, Position))
        wanted = self._wanted(q, filter, before)

        async def work(tx: Reader) -> tuple[list[_Found], str | None]:
            matches = await tx.search(wanted)
            ranked = _best(matches, lambda match: match.message_id)
            found = await _hits(tx, ranked[offset : offset + limit])
            values = _goes_on(matches, len(ranked), wanted.window, before, offset + limit)
            return found, encode_cursor([q, filter], values) if values else None

        found, following = await self.run_read(work)
        return Page(await _shown(Hit, found, wanted.clauses), following)

    async def artifacts(
        self,
        q: str,
        *,
        limit: int = 20,
        cursor: str | None = None,
        filter: ArtifactSearchFilter = ArtifactSearchFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[ArtifactHit]:
        """Artifacts whose title, description or newest content contain all of `q`, the most relevant first.

        `q` and the order are as for messages.
        """
        check_text(q, "/q", 1_000)
        check_limit(limit)
        before, offset = None, 0
        if cursor is not None:
            before, offset = decode_cursor([q, filter], cursor, (Position | None, Position))
        wanted = self._wanted_artifacts(q, filter, before)

        async def work(tx: Reader) -> tuple[list[_Found], str | None]:
            matches = await tx.search_artifacts(wanted)
            ranked = _best(matches, lambda match: match.artifact_id)
            found = await _artifact_hits(tx, ranked[offset : offset + limit])
            values = _goes_on(matches, len(ranked), wanted.window, before, offset + limit)
            return found, encode_cursor([q, filter], values) if values else None

        found, following = await self.run_read(work)
        return Page(await _shown(ArtifactHit, found, wanted.clauses), following)

    def _wanted_artifacts(
        self, q: str, wanted: ArtifactSearchFilter, before: int | None
    ) -> ArtifactSearch:
        project, talk = wanted.project_id, wanted.conversation_id
        return ArtifactSearch(
            owner_id=self.scope.user,
            clauses=tuple(clauses(q)),
            types=wanted.types,
            languages=tuple(
                check_text(each, "/language", 100).lower() for each in wanted.languages
            ),
            conversation_id=talk and check_id(talk, "/conversation_id"),
            project_id=project and check_id(project, "/project_id"),
            since=wanted.since and check_time(wanted.since, "/from"),
            until=wanted.until and check_time(wanted.until, "/to"),
            before=before,
        )

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


def _best(matches: Sequence[M], key: Callable[[M], str]) -> list[M]:
    """One match a thing, the most relevant first: a long one may match in several passages."""
    best: dict[str, M] = {}
    for match in matches:
        known = best.get(key(match))
        if known is None or match.score > known.score:
            best[key(match)] = match
    return sorted(best.values(), key=lambda match: match.score, reverse=True)


def _goes_on(
    matches: Sequence[Match | ArtifactMatch], ranked: int, window: int, before: int | None, end: int
) -> list[int | None] | None:
    """Where the page after this one begins; None if there is none."""
    if end < ranked:
        return [before, end]
    return [matches[-1].position, 0] if len(matches) == window else None


async def _artifact_hits(tx: Reader, matches: Sequence[ArtifactMatch]) -> list[_Found]:
    ids = [match.artifact_id for match in matches]
    artifacts = {a.id: a for a in await tx.select(Query(Artifact).where(id__in=ids))}
    texts = {each.id: each.text for each in await tx.select(Query(ArtifactText).where(id__in=ids))}
    if not artifacts.keys() & texts.keys() >= set(ids):
        raise damaged("An artifact")
    return [
        _Found({"artifact": artifacts[m.artifact_id], "score": m.score}, texts[m.artifact_id])
        for m in matches
    ]


async def _hits(tx: Reader, matches: Sequence[Match]) -> list[_Found]:
    ids = [match.message_id for match in matches]
    talks = list({match.conversation_id for match in matches})
    messages = {m.id: m for m in await tx.select(Query(Message).where(id__in=ids))}
    found = await tx.select(Query(Conversation).where(id__in=talks))
    conversations = {c.id: c for c in found}
    if not (messages.keys() >= set(ids) and conversations.keys() >= set(talks)):
        raise damaged("A message")
    hits: list[_Found] = []
    for match in matches:
        message, conversation = messages[match.message_id], conversations[match.conversation_id]
        fields = {"message": message, "conversation": conversation, "score": match.score}
        hits.append(_Found(fields, message.text))
    return hits


async def _shown(
    kind: Callable[..., H], found: Sequence[_Found], query: Sequence[Clause]
) -> list[H]:
    """Hits with their excerpts, which are made on a thread where the texts are long."""

    def show() -> list[H]:
        hits: list[H] = []
        for fields, text in found:
            snippet, marks = excerpt(text, list(query))
            hits.append(kind(**fields, snippet=snippet, marks=marks))
        return hits

    if sum(len(text) for _, text in found) > LONG:
        return await asyncio.to_thread(show)
    return show()


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
