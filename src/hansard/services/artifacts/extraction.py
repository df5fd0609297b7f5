"""Extracting artifacts from answers, in the transaction that stores the answer, so that none is lost.

Slow work (parsing the Markdown, compressing) is done before the transaction, for long answers on a thread; an answer
that cannot contain an artifact only costs a search for a few characters. An `ExtractionMarker` is inserted first, so
each message's artifacts are stored once, however often it is processed.

An artifact with the identifier or file name of an earlier one on the path to the message, which is not in the
trash, is stored as the next revision of that one.
"""

from __future__ import annotations

import asyncio
import logging
import sys
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
from hansard.model.lifecycle import complete_state
from hansard.model.messages import Message
from hansard.model.parts import Parts, Text
from hansard.services.artifacts.contents import EncodedContent, content_of, pack, packed_as, unpack
from hansard.services.artifacts.revisions import Provenance, add, current, revise
from hansard.storage import message_tree
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

MAX_FOUND = 100
"""Artifacts per message; further ones are not extracted."""
MAX_AT_ONCE = 2_000
"""Characters that are searched on the event loop, in 0.1 ms for a usual answer; more are searched on a thread."""
MAX_NAME = 500
MAX_DESCRIPTION = 2_000

_log = logging.getLogger(__name__)


class DetectedArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact found in a message, ready to be stored."""

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
"""Detected artifacts by message id."""
NOTHING: Finds = {}


def answers(messages: Iterable[Message]) -> dict[str, Parts]:
    """Return the parts of the messages written by models, by message id."""
    return {message.id: message.parts for message in messages if message.role == "assistant"}


def may_contain_artifacts(message: Message) -> bool:
    """Return False if the message cannot contain an artifact."""
    return message.role == "assistant" and any(map(_is_likely, message.parts))


async def find_in(parts_by_id: Mapping[str, Parts]) -> Finds:
    """Return the artifacts in the parts of messages, by message id."""
    likely = {
        message_id: parts
        for message_id, parts in parts_by_id.items()
        if any(map(_is_likely, parts))
    }
    if not likely:
        return NOTHING
    size = sum(len(p.text) for parts in likely.values() for p in parts if isinstance(p, Text))
    if size <= MAX_AT_ONCE and "hansard.detection.artifacts" in sys.modules:
        return _find_all(likely)
    return await asyncio.to_thread(_find_all, likely)


def _is_likely(part: Any) -> bool:
    return isinstance(part, Text) and is_likely(part.text)


def _find_all(parts_by_id: Mapping[str, Parts]) -> Finds:
    artifacts = {
        message_id: list(_detect(message_id, parts))[:MAX_FOUND]
        for message_id, parts in parts_by_id.items()
    }
    return {message_id: detected for message_id, detected in artifacts.items() if detected}


def _detect(message_id: str, parts: Parts) -> Iterable[DetectedArtifact]:
    from hansard.detection.artifacts import find  # noqa: PLC0415 - slow to import, rarely needed

    for number, part in enumerate(parts):
        if not (isinstance(part, Text) and is_likely(part.text)):
            continue
        try:
            detected = find(part.text)
        except Exception:
            # The message is stored regardless; `hansard artifacts extract` tries again.
            _log.exception("Extracting the artifacts of message %s failed", message_id)
            return
        for artifact in detected[:MAX_FOUND]:
            yield DetectedArtifact(
                part=number,
                type=artifact.type,
                language=artifact.language[:100],
                media_type=artifact.media_type[:200],
                title=artifact.title[:MAX_TITLE],
                description=artifact.description[:MAX_DESCRIPTION],
                identifier=(artifact.identifier or "")[:MAX_NAME],
                file_name=(artifact.file_name or "")[:MAX_NAME],
                closed=artifact.closed,
                text=artifact.content,
                packed=pack(artifact.content),
            )


async def keep(tx: Transaction, messages: Iterable[Message], artifacts: Finds, at: datetime) -> int:
    """Store the artifacts of stored messages, unless that is done already; return how many were stored."""
    count = 0
    for message in messages:
        detected = artifacts.get(message.id)
        if not detected or message.role != "assistant":
            continue
        marker = ExtractionMarker(
            tenant_id=tx.tenant,
            created_at=at,
            message_id=message.id,
            conversation_id=message.conversation_id,
            count=len(detected),
        )
        if await tx.insert(marker, absent=True):
            await _keep_all(tx, message, detected, at)
            count += len(detected)
    return count


async def _keep_all(
    tx: Transaction, message: Message, detected: Sequence[DetectedArtifact], published_at: datetime
) -> None:
    """Store the artifacts of a message, with the message's time, which may be long ago."""
    conversation = await tx.get(Conversation, message.conversation_id)
    branch = await tx.get(Branch, message.branch)
    assert conversation is not None and branch is not None  # noqa: S101, PT018 - the message refers to them
    state = _state(conversation, branch)
    names = {name for detection in detected for name in detection.names}
    on_path = await _on_path(tx, message, branch, names, state["deleted_at"])
    for detection in detected:
        provenance = Provenance(model=message.model, message_id=message.id, part=detection.part)
        previous = next((a for a in on_path if detection.names & {a.identifier, a.file_name}), None)
        if previous is None:
            artifact = _new_artifact(conversation, message, detection, state)
            on_path.append(
                await add(tx, artifact, detection.text, detection.packed, provenance, published_at)
            )
        else:
            fields = await _changes(tx, previous, detection)
            at = max(message.created_at, previous.updated_at)
            revised = await revise(
                tx,
                previous,
                detection.text,
                detection.packed,
                provenance,
                at,
                published_at,
                **fields,
            )
            on_path[on_path.index(previous)] = revised


async def _on_path(
    tx: Transaction, message: Message, branch: Branch, names: set[str], deleted_at: datetime | None
) -> list[Artifact]:
    """Return the artifacts with these names on the path to a message, newest first, locked.

    Artifacts in the trash are left out, unless they have the `deleted_at` of the message's branch or conversation.
    """
    in_conversation = Query(Artifact).where(conversation_id=message.conversation_id)
    ids: dict[str, None] = {}
    for field in ("identifier", "file_name") if names else ():
        named = in_conversation.where(**{f"{field}__in": sorted(names)}).by("-updated_at", "-id")
        ids |= dict.fromkeys(artifact.id for artifact in await tx.select(named))
    ranges = await message_tree.segments(tx, branch, 0, message.seq - 1) if ids else []
    artifacts: list[Artifact] = []
    for artifact_id in ids:
        candidate = await tx.get(Artifact, artifact_id, lock=True)
        visible = candidate is not None and _is_visible(candidate, deleted_at)
        if candidate is not None and visible and await _is_within(tx, candidate, ranges):
            artifacts.append(candidate)
    return artifacts


def _is_visible(artifact: Artifact, deleted_at: datetime | None) -> bool:
    return artifact.state != "purging" and artifact.deleted_at in (None, deleted_at)


async def _is_within(tx: Reader, artifact: Artifact, ranges: list[tuple[str, int, int]]) -> bool:
    if artifact.message_id is None:
        return True
    first = await tx.get(Message, artifact.message_id)
    return first is not None and any(
        first.branch == branch and low <= first.seq <= high for branch, low, high in ranges
    )


def _state(conversation: Conversation, branch: Branch) -> dict[str, Any]:
    """Return the state of an artifact that is extracted from a message of the branch."""
    deleted_at = conversation.deleted_at or branch.deleted_at
    incomplete = next((each.state for each in (conversation, branch) if each.incomplete), None)
    return {"state": incomplete or complete_state(deleted_at), "deleted_at": deleted_at}


def _new_artifact(
    conversation: Conversation,
    message: Message,
    detected: DetectedArtifact,
    state: dict[str, Any],
) -> Artifact:
    return Artifact(
        tenant_id=message.tenant_id,
        id=new_id(),
        owner_id=message.owner_id,
        conversation_id=message.conversation_id,
        project_id=conversation.project_id,
        message_id=message.id,
        branch=message.branch,
        part=detected.part,
        type=detected.type,
        language=detected.language,
        media_type=detected.media_type,
        title=detected.title,
        description=detected.description,
        identifier=detected.identifier,
        file_name=detected.file_name,
        size=detected.packed.size,
        closed=detected.closed,
        temporary=conversation.expires_at is not None,
        **state,
        created_at=message.created_at,
        updated_at=message.created_at,
    )


async def _changes(tx: Reader, previous: Artifact, detected: DetectedArtifact) -> dict[str, Any]:
    """Return the fields that a new revision changes; a title that a user changed stays."""
    renamed = previous.title != (await current(tx, previous)).title
    return {
        "type": detected.type,
        "language": detected.language,
        "media_type": detected.media_type,
        "closed": detected.closed,
        "title": previous.title if renamed else detected.title,
        "description": detected.description or previous.description,
        "identifier": previous.identifier or detected.identifier,
        "file_name": previous.file_name or detected.file_name,
    }


async def artifacts_of_message(tx: Reader, message_id: str) -> list[DetectedArtifact]:
    """Return the artifacts extracted from a message before, so that its copy need not be parsed."""
    revisions = await tx.select(
        Query(Revision).where(message_id=message_id).by("created_at", "artifact_id", "number")
    )
    detected: list[DetectedArtifact] = []
    for revision in revisions:
        artifact = await tx.get(Artifact, revision.artifact_id)
        if artifact is None or revision.part is None:
            continue
        content = await content_of(tx, revision.digest)
        detected.append(
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
                packed=packed_as(content, revision.size),
            )
        )
    return sorted(detected, key=lambda piece: piece.part)
