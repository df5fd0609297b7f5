"""Full-text search in messages and artifacts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec

from hansard.errors import damaged
from hansard.ids import check_id
from hansard.model.artifacts import Artifact, ArtifactHit, ArtifactText, ArtifactType
from hansard.model.checks import check_text, check_time
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Role
from hansard.model.pages import Hit, MatchWords, Page
from hansard.search.tokenizer import Clause, clauses, quotes_and_words, spans
from hansard.services import partial_matches
from hansard.services.base import Service, check_limit
from hansard.services.cursors import Position, decode_cursor, encode_cursor
from hansard.storage.base import ArtifactMatch, ArtifactSearch, Match, Reader, TextSearch
from hansard.storage.query import Query
from hansard.storage.search_terms import LONG

H = TypeVar("H", Hit, ArtifactHit)
M = TypeVar("M", Match, ArtifactMatch)

SNIPPET = 240
"""The approximate length of an excerpt, in characters."""
SHOWN = 100
"""The most results that a cursor names."""


class SearchFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Criteria for messages to search; empty or None means any."""

    roles: tuple[Role, ...] = ()
    conversation_id: str | None = None
    project_id: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = None


class ArtifactSearchFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Criteria for artifacts to search; empty or None means any."""

    types: tuple[ArtifactType, ...] = ()
    languages: tuple[str, ...] = ()
    conversation_id: str | None = None
    project_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class _Found(NamedTuple):
    """A search result: the fields of a hit, and the text for its excerpt."""

    fields: dict[str, Any]
    text: str


class _Place(NamedTuple):
    """Where a page begins; the values of its cursor."""

    before: int | None = None
    """The position before which its window of matches ends; None for the newest."""
    offset: int = 0
    is_partial: bool = False
    """Whether its messages contain only some of the words."""
    shown: Sequence[int] = ()
    """The positions of matches that the first page of the window had and this one leaves out."""


_Shown = Annotated[list[Position], msgspec.Meta(max_length=SHOWN)]


class _Page(NamedTuple):
    results: list[_Found]
    positions: list[int]
    """Those of the matches."""
    following: _Place | None


class _Matches(NamedTuple):
    matches: list[Match]
    following: _Place | None


class _Finder:
    """Finds a page of messages: those that contain all words, and then those that contain some."""

    def __init__(
        self, tx: Reader, query: TextSearch, quotes: list[Clause], words: list[Clause]
    ) -> None:
        """Messages with some of `words` are found if there are several."""
        self._tx, self._query = tx, query
        self._quotes, self._words = quotes, words

    async def page(self, place: _Place, limit: int) -> _Matches:
        matches = await self._tx.search(self._query)
        if place.is_partial:
            return await self._partial(matches, place.offset, limit, [])
        ranked = _best(matches, lambda match: match.message_id, place.shown)
        following = _next_place(matches, len(ranked), self._query.window, place, limit)
        shown = ranked[place.offset : place.offset + limit]
        if following is None and place.before is None and len(self._words) > 1:
            return await self._partial(matches, 0, limit, shown)
        return _Matches(shown, following)

    async def _partial(
        self, complete: Sequence[Match], offset: int, limit: int, shown: list[Match]
    ) -> _Matches:
        """Fill a page that begins with `shown` with messages that contain some words."""
        known = {match.message_id for match in complete}
        found = await partial_matches.find(self._tx, self._query, self._quotes, self._words, known)
        end = offset + limit - len(shown)
        following = _Place(None, end, is_partial=True) if end < len(found) else None
        return _Matches([*shown, *found[offset:end]], following)


class Search(Service):
    """Full-text search in the user's messages and artifacts."""

    async def messages(
        self,
        q: str,
        *,
        limit: int = 20,
        match: MatchWords = "any",
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008
    ) -> AsyncIterator[Hit]:
        """Yield the `limit` most relevant messages that match `q` and `filter`; `page` describes `q` and `match`."""
        cursor: str | None = None
        while limit > 0:
            size = min(limit, 100)
            page = await self.page(q, limit=size, cursor=cursor, match=match, filter=filter)
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
        match: MatchWords = "any",
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Hit]:
        """Return a page of the messages that match `q`, most relevant first.

        First come the messages that contain all words and "phrases" of `q`. A word ending in `*` matches prefixes.
        Relevance is compared among the 2,000 newest matches; older ones follow, in groups of 2,000. Then, unless
        `match` is `"all"` or there were as many, come messages that contain all phrases and some of the words, at most
        100: words that few messages contain count most, so a question in plain words finds what it asks for.

        `cursor` is the `next` of the previous page. Raises InvalidInput for an invalid query or filter, BadCursor if
        the cursor belongs to another search.
        """
        check_text(q, "/q", 1_000)
        check_limit(limit)
        listing = [q, match, filter]
        place = _place(listing, cursor)
        query = self._message_query(q, filter, place.before)
        quotes, words = quotes_and_words(q)

        async def find_hits(tx: Reader) -> _Page:
            finder = _Finder(tx, query, quotes, words if match == "any" else [])
            found = await finder.page(place, limit)
            positions = [match.position for match in found.matches]
            return _Page(await _hits(tx, found.matches), positions, found.following)

        results, following = await self._find(find_hits, listing, place)
        shown = query.clauses if match == "all" else (*query.clauses, *quotes, *words)
        return Page(await _with_excerpts(Hit, results, shown), following)

    async def artifacts(
        self,
        q: str,
        *,
        limit: int = 20,
        cursor: str | None = None,
        filter: ArtifactSearchFilter = ArtifactSearchFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[ArtifactHit]:
        """Return a page of artifacts whose title, description or newest content match `q`, most relevant first.

        Syntax, order, `filter`, `cursor` and errors are as for messages.
        """
        check_text(q, "/q", 1_000)
        check_limit(limit)
        listing = [q, filter]
        place = _place(listing, cursor)
        query = self._artifact_query(q, filter, place.before)

        async def find_hits(tx: Reader) -> _Page:
            matches = await tx.search_artifacts(query)
            ranked = _best(matches, lambda match: match.artifact_id, place.shown)
            found = ranked[place.offset : place.offset + limit]
            following = _next_place(matches, len(ranked), query.window, place, limit)
            positions = [match.position for match in found]
            return _Page(await _artifact_hits(tx, found), positions, following)

        results, following = await self._find(find_hits, listing, place)
        return Page(await _with_excerpts(ArtifactHit, results, query.clauses), following)

    async def _find(
        self, find: Callable[[Reader], Awaitable[_Page]], listing: Any, place: _Place
    ) -> tuple[list[_Found], str | None]:
        """Read a page, and return its results and the cursor of the next one.

        While rows are pending, the order of matches changes by itself. The first page waits for nothing; the pages
        after it wait until the order is final, and leave out what the first one had.
        """
        if place.shown:
            await self._storage.settle()
        may_change = not (
            place.offset or place.is_partial or place.shown or self._storage.is_settled
        )
        page = await self.run_read(find)
        following = page.following
        if may_change and following and following.offset and not following.is_partial:
            if len(page.positions) <= SHOWN:
                following = place._replace(shown=page.positions)
            else:
                await self._storage.settle()
                page = await self.run_read(find)
                following = page.following
        return page.results, following and encode_cursor(listing, following)

    def _artifact_query(
        self, q: str, criteria: ArtifactSearchFilter, before: int | None
    ) -> ArtifactSearch:
        project_id, conversation_id = criteria.project_id, criteria.conversation_id
        return ArtifactSearch(
            owner_id=self.scope.user,
            clauses=tuple(clauses(q)),
            types=criteria.types,
            languages=tuple(
                check_text(language, "/language", 100).lower() for language in criteria.languages
            ),
            conversation_id=conversation_id and check_id(conversation_id, "/conversation_id"),
            project_id=project_id and check_id(project_id, "/project_id"),
            since=criteria.since and check_time(criteria.since, "/from"),
            until=criteria.until and check_time(criteria.until, "/to"),
            before=before,
        )

    def _message_query(self, q: str, criteria: SearchFilter, before: int | None) -> TextSearch:
        project_id = criteria.project_id
        conversation_id = criteria.conversation_id
        return TextSearch(
            owner_id=self.scope.user,
            clauses=tuple(clauses(q)),
            roles=criteria.roles,
            conversation_id=conversation_id and check_id(conversation_id, "/conversation_id"),
            project_ids=() if project_id is None else (check_id(project_id, "/project_id"),),
            model=criteria.model and check_text(criteria.model, "/model"),
            since=criteria.since and check_time(criteria.since, "/since"),
            until=criteria.until and check_time(criteria.until, "/until"),
            archived=criteria.archived,
            before=before,
        )


def _best(matches: Sequence[M], key: Callable[[M], str], shown: Collection[int]) -> list[M]:
    """Return one match per record, most relevant first, without those that were shown: a long text may match in
    several passages.
    """
    best: dict[str, M] = {}
    positions = frozenset(shown)
    left_out = {key(match) for match in matches if match.position in positions}
    for match in matches:
        if key(match) in left_out:
            continue
        previous = best.get(key(match))
        if previous is None or match.score > previous.score:
            best[key(match)] = match
    return sorted(best.values(), key=lambda match: match.score, reverse=True)


def _place(listing: Any, cursor: str | None) -> _Place:
    if cursor is None:
        return _Place()
    return _Place(*decode_cursor(listing, cursor, (Position | None, Position, bool, _Shown)))


def _next_place(
    matches: Sequence[Match | ArtifactMatch], ranked: int, window: int, place: _Place, limit: int
) -> _Place | None:
    """Return where the next page begins, if there is one."""
    end = place.offset + limit
    if end < ranked:
        return place._replace(offset=end)
    return _Place(matches[-1].position) if len(matches) == window else None


async def _artifact_hits(tx: Reader, matches: Sequence[ArtifactMatch]) -> list[_Found]:
    ids = [match.artifact_id for match in matches]
    artifacts = {a.id: a for a in await tx.select(Query(Artifact).where(id__in=ids))}
    texts = {row.id: row.text for row in await tx.select(Query(ArtifactText).where(id__in=ids))}
    if not artifacts.keys() & texts.keys() >= set(ids):
        raise damaged("An artifact")
    return [
        _Found({"artifact": artifacts[m.artifact_id], "score": m.score}, texts[m.artifact_id])
        for m in matches
    ]


async def _hits(tx: Reader, matches: Sequence[Match]) -> list[_Found]:
    ids = [match.message_id for match in matches]
    conversation_ids = list({match.conversation_id for match in matches})
    messages = {m.id: m for m in await tx.select(Query(Message).where(id__in=ids))}
    rows = await tx.select(Query(Conversation).where(id__in=conversation_ids))
    conversations = {c.id: c for c in rows}
    if not (messages.keys() >= set(ids) and conversations.keys() >= set(conversation_ids)):
        raise damaged("A message")
    hits: list[_Found] = []
    for match in matches:
        message, conversation = messages[match.message_id], conversations[match.conversation_id]
        fields = {"message": message, "conversation": conversation, "score": match.score}
        hits.append(_Found(fields, message.text))
    return hits


async def _with_excerpts(
    kind: Callable[..., H], results: Sequence[_Found], query: Sequence[Clause]
) -> list[H]:
    """Return hits with excerpts, which are made on a thread for long texts."""

    def show() -> list[H]:
        hits: list[H] = []
        for fields, text in results:
            snippet, marks = excerpt(text, list(query))
            hits.append(kind(**fields, snippet=snippet, marks=marks))
        return hits

    if sum(len(text) for _, text in results) > LONG:
        return await asyncio.to_thread(show)
    return show()


def excerpt(text: str, query: list[Clause]) -> tuple[str, list[tuple[int, int]]]:
    """Return the part of a text with the most matches, and the ranges of the matches in it."""
    ranges = spans(query, text)
    if len(text) <= SNIPPET:
        return text, ranges
    start = _edge(text, max(0, _densest(ranges) - SNIPPET // 4))
    end = _edge(text, min(len(text), start + SNIPPET))
    front, back = "…" if start else "", "…" if end < len(text) else ""
    shift = len(front) - start
    marks = [(a + shift, b + shift) for a, b in ranges if start <= a and b <= end]
    return f"{front}{text[start:end]}{back}", marks


def _densest(ranges: list[tuple[int, int]]) -> int:
    """Return the start of the match that is followed by the most others within an excerpt."""
    best, most, end = 0, 0, 0
    for i, (start, _) in enumerate(ranges):
        while end < len(ranges) and ranges[end][0] < start + SNIPPET:
            end += 1
        if end - i > most:
            best, most = start, end - i
    return best


def _edge(text: str, position: int) -> int:
    """Return the end of the word before a position, if it is near."""
    if position in (0, len(text)):
        return position
    blank = text.rfind(" ", max(0, position - 20), position)
    return position if blank < 0 else blank + 1
