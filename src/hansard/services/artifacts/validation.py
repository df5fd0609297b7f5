"""Validation of artifact fields, and the filter for listing artifacts."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import msgspec

from hansard.errors import InvalidInput, RevisionConflict, TooLarge
from hansard.ids import check_id
from hansard.model.artifacts import Artifact, ArtifactType
from hansard.model.checks import (
    check_json,
    check_media_type,
    check_text,
    check_time,
    check_title,
)
from hansard.services.artifacts.extraction import MAX_DESCRIPTION, MAX_NAME
from hansard.services.base import Checks
from hansard.storage.query import Query

MAX_CONTENT = 1024 * 1024
"""Bytes, the same as for a message."""
MAX_NOTE = 1_000


class ArtifactFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Criteria for listing artifacts; None means any.

    Artifacts of temporary conversations are listed only with `conversation_id` or `message_id`.
    """

    conversation_id: str | None = None
    message_id: str | None = None
    """Those with a revision from this message."""
    project_id: str | None = None
    collection_id: str | None = None
    type: ArtifactType | None = None
    language: str | None = None
    since: datetime | None = None
    """Changed at this time or later."""
    until: datetime | None = None
    """Changed before this time."""
    deleted: bool = False
    """List artifacts in the trash instead of the others."""
    shared: bool = False
    """List what others share with the user instead of the user's own; without conversation and project."""


def check_content(content: str) -> str:
    """Return the content. Raises InvalidInput if it is empty, TooLarge above MAX_CONTENT bytes."""
    check_text(content, "/content", MAX_CONTENT)
    if not content:
        raise InvalidInput("The content must not be empty.", pointer="/content")
    if len(content.encode()) > MAX_CONTENT:
        raise TooLarge(f"The content must not exceed {MAX_CONTENT} bytes.", pointer="/content")
    return content


def check_note(note: str) -> str:
    return check_text(note, "/note", MAX_NOTE)


def _check_type(value: str) -> str:
    if value not in get_args(ArtifactType):
        raise InvalidInput(
            f"type must be one of {', '.join(get_args(ArtifactType))}.", pointer="/type"
        )
    return value


CHECKS: Checks = {
    "type": _check_type,
    "title": check_title,
    "language": lambda language: check_text(language, "/language", 100).lower(),
    "media_type": lambda media_type: check_media_type(media_type, "/media_type"),
    "description": lambda text: check_text(text, "/description", MAX_DESCRIPTION),
    "identifier": lambda text: check_text(text, "/identifier", MAX_NAME),
    "file_name": lambda text: check_text(text, "/file_name", MAX_NAME),
    "metadata": lambda metadata: check_json(metadata, "/metadata"),
}
"""Validators by field, for requests and imported files."""


def build_query(owner_id: str, criteria: ArtifactFilter) -> Query[Artifact]:
    """Return the query for the criteria. Raises InvalidInput for values that are invalid or cannot be combined."""
    trash = criteria.deleted and not criteria.shared
    query = Query(Artifact).where(state="trashed" if trash else "active")
    if not criteria.shared:
        query = query.where(owner_id=owner_id)
    if criteria.conversation_id is None and criteria.message_id is None and not criteria.shared:
        query = query.where(temporary=False)
    for name in ("conversation_id", "project_id"):
        value = getattr(criteria, name)
        if value is not None:
            if criteria.shared:
                message = "Shared artifacts cannot be filtered by conversation or project."
                raise InvalidInput(message, pointer=f"/{name}")
            query = query.where(**{name: check_id(value, f"/{name}")})
    if criteria.type is not None:
        query = query.where(type=_check_type(criteria.type))
    if criteria.language is not None:
        query = query.where(language=check_text(criteria.language, "/language", 100).lower())
    if criteria.since is not None:
        query = query.where(updated_at__ge=check_time(criteria.since, "/from"))
    if criteria.until is not None:
        query = query.where(updated_at__lt=check_time(criteria.until, "/to"))
    return query


def check_revision(artifact: Artifact, expected: int | None) -> None:
    """Raises RevisionConflict if the newest revision is not `expected`."""
    if expected is not None and expected != artifact.revision:
        message = f"The newest revision is {artifact.revision}, not {expected}."
        raise RevisionConflict(
            message, pointer="/expect_revision", revision=artifact.revision, expected=expected
        )
