"""Reads conversations for an export, several in one transaction while they are small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from hansard.errors import Conflict
from hansard.model.artifacts import Artifact, ExtractionMarker
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.services.ordering import outer_first
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA

PAGE = 500
"""Messages that are read in one transaction, and rows of each other table."""
MOST = 50
"""Conversations that are read in one transaction."""
PURGED_MEANWHILE = "Data was purged during the export; export again."

DEPENDENTS = [
    (table, table.parent)
    for table in SCHEMA.tables
    if table.exported
    and table.parent is not None
    and table.parent.record in (Branch, Message)
    and table.record not in (Message, ExtractionMarker)
]
"""What belongs to branches and messages, except messages and what is read together with artifacts."""

Rows = Mapping[str, Sequence[Any]]
"""Records by the id of what they belong to."""


class Snapshot(NamedTuple):
    """The changeable state of a conversation, read in one transaction, and if it is small, all that belongs to it."""

    conversation: Conversation
    branches: list[Branch]
    """Each after the one it forks from."""
    artifacts: Sequence[Artifact]
    extractions: Sequence[ExtractionMarker]
    messages: Rows | None
    """The messages of each branch; None: they are read page by page."""
    dependents: Mapping[type[Entry], Rows] | None
    """By type, what belongs to branches and messages of a conversation; None: it is read page by page."""


def groups(conversations: Iterable[Conversation]) -> Iterable[list[str]]:
    """Yield the ids of conversations that are read together."""
    group: list[str] = []
    size = 0
    for conversation in conversations:
        if group and (len(group) == MOST or size + conversation.message_count > PAGE):
            yield group
            group, size = [], 0
        group.append(conversation.id)
        size += conversation.message_count
    if group:
        yield group


async def read(tx: Reader, ids: Sequence[str]) -> list[Snapshot]:
    """Return the conversations with these ids, without those that are being imported or purged, or are gone."""
    within = {"conversation_id__in": ids}
    found = await tx.select(Query(Conversation).where(id__in=ids))
    conversations = {each.id: each for each in found if not each.incomplete}
    branches = await tx.select(Query(Branch).where(**within).by("created_at", "id"))
    branches = [b for b in branches if b.conversation_id in conversations and not b.incomplete]
    artifacts = await tx.select(Query(Artifact).where(**within).by("created_at", "id"))
    markers = Query(ExtractionMarker).where(**within).by("created_at", "message_id")
    extractions = await tx.select(markers)
    messages = await _messages(tx, branches)
    dependents = await _dependents(tx, within)
    branches_of: dict[str, list[Branch]] = _by("conversation_id", branches)
    artifacts_of = _by("conversation_id", [each for each in artifacts if not each.incomplete])
    extractions_of = _by("conversation_id", extractions)
    return [
        Snapshot(
            conversations[each],
            outer_first(branches_of.get(each, []), lambda branch: branch.parent_branch),
            artifacts_of.get(each, ()),
            extractions_of.get(each, ()),
            messages,
            dependents,
        )
        for each in ids
        if each in conversations
    ]


async def _messages(tx: Reader, branches: Sequence[Branch]) -> Rows | None:
    """Return the messages of branches; None if there are many, or not as many as there should be."""
    if sum(branch.head_seq - branch.fork_seq for branch in branches) > PAGE:
        return None
    filled = [branch.id for branch in branches if branch.head_seq > branch.fork_seq]
    query = Query(Message).where(branch__in=filled).by("branch", "seq")
    messages = _by("branch", await tx.select(query) if filled else [])
    are_whole = all(
        len(messages.get(branch.id, ())) == branch.head_seq - branch.fork_seq for branch in branches
    )
    return messages if are_whole else None


async def _dependents(tx: Reader, within: dict[str, Any]) -> Mapping[type[Entry], Rows] | None:
    """Return what belongs to branches and messages, by conversation; None if there is much."""
    dependents: dict[type[Entry], Rows] = {}
    for table, _ in DEPENDENTS:
        query = Query(table.record).where(**within).by(*table.key)
        rows = await tx.select(query.page(PAGE))
        if len(rows) == PAGE:
            return None
        dependents[table.record] = _by("conversation_id", rows)
    return dependents


def _by(name: str, records: Iterable[Any]) -> dict[str, list[Any]]:
    """Return records by a field, in their order."""
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for record in records:
        grouped[getattr(record, name)].append(record)
    return grouped


async def read_path(tx: Reader, branch: Branch, first: int) -> list[Message]:
    """Return messages from a seq on of the path to where the branch ended, even if they have moved.

    Raises Conflict if they are gone.
    """
    last = min(first + PAGE - 1, branch.head_seq)
    head = await tx.get(Message, branch.head_id)
    owner = await tx.get(Branch, head.branch) if head else None
    messages = await message_tree.path(tx, owner, first, last) if owner else []
    if len(messages) <= last - first:
        raise Conflict(PURGED_MEANWHILE)
    return [
        message if message.branch == branch.id else replace(message, branch=branch.id)
        for message in messages
    ]
