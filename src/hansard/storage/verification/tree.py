"""Conversations: paths without gaps, digests that are those of the messages, heads where branches end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.messages import Message
from hansard.storage import search_index
from hansard.storage.base import Reader
from hansard.storage.digests import digest_of
from hansard.storage.message_tree import ending_with
from hansard.storage.query import Query
from hansard.storage.verification import blobs, counters, feed, runs
from hansard.storage.verification.findings import PAGE, Said, Seen


async def look(tx: Reader, conversation: Conversation, seen: Seen, *, sealing: bool) -> None:
    """Look at a conversation with all that is in it; `sealing`: messages may be without a digest."""
    seen.looked_at["conversations"] += 1
    counters.count_conversation(seen, conversation)
    subject, halfway = f"conversation {conversation.id}", conversation.incomplete
    seen.said[conversation.id] = Said(conversation.owner_id, conversation.created_at)
    branches = await tx.select(Query(Branch).where(conversation_id=conversation.id))
    known = {branch.id: branch for branch in branches}
    if conversation.branch not in known and not halfway:
        seen.find(subject, "lacks its main branch")
    count = 0
    for branch in branches:
        path = _Path(tx, conversation, branch, seen, sealing=sealing)
        own = await path.look(await _start(tx, branch, known))
        count += own if branch.state == "active" else 0
    if halfway:
        seen.said.pop(conversation.id, None)
        return
    if count != conversation.message_count:
        seen.counts[conversation.id] = count
        said = f"says that it has {conversation.message_count} messages and has {count}"
        seen.find(subject, said, repairable=True)
    for view in await tx.select(Query(BranchSelection).where(conversation_id=conversation.id)):
        if view.branch not in known:
            seen.find(f"view of {view.user_id}", f"is of a branch that {subject} does not have")
    await runs.look(tx, conversation, known, seen)


class _Path:
    """The own messages of a branch, in their order."""

    def __init__(
        self, tx: Reader, conversation: Conversation, branch: Branch, seen: Seen, *, sealing: bool
    ) -> None:
        self._tx = tx
        self._conversation = conversation
        self._branch = branch
        self._seen = seen
        self._sealing = sealing
        self._whole = True
        self._head: Message | None = None
        self._digest: str | None = None
        """Of the head, as it is or as it should be."""

    async def look(self, start: Message | bool) -> int:
        """Returns how many messages there are; `start` is what the first one follows, False if that is amiss."""
        halfway = self._conversation.incomplete or self._branch.incomplete
        subject = f"branch {self._branch.id}"
        if isinstance(start, Message):
            self._head, self._digest = start, start.digest
        self._whole = start is not False
        if not self._whole and not halfway:
            self._seen.find(subject, "leaves another where that has no message")
        count = 0
        async for messages in _pages(self._tx, self._branch):
            count += len(messages)
            before = self._head.created_at if self._head else None
            counters.count_messages(self._seen, self._conversation, messages, before)
            if not halfway:
                await self._messages(messages)
            self._head = messages[-1]
        self._seen.looked_at["messages"] += count
        if self._whole and not halfway:
            self._end(subject)
        return count

    async def _messages(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._say(message, follows=self._place(message))
            feed.count_message(self._seen, message)
            self._head = message
        for message in await search_index.ill_indexed(self._tx, list(messages)):
            said = "is not in the search index as it should be"
            self._seen.find(f"message {message.id}", said, repairable=True)
        await runs.look_at_answers(self._tx, messages, self._seen)
        await blobs.look_at_uses(self._tx, messages, self._seen)

    def _place(self, message: Message) -> bool:
        """Whether the message follows the one before it."""
        seq, head = (self._head.seq, self._head.id) if self._head else (-1, None)
        if message.seq == seq + 1 and message.parent_id == head:
            return True
        if self._whole:
            self._whole = False
            said = f"message {message.id} does not follow the one before it"
            self._seen.find(f"branch {self._branch.id}", said)
        return False

    def _say(self, message: Message, *, follows: bool) -> None:
        subject, conversation = f"message {message.id}", self._conversation
        if message.owner_id != conversation.owner_id:
            self._seen.find(subject, "is of another owner than its conversation")
        right = None
        if follows and (message.parent_id is None or self._digest is not None):
            right = digest_of(message, message.seq, self._digest)
        if message.digest is None and not self._sealing:
            self._seen.find(subject, "has no digest", repairable=right is not None)
            if right is not None:
                self._seen.digests[message.id] = right
        elif follows and message.digest is not None and message.digest != right:
            self._seen.find(subject, "is not what was stored: its digest is of something else")
        self._digest = message.digest or (None if self._sealing else right)

    def _end(self, subject: str) -> None:
        branch, wanted = self._branch, ending_with(self._head)
        wanted["head_digest"] = self._digest
        if self._sealing and None in (self._digest, branch.head_digest):
            wanted["head_digest"] = branch.head_digest
        if all(getattr(branch, name) == value for name, value in wanted.items()):
            return
        self._seen.heads[branch.id] = wanted
        if (branch.head_seq, branch.head_id) == (wanted["head_seq"], wanted["head_id"]):
            said = "has another digest than its last message"
        else:
            said = f"ends at seq {wanted['head_seq']}, but its head is elsewhere (seq {branch.head_seq})"
        self._seen.find(subject, said, repairable=True)


async def _start(tx: Reader, branch: Branch, known: dict[str, Branch]) -> Message | bool:
    """The message that a branch leaves from; True for the very beginning, False if there is none."""
    if branch.fork_seq < 0:
        return branch.parent_branch is None or branch.parent_branch in known
    owner, steps = known.get(branch.parent_branch or ""), 0
    while owner is not None and branch.fork_seq <= owner.fork_seq and steps < len(known):
        owner, steps = known.get(owner.parent_branch or ""), steps + 1
    if owner is None:
        return False
    found = await tx.select(Query(Message).where(branch=owner.id, seq=branch.fork_seq))
    return found[0] if found else False


async def _pages(tx: Reader, branch: Branch) -> AsyncIterator[list[Message]]:
    after: tuple[int, ...] | None = None
    while messages := await tx.select(
        Query(Message).where(branch=branch.id).by("seq").page(PAGE, after)
    ):
        yield messages
        after = (messages[-1].seq,)
