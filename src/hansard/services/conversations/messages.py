"""Messages: saying, reading, and taking back.

A message never changes. To edit one is to say something else in its place, on a branch of its own; to
delete one is to put it and all that follows from it into the trash (see `trash`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from hansard.errors import Conflict, InvalidInput, NotADatabase, NotFound
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch
from hansard.model.drafts import Draft
from hansard.model.messages import Message
from hansard.model.pages import MessagePage
from hansard.model.parts import Part, blobs_of
from hansard.services.artifacts import extraction
from hansard.services.base import Service, check_limit
from hansard.services.blobs import hold_blobs
from hansard.services.conversations import trash
from hansard.services.conversations.drafts import UNSET, append_request, parts_of
from hansard.services.conversations.forks import fork_before, select_branch
from hansard.storage import message_tree
from hansard.storage.base import Append, OnConflict, Reader, Transaction

PAGE = 200
_CHANGED = "The messages were changed while they were read; read them again."


class Messages(Service):
    async def append(
        self,
        conversation_id: str,
        messages: Sequence[Draft],
        *,
        branch: str | None = None,
        expect_head: str | msgspec.UnsetType | None = UNSET,
        on_conflict: OnConflict = "error",
    ) -> list[Message]:
        """Store messages at the end of a branch, all or none, and return them at their places.

        Without `branch`: the branch the user is on. Messages whose ids were stored before, with the same
        content, are returned as they were stored, so a retry is harmless. `expect_head` is the id of the
        last message the writer knows (None: no message yet); when the branch ends elsewhere, `on_conflict`
        decides: HeadConflict, place after it, or a new branch from where the writer was.
        """
        self.require("write")
        request = append_request(
            self.scope,
            conversation_id,
            messages,
            self.clock(),
            branch=branch,
            expect_head=expect_head,
            on_conflict=on_conflict,
        )
        finds = await extraction.find_in(extraction.answers(request.messages))
        if finds or any(blobs_of(message.parts) for message in request.messages):
            return await self.run_write(lambda tx: place(tx, request, finds))
        return await self.storage.append(self.scope.tenant, request)

    async def read(
        self,
        conversation_id: str,
        *,
        last: int | None = None,
        before: str | None = None,
        after: str | None = None,
        around: str | None = None,
        limit: int = 50,
        branch: str | None = None,
    ) -> MessagePage:
        """Consecutive messages of a branch's path, oldest first.

        One of: the `last` so many; up to `limit` before or after a message; or around one, itself
        included. Without `branch`: the branch the user is on; around a message that is not on it, the
        branch that has the message.
        """
        given = [value for value in (last, before, after, around) if value is not None]
        if len(given) > 1:
            raise InvalidInput("Give one of last, before, after and around.", pointer="/last")
        size = check_limit(limit if last is None else last)

        async def work(tx: Reader) -> MessagePage:
            tip = await self.resolve_branch(tx, conversation_id, branch)
            anchor = before or after or around
            first, end = tip.head_seq - size + 1, tip.head_seq
            if anchor is not None:
                elsewhere = around is not None and branch is None
                tip, seq = await self._find(tx, tip, anchor, elsewhere=elsewhere)
                first, end = _window(seq, size, before=before is not None, after=after is not None)
            return _page(await message_tree.path(tx, tip, first, end), tip)

        return await self.run_read(work)

    async def _find(
        self, tx: Reader, tip: Branch, message_id: str, *, elsewhere: bool
    ) -> tuple[Branch, int]:
        """The seq of a message on the path to `tip`; if it may be `elsewhere`, on its own branch."""
        conversation = await self.conversation(tx, tip.conversation_id)
        message, own = await self.message(tx, conversation, message_id)
        on_path = message.seq <= tip.head_seq and (
            (await message_tree.holder(tx, tip, message.seq)).id == own.id
        )
        if on_path or elsewhere:
            return (tip if on_path else own), message.seq
        raise NotFound("The message is not on this branch.")

    async def get(self, conversation_id: str, message_id: str) -> Message:
        async def work(tx: Reader) -> Message:
            conversation = await self.conversation(tx, conversation_id)
            return (await self.message(tx, conversation, message_id))[0]

        return await self.run_read(work)

    async def all(
        self, conversation_id: str, *, branch: str | None = None
    ) -> AsyncIterator[Message]:
        """Every message of a path as it is now, oldest first, read page by page."""

        end = await self.run_read(lambda tx: self.resolve_branch(tx, conversation_id, branch))
        before: str | None = None
        for first in range(0, end.head_seq + 1, PAGE):
            last = min(first + PAGE - 1, end.head_seq)
            page = await self.run_read(lambda tx, low=first, high=last: _part(tx, end, low, high))
            for message in page:
                if message.parent_id != before:
                    raise Conflict(_CHANGED)
                before = message.id
                yield message

    async def edit(
        self,
        conversation_id: str,
        message_id: str,
        content: str | None = None,
        *,
        parts: Sequence[Part] | None = None,
        id: str | None = None,  # noqa: A002 - the field's name on every door
    ) -> Message:
        """Say something else in a message's place: on a new branch, which the user is then on."""
        checked = parts_of(content, parts)
        made = new_id() if id is None else check_id(id)
        finds = await extraction.find_in({made: checked})

        async def work(tx: Transaction) -> Message:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            message, own = await self.message(tx, conversation, message_id)
            now = self.clock()
            draft = Draft(role=message.role, parts=list(checked), id=made)
            request = append_request(self.scope, conversation.id, [draft], now)
            stored = await message_tree.stored_already(tx, request)
            if stored:
                return stored[0]
            fork = await fork_before(tx, self.scope, own, message, request.fork_id, now)
            await select_branch(tx, self.scope, conversation.id, fork.id, now)
            request = msgspec.structs.replace(request, branch=fork.id)
            [placed] = await place(tx, request, finds)
            return placed

        return await self.run_write(work)

    async def delete(self, conversation_id: str, message_id: str) -> trash.Trashed:
        """Put a message and all that follows from it, on every branch, into the trash."""

        async def work(tx: Transaction) -> trash.Trashed:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            message, own = await self.message(tx, conversation, message_id)
            now = self.clock()
            trashed = await trash.trash_message(tx, conversation, own, message, new_id(), now)
            where: dict[str, Any] = {
                "conversation_id": conversation.id,
                "branch": trashed.branch,
                "seq": message.seq,
                "count": trashed.count,
            }
            await tx.publish(self.change("message.deleted", message.id, now, **where))
            return trashed

        return await self.run_write(work)


async def place(
    tx: Transaction, request: Append, finds: extraction.Finds = extraction.NOTHING
) -> list[Message]:
    """Append within a unit, hold on to the blobs that the messages show, and keep the artifacts in them."""
    placed = await tx.append(request)
    await hold_blobs(tx, placed, request.at)
    await extraction.keep(tx, placed, finds, request.at)
    return placed


async def _part(tx: Reader, end: Branch, first: int, last: int) -> list[Message]:
    """Some of the messages on the path to where a branch ended before; raises Conflict if that is no longer so."""
    try:
        return await message_tree.path(tx, end, first, last)
    except NotADatabase:
        if await tx.get(Branch, end.id) != end:
            raise Conflict(_CHANGED) from None
        raise


def _page(items: list[Message], tip: Branch) -> MessagePage:
    earlier = bool(items) and items[0].seq > 0
    later = bool(items) and items[-1].seq < tip.head_seq
    return MessagePage(items, items[0].id if earlier else None, items[-1].id if later else None)


def _window(seq: int, size: int, *, before: bool, after: bool) -> tuple[int, int]:
    """The first and last seq of a page beside, or around, a place."""
    if before:
        return seq - size, seq - 1
    if after:
        return seq + 1, seq + size
    first = max(0, seq - size // 2)
    return first, first + size - 1
