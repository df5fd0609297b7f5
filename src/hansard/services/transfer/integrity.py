"""Whether what came in from outside is whole: a conversation's tree without gaps, a blob with its own bytes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from hansard.errors import InvalidInput, TooLarge
from hansard.model.artifacts import Artifact, ExtractionMarker, Revision
from hansard.model.base import Digest
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Rating
from hansard.storage.digests import digest_of

MAX_STEPS = 10_000_000
"""From a branch to the one that it left, for all branches of a conversation: some seconds."""


class TreeCheck:
    """Sees the records of one conversation in their order; what it refuses would break paths.

    A branch may come before the one it left. Whether it left that at a message is known when all have come.
    """

    def __init__(self) -> None:
        self._branches: dict[str, Branch] = {}
        self._starts: dict[str, str | None] = {}
        """What the first message of each branch follows."""
        self._ends: dict[str, tuple[int, str | None]] = {}
        """How far each branch has come: the seq and id of its last message, own or shared."""
        self._messages: dict[tuple[str, int], str] = {}
        """The ids of messages by their places, at which branches leave others."""
        self._steps = 0
        self._ids: dict[str, str] = {}
        """The branch of each message."""

    def add(self, record: Any) -> None:
        if isinstance(record, Branch):
            self._branches[record.id] = record
        elif isinstance(record, Message):
            self._message(record)
        elif isinstance(record, Rating) and record.message_id not in self._ids:
            raise InvalidInput(f"Message {record.message_id} was rated and is not there.")
        elif isinstance(record, Artifact | Revision | ExtractionMarker):
            self._made(record)

    def _made(self, record: Artifact | Revision | ExtractionMarker) -> None:
        """What was made is made in an answer of this conversation, and where that is."""
        branch = self._ids.get(record.message_id) if record.message_id else None
        missing = record.message_id is not None and branch is None
        if missing or (isinstance(record, Artifact) and record.branch != branch):
            raise InvalidInput(f"Message {record.message_id} made something and is not there.")

    def _message(self, message: Message) -> None:
        branch = self._branches.get(message.branch)
        if branch is None:
            raise InvalidInput(f"Message {message.id} is on a branch that is not there.")
        if branch.id not in self._ends:
            self._starts[branch.id] = message.parent_id
        seq, head = self._ends.get(branch.id, (branch.fork_seq, message.parent_id))
        if message.seq != seq + 1 or message.parent_id != head:
            raise InvalidInput(f"Message {message.id} does not follow the one before it.")
        self._ends[branch.id] = (message.seq, message.id)
        self._messages[message.branch, message.seq] = message.id
        self._ids[message.id] = message.branch

    def branches(self) -> list[Branch]:
        return list(self._branches.values())

    def has(self, message_id: str) -> bool:
        return message_id in self._ids

    def _at(self, branch_id: str | None, seq: int) -> str | None:
        """The id of the message at a depth of a branch's path."""
        if seq < 0:
            return None
        steps = 0
        while branch_id is not None and steps <= len(self._branches):
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooLarge("The branches of a conversation leave each other in too long rows.")
            if (branch_id, seq) in self._messages:
                return self._messages[branch_id, seq]
            branch = self._branches.get(branch_id)
            branch_id = branch.parent_branch if branch and seq <= branch.fork_seq else None
            steps += 1
        raise InvalidInput("A branch leaves another where that has no message.")

    def deleted_at(self, conversation: Conversation) -> dict[str, datetime | None]:
        """When what is on each branch went into the trash."""
        return {b.id: conversation.deleted_at or b.deleted_at for b in self._branches.values()}

    def check(self, conversation: Conversation) -> None:
        """All is there, and the heads are where the branches end."""
        main = self._branches.get(conversation.branch)
        if main is None or main.parent_branch is not None:
            raise InvalidInput(f"Conversation {conversation.id} lacks its main branch.")
        if len(self._reached(main)) < len(self._branches):
            raise InvalidInput(f"Branches of conversation {conversation.id} come from nowhere.")
        for branch in self._branches.values():
            left = self._at(branch.parent_branch, branch.fork_seq)
            if self._starts.get(branch.id, left) != left:
                raise InvalidInput(f"Branch {branch.id} does not begin where it left another.")
            end = self._ends.get(branch.id, (branch.fork_seq, left))
            if end != (branch.head_seq, branch.head_id):
                raise InvalidInput(f"Branch {branch.id} does not end with its head.")
        seen = [b for b in self._branches.values() if b.deleted_at is None]
        count = sum(branch.head_seq - branch.fork_seq for branch in seen)
        if count != conversation.message_count:
            raise InvalidInput(
                f"Conversation {conversation.id} says that it has {conversation.message_count} messages, "
                f"and has {count}."
            )

    def _reached(self, main: Branch) -> list[str]:
        """The branches that come from the main one."""
        left: defaultdict[str, list[str]] = defaultdict(list)
        for branch in self._branches.values():
            if branch.parent_branch is not None:
                left[branch.parent_branch].append(branch.id)
        found = [main.id]
        for branch_id in found:
            found += left[branch_id]
        return found


class Chain:
    """Gives the messages of a conversation that is coming in their digests.

    A message that comes before the one it follows gets none, and none of those that follow it.
    """

    def __init__(self) -> None:
        self._digests: dict[str, Digest | None] = {}
        self.has_gaps = False
        """Whether some messages have no digest."""

    def seal(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with their digests; raises InvalidInput if one is not as it was when it was exported."""
        return [self._seal(message) for message in messages]

    def _seal(self, message: Message) -> Message:
        before = self._digests.get(message.parent_id) if message.parent_id else None
        digest = None
        if message.parent_id is None or before is not None:
            digest = digest_of(message, message.seq, before)
            if message.digest not in (None, digest):
                raise InvalidInput(
                    f"Message {message.id}, or one before it, is not what was exported: its digest is of something "
                    "else. Without `digest` in its line, it is taken as it is."
                )
        self._digests[message.id] = digest
        self.has_gaps = self.has_gaps or digest is None
        return replace(message, digest=digest)

    def wrong_heads(self, branches: Sequence[Branch]) -> dict[str, Digest | None]:
        """The digests of the heads of branches that do not say them."""
        ends = {b.id: self._digests.get(b.head_id) if b.head_id else None for b in branches}
        return {b.id: ends[b.id] for b in branches if b.head_digest != ends[b.id]}


class BlobCheck:
    """Gathers the pieces of one blob; the last one shows whether they are its bytes."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self._count = 0
        self._data = bytearray()
        self._digest = hashlib.sha256()

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    def add(self, chunk: BlobChunk) -> bool:
        """Whether the blob is complete; raises InvalidInput if the pieces are not its bytes."""
        if chunk.blob_id != self.blob.id or chunk.number != self._count:
            raise InvalidInput(f"A piece of blob {chunk.blob_id} is out of place.")
        self._count += 1
        self._data += chunk.data
        self._digest.update(chunk.data)
        if len(self._data) < self.blob.size:
            return False
        if self._digest.hexdigest() != self.blob.id:
            raise InvalidInput(f"The pieces of blob {self.blob.id} are not its bytes.")
        return True
