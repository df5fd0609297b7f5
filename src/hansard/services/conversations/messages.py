"""Messages: appending, reading, editing and deleting them.

A message never changes. Editing one appends a new message in its place, on a new branch; deleting one moves
it and everything after it to the trash (see `trash`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hansard.errors import Conflict, InvalidInput, NotADatabase, NotFound
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch
from hansard.model.drafts import Draft
from hansard.model.messages import Message, OnConflict
from hansard.model.pages import MessagePage
from hansard.model.parts import Part, blobs_of
from hansard.services.artifacts import extraction
from hansard.services.base import Service, check_limit
from hansard.services.blobs import hold_blobs
from hansard.services.conversations import trash
from hansard.services.conversations.drafts import UNSET, append_request, parts_of
from hansard.services.conversations.forks import fork_before, select_branch
from hansard.storage import message_tree
from hansard.storage.base import Append, Reader, Transaction
from hansard.storage.query import Query

PAGE = 200
_CHANGED = "The branch changed while its messages were read; read them again."


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
        """Append messages to a branch, all or none, and return them as stored.

        Without `branch`, the user's current branch. Messages whose ids are stored already, with the same content, are
        returned as stored, so a request can be repeated. `expect_head` is the id of the last message that the client
        knows (None: the branch is empty). If the branch ends elsewhere, `on_conflict` decides: "error" raises
        HeadConflict, "append" appends anyway, "fork" starts a new branch after the expected message. Raises EmptyInput
        without messages, NotFound if the conversation, branch or a blob does not exist, AlreadyExists if a message id
        is stored with other content.
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
        artifacts = await extraction.find_in(extraction.answers(request.messages))
        if artifacts or any(blobs_of(message.parts) for message in request.messages):
            return await self.run_write(lambda tx: append_with_side_effects(tx, request, artifacts))
        return await self._storage.append(self.scope.tenant, request)

    async def read(
        self,
        conversation_id: str,
        *,
        first: int | None = None,
        last: int | None = None,
        before: str | None = None,
        after: str | None = None,
        around: str | None = None,
        limit: int = 50,
        branch: str | None = None,
    ) -> MessagePage:
        """Return a page of consecutive messages of a branch, oldest first.

        Give one of `first` or `last` (a number of the oldest or newest messages), `before`, `after` or `around`
        (message ids); `limit` is the page size for the latter three. Without `branch`, the user's current branch; with
        `around` and a message that is not on it, the branch that owns the message. Raises InvalidInput if several are
        given, NotFound if the message is not on the branch.
        """
        counts = {"first": first, "last": last}
        selectors = [
            value for value in (*counts.values(), before, after, around) if value is not None
        ]
        if len(selectors) > 1:
            raise InvalidInput(
                "Give one of first, last, before, after and around.", pointer="/last"
            )
        size = check_limit(limit)
        for name, count in counts.items():
            size = size if count is None else check_limit(count, name)

        async def read_page(tx: Reader) -> MessagePage:
            head_branch = await self.resolve_branch(tx, conversation_id, branch)
            anchor = before or after or around
            low, end = head_branch.head_seq - size + 1, head_branch.head_seq
            if first is not None:
                low, end = 0, size - 1
            if anchor is not None:
                elsewhere = around is not None and branch is None
                head_branch, seq = await self._find(tx, head_branch, anchor, elsewhere=elsewhere)
                low, end = _window(seq, size, before=before is not None, after=after is not None)
            return _page(await message_tree.path(tx, head_branch, low, end), head_branch)

        return await self.run_read(read_page)

    async def _find(
        self, tx: Reader, target: Branch, message_id: str, *, elsewhere: bool
    ) -> tuple[Branch, int]:
        """Return the branch to read and the seq of a message on it.

        This is `target`; if the message is not on its path and may be `elsewhere`, the branch that owns the message.
        """
        conversation = await self.conversation(tx, target.conversation_id, "read")
        message, owner = await self.message(tx, conversation, message_id)
        on_path = message.seq <= target.head_seq and (
            (await message_tree.owning_branch(tx, target, message.seq)).id == owner.id
        )
        if on_path or elsewhere:
            return (target if on_path else owner), message.seq
        raise NotFound("The message is not on this branch.")

    async def get(self, conversation_id: str, message_id: str) -> Message:
        """Return one message of a conversation. Raises NotFound if it does not exist."""

        async def get_message(tx: Reader) -> Message:
            conversation = await self.conversation(tx, conversation_id, "read")
            return (await self.message(tx, conversation, message_id))[0]

        return await self.run_read(get_message)

    async def all(
        self, conversation_id: str, *, branch: str | None = None
    ) -> AsyncIterator[Message]:
        """Yield all messages of a branch as it is now, oldest first, read page by page.

        Raises Conflict if the branch is changed meanwhile so that its messages no longer follow each other.
        """

        end = await self.run_read(lambda tx: self.resolve_branch(tx, conversation_id, branch))
        before: str | None = None
        for first in range(0, end.head_seq + 1, PAGE):
            last = min(first + PAGE - 1, end.head_seq)
            page = await self.run_read(
                lambda tx, low=first, high=last: _read_part(tx, end, low, high)
            )
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
        id: str | None = None,  # noqa: A002 - the API's name for the field
    ) -> Message:
        """Append a message in place of another, on a new branch that becomes the user's current one; return it.

        Give either `content` or `parts`. `id` is the new message's id and makes the request repeatable.
        """
        checked = parts_of(content, parts)
        edited_id = new_id() if id is None else check_id(id)
        artifacts = await extraction.find_in({edited_id: checked})

        async def append_edit(tx: Transaction) -> Message:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            message, owner = await self.message(tx, conversation, message_id)
            now = self.clock()
            draft = Draft(role=message.role, parts=list(checked), id=edited_id)
            request = append_request(self.scope, conversation.id, [draft], now)
            stored = await message_tree.stored_already(tx, request)
            if stored:
                return stored[0]
            fork = await fork_before(tx, self.scope, owner, message, request.fork_id, now)
            await select_branch(tx, self.scope, fork, now)
            request = msgspec.structs.replace(request, branch=fork.id)
            [edited] = await append_with_side_effects(tx, request, artifacts)
            return edited

        return await self.run_write(append_edit)

    async def delete(self, conversation_id: str, message_id: str) -> trash.Trashed:
        """Move a message and everything after it, on every branch, to the trash."""

        async def trash_message(tx: Transaction) -> trash.Trashed:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            message, owner = await self.message(tx, conversation, message_id)
            now = self.clock()
            trashed = await trash.trash_message(tx, conversation, owner, message, new_id(), now)
            await self._publish_deletion(tx, message, trashed, now)
            return trashed

        return await self.run_write(trash_message)

    async def delete_all(self, conversation_id: str) -> trash.Trashed:
        """Move all messages of a conversation, on every branch, to the trash.

        Restoring the returned branch restores all of them. Raises NotFound if the conversation does not exist, Conflict
        if it has no messages.
        """

        async def trash_messages(tx: Transaction) -> trash.Trashed:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            main = await self.branch(tx, conversation, conversation.branch, lock=True)
            now = self.clock()
            trashed = await trash.trash_messages(tx, conversation, main, new_id(), now)
            [first] = await tx.select(Query(Message).where(branch=trashed.branch, seq=0))
            await self._publish_deletion(tx, first, trashed, now)
            return trashed

        return await self.run_write(trash_messages)

    async def _publish_deletion(
        self, tx: Transaction, message: Message, trashed: trash.Trashed, now: datetime
    ) -> None:
        fields: dict[str, Any] = {
            "conversation_id": message.conversation_id,
            "branch": trashed.branch,
            "seq": message.seq,
            "count": trashed.count,
        }
        await tx.publish(self.change("message.deleted", message.id, now, **fields))


async def append_with_side_effects(
    tx: Transaction, request: Append, artifacts: extraction.Finds = extraction.NOTHING
) -> list[Message]:
    """Append within a transaction, record which blobs the messages use, and store the artifacts in them."""
    stored = await tx.append(request)
    await hold_blobs(tx, stored, request.at)
    await extraction.keep(tx, stored, artifacts, request.at)
    return stored


async def _read_part(tx: Reader, branch: Branch, first: int, last: int) -> list[Message]:
    """Return messages of the path to a branch as it was read before.

    Raises Conflict if the branch has changed and they are gone.
    """
    try:
        return await message_tree.path(tx, branch, first, last)
    except NotADatabase:
        if await tx.get(Branch, branch.id) != branch:
            raise Conflict(_CHANGED) from None
        raise


def _page(items: list[Message], branch: Branch) -> MessagePage:
    earlier = bool(items) and items[0].seq > 0
    later = bool(items) and items[-1].seq < branch.head_seq
    return MessagePage(items, items[0].id if earlier else None, items[-1].id if later else None)


def _window(seq: int, size: int, *, before: bool, after: bool) -> tuple[int, int]:
    """Return the first and last seq of a page before, after or around a seq."""
    if before:
        return seq - size, seq - 1
    if after:
        return seq + 1, seq + size
    first = max(0, seq - size // 2)
    return first, first + size - 1
