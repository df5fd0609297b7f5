"""Integrity of imported data: conversation trees without gaps, and blobs that match their digests."""

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
"""Steps from branch to parent for all branches of a conversation: some seconds."""


class TreeCheck:
    """Checks the records of one conversation, in their order.

    A branch may come before the one it forks from; the fork points are checked in `check`, when all have come.
    """

    def __init__(self) -> None:
        self._branches: dict[str, Branch] = {}
        self._starts: dict[str, str | None] = {}
        """The parent of each branch's first message."""
        self._ends: dict[str, tuple[int, str | None]] = {}
        """The seq and id of the last message of each branch so far, own or shared."""
        self._messages: dict[tuple[str, int], str] = {}
        """Message ids by branch and seq, for fork points."""
        self._steps = 0
        self._ids: dict[str, str] = {}
        """The branch of each message."""
        self._times: dict[str, datetime] = {}

    def add(self, record: Any) -> None:
        """Add a record. Raises InvalidInput if it does not fit the tree."""
        if isinstance(record, Branch):
            self._branches[record.id] = record
        elif isinstance(record, Message):
            self._message(record)
        elif isinstance(record, Rating) and record.message_id not in self._ids:
            raise InvalidInput(f"Message {record.message_id} has a rating but is not in the file.")
        elif isinstance(record, Artifact | Revision | ExtractionMarker):
            self._check_origin(record)

    def _check_origin(self, record: Artifact | Revision | ExtractionMarker) -> None:
        """Raises InvalidInput if an artifact's message is not in the conversation, or on another branch."""
        branch = self._ids.get(record.message_id) if record.message_id else None
        missing = record.message_id is not None and branch is None
        if missing or (isinstance(record, Artifact) and record.branch != branch):
            raise InvalidInput(
                f"Message {record.message_id} has an artifact but is not in the file."
            )

    def _message(self, message: Message) -> None:
        branch = self._branches.get(message.branch)
        if branch is None:
            raise InvalidInput(f"Message {message.id} is on a branch that is not in the file.")
        if branch.id not in self._ends:
            self._starts[branch.id] = message.parent_id
        seq, head = self._ends.get(branch.id, (branch.fork_seq, message.parent_id))
        if message.seq != seq + 1 or message.parent_id != head:
            raise InvalidInput(f"Message {message.id} does not follow the one before it.")
        self._ends[branch.id] = (message.seq, message.id)
        self._messages[message.branch, message.seq] = message.id
        self._ids[message.id] = message.branch
        self._times[message.id] = message.created_at

    def branches(self) -> list[Branch]:
        return list(self._branches.values())

    def has(self, message_id: str) -> bool:
        return message_id in self._ids

    def time_of(self, message_id: str | None) -> datetime | None:
        """Return the time of a message; None if it has not come."""
        return self._times.get(message_id) if message_id else None

    def _at(self, branch_id: str | None, seq: int) -> str | None:
        """Return the id of the message with a seq on a branch's path."""
        if seq < 0:
            return None
        steps = 0
        while branch_id is not None and steps <= len(self._branches):
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooLarge("The branches of a conversation are nested too deeply.")
            if (branch_id, seq) in self._messages:
                return self._messages[branch_id, seq]
            branch = self._branches.get(branch_id)
            branch_id = branch.parent_branch if branch and seq <= branch.fork_seq else None
            steps += 1
        raise InvalidInput("A branch forks from a message that is not in the file.")

    def check(self, conversation: Conversation) -> None:
        """Raises InvalidInput or TooLarge if the tree is incomplete or heads and counts do not match the messages."""
        main = self._branches.get(conversation.branch)
        if main is None or main.parent_branch is not None:
            raise InvalidInput(f"Conversation {conversation.id} has no main branch.")
        if len(self._reached(main)) < len(self._branches):
            raise InvalidInput(
                f"Branches of conversation {conversation.id} are not connected to its main branch."
            )
        for branch in self._branches.values():
            fork_message = self._at(branch.parent_branch, branch.fork_seq)
            if self._starts.get(branch.id, fork_message) != fork_message:
                raise InvalidInput(f"Branch {branch.id} does not start at its fork point.")
            end = self._ends.get(branch.id, (branch.fork_seq, fork_message))
            if end != (branch.head_seq, branch.head_id):
                raise InvalidInput(f"Branch {branch.id} does not end with its head.")
        visible = [b for b in self._branches.values() if b.state == "active"]
        count = sum(branch.head_seq - branch.fork_seq for branch in visible)
        if count != conversation.message_count:
            raise InvalidInput(
                f"Conversation {conversation.id} has a message_count of {conversation.message_count}, "
                f"but {count} messages."
            )

    def _reached(self, main: Branch) -> list[str]:
        """Return the ids of the branches that descend from the main branch."""
        forks: defaultdict[str, list[str]] = defaultdict(list)
        for branch in self._branches.values():
            if branch.parent_branch is not None:
                forks[branch.parent_branch].append(branch.id)
        reached = [main.id]
        for branch_id in reached:
            reached += forks[branch_id]
        return reached


class Chain:
    """Computes the digests of the messages of a conversation being imported.

    A message that comes before its parent gets no digest, and neither do its descendants.
    """

    def __init__(self) -> None:
        self._digests: dict[str, Digest | None] = {}
        self.has_gaps = False
        """Whether some messages have no digest yet."""

    def add_digests(self, messages: Sequence[Message]) -> list[Message]:
        """Return the messages with their digests. Raises InvalidInput if one does not match the exported digest."""
        return [self._add_digest(message) for message in messages]

    def _add_digest(self, message: Message) -> Message:
        parent_digest = self._digests.get(message.parent_id) if message.parent_id else None
        digest = None
        if message.parent_id is None or parent_digest is not None:
            digest = digest_of(message, message.seq, parent_digest)
            if message.digest not in (None, digest):
                raise InvalidInput(
                    f"Message {message.id}, or one before it, was changed since the export: its digest does not match. "
                    "Remove `digest` from its line to import it anyway."
                )
        self._digests[message.id] = digest
        self.has_gaps = self.has_gaps or digest is None
        return message if message.digest == digest else replace(message, digest=digest)

    def wrong_heads(self, branches: Sequence[Branch]) -> dict[str, Digest | None]:
        """Return the head digests of the branches whose records have other ones."""
        ends = {b.id: self._digests.get(b.head_id) if b.head_id else None for b in branches}
        return {b.id: ends[b.id] for b in branches if b.head_digest != ends[b.id]}


class BlobCheck:
    """Collects the chunks of a blob and checks that they match its digest."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self._count = 0
        self._data = bytearray()
        self._digest = hashlib.sha256()

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    def add(self, chunk: BlobChunk) -> bool:
        """Add a chunk; return whether the blob is complete. Raises InvalidInput if it does not fit."""
        if chunk.blob_id != self.blob.id or chunk.number != self._count:
            raise InvalidInput(f"A chunk of blob {chunk.blob_id} is out of order.")
        self._count += 1
        self._data += chunk.data
        self._digest.update(chunk.data)
        if len(self._data) < self.blob.size:
            return False
        if self._digest.hexdigest() != self.blob.id:
            raise InvalidInput(f"The chunks of blob {self.blob.id} do not match its digest.")
        return True
