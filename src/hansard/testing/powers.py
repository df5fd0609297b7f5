"""What every back end keeps: the named powers that conversations stand on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hansard.ids import new_id
from hansard.model.activity import MessageCounters
from hansard.model.artifacts import ArtifactText
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import trashed
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.search.tokenizer import PASSAGE, clauses
from hansard.storage.base import Change, Reader, Storage, TextSearch
from hansard.storage.encoded import EncodedStorage
from hansard.storage.query import Query
from hansard.testing.appending import AppendContract
from hansard.testing.artifacts import ArtifactsContract, create_artifact
from hansard.testing.conversations import (
    ACME,
    create_conversation,
    create_fork,
    feed_of,
    get_record,
    matches,
)
from hansard.testing.factories import EPOCH, append, message

_NONE: set[str] = set()
_QUERIES: list[tuple[str, set[str]]] = [
    ("sleep", {"a", "b"}),
    ("SLEEP", {"a", "b"}),
    ("slee", _NONE),
    ("slee*", {"a", "b", "c"}),
    ('"where do"', {"a"}),
    ('"do where"', _NONE),
    ('"where d"*', {"a"}),
    ("do sleep", {"a"}),
    ("naive", {"b"}),
    ("NAÏVE", {"b"}),
    ("strasse", {"b"}),
    ("東京", {"d"}),
    ("京", {"d"}),
    ("京東", _NONE),
    ("東京都 tower", {"d"}),
    ("don't", {"c"}),
    ("हिन्दी", {"e"}),
    ("it's", _NONE),
    ("", _NONE),
    ("*", _NONE),
    ('"', _NONE),
    ("sleep AND", _NONE),
    ("sleep OR nothing", _NONE),
    ("NEAR(sleep)", _NONE),
    ("body:sleep", _NONE),
    ("-sleep", {"a", "b"}),
    ("a~sleep", _NONE),
    ("text", _NONE),
    ("'sleep' & !x", _NONE),
]


class _Reversed(EncodedStorage):
    def encode(self, tenant: str, data: bytes) -> bytes:  # noqa: ARG002
        return data[::-1]

    def decode(self, tenant: str, data: bytes) -> bytes:  # noqa: ARG002
        return data[::-1]


class PowersContract(AppendContract, ArtifactsContract):
    # Health

    async def test_health_knows_the_last_commit_and_that_it_is_closed(
        self, storage: Storage
    ) -> None:
        await create_conversation(storage)
        health = await storage.health()
        assert health.writable
        assert not health.fenced
        assert health.reason is None
        assert health.committed_at is not None
        await storage.close()
        closed = await storage.health()
        assert closed.faults == ("closed",)
        assert closed.reason

    # Search

    @pytest.mark.parametrize(
        ("query", "expected"),
        _QUERIES,
    )
    async def test_search_finds_words_phrases_and_prefixes_in_any_script(
        self, storage: Storage, query: str, expected: set[str]
    ) -> None:
        conversation = await create_conversation(storage)
        texts = {
            "a": "Where do I sleep?",
            "b": "naïve sleep in the Straße",
            "c": "Sleepers don't wake",
            "d": "大東京都タワー tower",
            "e": "यह हिन्दी है",
        }
        messages = {name: message(conversation, text) for name, text in texts.items()}
        await storage.append(ACME, append(conversation, *messages.values()))
        names = {m.id: name for name, m in messages.items()}
        assert {names[m.message_id] for m in await matches(storage, query)} == expected

    async def test_search_finds_what_a_wrapper_stores_in_another_form(
        self, storage: Storage
    ) -> None:
        wrapped = _Reversed(storage)
        conversation = await create_conversation(wrapped)
        [placed] = await wrapped.append(ACME, append(conversation, "where do I sleep?"))
        artifact_id = await create_artifact(wrapped, "def tick(): ...", conversation.id)
        assert await get_record(wrapped, Message, placed.id) == placed
        assert (await get_record(storage, Message, placed.id)).text != placed.text
        assert [m.message_id for m in await matches(wrapped, '"do I" slee*')] == [placed.id]
        await wrapped.write(ACME, lambda tx: tx.delete(Query(ArtifactText).where(id=artifact_id)))
        await wrapped.write(ACME, lambda tx: tx.delete(Query(Message).where(id=placed.id)))
        assert await matches(wrapped, "sleep") == []

    async def test_search_filters(self, storage: Storage) -> None:
        conversation, other = (
            await create_conversation(storage),
            await create_conversation(storage, archived=True),
        )
        late = EPOCH + timedelta(days=2)
        one = message(conversation, "tea")
        two = message(conversation, "tea", role="assistant", model="p/m", created_at=late)
        three = message(other, "tea")
        await storage.append(ACME, append(conversation, one, two))
        await storage.append(ACME, append(other, three))
        project = Project(
            tenant_id=ACME,
            id=new_id(),
            owner_id="ada",
            name="p",
            created_at=EPOCH,
            updated_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(project))
        await storage.write(
            ACME, lambda tx: tx.update(Conversation, other.id, project_id=project.id)
        )
        cases: list[tuple[dict[str, Any], set[str]]] = [
            ({}, {one.id, two.id, three.id}),
            ({"roles": ("user",)}, {one.id, three.id}),
            ({"roles": ("user", "assistant")}, {one.id, two.id, three.id}),
            ({"conversation_id": conversation.id}, {one.id, two.id}),
            ({"project_ids": (project.id,)}, {three.id}),
            ({"model": "p/m"}, {two.id}),
            ({"since": late}, {two.id}),
            ({"until": late}, {one.id, three.id}),
            ({"archived": True}, {three.id}),
            ({"archived": False}, {one.id, two.id}),
        ]
        for filters, expected in cases:
            assert {m.message_id for m in await matches(storage, "tea", **filters)} == expected

    async def test_search_is_the_owners_alone(self, storage: Storage) -> None:
        conversation, other = (
            await create_conversation(storage),
            await create_conversation(storage, owner="bob"),
        )
        [mine] = await storage.append(ACME, append(conversation, "secret"))
        await storage.append(ACME, append(other, "secret"))
        assert [m.message_id for m in await matches(storage, "secret")] == [mine.id]
        wanted = TextSearch(owner_id="ada", clauses=tuple(clauses("secret")))
        assert await storage.read("globex", lambda tx: tx.search(wanted)) == []

    async def test_search_passes_over_the_trash(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        [one] = await storage.append(ACME, append(conversation, "tea"))
        fork = await create_fork(storage, conversation, one)
        await storage.append(ACME, append(conversation, "tea", branch=fork.id))
        assert len(await matches(storage, "tea")) == 2
        await storage.write(ACME, lambda tx: tx.update(Branch, fork.id, **trashed(EPOCH)))
        assert [m.message_id for m in await matches(storage, "tea")] == [one.id]
        await storage.write(
            ACME, lambda tx: tx.update(Conversation, conversation.id, **trashed(EPOCH))
        )
        assert await matches(storage, "tea") == []

    async def test_what_is_deleted_for_good_is_out_of_the_index(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        [one, two] = await storage.append(ACME, append(conversation, "tea for two", "tea"))
        await storage.write(ACME, lambda tx: tx.delete(Query(Message).where(id=one.id)))
        assert [m.message_id for m in await matches(storage, "tea")] == [two.id]

    async def test_search_goes_on_where_its_window_ended(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        placed = await storage.append(ACME, append(conversation, *(f"tea {i}" for i in range(7))))
        results: list[str] = []
        before: int | None = None
        while page := await matches(storage, "tea", window=3, before=before):
            results += [m.message_id for m in page]
            before = page[-1].position
        assert results == [m.id for m in reversed(placed)]

    async def test_a_book_in_one_message_is_searched_to_its_end(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        book = "beginning " + "word " * PASSAGE + "東" * PASSAGE + " ending"
        [placed] = await storage.append(ACME, append(conversation, book[: 1024 * 1024]))
        assert [m.message_id for m in await matches(storage, "ending")] == [placed.id]
        assert [m.message_id for m in await matches(storage, "beginning word")] == [placed.id]
        await storage.write(ACME, lambda tx: tx.delete(Query(Message).where(id=placed.id)))
        assert await matches(storage, "ending") == []

    # The feed

    async def test_the_feed_tells_every_change_once_in_order(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        await storage.append(ACME, append(conversation, "one", "two"))
        change = Change(
            user_id="ada", kind="conversation.updated", subject_id=conversation.id, at=EPOCH
        )
        other = Change(user_id="bob", kind="project.created", subject_id=conversation.id, at=EPOCH)
        await storage.write(ACME, lambda tx: tx.publish(change, other, change))
        feed = await feed_of(storage)
        kinds = [entry.kind for entry in feed]
        assert kinds == ["message.created", "conversation.updated", "conversation.updated"]
        positions = [entry.position for entry in feed]
        assert positions == sorted(set(positions))
        assert (feed[0].branch, feed[0].seq, feed[0].count) == (conversation.branch, 0, 2)
        assert await feed_of(storage, after=positions[0]) == feed[1:]
        assert await storage.read("globex", lambda tx: tx.feed("ada", 0, 10)) == []

    async def test_a_reader_who_follows_the_feed_misses_nothing(self, storage: Storage) -> None:
        conversations = [await create_conversation(storage) for _ in range(4)]
        seen: list[int] = []

        async def reader() -> None:
            async with asyncio.timeout(60):
                while len(seen) < 80:
                    after = seen[-1] if seen else 0
                    page = await storage.read(ACME, lambda tx, a=after: tx.feed("ada", a, 7))
                    seen.extend(entry.position for entry in page)
                    await asyncio.sleep(0)

        async def writer(conversation: Conversation) -> None:
            for i in range(20):
                await storage.append(ACME, append(conversation, str(i)))

        await asyncio.gather(reader(), *(writer(conversation) for conversation in conversations))
        assert seen == [entry.position for entry in await feed_of(storage)]

    async def test_a_commit_that_reported_rings_for_whom_it_concerns(
        self, storage: Storage
    ) -> None:
        conversation = await create_conversation(storage)
        change = Change(user_id="bob", kind="project.created", subject_id=conversation.id, at=EPOCH)
        notifier = storage.notifier
        with notifier.subscribe(ACME, "ada") as hers, notifier.subscribe(ACME, "bob") as his:
            for _ in range(2):
                await storage.append(ACME, append(conversation, "one"))
                assert await hers.wait(20)
                await storage.write(ACME, lambda tx: tx.publish(change))
                assert await his.wait(20)

    # Counters

    async def test_appends_are_counted(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        times = [EPOCH + timedelta(minutes=m) for m in (0, 10, 50, 55)]
        await storage.append(
            ACME, append(conversation, message(conversation, "a b c", created_at=times[0]))
        )
        answer = message(
            conversation, "dd ee", role="assistant", model="p/m", tokens_in=7, tokens_out=2,
            created_at=times[1],
        )  # fmt: skip
        await storage.append(
            ACME, append(conversation, answer, message(conversation, "f", created_at=times[2]))
        )
        await storage.append(
            ACME, append(conversation, message(conversation, "g", created_at=times[3]))
        )

        async def work(tx: Reader) -> tuple[list[MessageCounters], list[MessageCounters]]:
            every = Query(MessageCounters).where(owner_id="ada")
            return await tx.aggregate(every, ["role", "model"]), await tx.aggregate(every, [])

        by_role, [whole] = await storage.read(ACME, work)
        results = {(a.role, a.model): (a.messages, a.words, a.characters) for a in by_role}
        assert results == {("user", ""): (3, 5, 7), ("assistant", "p/m"): (1, 2, 5)}
        assert (whole.messages, whole.tokens_in, whole.tokens_out) == (4, 7, 2)
        assert whole.engaged_seconds == 600 + 300
        assert (whole.day, whole.hour) == ("", 0)

    async def test_counters_add_up_by_any_of_their_fields(self, storage: Storage) -> None:
        def row(day: str, hour: int, messages: int) -> MessageCounters:
            return MessageCounters(
                tenant_id=ACME, created_at=EPOCH, owner_id="ada", day=day, hour=hour, role="user",
                messages=messages,
            )  # fmt: skip

        rows = [row("2026-01-01", 5, 1), row("2026-01-02", 5, 2), row("2026-01-02", 6, 4)]
        for _ in range(2):
            await storage.write(ACME, lambda tx: tx.increment(*rows))
        query = Query(MessageCounters).where(day__ge="2026-01-01")
        by_day = await storage.read(ACME, lambda tx: tx.aggregate(query, ["day"]))
        assert [(a.day, a.messages) for a in by_day] == [("2026-01-01", 2), ("2026-01-02", 12)]
        by_hour = await storage.read(ACME, lambda tx: tx.aggregate(query, ["hour"]))
        assert [(a.hour, a.messages) for a in by_hour] == [(5, 6), (6, 8)]
        assert await storage.read("globex", lambda tx: tx.aggregate(query, ["day"])) == []
