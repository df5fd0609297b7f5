"""Whether what is kept makes sense: paths without gaps, heads where branches end, counts that count.

A tenant is looked at in one unit of work, so one state of it is judged. Some of what is kept follows from
the messages (heads, counts, the search index) and can be made anew from them; the rest is only reported.

Conversations that are being purged or imported are half-way by design, and are finished by others: of them
only the counters are looked at. Engaged time is not recounted, for it depends on the order in which branches
were written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from hansard.model.activity import Activity
from hansard.model.artifacts import Artifact, ArtifactText, Revision
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.storage import placing
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query
from hansard.storage.sql import indexing
from hansard.storage.sql.transaction import SqlTransaction

PAGE = 500
_HALFWAY = datetime(1970, 1, 2, tzinfo=UTC)
"""`deleted_at` is not later for what is being purged or imported."""
_IMPORTING = datetime(1970, 1, 1, tzinfo=UTC)
_SUMS = ("conversations", "messages", "words", "characters", "tokens_in", "tokens_out")
_KEY = ("owner_id", "project_id", "day", "hour", "role", "model")
_FEED = {
    # The last position of the feed, and the last that was ever given.
    "sqlite": (
        "SELECT coalesce(max(position), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) FROM feed"
    ),
    "postgres": (
        "SELECT coalesce((SELECT max(position) FROM hansard.feed), 0), "
        "(value + pg_snapshot_xmax(pg_current_snapshot())::text::bigint) * 4096 FROM hansard.feed_epoch"
    ),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    tenant: str
    subject: str
    """Such as `branch 0193…`."""
    message: str
    repairable: bool = False
    """Whether it can be made anew from the messages."""


class _Seen:
    """What a look at one tenant gathers."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.findings: list[Finding] = []
        self.sums: Counter[tuple[object, ...]] = Counter()
        """What the counters should say, by key and counter."""
        self.counts: dict[str, int] = {}
        """The right `message_count` of conversations that have a wrong one."""
        self.heads: dict[str, tuple[int, str | None]] = {}
        """Where branches end that say something else."""

    def find(self, subject: str, message: str, *, repairable: bool = False) -> None:
        self.findings.append(
            Finding(tenant=self.tenant, subject=subject, message=message, repairable=repairable)
        )


async def verify(storage: Storage) -> list[Finding]:
    """Everything that is wrong in any tenant."""
    findings: list[Finding] = []
    for tenant in await storage.tenants():
        findings += (await storage.read(tenant, _look)).findings
    if extra := await storage.read("", indexing.superfluous):
        said = f"has {extra} passages that belong to nothing"
        findings.append(Finding(tenant="", subject="search index", message=said, repairable=True))
    return findings


async def repair(storage: Storage) -> None:
    """Make anew what follows from the messages: heads, counts, counters and the search index."""
    for tenant in await storage.tenants():
        await storage.write(tenant, _mend)
    if storage.exclusive:
        await storage.write("", indexing.rebuild)


async def _mend(tx: Transaction) -> None:
    if isinstance(tx, SqlTransaction) and tx.sql.dialect.name == "postgres":
        # Nobody appends meanwhile: an append changes its conversation.
        await tx.rows("LOCK TABLE hansard.conversations IN EXCLUSIVE MODE", ())
        await indexing.rebuild(tx)
    seen = await _look(tx)
    for conversation, count in seen.counts.items():
        await tx.update(Conversation, conversation, message_count=count)
    for branch, (seq, message) in seen.heads.items():
        await tx.update(Branch, branch, head_seq=seq, head_id=message)
    await tx.tally(*await _corrections(tx, seen))


async def _look(tx: Reader) -> _Seen:
    seen = _Seen(tx.tenant)
    after: tuple[str, ...] | None = None
    while found := await tx.select(Query(Conversation).by("id").page(PAGE, after)):
        for conversation in found:
            await _conversation(tx, conversation, seen)
        after = (found[-1].id,)
    if await _corrections(tx, seen):
        seen.find("counters", "do not say what the messages say", repairable=True)
    await _made(tx, seen)
    await _feed(tx, seen)
    return seen


# Conversations and their branches


async def _conversation(tx: Reader, conversation: Conversation, seen: _Seen) -> None:
    if conversation.deleted_at != _IMPORTING:
        at = conversation.created_at
        key = (conversation.owner_id, conversation.project_id or "", at.date().isoformat(), at.hour)
        seen.sums[*key, "", "", "conversations"] += 1
    halfway = _is_halfway(conversation)
    branches = await tx.select(Query(Branch).where(conversation_id=conversation.id))
    known = {branch.id: branch for branch in branches}
    if conversation.branch not in known and not halfway:
        seen.find(f"conversation {conversation.id}", "lacks its main branch")
    count = 0
    for branch in branches:
        own = await _branch(tx, conversation, branch, known, seen)
        count += own if branch.deleted_at is None else 0
    if count != conversation.message_count and not halfway:
        seen.counts[conversation.id] = count
        said = f"says that it has {conversation.message_count} messages and has {count}"
        seen.find(f"conversation {conversation.id}", said, repairable=True)


async def _branch(
    tx: Reader, conversation: Conversation, branch: Branch, known: dict[str, Branch], seen: _Seen
) -> int:
    """Look at a branch; returns how many messages are its own."""
    halfway = _is_halfway(conversation) or _is_halfway(branch)
    subject = f"branch {branch.id}"
    start = await _start(tx, branch, known)
    if start is None and not halfway:
        seen.find(subject, "leaves another where that has no message")
    seq, head = branch.fork_seq, start or None
    whole, count = start is not None, 0
    async for messages in _pages(tx, branch):
        count += len(messages)
        _count(seen, conversation, messages)
        if halfway:
            continue
        for message in messages:
            if whole and (message.seq != seq + 1 or message.parent_id != head):
                whole = False
                seen.find(subject, f"message {message.id} does not follow the one before it")
            seq, head = message.seq, message.id
        for message in await indexing.ill_indexed(tx, messages):
            said = "is not in the search index as it should be"
            seen.find(f"message {message.id}", said, repairable=True)
    if whole and not halfway and (branch.head_seq, branch.head_id) != (seq, head):
        seen.heads[branch.id] = (seq, head)
        said = f"ends at seq {seq}, but its head is elsewhere (seq {branch.head_seq})"
        seen.find(subject, said, repairable=True)
    return count


async def _start(tx: Reader, branch: Branch, known: dict[str, Branch]) -> str | None:
    """The id of the message that a branch leaves from; empty for the very beginning, None if amiss."""
    if branch.fork_seq < 0:
        return "" if branch.parent_branch is None or branch.parent_branch in known else None
    owner, steps = known.get(branch.parent_branch or ""), 0
    while owner is not None and branch.fork_seq <= owner.fork_seq and steps < len(known):
        owner, steps = known.get(owner.parent_branch or ""), steps + 1
    if owner is None:
        return None
    found = await tx.select(Query(Message).where(branch=owner.id, seq=branch.fork_seq))
    return found[0].id if found else None


async def _pages(tx: Reader, branch: Branch) -> AsyncIterator[list[Message]]:
    after: tuple[int, ...] | None = None
    while messages := await tx.select(
        Query(Message).where(branch=branch.id).by("seq").page(PAGE, after)
    ):
        yield messages
        after = (messages[-1].seq,)


def _is_halfway(record: Conversation | Branch) -> bool:
    return record.deleted_at is not None and record.deleted_at <= _HALFWAY


# Artifacts


async def _made(tx: Reader, seen: _Seen) -> None:
    """Each artifact has its newest revision, and is found by what it says."""
    after: tuple[str, ...] | None = None
    while found := await tx.select(Query(Artifact).by("id").page(PAGE, after)):
        ids = [artifact.id for artifact in found]
        texts = await tx.select(Query(ArtifactText).where(id__in=ids).by("id"))
        wrong = {text.id for text in await indexing.ill_indexed_artifacts(tx, texts)}
        wrong |= set(ids) - {text.id for text in texts}
        for artifact in found:
            if artifact.deleted_at is not None and artifact.deleted_at <= _HALFWAY:
                continue
            newest = await tx.get(Revision, artifact.id, artifact.revision)
            if newest is None or newest.size != artifact.size:
                seen.find(f"artifact {artifact.id}", f"lacks its revision {artifact.revision}")
            if artifact.id in wrong:
                said = "is not in the search index as it should be"
                seen.find(f"artifact {artifact.id}", said, repairable=True)
        after = (ids[-1],)


# Counters


def _count(seen: _Seen, conversation: Conversation, messages: Sequence[Message]) -> None:
    for row in placing.activity(messages, conversation.project_id, None):
        for name in _SUMS:
            seen.sums[*(getattr(row, field) for field in _KEY), name] += getattr(row, name)


async def _corrections(tx: Reader, seen: _Seen) -> list[Activity]:
    """What must be added to the counters to make them right."""
    wanted = Counter(seen.sums)
    rows = await tx.total(Query(Activity), _KEY)
    for row in rows:
        for name in _SUMS:
            wanted[*(getattr(row, field) for field in _KEY), name] -= getattr(row, name)
    wrong: dict[tuple[object, ...], dict[str, int]] = {}
    for (*key, name), missing in wanted.items():
        if missing:
            wrong.setdefault(tuple(key), {})[str(name)] = missing
    at = datetime.now(UTC)
    return [
        msgspec.convert(
            {"tenant_id": tx.tenant, "created_at": at, **dict(zip(_KEY, key, strict=True)), **sums},
            Activity,
        )
        for key, sums in wrong.items()
    ]


# The feed


async def _feed(tx: Reader, seen: _Seen) -> None:
    if not isinstance(tx, SqlTransaction):
        return
    [(last, given)] = await tx.rows(_FEED[tx.sql.dialect.name], ())
    if last > given:
        seen.find("feed", f"the next position would be before the last, which is {last}")
