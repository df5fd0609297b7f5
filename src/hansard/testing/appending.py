"""What every back end keeps: messages find their place, on branches that copy nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from hansard.errors import AlreadyExists, HeadConflict, NotFound
from hansard.ids import new_id
from hansard.model.activity import MessageCounters
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.lifecycle import trashed
from hansard.model.messages import Message
from hansard.model.parts import Data, Text
from hansard.storage.base import Storage, Transaction
from hansard.storage.digests import digest_of
from hansard.storage.message_tree import ENGAGED_GAP
from hansard.storage.query import Query
from hansard.testing.factories import EPOCH, append, message
from hansard.testing.talks import ACME, feed_of, fetched, forked, matches, path_of, talking

SECOND = timedelta(seconds=1)


class AppendContract:
    pytestmark: ClassVar = pytest.mark.anyio

    # Append

    async def test_messages_are_placed_one_after_the_other(self, storage: Storage) -> None:
        talk = await talking(storage)
        first = await storage.append(ACME, append(talk, "one", "two"))
        second = await storage.append(ACME, append(talk, "three"))
        placed = [*first, *second]
        assert [m.seq for m in placed] == [0, 1, 2]
        assert [m.parent_id for m in placed] == [None, placed[0].id, placed[1].id]
        assert {m.branch for m in placed} == {talk.branch}
        assert await path_of(storage, talk.branch) == placed

    @pytest.mark.parametrize("gap", [ENGAGED_GAP - SECOND, ENGAGED_GAP, -SECOND, timedelta(0)])
    async def test_only_short_pauses_between_appends_are_engaged_time(
        self, storage: Storage, gap: timedelta
    ) -> None:
        talk = await talking(storage)
        for at in (EPOCH, EPOCH + gap):
            await storage.append(ACME, append(talk, message(talk, "a", created_at=at)))
        counters = Query(MessageCounters)
        [total] = await storage.read(ACME, lambda tx: tx.aggregate(counters, []))
        engaged = gap.seconds if timedelta(0) < gap < ENGAGED_GAP else 0
        assert (total.messages, total.engaged_seconds) == (2, engaged)

    async def test_head_and_conversation_follow(self, storage: Storage) -> None:
        talk = await talking(storage)
        at = EPOCH + timedelta(hours=1)
        last = message(talk, "the   last\nword", created_at=at)
        await storage.append(ACME, append(talk, message(talk, "first"), last))
        branch = await fetched(storage, Branch, talk.branch)
        assert (branch.head_seq, branch.head_id, branch.version) == (1, last.id, 1)
        shown = await fetched(storage, Conversation, talk.id)
        assert (shown.message_count, shown.preview, shown.active_at) == (2, "the last word", at)
        assert shown.version == 1

    async def test_an_old_message_does_not_make_a_conversation_older(
        self, storage: Storage
    ) -> None:
        talk = await talking(storage, at=EPOCH + timedelta(days=1))
        await storage.append(ACME, append(talk, message(talk, "old", created_at=EPOCH)))
        shown = await fetched(storage, Conversation, talk.id)
        assert shown.active_at == EPOCH + timedelta(days=1)

    async def test_every_field_of_a_message_is_kept(self, storage: Storage) -> None:
        talk = await talking(storage)
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
            author_id="bob",
            metadata={"k": {"n": [True]}},
            created_at=EPOCH + timedelta(microseconds=123456),
        )
        defaults = {field.name: field.default for field in msgspec.structs.fields(Message)}
        same = {name for name, default in defaults.items() if getattr(full, name) == default}
        assert same <= {"parent_id", "digest"}, "a field has no value here"
        placed = await storage.append(ACME, append(talk, full))
        digest = digest_of(full, 0, None)
        expected = msgspec.structs.replace(full, branch=talk.branch, seq=0, digest=digest)
        assert placed == [expected]
        assert await path_of(storage, talk.branch) == [expected]

    async def test_a_digest_covers_a_message_and_all_that_leads_to_it(
        self, storage: Storage
    ) -> None:
        talk = await talking(storage)
        main = await storage.append(ACME, append(talk, "m0", "m1"))
        main += await storage.append(ACME, append(talk, "m2"))
        request = append(talk, "f1", expect_head=main[0].id, on_conflict="fork")
        [other] = await storage.append(ACME, request)
        before = None
        for said in main:
            before = digest_of(said, said.seq, before)
            assert said.digest == before
        assert other.digest == digest_of(other, 1, main[0].digest)
        assert await path_of(storage, talk.branch) == main
        assert (await fetched(storage, Branch, talk.branch)).head_digest == main[-1].digest
        assert (await fetched(storage, Branch, other.branch)).head_digest == other.digest

    async def test_a_message_after_one_without_a_digest_has_none_either(
        self, storage: Storage
    ) -> None:
        """An older version stored it; both get theirs in their turn."""
        talk = await talking(storage)
        [old] = await storage.append(ACME, append(talk, "old"))
        await storage.write(ACME, lambda tx: tx.update(Message, old.id, digest=None))
        [new] = await storage.append(ACME, append(talk, "new"))
        assert new.digest is None
        assert (await path_of(storage, talk.branch))[1].digest is None
        assert (await fetched(storage, Branch, talk.branch)).head_digest is None

    async def test_the_same_append_again_is_harmless(self, storage: Storage) -> None:
        talk = await talking(storage)
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
        assert len(await path_of(storage, talk.branch)) == 3
        assert (await fetched(storage, Conversation, talk.id)).message_count == 3
        assert len(await feed_of(storage)) == 2

    async def test_an_id_is_not_used_for_other_content(self, storage: Storage) -> None:
        talk = await talking(storage)
        [stored] = await storage.append(ACME, append(talk, "one"))
        for other in (
            append(talk, message(talk, "other", id=stored.id)),
            append(talk, message(talk, "one", id=stored.id), "new"),
            append(talk, "new", message(talk, "one", id=stored.id)),
        ):
            with pytest.raises(AlreadyExists):
                await storage.append(ACME, other)
        assert await path_of(storage, talk.branch) == [stored]

    async def test_an_id_of_another_conversation_is_taken(self, storage: Storage) -> None:
        talk, other = await talking(storage), await talking(storage, owner="bob")
        [stored] = await storage.append(ACME, append(talk, "one"))
        with pytest.raises(AlreadyExists):
            await storage.append(ACME, append(other, message(other, "one", id=stored.id)))

    async def test_a_writer_who_expects_another_head_is_told(self, storage: Storage) -> None:
        talk = await talking(storage)
        [head] = await storage.append(ACME, append(talk, "one", expect_head=None))
        with pytest.raises(HeadConflict) as caught:
            await storage.append(ACME, append(talk, "late", expect_head=None))
        assert caught.value.details["head"] == head.id
        [second] = await storage.append(ACME, append(talk, "two", expect_head=head.id))
        assert second.seq == 1

    async def test_or_is_placed_after_it(self, storage: Storage) -> None:
        talk = await talking(storage)
        await storage.append(ACME, append(talk, "one"))
        late = append(talk, "late", expect_head=None, on_conflict="append")
        assert [m.seq for m in await storage.append(ACME, late)] == [1]

    async def test_or_gets_a_branch(self, storage: Storage) -> None:
        talk = await talking(storage)
        [one] = await storage.append(ACME, append(talk, "one"))
        [two] = await storage.append(ACME, append(talk, "two"))
        late = append(talk, "other two", expect_head=one.id, on_conflict="fork")
        [placed] = await storage.append(ACME, late)
        assert (placed.branch, placed.seq, placed.parent_id) == (late.fork_id, 1, one.id)
        assert await path_of(storage, late.fork_id) == [one, placed]
        assert await path_of(storage, talk.branch) == [one, two]
        first = append(talk, "other one", expect_head=None, on_conflict="fork")
        [root] = await storage.append(ACME, first)
        assert (root.seq, root.parent_id) == (0, None)
        assert await path_of(storage, first.fork_id) == [root]

    async def test_the_branch_is_the_named_one_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        talk = await talking(storage)
        [one] = await storage.append(ACME, append(talk, "one"))
        fork = await forked(storage, talk, one)
        view = BranchSelection(
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
        talk, other = await talking(storage), await talking(storage, owner="bob")
        gone = await talking(storage, owner="carol")
        await storage.write(ACME, lambda tx: tx.update(Conversation, gone.id, **trashed(EPOCH)))
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
        talk = await talking(storage)

        async def work(tx: Transaction) -> None:
            await tx.append(append(talk, "one"))
            await tx.append(append(talk, "two"))
            raise RuntimeError("planned")

        with pytest.raises(RuntimeError, match="planned"):
            await storage.write(ACME, work)
        assert await path_of(storage, talk.branch) == []
        assert await feed_of(storage) == []
        assert await matches(storage, "one") == []

    async def test_writers_at_the_same_time_all_get_their_place(self, storage: Storage) -> None:
        talk = await talking(storage)

        async def writer(number: int) -> None:
            for i in range(5):
                await storage.append(ACME, append(talk, f"{number}.{i}"))

        await asyncio.gather(*(writer(number) for number in range(16)))
        path = await path_of(storage, talk.branch)
        assert [m.seq for m in path] == list(range(80))
        assert [m.parent_id for m in path] == [None, *(m.id for m in path[:-1])]
        assert len(await feed_of(storage)) == 80
        assert (await fetched(storage, Conversation, talk.id)).message_count == 80

    # Paths

    async def test_reading_begins_at_the_named_branch_or_the_viewers_or_the_main_one(
        self, storage: Storage
    ) -> None:
        talk, other = await talking(storage), await talking(storage, owner="bob")
        [one] = await storage.append(ACME, append(talk, "one"))
        fork = await forked(storage, talk, one)
        view = BranchSelection(
            tenant_id=ACME,
            conversation_id=talk.id,
            user_id="ada",
            branch=fork.id,
            created_at=EPOCH,
        )
        await storage.write(ACME, lambda tx: tx.insert(view))

        async def resolve_branch(*asked: Any, tenant: str = ACME) -> Branch | None:
            return await storage.read(tenant, lambda tx: tx.resolve_branch(*asked))

        main = await fetched(storage, Branch, talk.branch)
        assert await resolve_branch(talk.id, "ada", "ada") == fork
        assert await resolve_branch(talk.id, "ada", "bob") == main
        assert await resolve_branch(talk.id, "ada", "ada", main.id) == main
        assert await resolve_branch(talk.id, "bob", "ada") is None
        assert await resolve_branch(talk.id, "ada", "ada", tenant="globex") is None
        assert await resolve_branch(new_id(), "ada", "ada") is None
        assert await resolve_branch(talk.id, "ada", "ada", other.branch) is None
        assert await resolve_branch(talk.id, "ada", "ada", new_id()) is None
        await storage.write(ACME, lambda tx: tx.update(Branch, fork.id, **trashed(EPOCH)))
        assert await resolve_branch(talk.id, "ada", "ada") is None
        await storage.write(ACME, lambda tx: tx.update(Conversation, talk.id, **trashed(EPOCH)))
        assert await resolve_branch(talk.id, "ada", "bob") is None

    async def test_a_path_runs_through_its_branches(self, storage: Storage) -> None:
        talk = await talking(storage)
        main = await storage.append(ACME, append(talk, "m0", "m1", "m2", "m3"))
        fork = await forked(storage, talk, main[2])
        [f3, f4] = await storage.append(ACME, append(talk, "f3", "f4", branch=fork.id))
        deep = await forked(storage, talk, f3)
        [d4] = await storage.append(ACME, append(talk, "d4", branch=deep.id))
        empty = await forked(storage, talk, main[1])
        assert await path_of(storage, deep.id) == [*main[:3], f3, d4]
        assert await path_of(storage, fork.id, 2, 3) == [main[2], f3]
        assert await path_of(storage, deep.id, 4, 99) == [d4]
        assert await path_of(storage, deep.id, -5, 0) == [main[0]]
        assert await path_of(storage, empty.id) == main[:2]
        assert await path_of(storage, fork.id) == [*main[:3], f3, f4]

    async def test_messages_move_to_another_branch(self, storage: Storage) -> None:
        talk = await talking(storage)
        main = await storage.append(ACME, append(talk, "m0", "m1", "m2"))
        fork = await forked(storage, talk, main[0])
        assert await storage.write(ACME, lambda tx: tx.move(talk.branch, 1, fork.id)) == 2
        moved = await fetched(storage, Message, main[2].id)
        assert moved == msgspec.structs.replace(main[2], branch=fork.id)
