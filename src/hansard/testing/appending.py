"""What every back end keeps: messages find their place, on branches that copy nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from hansard.errors import AlreadyExists, HeadConflict, NotADatabase, NotFound
from hansard.ids import new_id
from hansard.model.activity import MessageCounters
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.lifecycle import trashed
from hansard.model.messages import Message
from hansard.model.parts import Data, Text
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.digests import digest_of
from hansard.storage.message_tree import ENGAGED_GAP
from hansard.storage.query import Query
from hansard.testing.conversations import (
    ACME,
    create_conversation,
    create_fork,
    feed_of,
    get_record,
    matches,
    path_of,
)
from hansard.testing.factories import EPOCH, append, message

SECOND = timedelta(seconds=1)


class AppendContract:
    pytestmark: ClassVar = pytest.mark.anyio

    # Append

    async def test_messages_are_placed_one_after_the_other(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        first = await storage.append(ACME, append(conversation, "one", "two"))
        second = await storage.append(ACME, append(conversation, "three"))
        placed = [*first, *second]
        assert [m.seq for m in placed] == [0, 1, 2]
        assert [m.parent_id for m in placed] == [None, placed[0].id, placed[1].id]
        assert {m.branch for m in placed} == {conversation.branch}
        assert await path_of(storage, conversation.branch) == placed

    @pytest.mark.parametrize("gap", [ENGAGED_GAP - SECOND, ENGAGED_GAP, -SECOND, timedelta(0)])
    async def test_only_short_pauses_between_appends_are_engaged_time(
        self, storage: Storage, gap: timedelta
    ) -> None:
        conversation = await create_conversation(storage)
        for at in (EPOCH, EPOCH + gap):
            await storage.append(
                ACME, append(conversation, message(conversation, "a", created_at=at))
            )
        counters = Query(MessageCounters)
        [total] = await storage.read(ACME, lambda tx: tx.aggregate(counters, []))
        engaged = gap.seconds if timedelta(0) < gap < ENGAGED_GAP else 0
        assert (total.messages, total.engaged_seconds) == (2, engaged)

    async def test_head_and_conversation_follow(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        at = EPOCH + timedelta(hours=1)
        last = message(conversation, "the   last\nword", created_at=at)
        await storage.append(ACME, append(conversation, message(conversation, "first"), last))
        branch = await get_record(storage, Branch, conversation.branch)
        assert (branch.head_seq, branch.head_id, branch.version) == (1, last.id, 1)
        shown = await get_record(storage, Conversation, conversation.id)
        assert (shown.message_count, shown.preview, shown.active_at) == (2, "the last word", at)
        assert shown.version == 1

    async def test_an_old_message_does_not_make_a_conversation_older(
        self, storage: Storage
    ) -> None:
        conversation = await create_conversation(storage, at=EPOCH + timedelta(days=1))
        await storage.append(
            ACME, append(conversation, message(conversation, "old", created_at=EPOCH))
        )
        shown = await get_record(storage, Conversation, conversation.id)
        assert shown.active_at == EPOCH + timedelta(days=1)

    async def test_every_field_of_a_message_is_kept(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        full = message(
            conversation,
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
            author_id="bob",
            metadata={"k": {"n": [True]}},
            created_at=EPOCH + timedelta(microseconds=123456),
        )
        defaults = {field.name: field.default for field in msgspec.structs.fields(Message)}
        same = {name for name, default in defaults.items() if getattr(full, name) == default}
        assert same <= {"parent_id", "digest"}, "a field has no value here"
        placed = await storage.append(ACME, append(conversation, full))
        digest = digest_of(full, 0, None)
        expected = msgspec.structs.replace(full, branch=conversation.branch, seq=0, digest=digest)
        assert placed == [expected]
        assert await path_of(storage, conversation.branch) == [expected]

    async def test_a_digest_covers_a_message_and_all_that_leads_to_it(
        self, storage: Storage
    ) -> None:
        conversation = await create_conversation(storage)
        main = await storage.append(ACME, append(conversation, "m0", "m1"))
        main += await storage.append(ACME, append(conversation, "m2"))
        request = append(conversation, "f1", expect_head=main[0].id, on_conflict="fork")
        [other] = await storage.append(ACME, request)
        before = None
        for stored in main:
            before = digest_of(stored, stored.seq, before)
            assert stored.digest == before
        assert other.digest == digest_of(other, 1, main[0].digest)
        assert await path_of(storage, conversation.branch) == main
        assert (await get_record(storage, Branch, conversation.branch)).head_digest == main[
            -1
        ].digest
        assert (await get_record(storage, Branch, other.branch)).head_digest == other.digest

    async def test_a_message_after_one_without_a_digest_has_none_either(
        self, storage: Storage
    ) -> None:
        """An older version stored it; both get theirs in their turn."""
        conversation = await create_conversation(storage)
        [old] = await storage.append(ACME, append(conversation, "old"))
        await storage.write(ACME, lambda tx: tx.update(Message, old.id, digest=None))
        [new] = await storage.append(ACME, append(conversation, "new"))
        assert new.digest is None
        assert (await path_of(storage, conversation.branch))[1].digest is None
        assert (await get_record(storage, Branch, conversation.branch)).head_digest is None

    async def test_the_same_append_again_is_harmless(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        once = append(conversation, "one", "two")
        placed = await storage.append(ACME, once)
        await storage.append(ACME, append(conversation, "three"))
        again = msgspec.structs.replace(
            once,
            messages=tuple(
                msgspec.structs.replace(m, created_at=EPOCH + timedelta(days=9))
                for m in once.messages
            ),
            expect_head=None,
        )
        assert await storage.append(ACME, again) == placed
        assert len(await path_of(storage, conversation.branch)) == 3
        assert (await get_record(storage, Conversation, conversation.id)).message_count == 3
        assert len(await feed_of(storage)) == 2

    async def test_an_id_is_not_used_for_other_content(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        [stored] = await storage.append(ACME, append(conversation, "one"))
        for other in (
            append(conversation, message(conversation, "other", id=stored.id)),
            append(conversation, message(conversation, "one", id=stored.id), "new"),
            append(conversation, "new", message(conversation, "one", id=stored.id)),
        ):
            with pytest.raises(AlreadyExists):
                await storage.append(ACME, other)
        assert await path_of(storage, conversation.branch) == [stored]

    async def test_an_id_of_another_conversation_is_taken(self, storage: Storage) -> None:
        conversation, other = (
            await create_conversation(storage),
            await create_conversation(storage, owner="bob"),
        )
        [stored] = await storage.append(ACME, append(conversation, "one"))
        with pytest.raises(AlreadyExists):
            await storage.append(ACME, append(other, message(other, "one", id=stored.id)))

    async def test_a_writer_who_expects_another_head_is_told(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        [head] = await storage.append(ACME, append(conversation, "one", expect_head=None))
        with pytest.raises(HeadConflict) as caught:
            await storage.append(ACME, append(conversation, "late", expect_head=None))
        assert caught.value.details["head"] == head.id
        [second] = await storage.append(ACME, append(conversation, "two", expect_head=head.id))
        assert second.seq == 1

    async def test_or_is_placed_after_it(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        await storage.append(ACME, append(conversation, "one"))
        late = append(conversation, "late", expect_head=None, on_conflict="append")
        assert [m.seq for m in await storage.append(ACME, late)] == [1]

    async def test_or_gets_a_branch(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        [one] = await storage.append(ACME, append(conversation, "one"))
        [two] = await storage.append(ACME, append(conversation, "two"))
        late = append(conversation, "other two", expect_head=one.id, on_conflict="fork")
        [placed] = await storage.append(ACME, late)
        assert (placed.branch, placed.seq, placed.parent_id) == (late.fork_id, 1, one.id)
        assert await path_of(storage, late.fork_id) == [one, placed]
        assert await path_of(storage, conversation.branch) == [one, two]
        first = append(conversation, "other one", expect_head=None, on_conflict="fork")
        [root] = await storage.append(ACME, first)
        assert (root.seq, root.parent_id) == (0, None)
        assert await path_of(storage, first.fork_id) == [root]

    async def test_the_branch_is_the_named_one_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        conversation = await create_conversation(storage)
        [one] = await storage.append(ACME, append(conversation, "one"))
        fork = await create_fork(storage, conversation, one)
        view = BranchSelection(
            tenant_id=ACME,
            conversation_id=conversation.id,
            user_id="ada",
            branch=fork.id,
            created_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(view))
        [viewers] = await storage.append(ACME, append(conversation, "viewer's"))
        [mains] = await storage.append(ACME, append(conversation, "main", viewer="bob"))
        [named] = await storage.append(
            ACME, append(conversation, "named", branch=conversation.branch)
        )
        assert (viewers.branch, mains.branch, named.branch) == (
            fork.id,
            conversation.branch,
            conversation.branch,
        )

    async def test_what_is_foreign_or_missing_or_deleted_is_not_found(
        self, storage: Storage
    ) -> None:
        conversation, other = (
            await create_conversation(storage),
            await create_conversation(storage, owner="bob"),
        )
        gone = await create_conversation(storage, owner="carol")
        await storage.write(ACME, lambda tx: tx.update(Conversation, gone.id, **trashed(EPOCH)))
        for refused in (
            append(conversation, "x", owner_id="bob"),
            append(conversation, "x", conversation_id=new_id()),
            append(conversation, "x", branch=other.branch),
            append(conversation, "x", branch=new_id()),
            append(gone, "x"),
        ):
            with pytest.raises(NotFound):
                await storage.append(ACME, refused)
        with pytest.raises(NotFound):
            await storage.append("globex", append(conversation, "x"))

    async def test_an_append_within_a_unit_fails_with_it(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)

        async def work(tx: Transaction) -> None:
            await tx.append(append(conversation, "one"))
            await tx.append(append(conversation, "two"))
            raise RuntimeError("planned")

        with pytest.raises(RuntimeError, match="planned"):
            await storage.write(ACME, work)
        assert await path_of(storage, conversation.branch) == []
        assert await feed_of(storage) == []
        assert await matches(storage, "one") == []

    async def test_writers_at_the_same_time_all_get_their_place(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)

        async def writer(number: int) -> None:
            for i in range(5):
                await storage.append(ACME, append(conversation, f"{number}.{i}"))

        await asyncio.gather(*(writer(number) for number in range(16)))
        path = await path_of(storage, conversation.branch)
        assert [m.seq for m in path] == list(range(80))
        assert [m.parent_id for m in path] == [None, *(m.id for m in path[:-1])]
        assert len(await feed_of(storage)) == 80
        assert (await get_record(storage, Conversation, conversation.id)).message_count == 80

    # Paths

    async def test_reading_begins_at_the_named_branch_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        conversation, other = (
            await create_conversation(storage),
            await create_conversation(storage, owner="bob"),
        )
        [one] = await storage.append(ACME, append(conversation, "one"))
        fork = await create_fork(storage, conversation, one)
        view = BranchSelection(
            tenant_id=ACME,
            conversation_id=conversation.id,
            user_id="ada",
            branch=fork.id,
            created_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(view))

        async def resolve_branch(*asked: Any, tenant: str = ACME) -> Branch | None:
            return await storage.read(tenant, lambda tx: tx.resolve_branch(*asked))

        main = await get_record(storage, Branch, conversation.branch)
        assert await resolve_branch(conversation.id, "ada", "ada") == fork
        assert await resolve_branch(conversation.id, "ada", "bob") == main
        assert await resolve_branch(conversation.id, "ada", "ada", main.id) == main
        assert await resolve_branch(conversation.id, "bob", "ada") is None
        assert await resolve_branch(conversation.id, "ada", "ada", tenant="globex") is None
        assert await resolve_branch(new_id(), "ada", "ada") is None
        assert await resolve_branch(conversation.id, "ada", "ada", other.branch) is None
        assert await resolve_branch(conversation.id, "ada", "ada", new_id()) is None
        await storage.write(ACME, lambda tx: tx.update(Branch, fork.id, **trashed(EPOCH)))
        assert await resolve_branch(conversation.id, "ada", "ada") is None
        await storage.write(
            ACME, lambda tx: tx.update(Conversation, conversation.id, **trashed(EPOCH))
        )
        assert await resolve_branch(conversation.id, "ada", "bob") is None

    async def test_messages_of_a_branch_are_read_by_their_positions(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        main = await storage.append(ACME, append(conversation, "m0", "m1", "m2"))

        async def messages(first: int, last: int, tenant: str = ACME) -> list[Message]:
            async def work(tx: Reader) -> list[Message]:
                await tx.get(Branch, conversation.branch)
                return await tx.messages(conversation.branch, first, last)

            return await storage.read(tenant, work)

        for _ in range(2):  # they may be kept
            assert await messages(1, 1) == main[1:2]
            assert await messages(0, 2) == main
            with pytest.raises(NotADatabase):
                await messages(1, 3)
            with pytest.raises(NotADatabase):
                await messages(0, 2, tenant="globex")

    async def test_a_path_runs_through_its_branches(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        main = await storage.append(ACME, append(conversation, "m0", "m1", "m2", "m3"))
        fork = await create_fork(storage, conversation, main[2])
        [f3, f4] = await storage.append(ACME, append(conversation, "f3", "f4", branch=fork.id))
        deep = await create_fork(storage, conversation, f3)
        [d4] = await storage.append(ACME, append(conversation, "d4", branch=deep.id))
        empty = await create_fork(storage, conversation, main[1])
        assert await path_of(storage, deep.id) == [*main[:3], f3, d4]
        assert await path_of(storage, fork.id, 2, 3) == [main[2], f3]
        assert await path_of(storage, deep.id, 4, 99) == [d4]
        assert await path_of(storage, deep.id, -5, 0) == [main[0]]
        assert await path_of(storage, empty.id) == main[:2]
        assert await path_of(storage, fork.id) == [*main[:3], f3, f4]

    async def test_messages_move_to_another_branch(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        main = await storage.append(ACME, append(conversation, "m0", "m1", "m2"))
        fork = await create_fork(storage, conversation, main[0])
        assert await storage.write(ACME, lambda tx: tx.move(conversation.branch, 1, fork.id)) == 2
        moved = await get_record(storage, Message, main[2].id)
        assert moved == msgspec.structs.replace(main[2], branch=fork.id)
