"""What may be said of an artifact, checked where it comes in, and by what a list of them is narrowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

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
from hansard.model.lifecycle import PURGED
from hansard.services.artifacts.extraction import MAX_DESCRIPTION, MAX_NAME
from hansard.storage.query import Query

MAX_CONTENT = 1024 * 1024
"""Bytes, as of a message."""
MAX_NOTE = 1_000


class ArtifactFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which artifacts a list has; what is not said does not matter.

    Those of temporary conversations are listed with their conversation or message alone.
    """

    conversation_id: str | None = None
    message_id: str | None = None
    """Those with a revision from this message."""
    project_id: str | None = None
    collection_id: str | None = None
    type: str | None = None
    language: str | None = None
    since: datetime | None = None
    """Changed at this time or later."""
    until: datetime | None = None
    """Changed before this time."""
    deleted: bool = False
    """Those in the trash instead of the others."""
    shared: bool = False
    """Those that others share with the user instead of the user's own. They show no conversation and no project."""


def check_content(content: str) -> str:
    check_text(content, "/content", MAX_CONTENT)
    if not content:
        raise InvalidInput("An artifact says something.", pointer="/content")
    if len(content.encode()) > MAX_CONTENT:
        raise TooLarge(f"An artifact has at most {MAX_CONTENT} bytes.", pointer="/content")
    return content


def check_note(note: str) -> str:
    return check_text(note, "/note", MAX_NOTE)


def _type(kind: str) -> str:
    if kind not in get_args(ArtifactType):
        raise InvalidInput(
            f"A type is one of {', '.join(get_args(ArtifactType))}.", pointer="/type"
        )
    return kind


def check_fields(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that are given, each as it is kept."""
    return {n: CHECKS[n](value) for n, value in given.items() if value is not msgspec.UNSET}


CHECKS: dict[str, Callable[[Any], Any]] = {
    "type": _type,
    "title": check_title,
    "language": lambda language: check_text(language, "/language", 100).lower(),
    "media_type": lambda media_type: check_media_type(media_type, "/media_type"),
    "description": lambda text: check_text(text, "/description", MAX_DESCRIPTION),
    "identifier": lambda text: check_text(text, "/identifier", MAX_NAME),
    "file_name": lambda text: check_text(text, "/file_name", MAX_NAME),
    "metadata": lambda metadata: check_json(metadata, "/metadata"),
}
"""By field, what may be said there, whether a writer says it or a file."""


def filtered(owner_id: str, wanted: ArtifactFilter) -> Query[Artifact]:
    trash = wanted.deleted and not wanted.shared
    state: dict[str, Any] = {"deleted_at__gt": PURGED} if trash else {"deleted_at": None}
    query = Query(Artifact).where(**state)
    if not wanted.shared:
        query = query.where(owner_id=owner_id)
    if wanted.conversation_id is None and wanted.message_id is None and not wanted.shared:
        query = query.where(temporary=False)
    for name in ("conversation_id", "project_id"):
        value = getattr(wanted, name)
        if value is not None:
            if wanted.shared:
                said = "What others share shows neither conversation nor project."
                raise InvalidInput(said, pointer=f"/{name}")
            query = query.where(**{name: check_id(value, f"/{name}")})
    if wanted.type is not None:
        query = query.where(type=_type(wanted.type))
    if wanted.language is not None:
        query = query.where(language=check_text(wanted.language, "/language", 100).lower())
    if wanted.since is not None:
        query = query.where(updated_at__ge=check_time(wanted.since, "/from"))
    if wanted.until is not None:
        query = query.where(updated_at__lt=check_time(wanted.until, "/to"))
    return query


def expect(found: Artifact, expected: int | None) -> None:
    """Raises RevisionConflict if the artifact has another revision than its writer expects."""
    if expected is not None and expected != found.revision:
        said = f"The newest revision is {found.revision}, not {expected}."
        raise RevisionConflict(
            said, pointer="/expect_revision", revision=found.revision, expected=expected
        )
