"""Verifies conversations: paths without gaps, digests that match the messages, and heads at the ends of branches."""

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
from hansard.storage.verification.findings import PAGE, Collector, Expected


async def verify_conversation(
    tx: Reader, conversation: Conversation, collector: Collector, *, sealing: bool
) -> None:
    """Verify a conversation and all its records; with `sealing`, messages may have no digest yet."""
    collector.looked_at["conversations"] += 1
    counters.count_conversation(collector, conversation)
    subject, halfway = f"conversation {conversation.id}", conversation.incomplete
    collector.expected[conversation.id] = Expected(conversation.owner_id, conversation.created_at)
    branches = await tx.select(Query(Branch).where(conversation_id=conversation.id))
    known = {branch.id: branch for branch in branches}
    if conversation.branch not in known and not halfway:
        collector.find(subject, "lacks its main branch")
    count = 0
    for branch in branches:
        path = _Path(tx, conversation, branch, collector, sealing=sealing)
        own = await path.verify(await _start(tx, branch, known))
        count += own if branch.state == "active" else 0
    if halfway:
        collector.expected.pop(conversation.id, None)
        return
    if count != conversation.message_count:
        collector.counts[conversation.id] = count
        finding = f"has {count} messages, but states {conversation.message_count}"
        collector.find(subject, finding, repairable=True)
    for view in await tx.select(Query(BranchSelection).where(conversation_id=conversation.id)):
        if view.branch not in known:
            collector.find(f"view of {view.user_id}", f"is of a branch that is not in {subject}")
    await runs.verify_runs(tx, conversation, known, collector)


class _Path:
    """The own messages of a branch, in order."""

    def __init__(
        self,
        tx: Reader,
        conversation: Conversation,
        branch: Branch,
        collector: Collector,
        *,
        sealing: bool,
    ) -> None:
        self._tx = tx
        self._conversation = conversation
        self._branch = branch
        self._collector = collector
        self._sealing = sealing
        self._whole = True
        self._head: Message | None = None
        self._digest: str | None = None
        """The expected digest of the head."""

    async def verify(self, start: Message | bool) -> int:
        """Verify the branch and return its number of messages.

        `start` is the message before the first one, True if there is none, False if it is missing.
        """
        halfway = self._conversation.incomplete or self._branch.incomplete
        subject = f"branch {self._branch.id}"
        if isinstance(start, Message):
            self._head, self._digest = start, start.digest
        self._whole = start is not False
        if not self._whole and not halfway:
            self._collector.find(subject, "forks from another branch where that has no message")
        count = 0
        async for messages in _pages(self._tx, self._branch):
            count += len(messages)
            before = self._head.created_at if self._head else None
            counters.count_messages(self._collector, self._conversation, messages, before)
            if not halfway:
                await self._messages(messages)
            self._head = messages[-1]
        self._collector.looked_at["messages"] += count
        if self._whole and not halfway:
            self._end(subject)
        return count

    async def _messages(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._say(message, follows=self._check_position(message))
            feed.count_message(self._collector, message)
            self._head = message
        for message in await search_index.wrongly_indexed(self._tx, list(messages)):
            finding = "has wrong entries in the search index"
            self._collector.find(f"message {message.id}", finding, repairable=True)
        await runs.verify_answers(self._tx, messages, self._collector)
        await blobs.verify_uses(self._tx, messages, self._collector)

    def _check_position(self, message: Message) -> bool:
        """Return whether the message follows the one before it."""
        seq, head = (self._head.seq, self._head.id) if self._head else (-1, None)
        if message.seq == seq + 1 and message.parent_id == head:
            return True
        if self._whole:
            self._whole = False
            finding = f"message {message.id} does not follow the one before it"
            self._collector.find(f"branch {self._branch.id}", finding)
        return False

    def _say(self, message: Message, *, follows: bool) -> None:
        subject, conversation = f"message {message.id}", self._conversation
        if message.owner_id != conversation.owner_id:
            self._collector.find(subject, "has another owner than its conversation")
        right = None
        if follows and (message.parent_id is None or self._digest is not None):
            right = digest_of(message, message.seq, self._digest)
        if message.digest is None and not self._sealing:
            self._collector.find(subject, "has no digest", repairable=right is not None)
            if right is not None:
                self._collector.digests[message.id] = right
        elif follows and message.digest is not None and message.digest != right:
            self._collector.find(subject, "was changed: it does not match its digest")
        self._digest = message.digest or (None if self._sealing else right)

    def _end(self, subject: str) -> None:
        branch, wanted = self._branch, ending_with(self._head)
        wanted["head_digest"] = self._digest
        if self._sealing and None in (self._digest, branch.head_digest):
            wanted["head_digest"] = branch.head_digest
        if all(getattr(branch, name) == value for name, value in wanted.items()):
            return
        self._collector.heads[branch.id] = wanted
        if (branch.head_seq, branch.head_id) == (wanted["head_seq"], wanted["head_id"]):
            finding = "has another digest than its last message"
        else:
            finding = f"ends at seq {wanted['head_seq']}, but its head is elsewhere (seq {branch.head_seq})"
        self._collector.find(subject, finding, repairable=True)


async def _start(tx: Reader, branch: Branch, known: dict[str, Branch]) -> Message | bool:
    """Return the message from which a branch forks; True for the start of the conversation, False if it is missing."""
    if branch.fork_seq < 0:
        return branch.parent_branch is None or branch.parent_branch in known
    owner, steps = known.get(branch.parent_branch or ""), 0
    while owner is not None and branch.fork_seq <= owner.fork_seq and steps < len(known):
        owner, steps = known.get(owner.parent_branch or ""), steps + 1
    if owner is None:
        return False
    messages = await tx.select(Query(Message).where(branch=owner.id, seq=branch.fork_seq))
    return messages[0] if messages else False


async def _pages(tx: Reader, branch: Branch) -> AsyncIterator[list[Message]]:
    after: tuple[int, ...] | None = None
    while messages := await tx.select(
        Query(Message).where(branch=branch.id).by("seq").page(PAGE, after)
    ):
        yield messages
        after = (messages[-1].seq,)
