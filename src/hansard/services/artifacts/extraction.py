"""Taking artifacts out of answers: in the very unit of work that stores the answer, so that none is lost.

What takes time (reading the Markdown, compressing) comes before the unit, on a thread of its own; an answer in which
no artifact can be costs a look for a few characters. An `Extraction` says that a message is done, and is written
first: however often a message comes by, its artifacts are made once.

An artifact that has the identifier or the file name of one that was made earlier on the path to the message, and is
not in the trash, is that one's next revision.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hansard.detection.prefilter import is_likely
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, ArtifactType, ExtractionMarker, Revision
from hansard.model.branches import Branch
from hansard.model.checks import MAX_TITLE
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Parts, Text
from hansard.services.artifacts.contents import EncodedContent, content_of, pack, unpack
from hansard.services.artifacts.revisions import Provenance, add, current, revise
from hansard.storage import message_tree
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

MAX_FOUND = 100
"""Artifacts of one message; what comes after them stays in the message alone."""
MAX_NAME = 500
MAX_DESCRIPTION = 2_000

_log = logging.getLogger(__name__)


class DetectedArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact in a message, ready to be kept."""

    part: int
    type: ArtifactType
    language: str
    media_type: str
    title: str
    description: str
    identifier: str
    file_name: str
    closed: bool
    text: str
    packed: EncodedContent

    @property
    def names(self) -> set[str]:
        return {self.identifier, self.file_name} - {""}


Finds = Mapping[str, Sequence[DetectedArtifact]]
"""What is in messages, by their ids."""
NOTHING: Finds = {}


def answers(messages: Iterable[Message]) -> dict[str, Parts]:
    """What models said, by the ids of the messages."""
    return {message.id: message.parts for message in messages if message.role == "assistant"}


def may_have_made(message: Message) -> bool:
    """False if no artifact can be in the message."""
    return message.role == "assistant" and any(map(_is_likely, message.parts))


async def find_in(said: Mapping[str, Parts]) -> Finds:
    """The artifacts in what was said, by the ids of the messages."""
    likely = {key: parts for key, parts in said.items() if any(map(_is_likely, parts))}
    return await asyncio.to_thread(_find_all, likely) if likely else NOTHING


def _is_likely(part: Any) -> bool:
    return isinstance(part, Text) and is_likely(part.text)


def _find_all(said: Mapping[str, Parts]) -> Finds:
    found = {key: list(_pieces(key, parts))[:MAX_FOUND] for key, parts in said.items()}
    return {key: pieces for key, pieces in found.items() if pieces}


def _pieces(key: str, parts: Parts) -> Iterable[DetectedArtifact]:
    from hansard.detection.artifacts import find  # noqa: PLC0415 - it is slow to import, and seldom needed

    for number, part in enumerate(parts):
        if not (isinstance(part, Text) and is_likely(part.text)):
            continue
        try:
            found = find(part.text)
        except Exception:
            # What somebody said is kept, whatever is in it; `hansard artifacts extract` looks again.
            _log.exception("The artifacts of message %s cannot be found", key)
            return
        for one in found[:MAX_FOUND]:
            yield DetectedArtifact(
                part=number,
                type=one.type,
                language=one.language[:100],
                media_type=one.media_type[:200],
                title=one.title[:MAX_TITLE],
                description=one.description[:MAX_DESCRIPTION],
                identifier=(one.identifier or "")[:MAX_NAME],
                file_name=(one.file_name or "")[:MAX_NAME],
                closed=one.closed,
                text=one.content,
                packed=pack(one.content),
            )


async def keep(tx: Transaction, messages: Iterable[Message], finds: Finds, at: datetime) -> int:
    """Make the artifacts of stored messages, unless it was done before; returns how many pieces were kept."""
    kept = 0
    for message in messages:
        pieces = finds.get(message.id)
        if not pieces or message.role != "assistant":
            continue
        extraction = ExtractionMarker(
            tenant_id=tx.tenant,
            created_at=at,
            message_id=message.id,
            conversation_id=message.conversation_id,
            count=len(pieces),
        )
        if await tx.insert(extraction, absent=True):
            await _keep_all(tx, message, pieces, at)
            kept += len(pieces)
    return kept


async def _keep_all(
    tx: Transaction, message: Message, pieces: Sequence[DetectedArtifact], told_at: datetime
) -> None:
    """Artifacts have the time of their message, which may be long ago."""
    conversation = await tx.get(Conversation, message.conversation_id)
    branch = await tx.get(Branch, message.branch)
    assert conversation is not None and branch is not None  # noqa: S101, PT018 - where it is
    hidden = conversation.deleted_at or branch.deleted_at
    names = {name for piece in pieces for name in piece.names}
    known = await _on_path(tx, message, branch, names, hidden)
    for piece in pieces:
        origin = Provenance(model=message.model, message_id=message.id, part=piece.part)
        old = next((a for a in known if piece.names & {a.identifier, a.file_name}), None)
        if old is None:
            made = _made(conversation, message, piece, hidden)
            known.append(await add(tx, made, piece.text, piece.packed, origin, told_at))
        else:
            fields = await _changes(tx, old, piece)
            at = max(message.created_at, old.updated_at)
            changed = await revise(tx, old, piece.text, piece.packed, origin, at, told_at, **fields)
            known[known.index(old)] = changed


async def _on_path(
    tx: Transaction, message: Message, branch: Branch, names: set[str], hidden: datetime | None
) -> list[Artifact]:
    """The artifacts of these names that the path to a message has, the newest first, locked.

    One that is in the trash is another, unless it is `hidden` with the message itself.
    """
    here = Query(Artifact).where(conversation_id=message.conversation_id)
    ids: dict[str, None] = {}
    for field in ("identifier", "file_name") if names else ():
        named = here.where(**{f"{field}__in": sorted(names)}).by("-updated_at", "-id")
        ids |= dict.fromkeys(artifact.id for artifact in await tx.select(named))
    ranges = await message_tree.segments(tx, branch, 0, message.seq - 1) if ids else []
    found: list[Artifact] = []
    for artifact_id in ids:
        locked = await tx.get(Artifact, artifact_id, lock=True)
        seen = locked is not None and locked.deleted_at in (None, hidden)
        if locked is not None and seen and await _is_within(tx, locked, ranges):
            found.append(locked)
    return found


async def _is_within(tx: Reader, artifact: Artifact, ranges: list[tuple[str, int, int]]) -> bool:
    if artifact.message_id is None:
        return True
    first = await tx.get(Message, artifact.message_id)
    return first is not None and any(
        first.branch == branch and low <= first.seq <= high for branch, low, high in ranges
    )


def _made(
    conversation: Conversation, message: Message, piece: DetectedArtifact, hidden: datetime | None
) -> Artifact:
    return Artifact(
        tenant_id=message.tenant_id,
        id=new_id(),
        owner_id=message.owner_id,
        conversation_id=message.conversation_id,
        project_id=conversation.project_id,
        message_id=message.id,
        branch=message.branch,
        part=piece.part,
        type=piece.type,
        language=piece.language,
        media_type=piece.media_type,
        title=piece.title,
        description=piece.description,
        identifier=piece.identifier,
        file_name=piece.file_name,
        size=piece.packed.size,
        closed=piece.closed,
        temporary=conversation.expires_at is not None,
        deleted_at=hidden,
        created_at=message.created_at,
        updated_at=message.created_at,
    )


async def _changes(tx: Reader, old: Artifact, piece: DetectedArtifact) -> dict[str, Any]:
    """What a revision changes; a title that a person gave in between stays."""
    renamed = old.title != (await current(tx, old)).title
    return {
        "type": piece.type,
        "language": piece.language,
        "media_type": piece.media_type,
        "closed": piece.closed,
        "title": old.title if renamed else piece.title,
        "description": piece.description or old.description,
        "identifier": old.identifier or piece.identifier,
        "file_name": old.file_name or piece.file_name,
    }


async def pieces_of(tx: Reader, message_id: str) -> list[DetectedArtifact]:
    """What was taken out of a message before, so that a copy of the message need not be read again."""
    revisions = await tx.select(
        Query(Revision).where(message_id=message_id).by("created_at", "artifact_id", "number")
    )
    pieces: list[DetectedArtifact] = []
    for revision in revisions:
        artifact = await tx.get(Artifact, revision.artifact_id)
        if artifact is None or revision.part is None:
            continue
        content = await content_of(tx, revision.digest)
        packed = EncodedContent(
            digest=revision.digest,
            size=revision.size,
            encoding=content.encoding,
            data=content.data,
        )
        pieces.append(
            DetectedArtifact(
                part=revision.part,
                type=artifact.type,
                language=artifact.language,
                media_type=artifact.media_type,
                title=revision.title,
                description=artifact.description,
                identifier=artifact.identifier,
                file_name=artifact.file_name,
                closed=revision.closed,
                text=unpack(content),
                packed=packed,
            )
        )
    return sorted(pieces, key=lambda piece: piece.part)
