"""Steps that look: pages, lists, searches, statistics, the feed; and what belongs to a user."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from hansard import Services
from hansard.errors import BadCursor
from hansard.services.conversations.service import ConversationFilter
from hansard.services.search import SearchFilter
from model import words as w
from model.sides import Work
from model.steps import Pick, Steps, askers, numbers, picks, sizes


class Looking(Steps):
    # Looking

    @rule(
        n=numbers,
        m=picks,
        asker=askers,
        way=st.sampled_from(("last", "before", "after", "around")),
        size=sizes,
        branch=st.none() | picks,
    )
    def read(self, n: int, m: Pick, asker: str, way: str, size: int, branch: Pick | None) -> None:
        talk = self.talk(n)
        where: Any = size if way == "last" else self.message(talk, m)
        on = self.branch(talk, branch)
        self.do(
            talk.owner,
            asker,
            lambda s: s.messages.read(talk.id, branch=on, limit=size, **{way: where}),
        )

    @rule(n=numbers, m=picks, asker=askers)
    def look_around(self, n: int, m: Pick, asker: str) -> None:
        talk = self.talk(n)
        message = self.message(talk, m)
        looks: tuple[Work, ...] = (
            lambda s: s.conversations.get(talk.id),
            lambda s: s.messages.get(talk.id, message),
            lambda s: s.branches.siblings(talk.id, message),
            lambda s: s.branches.current(talk.id),
            lambda s: s.branches.list(talk.id, deleted=m[1] % 2 == 1),
        )
        for look in looks:
            self.do(talk.owner, asker, look)

    @rule(
        scope=st.integers(0, 3),
        size=sizes,
        given=w.list_filters,
        project=st.sampled_from((None,) * 4) | picks,
        hours=st.sampled_from((None, None, None, 1, 30)),
        deleted=st.sampled_from((False, False, False, True)),
    )
    def list(
        self,
        scope: int,
        size: int,
        given: dict[str, Any],
        project: Pick | None,
        hours: int | None,
        *,
        deleted: bool,
    ) -> None:
        wanted = ConversationFilter(
            **given,
            project_id=self.project(project, scope),
            since=None if hours is None else self.sides.earlier(hours=hours),
            deleted=deleted,
        )
        other = ConversationFilter(q="something else")
        cursor: str | None = None
        while True:
            page = self.do(
                scope,
                "owner",
                lambda s, c=cursor: s.conversations.list(limit=size, cursor=c, filter=wanted),
            )
            cursor = page.value.next if page.error is None else None
            if cursor is None:
                return
            refused = self.do(
                scope, "owner", lambda s, c=cursor: s.conversations.list(cursor=c, filter=other)
            )
            assert refused.error is BadCursor

    @rule(
        scope=st.integers(0, 3),
        q=w.queries,
        wanted=w.search_filters,
        talk=st.sampled_from((None,) * 4) | numbers,
        project=st.sampled_from((None,) * 4) | picks,
    )
    def search(
        self, scope: int, q: str, wanted: SearchFilter, talk: int | None, project: Pick | None
    ) -> None:
        narrowed = w.with_fields(
            wanted,
            conversation_id=None if talk is None else self.talk(talk).id,
            project_id=self.project(project, scope),
        )

        async def found(s: Services) -> list[Any]:
            hits = [hit async for hit in s.search.messages(q, limit=100, filter=narrowed)]
            assert len({hit.message.id for hit in hits}) == len(hits)
            shown = [(hit.message, hit.conversation, hit.snippet, hit.marks) for hit in hits]
            return sorted(shown, key=lambda hit: hit[0].id)

        self.do(scope, "owner", found)

    @rule(
        scope=st.integers(0, 3),
        project=st.none() | picks,
        tz=st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York", "No/where")),
        since=st.sampled_from((None, None, "2026-03-02", "yesterday")),
    )
    def statistics(self, scope: int, project: Pick | None, tz: str, since: str | None) -> None:
        of = self.project(project, scope)
        self.do(scope, "owner", lambda s: s.statistics.get(project_id=of, tz=tz, since=since))

    @rule(scope=st.integers(0, 3), n=numbers)
    def feed(self, scope: int, n: int) -> None:
        """The whole feed, and what comes after one of its entries, by each side's own position."""
        feeds = self.sides.each(*self.scopes[scope], lambda s: s.feed.read(limit=500))
        self.do(scope, "owner", lambda s: s.feed.read(limit=500))
        works: list[Work] = []
        for feed in feeds:
            after = feed[n % len(feed)].position if feed else 0
            works.append(lambda s, a=after: s.feed.read(after=a, limit=3))
        self.do(scope, "owner", *works)

    # What belongs to a user

    @rule(
        scope=st.integers(0, 3),
        name=st.sampled_from(("a", "b", "é", "", "x\0")),
        value=w.json_values,
        step=st.sampled_from(("set", "set", "get", "delete", "list")),
        version=st.none() | st.none() | st.integers(1, 3),
    )
    def setting(self, scope: int, name: str, value: Any, step: str, version: int | None) -> None:
        steps: dict[str, Work] = {
            "set": lambda s: s.settings.set(name, value, version=version),
            "get": lambda s: s.settings.get(name),
            "delete": lambda s: s.settings.delete(name),
            "list": lambda s: s.settings.list(),
        }
        self.do(scope, "owner", steps[step])

    @rule(
        scope=st.integers(0, 3),
        step=st.sampled_from(("me", "tenant", "rename", "instruct", "put", "get")),
        traits=w.metadata,
        text=w.odd_texts,
    )
    def person(self, scope: int, step: str, traits: dict[str, Any], text: str) -> None:
        steps: dict[str, Work] = {
            "me": lambda s: s.users.me(),
            "tenant": lambda s: s.users.tenant(),
            "rename": lambda s: s.users.update_me(name=text, traits=traits),
            "instruct": lambda s: s.users.update_tenant(instructions=text),
            "put": lambda s: s.blobs.put(w.BLOB, "image/png"),
            "get": lambda s: s.blobs.get(w.DIGEST),
        }
        self.do(scope, "owner", steps[step])
