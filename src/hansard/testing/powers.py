"""What every back end keeps: the named powers that conversations stand on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from hansard.errors import AlreadyExists, HeadMoved, NotFound
from hansard.ids import new_id
from hansard.model.activity import Activity
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation, View
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.model.parts import Data, Text
from hansard.model.projects import Project
from hansard.storage import placing
from hansard.storage.base import Change, Match, Reader, Storage, TextSearch, Transaction
from hansard.storage.query import Query
from hansard.storage.terms import PASSAGE, clauses
from hansard.testing.factories import EPOCH, append, conversation, insert, message

ACME = "acme"

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


class PowersContract:
    pytestmark: ClassVar = pytest.mark.anyio

    # Append

    async def test_messages_are_placed_one_after_the_other(self, storage: Storage) -> None:
        talk = await _talk(storage)
        first = await storage.append(ACME, append(talk, "one", "two"))
        second = await storage.append(ACME, append(talk, "three"))
        placed = [*first, *second]
        assert [m.seq for m in placed] == [0, 1, 2]
        assert [m.parent_id for m in placed] == [None, placed[0].id, placed[1].id]
        assert {m.branch for m in placed} == {talk.branch}
        assert await _path(storage, talk.branch) == placed

    async def test_head_and_conversation_follow(self, storage: Storage) -> None:
        talk = await _talk(storage)
        at = EPOCH + timedelta(hours=1)
        last = message(talk, "the   last\nword", created_at=at)
        await storage.append(ACME, append(talk, message(talk, "first"), last))
        branch = await _get(storage, Branch, talk.branch)
        assert (branch.head_seq, branch.head_id, branch.version) == (1, last.id, 1)
        shown = await _get(storage, Conversation, talk.id)
        assert (shown.message_count, shown.preview, shown.active_at) == (2, "the last word", at)
        assert shown.version == 1

    async def test_an_old_message_does_not_make_a_conversation_older(
        self, storage: Storage
    ) -> None:
        talk = await _talk(storage, at=EPOCH + timedelta(days=1))
        await storage.append(ACME, append(talk, message(talk, "old", created_at=EPOCH)))
        shown = await _get(storage, Conversation, talk.id)
        assert shown.active_at == EPOCH + timedelta(days=1)

    async def test_every_field_of_a_message_is_kept(self, storage: Storage) -> None:
        talk = await _talk(storage)
        full = message(
            talk,
            "",
            role="assistant",
            parts=(Text("hi ☃"), Data({"x": [1, None, 2.5]}, name="d")),
            model="p/m",
            finish="stop",
            tokens_in=3,
            tokens_out=4,
            run_id=new_id(),
            group_id=new_id(),
            origin_id=new_id(),
            metadata={"k": {"n": [True]}},
            created_at=EPOCH + timedelta(microseconds=123456),
        )
        placed = await storage.append(ACME, append(talk, full))
        expected = msgspec.structs.replace(full, branch=talk.branch, seq=0)
        assert placed == [expected]
        assert await _path(storage, talk.branch) == [expected]

    async def test_the_same_append_again_is_harmless(self, storage: Storage) -> None:
        talk = await _talk(storage)
        once = append(talk, "one", "two")
        placed = await storage.append(ACME, once)
        await storage.append(ACME, append(talk, "three"))
        again = msgspec.structs.replace(
            once,
            messages=tuple(
                msgspec.structs.replace(m, created_at=EPOCH + timedelta(days=9))
                for m in once.messages
            ),
            expect_head=None,
        )
        assert await storage.append(ACME, again) == placed
        assert len(await _path(storage, talk.branch)) == 3
        assert (await _get(storage, Conversation, talk.id)).message_count == 3
        assert len(await _feed(storage)) == 2

    async def test_an_id_is_not_used_for_other_content(self, storage: Storage) -> None:
        talk = await _talk(storage)
        [stored] = await storage.append(ACME, append(talk, "one"))
        for other in (
            append(talk, message(talk, "other", id=stored.id)),
            append(talk, message(talk, "one", id=stored.id), "new"),
            append(talk, "new", message(talk, "one", id=stored.id)),
        ):
            with pytest.raises(AlreadyExists):
                await storage.append(ACME, other)
        assert await _path(storage, talk.branch) == [stored]

    async def test_an_id_of_another_conversation_is_taken(self, storage: Storage) -> None:
        talk, other = await _talk(storage), await _talk(storage, owner="bob")
        [stored] = await storage.append(ACME, append(talk, "one"))
        with pytest.raises(AlreadyExists):
            await storage.append(ACME, append(other, message(other, "one", id=stored.id)))

    async def test_a_writer_who_expects_another_head_is_told(self, storage: Storage) -> None:
        talk = await _talk(storage)
        [head] = await storage.append(ACME, append(talk, "one", expect_head=None))
        with pytest.raises(HeadMoved) as caught:
            await storage.append(ACME, append(talk, "late", expect_head=None))
        assert caught.value.details["head"] == head.id
        [second] = await storage.append(ACME, append(talk, "two", expect_head=head.id))
        assert second.seq == 1

    async def test_or_is_placed_after_it(self, storage: Storage) -> None:
        talk = await _talk(storage)
        await storage.append(ACME, append(talk, "one"))
        late = append(talk, "late", expect_head=None, on_conflict="append")
        assert [m.seq for m in await storage.append(ACME, late)] == [1]

    async def test_or_gets_a_branch(self, storage: Storage) -> None:
        talk = await _talk(storage)
        [one] = await storage.append(ACME, append(talk, "one"))
        [two] = await storage.append(ACME, append(talk, "two"))
        late = append(talk, "other two", expect_head=one.id, on_conflict="fork")
        [placed] = await storage.append(ACME, late)
        assert (placed.branch, placed.seq, placed.parent_id) == (late.fork_id, 1, one.id)
        assert await _path(storage, late.fork_id) == [one, placed]
        assert await _path(storage, talk.branch) == [one, two]
        first = append(talk, "other one", expect_head=None, on_conflict="fork")
        [root] = await storage.append(ACME, first)
        assert (root.seq, root.parent_id) == (0, None)
        assert await _path(storage, first.fork_id) == [root]

    async def test_the_branch_is_the_named_one_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        talk = await _talk(storage)
        [one] = await storage.append(ACME, append(talk, "one"))
        fork = await _fork(storage, talk, one)
        view = View(
            tenant_id=ACME,
            conversation_id=talk.id,
            user_id="ada",
            branch=fork.id,
            created_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(view))
        [viewers] = await storage.append(ACME, append(talk, "viewer's"))
        [mains] = await storage.append(ACME, append(talk, "main", viewer="bob"))
        [named] = await storage.append(ACME, append(talk, "named", branch=talk.branch))
        assert (viewers.branch, mains.branch, named.branch) == (fork.id, talk.branch, talk.branch)

    async def test_what_is_foreign_or_missing_or_deleted_is_not_found(
        self, storage: Storage
    ) -> None:
        talk, other = await _talk(storage), await _talk(storage, owner="bob")
        gone = await _talk(storage, owner="carol")
        await storage.write(ACME, lambda tx: tx.update(Conversation, gone.id, deleted_at=EPOCH))
        for refused in (
            append(talk, "x", owner_id="bob"),
            append(talk, "x", conversation_id=new_id()),
            append(talk, "x", branch=other.branch),
            append(talk, "x", branch=new_id()),
            append(gone, "x"),
        ):
            with pytest.raises(NotFound):
                await storage.append(ACME, refused)
        with pytest.raises(NotFound):
            await storage.append("globex", append(talk, "x"))

    async def test_an_append_within_a_unit_fails_with_it(self, storage: Storage) -> None:
        talk = await _talk(storage)

        async def work(tx: Transaction) -> None:
            await tx.append(append(talk, "one"))
            await tx.append(append(talk, "two"))
            raise RuntimeError("planned")

        with pytest.raises(RuntimeError, match="planned"):
            await storage.write(ACME, work)
        assert await _path(storage, talk.branch) == []
        assert await _feed(storage) == []
        assert await _matches(storage, "one") == []

    async def test_writers_at_the_same_time_all_get_their_place(self, storage: Storage) -> None:
        talk = await _talk(storage)

        async def writer(number: int) -> None:
            for i in range(5):
                await storage.append(ACME, append(talk, f"{number}.{i}"))

        await asyncio.gather(*(writer(number) for number in range(16)))
        path = await _path(storage, talk.branch)
        assert [m.seq for m in path] == list(range(80))
        assert [m.parent_id for m in path] == [None, *(m.id for m in path[:-1])]
        assert len(await _feed(storage)) == 80
        assert (await _get(storage, Conversation, talk.id)).message_count == 80

    # Paths

    async def test_reading_begins_at_the_named_branch_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        talk, other = await _talk(storage), await _talk(storage, owner="bob")
        [one] = await storage.append(ACME, append(talk, "one"))
        fork = await _fork(storage, talk, one)
        view = View(
            tenant_id=ACME,
            conversation_id=talk.id,
            user_id="ada",
            branch=fork.id,
            created_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(view))

        async def tip(*asked: Any, tenant: str = ACME) -> Branch | None:
            return await storage.read(tenant, lambda tx: tx.tip(*asked))

        main = await _get(storage, Branch, talk.branch)
        assert await tip(talk.id, "ada", "ada") == fork
        assert await tip(talk.id, "ada", "bob") == main
        assert await tip(talk.id, "ada", "ada", main.id) == main
        assert await tip(talk.id, "bob", "ada") is None
        assert await tip(talk.id, "ada", "ada", tenant="globex") is None
        assert await tip(new_id(), "ada", "ada") is None
        assert await tip(talk.id, "ada", "ada", other.branch) is None
        assert await tip(talk.id, "ada", "ada", new_id()) is None
        await storage.write(ACME, lambda tx: tx.update(Branch, fork.id, deleted_at=EPOCH))
        assert await tip(talk.id, "ada", "ada") is None
        await storage.write(ACME, lambda tx: tx.update(Conversation, talk.id, deleted_at=EPOCH))
        assert await tip(talk.id, "ada", "bob") is None

    async def test_a_path_runs_through_its_branches(self, storage: Storage) -> None:
        talk = await _talk(storage)
        main = await storage.append(ACME, append(talk, "m0", "m1", "m2", "m3"))
        fork = await _fork(storage, talk, main[2])
        [f3, f4] = await storage.append(ACME, append(talk, "f3", "f4", branch=fork.id))
        deep = await _fork(storage, talk, f3)
        [d4] = await storage.append(ACME, append(talk, "d4", branch=deep.id))
        empty = await _fork(storage, talk, main[1])
        assert await _path(storage, deep.id) == [*main[:3], f3, d4]
        assert await _path(storage, fork.id, 2, 3) == [main[2], f3]
        assert await _path(storage, deep.id, 4, 99) == [d4]
        assert await _path(storage, deep.id, -5, 0) == [main[0]]
        assert await _path(storage, empty.id) == main[:2]
        assert await _path(storage, fork.id) == [*main[:3], f3, f4]

    async def test_messages_move_to_another_branch(self, storage: Storage) -> None:
        talk = await _talk(storage)
        main = await storage.append(ACME, append(talk, "m0", "m1", "m2"))
        fork = await _fork(storage, talk, main[0])
        assert await storage.write(ACME, lambda tx: tx.move(talk.branch, 1, fork.id)) == 2
        moved = await _get(storage, Message, main[2].id)
        assert moved == msgspec.structs.replace(main[2], branch=fork.id)

    # Search

    @pytest.mark.parametrize(
        ("query", "found"),
        _QUERIES,
    )
    async def test_search_finds_words_phrases_and_prefixes_in_any_script(
        self, storage: Storage, query: str, found: set[str]
    ) -> None:
        talk = await _talk(storage)
        texts = {
            "a": "Where do I sleep?",
            "b": "naïve sleep in the Straße",
            "c": "Sleepers don't wake",
            "d": "大東京都タワー tower",
            "e": "यह हिन्दी है",
        }
        made = {name: message(talk, text) for name, text in texts.items()}
        await storage.append(ACME, append(talk, *made.values()))
        names = {m.id: name for name, m in made.items()}
        assert {names[m.message_id] for m in await _matches(storage, query)} == found

    async def test_search_filters(self, storage: Storage) -> None:
        talk, other = await _talk(storage), await _talk(storage, archived=True)
        late = EPOCH + timedelta(days=2)
        one = message(talk, "tea")
        two = message(talk, "tea", role="assistant", model="p/m", created_at=late)
        three = message(other, "tea")
        await storage.append(ACME, append(talk, one, two))
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
            ({"conversation_id": talk.id}, {one.id, two.id}),
            ({"project_ids": (project.id,)}, {three.id}),
            ({"model": "p/m"}, {two.id}),
            ({"since": late}, {two.id}),
            ({"until": late}, {one.id, three.id}),
            ({"archived": True}, {three.id}),
            ({"archived": False}, {one.id, two.id}),
        ]
        for filters, expected in cases:
            assert {m.message_id for m in await _matches(storage, "tea", **filters)} == expected

    async def test_search_is_the_owners_alone(self, storage: Storage) -> None:
        talk, other = await _talk(storage), await _talk(storage, owner="bob")
        [mine] = await storage.append(ACME, append(talk, "secret"))
        await storage.append(ACME, append(other, "secret"))
        assert [m.message_id for m in await _matches(storage, "secret")] == [mine.id]
        wanted = TextSearch(owner_id="ada", clauses=tuple(clauses("secret")))
        assert await storage.read("globex", lambda tx: tx.search(wanted)) == []

    async def test_search_passes_over_the_trash(self, storage: Storage) -> None:
        talk = await _talk(storage)
        [one] = await storage.append(ACME, append(talk, "tea"))
        fork = await _fork(storage, talk, one)
        await storage.append(ACME, append(talk, "tea", branch=fork.id))
        assert len(await _matches(storage, "tea")) == 2
        await storage.write(ACME, lambda tx: tx.update(Branch, fork.id, deleted_at=EPOCH))
        assert [m.message_id for m in await _matches(storage, "tea")] == [one.id]
        await storage.write(ACME, lambda tx: tx.update(Conversation, talk.id, deleted_at=EPOCH))
        assert await _matches(storage, "tea") == []

    async def test_what_is_deleted_for_good_is_out_of_the_index(self, storage: Storage) -> None:
        talk = await _talk(storage)
        [one, two] = await storage.append(ACME, append(talk, "tea for two", "tea"))
        await storage.write(ACME, lambda tx: tx.delete(Query(Message).where(id=one.id)))
        assert [m.message_id for m in await _matches(storage, "tea")] == [two.id]

    async def test_search_goes_on_where_its_window_ended(self, storage: Storage) -> None:
        talk = await _talk(storage)
        placed = await storage.append(ACME, append(talk, *(f"tea {i}" for i in range(7))))
        found: list[str] = []
        before: int | None = None
        while page := await _matches(storage, "tea", window=3, before=before):
            found += [m.message_id for m in page]
            before = page[-1].position
        assert found == [m.id for m in reversed(placed)]

    async def test_a_book_in_one_message_is_searched_to_its_end(self, storage: Storage) -> None:
        talk = await _talk(storage)
        book = "beginning " + "word " * PASSAGE + "東" * PASSAGE + " ending"
        [placed] = await storage.append(ACME, append(talk, book[: 1024 * 1024]))
        assert [m.message_id for m in await _matches(storage, "ending")] == [placed.id]
        assert [m.message_id for m in await _matches(storage, "beginning word")] == [placed.id]
        await storage.write(ACME, lambda tx: tx.delete(Query(Message).where(id=placed.id)))
        assert await _matches(storage, "ending") == []

    # The feed

    async def test_the_feed_tells_every_change_once_in_order(self, storage: Storage) -> None:
        talk = await _talk(storage)
        await storage.append(ACME, append(talk, "one", "two"))
        change = Change(user_id="ada", kind="conversation.updated", subject_id=talk.id, at=EPOCH)
        other = Change(user_id="bob", kind="project.created", subject_id=talk.id, at=EPOCH)
        await storage.write(ACME, lambda tx: tx.publish(change, other, change))
        feed = await _feed(storage)
        kinds = [entry.kind for entry in feed]
        assert kinds == ["message.created", "conversation.updated", "conversation.updated"]
        positions = [entry.position for entry in feed]
        assert positions == sorted(set(positions))
        assert (feed[0].branch, feed[0].seq, feed[0].count) == (talk.branch, 0, 2)
        assert await _feed(storage, after=positions[0]) == feed[1:]
        assert await storage.read("globex", lambda tx: tx.feed("ada", 0, 10)) == []

    async def test_a_reader_who_follows_the_feed_misses_nothing(self, storage: Storage) -> None:
        talks = [await _talk(storage) for _ in range(4)]
        seen: list[int] = []

        async def reader() -> None:
            async with asyncio.timeout(60):
                while len(seen) < 80:
                    after = seen[-1] if seen else 0
                    page = await storage.read(ACME, lambda tx, a=after: tx.feed("ada", a, 7))
                    seen.extend(entry.position for entry in page)
                    await asyncio.sleep(0)

        async def writer(talk: Conversation) -> None:
            for i in range(20):
                await storage.append(ACME, append(talk, str(i)))

        await asyncio.gather(reader(), *(writer(talk) for talk in talks))
        assert seen == [entry.position for entry in await _feed(storage)]

    # Counters

    async def test_appends_are_counted(self, storage: Storage) -> None:
        talk = await _talk(storage)
        times = [EPOCH + timedelta(minutes=m) for m in (0, 10, 50, 55)]
        await storage.append(ACME, append(talk, message(talk, "a b c", created_at=times[0])))
        answer = message(
            talk, "dd ee", role="assistant", model="p/m", tokens_in=7, tokens_out=2,
            created_at=times[1],
        )  # fmt: skip
        await storage.append(ACME, append(talk, answer, message(talk, "f", created_at=times[2])))
        await storage.append(ACME, append(talk, message(talk, "g", created_at=times[3])))

        async def work(tx: Reader) -> tuple[list[Activity], list[Activity]]:
            every = Query(Activity).where(owner_id="ada")
            return await tx.total(every, ["role", "model"]), await tx.total(every, [])

        by_role, [whole] = await storage.read(ACME, work)
        found = {(a.role, a.model): (a.messages, a.words, a.characters) for a in by_role}
        assert found == {("user", ""): (3, 5, 7), ("assistant", "p/m"): (1, 2, 5)}
        assert (whole.messages, whole.tokens_in, whole.tokens_out) == (4, 7, 2)
        assert whole.engaged_seconds == 600 + 300
        assert (whole.day, whole.hour) == ("", 0)

    async def test_counters_add_up_by_any_of_their_fields(self, storage: Storage) -> None:
        def row(day: str, hour: int, messages: int) -> Activity:
            return Activity(
                tenant_id=ACME, created_at=EPOCH, owner_id="ada", day=day, hour=hour, role="user",
                messages=messages,
            )  # fmt: skip

        rows = [row("2026-01-01", 5, 1), row("2026-01-02", 5, 2), row("2026-01-02", 6, 4)]
        for _ in range(2):
            await storage.write(ACME, lambda tx: tx.tally(*rows))
        query = Query(Activity).where(day__ge="2026-01-01")
        by_day = await storage.read(ACME, lambda tx: tx.total(query, ["day"]))
        assert [(a.day, a.messages) for a in by_day] == [("2026-01-01", 2), ("2026-01-02", 12)]
        by_hour = await storage.read(ACME, lambda tx: tx.total(query, ["hour"]))
        assert [(a.hour, a.messages) for a in by_hour] == [(5, 6), (6, 8)]
        assert await storage.read("globex", lambda tx: tx.total(query, ["day"])) == []


async def _talk(storage: Storage, owner: str = "ada", **fields: Any) -> Conversation:
    at = fields.pop("at", EPOCH)
    [tenant, user, talk, branch], _, _ = conversation(ACME, owner, at)
    assert isinstance(talk, Conversation)
    talk = msgspec.structs.replace(talk, **fields)

    async def work(tx: Transaction) -> None:
        await tx.insert(tenant, absent=True)
        await tx.insert(user, absent=True)
        await insert(tx, [talk, branch])

    await storage.write(ACME, work)
    return talk


async def _fork(storage: Storage, talk: Conversation, at: Message) -> Branch:
    made = Branch(
        tenant_id=ACME,
        id=new_id(),
        conversation_id=talk.id,
        name="fork",
        parent_branch=at.branch,
        fork_seq=at.seq,
        head_seq=at.seq,
        head_id=at.id,
        created_at=EPOCH,
        updated_at=EPOCH,
    )
    await storage.write(ACME, lambda tx: tx.insert(made))
    return made


async def _get(storage: Storage, record: type[Any], key: str) -> Any:
    return await storage.read(ACME, lambda tx: tx.get(record, key))


async def _path(storage: Storage, branch: str, first: int = 0, last: int = 10**6) -> list[Message]:
    async def work(tx: Any) -> list[Message]:
        return await placing.path(tx, await tx.get(Branch, branch), first, last)

    return await storage.read(ACME, work)


async def _matches(storage: Storage, query: str, **filters: Any) -> list[Match]:
    wanted = TextSearch(owner_id="ada", clauses=tuple(clauses(query)), **filters)
    return await storage.read(ACME, lambda tx: tx.search(wanted))


async def _feed(storage: Storage, after: int = 0) -> list[FeedEntry]:
    return await storage.read(ACME, lambda tx: tx.feed("ada", after, 1000))
